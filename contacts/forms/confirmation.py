"""What people send about their own entry."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.forms import Cancel, Helper
from common.versions import VersionedModelForm
from contacts.models import ContactPerson, Person, Remark


class ConfirmForm(forms.Form):
    """One button. `seen` tells which state of the entry the page showed, so that nobody confirms another one."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, shown: str, correct_url: str, is_by_link: bool) -> None:
        super().__init__(data, initial={"seen": shown})
        self.shown = shown
        self.helper = Helper(self, submit=_("All of it is right"))
        self.helper.inputs.append(Cancel(correct_url, _("Something is wrong")))
        self.helper.disable_csrf = is_by_link  # the link's token takes its place

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("seen") != self.shown:
            data: Any = self.data
            self.data = {**data.dict(), "seen": self.shown}
            raise ValidationError(
                _("The entry was changed meanwhile. Please look at it again, then press the button once more.")
            )


class PersonCorrectionForm(VersionedModelForm):
    class Meta:
        model = Person
        fields = ["phone", "email"]
        widgets = {
            "phone": forms.TextInput(attrs={"autocomplete": "tel"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }


class PostCorrectionForm(VersionedModelForm):
    languages = forms.MultipleChoiceField(
        label=_("Languages besides German"),
        choices=ContactPerson.Language,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ContactPerson
        fields = ["function", "room", "languages", "is_phone_published", "is_email_published"]


class RemarkForm(forms.ModelForm):
    class Meta:
        model = Remark
        fields = ["text"]
        labels = {"text": _("Message to the office")}
        help_texts = {"text": _("What is wrong with name, towns, fields or anything else. Please name no clients.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = False
        self.fields["text"].widget.attrs["rows"] = 4

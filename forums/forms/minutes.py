"""What people type about minutes: when they go out, what members say of them, how they are approved."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, Helper
from common.versions import VersionedModelForm
from forums.models import Addendum, AgendaItem, Comment, Meeting

COMMENTED_WITHIN = datetime.timedelta(days=14)


class MinutesForm(forms.Form):
    """Acts on the text that was shown: where it is another one by now, it comes back and asks to look again.

    `seen` is the digest of what is shown.
    """

    submit: Any = _("Save")
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, digest: str, cancel_url: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.digest, self.cancel_url = digest, cancel_url
        self.initial["seen"] = digest

    def clean_seen(self) -> str:
        if self.cleaned_data["seen"] != self.digest:
            data: Any = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
            data["seen"] = self.digest
            self.data = data
            raise ValidationError(_("The text is another one than you were shown. Please look at it again."))
        return self.digest

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=self.submit, cancel_url=self.cancel_url)


class CirculateForm(MinutesForm):
    submit = _("Send to the members")
    comments_until = DayField(label=_("Comments until"), help_text=_("The last day on which members may comment."))

    def __init__(self, *args: Any, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.initial["comments_until"] = on + COMMENTED_WITHIN

    def clean_comments_until(self) -> datetime.date:
        until: datetime.date = self.cleaned_data["comments_until"]
        if until < self.on:
            raise ValidationError(_("The last day for comments must not be over."))
        return until


class ApproveForm(MinutesForm):
    submit = _("Approve for good")
    approved_in = forms.ModelChoiceField(
        Meeting.objects.none(),
        label=_("Approved in the meeting"),
        required=False,
        empty_label=_("By the chair, outside a meeting"),
    )

    def __init__(self, *args: Any, meetings: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["approved_in"]
        field.queryset = meetings


class ReleaseForm(MinutesForm):
    submit = _("Publish this version")


class WithdrawForm(MinutesForm):
    submit = _("Withdraw")


class AddendumForm(forms.ModelForm):
    class Meta:
        model = Addendum
        fields = ["text"]

    def __init__(self, *args: Any, cancel_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Add for good"), cancel_url=self.cancel_url)


class CommentForm(forms.ModelForm):
    """On one item or on the whole; `items` are those of the version that went out."""

    class Meta:
        model = Comment
        fields = ["item", "text", "is_objection"]
        labels = {"item": _("What it is about"), "is_objection": _("I object: this must be changed")}

    def __init__(self, *args: Any, items: list[dict[str, Any]], cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        field: Any = self.fields["item"]
        field.queryset = AgendaItem.objects.filter(pk__in=[item["id"] for item in items])
        field.choices = [
            ("", _("The minutes as a whole")),
            *((item["id"], f"{item['label']}: {item['title']}") for item in items),
        ]
        self.order_fields(["item", "text", "is_objection"])

    @property
    def helper(self) -> Helper:
        helper = Helper(self, submit=_("Send comment"), cancel_url=self.cancel_url)
        # By a link there is no cookie to compare with; the token is what a forged request would have to know.
        helper.disable_csrf = not self.cancel_url
        return helper


class AnswerForm(VersionedModelForm):
    class Meta:
        model = Comment
        fields = ["answer"]

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        self.fields["answer"].required = True

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)

"""What people type about posts."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.admin import ScopedModelForm
from common.forms import DayField
from contacts.models import ContactPerson, ContactPersonField


class ContactPersonForm(ScopedModelForm):
    languages = forms.MultipleChoiceField(
        label=_("languages spoken"),
        choices=ContactPerson.Language,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "in-columns"}),
        help_text=_("Besides German."),
    )

    class Meta:
        model = ContactPerson
        fields = "__all__"


class FieldOfPostForm(ScopedModelForm):
    class Meta:
        model = ContactPersonField
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        field, post = cleaned.get("field"), self.instance.contact_person
        if field and field.office_id != post.office_id:
            self.add_error("field", ValidationError(_("This field of action belongs to another office.")))
        return cleaned


class SeenVersionsField(forms.CharField):
    """The versions of the rows that a page showed, written as `12:3,13:1`; its value maps ids to versions."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> dict[int, int]:
        pairs = re.findall(r"(?<!\d)(\d{1,18}):(\d{1,9})(?!\d)", super().clean(value))
        return {int(pk): int(version) for pk, version in pairs}


class EndOnForm(forms.Form):
    """The last day that several entries are to have; with what the page before has shown of them."""

    last_day = DayField(label=_("Last day"))
    previewed = DayField(required=False, widget=forms.HiddenInput)
    seen = SeenVersionsField(required=False)


# -- Absences -----------------------------------------------------------------------------------------------------

"""What people type about absences."""

import datetime
import hashlib
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.admin import ScopedModelForm
from common.forms import Helper, PeriodFormField
from common.versions import VersionedModelForm
from contacts.models import Absence, ContactPerson


class ConfirmationField(forms.CharField):
    """Which warnings the form has shown already; never a change by itself."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class ConfirmsWarnings(forms.ModelForm):
    """Says once what the row's `warnings()` are, and saves it when it is sent again with the same ones."""

    confirmed = ConfirmationField(required=False)
    warnings: list[str] = []

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not self.has_changed() or self.instance.contact_person_id is None:
            return
        warnings = self.instance.warnings()
        shown = hashlib.sha256("\n".join(warnings).encode()).hexdigest()[:16]
        if not warnings or self.cleaned_data.get("confirmed") == shown:
            return
        self.warnings = warnings
        data: Any = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
        data[self.add_prefix("confirmed")] = shown
        self.data = data
        again = _("Saving again keeps the absence all the same.")
        self.add_error(None, [ValidationError(text, code="unconfirmed") for text in [*warnings, again]])


class AbsenceOfPostForm(ConfirmsWarnings, ScopedModelForm):
    """The absences on an administrator's page of a post."""


class AbsenceForm(ConfirmsWarnings, VersionedModelForm):
    """When somebody is away, and who of the office stands in."""

    days = PeriodFormField(
        label=_("Away"),
        required=True,
        first_required=True,
        help_text=_("Days such as 24.11.2026. Leave the last day empty where it is not known yet."),
    )

    class Meta:
        model = Absence
        fields = ["days", "substitute"]
        help_texts = {"substitute": _("Who is shown in these days, and called. Only people of the same office.")}
        error_messages = {"substitute": {"invalid_choice": _("Please choose a person of this office from the list.")}}

    def __init__(self, *args: Any, on: datetime.date, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.cancel_url = on, cancel_url
        absence: Absence = self.instance
        colleagues = ContactPerson.objects.of_offices([absence.contact_person.office_id]).upcoming(on)
        if absence.substitute_id:
            # Who is named already may stay.
            colleagues |= ContactPerson.objects.filter(pk=absence.substitute_id)
        substitute: Any = self.fields["substitute"]
        substitute.queryset = (
            colleagues.exclude(pk=absence.contact_person_id).select_related("person").order_by("person__sort_key")
        )
        substitute.empty_label = _("Nobody, the office itself")

    def form_of(self, stored: Absence) -> "AbsenceForm":
        return type(self)(instance=stored, prefix=self.prefix, on=self.on)

    @property
    def helper(self) -> Helper:
        save = _("Save all the same") if self.warnings else _("Save")
        helper = Helper(self, submit=save, cancel_url=self.cancel_url)
        helper.form_show_errors = not self.warnings
        return helper

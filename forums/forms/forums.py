"""What people type about forums."""

import datetime
from typing import Any

from crispy_forms.layout import Field, Fieldset
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.choices import with_chosen
from common.forms import DayField, Helper, PeriodFormField
from common.versions import VersionedModelForm
from contacts.models import Office, OfficeArea
from forums.models import Forum

# What a partner office does not decide.
OF_LEADING_OFFICE = ("is_public", "publishes_minutes", "partners", "task", "period")
LISTS = ("towns", "partners", "fields", "target_groups")


class OfficeChoiceForm(forms.Form):
    """Which of one's offices is to lead the new forum."""

    stelle = forms.ModelChoiceField(
        Office.objects.none(), label=_("Leading office"), to_field_name="slug", empty_label=None
    )

    def __init__(self, *args: Any, offices: QuerySet[Office], cancel_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stelle"].queryset = offices  # type: ignore[attr-defined]
        self.helper = Helper(self, submit=_("Continue"), cancel_url=cancel_url, method="get")


class ForumForm(VersionedModelForm):
    """A forum of one office: what it is, what it is about, and who sees it.

    `is_leading`: the account works for the leading office; a partner office edits the content and takes nothing away.
    """

    period = PeriodFormField(
        label=_("From and until when"), unlimited=True, help_text=_("Leave both empty where the forum simply exists.")
    )

    class Meta:
        model = Forum
        fields = [
            "kind",
            "name",
            "purpose",
            "fields",
            "target_groups",
            "task",
            "district",
            "towns",
            "partners",
            "rhythm",
            "is_informal",
            "period",
            "is_elsewhere",
            "organiser",
            "is_public",
            "publishes_minutes",
        ]
        labels = {"district": _("Whole district"), "towns": _("Single municipalities")}
        help_texts = {
            "towns": _("Those in the area of the leading office and of partner offices."),
            "partners": _(
                "They see and edit everything, and delete nothing. Once saved, their towns can be chosen too."
            ),
            "organiser": _("Only where others run it, for example a neighbourhood association."),
            "name": _("As it stands in invitations, for example Arbeitskreis Integration."),
        }
        widgets = dict.fromkeys(LISTS, forms.CheckboxSelectMultiple) | {"purpose": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, on: datetime.date, is_leading: bool, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.is_leading, self.cancel_url = on, is_leading, cancel_url
        forum: Forum = self.instance
        for name, rows in self._choices(forum).items():
            field: Any = self.fields[name]
            field.queryset = rows
            if isinstance(field, forms.ModelMultipleChoiceField):
                field.error_messages["invalid_choice"] = _("Please choose from the list.")
        self.fields["district"].empty_label = _("No, single municipalities")  # type: ignore[attr-defined]
        self.fields["task"].empty_label = _("None")  # type: ignore[attr-defined]
        if not is_leading:
            for name in OF_LEADING_OFFICE:
                del self.fields[name]

    def _choices(self, forum: Forum) -> dict[str, QuerySet[Any]]:
        """What may be chosen; what is chosen already may stay."""
        office, key = forum.office, forum.pk
        towns = forum.towns_served().filter(period__contains=self.on)
        partners = OfficeArea.objects.in_states_of(office.pk).values("office")
        return {
            "district": with_chosen(forum.districts_served().filter(period__contains=self.on), pk=forum.district_id),
            "towns": with_chosen(towns, forum_links__forum=key).order_by("sort_key"),
            "partners": with_chosen(
                Office.objects.filter(pk__in=partners).exclude(pk=office.pk), partner_links__forum=key
            ),
            "fields": with_chosen(office.fieldofactions.filter(is_active=True), forum_links__forum=key),
            "target_groups": with_chosen(office.targetgroups.filter(is_active=True), forum_links__forum=key),
            "task": with_chosen(office.officetasks.filter(is_active=True), pk=forum.task_id),
        }

    def form_of(self, stored: Forum) -> "ForumForm":
        return type(self)(instance=stored, prefix=self.prefix, on=self.on, is_leading=self.is_leading)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("district") and cleaned.get("towns"):
            self.add_error("towns", _("Please choose the whole district or single municipalities, not both."))
        if self.instance.pk and not self.is_leading:
            self._keep_what_is_there(cleaned)
        return cleaned

    def _keep_what_is_there(self, cleaned: dict[str, Any]) -> None:
        """A partner office adds to the lists and takes nothing away."""
        for name in set(LISTS) & set(cleaned):
            stored = getattr(self.instance, name).all()
            if gone := [str(row) for row in stored if row not in cleaned[name]]:
                text = gettext("Only the leading office takes away: %(names)s.") % {"names": ", ".join(gone)}
                self.add_error(name, ValidationError(text, code="kept"))

    @property
    def helper(self) -> Helper:
        def group(legend: Any, *names: str) -> Fieldset:
            shown = [name for name in names if name in self.fields]
            return Fieldset(legend, *(Field(name, wrapper_class=_wide(name)) for name in shown))

        return Helper(
            self,
            group(_("What it is"), "kind", "name", "purpose", "fields", "target_groups", "task"),
            group(_("Where"), "district", "towns", "partners"),
            group(_("When and by whom"), "rhythm", "is_informal", "period", "is_elsewhere", "organiser"),
            *([group(_("Who sees it"), "is_public", "publishes_minutes")] if self.is_leading else []),
            cancel_url=self.cancel_url,
        )


def _wide(name: str) -> str:
    return "many-choices" if name in LISTS else ""


class EndForm(forms.Form):
    """The last day of a forum or a membership."""

    last_day = DayField(label=_("Last day"))

    def __init__(self, *args: Any, cancel_url: str, submit: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = Helper(self, submit=submit, cancel_url=cancel_url)

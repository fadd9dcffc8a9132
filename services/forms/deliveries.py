"""What people type about what was done, and about the effort for a meeting."""

import datetime
import re
import uuid
from typing import Any

from crispy_forms.layout import Fieldset
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.files import KINDS_IN_WORDS, DocumentFileField
from common.forms import DayField, Helper
from common.periods import period
from common.versions import VersionedModelForm
from services.models import Delivery, MeetingEffort, ServiceOffering

EFFORT = ("hours", "cost")


THOUSANDS = re.compile(r"\d{1,3}(\.\d{3})+")


class AmountField(forms.DecimalField):
    """A number typed as 1120,5 or 1.120,50; the sign that comes last is the comma."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, decimal_places=2, localize=True, **kwargs)
        self.widget.attrs["inputmode"] = "decimal"

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip().removesuffix("€").replace(" ", "")
            whole, comma, rest = value.rpartition("," if value.rfind(",") > value.rfind(".") else ".")
            if THOUSANDS.fullmatch(value):
                whole, comma, rest = value, "", ""
            value = whole.replace(".", "").replace(",", "") + ("." if comma else "") + rest
        return super().to_python(value)


class EffortForm(VersionedModelForm):
    """Hours, and cost where there was any; a comma as in German is understood."""

    hours = AmountField(
        label=_("Hours of work"),
        max_digits=6,
        help_text=_("Of everybody of the office together, with preparation; for example 3,5."),
    )
    cost = AmountField(
        label=_("Cost in euros"),
        max_digits=10,
        required=False,
        help_text=_("Fees, travel, rooms; empty where there was none."),
    )

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        if not self.instance.pk:
            self.initial.update(dict.fromkeys(EFFORT))

    def clean_cost(self) -> Any:
        return self.cleaned_data["cost"] or 0


class MeetingEffortForm(EffortForm):
    class Meta:
        model = MeetingEffort
        fields = EFFORT

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)


class DeliveryForm(EffortForm):
    """What was done; where the request is for a written statement, this can go along as a file."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    held_on = DayField(label=_("Date"))

    class Meta:
        model = Delivery
        fields = [
            *("held_on", "offering", "municipality", "place", "post", *EFFORT, "participants"),
            *("cooperation", "result", "field", "task"),
        ]
        labels = {
            "offering": _("Offering"),
            "municipality": _("Municipality"),
            "place": _("Place"),
            "post": _("Who carried it out"),
            "participants": _("Participants"),
            "cooperation": _("In co-operation with"),
            "result": _("Result"),
            "field": _("Field of action"),
            "task": _("Office task"),
        }
        help_texts = {
            "participants": _("How many people were there."),
            "task": _("What it counts for in the yearly report."),
            "field": _("What it counts for in the yearly report."),
        }
        widgets = {"result": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        if self.instance.pk:
            del self.fields["key"]
        for name, rows in self._choices().items():
            field: Any = self.fields[name]
            field.queryset = rows
        if self.instance.request and self.instance.request.place:
            place = {"place": self.instance.request.place}
            self.fields["place"].help_text = gettext("The request says: %(place)s") % place
        if self.takes_statement:
            sentence = gettext("Is kept with the request; no mail address of the requester is kept.")
            if self.instance.request.requester_email:
                sentence = gettext("Goes to the requester, by mail and at the request.")
            largest = filesizeformat(settings.LARGEST_FILE)
            rest = gettext("%(kinds)s; at most %(largest)s") % {"kinds": KINDS_IN_WORDS, "largest": largest}
            self.fields["statement"] = DocumentFileField(
                label=_("Written statement"), required=False, help_text=f"{sentence} {rest}"
            )

    @property
    def takes_statement(self) -> bool:
        request = self.instance.request
        if request is None or request.forgotten_at:  # then nobody is left to send it to
            return False
        return request.offering.kind == ServiceOffering.Kind.STATEMENT

    def _choices(self) -> dict[str, QuerySet[Any]]:
        """What may be chosen; what is chosen already may stay."""
        office, row = self.instance.office, self.instance
        days = period(datetime.date(self.on.year - 1, 1, 1), self.on)  # what was done may be entered later
        return {
            "offering": _with(office.offerings.filter(period__overlap=days), row.offering_id),
            "municipality": _with(office.municipalities_ever().filter(period__overlap=days), row.municipality_id),
            "post": _with(office.posts.filter(period__overlap=days), row.post_id).select_related("person"),
            "field": _with(office.fieldofactions.filter(is_active=True), row.field_id),
            "task": _with(office.officetasks.filter(is_active=True), row.task_id),
        }

    def clean_held_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["held_on"]
        if day > self.on:
            raise ValidationError(_("This day is still to come. Please record what was done when it has been."))
        return day

    def is_recorded(self) -> bool:
        """Whether this very form was sent before."""
        key = self.cleaned_data.get("key")
        return key is not None and Delivery.objects.filter(office=self.instance.office_id, key=key).exists()

    def save(self, commit: bool = True) -> Delivery:
        if key := self.cleaned_data.get("key"):
            self.instance.key = key
        delivery: Delivery = super().save(commit)
        return delivery

    def form_of(self, stored: Delivery) -> "DeliveryForm":
        return type(self)(instance=stored, prefix=self.prefix, on=self.on)

    @property
    def helper(self) -> Helper:
        return Helper(
            self,
            Fieldset(_("What was done"), "held_on", "offering", "municipality", "place", "post"),
            Fieldset(_("Effort"), *EFFORT, "participants", "cooperation"),
            Fieldset(_("What came of it"), "result", *(["statement"] if self.takes_statement else [])),
            Fieldset(_("In the yearly report"), "field", "task"),
            cancel_url=self.cancel_url,
        )


def _with(rows: QuerySet[Any], chosen: int | None) -> QuerySet[Any]:
    """The rows, and the one that is chosen already."""
    every = rows.model._default_manager.filter(Q(pk__in=rows.order_by().values("pk")) | Q(pk=chosen))
    return every.order_by(*rows.model._meta.ordering)

"""What can be read off the figures: each measure with its name, how it is shown, and the table in which it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from services.figures import FIELD, OFFERING, POST, QUARTER, TASK, TOWN, Values

Number = int | Decimal | None


@dataclass(frozen=True)
class Measure:
    """`key` is its name in addresses; `value` gives None where there is nothing to work it out from."""

    key: str
    label: str | Promise
    value: Callable[[Values], Number]
    decimals: int = 0
    unit: str = ""

    def shown(self, values: Values) -> str:
        return self.in_words(self.value(values))

    def in_words(self, number: Number) -> str:
        if number is None:
            return "–"
        if isinstance(number, int) and abs(number) < 1000 and not (self.decimals or self.unit):
            return str(number)  # as most are: without a separator
        # number_format cuts off what it does not show.
        rounded = Decimal(number).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        text = number_format(rounded, self.decimals, use_l10n=True, force_grouping=True)
        return f"{text}\N{NO-BREAK SPACE}{self.unit}" if self.unit else text

    def change(self, now: Values, before: Values) -> str:
        """By how much it went up or down; "–" where one of the two is not known."""
        new, old = self.value(now), self.value(before)
        if new is None or old is None:
            return "–"
        difference = new - old
        return f"+{self.in_words(difference)}" if difference > 0 else self.in_words(difference).replace("-", "−")


@dataclass(frozen=True)
class Group:
    """Measures that stand in one table."""

    title: str | Promise
    measures: tuple[Measure, ...]


GROUPS = (
    Group(
        _("Requests"),
        (
            Measure("eingegangen", pgettext_lazy("requests", "received"), lambda values: values.received),
            Measure("offen", pgettext_lazy("requests", "open at the end"), lambda values: values.open),
            Measure("abgeschlossen", pgettext_lazy("requests", "completed"), lambda values: values.completed),
            Measure("abgelehnt", pgettext_lazy("requests", "declined"), lambda values: values.declined),
            Measure("weitergeleitet", pgettext_lazy("requests", "passed on"), lambda values: values.passed_on),
            Measure("zurueckgezogen", pgettext_lazy("requests", "withdrawn"), lambda values: values.withdrawn),
        ),
    ),
    Group(
        _("Answer and duration"),
        (
            Measure("beantwortet", pgettext_lazy("requests", "answered"), lambda values: values.answered),
            Measure("antwortzeit", _("working days to the answer"), lambda values: values.mean_answer_days, 1),
            Measure("fristgerecht", _("answered in time"), lambda values: values.share_in_time, 1, "%"),
            Measure("dauer", _("days from receipt to completion"), lambda values: values.mean_lead_days, 1),
        ),
    ),
    Group(
        _("What was done"),
        (
            Measure("durchfuehrungen", _("deliveries"), lambda values: values.deliveries),
            Measure("stunden", _("hours of work"), lambda values: values.hours, 2),
            Measure("kosten", _("cost"), lambda values: values.cost, 2, "€"),
            Measure("teilnehmende", _("participants"), lambda values: values.participants),
            Measure("sitzungen", _("meetings of forums"), lambda values: values.meetings),
        ),
    ),
    Group(
        _("Feedback"),
        (
            Measure("rueckmeldungen", _("replies"), lambda values: values.feedbacks),
            Measure("geholfen", _("helped (1 to 5)"), lambda values: values.mean_helped, 1),
            Measure("gelungen", _("went well (1 to 5)"), lambda values: values.mean_went_well, 1),
        ),
    ),
)
MEASURES = tuple(measure for group in GROUPS for measure in group.measures)
BY_KEY = {measure.key: measure for measure in MEASURES}

# Dimensions by their name in addresses.
LABELS: dict[str, tuple[str, str | Promise]] = {
    "kommune": (TOWN, _("Municipality")),
    "leistung": (OFFERING, _("Offering")),
    "handlungsfeld": (FIELD, _("Field of action")),
    "aufgabe": (TASK, _("Office task")),
    "person": (POST, _("Contact person")),
    "quartal": (QUARTER, _("Quarter")),
}

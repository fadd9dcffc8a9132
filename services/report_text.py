"""What an annual report says: its parts in words, and the figures with those of the year before beside them.

`content` is plain data with all names and numbers as they are on that day, so that a frozen report can be made again
whatever is renamed, merged or erased elsewhere; pages and documents show the same of it.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from contacts.models import FieldOfAction, Office
from forums.meetings_per_town import held_meetings
from services import comparison, figures
from services.comparison import Pair
from services.figures import DIMENSIONS, Figures, Span, Values
from services.models.deliveries import Delivery

Content = dict[str, Any]
MOST_LINES = 60  # of what a part begins with


# -- What a new report begins with ----------------------------------------------------------------------------------


def first_parts(office: Office, year: int) -> list[tuple[str, str]]:
    """Headings, and what the portal knows for each of them. A constant number of queries."""
    span = Span(year)
    done: dict[int | None, list[str]] = {}
    deliveries = Delivery.objects.filter(office=office).within(span.first, span.last).with_details()
    for delivery in deliveries.order_by("held_on", "pk"):
        done.setdefault(delivery.field_id, []).append(_line(delivery))
    fields = FieldOfAction.objects.filter(office=office, is_active=True)
    tasks = office.officetasks.filter(is_active=True).values_list("name", flat=True)
    of_field = gettext("What was done: %(field)s")
    parts = [
        (gettext("Tasks and goals"), _list(tasks)),
        *((of_field % {"field": field}, _list(done.pop(field.pk, []))) for field in fields),
    ]
    rest = [line for lines in done.values() for line in lines]
    if rest or not fields:
        parts.append((gettext("What was done"), _list(rest)))
    return [
        *parts,
        (gettext("Network"), _list(_forums(office, span))),
        (gettext("What worked"), ""),
        (gettext("What changes"), ""),
        (gettext("Outlook"), ""),
    ]


def _list(lines: Iterable[str]) -> str:
    """Of many the first, and how many more there are."""
    listed = list(lines)
    if more := len(listed[MOST_LINES:]):
        listed[MOST_LINES:] = [ngettext("… and %(count)d more", "… and %(count)d more", more) % {"count": more}]
    return "\n".join(f"- {line}" for line in listed)


def _line(delivery: Delivery) -> str:
    parts = [
        date_format(delivery.held_on, "SHORT_DATE_FORMAT"),
        delivery.offering.title if delivery.offering else "",
        delivery.municipality.name if delivery.municipality else "",
    ]
    if count := delivery.participants:
        parts.append(ngettext("%(count)d participant", "%(count)d participants", count) % {"count": count})
    line = ", ".join(filter(None, parts))
    result = " ".join(delivery.result.split())
    return f"{line}. {result}" if result else line


def _forums(office: Office, span: Span) -> list[str]:
    meetings = held_meetings([office.pk]).within(span.first, span.last)
    counted = meetings.order_by("forum__sort_key").values_list("forum__name").annotate(count=Count("pk"))
    return [
        ngettext("%(name)s: %(count)d meeting", "%(name)s: %(count)d meetings", count) % {"name": name, "count": count}
        for name, count in counted
    ]


# -- What it says ---------------------------------------------------------------------------------------------------


class Counted(NamedTuple):
    """The figures of a year, and those of the year before: as they were frozen, or as they are known now."""

    now: Figures
    before: Figures
    frozen_as_of: str | None


def counted(office: Office, year: int, as_of: datetime.date, frozen_before: Content | None) -> Counted:
    """Both of one snapshot."""
    span = Span(year)
    if frozen_before:
        return Counted(figures.of(office, span, as_of), figures_of(frozen_before), frozen_before["as_of"])
    now, before = figures.several(office, {span: DIMENSIONS, span.year_before(): DIMENSIONS}, as_of).values()
    return Counted(now, before, None)


def content(office: Office, parts: list[tuple[str, str]], counted: Counted) -> Content:
    """The report as of the day on which its figures were counted."""
    now, before, frozen_as_of = counted
    return {
        "office": {
            "name": office.name,
            "street": office.street,
            "place": f"{office.postal_code} {office.town}".strip(),
            "phone": office.phone_printed,
            "email": office.email,
            "is_invented": office.is_invented,
        },
        "year": now.span.year,
        "as_of": now.as_of.isoformat(),
        "parts": [{"heading": heading, "text": text} for heading, text in parts],
        "figures": now.as_json(),
        "before": {
            "total": before.total.as_json(),
            "frozen_as_of": frozen_as_of,
        },
        "pairs": {dimension: _as_json(comparison.compared(now, before, dimension)) for dimension in DIMENSIONS},
    }


def _as_json(pairs: list[Pair]) -> list[dict[str, Any]]:
    return [
        {"key": pair.key, "name": pair.name, "now": pair.now.as_json(), "before": pair.before.as_json()}
        for pair in pairs
    ]


def figures_of(content: Content) -> Figures:
    return Figures.from_json(content["figures"])


def total_before(content: Content) -> Values:
    return Values.from_json(content["before"]["total"])


def frozen_before(content: Content) -> datetime.date | None:
    """The day as of which the report of the year before was frozen, if its numbers stand beside these."""
    day = content["before"]["frozen_as_of"]
    return datetime.date.fromisoformat(day) if day else None


def pairs_of(content: Content, dimension: str) -> list[Pair]:
    def pair(row: Mapping[str, Any]) -> Pair:
        return Pair(row["key"], row["name"], Values.from_json(row["now"]), Values.from_json(row["before"]))

    return [pair(row) for row in content["pairs"][dimension]]

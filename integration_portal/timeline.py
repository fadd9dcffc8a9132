"""A line of time: periods of responsibility as bars beneath a scale of years, in the units of an SVG's view box."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from django.db.backends.postgresql.psycopg_any import DateRange

from common.periods import contains
from contacts.models import Assignment

WIDTH, NAMES = 1000, 270  # the bars begin right of the names
SCALE, HEADING, LINE = 34, 34, 28  # heights
LONGEST_NAME = 32  # letters that fit; the table says the whole name
MOST_YEARS = 12  # labels of the scale
AHEAD = datetime.timedelta(days=180)  # shown of what has no end


def state_of(days: DateRange, on: datetime.date) -> str:
    """Whether a period is "past", "current" or "future"."""
    if contains(days, on):
        return "current"
    return "future" if days.lower and days.lower > on else "past"


@dataclass(frozen=True)
class Bar:
    x: int
    width: int
    state: str


@dataclass
class Line:
    """A person's bars within a group."""

    name: str
    y: int = 0
    bars: list[Bar] = field(default_factory=list)


@dataclass
class Group:
    """What is asked of whom: an office, a field of action or none, primary or deputy."""

    heading: str
    y: int = 0
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Mark:
    x: int
    label: str = ""


@dataclass(frozen=True)
class Timeline:
    height: int
    groups: list[Group]
    years: list[Mark]
    changes: list[Mark]
    today: Mark
    width: int = WIDTH

    @classmethod
    def of(cls, assignments: Iterable[Assignment], changes: Iterable[datetime.date], on: datetime.date) -> Self:
        """The line of these assignments, of which there is at least one; they need their details loaded."""
        rows = sorted(assignments, key=_place)
        days = [day for row in rows for day in (row.valid.lower, row.valid.upper) if day] + [on - AHEAD, on + AHEAD]
        scale = _Scale(min(days), max(days))
        groups, y = _groups(rows, scale, on)
        return cls(
            height=y + 8,
            groups=groups,
            years=scale.years(),
            changes=[Mark(scale.x(day)) for day in changes if scale.first <= day <= scale.last],
            today=Mark(scale.x(on)),
        )


class _Scale:
    """Days as places, from the beginning of the first year to the end of the last one."""

    def __init__(self, first: datetime.date, last: datetime.date) -> None:
        self.first, self.last = datetime.date(first.year, 1, 1), datetime.date(last.year + 1, 1, 1)

    def x(self, day: datetime.date) -> int:
        day = min(max(day, self.first), self.last)
        return NAMES + (day - self.first).days * (WIDTH - NAMES) // (self.last - self.first).days

    def bar(self, days: DateRange, on: datetime.date) -> Bar:
        begin, end = self.x(days.lower or self.first), self.x(days.upper or self.last)
        return Bar(begin, max(end - begin, 3), state_of(days, on))

    def years(self) -> list[Mark]:
        every = (self.last.year - self.first.year) // MOST_YEARS + 1
        years = range(self.first.year, self.last.year, every)
        return [Mark(self.x(datetime.date(year, 1, 1)), str(year)) for year in years]


def _place(row: Assignment) -> tuple[object, ...]:
    """Offices by name, the general contact before fields, primary before deputy, the older first."""
    of_field = (row.field.position, row.field.name, row.field.pk) if row.field else ()
    return (row.office.sort_key, row.office_id, of_field, row.role != Assignment.Role.PRIMARY, row.starts_on, row.pk)


def _groups(rows: list[Assignment], scale: _Scale, on: datetime.date) -> tuple[list[Group], int]:
    """The groups one below the other, and where the last one ends."""
    of_group: dict[str, dict[int, Line]] = defaultdict(dict)
    for row in rows:
        parts = (row.office.name, row.field.name if row.field else "", row.get_role_display())
        lines = of_group[", ".join(part for part in parts if part)]
        name = row.contact_person.person.name
        line = lines.setdefault(
            row.contact_person_id, Line(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…")
        )
        line.bars.append(scale.bar(row.valid, on))
    y = SCALE
    groups = []
    for heading, lines in of_group.items():
        group = Group(heading, y, list(lines.values()))
        y += HEADING
        for line in group.lines:
            line.y = y
            y += LINE
        groups.append(group)
    return groups, y

"""What an office's staff need to know today: the towns, the gaps, what ends soon, who carries what, who is away."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.contrib.postgres.fields import DateRangeField
from django.db.models import Func, Q, QuerySet

from common.kept_queries import KeptQuery
from common.periods import ONE_DAY, last_day
from contacts.models import Absence, Assignment, ContactPerson, OfficeArea
from contacts.querysets import with_contact
from contacts.rules import Area, standing
from municipalities.models import Municipality

SOON = datetime.timedelta(days=60)


@dataclass(frozen=True)
class Ending:
    """A responsibility that ends soon, and who follows on the next day."""

    assignment: Assignment
    last: datetime.date
    successor: ContactPerson | None


@dataclass
class Overview:
    """One office on one day."""

    towns: list[Municipality] = field(default_factory=list)
    ending: list[Ending] = field(default_factory=list)
    carried: dict[ContactPerson, list[Assignment]] = field(default_factory=lambda: defaultdict(list))
    absences: list[Absence] = field(default_factory=list)

    @property
    def gaps(self) -> list[Municipality]:
        """The towns for which nobody is responsible in general, at this office or another; see `with_contact`."""
        return [town for town in self.towns if not town.has_contact]  # type: ignore[attr-defined]

    @property
    def covered(self) -> int:
        return len(self.towns) - len(self.gaps)

    def carried_by(self, user: Any) -> list[Assignment]:
        """What the person of this account is primarily responsible for."""
        return [row for post, rows in self.carried.items() if post.person.user_id == user.pk for row in rows]


def overviews(offices: Iterable[int], on: datetime.date, viewer: Any) -> dict[int, Overview]:
    """The offices' overviews by id; five queries, whatever the number of offices, towns and people."""
    found = work_of(offices, on, viewer)
    if found:
        _add_towns(found, on, viewer)
    return found


@KeptQuery
def _running(offices: list[int], viewer: Any, on: datetime.date) -> "QuerySet[Assignment]":
    found = Assignment.objects.visible_to(viewer).of_offices(offices).upcoming(on).primary()
    found = found.select_related("contact_person__person", "municipality", "field")
    return found.order_by("municipality__sort_key", "field__position")


@KeptQuery
def _absences(offices: list[int], viewer: Any, on: datetime.date, end: datetime.date) -> "QuerySet[Absence]":
    """Those from a day to the one before the other."""
    days: Any = Func(on, end, function="daterange", output_field=DateRangeField())
    found = Absence.objects.visible_to(viewer).of_offices(offices).at_post(days)
    return found.select_related("contact_person__person", "substitute__person").order_by("days")


@KeptQuery
def _areas(offices: list[int]) -> "QuerySet[OfficeArea]":
    return OfficeArea.objects.filter(office__in=offices)


@KeptQuery
def _served(districts: Any, associations: Any, towns: Any, on: datetime.date, viewer: Any) -> "QuerySet[Municipality]":
    # The places by their ids, which PostgreSQL finds by the indexes; asked by subqueries it reads all municipalities.
    served = Municipality.objects.existing(on).filter(Area(districts, associations, towns).towns)
    return with_contact(served, on, viewer).order_by("sort_key", "ags")


def work_of(offices: Iterable[int], on: datetime.date, viewer: Any) -> dict[int, Overview]:
    """The offices' overviews by id without the towns: who carries what, what ends, who is away. Two queries."""
    found = {office: Overview() for office in offices}
    if not found:
        return found
    _add_assignments(found, _running(list(found), viewer, on), on)
    for absence in _absences(list(found), viewer, on, on + SOON + ONE_DAY):
        found[absence.office_id].absences.append(absence)
    return found


def towns_worked_for(user: Any, on: datetime.date) -> QuerySet[Municipality]:
    """The municipalities in whose town halls the account works."""
    known = standing(user)
    own = Q(pk__in=known.town_ids) | Q(association__in=known.association_ids)
    return Municipality.objects.existing(on).filter(own).order_by("sort_key", "ags")


def _add_towns(found: dict[int, Overview], on: datetime.date, viewer: Any) -> None:
    parts: dict[int, list[OfficeArea]] = defaultdict(list)
    for part in _areas(list(found)):
        parts[part.office_id].append(part)
    served = Area.of(chain(*parts.values()))
    towns = _served(served.districts, served.associations, served.municipalities, on, viewer)
    for office_id, overview in found.items():
        area = Area.of(parts[office_id])
        overview.towns = [town for town in towns if area.holds(town)]


def _add_assignments(found: dict[int, Overview], rows: list[Assignment], on: datetime.date) -> None:
    def place(row: Assignment) -> tuple[int, int, int | None]:
        return row.office_id, row.municipality_id, row.field_id

    beginning = {(*place(row), row.valid.lower): row.contact_person for row in rows}
    for row in rows:
        if not row.is_current(on):
            continue
        found[row.office_id].carried[row.contact_person].append(row)
        last = last_day(row.valid)
        if last and last <= on + SOON:
            successor = beginning.get((*place(row), row.valid.upper))
            found[row.office_id].ending.append(Ending(row, last, successor))
    for overview in found.values():
        overview.ending.sort(key=lambda entry: entry.last)
        overview.carried = dict(sorted(overview.carried.items(), key=lambda entry: entry[0].person.sort_key))

"""How often forums met about which town in which year: what the yearly report asks for."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import ExtractYear

from common.periods import BERLIN
from contacts.models import Office
from contacts.querysets import in_area_of
from forums.models import Forum, ForumTown, Meeting
from forums.querysets import MeetingQuerySet, of_offices
from municipalities.models import Municipality


@dataclass(frozen=True)
class Row:
    """A town with its meetings of each year; the town is None in the row of all meetings, each counted once."""

    town: Municipality | None
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Table:
    years: list[int]
    rows: list[Row]
    all: Row


def held_meetings(offices: list[int]) -> MeetingQuerySet:
    """Those of the forums that these offices, by their ids, lead or are partners of."""
    return Meeting.objects.filter(of_offices(offices, "forum__"), state=Meeting.State.HELD)


def about(meetings: MeetingQuerySet, town: Municipality) -> MeetingQuerySet:
    """Those of forums about the town or its whole district."""
    named = ForumTown.objects.filter(municipality=town).values("forum")
    return meetings.filter(Q(forum__in=named) | Q(forum__district=town.district_id))


def table(office: Office, years: Iterable[int], on: datetime.date) -> Table:
    """All towns of the office's area, and further ones that its forums are about. Five queries."""
    years = sorted(years)
    counted: dict[int, Counter[int]] = defaultdict(Counter)  # by forum: by year
    of_years = held_meetings([office.pk]).annotate(year=ExtractYear("starts_at", tzinfo=BERLIN)).filter(year__in=years)
    for forum, year, count in of_years.order_by().values_list("forum", "year").annotate(count=Count("pk")):
        counted[forum][year] = count
    districts: dict[Any, list[int]] = defaultdict(list)
    for forum, district in Forum.objects.filter(pk__in=counted, district__isnull=False).values_list("pk", "district"):
        districts[district].append(forum)
    towns: dict[int, set[int]] = defaultdict(set)
    for forum, town in ForumTown.objects.filter(forum__in=counted).values_list("forum", "municipality"):
        towns[town].add(forum)
    in_area = Municipality.objects.existing(on).filter(in_area_of([office.pk]))
    shown = Municipality.objects.filter(Q(pk__in=in_area.values("pk")) | Q(pk__in=towns)).order_by("sort_key", "ags")
    rows = []
    for place in shown:
        forums = towns[place.pk] | set(districts[place.district_id])
        rows.append(Row(place, [sum(counted[forum][year] for forum in forums) for year in years]))
    return Table(years, rows, Row(None, [sum(of[year] for of in counted.values()) for year in years]))

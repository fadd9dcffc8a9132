"""How an office's area is covered: gaps now and to come, and what else needs somebody's hand.

A gap is a town of the area without anybody responsible in general on some days, at this office or another; towns that
no office serves are none. The same as on lists and start pages, see `contacts.querysets.with_contact`.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, F, Q

from common.periods import ONE_DAY
from contacts.models import Absence, Assignment, ContactPerson
from contacts.models.responsibility import days_alone
from contacts.overview import SOON
from contacts.rules import standing

YEAR = datetime.timedelta(days=365)
WITHOUT_PHONE_OR_MAIL = Q(person__phone="") | Q(person__email="")

_SERVED = """
    SELECT area.office_id, town.id AS town_id, town.period, town.population
    FROM contacts_officearea area JOIN municipalities_municipality town ON town.district_id = area.district_id
    WHERE area.office_id = ANY(%(offices)s)
    UNION
    SELECT area.office_id, town.id, town.period, town.population
    FROM contacts_officearea area JOIN municipalities_municipality town ON town.association_id = area.association_id
    WHERE area.office_id = ANY(%(offices)s)
    UNION
    SELECT area.office_id, town.id, town.period, town.population
    FROM contacts_officearea area JOIN municipalities_municipality town ON town.id = area.municipality_id
    WHERE area.office_id = ANY(%(offices)s)
"""
_GAPS = f"""
WITH served AS ({_SERVED}), covered AS (
    SELECT assignment.municipality_id, range_agg(assignment.valid) AS days
    FROM contacts_assignment assignment JOIN contacts_contactperson post ON post.id = assignment.contact_person_id
    WHERE assignment.role = 'primary' AND assignment.field_id IS NULL
        AND assignment.valid && %(within)s::daterange
        AND assignment.municipality_id IN (SELECT town_id FROM served)
        AND (%(sees_all)s OR post.is_published OR post.office_id = ANY(%(inside)s))
    GROUP BY assignment.municipality_id
)
SELECT served.office_id, served.town_id, gap
FROM served LEFT JOIN covered ON covered.municipality_id = served.town_id,
LATERAL unnest(
    datemultirange(served.period * %(within)s::daterange) - COALESCE(covered.days, datemultirange())
) AS gap
ORDER BY lower(gap), served.town_id
"""  # noqa: S608 - put together from constants
_SIZES = f"""
SELECT office_id, count(*), COALESCE(sum(population), 0)
FROM ({_SERVED}) served WHERE period @> %(on)s GROUP BY office_id
"""  # noqa: S608


@dataclass(frozen=True)
class Gap:
    """Days on which a town of an office's area has nobody responsible in general."""

    office_id: int
    town_id: int
    days: DateRange

    def when(self, on: datetime.date) -> str:
        """Whether it is there "today", begins "soon" (within 60 days) or "later" (within a year)."""
        if self.days.lower <= on:
            return "today"
        return "soon" if self.days.lower <= on + SOON else "later"


def window(on: datetime.date, ahead: datetime.timedelta = YEAR) -> DateRange:
    """That day and as many after it."""
    return DateRange(on, on + ahead + ONE_DAY)


def gaps(offices: Collection[int], within: DateRange, viewer: Any) -> list[Gap]:
    """The gaps of these offices' areas, cut to the days asked for, the earliest first. One query."""
    known = standing(viewer)
    values = {
        "offices": list(offices),
        "within": within,
        "sees_all": known.is_superuser,
        "inside": list(known.offices),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, values)
        return [Gap(*row) for row in cursor.fetchall()]


@dataclass
class Totals:
    """One office's numbers on one day."""

    towns: int = 0
    inhabitants: int = 0
    today: int = 0
    soon: int = 0
    later: int = 0
    ending: int = 0
    alone: int = 0
    unconfirmed: int = 0
    incomplete: int = 0


def totals(offices: Collection[int], on: datetime.date, viewer: Any) -> dict[int, Totals]:
    """The numbers of these offices by id; five queries, however many."""
    found = {office: Totals() for office in offices}
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, {"offices": list(offices), "on": on})
        for office, towns, inhabitants in cursor.fetchall():
            found[office].towns, found[office].inhabitants = towns, int(inhabitants)
    for gap in gaps(offices, window(on), viewer):
        when = gap.when(on)
        setattr(found[gap.office_id], when, getattr(found[gap.office_id], when) + 1)
    ending = (
        Assignment.objects.of_offices(offices).current(on).primary().filter(valid__endswith__lte=on + SOON + ONE_DAY)
    )
    for office, count in ending.order_by().values_list("office").annotate(Count("pk")):
        found[office].ending = count
    for office, absences in absences_within(offices, window(on, SOON)).items():
        found[office].alone = len(days_alone(absences, window(on, SOON)))
    posts = ContactPerson.objects.of_offices(offices).current(on).order_by().values("office")
    for row in posts.annotate(
        unconfirmed=Count("pk", filter=Q(pk__in=ContactPerson.objects.unconfirmed(on).values("pk"))),
        incomplete=Count("pk", filter=WITHOUT_PHONE_OR_MAIL),
    ):
        found[row["office"]].unconfirmed, found[row["office"]].incomplete = row["unconfirmed"], row["incomplete"]
    return found


def absences_within(offices: Collection[int], days: DateRange) -> dict[int, list[Absence]]:
    """By office the absences from posts with any of these days, with what chains of substitutes need. One query."""
    by_office: dict[int, list[Absence]] = defaultdict(list)
    absences = Absence.objects.of_offices(offices).at_post(days).select_related("contact_person", "substitute")
    needed = ("office", "days", "contact_person__period", "substitute__period")
    for absence in absences.only(*needed).order_by():
        by_office[absence.office_id].append(absence)
    return by_office


def posts_to_look_at(office: int, on: datetime.date) -> tuple[list[ContactPerson], list[ContactPerson]]:
    """Today's posts of an office that nobody has confirmed for a year, and those without phone or mail. One query."""
    posts = ContactPerson.objects.of_offices([office]).current(on).select_related("person", "office")
    unconfirmed = ContactPerson.objects.unconfirmed(on).values("pk")
    found = posts.annotate(is_unconfirmed=Q(pk__in=unconfirmed), is_incomplete=WITHOUT_PHONE_OR_MAIL).order_by(
        F("confirmed_on").asc(nulls_first=True), "person__sort_key"
    )
    rows = list(found)
    incomplete = [post for post in rows if post.is_incomplete]
    incomplete.sort(key=lambda post: post.person.sort_key)
    return [post for post in rows if post.is_unconfirmed], incomplete

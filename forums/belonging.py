"""Which forums an account has to do with, found once: the conditions of `querysets.py` name them by their ids."""

import datetime
from collections import defaultdict
from functools import cached_property
from typing import Any, NamedTuple

from django.apps import apps
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from common.kept_queries import KeptQuery, of_account
from common.periods import contains, midnight
from contacts.rules import standing

MOST_NAMED = 300  # ids in a condition; of more forums it holds the query that finds them

Forums = Any  # their ids, or the query that finds them


# Unions, since PostgreSQL takes an OR of two of these to hold half of all forums.


def forums_of(offices: Any) -> Any:
    """The ids of the forums that these offices lead or are partners of."""
    return _ids("Forum", "pk", office__in=offices).union(_ids("ForumPartner", "forum", office__in=offices))


def forums_about(towns: Any, districts: Any) -> Any:
    """The ids of the forums about one of these towns, or about one of these districts as a whole."""
    return _ids("Forum", "pk", district__in=districts).union(_ids("ForumTown", "forum", municipality__in=towns))


def about_district(ags: str) -> Any:
    """The ids of the forums about the district or a town in it."""
    towns = apps.get_model("municipalities", "Municipality").objects.filter(district__ags=ags)
    districts = apps.get_model("municipalities", "District").objects.filter(ags=ags)
    return forums_about(towns.values("pk"), districts.values("pk"))


def _ids(model: str, field: str, **condition: Any) -> Any:
    rows = apps.get_model("forums", model).objects.filter(**condition)
    return rows.order_by().values_list(field, flat=True)


@KeptQuery
def _memberships_of(account: int) -> Any:
    people = apps.get_model("contacts", "Person").objects.filter(user=account)
    return people.order_by().values_list("pk", *(f"forum_memberships__{name}" for name in ("forum", "role", "period")))


def _concerning(towns: Any, associations: Any) -> Any:
    """The ids of the forums about one of these towns and those of the associations, or about a district of theirs."""
    places = Q(pk__in=towns) | Q(association__in=associations)
    found = apps.get_model("municipalities", "Municipality").objects.filter(places)
    return forums_about(found.values("pk"), found.values("district"))


@KeptQuery
def _first_of(offices: Any) -> Any:
    return forums_of(offices)[: MOST_NAMED + 1]


@KeptQuery
def _first_concerning(towns: Any, associations: Any) -> Any:
    return _concerning(towns, associations)[: MOST_NAMED + 1]


class Bounds(NamedTuple):
    first: datetime.date | None
    end: datetime.date | None


class Period(NamedTuple):
    """The forums to which somebody belongs between two days, as days and as moments; either may be missing."""

    days: Bounds
    moments: Bounds
    forums: list[int]


class Belonging:
    """What an account has to do with forums. Asks the database when first needed, each thing once."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.known = standing(user)

    @cached_property
    def _memberships(self) -> list[tuple[int, int | None, str, DateRange]]:
        """Of the account's person the id, with forum, role and period of each membership, past and coming ones too."""
        return _memberships_of(self.user.pk) if self.known.is_signed_in else []

    @property
    def person(self) -> set[int]:
        """The id of the person whose account this is, if there is one."""
        return {person for person, *_ in self._memberships}

    @cached_property
    def once(self) -> set[int]:
        """The forums to which the person belongs, belonged or will belong."""
        return {forum for _, forum, _, _ in self._memberships if forum}

    @property
    def _roles(self) -> list[tuple[int, str]]:
        return [(forum, role) for _, forum, role, days in self._memberships if forum and contains(days, self.known.on)]

    @cached_property
    def now(self) -> set[int]:
        """The forums to which the person belongs today."""
        return {forum for forum, _ in self._roles}

    @cached_property
    def run(self) -> set[int]:
        """The forums that the person chairs or moderates today."""
        return {forum for forum, role in self._roles if role in ("chair", "moderation")}

    @cached_property
    def periods(self) -> list[Period]:
        """When the person belongs to which forums, but for those seen at any time anyway."""
        seen = {forum for forums in (self.led, self.concerning) if isinstance(forums, list) for forum in forums}
        found = defaultdict(list)
        for _, forum, _, days in self._memberships:
            if forum and forum not in seen:
                found[days].append(forum)
        periods = (((days.lower, days.upper), forums) for days, forums in found.items())
        return [Period(Bounds(*days), Bounds(*map(_midnight, days)), forums) for days, forums in periods]

    @cached_property
    def led(self) -> Forums:
        """The forums that the account's offices lead or are partners of."""
        offices = self.known.offices
        ids = _first_of(offices) if offices else []
        return ids if len(ids) <= MOST_NAMED else forums_of(offices)

    @cached_property
    def concerning(self) -> Forums:
        """The forums about a town in whose town hall the account works, or about its district."""
        places = self.known.town_ids, self.known.association_ids
        ids = _first_concerning(*places) if any(places) else []
        return ids if len(ids) <= MOST_NAMED else _concerning(*places)


def _midnight(day: datetime.date | None) -> datetime.datetime | None:
    return midnight(day) if day else None


def belonging(user: Any) -> Belonging:
    """What the account has to do with forums, found once as its standing is."""
    return of_account(user, Belonging)

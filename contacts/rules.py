"""Who may do what with offices, people, responsibilities, places and accounts.

Everything is answered from the memberships that an account has today. Without an object the question is "in any
office", with one it is "in that object's office". Django itself says yes to superusers. Lists come from
`.visible_to(user)` in `querysets.py`, which stands on the same `standing(user)`.
"""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import rules
from django.db import connection
from django.db.models import Q, QuerySet

from common import periods
from common.kept_queries import KeptQuery, of_account

if TYPE_CHECKING:
    from accounts.models import User
    from contacts.models import ContactPerson, Handover, HandoverTown, OfficeArea, Person
    from municipalities.models import Association, Locality, Municipality

COORDINATOR, LEAD, ADMINISTRATOR = "coordinator", "lead", "administrator"

MEMBERSHIPS = """
    SELECT office_id, role, NULL::bigint, NULL::bigint FROM contacts_officemembership
    WHERE user_id = %(user)s AND period @> %(on)s
    UNION ALL
    SELECT NULL, NULL, municipality_id, association_id FROM contacts_municipalstaff
    WHERE user_id = %(user)s AND period @> %(on)s
    """

SPOKEN_FOR = """
    WITH RECURSIVE spoken_for(id) AS (
        SELECT id FROM municipalities_municipality WHERE id = ANY(%(towns)s) OR association_id = ANY(%(associations)s)
        UNION
        SELECT change.predecessor_id FROM municipalities_succession change
        JOIN spoken_for ON spoken_for.id = change.successor_id
        JOIN municipalities_municipality predecessor ON predecessor.id = change.predecessor_id
        WHERE change.took_effect_on <= %(on)s AND NOT predecessor.period @> %(on)s
    )
    SELECT id FROM spoken_for
    """


@KeptQuery
def _parts_of(offices: list[int]) -> "QuerySet[OfficeArea]":
    from contacts.models import OfficeArea  # models need the rules for their querysets

    return OfficeArea.objects.filter(office__in=offices).order_by()


@dataclass(frozen=True)
class Area:
    """The places that some offices serve, by id; a district or association stands for all in it."""

    districts: frozenset[int]
    associations: frozenset[int]
    municipalities: frozenset[int]

    @classmethod
    def of(cls, parts: "Iterable[OfficeArea]") -> "Area":
        parts = list(parts)
        return cls(
            frozenset(part.district_id for part in parts if part.district_id),
            frozenset(part.association_id for part in parts if part.association_id),
            frozenset(part.municipality_id for part in parts if part.municipality_id),
        )

    @classmethod
    def of_offices(cls, offices: Collection[int]) -> "Area":
        """What these offices serve, by their ids. One query, if there are any."""
        return cls.of(_parts_of(list(offices)) if offices else ())

    @property
    def towns(self) -> Q:
        """The condition that a municipality lies in it."""
        by_place = Q(pk__in=self.municipalities) | Q(association__in=self.associations)
        return by_place | Q(district__in=self.districts)

    def holds(self, town: "Municipality") -> bool:
        return (
            town.pk in self.municipalities
            or town.district_id in self.districts
            or town.association_id in self.associations
        )

    def holds_association(self, association: "Association") -> bool:
        return association.pk in self.associations or association.district_id in self.districts


class Standing:
    """What today's memberships make of one account. Asks the database when first needed, each thing once."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.on: datetime.date = periods.today()
        self.is_signed_in: bool = user.is_authenticated and user.is_active
        self.is_superuser: bool = self.is_signed_in and user.is_superuser

    @cached_property
    def _memberships(self) -> list[tuple[int | None, str | None, int | None, int | None]]:
        """Of each current one office and role, or municipality or association; nearly every page of theirs asks."""
        if not self.is_signed_in:
            return []
        with connection.cursor() as cursor:
            cursor.execute(MEMBERSHIPS, {"user": self.user.pk, "on": self.on})
            return cursor.fetchall()

    @cached_property
    def roles(self) -> frozenset[tuple[int, str]]:
        """Pairs of office id and role."""
        return frozenset((office, role) for office, role, _, _ in self._memberships if office and role)

    def offices_in(self, *roles: str) -> frozenset[int]:
        return frozenset(office for office, role in self.roles if not roles or role in roles)

    @cached_property
    def offices(self) -> frozenset[int]:
        return self.offices_in()

    @cached_property
    def administers(self) -> frozenset[int]:
        return self.offices_in(ADMINISTRATOR)

    @cached_property
    def leads(self) -> frozenset[int]:
        """The offices in which the account deals out the work."""
        return self.offices_in(LEAD, ADMINISTRATOR)

    @cached_property
    def answers_for(self) -> frozenset[int]:
        return self.offices_in(LEAD, ADMINISTRATOR)

    def sees_inside(self, office_id: int | None) -> bool:
        """Whether what the office does not publish is shown."""
        return self.is_superuser or office_id in self.offices

    @cached_property
    def town_ids(self) -> frozenset[int]:
        return frozenset(town for _, _, town, _ in self._memberships if town)

    @cached_property
    def association_ids(self) -> frozenset[int]:
        return frozenset(association for _, _, _, association in self._memberships if association)

    @cached_property
    def towns_spoken_for(self) -> frozenset[int]:
        """The towns in whose town halls the account works, each of its associations among them, and those that are no
        more and became part of any of these, through several changes too. One query for staff of town halls."""
        if not (self.town_ids or self.association_ids):
            return frozenset()
        known: dict[str, Any] = {"towns": [*self.town_ids], "associations": [*self.association_ids], "on": self.on}
        with connection.cursor() as cursor:
            cursor.execute(SPOKEN_FOR, known)
            return frozenset(pk for (pk,) in cursor.fetchall())

    def works_for(self, town: "Municipality") -> bool:
        return town.pk in self.town_ids or town.association_id in self.association_ids

    def is_served_by(self, office_id: int) -> bool:
        """Whether the account works in a town hall in the office's area; queries for those who work in any."""
        from contacts.models import MunicipalStaff

        if not (self.town_ids or self.association_ids):
            return False
        return MunicipalStaff.objects.in_area_of_offices([office_id]).current(self.on).filter(user=self.user).exists()

    @cached_property
    def area(self) -> Area:
        """What the account's offices serve."""
        return Area.of_offices(self.offices)

    @cached_property
    def administered_area(self) -> Area:
        return Area.of_offices(self.administers)


def standing(user: Any) -> Standing:
    """The account's standing: one request, one day, one question."""
    return of_account(user, Standing)


def office_of(obj: Any) -> int | None:
    """The id of the office that a row belongs to."""
    if obj._meta.model_name == "office":
        return obj.pk
    if obj._meta.model_name == "contactpersonfield":
        return obj.contact_person.office_id
    if obj.office_id is None and getattr(obj, "contact_person_id", None):
        return obj.contact_person.office_id
    return obj.office_id


@rules.predicate
def is_administrator(user: Any, obj: Any = None) -> bool:
    return bool(standing(user).administers)


@rules.predicate
def administers_office(user: Any, obj: Any = None) -> bool:
    offices = standing(user).administers
    return bool(offices) if obj is None else office_of(obj) in offices


@rules.predicate
def answers_for_office(user: Any, obj: Any = None) -> bool:
    """Leads and administrators."""
    offices = standing(user).answers_for
    return bool(offices) if obj is None else office_of(obj) in offices


@rules.predicate
def works_at_office(user: Any, obj: Any = None) -> bool:
    offices = standing(user).offices
    return bool(offices) if obj is None else office_of(obj) in offices


@rules.predicate
def leads_office(user: Any, obj: Any = None) -> bool:
    offices = standing(user).leads
    return bool(offices) if obj is None else office_of(obj) in offices


@rules.predicate
def is_own_post(user: Any, obj: Any = None) -> bool:
    """The account is the person's, whose post or absence this is."""
    if obj is None:
        return True
    post = obj.contact_person if hasattr(obj, "contact_person_id") else obj
    return post.person.user_id is not None and post.person.user_id == user.pk


@rules.predicate
def holds_no_higher_role(user: Any, post: "ContactPerson | None" = None) -> bool:
    """Roles end with the post; an administrator's only by another administrator."""
    if post is None or post.office_id in standing(user).administers:
        return True
    account = post.person.user
    if account is None:
        return True
    running = Q(period__endswith=None) | Q(period__endswith__gt=standing(user).on)
    return not account.office_memberships.filter(running, office=post.office_id, role=ADMINISTRATOR).exists()


@rules.predicate
def gives_nobody_back_too_much(user: Any, handover: "Handover | None" = None) -> bool:
    """Cancelling that somebody leaves gives roles back: never one's own, an administrator's only by another one."""
    if handover is None or not handover.is_leaving:
        return True
    if handover.leaver.person.user_id == user.pk:
        return False
    roles = set(handover.changes.exclude(membership=None).values_list("membership__user", "membership__role"))
    if any(account == user.pk for account, _role in roles):
        return False
    return handover.office_id in standing(user).administers or all(role != ADMINISTRATOR for _account, role in roles)


def signs_for(user: Any, town: "HandoverTown", side: str) -> bool:
    """Who hands the town over or takes it over signs for that side; a lead for either, since not all have accounts."""
    person = town.person_of(side)
    return town.office_id in standing(user).leads or (person is not None and person.person.user_id == user.pk)


@rules.predicate
def is_own_role(user: Any, obj: Any = None) -> bool:
    """Nobody gives a role to themselves, or makes their own last longer."""
    return obj is not None and obj.user_id == user.pk


@rules.predicate
def is_member(user: Any, obj: Any = None) -> bool:
    return bool(standing(user).offices)


@rules.predicate
def begins_today_or_later(user: Any, obj: Any = None) -> bool:
    """What has begun is history: it is ended, not deleted."""
    if obj is None:
        return True
    days = {"assignment": "valid", "absence": "days"}.get(obj._meta.model_name, "period")
    first = getattr(obj, days).lower
    return first is not None and first >= standing(user).on


@rules.predicate
def keeps_person(user: Any, person: "Person | None" = None) -> bool:
    """One office keeps the record of a person, see `PersonQuerySet.administered_by`."""
    offices = standing(user).administers
    if person is None or not offices:
        return bool(offices)
    return type(person).objects.administered_by(user).filter(pk=person.pk).exists()


@rules.predicate
def sees_person(user: Any, person: "Person | None" = None) -> bool:
    offices = standing(user).offices
    return bool(offices) if person is None else type(person).objects.visible_to(user).filter(pk=person.pk).exists()


@rules.predicate
def serves_organisation(user: Any, organisation: Any = None) -> bool:
    if organisation is None or not standing(user).administers:
        return bool(standing(user).administers)
    if organisation.municipality is None:
        return type(organisation).objects.administered_by(user).filter(pk=organisation.pk).exists()
    return standing(user).administered_area.holds(organisation.municipality)


@rules.predicate
def serves_town_hall(user: Any, staff: Any = None) -> bool:
    if staff is None:
        return bool(standing(user).administers)
    area = standing(user).administered_area
    if staff.municipality:
        return area.holds(staff.municipality)
    return bool(staff.association) and area.holds_association(staff.association)


@rules.predicate
def serves_town_of(user: Any, locality: "Locality | None" = None) -> bool:
    if locality is None:
        return bool(standing(user).administers)
    return standing(user).administered_area.holds(locality.municipality)


@rules.predicate
def knows_place(user: Any, place: Any = None) -> bool:
    """Staff of the town hall or of an office that serves the town; of the office asked about or of a town it serves."""
    known = standing(user)
    if place is None:
        return bool(known.offices or known.town_ids or known.association_ids)
    if place._meta.model_name == "office":
        return place.pk in known.offices or known.is_served_by(place.pk)
    return known.works_for(place) or (bool(known.offices) and known.area.holds(place))


@rules.predicate
def manages_account(user: Any, account: "User | None" = None) -> bool:
    from contacts.querysets import accounts_managed_by

    if account is None or not standing(user).administers:
        return bool(standing(user).administers)
    return accounts_managed_by(user).filter(pk=account.pk).exists()


rules.add_perm("accounts.access_admin", is_administrator)
for _app in ("contacts", "municipalities", "accounts", "common"):
    rules.add_perm(_app, is_administrator)
rules.add_perm("common.view_message", is_administrator)  # to recipients that they manage

# An office's own rows: everything its administrators keep, seen by all who work there.
for _model in (
    "fieldofaction",
    "targetgroup",
    "officetask",
    "legaltext",
    "dataprotection",
    "contactpersonfield",
    "contactperson",
    "assignment",
    "absence",
    "officemembership",
):
    rules.add_perm(f"contacts.view_{_model}", works_at_office)
    rules.add_perm(f"contacts.add_{_model}", administers_office)
    rules.add_perm(f"contacts.change_{_model}", administers_office)
    _is_history = _model in ("contactperson", "assignment", "absence", "officemembership")
    rules.add_perm(
        f"contacts.delete_{_model}", administers_office & begins_today_or_later if _is_history else administers_office
    )
rules.set_perm("contacts.change_officemembership", administers_office & ~is_own_role)
rules.set_perm("contacts.delete_officemembership", administers_office & begins_today_or_later & ~is_own_role)

# Being away is entered by the person, while they work at the office, by a lead or by an administrator.
_deals_with_absences = leads_office | (works_at_office & is_own_post)
rules.set_perm("contacts.add_absence", _deals_with_absences)
rules.set_perm("contacts.change_absence", _deals_with_absences)
rules.set_perm("contacts.delete_absence", _deals_with_absences & begins_today_or_later)

# Whether an entry is right says the person it is about.
rules.add_perm("contacts.confirm_contactperson", is_own_post)

# What somebody tells the office about their entry is read there, and deleted when done.
rules.add_perm("contacts.view_remark", works_at_office)
rules.add_perm("contacts.delete_remark", administers_office)

# Offices and what they serve are the operator's to set: with a place come the accounts of its town hall.
rules.add_perm("contacts.view_officearea", works_at_office)
rules.add_perm("contacts.view_office", works_at_office)
rules.add_perm("contacts.change_office", administers_office)

for _verb in ("view", "add", "change", "delete"):
    rules.add_perm(f"contacts.{_verb}_contactimport", administers_office)

rules.add_perm("contacts.view_person", sees_person)
rules.add_perm("contacts.add_person", is_administrator)
rules.add_perm("contacts.change_person", keeps_person)
rules.add_perm("contacts.delete_person", keeps_person)

rules.add_perm("contacts.view_organisation", is_member)
rules.add_perm("contacts.add_organisation", is_administrator)
rules.add_perm("contacts.change_organisation", serves_organisation)
rules.add_perm("contacts.delete_organisation", serves_organisation)

rules.add_perm("contacts.view_municipalstaff", serves_town_hall)
rules.add_perm("contacts.add_municipalstaff", serves_town_hall)
rules.add_perm("contacts.change_municipalstaff", serves_town_hall)
rules.add_perm("contacts.delete_municipalstaff", serves_town_hall & begins_today_or_later)

rules.add_perm("contacts.view_other_days", knows_place)
rules.add_perm("contacts.view_coverage", works_at_office)
rules.add_perm("contacts.view_processing_record", answers_for_office)

# Leads deal out the towns; a hand-over is planned and cancelled, never edited or deleted.
rules.add_perm("contacts.view_handover", works_at_office)
rules.add_perm("contacts.plan_handover", leads_office)
rules.add_perm("contacts.plan_leaving", leads_office & holds_no_higher_role)
rules.add_perm("contacts.cancel_handover", leads_office & gives_nobody_back_too_much)
rules.add_perm("contacts.view_handovertown", works_at_office)

# The register of places is the operator's; an office adds the names its people use for parts of a town.
for _model in ("state", "district", "association", "municipality", "succession", "postalcode", "locality"):
    rules.add_perm(f"municipalities.view_{_model}", is_administrator)
rules.add_perm("municipalities.add_locality", is_administrator)
rules.add_perm("municipalities.change_locality", serves_town_of)
rules.add_perm("municipalities.delete_locality", serves_town_of)

rules.add_perm("accounts.view_user", manages_account)
rules.add_perm("accounts.add_user", is_administrator)
rules.add_perm("accounts.change_user", manages_account)

"""What the lists of offices, people and responsibilities mean.

`visible_to(user)` is what the account may read today, `administered_by(user)` what it may edit.
"""

import datetime
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils.translation import gettext

from common.periods import months_before
from common.sort_keys import SortKey
from contacts.rules import standing

if TYPE_CHECKING:
    from accounts.models import User
    from contacts.models import (  # noqa: F401 - what the querysets hold
        Absence,
        Assignment,
        ContactImport,
        ContactPerson,
        DataProtection,
        FieldOfAction,
        Handover,
        HandoverTown,
        LegalText,
        MunicipalStaff,
        Office,
        OfficeArea,
        OfficeMembership,
        OfficeTask,
        Organisation,
        Person,
        Remark,
        TargetGroup,
    )
    from municipalities.models import Municipality


def in_area_of(offices: Any) -> Q:
    """The municipalities in the area of any of these offices: ids, rows, or the query that finds them."""
    parts = apps.get_model("contacts", "OfficeArea").objects.filter(office__in=offices)
    return (
        Q(pk__in=parts.filter(municipality__isnull=False).values("municipality"))
        | Q(district__in=parts.filter(district__isnull=False).values("district"))
        | Q(association__in=parts.filter(association__isnull=False).values("association"))
    )


def towns_administered_by(user: Any) -> "QuerySet[Municipality]":
    """The municipalities in the area of the offices that the account administers today."""
    towns = apps.get_model("municipalities", "Municipality").objects
    administers = standing(user).administers
    return towns.filter(in_area_of(administers)) if administers else towns.none()


def open_on_ended(towns: "Iterable[Municipality]", on: datetime.date) -> "Iterator[tuple[Municipality, str]]":
    """What names these municipalities and does not end before that day, as sentences. Four queries."""
    by_id = {town.pk: town for town in towns}

    def naming(model: str) -> Any:
        rows = apps.get_model("contacts", model).objects.filter(municipality__in=by_id)
        return rows.order_by("municipality__sort_key", "pk")

    for row in naming("Assignment").upcoming(on).select_related("contact_person__person", "office"):
        sentence = gettext("responsibility of %(person)s, %(office)s")
        yield by_id[row.municipality_id], sentence % {"person": row.contact_person.person, "office": row.office}
    for row in naming("OfficeArea").select_related("office"):
        yield by_id[row.municipality_id], gettext("part of the area of %(office)s") % {"office": row.office}
    for row in naming("MunicipalStaff").upcoming(on).select_related("user"):
        yield by_id[row.municipality_id], gettext("work of %(account)s in the town hall") % {"account": row.user}
    for row in naming("Organisation"):
        yield by_id[row.municipality_id], gettext("seat of %(organisation)s") % {"organisation": row}


def with_contact(towns: "QuerySet[Municipality]", on: datetime.date, viewer: Any) -> "QuerySet[Municipality]":
    """Add `has_contact`: an office names somebody for the town in general, and `is_served`: an office serves it.

    Somebody is primarily responsible that day, without a field of action, and the viewer may see them. A town without
    is a gap, in lists, on maps and on start pages alike. Who is there for one field only does not fill it: the town's
    page names them beside the office, which is there for the rest.
    """
    assignments = apps.get_model("contacts", "Assignment").objects.visible_to(viewer).current(on).primary().general()
    parts = apps.get_model("contacts", "OfficeArea").objects.filter(
        Q(municipality=OuterRef("pk"))
        | Q(district=OuterRef("district"))
        | Q(association__isnull=False, association=OuterRef("association"))
    )
    return towns.annotate(
        has_contact=Exists(assignments.filter(municipality=OuterRef("pk"))),
        is_served=Exists(parts),
    )


def accounts_managed_by(user: Any) -> "QuerySet[User]":
    """The accounts an administrator may edit and hand a password link to.

    An account with rights elsewhere is not among them, or a link would open another office's data; nor is one
    without any, which may be meant for another office.
    """
    known = standing(user)
    accounts = apps.get_model("accounts", "User").objects.all()
    if known.is_superuser:
        return accounts
    if not known.administers:
        return accounts.none()
    memberships = apps.get_model("contacts", "OfficeMembership").objects.filter(user=OuterRef("pk"))
    town_halls = apps.get_model("contacts", "MunicipalStaff").objects.filter(user=OuterRef("pk"))
    ours = Q(office__in=known.administers)
    our_towns = _town_hall_in(known.administers)
    over = Q(period__endswith__isnull=False, period__endswith__lte=known.on)
    return accounts.filter(
        ~Exists(memberships.exclude(ours).exclude(over)),
        ~Exists(town_halls.exclude(pk__in=town_halls.model.objects.filter(our_towns).values("pk")).exclude(over)),
        Exists(memberships.filter(ours)) | Exists(town_halls.filter(our_towns)),
        is_superuser=False,
    )


def memberships_have_ended(on: datetime.date) -> Q:
    """The condition that an account had memberships and all are over; future ones count as running."""
    kinds = [
        apps.get_model("contacts", name).objects.filter(user=OuterRef("pk"))
        for name in ("OfficeMembership", "MunicipalStaff")
    ]
    over = Q(period__endswith__isnull=False, period__endswith__lte=on)
    had, has = (reduce(or_, map(Exists, rows)) for rows in (kinds, [kind.exclude(over) for kind in kinds]))
    return Q(had) & ~Q(has)


def memberships_changed_at(account: "User") -> datetime.datetime | None:
    """When a role at an office or town hall was last given to the account or changed."""
    times = [
        *account.office_memberships.values_list("changed_at", flat=True),
        *account.town_halls.values_list("changed_at", flat=True),
    ]
    return max(times, default=None)


def _town_hall_in(offices: frozenset[int]) -> Q:
    """Of rows with a municipality or an association: those in the offices' areas."""
    parts = apps.get_model("contacts", "OfficeArea").objects.filter(office__in=offices)
    districts = parts.filter(district__isnull=False).values("district")
    associations = parts.filter(association__isnull=False).values("association")
    return (
        Q(municipality__in=parts.filter(municipality__isnull=False).values("municipality"))
        | Q(municipality__district__in=districts)
        | Q(municipality__association__in=associations)
        | Q(association__in=associations)
        | Q(association__district__in=districts)
    )


class OfOffice(models.QuerySet[Any]):
    """Rows that belong to an office."""

    def of_offices(self, offices: Iterable[int]) -> Self:
        return self.filter(office__in=offices)

    def administered_by(self, user: Any) -> Self:
        known = standing(user)
        return self if known.is_superuser else self.of_offices(known.administers)

    def worked_by(self, user: Any) -> Self:
        """The rows of the offices in which the account works."""
        known = standing(user)
        return self if known.is_superuser else self.of_offices(known.offices)

    def visible_to(self, user: Any) -> Self:
        return self.worked_by(user)


class PublicListOfOffice(OfOffice):
    """Entries that everyone sees while they are in use."""

    def visible_to(self, user: Any) -> Self:
        known = standing(user)
        return self if known.is_superuser else self.filter(Q(is_active=True) | Q(office__in=known.offices))


class OfficeQuerySet(OfOffice, models.QuerySet["Office"]):
    def of_offices(self, offices: Iterable[int]) -> Self:
        return self.filter(pk__in=offices)

    def visible_to(self, user: Any) -> Self:
        """Every office is public."""
        return self

    def answered_for_by(self, user: Any) -> Self:
        """Those that the account leads or administers."""
        known = standing(user)
        return self if known.is_superuser else self.of_offices(known.answers_for)

    def asking(self) -> Self:
        """Those that have their contact persons asked each year; adds `month_chosen_at`, as the audit tells."""
        events = self.model.pgh_event_model.objects.filter(
            pgh_obj=OuterRef("pk"), confirmation_month=OuterRef("confirmation_month")
        )
        chosen_at = Subquery(events.order_by("pgh_id").values("pgh_created_at")[:1])
        return self.exclude(confirmation_month=None).annotate(month_chosen_at=chosen_at)

    def with_area(self) -> Self:
        return self.prefetch_related("areas__district", "areas__association", "areas__municipality")


_place_of_area = Coalesce("district", "association__district", "municipality__district")


class OfficeAreaQuerySet(OfOffice, models.QuerySet["OfficeArea"]):
    def visible_to(self, user: Any) -> Self:
        """Which places an office serves is public."""
        return self

    def district_ids(self) -> "QuerySet[OfficeArea, int]":
        """The ids of the districts in which an office serves anything."""
        return self.values_list(_place_of_area, flat=True).distinct()

    def in_states_of(self, office: int) -> Self:
        """The parts of all offices' areas that lie in the states in which the office serves anything."""
        districts = apps.get_model("municipalities", "District").objects
        own = districts.filter(pk__in=self.model.objects.filter(office=office).district_ids())
        return self.alias(place=_place_of_area).filter(place__in=districts.filter(state__in=own.values("state")))


class FieldOfActionQuerySet(PublicListOfOffice, models.QuerySet["FieldOfAction"]):
    pass


class TargetGroupQuerySet(PublicListOfOffice, models.QuerySet["TargetGroup"]):
    pass


class OfficeTaskQuerySet(PublicListOfOffice, models.QuerySet["OfficeTask"]):
    pass


class ContactImportQuerySet(OfOffice, models.QuerySet["ContactImport"]):
    def visible_to(self, user: Any) -> Self:
        """A preview shows what nobody has confirmed yet: to the office's administrators alone."""
        return self.administered_by(user)


class LegalTextQuerySet(OfOffice, models.QuerySet["LegalText"]):
    def visible_to(self, user: Any) -> Self:
        """Legal texts are public."""
        return self


class DataProtectionQuerySet(OfOffice, models.QuerySet["DataProtection"]):
    def still_kept(self, months: str, days: str, on: datetime.date) -> Q:
        """Of rows that belong to offices: those whose `days` run, or ended within the office's number of months."""
        return Q(**{f"{days}__endswith": None}) | self.kept_since(months, f"{days}__endswith", on)

    def kept_since(self, months: str, day: str, on: datetime.date, to_office: str = "office") -> Q:
        """Of rows that belong to offices: those whose `day` lies within the office's number of months."""
        default = self.model._meta.get_field(months).default
        others: dict[int, list[int]] = {}
        for office, count in self.exclude(**{months: default}).values_list("office", months):
            others.setdefault(count, []).append(office)
        kept = Q(**{f"{day}__gt": months_before(on, default)})
        for offices in others.values():
            kept &= ~Q(**{f"{to_office}__in": offices})
        for count, offices in others.items():
            kept |= Q(**{f"{to_office}__in": offices, f"{day}__gt": months_before(on, count)})
        return kept


class OverPeriod(models.QuerySet[Any]):
    """Rows with a `period`."""

    def current(self, on: datetime.date) -> Self:
        return self.filter(period__contains=on)

    def future(self, on: datetime.date) -> Self:
        """Those that begin after that day."""
        return self.filter(period__startswith__gt=on)

    def past(self, on: datetime.date) -> Self:
        """Those that ended before that day."""
        return self.filter(period__endswith__lte=on)

    def upcoming(self, on: datetime.date) -> Self:
        """Those that last on that day or begin later."""
        return self.filter(Q(period__endswith__isnull=True) | Q(period__endswith__gt=on))


class OfficeMembershipQuerySet(OverPeriod, OfOffice, models.QuerySet["OfficeMembership"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, and those at the offices in which one works."""
        known = standing(user)
        if known.is_superuser:
            return self
        return self.filter(Q(user=user) | Q(office__in=known.offices)) if known.is_signed_in else self.none()


class MunicipalStaffQuerySet(OverPeriod, models.QuerySet["MunicipalStaff"]):
    def in_area_of_offices(self, offices: Iterable[int]) -> Self:
        """Those of the town halls in the offices' areas."""
        in_area = self.model._base_manager.filter(_town_hall_in(frozenset(offices)))
        return self.filter(pk__in=in_area.values("pk"))

    def administered_by(self, user: Any) -> Self:
        known = standing(user)
        if known.is_superuser:
            return self
        return self.in_area_of_offices(known.administers)

    def visible_to(self, user: Any) -> Self:
        """One's own, and the town halls in the area of the offices in which one works."""
        known = standing(user)
        if known.is_superuser:
            return self
        if not known.is_signed_in:
            return self.none()
        in_area = self.model._base_manager.filter(_town_hall_in(known.offices))
        return self.filter(Q(user=user) | Q(pk__in=in_area.values("pk")))


def entered_by_colleagues(model: Any, user: Any) -> QuerySet[Any]:
    """The ids of rows entered by an account that then worked at an office that the user administers, by the audit."""
    colleagues = apps.get_model("contacts", "OfficeMembership").objects.filter(
        office__in=standing(user).administers,
        user_id=Cast(KeyTextTransform("user", OuterRef("pgh_context__metadata")), models.BigIntegerField()),
        period__contains=OuterRef("entered_on"),
    )
    events = model.pgh_event_model.objects.alias(entered_on=TruncDate("pgh_created_at"))
    return events.filter(Exists(colleagues), pgh_label="insert").values("pgh_obj")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: Any) -> Self:
        """The offices' common address book, until a page publishes them."""
        known = standing(user)
        return self if known.is_superuser or known.offices else self.none()

    def administered_by(self, user: Any) -> Self:
        """Those of the area, and those without a town that one's office entered; all others are the operator's."""
        known = standing(user)
        if known.is_superuser:
            return self
        if not known.administers:
            return self.none()
        return self.filter(
            Q(municipality__in=towns_administered_by(user).values("pk"))
            | Q(municipality=None, pk__in=entered_by_colleagues(self.model, user))
        )


class PersonQuerySet(models.QuerySet["Person"]):
    def unerased(self) -> Self:
        """Without those of whom only the place in past responsibilities is left."""
        return self.exclude(family_name="")

    def with_keeper(self, on: datetime.date) -> Self:
        """Add `keeper_office`: the office of the first post that still runs, else of the first one; or None."""
        is_over = Case(When(period__endswith__lte=on, then=Value(1)), default=Value(0))
        posts = apps.get_model("contacts", "ContactPerson").objects.filter(person=OuterRef("pk"))
        return self.annotate(keeper_office=Subquery(posts.order_by(is_over, "pk").values("office")[:1]))

    def administered_by(self, user: Any) -> Self:
        """Those whom an office keeps that the account administers; see `with_keeper` and `_without_post_near`."""
        known = standing(user)
        if known.is_superuser:
            return self.unerased()
        if not known.administers:
            return self.none()
        kept = Q(keeper_office__in=known.administers)
        return self.unerased().with_keeper(known.on).filter(kept | self._without_post_near(user))

    def _without_post_near(self, user: Any) -> Q:
        """Who never had a post, and has to do with the offices administered; all others are the operator's.

        Linked to an account that the administrator manages, of an organisation in the area, or entered by an account
        that worked at the office on that day, as the audit tells: who adds a person adds the post next.
        """
        posts = apps.get_model("contacts", "ContactPerson").objects.filter(person=OuterRef("pk"))
        return ~Exists(posts) & (
            Q(user__in=accounts_managed_by(user).values("pk"))
            | Q(organisation__municipality__in=towns_administered_by(user).values("pk"))
            | Q(pk__in=entered_by_colleagues(self.model, user))
        )

    def visible_to(self, user: Any) -> Self:
        """Who is published today, oneself, the people of one's offices; to administrators those they keep too."""
        known = standing(user)
        if known.is_superuser:
            return self.unerased()
        posts = apps.get_model("contacts", "ContactPerson").objects
        condition = Q(pk__in=posts.visible_to(user).values("person"))
        if known.is_signed_in:
            condition |= Q(user=user)
        if known.administers:
            condition |= self._without_post_near(user)
        return self.unerased().filter(condition)


class ContactPersonQuerySet(OverPeriod, OfOffice, models.QuerySet["ContactPerson"]):
    def visible_to(self, user: Any) -> Self:
        """The posts that are held and published today, and all of the offices in which one works."""
        known = standing(user)
        if known.is_superuser:
            return self
        return self.filter(Q(is_published=True, period__contains=known.on) | Q(office__in=known.offices))

    def unconfirmed(self, on: datetime.date) -> Self:
        """Those whose entry nobody confirmed within the year before that day."""
        return self.filter(Q(confirmed_on=None) | Q(confirmed_on__lte=months_before(on, 12)))

    def with_own_address(self) -> Self:
        """Those whose person has a mail address that is not the office's."""
        return self.exclude(person__email="").exclude(person__email__iexact=F("office__email"))

    def for_directory(self, on: datetime.date, viewer: Any) -> Self:
        """With person and office, and the names of the fields and of the towns one is primarily responsible for."""
        assignments = apps.get_model("contacts", "Assignment").objects.visible_to(viewer).current(on)
        fields = apps.get_model("contacts", "FieldOfAction").objects.visible_to(viewer)
        towns = assignments.primary().filter(contact_person=OuterRef("pk"), field=None)
        own_fields = fields.filter(post_links__contact_person=OuterRef("pk"))
        return (
            self.select_related("person", "office")
            .annotate(
                town_names=ArraySubquery(towns.order_by("municipality__sort_key").values("municipality__name")),
                field_names=ArraySubquery(own_fields.order_by("position", SortKey("name")).values("name")),
            )
            .order_by("person__sort_key", "pk")
        )


class RemarkQuerySet(OfOffice, models.QuerySet["Remark"]):
    def of_offices(self, offices: Iterable[int]) -> Self:
        return self.filter(contact_person__office__in=offices)

    def with_details(self) -> Self:
        return self.select_related("contact_person__person", "contact_person__office")


class AssignmentQuerySet(OfOffice, models.QuerySet["Assignment"]):
    def current(self, on: datetime.date) -> Self:
        return self.filter(valid__contains=on)

    def future(self, on: datetime.date) -> Self:
        """Those that begin after that day."""
        return self.filter(starts_on__gt=on)

    def past(self, on: datetime.date) -> Self:
        """Those that ended before that day."""
        return self.filter(valid__endswith__lte=on)

    def upcoming(self, on: datetime.date) -> Self:
        """Those that last on that day or begin later."""
        return self.filter(Q(valid__endswith__isnull=True) | Q(valid__endswith__gt=on))

    def primary(self) -> Self:
        return self.filter(role="primary")

    def general(self) -> Self:
        """Those for everything, not for one field of action."""
        return self.filter(field=None)

    def for_municipality(self, municipality: "Municipality") -> Self:
        return self.filter(municipality=municipality)

    def with_details(self) -> Self:
        return self.select_related("contact_person__person", "office", "municipality", "field")

    def visible_to(self, user: Any) -> Self:
        """Everyone sees today's of published people; offices all their own, town halls other days of their town too."""
        known = standing(user)
        if known.is_superuser:
            return self
        condition = Q(contact_person__is_published=True, valid__contains=known.on)
        if known.offices:
            condition |= Q(office__in=known.offices)
        if known.town_ids or known.association_ids:
            condition |= Q(contact_person__is_published=True) & (
                Q(municipality__in=known.town_ids) | Q(municipality__association__in=known.association_ids)
            )
        return self.filter(condition)


class AbsenceQuerySet(OfOffice, models.QuerySet["Absence"]):
    """Visible to the office alone; pages show others who stands in, by `contacts.responsibility`."""

    def at_post(self, within: DateRange) -> Self:
        """Those with any of these days on which the post is held as well."""
        held = self.filter(days__overlap=within, contact_person__period__overlap=within)
        return held.filter(days__overlap=F("contact_person__period"))

    def on(self, on: datetime.date) -> Self:
        return self.filter(days__contains=on)

    def past(self, on: datetime.date) -> Self:
        """Those that ended before that day."""
        return self.filter(days__endswith__lte=on)

    def future(self, on: datetime.date) -> Self:
        """Those that begin after that day."""
        return self.filter(days__startswith__gt=on)

    def with_details(self) -> Self:
        return self.select_related("contact_person__person", "contact_person__office", "substitute__person", "office")

    def upcoming(self, on: datetime.date) -> Self:
        """Those that last on that day or begin later."""
        return self.filter(Q(days__endswith__isnull=True) | Q(days__endswith__gt=on))


class HandoverQuerySet(OfOffice, models.QuerySet["Handover"]):
    """Visible to those who work at the office."""

    def planned(self) -> Self:
        return self.filter(state="planned")

    def due(self, on: datetime.date) -> Self:
        return self.planned().filter(day__lte=on)

    def with_details(self) -> Self:
        return self.select_related("leaver__person", "office", "rest_to__person", "created_by")


class HandoverTownQuerySet(OfOffice, models.QuerySet["HandoverTown"]):
    def planned(self) -> Self:
        return self.filter(is_planned=True)

    def with_details(self) -> Self:
        return self.select_related(
            "assignment__municipality",
            "assignment__field",
            "assignment__contact_person__person",
            "receiver__person",
            "receiver__office",
            "given_by",
            "received_by",
        )

"""Who is responsible for a town on a day, as one viewer may see it.

Pages and exports show a `Contact` and never read phone, mail or name from the person: it holds only what the
viewer may see, so no template can show more.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from common import periods
from common.joined_rows import JoinedRows
from common.phones import Phone
from common.sort_keys import sort_key
from contacts.models import Absence, Assignment, ContactPerson, FieldOfAction, Office, OfficeArea, Person
from contacts.models.responsibility import followed, same_until
from contacts.rules import Standing, standing
from municipalities.models import Municipality

AREAS = JoinedRows(
    """
    SELECT {area}, {office}
    FROM contacts_officearea area JOIN contacts_office office ON office.id = area.office_id
    WHERE area.municipality_id = ANY(%(towns)s) OR area.district_id = ANY(%(districts)s)
        OR area.association_id = ANY(%(associations)s)
    """,
    area=OfficeArea,
    office=Office,
)
ASSIGNMENTS = JoinedRows(
    """
    SELECT {assignment}, {post}, {person}, {field}
    FROM contacts_assignment assignment
        JOIN contacts_contactperson post ON post.id = assignment.contact_person_id
        JOIN contacts_person person ON person.id = post.person_id
        LEFT JOIN contacts_fieldofaction field ON field.id = assignment.field_id
    WHERE assignment.municipality_id = ANY(%(towns)s) AND assignment.valid @> %(on)s
    ORDER BY person.sort_key, post.id
    """,
    assignment=Assignment,
    post=ContactPerson,
    person=Person,
    field=FieldOfAction,
)
ABSENCES = JoinedRows(
    """
    SELECT {absence}, {post}, {person}
    FROM contacts_absence absence
        LEFT JOIN contacts_contactperson post ON post.id = absence.substitute_id
        LEFT JOIN contacts_person person ON person.id = post.person_id
    WHERE absence.office_id = ANY(%(offices)s) AND absence.days @> %(on)s
    """,
    absence=Absence,
    post=ContactPerson,
    person=Person,
)


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody at an office, or the office itself where `post_id` is None."""

    office: Office
    name: str
    post_id: int | None = None
    title: str = ""
    given_name: str = ""
    family_name: str = ""
    function: str = ""
    room: str = ""
    languages: tuple[str, ...] = ()
    phone: Phone | None = None
    is_office_phone: bool = False
    is_phone_published: bool = True
    email: str = ""
    is_office_email: bool = False
    is_email_published: bool = True
    is_published: bool = True
    as_of: datetime.date | None = None
    is_absent: bool = False
    absent_until: datetime.date | None = None
    on: datetime.date | None = None  # the day their page is asked for; None for today

    def __str__(self) -> str:
        return self.name

    @property
    def is_office(self) -> bool:
        return self.post_id is None

    @property
    def language_names(self) -> list[str]:
        names = (str(ContactPerson.Language(code).label) for code in self.languages)
        return sorted(names, key=sort_key)

    def get_absolute_url(self) -> str:
        if self.post_id is None:
            return self.office.get_absolute_url()
        return reverse("contact_person", args=[self.post_id]) + self.day_query

    @property
    def day_query(self) -> str:
        return f"?am={self.on:%Y-%m-%d}" if self.on else ""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who stands in for somebody absent: the first one present in the chain of substitutes, else the office."""

    contact: Contact
    until: datetime.date | None  # the last day on which it is them; None where no end is known
    away_until: datetime.date | None  # the last day of the absence


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Whom one office names to one town, in general or in one field of action."""

    office: Office
    field: FieldOfAction | None
    primary: Contact
    deputies: tuple[Contact, ...] = ()
    stand_in: StandIn | None = None
    as_of: datetime.date | None = None

    @property
    def contact(self) -> Contact:
        """Whom to call."""
        return self.stand_in.contact if self.stand_in else self.primary

    @property
    def is_assigned(self) -> bool:
        return not self.primary.is_office


def responsibilities(towns: Iterable[Municipality], on: datetime.date, viewer: Any) -> dict[int, list[Responsibility]]:
    """For each town's id whom its offices name on that day; no office, no entry in its list.

    Three queries, however many towns. Offices by name; in each the general contact first, then fields in order.
    Who was or will be responsible on another day is for the office and the town hall alone.
    """
    towns = list(towns)
    known, town_of = standing(viewer), {town.pk: town for town in towns}
    offices, serving = _offices_of(towns)
    assignments: dict[tuple[int, int], list[Assignment]] = defaultdict(list)
    for assignment, post, person, field in ASSIGNMENTS.ask(towns=[town.pk for town in towns], on=on):
        post.person, assignment.contact_person, assignment.field = person, post, field
        if _is_shown(assignment, town_of[assignment.municipality_id], known):
            assignments[assignment.municipality_id, assignment.office_id].append(assignment)
    # An office that gave the town up may still have to finish there.
    if missing := {office_id for _, office_id in assignments} - offices.keys():
        offices |= Office.objects.in_bulk(missing)
    for town_id, office_id in assignments:
        serving[town_id].add(office_id)
    desk = _Desk(known, on, offices, {office_id for _, office_id in assignments})
    return {
        town.pk: [
            responsibility
            for office_id in sorted(serving[town.pk], key=lambda pk: (offices[pk].sort_key, pk))
            for responsibility in desk.responsibilities(
                offices[office_id], assignments.get((town.pk, office_id), []), known.works_for(town)
            )
        ]
        for town in towns
    }


def _is_shown(assignment: Assignment, town: Municipality, viewer: Standing) -> bool:
    """Everyone sees today's; other days are for the office and for the town hall."""
    return (
        periods.contains(assignment.valid, viewer.on)
        or viewer.sees_inside(assignment.office_id)
        or viewer.works_for(town)
    )


def for_field(found: list[Responsibility], name: str) -> list[Responsibility]:
    """Of each office who is responsible for its field of that name, or else in general; all without a name."""
    if not name:
        return found

    def is_own(responsibility: Responsibility) -> bool:
        return responsibility.field is not None and responsibility.field.name.casefold() == name.casefold()

    own = {responsibility.office.pk for responsibility in found if is_own(responsibility)}
    return [
        responsibility
        for responsibility in found
        if is_own(responsibility) or (responsibility.field is None and responsibility.office.pk not in own)
    ]


def office_contact(office: Office) -> Contact:
    return Contact(
        office=office,
        name=office.name,
        phone=office.telephone,
        is_office_phone=True,
        email=office.email,
        is_office_email=True,
        as_of=periods.day_of(office.changed_at),
    )


def contact_of(post: ContactPerson, viewer: Any, on: datetime.date | None = None) -> Contact | None:
    """The post as the viewer may see it on that day, or None; needs its person and office loaded."""
    return _contact(post, post.office, standing(viewer), on)


def stand_ins(
    posts: Iterable[ContactPerson], on: datetime.date, viewer: Any, is_own: bool = False
) -> dict[int, StandIn]:
    """For the ids of those posts that are absent on that day who stands in. One query; the office must be loaded.

    They are the viewer's own where they look after a town that the viewer works for.
    """
    posts = list(posts)
    offices = {post.office_id: post.office for post in posts}
    desk = _Desk(standing(viewer), on, offices, offices.keys())
    found = ((post.pk, desk.stand_in(post.pk, post.office, is_own)) for post in posts)
    return {post_id: stand_in for post_id, stand_in in found if stand_in}


def _offices_of(towns: list[Municipality]) -> tuple[dict[int, Office], dict[int, set[int]]]:
    """The offices serving any of the towns, and the office ids for each town."""
    by_district, by_association, by_town = (defaultdict[int | None, set[int]](set) for _ in range(3))
    offices: dict[int, Office] = {}
    parts = AREAS.ask(
        towns=[town.pk for town in towns],
        districts=list({town.district_id for town in towns}),
        associations=list({town.association_id for town in towns if town.association_id}),
    )
    for part, office in parts:
        offices.setdefault(office.pk, office)
        if part.district_id:
            by_district[part.district_id].add(part.office_id)
        elif part.association_id:
            by_association[part.association_id].add(part.office_id)
        else:
            by_town[part.municipality_id].add(part.office_id)
    nobody: set[int] = set()
    serving = {
        town.pk: by_district.get(town.district_id, nobody)
        | by_association.get(town.association_id, nobody)
        | by_town.get(town.pk, nobody)
        for town in towns
    }
    return offices, serving


def _contact(post: ContactPerson, office: Office, viewer: Standing, on: datetime.date | None = None) -> Contact | None:
    is_inside = viewer.sees_inside(office.pk)
    if not (post.is_published or is_inside):
        return None
    person = post.person
    # Publishing ends with the post: on another day a name may show, but no longer how to reach it.
    is_public = periods.contains(post.period, viewer.on)
    phone = person.telephone if (post.is_phone_published and is_public) or is_inside else None
    email = person.email if (post.is_email_published and is_public) or is_inside else ""
    return Contact(
        office=office,
        name=person.name,
        post_id=post.pk,
        title=person.title,
        given_name=person.given_name,
        family_name=person.family_name,
        function=post.function,
        room=post.room,
        languages=tuple(post.languages),
        phone=phone or office.telephone,
        is_office_phone=not phone,
        is_phone_published=post.is_phone_published or not phone,
        email=email or office.email,
        is_office_email=not email,
        is_email_published=post.is_email_published or not email,
        is_published=post.is_published,
        as_of=post.as_of(),
        # Other days are for the office; the page of somebody who is not there today has no other ones.
        on=on if on != viewer.on and (is_inside or not is_public) else None,
    )


class _Desk:
    """Answers for one viewer and day; each post is looked at once however many towns it has."""

    def __init__(self, viewer: Standing, on: datetime.date, offices: dict[int, Office], staffed: Iterable[int]) -> None:
        self.viewer, self.on, self.offices = viewer, on, offices
        # All of the day for the office and the town hall; those that run today as well for everyone.
        self._all: dict[int, Absence] = {}
        self._shown: dict[int, Absence] = {}
        for absence, substitute, person in ABSENCES.ask(offices=list(staffed), on=on):
            if substitute:
                substitute.person = person
            absence.substitute = substitute
            self._all[absence.contact_person_id] = absence
            if periods.contains(absence.days, viewer.on) or viewer.sees_inside(absence.office_id):
                self._shown[absence.contact_person_id] = absence
        self._contacts: dict[tuple[int, bool], Contact | None] = {}
        self._of_offices: dict[int, Contact] = {}

    def office_contact(self, office: Office) -> Contact:
        if office.pk not in self._of_offices:
            self._of_offices[office.pk] = office_contact(office)
        return self._of_offices[office.pk]

    def absences(self, is_own: bool) -> dict[int, Absence]:
        return self._all if is_own else self._shown

    def contact(self, post: ContactPerson, office: Office, is_own: bool) -> Contact | None:
        key = post.pk, is_own
        if key not in self._contacts:
            contact = _contact(post, office, self.viewer, self.on)
            if contact and (absence := self.absences(is_own).get(post.pk)):
                contact = replace(contact, is_absent=True, absent_until=periods.last_day(absence.days))
            self._contacts[key] = contact
        return self._contacts[key]

    def stand_in(self, post_id: int, office: Office, is_own: bool) -> StandIn | None:
        absences = self.absences(is_own)
        absence = absences.get(post_id)
        if absence is None:
            return None
        chain, substitute = followed(absence, absences, self.on)
        contact = self.contact(substitute, office, is_own) if substitute else None
        return StandIn(
            contact or self.office_contact(office), same_until(chain, self.on), periods.last_day(absence.days)
        )

    def responsibilities(self, office: Office, assignments: list[Assignment], is_own: bool) -> Iterator[Responsibility]:
        general = self.office_contact(office)
        primaries = {row.field_id: row for row in assignments if row.role == Assignment.Role.PRIMARY}
        # Where everybody has a field of their own, the office itself is there for the rest.
        fields = {None: None} | {row.field_id: row.field for row in assignments}
        for field in sorted(fields.values(), key=lambda f: (f is not None, f and (f.position, sort_key(f.name), f.pk))):
            field_id = field.pk if field else None
            # A field with deputies only has the general primary.
            primary = primaries.get(field_id) or primaries.get(None)
            contact = self.contact(primary.contact_person, office, is_own) if primary else None
            rows = [row for row in assignments if row.field_id == field_id]
            deputies = (self.contact(row.contact_person, office, is_own) for row in rows if row is not primary)
            yield Responsibility(
                office,
                field,
                contact or general,
                tuple(deputy for deputy in deputies if deputy),
                self.stand_in(primary.contact_person_id, office, is_own) if primary and contact else None,
                max((periods.day_of(row.changed_at) for row in rows), default=general.as_of),
            )

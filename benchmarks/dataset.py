"""A whole country at work: 400 offices, 4,000 persons, 25,000 assignments with history, 10,000 absences.

The same every time (fixed seed), counted from the given day. Everyone in it is invented.
"""

import datetime
import itertools
import random
from collections.abc import Sequence

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from accounts.models import User
from common.periods import ONE_DAY, period
from contacts.models import (
    Absence,
    Assignment,
    ContactPerson,
    ContactPersonField,
    FieldOfAction,
    Office,
    OfficeArea,
    OfficeMembership,
    Person,
)
from municipalities.models import District, Municipality

SEED = 20261124
OFFICES, PERSONS, ASSIGNMENTS, ABSENCES = 400, 4_000, 25_000, 10_000
POSTS = PERSONS // OFFICES
FORMER = POSTS - 1  # the last post of each office has ended
UNPUBLISHED = POSTS - 2
UNSERVED_DISTRICTS = 20  # so that as many offices serve a single town inside another's district
FIRST_DISTRICT = "05766"

GIVEN_NAMES = ["Ada", "Bela", "Cleo", "Dario", "Elif", "Finn", "Gül", "Hanno", "Ilka", "Jona", "Kaya", "Levi", "Mira"]
FAMILY_NAMES = ["Beispiel", "Muster", "Vorlage", "Entwurf", "Probe", "Schablone", "Modell", "Skizze", "Übung", "Öffner"]
FIELDS = ["Ankommen und Wohnen", "Sprache und Bildung", "Ausbildung und Arbeit", "Ehrenamt und Begegnung"]
LANGUAGES = [code for code, _ in ContactPerson.Language.choices]


def build_first_office(on: datetime.date) -> None:
    """One office alone, to see that pages cost no more queries when there are 400."""
    _build(_areas()[:1], on, first=0)


def build_other_offices(on: datetime.date) -> None:
    _build(_areas()[1:], on, first=1)


def analyse() -> None:
    """What PostgreSQL does by itself some time after a large load."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _areas() -> list[District | Municipality]:
    """What each office serves."""
    districts = sorted(District.objects.all(), key=lambda district: (district.ags != FIRST_DISTRICT, district.ags))
    served = districts[: OFFICES - UNSERVED_DISTRICTS]
    large_towns = Municipality.objects.filter(district__in=served).order_by("-population", "ags")
    return [*served, *large_towns[:UNSERVED_DISTRICTS]]


@transaction.atomic
def _build(areas: Sequence[District | Municipality], on: datetime.date, *, first: int) -> None:
    chance = random.Random(SEED + first)
    offices = Office.objects.bulk_create(_office(number, area) for number, area in enumerate(areas, start=first))
    OfficeArea.objects.bulk_create(
        OfficeArea(office=office, **{"district" if isinstance(area, District) else "municipality": area})
        for office, area in zip(offices, areas, strict=True)
    )
    fields = FieldOfAction.objects.bulk_create(
        FieldOfAction(office=office, name=name, position=position)
        for office in offices
        for position, name in enumerate(FIELDS, start=1)
    )
    coordinators = _users(offices, on)
    people = Person.objects.bulk_create(
        _person(chance, number, coordinators[number // POSTS - first] if number % POSTS == 0 else None)
        for number in range(first * POSTS, (first + len(offices)) * POSTS)
    )
    posts = ContactPerson.objects.bulk_create(
        _post(chance, person, offices[number // POSTS], number % POSTS, on) for number, person in enumerate(people)
    )
    ContactPersonField.objects.bulk_create(
        ContactPersonField(contact_person=post, field=fields[number // POSTS * len(FIELDS) + chosen])
        for number, post in enumerate(posts)
        for chosen in chance.sample(range(len(FIELDS)), 2)
    )
    towns = {
        office.pk: list(Municipality.objects.filter(**{"district" if isinstance(area, District) else "pk": area.pk}))
        for office, area in zip(offices, areas, strict=True)
    }
    assignments = _assignments(chance, posts, fields, towns, on)
    Assignment.objects.bulk_create(assignments, batch_size=2_000)
    Absence.objects.bulk_create(_absences(chance, posts, on))


def _office(number: int, area: District | Municipality) -> Office:
    letters = "".join(chr(ord("A") + number // 26**power % 26) for power in (2, 1, 0))
    return Office(
        code=f"B{letters}",
        slug=f"stelle-{number + 1}",
        kind=Office.Kind.INTEGRATION_CENTRE if number % 2 else Office.Kind.COORDINATION_OFFICE,
        name=f"Beispielstelle {area} {number + 1}",
        email=f"stelle-{number + 1}@example.org",
        phone=f"030 23125-{number % 1000:03}",
        street=f"Musterweg {number + 1}",
        postal_code="00000",
        town="Beispielstadt",
        office_hours="Montag bis Donnerstag 9:00–12:00 Uhr\nDonnerstag auch 14:00–17:00 Uhr",
        is_by_appointment=True,
        introduction="Erfunden, um zu messen, wie schnell das Portal ist.",
        is_invented=True,
    )


def _users(offices: Sequence[Office], on: datetime.date) -> list[User]:
    """A coordinator, a lead and an administrator for each office; returns the coordinators."""
    nobody_signs_in = make_password(None)
    roles = OfficeMembership.Role
    users = User.objects.bulk_create(
        User(email=f"{role}@{office.slug}.example.org", name=f"{role.label} {office}", password=nobody_signs_in)
        for office in offices
        for role in roles
    )
    OfficeMembership.objects.bulk_create(
        OfficeMembership(user=user, office=office, role=role, period=period(on - 1_000 * ONE_DAY))
        for user, (office, role) in zip(users, itertools.product(offices, roles), strict=True)
    )
    if offices[0].slug == "stelle-1":
        User.objects.create(
            email="superuser@stelle-1.example.org", name="Portalbetrieb", password=nobody_signs_in, is_superuser=True
        )
    return users[:: len(roles)]


def _person(chance: random.Random, number: int, user: User | None) -> Person:
    return Person(
        given_name=chance.choice(GIVEN_NAMES),
        family_name=f"{chance.choice(FAMILY_NAMES)}-{chance.choice(FAMILY_NAMES)}",
        email=f"person-{number + 1}@example.org",
        phone=f"030 23125-{number % 1000:03}",
        user=user,
    )


def _post(chance: random.Random, person: Person, office: Office, place: int, on: datetime.date) -> ContactPerson:
    since = on - chance.randrange(1_600, 2_000) * ONE_DAY
    return ContactPerson(
        person=person,
        office=office,
        function="Koordination",
        room=f"1.{place:02}",
        languages=chance.sample(LANGUAGES, 3),
        is_published=place != UNPUBLISHED,
        is_phone_published=chance.random() < 0.8,
        is_email_published=chance.random() < 0.8,
        period=period(since, on - 401 * ONE_DAY if place == FORMER else None),
        confirmed_on=on - chance.randrange(400) * ONE_DAY,
    )


def _assignments(
    chance: random.Random,
    posts: Sequence[ContactPerson],
    fields: Sequence[FieldOfAction],
    towns: dict[int, list[Municipality]],
    on: datetime.date,
) -> list[Assignment]:
    """Nearly every town has someone; then history, deputies and fields, until the number is reached."""
    now, before = period(on - 400 * ONE_DAY), period(on - 1_500 * ONE_DAY, on - 401 * ONE_DAY)
    current, rest = [], []
    for start in range(0, len(posts), POSTS):
        own_posts = posts[start : start + POSTS]
        own_fields = fields[start // POSTS * len(FIELDS) :][: len(FIELDS)]
        office = own_posts[0].office
        for town in towns[office.pk]:
            primary, deputy, specialist = chance.sample(own_posts[:FORMER], 3)
            of_town = {"office": office, "municipality": town}
            if chance.random() < 0.95:
                current.append(Assignment(contact_person=primary, valid=now, **of_town))
            rest += [
                Assignment(contact_person=own_posts[FORMER], valid=before, **of_town),
                Assignment(contact_person=deputy, role=Assignment.Role.DEPUTY, valid=now, **of_town),
                Assignment(contact_person=specialist, field=chance.choice(own_fields), valid=now, **of_town),
            ]
    missing = ASSIGNMENTS - Assignment.objects.count() - len(current)
    return [*current, *chance.sample(rest, min(missing, len(rest)))]


def _absences(chance: random.Random, posts: Sequence[ContactPerson], on: datetime.date) -> list[Absence]:
    """As many for each office, a person's one after the other over a year, some of them today."""
    absences = []
    for start in range(0, len(posts), POSTS):
        own_posts = posts[start : start + FORMER]
        free_from = dict.fromkeys(own_posts, on - 300 * ONE_DAY)
        for number in range(ABSENCES // OFFICES):
            post = own_posts[number % FORMER]
            first = free_from[post] + chance.randrange(100) * ONE_DAY
            last = first + chance.randrange(30) * ONE_DAY
            free_from[post] = last + ONE_DAY
            absences.append(
                Absence(
                    contact_person=post,
                    office=post.office,
                    substitute=chance.choice([other for other in own_posts if other is not post]),
                    days=period(first, last),
                )
            )
    return absences

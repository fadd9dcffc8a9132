"""What contacts hold about people, for the registry."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.personal_data import UNUSED_MONTHS, USER
from common import periods
from common.links import Link
from common.personal_data import (
    POINTER,
    Ending,
    People,
    PersonalData,
    Root,
    Running,
    add_root,
    all_addresses,
    days,
    declare,
    keep_while,
    months,
    register,
    said_in_history,
)
from contacts.models import (
    Absence,
    Assignment,
    ContactImport,
    ContactPerson,
    ContactPersonField,
    DataProtection,
    FormerPerson,
    FormerPost,
    Handover,
    HandoverChange,
    HandoverTown,
    MunicipalStaff,
    OfficeMembership,
    PassedWork,
    Person,
    Remark,
)
from contacts.models.imports import KEEP_OPEN, imports_over
from contacts.models.people import CONFIRMATION_LINK

PERSON = "contacts.Person"
CONTACTS = _("contact persons and other people of offices, town halls and organisations")
STAFF = _("staff of offices and of town halls")
EVERYONE = _("everyone, where the person publishes it; otherwise the office's own staff")
OFFICE_STAFF = _("the office's own staff")
REMARKS_STAY_MONTHS = 12
LINKS_STAY_DAYS = 30
# What was just entered or corrected is not erased the next night.
UNTOUCHED = datetime.timedelta(days=30)


def join() -> None:
    add_root(Root(PERSON, "person", linked=_linked, addresses=_addresses, found_by=_found_by, names=_names))
    keep_while(still_held)
    of_town = _("The town's history stays and says “Name erased”.")
    register(
        PersonalData(
            model=Person,
            fields={
                "title": "",
                "given_name": "",
                "family_name": "",
                "email": "",
                "phone": "",
                "phone_e164": "",
                "phone_printed": "",
                "sort_key": "",
                "user": None,
                "organisation": None,
            },
            addresses=("email", "phone"),
            not_exported=frozenset({"sort_key", "phone_e164", "phone_printed"}),
            purpose=_("Naming who is responsible for a municipality, and how to reach them."),
            people=CONTACTS,
            rows=lambda people: Person.objects.filter(pk__in=people[PERSON]),
            ending=Ending.BLANK,
            because=of_town,
            stays=lambda office: months(
                DataProtection.of(office).people_months, gettext("after the end of the last post, role and use")
            ),
            due=unneeded,
            is_dropped_unused=True,
            recipients=EVERYONE,
        ),
        PersonalData(
            model=ContactPerson,
            fields={
                "person": POINTER,
                "function": "",
                "room": "",
                "languages": [],
                "confirmed_on": None,
                "period": POINTER,
            },
            purpose=_("Saying what the person does at the office, and what of it is published."),
            people=CONTACTS,
            rows=lambda people: ContactPerson.objects.filter(person__in=people[PERSON]),
            ending=Ending.BLANK,
            because=of_town,
            stays=lambda office: gettext("as long as the person"),
            # Of the posts that became one with another.
            events_about=lambda people: Q(person__in=people[PERSON]),
            is_dropped_unused=True,
            recipients=EVERYONE,
        ),
        PersonalData(
            model=ContactPersonField,
            contents=_("contact person, field of action"),
            fields={"contact_person": POINTER},
            purpose=_("Saying in which fields of action the person works."),
            people=CONTACTS,
            rows=lambda people: ContactPersonField.objects.filter(contact_person__person__in=people[PERSON]),
            ending=Ending.DELETE,
            stays=lambda office: gettext("as long as the person"),
            recipients=EVERYONE,
        ),
        PersonalData(
            model=FormerPerson,
            fields={"person": POINTER},
            purpose=_("Finding the history of entries that were merged."),
            people=CONTACTS,
            rows=lambda people: FormerPerson.objects.filter(person__in=people[PERSON]),
            ending=Ending.DELETE,
            stays=lambda office: gettext("as long as the person"),
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=FormerPost,
            fields={"post": POINTER},
            purpose=_("Leading from the address of a post that was merged to the one that stayed."),
            people=CONTACTS,
            rows=lambda people: FormerPost.objects.filter(post__person__in=people[PERSON]),
            ending=Ending.DELETE,
            stays=lambda office: gettext("as long as the person"),
            recipients=EVERYONE,
        ),
        PersonalData(
            model=Assignment,
            fields={"contact_person": POINTER},
            purpose=_("Saying who is responsible for a municipality, and who was when something was agreed."),
            people=CONTACTS,
            rows=lambda people: Assignment.objects.filter(contact_person__person__in=people[PERSON]),
            ending=Ending.KEEP,
            because=of_town,
            stays=lambda office: gettext("for good, without the name once the person is erased"),
            recipients=_("everyone today's; the office and the town hall earlier and later ones"),
        ),
        PersonalData(
            model=Absence,
            fields={"contact_person": POINTER, "substitute": POINTER, "days": POINTER},
            purpose=_("Saying who stands in. No reason is asked."),
            people=CONTACTS,
            rows=lambda people: Absence.objects.filter(contact_person__person__in=people[PERSON]),
            ending=Ending.DELETE,
            stays=lambda office: months(DataProtection.of(office).absence_months, gettext("after the last day")),
            due=absences_over,
            is_unread_history=True,
            recipients=_("everyone who stands in and until when; the office's own staff the rest"),
        ),
        PersonalData(
            model=Absence,
            kind="substitute",
            fields={"substitute": POINTER},
            purpose=_("Saying for whom one stands in."),
            people=CONTACTS,
            rows=lambda people: Absence.objects.filter(substitute__person__in=people[PERSON]),
            ending=Ending.KEEP,
            because=_("It is the absence of somebody else, and says “Name erased” for who stood in."),
            stays=lambda office: months(DataProtection.of(office).absence_months, gettext("after the last day")),
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=OfficeMembership,
            fields={"user": POINTER, "role": POINTER, "period": POINTER},
            purpose=_("Giving an account its rights at the office."),
            people=STAFF,
            rows=lambda people: OfficeMembership.objects.filter(user__in=people[USER]),
            ending=Ending.DELETE,
            because=_("The history keeps the account's number, without name and address."),
            stays=lambda office: gettext("as long as the account"),
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=ContactImport,
            fields={"uploaded_by": POINTER, "table": {}, "outcomes": []},
            not_exported=frozenset({"table", "outcomes"}),
            purpose=_("Showing what an uploaded sheet of contacts would change, until that is confirmed."),
            people=CONTACTS,
            rows=imports_naming,
            ending=Ending.DELETE,
            because=_("Rows not yet confirmed can be uploaded again."),
            stays=lambda office: days(
                KEEP_OPEN.days, gettext("after the upload; what is confirmed loses its rows at once")
            ),
            due=imports_over,
            is_unread_history=True,
            recipients=_("the administrators of the office"),
        ),
        PersonalData(
            model=MunicipalStaff,
            fields={"user": POINTER, "municipality": POINTER, "association": POINTER, "period": POINTER},
            purpose=_("Giving an account its rights at the town hall."),
            people=STAFF,
            rows=lambda people: MunicipalStaff.objects.filter(user__in=people[USER]),
            ending=Ending.DELETE,
            because=_("The history keeps the account's number, without name and address."),
            stays=lambda office: gettext("as long as the account"),
            recipients=_("the staff of the offices that serve the town hall"),
        ),
    )
    register(
        PersonalData(
            model=Remark,
            fields={"contact_person": POINTER, "text": "", "written_at": POINTER},
            purpose=_("Changing what somebody says is wrong with their own entry."),
            people=CONTACTS,
            rows=lambda people: Remark.objects.filter(contact_person__person__in=people[PERSON]),
            ending=Ending.DELETE,
            stays=lambda office: months(REMARKS_STAY_MONTHS, gettext("after it was written")),
            due=remarks_over,
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=Link,
            kind=CONFIRMATION_LINK,
            fields={"object_id": POINTER},
            purpose=_("Confirming one's own entry once, without an account."),
            people=CONTACTS,
            rows=_confirmation_links,
            ending=Ending.DELETE,
            stays=lambda office: days(LINKS_STAY_DAYS, gettext("after it ended")),
            due=lambda on: Link.objects.filter(purpose=CONFIRMATION_LINK).ended_before(on, LINKS_STAY_DAYS),
            not_exported=frozenset({"token_hash"}),
            recipients=OFFICE_STAFF,
        ),
    )
    _join_handovers()
    declare("contacts.Office", because=_("The office's own name, addresses and texts."))
    for label in ("FieldOfAction", "TargetGroup", "OfficeTask"):
        declare(f"contacts.{label}", because=_("Entries of an office's lists."))
    declare("contacts.LegalText", because=_("Texts that the law wants published."))
    declare("contacts.DataProtection", because=_("The office's own statements; functions rather than names."))
    declare("contacts.Organisation", because=_("The organisation's own name."))


def _join_handovers() -> None:
    """Who handed over which town to whom stays with the town's history; what was noted goes with either person."""
    of_town = _("The town's history stays and says “Name erased”.")

    def stays(office: Any) -> Any:
        return gettext("as long as the person")

    register(
        PersonalData(
            model=Handover,
            fields={"leaver": POINTER, "note": ""},
            purpose=_("Handing towns over from one person to others."),
            people=CONTACTS,
            rows=lambda people: Handover.objects.filter(leaver__person__in=people[PERSON]),
            ending=Ending.BLANK,
            because=of_town,
            stays=stays,
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=Handover,
            kind="others",
            fields={"rest_to": POINTER, "created_by": POINTER},
            purpose=_("Saying who planned the hand-over, and who takes over what belongs to no town."),
            people=STAFF,
            rows=lambda people: Handover.objects.filter(
                Q(rest_to__person__in=people[PERSON]) | Q(created_by__in=people[USER])
            ),
            ending=Ending.KEEP,
            because=of_town,
            stays=stays,
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=HandoverTown,
            fields={"handover": POINTER, "assignment": POINTER, "receiver": POINTER, "note": ""},
            purpose=_("Saying who takes over the town, and what to know about it."),
            people=CONTACTS,
            rows=lambda people: HandoverTown.objects.filter(
                Q(receiver__person__in=people[PERSON]) | Q(handover__leaver__person__in=people[PERSON])
            ),
            ending=Ending.BLANK,
            because=of_town,
            stays=stays,
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=HandoverTown,
            kind="signed",
            fields={"given_by": POINTER, "received_by": POINTER},
            purpose=_("Proving that both sides confirmed."),
            people=STAFF,
            rows=lambda people: HandoverTown.objects.filter(
                Q(given_by__in=people[USER]) | Q(received_by__in=people[USER])
            ),
            ending=Ending.KEEP,
            because=of_town,
            stays=stays,
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=PassedWork,
            fields={"handover": POINTER, "label": "", "url": POINTER, "receiver": POINTER},
            purpose=_("Saying what was open on the day, and to whom it passed."),
            people=CONTACTS,
            rows=lambda people: PassedWork.objects.filter(
                Q(receiver__person__in=people[PERSON]) | Q(handover__leaver__person__in=people[PERSON])
            ),
            ending=Ending.BLANK,
            because=of_town,
            stays=stays,
            recipients=OFFICE_STAFF,
        ),
        PersonalData(
            model=HandoverChange,
            fields={
                "handover": POINTER,
                "town": POINTER,
                "assignment": POINTER,
                "post": POINTER,
                "membership": POINTER,
            },
            purpose=_("Restoring what was when a hand-over is cancelled."),
            people=STAFF,
            rows=lambda people: HandoverChange.objects.filter(
                Q(post__person__in=people[PERSON]) | Q(membership__user__in=people[USER])
            ),
            ending=Ending.KEEP,
            because=of_town,
            stays=stays,
        ),
    )


# -- Whose time is over -----------------------------------------------------------------------------------------------


def unneeded(on: datetime.date) -> QuerySet[Person]:
    """The people without a post that runs or ended within its office's period, and without an account in use."""
    kept = DataProtection.objects.still_kept("people_months", "period", on)
    posts = ContactPerson.objects.filter(kept, person=OuterRef("pk"))
    accounts = User.objects.filter(pk=OuterRef("user")).exclude(pk__in=_asleep(on).values("pk"))
    people = Person.objects.filter(~Exists(posts), ~Exists(accounts), changed_at__date__lt=on - UNTOUCHED)
    for needed in _needed:
        people = people.exclude(needed(on))
    return people.exclude(family_name="")


_needed: list[Callable[[datetime.date], Q]] = []


def keep_people(needed: Callable[[datetime.date], Q]) -> None:
    """Add the condition, of people, that an app needs them on that day."""
    _needed.append(needed)


def _asleep(on: datetime.date) -> QuerySet[User]:
    """The accounts that nobody used for long and whose roles ended long ago."""
    since = periods.months_before(on, UNUSED_MONTHS)
    used = Q(last_login__date__gte=since) | Q(created_at__date__gte=since) | Q(is_superuser=True)
    return without_roles(User.objects.exclude(used), on)


def without_roles(accounts: QuerySet[User], on: datetime.date) -> QuerySet[User]:
    kept = DataProtection.objects.still_kept("people_months", "period", on)
    since = periods.months_before(on, UNUSED_MONTHS)
    town_halls = MunicipalStaff.objects.filter(Q(period__endswith=None) | Q(period__endswith__gt=since))
    return accounts.filter(
        ~Exists(OfficeMembership.objects.filter(kept, user=OuterRef("pk"))),
        ~Exists(town_halls.filter(user=OuterRef("pk"))),
    )


def let_go(accounts: QuerySet[User], on: datetime.date) -> QuerySet[User]:
    """Of these accounts those without roles and person; with a person they go together."""
    return without_roles(accounts.filter(person=None), on)


def absences_over(on: datetime.date) -> QuerySet[Absence]:
    return Absence.objects.exclude(DataProtection.objects.still_kept("absence_months", "days", on))


def remarks_over(on: datetime.date) -> QuerySet[Remark]:
    return Remark.objects.filter(written_at__date__lt=periods.months_before(on, REMARKS_STAY_MONTHS))


def _confirmation_links(people: People) -> QuerySet[Link]:
    posts = ContactPerson.objects.filter(person__in=people[PERSON])
    return Link.objects.filter(purpose=CONFIRMATION_LINK, object_id__in=posts.values("pk"))


def imports_naming(people: People) -> QuerySet[ContactImport]:
    """Uploaded by these people, or with a row, or what is said of one, that may be about one of them."""
    kept = ContactImport.objects.exclude(table={}, outcomes=[]) if people.addresses or people.names else ()
    naming = [one.pk for one in kept if any(people.are_named_in_cells(_texts(part)) for part in _parts(one))]
    return ContactImport.objects.filter(Q(uploaded_by__in=people[USER]) | Q(pk__in=naming))


def _parts(one: ContactImport) -> Iterator[Any]:
    yield from one.table.get("rows", ())
    for outcome in one.outcomes:
        yield from outcome["reasons"]
        yield [outcome["subject"], outcome["changes"]]


def _texts(part: Any) -> Iterator[str]:
    """What is written in a part of JSON, however deep."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, (list, dict)):
        for one in part.values() if isinstance(part, dict) else part:
            yield from _texts(one)


# -- What still runs --------------------------------------------------------------------------------------------------


def still_held(people: People, on: datetime.date) -> Iterator[Running]:
    """The posts, responsibilities and roles that last on that day or begin later."""
    not_over = Q(period__endswith=None) | Q(period__endswith__gt=on)
    posts = ContactPerson.objects.filter(not_over, person__in=people[PERSON]).select_related("office")
    for post in posts.order_by("pk"):
        yield Running(
            PERSON,
            post.person_id,
            gettext("Post at %(office)s (%(period)s): end it first, in the admin under contact persons.")
            % {"office": post.office, "period": periods.in_words(post.period)},
        )
    user_to_person = dict(Person.objects.filter(user__in=people[USER]).values_list("user", "pk"))

    def holder(user: int) -> tuple[str, int]:
        return (PERSON, user_to_person[user]) if user in user_to_person else (USER, user)

    roles = OfficeMembership.objects.filter(not_over, user__in=people[USER]).select_related("office")
    for role in roles.order_by("pk"):
        yield Running(
            *holder(role.user_id),
            gettext("Role %(role)s at %(office)s (%(period)s): end it first, on the account's page in the admin.")
            % {
                "role": role.get_role_display(),
                "office": role.office,
                "period": periods.in_words(role.period),
            },
        )
    town_halls = MunicipalStaff.objects.filter(not_over, user__in=people[USER])
    for staff in town_halls.select_related("municipality", "association").order_by("pk"):
        yield Running(
            *holder(staff.user_id),
            gettext("Town hall of %(place)s (%(period)s): end it first, on the account's page in the admin.")
            % {"place": staff.municipality or staff.association, "period": periods.in_words(staff.period)},
        )


# -- Finding people ---------------------------------------------------------------------------------------------------


def _linked(label: str, keys: Iterable[int]) -> Mapping[str, Iterable[int]]:
    if label == PERSON:
        users = Person.objects.filter(pk__in=list(keys)).values_list("user", flat=True)
        merged = FormerPerson.objects.filter(person__in=list(keys)).values_list("key", flat=True)
        return {USER: [key for key in users if key], PERSON: merged}
    return {PERSON: Person.objects.filter(user__in=list(keys)).values_list("pk", flat=True)} if label == USER else {}


def _addresses(keys: Iterable[int]) -> Iterable[str]:
    return all_addresses(Person, keys)


def _found_by(address: str) -> Iterable[int]:
    found = Person.objects.filter(Q(email__iexact=address) | Q(user__email__iexact=address))
    return found.order_by("pk").values_list("pk", flat=True)


def _names(keys: Iterable[int]) -> Iterable[str]:
    """Without the title, which the one who writes may leave out."""
    return {" ".join(names) for names in said_in_history(Person, keys, "given_name", "family_name")}

"""Erasing a human: nothing is left but the place in the town's history."""

import datetime
import threading

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from common import erasure, personal_data
from common.database_errors import as_validation_error
from common.outbox import Message
from common.periods import period
from contacts.models import Absence, Assignment, ContactImport, ContactPerson, OfficeMembership, Person
from tests.factories import (
    LONG_AGO,
    AbsenceFactory,
    AssignmentFactory,
    ContactImportFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 11, 24)
OVER = period(LONG_AGO, datetime.date(2023, 5, 31))


@pytest.fixture
def former():
    """Somebody who has left, with a responsibility that is history."""
    town = MunicipalityFactory()
    person = PersonFactory(given_name="Ada", family_name="Merkmal", user=UserFactory(email="ada@merkmal.example"))
    OfficeMembershipFactory(user=person.user, period=OVER)
    post = ContactPersonFactory(person=person, office=OfficeFactory(areas=[town]), period=OVER, room="Merkmal 3")
    AssignmentFactory(contact_person=post, municipality=town, valid=OVER)
    AbsenceFactory(contact_person=post, days=period(LONG_AGO, LONG_AGO))
    return person


def people(person):
    return personal_data.people("contacts.Person", [person.pk])


def test_past_responsibilities_stay_with_name_erased_in_place_of_the_name(former):
    erasure.erase(people(former), TODAY)
    [assignment] = Assignment.objects.all()
    assert assignment.contact_person.person.name == "Name gelöscht"
    assert str(assignment.contact_person) == "Name gelöscht"
    assert assignment.contact_person.room == ""
    assert assignment.valid == OVER


def test_account_sessions_roles_and_absences_are_deleted(former):
    client = Client()
    client.force_login(former.user, backend="accounts.backends.SignInBackend")
    assert Session.objects.count() == 1
    erasure.erase(people(former), TODAY)
    for model in (User, OfficeMembership, Absence, Session, Absence.pgh_event_model):
        assert not model.objects.exists(), model


def test_history_tells_no_name_and_no_address(former):
    Person.objects.filter(pk=former.pk).update(phone="05555 999")
    erasure.erase(people(former), TODAY)
    for events in (Person.pgh_event_model, User.pgh_event_model, ContactPerson.pgh_event_model):
        assert events.objects.exists()
        for event in events.objects.values():
            assert not any(word in str(event) for word in ("Merkmal", "Ada", "ada@", "05555 999")), event


def test_without_past_responsibilities_nothing_stays_at_all():
    person = ContactPersonFactory(period=OVER).person
    erasure.erase(people(person), TODAY)
    assert not Person.objects.exists()
    assert not ContactPerson.objects.exists()


def test_who_still_has_a_post_is_not_erased():
    post = ContactPersonFactory()
    with pytest.raises(erasure.StillNeeded, match=post.office.name):
        erasure.erase(people(post.person), TODAY)
    post.person.refresh_from_db()
    assert post.person.family_name


def test_who_still_has_a_role_is_not_erased():
    role = OfficeMembershipFactory()
    with pytest.raises(erasure.StillNeeded, match="Koordination"):
        erasure.erase(personal_data.people("accounts.User", [role.user_id]), TODAY)
    assert User.objects.exists()


def test_colleagues_stay_as_they_are(former):
    other = ContactPersonFactory(person__family_name="Nachbar", room="4")
    erasure.erase(people(former), TODAY)
    other.refresh_from_db()
    assert other.person.family_name == "Nachbar"
    assert other.room == "4"


def test_erased_person_gets_no_new_name(former):
    erasure.erase(people(former), TODAY)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Person.objects.filter(pk=former.pk).update(family_name="Neu")
    assert as_validation_error(refusal.value).messages == [
        "Die Person wurde gelöscht; legen Sie stattdessen eine neue an."
    ]


def test_erased_person_gets_no_further_post(former):
    erasure.erase(people(former), TODAY)
    for change in (
        lambda: ContactPersonFactory(person=former),
        lambda: ContactPerson.objects.update(period=period(LONG_AGO)),
    ):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            change()
        assert refusal.value.__cause__.diag.constraint_name == "contacts_contactperson_of_erased"


def test_erased_name_is_said_in_english_too(former):
    with translation.override("en"):
        erasure.erase(people(former), TODAY)
        assert str(Assignment.objects.get().contact_person) == "Name erased"


@pytest.mark.django_db(transaction=True)
def test_post_entered_while_the_person_is_erased_waits_and_is_refused(former):
    answers = []

    def enter():
        try:
            ContactPersonFactory(person=former)
        except IntegrityError as refusal:
            answers.append(refusal.__cause__.diag.constraint_name)
        else:
            answers.append("entered")
        connection.close()

    other = threading.Thread(target=enter)
    with transaction.atomic():
        erasure.erase(people(former), TODAY)
        other.start()
        other.join(1)
        assert other.is_alive(), "it did not wait"
    other.join(20)
    assert answers == ["contacts_contactperson_of_erased"]


def test_person_is_erased_as_a_whole_or_not_at_all():
    person = PersonFactory()
    with pytest.raises(IntegrityError, match="erased_as_a_whole"), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(family_name="")
    with pytest.raises(ValidationError):
        Person(given_name="Ada", family_name="").validate_constraints()


# -- Nothing of somebody else's ---------------------------------------------------------------------------------------


def sent(subject: str, address: str = "jemand@example.org") -> Message:
    now = timezone.now()
    return Message.objects.create(
        occasion="tests.notice",
        about=1,
        to=Message.objects.count(),
        state="sent",
        sent_at=now,
        posted_at=now,
        next_try_at=now,
        address=address,
        subject=subject,
    )


def left(message: Message) -> bool:
    message.refresh_from_db()
    return bool(message.address and message.subject)


def test_message_that_names_the_person_is_blanked_and_one_with_a_similar_name_stays():
    person = PersonFactory(given_name="Bo", family_name="Li")
    own, other = sent("Nachricht von BO LI zum Eintrag"), sent("Nachricht von Bo Lindner, Jimbo Li und Bo Li-Meyer")
    erasure.erase(people(person), TODAY)
    assert not left(own)
    assert left(other)


def test_account_called_after_a_function_takes_no_message_with_it():
    message = sent("Ihre Leitung schreibt")
    account = UserFactory(name="Leitung", email="leitung@example.org")
    erasure.erase(personal_data.people("accounts.User", [account.pk]), TODAY)
    assert left(message)


def test_former_address_that_is_somebody_elses_by_now_stays_theirs():
    person = PersonFactory(email="stelle@example.org")
    Person.objects.filter(pk=person.pk).update(email="weg@example.org")
    PersonFactory(email="Stelle@example.org")
    theirs, own = sent("Frage", "stelle@example.org"), sent("Frage", "weg@example.org")
    erasure.erase(people(person), TODAY)
    assert left(theirs)
    assert not left(own)


@pytest.mark.parametrize(
    ("row", "is_about"),
    [
        ("Ada;Beispiel;Politik;", False),
        ("Bo;Lindner;;", False),
        ("Li;Ada;;", False),
        ("Bo;Li;;", True),
        ("Dr. bo;LI;;", True),
        (";;;bo@li.example", True),
        (";;;jumbo@li.example", False),
    ],
)
def test_import_goes_where_a_row_names_the_person_and_stays_otherwise(row, is_about):
    person = PersonFactory(given_name="Bo", family_name="Li", email="bo@li.example")
    upload = ContactImportFactory(text=f"Vorname;Nachname;Funktion;E-Mail\nAda;Beispiel;;\n{row}\n")
    erasure.erase(people(person), TODAY)
    assert ContactImport.objects.filter(pk=upload.pk).exists() is not is_about


def test_mail_file_about_somebody_else_stays(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    for name, to in (("own", "bo@li.example"), ("other", "jumbo@li.example")):
        (tmp_path / f"{name}.eml").write_text(f"To: {to}\nSubject: Frage\n\nGuten Tag\n")
    erasure.erase(people(PersonFactory(given_name="Bo", family_name="Li", email="bo@li.example")), TODAY)
    assert [path.name for path in tmp_path.iterdir()] == ["other.eml"]

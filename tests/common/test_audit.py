"""Every change is on record, whoever makes it, and the record itself stays as it is."""

import json

import pghistory
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.utils import translation

from accounts.models import User
from common.audit import AuditMiddleware, acting_as, history, history_of
from common.commands import AuditedCommand
from common.periods import period
from contacts.models import Assignment, ContactPerson
from tests.factories import (
    LONG_AGO,
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def by_hand(statement, *values):
    """As somebody at the database's own prompt, in a transaction in which the portal has set nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_id', '', true)")
        cursor.execute(statement, values)


def test_history_tells_who_changed_which_field_from_what_to_what():
    user = UserFactory(name="Konto Beispiel")
    post = ContactPersonFactory(room="A 1")
    with pghistory.context(user=user.pk):
        post.room, post.is_phone_published = "B 2", False
        post.save()
    change = history_of(post)[0]
    assert (change.actor, change.kind, change.kind_label) == ("Konto Beispiel", "update", "changed")
    assert [(field.label, field.before, field.after) for field in change.fields] == [
        ("Room", "A 1", "B 2"),
        ("Show the phone number to everyone", "yes", "no"),
    ]


def test_history_names_periods_people_and_choices_in_words():
    assignment = AssignmentFactory(valid=period(LONG_AGO))
    [change] = history_of(assignment)
    told = {field.label: field.after for field in change.fields}
    assert told["Contact person"] == assignment.contact_person.person.name
    assert told["Role"] == "primary"
    assert told["Valid"].startswith("from ")


def test_bulk_changes_are_on_record():
    post = ContactPersonFactory()
    ContactPerson.objects.update(room="C 3")
    assert history_of(post)[0].fields[0].after == "C 3"


def test_changes_by_hand_are_on_record_with_the_database_role():
    post = ContactPersonFactory()
    by_hand("UPDATE contacts_contactperson SET room = 'D 4' WHERE id = %s", post.pk)
    change = history_of(post)[0]
    assert change.fields[0].after == "D 4"
    assert change.actor == f"database role {connection.settings_dict['USER']}"


def test_commands_name_themselves():
    class Command(AuditedCommand):
        def handle(self, **options):
            PersonFactory(family_name="Befehl")

    Command.__module__ = "contacts.management.commands.renumber"
    call_command(Command())
    from contacts.models import Person

    assert history_of(Person.objects.get())[0].actor == "command renumber"


def test_deleted_rows_keep_their_history():
    town = MunicipalityFactory()
    office = OfficeFactory(areas=[town])
    first = AssignmentFactory(municipality=town, contact_person=ContactPersonFactory(office=office))
    AssignmentFactory()
    with acting_as("tidy_up"):
        first.delete()
    changes = history(Assignment, municipality=town)
    assert [change.kind for change in changes] == ["delete", "insert"]
    assert changes[0].actor == "command tidy_up"
    assert "Municipality" in {field.label for field in changes[0].fields}


@pytest.mark.parametrize("statement", ["UPDATE {} SET pgh_label = 'other'", "DELETE FROM {}"])
def test_record_cannot_be_changed(statement):
    ContactPersonFactory()
    table = ContactPerson.pgh_event_model._meta.db_table
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_passwords_and_sign_ins_are_never_on_record():
    user = UserFactory(password="ein langes Geheimnis")
    columns = {field.name for field in User.pgh_event_model._meta.fields}
    assert not columns & {"password", "last_login"}
    before = User.pgh_event_model.objects.count()
    User.objects.filter(pk=user.pk).update(last_login="2026-01-01T00:00Z", password="!")
    assert User.pgh_event_model.objects.count() == before


def test_requests_are_on_record_by_account_without_address():
    request = RequestFactory().post("/konto/zugang/geheimes-token/?q=x")
    request.user = UserFactory()

    def answer(request):
        PersonFactory()
        return "answer"

    AuditMiddleware(answer)(request)
    contexts = [c.metadata for c in pghistory.models.Context.objects.all()]
    assert {"user": request.user.pk} in contexts
    assert "token" not in json.dumps(contexts)


def test_history_costs_no_more_queries_for_more_changes(django_assert_max_num_queries):
    post = ContactPersonFactory()
    for number in range(30):
        ContactPerson.objects.update(room=str(number))
    with django_assert_max_num_queries(4):
        assert len(history_of(post)) == 31

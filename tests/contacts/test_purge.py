"""What is kept for too long goes by itself, by each office's periods, and passes by what is in use."""

import datetime
import os
import threading
from dataclasses import replace
from io import StringIO

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import limits
from accounts.mail import PASSWORD_LINK
from accounts.models import Attempts, User
from common import audit, duties, erasure, personal_data
from common.audit import ADDRESS_GONE, history_of
from common.duties import Duty
from common.links import Link
from common.periods import period
from contacts.models import Absence, Assignment, ContactPerson, DataProtection, Person
from tests.factories import (
    LONG_AGO,
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)

TODAY = datetime.date(2026, 11, 24)
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


def old(*rows):
    """As if nobody had touched them for years."""
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    for row in rows:
        field = "created_at" if isinstance(row, User) else "changed_at"
        type(row).objects.filter(pk=row.pk).update(**{field: long_ago})


def left(last, **fields):
    """Somebody whose only post ended with that day."""
    post = ContactPersonFactory(period=period(LONG_AGO, last), **fields)
    old(post.person)
    return post


@pytest.mark.django_db
class TestPeople:
    def test_person_goes_24_months_after_the_last_post(self):
        gone, stays = left(datetime.date(2024, 11, 23)), left(datetime.date(2024, 11, 24))
        erasure.purge(TODAY)
        assert not Person.objects.filter(pk=gone.person_id).exists()
        assert Person.objects.get(pk=stays.person_id).family_name

    def test_offices_own_period_counts(self):
        office = OfficeFactory()
        DataProtection.objects.create(office=office, people_months=6)
        gone, stays = left(datetime.date(2026, 4, 30), office=office), left(datetime.date(2026, 4, 30))
        erasure.purge(TODAY)
        assert list(Person.objects.all()) == [stays.person]
        assert gone.person not in Person.objects.all()

    def test_longest_of_several_offices_counts(self):
        patient = OfficeFactory()
        DataProtection.objects.create(office=patient, people_months=120)
        post = left(datetime.date(2021, 1, 31), office=patient)
        ContactPersonFactory(person=post.person, period=period(LONG_AGO, LONG_AGO))
        erasure.purge(TODAY)
        assert Person.objects.get().family_name

    def test_who_has_a_running_post_stays(self):
        post = ContactPersonFactory()
        ContactPersonFactory(person=post.person, period=period(LONG_AGO, LONG_AGO))
        old(post.person)
        erasure.purge(TODAY)
        assert Person.objects.get().family_name

    def test_who_signed_in_lately_stays_and_goes_with_the_account_otherwise(self):
        awake = left(LONG_AGO, person=PersonFactory(user=UserFactory(last_login=NOW)))
        asleep = left(LONG_AGO, person=PersonFactory(user=UserFactory()))
        old(awake.person.user, asleep.person.user)
        erasure.purge(TODAY)
        assert list(Person.objects.all()) == [awake.person]
        assert list(User.objects.all()) == [awake.person.user]

    def test_who_has_a_role_stays(self):
        role = OfficeMembershipFactory()
        post = left(LONG_AGO, person=PersonFactory(user=role.user))
        old(role.user)
        erasure.purge(TODAY)
        assert Person.objects.get() == post.person

    def test_what_was_just_entered_is_not_erased_the_next_night(self):
        ContactPersonFactory(period=period(LONG_AGO, LONG_AGO))
        erasure.purge(TODAY)
        assert Person.objects.get().family_name

    def test_person_without_post_goes_too(self):
        old(PersonFactory())
        erasure.purge(TODAY)
        assert not Person.objects.exists()

    def test_town_keeps_its_history(self):
        town = MunicipalityFactory()
        post = left(LONG_AGO, office=OfficeFactory(areas=[town]))
        AssignmentFactory(contact_person=post, municipality=town, valid=post.period)
        erasure.purge(TODAY)
        assert str(Assignment.objects.get().contact_person) == "Name gelöscht"
        assert erasure.due(TODAY) == []

    def test_town_halls_account_goes_after_its_role_and_an_operators_stays(self):
        staff = MunicipalStaffFactory(period=period(LONG_AGO, LONG_AGO))
        operator, recent = UserFactory(is_superuser=True), UserFactory()
        old(staff.user, operator)
        erasure.purge(TODAY)
        assert set(User.objects.all()) == {operator, recent}

    def test_dry_run_counts_and_changes_nothing(self):
        post = left(LONG_AGO)
        AbsenceFactory(contact_person=ContactPersonFactory(), days=period(LONG_AGO, LONG_AGO))
        assert {(kind.what, kind.count) for kind in erasure.due(TODAY)} == {("Personen", 1), ("Abwesenheiten", 1)}
        assert Person.objects.filter(pk=post.person_id).exists()


@pytest.mark.django_db
class TestRest:
    def test_absences_go_with_their_history_12_months_after_the_last_day(self):
        post = ContactPersonFactory()
        AbsenceFactory(contact_person=post, days=period(LONG_AGO, datetime.date(2025, 11, 23)))
        stays = AbsenceFactory(contact_person=post, days=period(datetime.date(2025, 11, 24)))
        erasure.purge(TODAY)
        assert list(Absence.objects.all()) == [stays]
        assert set(Absence.pgh_event_model.objects.values_list("pgh_obj", flat=True)) == {stays.pk}

    def test_office_may_keep_absences_shorter(self):
        post = ContactPersonFactory()
        DataProtection.objects.create(office=post.office, absence_months=1)
        AbsenceFactory(contact_person=post, days=period(LONG_AGO, datetime.date(2026, 9, 30)))
        erasure.purge(TODAY)
        assert not Absence.objects.exists()

    def test_addresses_leave_the_history_after_90_days_and_names_stay(self):
        person = ContactPersonFactory(person__email="alt@example.org", person__phone="05555 1").person
        Person.objects.filter(pk=person.pk).update(email="neu@example.org")
        erasure.purge(person.changed_at.date() + datetime.timedelta(days=90))
        assert Person.pgh_event_model.objects.filter(email="alt@example.org").exists()
        erasure.purge(person.changed_at.date() + datetime.timedelta(days=92))
        events = Person.pgh_event_model.objects.all()
        assert {event.email for event in events} == {ADDRESS_GONE}
        assert {event.family_name for event in events} == {person.family_name}

    def test_history_without_addresses_tells_no_change_that_was_none(self):
        person = ContactPersonFactory().person
        erasure.purge(person.changed_at.date() + datetime.timedelta(days=92))
        Person.objects.filter(pk=person.pk).update(title="Dr.")
        latest, first = history_of(person)
        assert [field.label for field in latest.fields] == ["Titel"]
        assert ("E-Mail-Adresse", "nicht mehr gespeichert") in {(f.label, f.after) for f in first.fields}

    def test_name_of_a_row_deleted_by_hand_leaves_the_history_after_90_days(self):
        person = PersonFactory()
        on = person.changed_at.date()
        person.delete()
        erasure.purge(on + datetime.timedelta(days=90))
        assert Person.pgh_event_model.objects.filter(family_name=person.family_name).exists()
        erasure.purge(on + datetime.timedelta(days=92))
        assert set(Person.pgh_event_model.objects.values_list("family_name", flat=True)) == {""}

    def test_ended_links_go_after_30_days_and_open_ones_stay(self):
        def link(purpose, days_ago, **ended):
            made = NOW - datetime.timedelta(days=days_ago + 7)
            Link.objects.issue(PASSWORD_LINK, purpose, at=made, valid_for=datetime.timedelta(days=7))
            Link.objects.filter(object_id=purpose).update(**ended)

        link(1, 32)
        link(2, 28)
        link(3, -5)
        link(4, -5, revoked_at=NOW - datetime.timedelta(days=32))
        erasure.purge(TODAY)
        assert set(Link.objects.values_list("object_id", flat=True)) == {2, 3}

    def test_counts_of_tries_and_old_sessions_go(self):
        limits.begin("ada@example.org", "192.0.2.1", timezone.now() - datetime.timedelta(days=2))
        limits.begin("ben@example.org", "192.0.2.2", timezone.now())
        SessionStore().save()
        Session.objects.update(expire_date=timezone.now() - datetime.timedelta(hours=1))
        erasure.purge(timezone.localdate())
        assert Attempts.objects.count() == 3
        assert not Session.objects.exists()

    def test_worker_purges_every_night(self):
        AbsenceFactory(contact_person=ContactPersonFactory(), days=period(LONG_AGO, LONG_AGO))
        lines = duties.run_due()
        assert "common.purge: Abwesenheiten: 1" in lines
        assert not Absence.objects.exists()

    def test_command_tells_what_went_and_dry_run_what_would(self):
        AbsenceFactory(contact_person=ContactPersonFactory(), days=period(LONG_AGO, LONG_AGO))
        for options in ({"dry_run": True}, {}):
            output = StringIO()
            call_command("purge_personal_data", stdout=output, **options)
            assert output.getvalue() == "- Abwesenheiten: 1 Eintrag\n"
        output = StringIO()
        call_command("purge_personal_data", stdout=output)
        assert output.getvalue() == "Nichts ist fällig.\n"

    def test_what_fails_keeps_nothing_else_and_is_named_at_the_end(self, monkeypatch):
        """An entry as an app might register it, before all others."""

        def fails(on):
            raise LookupError(f"{on} nennt Ada Beispiel")

        failing = replace(personal_data.registered()[0], model=Duty, kind="failing", due=fails, rows=None)
        known = {("common.Duty", "failing"): failing, **personal_data._data}
        monkeypatch.setattr(personal_data, "_data", known)
        AbsenceFactory(contact_person=ContactPersonFactory(), days=period(LONG_AGO, LONG_AGO))
        output = StringIO()
        with pytest.raises(CommandError, match="Wiederkehrende Aufgaben"):
            call_command("purge_personal_data", stdout=output)
        assert not Absence.objects.exists()
        assert output.getvalue() == "- Abwesenheiten: 1 Eintrag\n"

    def test_duty_that_could_not_erase_everything_has_failed(self, monkeypatch, caplog):
        def fails(on):
            raise LookupError("Ada Beispiel")

        failing = replace(personal_data.registered()[0], model=Duty, kind="failing", due=fails, rows=None)
        monkeypatch.setattr(personal_data, "_data", {("common.Duty", "failing"): failing, **personal_data._data})
        duties.run_due()
        assert Duty.objects.get(pk="common.purge").failures == 1
        assert "Wiederkehrende Aufgaben" in caplog.text
        assert "Ada" not in caplog.text

    def test_mail_files_go_after_30_days(self, settings, tmp_path):
        settings.EMAIL_FILE_PATH = str(tmp_path)
        for name, age in (("alt.eml", 32), ("neu.eml", 29)):
            (tmp_path / name).write_bytes(b"To: ada@example.org\r\n\r\nGuten Tag")
            at = (NOW - datetime.timedelta(days=age)).timestamp()
            os.utime(tmp_path / name, (at, at))
        erasure.purge(TODAY)
        assert [path.name for path in tmp_path.iterdir()] == ["neu.eml"]


@pytest.mark.django_db(transaction=True)
def test_row_that_somebody_edits_is_passed_by_and_nobody_waits():
    busy, free = left(LONG_AGO), left(LONG_AGO)
    locked, done = threading.Event(), threading.Event()

    def edit():
        with transaction.atomic():
            Person.objects.select_for_update().get(pk=busy.person_id)
            locked.set()
            done.wait(20)
        connection.close()

    editor = threading.Thread(target=edit)
    editor.start()
    locked.wait(20)
    erasure.purge(TODAY)
    assert editor.is_alive()
    done.set()
    editor.join()
    assert Person.objects.get(pk=busy.person_id).family_name
    assert not Person.objects.filter(pk=free.person_id).exists()


def test_history_is_rewritten_by_erasure_alone():
    from pathlib import Path

    root = Path(audit.__file__).resolve().parent.parent
    apps = ("accounts", "common", "contacts", "forums", "integration_portal", "municipalities", "services")
    users = {
        path.relative_to(root).as_posix()
        for app in apps
        for path in (root / app).rglob("*.py")
        if "rewriting(" in path.read_text() or "pgtrigger.ignore" in path.read_text()
    }
    # Merged posts, and names in minutes and reports, go past triggers too, none of them the history's.
    erasing = {"common/erasure.py", "forums/minutes_erasure.py", "services/report_erasure.py"}
    # A column that came later was filled in the history as in the rows.
    filling = "services/migrations/0011_counted_as_received.py"
    assert users == {"common/audit.py", "common/triggers.py", filling, *erasing}


@pytest.mark.django_db
def test_post_of_somebody_gone_says_nothing_more_about_them():
    town = MunicipalityFactory()
    post = left(LONG_AGO, office=OfficeFactory(areas=[town]), room="7", languages=["tr"])
    AssignmentFactory(contact_person=post, municipality=town, valid=post.period)
    erasure.purge(TODAY)
    post = ContactPerson.objects.get()
    assert (post.function, post.room, post.languages, post.confirmed_on) == ("", "", [], None)

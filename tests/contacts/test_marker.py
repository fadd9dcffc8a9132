"""A name that went through everything the portal does is nowhere left once its human is erased."""

import datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common import duties, outbox
from common.outbox import Mail, Message
from common.periods import period
from contacts.contact_list import import_contact_list
from contacts.merging import Merge
from contacts.models import Absence, Assignment, ContactPerson, Handover, OfficeMembership, Person
from tests.common.outbox_world import OCCASION, occasion
from tests.contacts.admin_pages import Setting, address, day, filled_in, setting, superuser_client  # noqa: F401
from tests.contacts.test_import_contacts import upload
from tests.factories import ContactPersonFactory, OfficeMembershipFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

MARKER = "Zyxmarke"
MAIL = "zyxmarke@example.org"
PHONE = "05555 7261-93"
MARKS = (MARKER, "ZYXMARKE", "zyxmarke", "7261-93", "49555572619")


def dump() -> str:
    """Everything in every table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = [name for (name,) in cursor.fetchall()]
        assert len(tables) > 40
        content = BytesIO()
        for table in tables:
            content.write(f"-- {table}\n".encode())
            cursor.cursor.copy_expert(f"COPY {table} TO STDOUT", content)
    return content.getvalue().decode()


def marked(text: str) -> list[str]:
    """The lines that hold a mark, with the table they are in."""
    found, table = [], ""
    for line in text.splitlines():
        table = line if line.startswith("-- ") else table
        if any(mark in line for mark in MARKS):
            found.append(f"{table}: {line}")
    return found


def import_with_marker(setting: Setting) -> ContactPerson:  # noqa: F811
    import_contact_list([f"Ada {MARKER} (Adorf)"], setting.office, day("01.01.2020"), "import_contact_list")
    return ContactPerson.objects.get(person__family_name=MARKER)


def save_in_admin(client: Client, page: str, **changes: object) -> None:
    response = client.post(page, filled_in(client.get(page)) | changes)
    assert response.status_code == 302, response.context["adminform"].form.errors


def notify(message: Message) -> Mail | None:
    person = Person.objects.get(pk=message.about)
    return Mail(MAIL if message.to else "kollegin@example.org", f"Übergabe von {person}", {"about": person})


@pytest.fixture
def mail_folder(settings, tmp_path) -> Path:
    settings.EMAIL_BACKEND = "common.mail_folder.MailFolder"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def test_erased_name_is_nowhere_in_the_database_nor_in_files(setting: Setting, mail_folder: Path) -> None:  # noqa: F811
    client = superuser_client()
    # By import, by the admin in several steps, as an account that signs in, in mail, and once by mistake.
    post = import_with_marker(setting)
    person = post.person
    save_in_admin(client, "/verwaltung/accounts/user/add/", name=f"Ada {MARKER}", email=MAIL)
    account = User.objects.get(email=MAIL)
    person_page = address("person_change", person.pk)
    save_in_admin(client, person_page, title=f"Dr. {MARKER}", email=MAIL, phone=PHONE, user=account.pk)
    save_in_admin(client, person_page, given_name="Adele")
    save_in_admin(client, address("contactperson_change", post.pk), function=f"{MARKER}-Beauftragte", room=MARKER)
    client.post(f"/verwaltung/accounts/user/{account.pk}/zugang/")
    save_in_admin(client, address("person_add"), given_name="Ada", family_name=f"{MARKER}-Falsch", email=MAIL)
    mistaken = Person.objects.get(family_name=f"{MARKER}-Falsch")
    client.post(address("person_delete", mistaken.pk), {"post": "yes"})
    assert not Person.objects.filter(pk=mistaken.pk).exists()
    Client().post("/konto/anmelden/", {"login": MAIL, "password": "falsch"})
    Client().force_login(account, backend="accounts.backends.SignInBackend")
    Absence.objects.create(contact_person=post, office=post.office, days=period(day("01.05.2020"), day("31.05.2020")))
    with occasion(notify):
        for to in (0, 1):
            outbox.post(OCCASION, about=person.pk, to=to)
        outbox.deliver_due()
    post.end_on(day("31.12.2022"))
    text = dump()
    for table in ("contacts_person", "contacts_personevent", "accounts_user", "accounts_userevent", "common_message"):
        assert any(line.startswith(f"-- public.{table}:") for line in marked(text)), table
    assert len(list(mail_folder.iterdir())) == 2
    # What is there by now says nothing of the name and address under which all that happened.
    save_in_admin(client, person_page, title="", family_name="Neuname", email="neu@example.org")
    account_page = f"/verwaltung/accounts/user/{account.pk}/change/"
    save_in_admin(client, account_page, name="Ada Neuname", email="neu@example.org")
    Message.objects.get(to=1).send_again(timezone.now())

    output = StringIO()
    call_command("erase_person", person=person.pk, stdout=output)

    assert marked(dump()) == []
    assert not list(mail_folder.iterdir())
    assert not any(mark in output.getvalue() for mark in MARKS)
    [assignment] = Assignment.objects.filter(municipality=setting.town)
    assert str(assignment.contact_person) == "Name gelöscht"
    page = client.get(f"/kommunen/{setting.town.ags}/verlauf/").content.decode()
    assert "Name gelöscht" in page
    assert client.get(f"/ansprechpersonen/{post.pk}/").status_code == 404
    assert client.get(address("person_change", person.pk)).status_code == 404
    history = client.get(address("assignment_history", assignment.pk)).content.decode()
    assert "Name gelöscht" in history


def test_name_of_the_entry_that_went_in_a_merge_is_nowhere(setting: Setting, mail_folder: Path) -> None:  # noqa: F811
    over = period(day("01.01.2020"), day("31.12.2022"))
    kept = PersonFactory(given_name="Ada", family_name="Neuname", email="neu@example.org")
    gone = PersonFactory(given_name="Ada", family_name=MARKER, email=MAIL, phone=PHONE)
    for person in (kept, gone):
        ContactPersonFactory(person=person, office=setting.office, period=over, function=f"{person.family_name}-Amt")
    with occasion(notify):
        for to in (0, 1):
            outbox.post(OCCASION, about=gone.pk, to=to)
        outbox.deliver_due()
    Merge(kept, gone).carry_out({})
    text = dump()
    for table in ("contacts_personevent", "contacts_contactpersonevent", "common_message"):
        assert any(line.startswith(f"-- public.{table}:") for line in marked(text)), table

    call_command("erase_person", person=kept.pk, stdout=StringIO())

    assert marked(dump()) == []
    assert not list(mail_folder.iterdir())


def test_name_in_the_preview_of_somebody_elses_row_is_nowhere(setting: Setting, mail_folder: Path) -> None:  # noqa: F811
    over = period(day("01.01.2020"), day("31.10.2026"))
    person = PersonFactory(given_name="Ada", family_name=MARKER)
    setting.assign(
        ContactPersonFactory(office=setting.office, person=person, period=over),
        setting.town,
        "01.01.2020",
        "31.10.2026",
    )
    with time_machine.travel(datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)):
        sheet = "Vorname;Nachname;Kommune;Gültig ab\nAda;Beispiel;Adorf;01.10.2026\n"
        upload(setting.client(), sheet, office=setting.office)
        assert any("contacts_contactimport:" in line for line in marked(dump()))
        call_command("erase_person", person=person.pk, stdout=StringIO())
    assert marked(dump()) == []


def test_message_sent_again_or_no_longer_wanted_says_no_address(mail_folder: Path) -> None:
    person = PersonFactory(family_name=MARKER)
    with occasion(notify):
        outbox.post(OCCASION, about=person.pk, to=1)
        outbox.deliver_due()
    assert "common_message" in "".join(marked(dump()))
    Message.objects.get().send_again(timezone.now())
    assert "common_message" not in "".join(marked(dump()))
    # As such rows were left before.
    Message.objects.update(address=MAIL, subject=MARKER)
    with occasion(lambda message: None):
        outbox.deliver_due()
    assert "common_message" not in "".join(marked(dump()))


def test_erased_name_is_no_longer_in_hand_overs(setting: Setting, mail_folder: Path) -> None:  # noqa: F811
    with time_machine.travel(datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)):
        given = setting.assign(setting.ada, setting.town, "01.01.2026")
        person = setting.ada.person
        account = UserFactory(email=MAIL, name=f"Ada {MARKER}")
        OfficeMembershipFactory(user=account, office=setting.office, role="lead")
        save_in_admin(
            superuser_client(), address("person_change", person.pk), family_name=MARKER, email=MAIL, user=account.pk
        )
        client = Client()
        client.force_login(account, backend="accounts.backends.SignInBackend")
        path = reverse("plan_handover", args=[setting.ada.pk])
        typed = {
            "day": "01.12.2026",
            "all_to": setting.ben.pk,
            "note": f"{MARKER} ist weiter zu erreichen",
            f"note_{given.pk}": f"kennt {MARKER}",
            "schritt": "vorschau",
        }
        preview = client.post(path, typed)
        client.post(path, typed | {"schritt": "verbindlich", "gesehen": preview.context["plan"].digest})
        handover = Handover.objects.get()
        handover.towns.get().confirm("given", account, timezone.now())
    with time_machine.travel(datetime.datetime(2026, 12, 2, 12, tzinfo=datetime.UTC)):
        duties.run_due()
        outbox.deliver_due()
        setting.ada.end_on(day("01.12.2026"))
        OfficeMembership.objects.filter(user=account).update(period=period(None, day("01.12.2026")))
        assert any("contacts_handover" in line for line in marked(dump()))

        call_command("erase_person", person=person.pk, stdout=StringIO())

        assert marked(dump()) == []
        assert not list(mail_folder.glob("*.eml")) or not any(
            mark in path.read_text() for path in mail_folder.glob("*.eml") for mark in MARKS
        )
        record = superuser_client().get(handover.get_absolute_url()).content.decode()
        assert "Name gelöscht" in record
        assert setting.ben.person.name in record

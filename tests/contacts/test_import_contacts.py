"""Contacts come in from a spreadsheet: previewed row by row, all or none, and what was given out comes in unchanged."""

# ruff: noqa: F811

import datetime
import io
import itertools
import threading
import time
import zipfile
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from common import csv, personal_data, xlsx
from common.audit import history_of
from common.periods import overlap, period, today
from common.tables import TableRefused, read
from contacts.admin.imports import finish
from contacts.imports import columns, export
from contacts.imports.overlaps import Overlaps
from contacts.models import Assignment, ContactImport, ContactPerson, Office, Person
from contacts.models.imports import OutcomeChanged, imports_over
from contacts.personal_data import imports_naming
from tests.contacts.admin_pages import Setting, address, day, setting  # noqa: F401
from tests.factories import (
    ContactImportFactory,
    ContactPersonFactory,
    DistrictFactory,
    FieldOfActionFactory,
    MunicipalityFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)

SHEET = """\
Name;Telefon;E-Mail;Funktion;Sprachen;Kommune;gültig ab
Dr. Cleo Übung;05261 62-0;cleo@example.org;Beratung;Arabisch, Türkisch;Adorf;01.01.2026
Ben Muster;;;;;Bedorf;2026-03-01
"""


def everything() -> list[Any]:
    """All that an import may change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Person, ContactPerson, Assignment, ContactPerson.fields.through)
    ]


def upload(client: Client, content: bytes | str, **fields: Any) -> Any:
    """The answer to the upload: the preview, or the form again."""
    office = fields.pop("office", None)
    data = {
        "office": office.pk if office else "",
        "file": SimpleUploadedFile("liste.csv", content.encode() if isinstance(content, str) else content),
        "holds_from": "01.01.2026",
        **fields,
    }
    return client.post(address("contactimport_add"), data, follow=True)


def confirm(client: Client, page: Any) -> Any:
    stored = page.context["upload"]
    data = {"step": "carry_out", "seen": stored.fingerprint}
    return client.post(address("contactimport_change", stored.pk), data, follow=True)


def outcomes(page: Any) -> list[tuple[int, str]]:
    return [(outcome["number"], outcome["kind"]) for outcome in page.context["upload"].outcomes]


def reasons(page: Any) -> str:
    return "\n".join(
        f"{outcome['number']}: {reason}" for outcome in page.context["upload"].outcomes for reason in outcome["reasons"]
    )


def file_errors(page: Any) -> str:
    return " ".join(page.context["adminform"].form.errors["file"])


def workbook(*rows: list[Any], title: str = "Kontakte") -> bytes:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.fixture
def client(setting: Setting) -> Client:
    return setting.client()


@pytest.fixture
def send(client: Client, setting: Setting) -> Any:
    return lambda content, **fields: upload(client, content, **{"office": setting.office, **fields})


# -- Preview and confirmation -------------------------------------------------------------------------------------


def test_preview_says_what_is_new_and_changes_nothing(send: Any) -> None:
    before = everything()

    page = send(SHEET)

    assert outcomes(page) == [(2, "new"), (3, "new")]
    changes = page.context["upload"].outcomes[0]["changes"]
    assert {"label": "Telefon", "before": "", "after": "05261 62-0"} in changes
    assert "Adorf, hauptzuständig, ab 01.01.2026" in page.content.decode()
    assert everything() == before


def test_confirmed_it_is_as_the_file_says(send: Any, client: Client, setting: Setting) -> None:
    confirm(client, send(SHEET))

    cleo = Person.objects.get(family_name="Übung")
    post = cleo.posts.get()
    assert (cleo.title, cleo.given_name, cleo.phone, cleo.phone_printed) == ("Dr.", "Cleo", "05261 62-0", "05261 62-0")
    assert (post.office, post.function, post.languages) == (setting.office, "Beratung", ["ar", "tr"])
    assert post.period == period(day("01.01.2026"))
    [of_adorf] = Assignment.objects.filter(municipality=setting.town)
    assert (of_adorf.contact_person, of_adorf.role, of_adorf.valid) == (post, "primary", period(day("01.01.2026")))
    [of_bedorf] = Assignment.objects.filter(municipality=setting.second_town)
    assert of_bedorf.contact_person == setting.ben
    assert str(setting.administrator) in history_of(of_adorf)[0].actor


def test_second_time_everything_is_unchanged(send: Any, client: Client) -> None:
    confirm(client, send(SHEET))
    before = everything()

    page = send(SHEET)

    assert outcomes(page) == [(2, "unchanged"), (3, "unchanged")]
    assert not page.context["upload"].can_be_carried_out
    assert everything() == before


def test_change_is_shown_field_by_field(send: Any, client: Client) -> None:
    confirm(client, send(SHEET))

    page = send(SHEET.replace("62-0", "62-77").replace("Beratung", "Leitung"))

    assert outcomes(page) == [(2, "changed"), (3, "unchanged")]
    assert page.context["upload"].outcomes[0]["changes"] == [
        {"label": "Telefon", "before": "05261 62-0", "after": "05261 62-77"},
        {"label": "Funktion", "before": "Beratung", "after": "Leitung"},
    ]
    confirm(client, page)
    cleo = Person.objects.get(family_name="Übung")
    assert (cleo.phone_e164, cleo.version) == ("+4952616277", 2)


def test_change_of_a_person_with_many_towns_is_shown_once(setting: Setting, send: Any) -> None:
    setting.assign(setting.ada, setting.town, "01.01.2020")
    setting.assign(setting.ada, setting.second_town, "01.01.2020")

    page = send("Name;Tel.;Ort\nAda Beispiel;05555 1;Adorf\nAda Beispiel;05555 1;Bedorf\n")

    assert outcomes(page) == [(2, "changed"), (3, "unchanged")]


def test_one_bad_row_among_many_keeps_all_out(setting: Setting, send: Any, client: Client) -> None:
    towns = [MunicipalityFactory(district=setting.district) for _ in range(200)]
    lines = [f"Ada Beispiel;{town.ags}" for town in towns]
    lines[150] = "Ada Beispiel;99999999"
    before = everything()

    page = send("Name;AGS\n" + "\n".join(lines))

    assert [outcome for outcome in outcomes(page) if outcome[1] != "new"] == [(152, "refused")]
    assert "99999999" in reasons(page)
    assert b'value="carry_out"' not in page.content
    confirm(client, page)
    assert everything() == before


def test_refused_rows_are_downloaded_mended_and_uploaded(setting: Setting, send: Any, client: Client) -> None:
    page = send(SHEET.replace("Adorf", "Adorff"))
    stored = page.context["upload"]

    refused = client.get(address("contactimport_refused", stored.pk)).content.decode("utf-8-sig")

    assert [line.split(";")[:1] for line in refused.splitlines()] == [["Name"], ["Dr. Cleo Übung"]]
    assert "Meinen Sie Adorf" in refused.splitlines()[1]
    mended = SimpleUploadedFile("abgelehnt.csv", refused.replace("Adorff;", "Adorf;").encode("cp1252"))
    page = client.post(address("contactimport_change", stored.pk), {"step": "mend", "file": mended}, follow=True)
    assert outcomes(page) == [(2, "new"), (3, "new")]
    confirm(client, page)
    assert Assignment.objects.filter(municipality=setting.town).exists()


def test_sheet_with_a_column_of_line_numbers_of_its_own_is_mended_too(
    setting: Setting, send: Any, client: Client
) -> None:
    stored = send("Name;Kommune;Zeile\nAda Beispiel;Adorff;77\n").context["upload"]
    refused = client.get(address("contactimport_refused", stored.pk)).content.decode("utf-8-sig")
    mended = SimpleUploadedFile("abgelehnt.csv", refused.replace("Adorff;", "Adorf;").encode())

    page = client.post(address("contactimport_change", stored.pk), {"step": "mend", "file": mended}, follow=True)

    assert [outcome for _number, outcome in outcomes(page)] == ["new"]


def test_another_file_in_place_of_the_mended_rows_is_refused(send: Any, client: Client) -> None:
    stored = send(SHEET.replace("Adorf", "Adorff")).context["upload"]

    for text in (
        SHEET,
        "Name;Zeile\nA B;2\n",
        "Name;Telefon;E-Mail;Funktion;Sprachen;Kommune;gültig ab;Zeile\nA;;;;;;;77",
    ):
        file = SimpleUploadedFile("x.csv", text.encode())
        page = client.post(address("contactimport_change", stored.pk), {"step": "mend", "file": file})
        assert page.context["mended"].errors["file"], text


def test_mended_file_that_names_a_row_twice_is_refused(send: Any, client: Client) -> None:
    stored = send("Name;Kommune\nAda Beispiel;Adorff\n").context["upload"]
    file = SimpleUploadedFile("x.csv", b"Name;Kommune;Zeile\nAda Beispiel;Adorf;2\nBen Muster;Bedorf;2\n")

    page = client.post(address("contactimport_change", stored.pk), {"step": "mend", "file": file})

    assert "Zeile 3" in page.context["mended"].errors["file"][0]


def test_preview_begun_before_opens_no_finished_import_again(setting: Setting, send: Any) -> None:
    send("Name;Telefon\nAda Beispiel;05555 1\n")
    first, second = ContactImport.objects.get(), ContactImport.objects.get()
    finish(first.carry_out(setting.administrator))

    with pytest.raises(ValidationError):
        finish(second.preview(setting.administrator))

    stored = ContactImport.objects.get()
    assert stored.carried_out_at
    assert stored.table == {}


def test_rows_mended_after_the_preview_was_seen_are_shown_first(setting: Setting, send: Any) -> None:
    send("Name;Telefon\nAda Beispiel;05555 1\n")
    seen, other = ContactImport.objects.get(), ContactImport.objects.get()
    sheet = other.sheet
    other.sheet = replace(sheet, rows=(replace(sheet.rows[0], cells=("Ada Beispiel", "05555 2")),))
    finish(other.preview(setting.administrator))

    with pytest.raises(OutcomeChanged):
        finish(seen.carry_out(setting.administrator))

    assert ContactImport.objects.get().outcomes[0]["changes"][0]["after"] == "05555 2"


def test_outcome_that_changed_meanwhile_is_shown_again(setting: Setting, send: Any, client: Client) -> None:
    page = send("Name;Telefon\nAda Beispiel;05555 1\n")
    Person.objects.filter(pk=setting.ada.person_id).update(phone="05555 2")

    page = confirm(client, page)

    assert page.context["is_newly_different"]
    assert page.context["upload"].outcomes[0]["changes"][0]["before"] == "05555 2"
    assert Person.objects.get(pk=setting.ada.person_id).phone == "05555 2"
    confirm(client, page)
    assert Person.objects.get(pk=setting.ada.person_id).phone == "05555 1"


def test_confirming_an_older_preview_shows_the_newer_one(send: Any, client: Client) -> None:
    page = send(SHEET)
    before = everything()

    data = {"step": "carry_out", "seen": "of another preview"}
    page = client.post(address("contactimport_change", page.context["upload"].pk), data, follow=True)

    assert page.context["is_newly_different"]
    assert everything() == before


def test_import_is_carried_out_once_and_then_holds_no_rows(send: Any, client: Client) -> None:
    page = send(SHEET)
    confirm(client, page)
    before = everything()

    confirm(client, page)

    stored = ContactImport.objects.get()
    assert everything() == before
    assert (stored.table, stored.outcomes, stored.rows_new) == ({}, [], 2)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_take_in_one_after_the_other() -> None:
    world = Setting()
    colleague = OfficeMembershipFactory(office=world.office, role="administrator").user
    pages = []
    for user in (world.administrator, colleague):
        client = Client()
        client.force_login(user, backend="accounts.backends.SignInBackend")
        pages.append((client, upload(client, SHEET, office=world.office)))
    answers = []

    def at_once(client: Client, page: Any) -> None:
        answers.append(confirm(client, page))
        connection.close()

    threads = [threading.Thread(target=at_once, args=pair) for pair in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted("upload" in a.context and bool(a.context["upload"].carried_out_at) for a in answers) == [False, True]
    assert Person.objects.filter(family_name="Übung").count() == 1


def test_imports_are_kept_a_week_and_done_ones_a_quarter(setting: Setting, send: Any, client: Client) -> None:
    ContactImportFactory(office=setting.office)

    assert not imports_over(today() + datetime.timedelta(days=7)).exists()
    assert imports_over(today() + datetime.timedelta(days=9)).count() == 1
    confirm(client, send(SHEET))
    assert imports_over(today() + datetime.timedelta(days=89)).count() == 1
    assert imports_over(today() + datetime.timedelta(days=92)).count() == 2


def test_erasing_somebody_takes_unconfirmed_imports_that_name_them(setting: Setting, send: Any) -> None:
    send("Name;Telefon\nAda Beispiel;1\n")
    people = personal_data.people("contacts.Person", [setting.ada.person_id])
    others = personal_data.people("contacts.Person", [setting.ben.person_id])

    assert imports_naming(people).exists()
    assert not imports_naming(others).exists()


def test_large_sheet_tells_how_far_it_is(setting: Setting, send: Any, client: Client) -> None:
    rows = "".join(f"Vorname;{'x' * (n // 26)}{chr(97 + n % 26)};05555 {n:05}\n" for n in range(700))
    page = send("Vorname;Nachname;Telefon\n" + rows)

    assert b"50 % geschafft" in page.getvalue()
    stored = ContactImport.objects.get()
    assert stored.rows_new == 700
    answer = client.post(address("contactimport_change", stored.pk), {"step": "carry_out", "seen": stored.fingerprint})
    assert not Person.objects.filter(family_name="xb").exists()  # it is done while the page is sent
    assert b"100 % geschafft" in answer.getvalue()
    assert str(setting.administrator) in history_of(Person.objects.get(family_name="xb"))[0].actor


def test_number_of_queries_does_not_grow_with_the_rows(setting: Setting, send: Any, client: Client) -> None:
    counts = []
    for number in (2, 60):
        towns = [MunicipalityFactory(district=setting.district) for _ in range(number)]
        text = "Vorname;Nachname;AGS\n" + "".join(
            f"Vorname;{'Zu' if number > 2 else 'An'}{chr(97 + n % 26) * (n // 26 + 1)};{town.ags}\n"
            for n, town in enumerate(towns)
        )
        with CaptureQueriesContext(connection) as captured:
            page = confirm(client, send(text))
        assert page.context["upload"].carried_out_at, reasons(page)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_number_of_queries_does_not_grow_with_the_towns_outside(setting: Setting, send: Any) -> None:
    towns = [MunicipalityFactory(name=f"Fremd{chr(97 + n) * 3}", district=DistrictFactory()) for n in range(20)]
    counts = []
    for number in (2, 20):
        lines = [f"Ada Beispiel;{town.ags};" for town in towns[:number]]
        lines += [f"Ada Beispiel;;{town.name}" for town in towns[:number]]
        lines += [f"Ada Beispiel;;Xyz{chr(97 + n) * 8}" for n in range(number)]
        lines += [f"Ada Beispiel;999999{n:02};" for n in range(number)]
        with CaptureQueriesContext(connection) as captured:
            page = send("Name;AGS;Ort\n" + "\n".join(lines))
        assert {kind for _number, kind in outcomes(page)} == {"refused"}
        assert reasons(page).count("außerhalb") == 2 * number
        counts.append(len(captured))
    assert counts[0] == counts[1]


# -- Who ----------------------------------------------------------------------------------------------------------


def test_posting_another_office_is_refused(setting: Setting, send: Any) -> None:
    page = send(SHEET, office=setting.elsewhere.office)

    assert page.context["adminform"].form.errors["office"]
    assert not ContactImport.objects.exists()


def test_import_of_another_office_is_not_there(setting: Setting, client: Client) -> None:
    other = ContactImportFactory(office=setting.elsewhere.office)

    for path in (address("contactimport_change", other.pk), address("contactimport_refused", other.pk)):
        assert client.get(path).status_code == 404
        assert client.post(path, {"step": "carry_out", "seen": other.fingerprint}).status_code == 404
    slug = setting.elsewhere.office.slug
    assert client.get(address("contactimport_export"), {"stelle": slug, "format": "csv"}).status_code == 404


def test_person_kept_by_another_office_is_not_changed(setting: Setting, send: Any) -> None:
    shared = setting.elsewhere.contact_person.person
    ContactPersonFactory(office=setting.office, person=shared)

    page = send(f"Vorname;Nachname;Telefon\n{shared.given_name};{shared.family_name};05555 9\n")

    assert "andere Stelle" in reasons(page)


def test_mail_address_of_somebody_elsewhere_tells_nothing(setting: Setting, send: Any) -> None:
    stranger = setting.elsewhere.contact_person.person

    page = send(f"Vorname;Nachname;E-Mail\n{stranger.given_name};{stranger.family_name};{stranger.email}\n")

    assert outcomes(page) == [(2, "new")]


def test_person_without_a_post_from_elsewhere_is_not_changed(setting: Setting, send: Any, client: Client) -> None:
    stranger = PersonFactory(given_name="Zoe", family_name="Fremd", email="zoe@example.org", phone="05555 100-1")

    page = send("Vorname;Nachname;E-Mail;Telefon\nZoe;Fremd;zoe@example.org;05261 99-9\n")

    assert outcomes(page) == [(2, "new")]
    confirm(client, page)
    stranger.refresh_from_db()
    assert stranger.phone == "05555 100-1"


def test_a_past_first_day_gives_no_rights(setting: Setting, send: Any) -> None:
    """A person whose post here is over is kept where they work now, whatever day the rows hold from."""
    person = PersonFactory(given_name="Zoe", family_name="Fremd")
    ContactPersonFactory(office=setting.office, person=person, period=period(day("01.01.2019"), day("31.12.2020")))
    ContactPersonFactory(office=setting.elsewhere.office, person=person, period=period(day("01.01.2021")))

    page = send("Vorname;Nachname;Telefon\nZoe;Fremd;05555 9\n", holds_from="01.06.2020")

    assert "andere Stelle" in reasons(page)


def test_rights_are_those_of_who_confirms(setting: Setting, client: Client) -> None:
    other = setting.elsewhere.contact_person
    Person.objects.filter(pk=other.person_id).update(
        given_name="Zoe", family_name="Fremd", email="zoe@example.org", phone="05555 1"
    )
    of_both = UserFactory()
    for office in (setting.office, other.office):
        OfficeMembershipFactory(user=of_both, office=office, role="administrator")
    their_client = Client()
    their_client.force_login(of_both, backend="accounts.backends.SignInBackend")
    text = "Vorname;Nachname;E-Mail;Telefon\nZoe;Fremd;zoe@example.org;05261 99-9\n"
    page = upload(their_client, text, office=setting.office)
    assert {"label": "Telefon", "before": "05555 1", "after": "05261 99-9"} in page.context["upload"].outcomes[0][
        "changes"
    ]

    page = confirm(client, page)

    assert page.context["is_newly_different"]
    confirm(client, page)
    assert Person.objects.get(pk=other.person_id).phone == "05555 1"


# -- Who and where is meant ---------------------------------------------------------------------------------------


def test_person_is_known_by_mail_address_when_the_name_changed(setting: Setting, send: Any, client: Client) -> None:
    Person.objects.filter(pk=setting.ada.person_id).update(email="ada@example.org")

    confirm(client, send("Name;E-Mail\nAda Neu;ADA@example.org\n"))

    assert Person.objects.get(pk=setting.ada.person_id).name == "Ada Neu"


def test_shared_mail_address_makes_nobody_somebody_else(setting: Setting, send: Any) -> None:
    Person.objects.filter(pk=setting.ada.person_id).update(email="stelle@example.org")

    page = send("Name;E-Mail\nAda Beispiel;stelle@example.org\nAda Anders;stelle@example.org\n")

    assert outcomes(page) == [(2, "unchanged"), (3, "new")]


@pytest.mark.parametrize("whose", ["nobody's", "the office's", "a colleague's too"])
def test_shared_mailbox_renames_no_colleague(setting: Setting, send: Any, whose: str) -> None:
    mail = "info@example.org" if whose == "nobody's" else "ada@example.org"
    Person.objects.filter(pk=setting.ada.person_id).update(email=mail)
    if whose == "the office's":
        Office.objects.filter(pk=setting.office.pk).update(email=mail)
    if whose == "a colleague's too":
        Person.objects.filter(pk=setting.ben.person_id).update(email=mail)

    page = send(f"Name;E-Mail\nAda Ganzanders;{mail}\n")

    assert outcomes(page) == [(2, "refused")]
    assert "Schlüssel" in reasons(page)


def test_two_of_the_same_name_are_not_guessed_between(setting: Setting, send: Any) -> None:
    ContactPersonFactory(office=setting.office, person=PersonFactory(given_name="Ada", family_name="Beispiel"))

    page = send("Name\nAda Beispiel\n".replace("Name", "Name;Telefon"))

    assert "nicht sicher" in reasons(page)


def test_key_of_somebody_else_is_refused(setting: Setting, send: Any) -> None:
    assignment = setting.assign(setting.ada, setting.town, "01.01.2020")

    page = send(
        f"Schlüssel;Name;Kommune\nZ{assignment.pk};Ben Muster;Adorf\nZ{setting.elsewhere.pk};Ada Beispiel;Adorf\n"
    )

    assert outcomes(page) == [(2, "refused"), (3, "refused")]


@pytest.mark.parametrize("written", ["Adorff", "Adorf;99999999", "Musterkreis"])
def test_unknown_town_is_refused_and_never_made(setting: Setting, send: Any, written: str) -> None:
    towns = setting.town.__class__.objects.count()

    page = send(f"Name;Kommune;AGS\nAda Beispiel;{written}\n")

    assert outcomes(page) == [(2, "refused")]
    assert setting.town.__class__.objects.count() == towns


def test_ambiguous_town_is_refused_with_both(setting: Setting, send: Any) -> None:
    MunicipalityFactory(name="Adorf", designation="Flecken", district=setting.district)

    assert "Flecken" in reasons(send("Name;Ort\nAda Beispiel;Adorf\n"))


def test_town_outside_the_area_is_refused(setting: Setting, send: Any) -> None:
    town = setting.elsewhere.municipality

    assert "außerhalb" in reasons(send(f"Name;AGS\nAda Beispiel;{town.ags}\n"))


def test_official_key_that_lost_its_zero_is_read(setting: Setting, send: Any) -> None:
    town = MunicipalityFactory(ags="05766020", district=setting.district)

    page = send("Name;AGS\nAda Beispiel;5766020\n")

    assert page.context["upload"].outcomes[0]["subject"].startswith(town.name)


def test_key_and_name_of_different_towns_are_refused(setting: Setting, send: Any) -> None:
    assert "Bedorf" in reasons(send(f"Name;Ort;AGS\nAda Beispiel;Bedorf;{setting.town.ags}\n"))


# -- What the database would refuse ---------------------------------------------------------------------------------


def test_town_of_somebody_else_is_refused_with_name_and_period(setting: Setting, send: Any) -> None:
    setting.assign(setting.ben, setting.town, "01.07.2025")

    told = reasons(send("Name;Ort\nAda Beispiel;Adorf\n"))

    assert "Ben Muster" in told
    assert "01.07.2025" in told


def test_end_and_successor_come_in_together(setting: Setting, send: Any, client: Client) -> None:
    setting.assign(setting.ben, setting.town, "01.07.2025")

    page = send("Name;Ort;gültig ab;gültig bis\nBen Muster;Adorf;;31.12.2026\nAda Beispiel;Adorf;01.01.2027;\n")

    assert outcomes(page) == [(2, "changed"), (3, "new")]
    confirm(client, page)
    assert [a.contact_person for a in Assignment.objects.filter(municipality=setting.town).order_by("starts_on")] == [
        setting.ben,
        setting.ada,
    ]


def test_rows_that_contradict_each_other_are_refused(setting: Setting, send: Any) -> None:
    page = send("Name;Tel.;Ort\nAda Beispiel;1;Adorf\nAda Beispiel;2;Bedorf\nBen Muster;;Adorf\n")

    assert {number for number, kind in outcomes(page) if kind == "refused"} == {2, 3, 4}


def test_many_who_contradict_each_other_are_told_with_three_and_a_number(setting: Setting, send: Any) -> None:
    names = [f"Vor{chr(97 + n // 26)}{chr(97 + n % 26)} Nachname" for n in range(30)]

    page = send("Name;Ort\n" + "".join(f"{name};Adorf\n" for name in names))

    for outcome in page.context["upload"].outcomes:
        assert len(outcome["reasons"]) == 4
        assert "26 weitere" in outcome["reasons"][3]


days_after_2026 = st.integers(0, 40).map(lambda n: datetime.date(2026, 1, 1) + datetime.timedelta(n))
spans = st.tuples(days_after_2026, st.one_of(st.none(), st.integers(1, 15)))


@given(st.lists(spans, min_size=1, max_size=25))
@settings(max_examples=100)
def test_overlaps_are_found_as_by_comparing_each_with_each(written: list[tuple[datetime.date, int | None]]) -> None:
    rows = [
        Assignment(valid=period(first, None if days is None else first + datetime.timedelta(days - 1)))
        for first, days in written
    ]

    found = Overlaps(rows)

    for row in rows:
        others = [other for other in rows if other is not row and overlap(other.valid, row.valid)]
        assert found.count(row) == len(others)
        assert len(found.first[id(row)]) == min(3, len(others))
        assert all(any(other is known for known in others) for other in found.first[id(row)])


def test_responsibility_beyond_the_post_is_refused(setting: Setting, send: Any) -> None:
    assert "01.01.2020" in reasons(send("Name;Ort;ab\nAda Beispiel;Adorf;01.01.2019\n"))


def test_empty_cells_leave_what_is_there_unless_asked_otherwise(setting: Setting, send: Any, client: Client) -> None:
    text = "Name;Telefon;Funktion\nAda Beispiel;;\n"

    assert outcomes(send(text)) == [(2, "unchanged")]
    page = send(text, clears_empty="on")
    assert outcomes(page) == [(2, "changed")]
    confirm(client, page)
    setting.ada.refresh_from_db()
    assert (setting.ada.person.phone, setting.ada.function) == ("", "")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("gültig ab", "31.02.2026"),
        ("gültig ab", "morgen"),
        ("Bestätigt am", "31.12.2090"),
        ("E-Mail", "ada"),
        ("Sprachen", "Klingonisch"),
        ("Handlungsfeld", "Unbekannt"),
        ("Zuständig als", "vielleicht"),
        ("Öffentlich", "vielleicht"),
        ("AGS", "12"),
        ("Telefon", "5261123456"),
        ("Funktion", "x" * 151),
        ("Schlüssel", "Z"),
        ("gültig bis", "01.01.2019"),
    ],
)
def test_bad_cell_is_refused_with_the_cell(setting: Setting, send: Any, column: str, cell: str) -> None:
    before = everything()

    page = send(f"Name;{column};Kommune\nAda Beispiel;{cell};Adorf\n")

    assert outcomes(page) == [(2, "refused")]
    assert everything() == before


# -- Files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encoding_and_separator_are_recognised(send: Any, encoding: str, separator: str) -> None:
    text = SHEET.replace("Arabisch, Türkisch", "Arabisch").replace(";", separator).replace("\n", "\r\n")

    page = send(text.encode(encoding))

    assert [outcome["subject"] for outcome in page.context["upload"].outcomes] == [
        "Adorf: Dr. Cleo Übung",
        "Bedorf: Ben Muster",
    ]


def test_workbook_with_days_numbers_and_a_title_above(setting: Setting, send: Any, client: Client) -> None:
    town = MunicipalityFactory(ags="05766020", district=setting.district)
    content = workbook(
        ["Kontaktliste 2026"],
        [],
        ["Ansprechpartner*in", "Tel.-Nr.", "Gemeindeschlüssel", "Zuständig seit", "Farbe"],
        ["Übung, Cleo", "05261 62-0", 5766020, datetime.date(2026, 3, 1), "blau"],
    )

    page = send(content)

    assert outcomes(page) == [(4, "new")]
    assert "Farbe" in page.content.decode()
    confirm(client, page)
    assert Assignment.objects.get(municipality=town).valid == period(day("01.03.2026"))


def test_value_of_a_formula_counts_and_one_without_is_refused(send: Any) -> None:
    content = workbook(["Name", "Telefon"], ["Ada Beispiel", '="05261 1"'])
    assert "B2" in reasons(send(content))

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v />", b"<v>05261 1</v>").replace(b"<v></v>", b"<v>05261 1</v>")
    parts[sheet] = parts[sheet].replace(b'<c r="B2">', b'<c r="B2" t="str">')
    page = send(packed(parts))
    assert page.context["upload"].outcomes[0]["changes"][0]["after"] == "05261 1"


def packed(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def repacked(content: bytes, way: int) -> bytes:
    """The same workbook, packed in another way."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(target, "w", way) as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    return target.getvalue()


def damaged(content: bytes) -> bytes:
    """The workbook with a few bytes of its packed sheet overwritten."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    place = part.header_offset + 30 + len(part.filename) + 5
    return content[:place] + b"\xff" * 6 + content[place + 6 :]


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_workbook_is_refused(way: int) -> None:
    content = repacked(workbook(["Name", "Telefon"], ["Ada Beispiel", "1"]), way)

    with pytest.raises(TableRefused):
        read(damaged(content))


def test_workbook_with_a_row_far_below_is_refused_at_once() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(["Name", "Telefon"], ["Ada Beispiel", "1"]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b'<row r="2"' in parts[sheet]
    parts[sheet] = parts[sheet].replace(b'<row r="2"', b'<row r="900000000"')
    started = time.process_time()

    with pytest.raises(TableRefused):
        read(packed(parts))

    assert time.process_time() - started < 10


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]><workbook>&b;</workbook>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf \r\n",
        b"Name;Telefon\r\n",  # no row
        b"Datum;Wetter\n1;2\n",  # no headings
        b"Name;Telefon;Tel.\nAda Beispiel;1;2\n",  # twice the same
        b"Name;Telefon\nAda Beispiel;\x8105261\x8d\n",  # neither UTF-8 nor Windows-1252
        b"Name;Telefon\nAda\x00Beispiel;1\n",
        b"PK\x03\x04 no archive",
        b"\xd0\xcf\x11\xe0 an old Excel file",
        b"%PDF-1.7",
        b"Name;Telefon\nAda Beispiel;" + b"1" * 3000,
        b'Name;Telefon\n"Ada Beispiel;' + b"1\n" * 90_000,
        b"Name;Telefon\n" + b"Ada Beispiel;1\n" * 20_001,
        b"Name;Telefon" + b";x" * 90 + b"\nAda Beispiel;1\n",
        b"x" * (5 * 1024 * 1024 + 1),
        packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}),
        packed({"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": b" " * 70_000_000}),
        packed({"[Content_Types].xml": BOMB, "xl/workbook.xml": BOMB}),
        packed({f"part{number}": b"x" for number in range(300)}),
        packed({"holiday.jpg": b"x"}),
    ],
    ids=itertools.count(),  # an archive holds the time it was made
)
def test_file_that_cannot_be_read_is_refused_in_words(send: Any, content: bytes) -> None:
    page = send(content)

    assert page.status_code == 200
    assert len(file_errors(page)) > 15
    assert not ContactImport.objects.exists()


def test_archive_that_lies_about_its_size_is_refused(send: Any) -> None:
    content = bytearray(packed({"[Content_Types].xml": b" " * 1_000_000}))
    real = (1_000_000).to_bytes(4, "little")
    while (place := content.find(real)) >= 0:
        content[place : place + 4] = (10_000).to_bytes(4, "little")

    assert file_errors(send(bytes(content)))


def test_entities_of_a_workbook_are_not_followed(send: Any) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(["Name", "Telefon"], ["Ada Beispiel", "1"]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml"):
        declared = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + parts[name].rpartition(b"?>")[2]
        assert file_errors(send(packed({**parts, name: declared}))), name


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_no_file_makes_the_reader_fail(content: bytes) -> None:
    for candidate in (content, b"PK\x03\x04" + content, b"Name;Telefon\n" + content):
        try:
            table = read(candidate)
        except TableRefused:
            continue
        assert table.kind


# -- Out and in again ---------------------------------------------------------------------------------------------

# Letters of DIN 91379 with their marks, and what a spreadsheet would take for a formula.
LETTERS = "AaÄäßẞĐđŁłŐőŞşȚțĀāĞğİıÅåÆæÇçÑñžŽŷŸ" + "m̀n̂l̥h̆C̨" + "-' ʼ"
name_parts = st.text(alphabet=st.sampled_from(LETTERS), min_size=1, max_size=12).map(lambda text: f"A{text}b")
texts = st.one_of(
    st.just(""),
    st.builds(
        lambda sign, rest: f"{sign}{rest}",
        st.sampled_from(["=", "+", "-", "@", "\t", "'=", "''+", ";", '"']),
        name_parts,
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20),
)
phones = st.sampled_from(["", "05261 62-0", "+49 5231 62-0", "(05231) 62 0", "5261123456", "-", "=1+1", "110"])


@pytest.mark.parametrize("kind", [csv, xlsx])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    person=st.fixed_dictionaries(
        {"given_name": name_parts, "family_name": name_parts, "title": texts.map(lambda t: t[:50]), "phone": phones}
    ),
    post=st.fixed_dictionaries({"function": texts, "room": texts}),
)
def test_what_was_given_out_comes_in_with_no_change(
    setting: Setting, client: Client, kind: Any, person: dict[str, str], post: dict[str, str]
) -> None:
    row = setting.ada
    for name, value in person.items():
        setattr(row.person, name, value)
    row.person.save()
    row.function, row.room, row.languages, row.confirmed_on = *post.values(), ["tr", "ar"], day("01.02.2026")
    row.save()
    if not row.field_links.exists():
        field = FieldOfActionFactory(office=setting.office, name="Arbeit, Wirtschaft; Sport")
        row.field_links.create(field=field)
        setting.assign(row, setting.town, "01.01.2020", "31.12.2199")
        setting.assign(row, setting.town, "01.01.2030", field=field, role="deputy")
    before = everything()

    content = kind.written(export.HEADER, export.rows(setting.office, today()))
    for choices in ({}, {"clears_empty": "on"}):
        page = upload(client, content, office=setting.office, **choices)
        assert [kind for _number, kind in outcomes(page)] == ["unchanged"] * 3, page.context["upload"].outcomes
    assert everything() == before
    ContactImport.objects.all().delete()


@pytest.mark.parametrize("kind", [csv, xlsx])
def test_fields_with_a_separator_in_their_names_come_in_again(setting: Setting, client: Client, kind: Any) -> None:
    for name in ("Arbeit | Bildung", "Arbeit", "Bildung"):
        field = FieldOfActionFactory(office=setting.office, name=name)
        setting.ada.field_links.create(field=field)
        if name != "Arbeit | Bildung":
            setting.ben.field_links.create(field=field)

    content = kind.written(export.HEADER, export.rows(setting.office, today()))

    page = upload(client, content, office=setting.office)
    assert outcomes(page) == [(2, "unchanged"), (3, "unchanged")]


def test_names_of_fields_are_read_as_one_before_they_are_parted() -> None:
    assert columns.among("A | B", ["A", "B", "A | B"]) == ["A | B"]


@pytest.mark.parametrize(("file_format", "begin"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_contacts_are_given_out_in_the_admin(setting: Setting, client: Client, file_format: str, begin: bytes) -> None:
    answer = client.get(address("contactimport_export"), {"stelle": setting.office.slug, "format": file_format})

    assert answer.content.startswith(begin)
    assert setting.office.slug in answer["Content-Disposition"]


# -- The command --------------------------------------------------------------------------------------------------


def test_command_does_the_same(setting: Setting, tmp_path: Path) -> None:
    file, output = tmp_path / "liste.csv", StringIO()
    file.write_bytes(SHEET.encode("cp1252"))

    call_command("import_contacts", file, "--office", setting.office.slug, "--dry-run", stdout=output)
    assert not Person.objects.filter(family_name="Übung").exists()
    call_command("import_contacts", file, "--office", setting.office.slug, stdout=output)

    assert "import_contacts" in history_of(Person.objects.get(family_name="Übung"))[0].actor
    assert "2 neu" in output.getvalue()


def test_command_names_refused_rows_and_changes_nothing(setting: Setting, tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text(SHEET.replace("Bedorf", "Xanadu"))
    before = everything()

    with pytest.raises(CommandError, match="Zeile 3"):
        call_command("import_contacts", file, "--office", setting.office.slug)
    assert everything() == before

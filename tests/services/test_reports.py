"""Figures and annual reports on their pages: begun, written, frozen, made again, compared with last year's."""

import ctypes
import datetime
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from threading import Barrier, Event
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import time_machine
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from common import personal_data
from common.periods import BERLIN, period
from common.verbs import NotPossible
from contacts.models import ContactPerson, FieldOfAction, Office, OfficeTask, Person
from forums.models import Forum
from municipalities.models import Municipality, Succession
from services import report_text
from services.exports import report as document
from services.measures import BY_KEY
from services.models import Delivery, Feedback, MeetingEffort, Report, ReportBlock, ServiceRequest
from services.models.reports import Damaged
from services.report_erasure import erase_names
from tests import roles
from tests.factories import (
    DeliveryFactory,
    FeedbackFactory,
    MeetingFactory,
    MunicipalityFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
)
from tests.forums.test_minutes_text import words_of
from tests.roles import World

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 12, 14, 10, 0, tzinfo=BERLIN)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def world() -> World:
    """Whose own request, delivery and report lie years back."""
    with time_machine.travel(datetime.datetime(2020, 2, 3, 10, 0, tzinfo=BERLIN), tick=False):
        world = roles.world()
    for model in (Delivery, MeetingEffort, Feedback, Report):
        model.objects.all().delete()
    return world


@pytest.fixture
def office(world: World) -> Office:
    return world.this[Office]


@pytest.fixture
def lead(world: World) -> Client:
    return world.client("lead")


def received(world: World, town: Municipality, when: datetime.datetime, **fields: Any) -> ServiceRequest:
    offering = fields.pop("offering", None) or ServiceOfferingFactory.create(office=world.this[Office])
    request = ServiceRequestFactory.create(offering=offering, municipality=town, **fields)
    request.submit(when)
    return request


def at(month: int, year: int = 2026) -> datetime.datetime:
    return datetime.datetime(year, month, 10, 9, 0, tzinfo=BERLIN)


def frozen(office: Office, year: int, when: datetime.datetime = NOW) -> Report:
    report = Report.begin(office, year, when.date())
    report.freeze(when, by=None)
    return Report.objects.get(pk=report.pk)


# -- The page of the figures ----------------------------------------------------------------------------------------


def test_picture_and_table_say_the_same(world: World, lead: Client) -> None:
    town = world.this[Municipality]
    for when in (at(2), at(3), at(5, 2025)):
        received(world, town, when)
    response = lead.get("/kennzahlen/")
    compared = response.context["compared"]
    [place] = [number for number, (name, _cells) in enumerate(compared.rows) if name == town.name]
    line = compared.picture.lines[place]
    assert compared.rows[place][1] == ["2", "1", "+1"]
    assert (line.now.label, line.before.label) == ("2", "1")
    assert line.now.width == 2 * line.before.width
    text = response.content.decode()
    assert 'role="img" aria-labelledby="bars-title bars-text"' in text
    assert text.count("<caption") == text.count("<table")


@pytest.mark.parametrize("by", ["kommune", "leistung", "handlungsfeld", "aufgabe", "person", "quartal"])
def test_figures_are_shown_by_each_of_their_dimensions(world: World, lead: Client, by: str) -> None:
    received(world, world.this[Municipality], at(2))
    response = lead.get(f"/kennzahlen/?nach={by}&groesse=stunden&jahr=2026&quartal=1")
    assert response.status_code == 200
    assert response.context["tables"][0].total[0] == "1"


def test_what_the_address_misspells_is_said_and_what_is_shown_at_first_is_shown(lead: Client) -> None:
    response = lead.get("/kennzahlen/?nach=sterne&jahr=1066")
    assert set(response.context["form"].errors) == {"nach", "jahr"}
    assert response.context["form"].span.year == 2026


def test_quarter_and_year_hold_different_numbers(world: World, lead: Client) -> None:
    received(world, world.this[Municipality], at(2))
    spring, summer = (lead.get(f"/kennzahlen/?quartal={n}").context["tables"][0].total[0] for n in (1, 3))
    assert (spring, summer) == ("1", "0")


def test_files_hold_all_towns_with_their_keys_and_numbers(world: World, lead: Client) -> None:
    town = world.this[Municipality]
    DeliveryFactory.create(office=world.this[Office], municipality=town, hours=Decimal("3.50"))
    lines = lead.get("/kennzahlen/?format=csv").content.decode("utf-8-sig").splitlines()
    [row] = [line.split(";") for line in lines if f";{town.ags};" in line]
    assert row[3] == town.name
    assert "3,50" in row
    assert lead.get("/kennzahlen/?format=xlsx").content.startswith(b"PK")


def test_quarter_hours_are_the_same_wherever_they_are_shown(world: World, lead: Client) -> None:
    for hours in ("0.25", "3.50"):
        DeliveryFactory.create(office=world.this[Office], municipality=world.this[Municipality], hours=Decimal(hours))
    page = lead.get("/kennzahlen/?groesse=stunden")
    [hours] = [
        shown
        for table in page.context["tables"]
        for label, shown in zip(table.head, table.total, strict=True)
        if label == BY_KEY["stunden"].label
    ]
    assert hours == page.context["compared"].total[0] == "3,75"
    assert "3,75" in lead.get("/kennzahlen/?format=csv").content.decode().splitlines()[-1].split(";")
    assert BY_KEY["antwortzeit"].in_words(Decimal("2.25")) == "2,3"  # rounded, not cut off


def test_file_says_whose_and_when(office: Office, lead: Client) -> None:
    response = lead.get("/kennzahlen/?format=csv&quartal=3")
    assert f'"kennzahlen-{office.slug}-2026-q3.csv"' in response["Content-Disposition"]
    assert response.content.decode().splitlines()[-1].startswith(f"{office.name};3. Quartal 2026;;")
    whole = lead.get("/kennzahlen/?format=csv").content.decode().splitlines()[-1]
    assert whole.startswith(f"{office.name};2026 bis 14.12.2026;;")


def test_year_that_runs_is_said_to_beside_a_whole_one(lead: Client) -> None:
    running = "2025 zählt ganz, 2026 bis 14.12.2026 ist noch nicht zu Ende."
    assert running in lead.get("/kennzahlen/").content.decode()
    assert "noch nicht zu Ende" not in lead.get("/kennzahlen/?jahr=2025").content.decode()


def test_long_names_that_begin_alike_are_told_apart_in_the_picture(world: World, lead: Client) -> None:
    for end in ("der Kommunen", "der Vereine"):
        offering = ServiceOfferingFactory.create(
            office=world.this[Office], title=f"Fachberatung zur Weiterentwicklung {end}"
        )
        received(world, world.this[Municipality], at(2), offering=offering)
    lines = lead.get("/kennzahlen/?nach=leistung").context["compared"].picture.lines
    names = {" ".join(part.text for part in line.name) for line in lines}
    assert {f"Fachberatung zur Weiterentwicklung {end}" for end in ("der Kommunen", "der Vereine")} <= names


def test_feedback_is_shown_to_the_office_with_distribution_and_remarks(world: World, lead: Client) -> None:
    request = received(world, world.this[Municipality], at(2))
    FeedbackFactory.create(request=request, helped=2, remark="Bitte mehr Zeit für Fragen.", given_at=at(3))
    response = lead.get("/kennzahlen/?nach=leistung&jahr=2026")
    [(name, _question, counts), _second] = response.context["distribution"]
    assert (name, counts) == (request.offering.title, ["0", "1", "0", "0", "0"])
    assert "Bitte mehr Zeit für Fragen." in response.content.decode()
    other = world.client("other_coordinator").get("/kennzahlen/")
    assert "Bitte mehr Zeit" not in other.content.decode()


def test_figures_page_costs_the_same_queries_with_many_rows(
    world: World, lead: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def fill() -> None:
        town = MunicipalityFactory.create(district=world.this[Municipality].district)
        FeedbackFactory.create(request=received(world, town, at(2)), remark="Gut.", given_at=at(3))
        DeliveryFactory.create(office=world.this[Office], municipality=town)

    fill()
    with django_assert_max_num_queries(30) as first:
        lead.get("/kennzahlen/")
    for _ in range(9):
        fill()
    with django_assert_max_num_queries(len(first)):
        assert lead.get("/kennzahlen/").context["tables"][0].total[0] == "10"


# -- Begun and written ----------------------------------------------------------------------------------------------


def test_report_begins_half_written(world: World, office: Office, lead: Client) -> None:
    field, forum = world.this[FieldOfAction], world.this[Forum]
    DeliveryFactory.create(office=office, field=field, municipality=world.this[Municipality], result="Gut besucht.")
    MeetingFactory.create(forum=forum, starts_at=at(3)).hold()
    response = lead.post("/berichte/neu/", {"office": office.pk, "year": 2026})
    report = Report.objects.get()
    assert response["Location"] == report.get_absolute_url()
    parts = {block.heading: block.text for block in report.blocks.all()}
    assert list(parts) == [
        "Aufgaben und Ziele",
        f"Durchführung: {field.name}",
        "Netzwerkarbeit",
        "Was gelungen ist",
        "Was sich ändert",
        "Ausblick",
    ]
    assert world.this[OfficeTask].name in parts["Aufgaben und Ziele"]
    assert "20.03.2026" in parts[f"Durchführung: {field.name}"]
    assert "Gut besucht." in parts[f"Durchführung: {field.name}"]
    assert f"{forum.name}: " in parts["Netzwerkarbeit"]


@pytest.mark.parametrize(("more", "last"), [(0, "20.03.2026"), (1, "… und 1 weitere"), (2, "… und 2 weitere")])
def test_part_says_how_much_more_was_done_than_it_lists(office: Office, more: int, last: str) -> None:
    for _number in range(report_text.MOST_LINES + more):
        DeliveryFactory.create(office=office)
    [done] = [text for heading, text in report_text.first_parts(office, 2026) if heading == "Durchführung"]
    lines = done.splitlines()
    assert lines[-1].startswith(f"- {last}")
    assert len(lines) == report_text.MOST_LINES + bool(more)


def test_only_one_report_on_a_year_is_written_at_a_time_and_none_on_a_year_to_come(office: Office) -> None:
    Report.begin(office, 2026, TODAY)
    with pytest.raises(NotPossible):
        Report.begin(office, 2026, TODAY)
    with pytest.raises(NotPossible):
        Report.begin(office, 2027, TODAY)


def test_parts_are_written_added_and_deleted(office: Office, lead: Client) -> None:
    report = Report.begin(office, 2026, TODAY)
    block = report.blocks.get(heading="Ausblick")
    address = f"{report.get_absolute_url()}abschnitte/{block.pk}/"
    written = {"heading": "Ausblick", "text": "- Mehr **Vorträge**", "position": block.position}
    lead.post(address, written | {"seen_version": block.version})
    assert "<strong>Vorträge</strong>" in lead.get(report.get_absolute_url()).content.decode()
    late = lead.post(address, written | {"text": "Anders", "seen_version": block.version})
    assert "text" in late.context["form"].errors  # the second writer sees what the first one saved
    lead.post(f"{report.get_absolute_url()}abschnitte/neu/", {"heading": "Dank", "text": "An alle.", "position": 99})
    added = report.blocks.get(heading="Dank")
    assert report.blocks.last() == added
    lead.post(f"{report.get_absolute_url()}abschnitte/{added.pk}/loeschen/", {"version": added.version})
    assert not report.blocks.filter(pk=added.pk).exists()


def test_what_was_written_while_somebody_froze_the_report_is_not_lost(office: Office, lead: Client) -> None:
    report = Report.begin(office, 2026, TODAY)
    block = report.blocks.get(heading="Ausblick")
    report.freeze(NOW, by=None)
    typed = {"heading": "Ausblick", "text": "Eine halbe Stunde Arbeit.", "seen_version": block.version, "position": 1}
    for address in (f"abschnitte/{block.pk}/", "abschnitte/neu/"):
        answer = lead.post(report.get_absolute_url() + address, typed)
        assert answer.context["form"].errors
        assert "Eine halbe Stunde Arbeit." in answer.content.decode()
        assert lead.get(report.get_absolute_url() + address).status_code == 404
    assert not report.blocks.filter(text="Eine halbe Stunde Arbeit.").exists()


def test_staff_reads_and_leads_write(world: World, office: Office) -> None:
    report = Report.begin(office, 2026, TODAY)
    coordinator, other = world.client("coordinator"), world.client("other_coordinator")
    page = report.get_absolute_url()
    assert [client.get(page).status_code for client in (coordinator, other)] == [200, 404]
    assert [client.get(f"{page}sachbericht.pdf").status_code for client in (coordinator, other)] == [200, 404]
    for action in ("festschreiben/", "neue-fassung/", "abschnitte/neu/"):
        statuses = [client.post(page + action).status_code for client in (coordinator, other)]
        assert statuses == [403, 404], action


# -- The document ---------------------------------------------------------------------------------------------------


def test_document_is_accessible_and_says_all(world: World, office: Office) -> None:
    received(world, world.this[Municipality], at(2))
    report = Report.begin(office, 2026, TODAY)
    ReportBlock.objects.filter(report=report, heading="Ausblick").update(text="Mehr **Vorträge** in den Orten.")
    pdf = report.document(TODAY)
    assert b"pdfuaid:part" in pdf
    assert any(world.this[Municipality].name in said and "1 (0)" in said for said in alternatives(pdf))
    said = words_of(pdf)
    for text in ("Sachbericht 2026", office.name, "Stand: 14.12.2026", "Seite 1 von", "Entwurf", "Vorträge"):
        assert text in said, text
    assert world.this[Municipality].name in said


def test_document_says_what_must_be_known_before_its_numbers_are_read(office: Office) -> None:
    frozen(office, 2025, datetime.datetime(2026, 1, 15, 10, 0, tzinfo=BERLIN))
    Office.objects.filter(pk=office.pk).update(is_invented=True)
    said = words_of(Report.begin(office, 2026, TODAY).document(TODAY))
    for text in (
        "Erfundenes Beispiel",
        "2026 bis 14.12.2026 ist noch nicht zu Ende",
        "festgeschrieben mit Stand 15.01.2026",
    ):
        assert text in said, text


def test_document_is_german_whatever_language_it_is_asked_in(world: World, office: Office, lead: Client) -> None:
    received(world, world.this[Municipality], at(2), assigned_to=None)
    report = Report.begin(office, 2026, TODAY)
    pages = [lead.get(f"{way}{report.get_absolute_url()}sachbericht.pdf") for way in ("", "/en")]
    assert words_of(pages[0].content) == words_of(pages[1].content)


def alternatives(pdf: bytes) -> list[str]:
    """What stands for the pictures of the document."""
    file = pypdfium2.PdfDocument(pdf)
    found: list[str] = []

    def look(element: Any) -> None:
        buffer = ctypes.create_string_buffer(4000)
        length = pdfium.FPDF_StructElement_GetAltText(element, buffer, len(buffer))
        found.append(buffer.raw[: max(length - 2, 0)].decode("utf-16-le"))
        for number in range(pdfium.FPDF_StructElement_CountChildren(element)):
            if child := pdfium.FPDF_StructElement_GetChildAtIndex(element, number):
                look(child)

    for page in file:
        tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
        for number in range(pdfium.FPDF_StructTree_CountChildren(tree)):
            look(pdfium.FPDF_StructTree_GetChildAtIndex(tree, number))
        pdfium.FPDF_StructTree_Close(tree)
    return [text for text in found if text]


# -- Frozen ---------------------------------------------------------------------------------------------------------


def test_frozen_report_keeps_its_figures_texts_and_document(world: World, office: Office, lead: Client) -> None:
    town = world.this[Municipality]
    received(world, town, at(2))
    report = Report.begin(office, 2026, TODAY)
    page = report.get_absolute_url()
    lead.post(f"{page}festschreiben/", {"version": report.version})
    report = Report.objects.get()
    first = lead.get(f"{page}sachbericht.pdf").content

    received(world, town, at(4))
    Municipality.objects.filter(pk=town.pk).update(name="Umbenannt")
    Person.objects.update(family_name="Anders")
    Office.objects.filter(pk=office.pk).update(name="Neue Stelle")

    assert (report.as_of, report.frozen_by) == (TODAY, world.users["lead"])
    assert lead.get(f"{page}sachbericht.pdf").content == first
    assert "Entwurf" not in words_of(first)
    shown = lead.get(page)
    assert shown.context["tables"][0].total[0] == "1"
    assert "Umbenannt" not in shown.content.decode()
    assert report.checksum in shown.content.decode()


def test_report_is_made_again_from_its_frozen_figures(world: World, office: Office) -> None:
    received(world, world.this[Municipality], at(2))
    report = frozen(office, 2026)
    received(world, world.this[Municipality], at(3))
    assert document.pdf(report.figures) == bytes(report.pdf)
    report.pdf = b"%PDF damaged"
    assert report.document(TODAY) == document.pdf(report.figures)


def test_report_that_does_not_match_its_checksum_is_not_handed_out(office: Office, lead: Client) -> None:
    report = frozen(office, 2026)
    report.checksum = "0" * 64
    with pytest.raises(Damaged):
        report.document(TODAY)


def test_frozen_report_can_neither_be_changed_nor_deleted(office: Office) -> None:
    report = frozen(office, 2026)
    for change in ({"figures": {}}, {"pdf": b"%PDF"}, {"checksum": "1"}, {"as_of": TODAY + datetime.timedelta(1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Report.objects.filter(pk=report.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportBlock.objects.filter(report=report).update(text="anders")
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=report.pk)._raw_delete("default")
    with pytest.raises(NotPossible):
        report.freeze(NOW, by=None)


@pytest.mark.django_db(transaction=True)
def test_part_is_not_deleted_while_the_report_is_being_frozen(office: Office) -> None:
    report = Report.begin(office, 2026, TODAY)
    frozen, tried = Event(), Event()

    def freeze() -> None:
        try:
            with transaction.atomic():
                Report.objects.get(pk=report.pk).freeze(NOW, by=None)
                frozen.set()
                tried.wait(1)  # whoever deletes has to wait longer
        finally:
            connections.close_all()

    def delete() -> str:
        frozen.wait(20)
        try:
            ReportBlock.objects.filter(report=report).delete()
        except IntegrityError as refusal:
            return str(refusal)
        finally:
            tried.set()
            connections.close_all()
        return ""

    with ThreadPoolExecutor(2) as pool:
        freezing, deleting = pool.submit(freeze), pool.submit(delete)
    freezing.result()
    assert "the report is frozen" in deleting.result()
    report.refresh_from_db()
    assert len(report.figures["parts"]) == report.blocks.count() > 0


@pytest.mark.django_db(transaction=True)
def test_two_who_freeze_at_once_make_one_frozen_edition(office: Office) -> None:
    report = Report.begin(office, 2026, TODAY)
    both = Barrier(2, timeout=20)

    def freeze(_number: int) -> bool:
        try:
            own = Report.objects.get(pk=report.pk)
            both.wait()
            own.freeze(NOW, by=None)
        except NotPossible:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(freeze, range(2))) == [False, True]
    [stored] = Report.objects.filter(office=office, year=2026)
    assert (stored.is_frozen, stored.edition) == (True, 1)


@contextmanager
def request_coming_in_between(world: World) -> Iterator[list[str]]:
    """As soon as requests were counted once, another connection commits one more."""
    submitted: list[str] = []

    def submit() -> None:
        try:
            submitted.append(received(world, world.this[Municipality], at(11)).reference)
        finally:
            connections.close_all()

    def watch(execute: Any, sql: str, *args: Any) -> Any:
        result = execute(sql, *args)
        if "GROUPING SETS" in sql and not submitted:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(submit).result(20)
        return result

    with connection.execute_wrapper(watch):
        yield submitted


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["/kennzahlen/?nach=quartal", "report", "freeze"])
def test_tables_agree_while_a_request_comes_in(world: World, office: Office, lead: Client, page: str) -> None:
    received(world, world.this[Municipality], at(11))
    report = Report.begin(office, 2026, TODAY)
    address = report.get_absolute_url()
    with request_coming_in_between(world) as submitted:
        if page == "freeze":
            version = Report.objects.get().version
            assert lead.post(f"{address}festschreiben/", {"version": version}).status_code == 302
        else:
            shown = lead.get(f"{address}?nach=quartal" if page == "report" else page).context["tables"]
    assert len(submitted) == 1
    if page == "freeze":
        content = Report.objects.get().figures
        sums = [sum(row["values"]["received"] for row in rows) for rows in content["figures"]["rows"].values()]
        assert [content["figures"]["total"]["received"], *sums] == [1] * (1 + len(sums))
    else:
        assert sum(int(row[1][0]) for row in shown[0].rows) == int(shown[0].total[0]) == 1


def test_new_edition_begins_with_the_texts_of_the_last_one(world: World, office: Office, lead: Client) -> None:
    report = Report.begin(office, 2026, TODAY)
    ReportBlock.objects.filter(report=report, heading="Ausblick").update(text="Wie gehabt.")
    report.freeze(NOW, by=None)
    received(world, world.this[Municipality], at(11))
    version = Report.objects.get().version
    lead.post(f"{report.get_absolute_url()}neue-fassung/", {"version": version})
    second = Report.objects.get(edition=2)
    assert second.blocks.get(heading="Ausblick").text == "Wie gehabt."
    names = [lead.get(f"{each.get_absolute_url()}sachbericht.pdf")["Content-Disposition"] for each in (report, second)]
    assert len(set(names)) == 2
    totals = [lead.get(each.get_absolute_url()).context["tables"][0].total[0] for each in (report, second)]
    assert totals == ["0", "1"]


# -- Compared with last year's --------------------------------------------------------------------------------------


def test_report_stands_beside_last_years_though_towns_merged_and_people_left(
    world: World, office: Office, lead: Client
) -> None:
    old, new = world.this[Municipality], MunicipalityFactory.create(district=world.this[Municipality].district)
    leaver = world.this[ContactPerson]
    for _ in range(3):
        request = received(world, old, at(5, 2025))
        request.assign(leaver, at(5, 2025), by=None)
        request.complete(at(6, 2025), by=None)
    then = leaver.person.name
    frozen(office, 2025, datetime.datetime(2026, 1, 15, 10, 0, tzinfo=BERLIN))
    received(world, old, at(6, 2025))  # entered too late for the frozen report

    Succession.objects.create(
        predecessor=old, successor=new, took_effect_on=datetime.date(2026, 1, 1), kind=Succession.Kind.MERGED
    )
    Municipality.objects.filter(pk=old.pk).update(period=period(None, datetime.date(2025, 12, 31)))
    leaver.assignments.all().delete()
    ContactPerson.objects.filter(pk=leaver.pk).update(period=period(None, datetime.date(2025, 12, 31)))
    Person.objects.filter(pk=leaver.person_id).update(family_name="Geheiratet")
    received(world, new, at(2))
    report = Report.begin(office, 2026, TODAY)

    by_town = lead.get(f"{report.get_absolute_url()}?nach=kommune").context["compared"]
    by_person = lead.get(f"{report.get_absolute_url()}?nach=person").context["compared"]

    assert dict(by_town.rows)[new.name] == ["1", "3", "−2"]
    assert old.name not in dict(by_town.rows)
    assert dict(by_person.rows)[then] == ["0", "3", "−3"]
    assert by_town.total[:2] == ["1", "3"]


def test_frozen_comparison_does_not_follow_later_changes(world: World, office: Office) -> None:
    old, new = world.this[Municipality], MunicipalityFactory.create(district=world.this[Municipality].district)
    received(world, old, at(5, 2025))
    report = frozen(office, 2026)
    before = document.pdf(report.figures)
    Succession.objects.create(predecessor=old, successor=new, took_effect_on=at(1).date(), kind="merged")
    again = Report.objects.get(pk=report.pk)
    assert document.pdf(again.content(TODAY)) == before
    assert [pair.before.received for pair in report_text.pairs_of(again.figures, "town") if pair.key == old.ags] == [1]


# -- Erasure --------------------------------------------------------------------------------------------------------


def test_erased_name_leaves_frozen_reports_with_a_note_and_a_new_checksum(world: World, office: Office) -> None:
    post = world.this[ContactPerson]
    name = post.person.name
    received(world, world.this[Municipality], at(2)).assign(post, at(2), by=None)
    report = Report.begin(office, 2026, TODAY)
    ReportBlock.objects.filter(report=report, heading="Ausblick").update(text=f"Dank an {name}.")
    report.freeze(NOW, by=None)
    before = Report.objects.get()
    assert name in words_of(bytes(before.pdf))

    erase_names(Report.objects.all(), personal_data.people("contacts.Person", [post.person_id]))

    after = Report.objects.get()
    assert name not in words_of(bytes(after.pdf)) + str(after.figures)
    assert "wurde hier ein Name gelöscht" in words_of(bytes(after.pdf))
    assert after.checksum != before.checksum
    assert after.document(TODAY) == bytes(after.pdf)


# -- On the request's page ------------------------------------------------------------------------------------------


def test_office_sees_at_the_request_what_was_done_and_how_it_was_and_the_town_hall_does_not(world: World) -> None:
    request = received(world, world.this[Municipality], at(2))
    DeliveryFactory.create(office=request.office, request=request, result="Der Saal war voll.")
    FeedbackFactory.create(request=request, remark="Gern wieder.")
    shown = world.client("coordinator").get(request.get_absolute_url()).content.decode()
    assert "Der Saal war voll." in shown
    assert "Gern wieder." in shown
    assert f"{request.get_absolute_url()}durchfuehrung/" in shown
    assert "Der Saal war voll." not in world.client("town_hall").get(request.get_absolute_url()).content.decode()

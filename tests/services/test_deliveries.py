"""What was done: recorded for a request or without, listed, corrected; effort at meetings; a forum founded."""

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from common.outbox import Message
from common.periods import BERLIN, ONE_DAY, today
from contacts.models import ContactPerson, FieldOfAction, Office, OfficeTask
from forums.models import Forum, Meeting
from municipalities.models import Municipality
from services import figures
from services.forms.deliveries import AmountField
from services.models import Delivery, MeetingEffort, RequestEntry, ServiceOffering, ServiceRequest
from services.models.requests import TOLD
from tests import roles
from tests.factories import (
    DeliveryFactory,
    FieldOfActionFactory,
    MeetingFactory,
    MunicipalityFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
    TargetGroupFactory,
)
from tests.roles import World

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=BERLIN)
KEY = uuid.UUID(int=7)
TYPED = {"held_on": "20.03.2026", "hours": "3,5"}


@pytest.fixture
def world() -> World:
    world = roles.world()
    Delivery.objects.all().delete()  # those of the world
    MeetingEffort.objects.all().delete()
    return world


@pytest.fixture
def client(world: World) -> Client:
    return world.client("coordinator")


def request_of(world: World, kind: str = "talk", **fields: Any) -> ServiceRequest:
    this = world.this
    offering = ServiceOfferingFactory.create(
        office=this[Office], kind=kind, task=this[OfficeTask], counts_for=this[FieldOfAction]
    )
    request = ServiceRequestFactory.create(offering=offering, municipality=this[Municipality], **fields)
    request.submit(AT)
    return request


def page(request: ServiceRequest) -> str:
    return f"/anfragen/{request.reference}/durchfuehrung/"


# -- Recorded ------------------------------------------------------------------------------------------------------


def test_form_is_filled_in_from_the_request_and_its_offering(world: World, client: Client) -> None:
    request = request_of(world, place="Bürgersaal")
    form = client.get(page(request)).context["form"]
    shown = {name: form[name].value() for name in ("offering", "municipality", "post", "field", "task")}
    assert shown == {
        "offering": request.offering_id,
        "municipality": request.municipality_id,
        "post": request.assigned_to_id,
        "field": request.offering.counts_for_id,
        "task": request.offering.task_id,
    }
    assert request.assigned_to is not None
    # What whoever asked wrote goes in time; what the office records stays.
    assert not form["place"].value()
    assert "In der Anfrage steht: Bürgersaal" in form["place"].help_text


def test_what_is_typed_is_recorded_and_counts(world: World, client: Client) -> None:
    request = request_of(world)
    more = {
        "cost": "1.120,50",
        "participants": "25",
        "place": "Rathaus",
        "result": "Gut angekommen.",
        "cooperation": "VHS",
    }
    keys = {
        "offering": request.offering_id,
        "municipality": request.municipality_id,
        "field": request.offering.counts_for_id,
        "task": request.offering.task_id,
    }
    response = client.post(page(request), TYPED | more | keys)
    assert response["Location"] == request.get_absolute_url()
    delivery = Delivery.objects.get()
    assert (delivery.request, delivery.office, delivery.held_on) == (
        request,
        request.office,
        datetime.date(2026, 3, 20),
    )
    assert (delivery.hours, delivery.cost, delivery.participants) == (Decimal("3.50"), Decimal("1120.50"), 25)
    assert (delivery.result, delivery.cooperation, delivery.task) == ("Gut angekommen.", "VHS", request.offering.task)
    total = figures.of(request.office, figures.Span(2026), datetime.date(2026, 4, 1), ()).total
    assert (total.deliveries, total.hours) == (1, Decimal("3.50"))


def test_what_is_wrong_stands_beside_the_field_and_the_rest_is_kept(world: World, client: Client) -> None:
    response = client.post(page(request_of(world)), {"held_on": "31.02.2026", "hours": "-1", "place": "Rathaus"})
    form = response.context["form"]
    assert set(form.errors) == {"held_on", "hours"}
    assert form["place"].value() == "Rathaus"
    assert not Delivery.objects.exists()


def test_what_is_still_to_come_is_not_recorded(world: World, client: Client) -> None:
    tomorrow = today() + ONE_DAY
    response = client.post(page(request_of(world)), TYPED | {"held_on": f"{tomorrow:%d.%m.%Y}"})
    assert response.context["form"].errors["held_on"] == [
        "Dieser Tag liegt noch in der Zukunft. Bitte erfassen Sie eine Durchführung erst, wenn sie stattgefunden hat."
    ]
    assert not Delivery.objects.exists()
    assert client.post(page(request_of(world)), TYPED | {"held_on": f"{today():%d.%m.%Y}"}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3,5", "3.5"),
        ("3.5", "3.5"),
        ("1.120", "1120"),
        ("1.120,50", "1120.50"),
        ("1,120.50", "1120.50"),
        ("12 €", "12"),
    ],
)
def test_amounts_are_understood_as_people_type_them(typed: str, meant: str) -> None:
    assert AmountField(max_digits=10).clean(typed) == Decimal(meant)


def test_rows_of_another_office_cannot_be_chosen(world: World, client: Client) -> None:
    foreign = {
        "offering": ServiceOfferingFactory.create(office=world.other[Office]).pk,
        "municipality": world.other[Municipality].pk,
        "post": world.other[ContactPerson].pk,
        "field": world.other[FieldOfAction].pk,
        "task": world.other[OfficeTask].pk,
    }
    errors = client.post(page(request_of(world)), TYPED | foreign).context["form"].errors
    assert set(errors) == set(foreign)


def test_without_a_request_something_is_recorded_for_ones_own_office(world: World, client: Client) -> None:
    client.post("/durchfuehrungen/neu/", TYPED)
    assert Delivery.objects.get().office == world.this[Office]
    assert client.get(f"/durchfuehrungen/neu/?stelle={world.other[Office].slug}").status_code == 404


@pytest.mark.parametrize("role", ["town_hall", "other_coordinator"])
def test_only_the_office_records(world: World, role: str) -> None:
    request = request_of(world)
    status = {"town_hall": 403, "other_coordinator": 404}[role]
    assert world.client(role).post(page(request), TYPED).status_code == status
    assert not Delivery.objects.exists()


def test_written_statement_goes_to_who_asked(world: World, client: Client, settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path
    request = request_of(world, kind="statement")
    statement = SimpleUploadedFile("Stellungnahme.pdf", b"%PDF-1.7 Stellungnahme")
    client.post(page(request), TYPED | {"statement": statement})
    entry = RequestEntry.objects.public().get(request=request, kind="file")
    [file] = entry.files.all()
    assert (file.file_name, file.request, entry.side) == ("Stellungnahme.pdf", request, "office")
    assert Message.objects.filter(occasion=TOLD, about=entry.pk, to=request.pk).exists()
    assert Delivery.objects.get().request == request


def test_what_was_done_is_recorded_once_who_asked_is_forgotten_and_goes_to_nobody(
    world: World, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.FILES_ROOT = tmp_path
    request = request_of(world, kind="statement")
    request.complete(AT, by=None)
    forgotten = {"requester_name": "", "requester_email": "", "account": None, "forgotten_at": AT}
    ServiceRequest.objects.filter(pk=request.pk).update(**forgotten)
    assert page(request) in client.get(request.get_absolute_url()).content.decode()
    assert "statement" not in client.get(page(request)).context["form"].fields
    statement = SimpleUploadedFile("Stellungnahme.pdf", b"%PDF-1.7 Stellungnahme")
    assert client.post(page(request), TYPED | {"statement": statement}).status_code == 302
    assert request.deliveries.count() == 1
    assert not request.files.exists()


@pytest.mark.django_db(transaction=True)
def test_form_sent_twice_at_once_records_one_delivery(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path
    world = roles.world()
    Delivery.objects.all().delete()
    request = request_of(world, kind="statement")
    session = world.client("coordinator").cookies

    def send(_number: int) -> int:
        client = Client()
        client.cookies = session
        pdf = SimpleUploadedFile("stellungnahme.pdf", b"%PDF-1.7 leer")
        try:
            return client.post(page(request), TYPED | {"key": str(KEY), "statement": pdf}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {302}
    assert request.deliveries.count() == 1
    assert request.entries.filter(kind="file").count() == 1


def test_only_statements_are_uploaded(world: World, client: Client) -> None:
    assert "statement" not in client.get(page(request_of(world))).context["form"].fields
    refused = client.post(
        page(request_of(world, kind="statement")),
        TYPED | {"statement": SimpleUploadedFile("seite.pdf", b"<html></html>")},
    )
    assert set(refused.context["form"].errors) == {"statement"}
    assert not Delivery.objects.exists()


# -- Listed, corrected, deleted -------------------------------------------------------------------------------------


def test_list_is_narrowed_by_its_filters(world: World, client: Client) -> None:
    this = world.this
    offering = ServiceOfferingFactory.create(office=this[Office])
    found = DeliveryFactory.create(
        office=this[Office],
        municipality=this[Municipality],
        offering=offering,
        field=this[FieldOfAction],
        task=this[OfficeTask],
        post=this[ContactPerson],
        result="Neues Netzwerk",
    )
    DeliveryFactory.create(office=this[Office], held_on=datetime.date(2025, 5, 1))
    for query in (
        "jahr=2026",
        f"kommune={this[Municipality].ags}",
        f"leistung={offering.pk}",
        f"handlungsfeld={this[FieldOfAction].pk}",
        f"aufgabe={this[OfficeTask].pk}",
        f"person={this[ContactPerson].pk}",
        "q=netzwerk",
    ):
        assert client.get(f"/durchfuehrungen/?{query}").context["rows"] == [found], query
    assert len(client.get("/durchfuehrungen/").context["rows"]) == 2


def test_other_offices_see_nothing_of_it(world: World) -> None:
    row = DeliveryFactory.create(office=world.this[Office], result="Internes Ergebnis")
    other = world.client("other_coordinator")
    assert other.get("/durchfuehrungen/").context["rows"] == []
    assert "Internes Ergebnis" not in other.get("/durchfuehrungen/?format=csv").content.decode()
    for address in (row.get_absolute_url(), f"{row.get_absolute_url()}loeschen/"):
        assert other.get(address).status_code == 404


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_list_comes_as_a_file(world: World, client: Client, file_format: str) -> None:
    amounts = {"hours": Decimal("3.50"), "cost": Decimal("1120.00")}
    DeliveryFactory.create(office=world.this[Office], result="=1+1", municipality=world.this[Municipality], **amounts)
    response = client.get(f"/durchfuehrungen/?format={file_format}")
    assert response.status_code == 200
    if file_format == "csv":
        assert "'=1+1" in response.content.decode()
        assert "3,50;1120,00" in response.content.decode()
        assert world.this[Municipality].ags in response.content.decode()


def test_list_costs_the_same_queries_with_many_rows(
    world: World, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def fill() -> None:
        DeliveryFactory.create(
            office=world.this[Office],
            municipality=MunicipalityFactory.create(district=world.this[Municipality].district),
            request=request_of(world),
            post=world.this[ContactPerson],
        )

    fill()
    with django_assert_max_num_queries(18) as first:
        client.get("/durchfuehrungen/")
    for _ in range(9):
        fill()
    with django_assert_max_num_queries(len(first)):
        assert len(client.get("/durchfuehrungen/").context["rows"]) == 10


def test_second_writer_is_shown_what_the_first_one_saved(world: World, client: Client) -> None:
    row = DeliveryFactory.create(office=world.this[Office], place="Rathaus")
    Delivery.objects.filter(pk=row.pk).update(place="Schule")
    response = client.post(row.get_absolute_url(), TYPED | {"place": "Kirche", "seen_version": row.version})
    assert "Schule" in str(response.context["form"].errors["place"])
    assert Delivery.objects.get().place == "Schule"


def test_deleting_asks_first_and_not_what_changed_meanwhile(world: World, client: Client) -> None:
    row = DeliveryFactory.create(office=world.this[Office])
    address = f"{row.get_absolute_url()}loeschen/"
    assert client.get(address).status_code == 200
    client.post(address, {"version": row.version + 1})
    assert Delivery.objects.exists()
    client.post(address, {"version": row.version})
    assert not Delivery.objects.exists()


# -- Effort at meetings ---------------------------------------------------------------------------------------------


def held_meeting(world: World) -> Meeting:
    meeting = MeetingFactory.create(forum=world.this[Forum], starts_at=AT)
    meeting.hold()
    return meeting


def test_effort_is_noted_at_a_held_meeting_and_counts(world: World, client: Client) -> None:
    meeting = held_meeting(world)
    address = f"{meeting.get_absolute_url()}aufwand/"
    assert address in client.get(meeting.get_absolute_url()).content.decode()
    client.post(address, {"hours": "2,25", "cost": ""})
    client.post(address, {"hours": "4", "cost": "30", "seen_version": "1"})  # corrected later
    effort = MeetingEffort.objects.get()
    assert (effort.office, effort.hours, effort.cost) == (world.this[Office], Decimal("4"), Decimal("30"))
    total = figures.of(world.this[Office], figures.Span(2026), datetime.date(2026, 12, 31), ()).total
    assert (total.hours, total.cost) == (Decimal("4"), Decimal("30"))


def test_effort_stays_within_the_office(world: World, client: Client) -> None:
    meeting = held_meeting(world)
    MeetingEffort.objects.create(office=world.this[Office], meeting=meeting, hours=Decimal("7.77"))
    assert (
        "7,77" in client.get(meeting.get_absolute_url()).content.decode()
        or "7,8" in client.get(meeting.get_absolute_url()).content.decode()
    )
    clerk = world.client("town_hall")
    assert 'id="effort"' not in clerk.get(meeting.get_absolute_url()).content.decode()
    assert clerk.post(f"{meeting.get_absolute_url()}aufwand/", {"hours": "1"}).status_code == 403


def test_meeting_that_was_not_held_takes_no_effort(world: World, client: Client) -> None:
    meeting = world.this[Meeting]
    assert client.get(f"{meeting.get_absolute_url()}aufwand/").status_code == 403


# -- A forum asked for ----------------------------------------------------------------------------------------------


def asked_for_forum(world: World) -> ServiceRequest:
    request = request_of(world, kind="forum", subject="Runder Tisch Wohnen", concern="Wohnraum gemeinsam finden.")
    field, group = FieldOfActionFactory.create(office=request.office), TargetGroupFactory.create(office=request.office)
    request.offering.field_links.create(field=field)
    request.offering.target_group_links.create(target_group=group)
    request.complete(AT, by=None)
    return request


def test_new_forums_form_holds_all_that_is_known(world: World, client: Client) -> None:
    request = asked_for_forum(world)
    address = f"/foren/neu/?anfrage={request.reference}"
    assert address in client.get(request.get_absolute_url()).content.decode()
    form = client.get(address).context["form"]
    offering: ServiceOffering = request.offering
    assert form.instance.office == request.office
    assert form["name"].value() == "Runder Tisch Wohnen"
    assert form["purpose"].value() == "Wohnraum gemeinsam finden."
    assert form["towns"].value() == [request.municipality_id]
    assert form["fields"].value() == [field.pk for field in offering.fields.all()]
    assert form["target_groups"].value() == [group.pk for group in offering.target_groups.all()]
    assert form["task"].value() == offering.task_id


def test_request_remembers_the_forum_founded_for_it_once(world: World, client: Client) -> None:
    request = asked_for_forum(world)
    address = f"/foren/neu/?anfrage={request.reference}"
    response = client.post(address, {"kind": "round_table", "name": "Runder Tisch Wohnen"})
    request.refresh_from_db()
    assert request.forum is not None
    assert response["Location"] == request.forum.get_absolute_url()
    assert client.get(address).status_code == 404
    entry = request.entries.latest("pk")
    assert (entry.text, entry.is_internal) == ("Forum eingerichtet: Runder Tisch Wohnen", True)
    assert entry.by is not None


def test_forum_is_founded_only_for_a_completed_request_of_ones_office(world: World, client: Client) -> None:
    request = asked_for_forum(world)
    assert world.client("other_coordinator").get(f"/foren/neu/?anfrage={request.reference}").status_code == 404
    request.reopen(AT, by=None)
    talk = request_of(world)
    talk.complete(AT, by=None)
    for other in (request, talk):
        assert client.get(f"/foren/neu/?anfrage={other.reference}").status_code == 404

"""The catalogue: what the lists and pages of offerings show, to whom, and whom to ask."""

import csv
import datetime
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.periods import period, today
from contacts.models import OfficeArea
from municipalities import search_names
from services.models import (
    OfferingContact,
    OfferingField,
    OfferingTargetGroup,
    RequestTerms,
    ServiceOffering,
)
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    AssociationFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    ServiceOfferingFactory,
    TargetGroupFactory,
)
from tests.pages.world import World, small_world

YESTERDAY = today() - datetime.timedelta(days=1)


@pytest.fixture
def world(db: None) -> World:
    return small_world()


@pytest.fixture
def offering(world: World) -> ServiceOffering:
    return ServiceOfferingFactory.create(
        office=world.office,
        title="Fachvortrag Integration",
        summary="Ein Überblick in einer Stunde.",
        goal="Wer zuhört, kennt die Lage.",
        contents="Wir sprechen über\n\n- Zahlen\n- Wege",
        needs="Ein Raum",
        lead_time="vier Wochen",
        cost="kostenfrei",
        examples="Vortrag im Ausschuss",
        source="Merkblatt des Kreises",
    )


def titles(client: Client, query: str = "") -> list[str]:
    return [row.title for row in client.get(f"/leistungen/{query}").context["rows"]]


def text_of(client: Client, offering: ServiceOffering) -> str:
    response = client.get(offering.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


# -- The page -------------------------------------------------------------------------------------------------------


def test_page_says_everything_that_the_office_entered(client: Client, offering: ServiceOffering) -> None:
    group = TargetGroupFactory.create(office=offering.office, name="Städte und Gemeinden", position=2)
    field = FieldOfActionFactory.create(office=offering.office, name="Gesundheit")
    OfferingTargetGroup.objects.create(offering=offering, target_group=group)
    OfferingField.objects.create(offering=offering, field=field)
    page = text_of(client, offering)
    for said in (
        *("Fachvortrag Integration", "Ein Überblick in einer Stunde.", "2. Städte und Gemeinden", "Gesundheit"),
        *("Wer zuhört, kennt die Lage.", "<li>Zahlen</li>", "Ein Raum", "vier Wochen", "kostenfrei"),
        *("Vortrag im Ausschuss", "Merkblatt des Kreises", "Integrationszentrum Muster"),
    ):
        assert said in page


def test_page_promises_an_answer_only_where_somebody_set_a_target(client: Client, offering: ServiceOffering) -> None:
    assert "Arbeitstag" not in text_of(client, offering)
    RequestTerms.objects.create(office=offering.office, answer_days=4)
    assert "Sie erhalten binnen 4 Arbeitstagen eine Antwort." in text_of(client, offering)
    ServiceOffering.objects.update(answer_days=9)
    assert "Sie erhalten binnen 9 Arbeitstagen eine Antwort." in text_of(client, offering)


def test_page_names_whom_the_offering_names_in_their_order(
    client: Client, world: World, offering: ServiceOffering
) -> None:
    first, second = ContactPersonFactory.create_batch(2, office=world.office)
    for position, post in ((2, second), (1, first)):
        OfferingContact.objects.create(offering=offering, post=post, position=position)
    people = client.get(offering.get_absolute_url()).context["people"]
    assert [named.contact.post_id for named in people] == [first.pk, second.pk]


def test_page_names_else_who_is_responsible_with_their_towns(
    client: Client, world: World, offering: ServiceOffering
) -> None:
    ContactPersonFactory.create(office=world.office)  # looks after no town
    [named] = client.get(offering.get_absolute_url()).context["people"]
    assert (named.contact.post_id, named.towns) == (world.post.pk, ["Dornbach"])
    assert "05555 100-12" in text_of(client, offering)


def test_page_names_who_stands_in(client: Client, world: World, offering: ServiceOffering) -> None:
    vera = {"person__given_name": "Vera", "person__family_name": "Tretung"}
    substitute = ContactPersonFactory.create(office=world.office, **vera)
    AbsenceFactory.create(contact_person=world.post, substitute=substitute)
    assert "vertreten durch Vera Tretung" in text_of(client, offering)


def test_page_shows_visitors_no_one_who_is_not_published(
    client: Client, world: World, offering: ServiceOffering
) -> None:
    hidden = ContactPersonFactory.create(office=world.office, is_published=False, person__family_name="Verborgen")
    OfferingContact.objects.create(offering=offering, post=hidden)
    assert "Verborgen" not in text_of(client, offering)
    client.force_login(OfficeMembershipFactory.create(office=world.office).user)
    assert "Verborgen" in text_of(client, offering)


def test_page_falls_back_to_the_office(client: Client, db: None) -> None:
    office = OfficeFactory.create(email="stelle@example.org")
    assert "stelle@example.org" in text_of(client, ServiceOfferingFactory.create(office=office))


def test_page_for_machines_says_what_visitors_read_and_nothing_breaks_out(
    client: Client, offering: ServiceOffering
) -> None:
    ServiceOffering.objects.update(summary="</script><b>Überblick")
    page = text_of(client, offering)
    assert "</script><b>" not in page
    data = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    [service] = json.loads(data)["@graph"]
    assert (service["@type"], service["name"]) == ("Service", "Fachvortrag Integration")
    assert service["provider"]["name"] == "Integrationszentrum Muster"


def test_pages_of_visitors_can_be_kept(client: Client, offering: ServiceOffering) -> None:
    for address in ("/leistungen/", offering.get_absolute_url()):
        response = client.get(address)
        assert response["Cache-Control"] == "no-cache"
        assert "ETag" in response
        assert not response.cookies
        assert 'method="post"' not in response.content.decode()


# -- Who sees what --------------------------------------------------------------------------------------------------


def test_what_is_not_offered_today_is_seen_by_the_office_alone(
    client: Client, world: World, offering: ServiceOffering
) -> None:
    ServiceOffering.objects.update(period=period(None, YESTERDAY))
    client.force_login(OfficeMembershipFactory.create().user)
    assert titles(client, "?zeit=alle") == []
    assert client.get(offering.get_absolute_url()).status_code == 404
    client.logout()
    assert titles(client, "?zeit=alle") == []
    client.force_login(OfficeMembershipFactory.create(office=world.office).user)
    assert titles(client) == []
    assert titles(client, "?zeit=beendet") == titles(client, "?zeit=alle") == ["Fachvortrag Integration"]
    assert "wird heute nicht angeboten" in text_of(client, offering)


def test_corrections_stand_in_no_list(client: Client, world: World) -> None:
    correction = ServiceOffering.for_corrections(world.office)
    correction.save()
    for address in ("/leistungen/", "/stellen/muster/", "/kommunen/20001001/", "/suche/?q=stimmt", "/"):
        assert f'"{correction.get_absolute_url()}"' not in client.get(address).content.decode()


# -- The list -------------------------------------------------------------------------------------------------------


@pytest.fixture
def several(world: World, offering: ServiceOffering) -> dict[str, ServiceOffering]:
    """The talk of the office that serves Dornbach, and an analysis of another office, each with field and group."""
    elsewhere = OfficeFactory.create(name="Amt Anderswo", slug="anderswo", areas=[MunicipalityFactory.create()])
    analysis = ServiceOfferingFactory.create(office=elsewhere, kind="analysis", title="Öffnung: Analyse")
    for of, field, group in ((offering, "Gesundheit", "Politik"), (analysis, "Wohnen", "Vereine")):
        OfferingField.objects.create(offering=of, field=FieldOfActionFactory.create(office=of.office, name=field))
        entry = TargetGroupFactory.create(office=of.office, name=group)
        OfferingTargetGroup.objects.create(offering=of, target_group=entry)
    return {"talk": offering, "analysis": analysis}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Öffnung: Analyse", "Fachvortrag Integration"]),
        ("?sortierung=titel", ["Fachvortrag Integration", "Öffnung: Analyse"]),
        ("?sortierung=-titel", ["Öffnung: Analyse", "Fachvortrag Integration"]),
        ("?stelle=muster", ["Fachvortrag Integration"]),
        ("?art=analysis", ["Öffnung: Analyse"]),
        ("?handlungsfeld=Gesundheit", ["Fachvortrag Integration"]),
        ("?zielgruppe=Vereine", ["Öffnung: Analyse"]),
        ("?kommune=20001001", ["Fachvortrag Integration"]),
        ("?kreis=20001", ["Fachvortrag Integration"]),
        ("?kreis=20001&kommune=20001002&art=talk", ["Fachvortrag Integration"]),
        ("?q=offnung", ["Öffnung: Analyse"]),
        ("?q=zahlen+überblick", ["Fachvortrag Integration"]),
        ("?q=zahlen+xqzv", []),
        ("?art=correction", []),
        ("?stelle=gibtsnicht", []),
    ],
)
def test_list_is_narrowed_and_sorted(
    client: Client, several: dict[str, ServiceOffering], query: str, found: list[str]
) -> None:
    assert titles(client, query) == found


def test_town_of_an_association_finds_the_office_that_serves_the_association(client: Client, world: World) -> None:
    association = AssociationFactory.create(district=world.district)
    town = MunicipalityFactory.create(ags="20001003", district=world.district, association=association)
    office = OfficeFactory.create()
    OfficeArea.objects.create(office=office, association=association)
    offering = ServiceOfferingFactory.create(office=office)
    assert titles(client, f"?kommune={town.ags}") == [offering.title]
    assert titles(client, "?kommune=20001001") == []


def test_list_that_finds_nothing_says_what_to_do(client: Client, offering: ServiceOffering) -> None:
    page = client.get("/leistungen/?q=xqzv").content.decode()
    assert "Keine Leistung gefunden" in page
    assert 'href="/leistungen/"' in page


def test_list_as_a_file_has_the_rows_of_the_page(client: Client, several: dict[str, ServiceOffering]) -> None:
    response = client.get("/leistungen/?format=csv&art=talk")
    lines = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    [line] = lines
    assert line["Leistung"] == "Fachvortrag Integration"
    assert line["Handlungsfelder"] == "Gesundheit"
    assert line["Zielgruppen"] == "Politik"


# -- Other pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("/stellen/muster/", "/leistungen/?stelle=muster"),
        ("/kommunen/20001001/", "/leistungen/?kommune=20001001"),
        ("/suche/?q=fachvortrag", "/leistungen/?q=fachvortrag"),
    ],
)
def test_services_stand_on_other_pages(client: Client, offering: ServiceOffering, address: str, link: str) -> None:
    ServiceOfferingFactory.create(title="Von einer anderen Stelle")
    page = client.get(address).content.decode()
    assert offering.get_absolute_url() in page
    assert link in page
    assert "Von einer anderen Stelle" not in page


def test_start_page_leads_to_the_services_by_kind(client: Client, several: dict[str, ServiceOffering]) -> None:
    page = client.get("/").content.decode()
    assert '<a href="/leistungen/?art=talk">Vortrag</a> (1)' in page
    assert '<a href="/leistungen/?art=analysis">Analyse</a> (1)' in page
    assert titles(client, "?art=talk") == ["Fachvortrag Integration"]


# -- Queries --------------------------------------------------------------------------------------------------------


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def more(offering: ServiceOffering, count: int) -> None:
    """So many more of everything that the pages show."""
    office: Any = offering.office
    for _ in range(count):
        post = ContactPersonFactory.create(office=office)
        town = MunicipalityFactory.create(district=office.areas.first().district)
        AssignmentFactory.create(contact_person=post, municipality=town)
        field = FieldOfActionFactory.create(office=office)
        group = TargetGroupFactory.create(office=office)
        for of in (offering, ServiceOfferingFactory.create(office=office), ServiceOfferingFactory.create()):
            if of.office_id == office.pk:
                OfferingField.objects.create(offering=of, field=field)
                OfferingTargetGroup.objects.create(offering=of, target_group=group)
                OfferingContact.objects.create(offering=of, post=post)
    search_names.refresh()


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_queries_do_not_grow_with_the_rows(client: Client, offering: ServiceOffering, is_signed_in: bool) -> None:
    if is_signed_in:
        client.force_login(OfficeMembershipFactory.create(office=offering.office, role="lead").user)
    more(offering, 1)
    addresses = (
        *("/leistungen/", "/leistungen/?kreis=20001&kommune=20001001", "/leistungen/?format=csv"),
        *(offering.get_absolute_url(), "/stellen/muster/", "/kommunen/20001001/", "/suche/?q=fachvortrag", "/"),
    )
    few = {address: queries(client, address) for address in addresses}
    more(offering, 12)
    assert {address: queries(client, address) for address in addresses} == few

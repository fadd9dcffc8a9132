"""The district page: a map and a table that say the same, and a contact list for the wall."""

import re

import pytest
from django.test import Client

from common.periods import today
from municipalities.models import DataSource, DistrictMap, Outline
from tests.factories import AssignmentFactory, ContactPersonFactory, MunicipalityFactory, PersonFactory
from tests.pages.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapped(world: World) -> World:
    DistrictMap.objects.create(district=world.district, width=1000, height=800, path="M0 0l9 9 9-9z")
    for town in (world.town, world.other_town):
        Outline.objects.create(municipality=town, path="M0 0l9 9 9-9z", label_x=5, label_y=5)
    return world


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_every_town_on_the_map_is_a_link_that_names_the_contact(client: Client, mapped: World) -> None:
    links = dict(
        re.findall(r'<a href="/en/kommunen/(\d{8})/" aria-label="([^"]+)">', page(client, "/en/kreise/20001/"))
    )
    assert links["20001001"] == "Dornbach: Mira Beispiel"
    assert links["20001002"] == "Lindental: no contact person, Integrationszentrum Muster helps"


def test_map_tells_people_apart_by_number_as_well_as_by_colour(client: Client, mapped: World) -> None:
    AssignmentFactory(
        contact_person=ContactPersonFactory(office=mapped.office, person=PersonFactory(family_name="Zacher")),
        municipality=mapped.other_town,
    )
    text = page(client, "/kreise/20001/")
    assert re.findall(r'<text class="map-number"[^>]*>(\d+)</text>', text) == ["1", "2"]
    assert re.findall(r'<span class="legend__mark map-town--(\d)"[^>]*>(\d+)</span>', text) == [("1", "1"), ("2", "2")]


def test_ninth_person_on_the_map_gets_the_first_colour_hatched(client: Client, mapped: World) -> None:
    for number in range(9):
        town = MunicipalityFactory(district=mapped.district)
        person = PersonFactory(family_name=f"Zacher {number}")
        AssignmentFactory(contact_person=ContactPersonFactory(office=mapped.office, person=person), municipality=town)
    keys = client.get("/kreise/20001/").context["keys"]
    assert [(key.fill, key.is_hatched) for key in keys] == [*((n, False) for n in range(1, 9)), (1, True), (2, True)]


@pytest.mark.parametrize(
    ("address", "picture"), [("/", "office-card__map"), ("/kreise/20001/", "map"), ("/kommunen/20001001/", "map")]
)
def test_every_map_names_the_source_of_its_outlines(client: Client, mapped: World, address: str, picture: str) -> None:
    text = page(client, address)
    assert f'<svg class="{picture}"' in text
    assert "© GeoBasis-DE / BKG" in text


def test_table_says_the_same_as_the_map(client: Client, mapped: World) -> None:
    table = page(client, "/kreise/20001/").split("<tbody>")[1]
    assert table.index("Dornbach") < table.index("Mira Beispiel") < table.index("05555 100-12")
    assert table.index("Lindental") < table.index("Integrationszentrum Muster")


def test_contact_list_carries_date_and_office(client: Client, world: World) -> None:
    text = page(client, "/kreise/20001/kontakte/")
    assert f"{today():%d.%m.%Y}" in text
    assert "Integrationszentrum Muster" in text
    assert "Mira Beispiel" in text


def test_district_no_office_serves_says_so(client: Client, world: World) -> None:
    MunicipalityFactory(district__ags="20002", district__full_name="Kreis Fern")
    assert "No office of this portal serves Kreis Fern yet." in page(client, "/en/kreise/20002/")
    assert client.get("/kreise/20003/").status_code == 404


def test_sources_name_licence_and_day(client: Client, world: World) -> None:
    DataSource.objects.create(
        file="x.csv", title="Register", licence="dl-de/by-2-0", attribution="© Amt", state_on=today()
    )
    text = page(client, "/daten/")
    assert "dl-de/by-2-0" in text
    assert f"{today():%d.%m.%Y}" in text

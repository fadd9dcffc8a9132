"""Lists can be narrowed, sorted, leafed through, bookmarked and taken along as CSV."""

import csv
import io

import pytest
from django.test import Client

from common.csv import BOM
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    DistrictFactory,
    FieldOfActionFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db


def towns(client: Client, query: str) -> list[str]:
    return [town.name for town, _found in client.get(f"/kommunen/{query}").context["rows"]]


def as_csv(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = response.content.decode()
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM)), delimiter=";"))


@pytest.fixture
def elsewhere(world: World) -> None:
    """A town in another state, which an office of its own serves."""
    district = DistrictFactory(ags="21001", full_name="Kreis Fern", state__ags="21")
    town = MunicipalityFactory(ags="21001001", name="Ährenau", district=district, population=100)
    OfficeFactory(slug="fern", name="Koordinierungsstelle Fern", areas=[town])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Ährenau", "Dornbach", "Lindental"]),
        ("?land=20", ["Dornbach", "Lindental"]),
        ("?land=21&kreis=21001", ["Ährenau"]),
        ("?kreis=21001", ["Ährenau"]),
        ("?land=20&kreis=21001", ["Dornbach", "Lindental"]),  # the district of the state chosen before
        ("?stelle=fern", ["Ährenau"]),
        ("?kontakt=mit", ["Dornbach"]),
        ("?kontakt=ohne", ["Ährenau", "Lindental"]),
        ("?sortierung=-name", ["Lindental", "Dornbach", "Ährenau"]),
        ("?sortierung=-einwohner", ["Lindental", "Dornbach", "Ährenau"]),
        ("?sortierung=kreis", ["Ährenau", "Dornbach", "Lindental"]),
        ("?sortierung=unsinn&seite=unsinn", ["Ährenau", "Dornbach", "Lindental"]),
        ("?seite=99999999999999999999", ["Ährenau", "Dornbach", "Lindental"]),
    ],
)
def test_towns_are_narrowed_and_sorted(
    client: Client, world: World, elsewhere: None, query: str, found: list[str]
) -> None:
    assert towns(client, query) == found


@pytest.mark.parametrize("query", ["?land=99", "?kreis=unsinn", "?stelle=unsinn", "?kontakt=unsinn", "?land=%00"])
def test_filter_that_means_nothing_shows_a_message_instead_of_rows(client: Client, world: World, query: str) -> None:
    response = client.get(f"/kommunen/{query}")
    assert response.status_code == 200
    assert response.context["filterset"].form.errors
    assert response.context["rows"] == []


def test_pages_keep_filter_and_order(client: Client, world: World) -> None:
    for _ in range(50):
        MunicipalityFactory(district=world.district)
    text = client.get("/kommunen/?kreis=20001&sortierung=-name").content.decode()
    assert 'href="?kreis=20001&amp;sortierung=-name&amp;seite=2"' in text
    assert len(client.get("/kommunen/?kreis=20001&seite=2").context["rows"]) == 2


def test_other_language_keeps_the_filter(client: Client, world: World) -> None:
    assert 'href="/en/kommunen/?kreis=20001"' in client.get("/kommunen/?kreis=20001").content.decode()


def test_towns_as_csv_are_the_rows_of_the_list(client: Client, world: World, elsewhere: None) -> None:
    [row] = as_csv(client, "/en/kommunen/?kontakt=mit&format=csv")
    assert row["AGS"] == "20001001"
    assert row["Contact person"] == "Mira Beispiel"
    assert row["Phone"] == "05555 100-12"
    assert row["Office"] == "Integrationszentrum Muster"


def test_csv_is_not_cut_to_a_page(client: Client, world: World) -> None:
    for _ in range(60):
        MunicipalityFactory(district=world.district)
    assert len(as_csv(client, "/kommunen/?kreis=20001&format=csv")) == 62


def test_formula_in_a_name_is_harmless_in_csv(client: Client, world: World) -> None:
    world.post.person.given_name = "=HYPERLINK(1)"
    world.post.person.save()
    [row] = as_csv(client, "/en/ansprechpersonen/?nach=person&format=csv")
    assert row["Contact person"].startswith("'=HYPERLINK")


def test_directory_lists_towns_of_offices_only(client: Client, world: World) -> None:
    MunicipalityFactory(name="Unversorgt")
    rows = client.get("/ansprechpersonen/").context["rows"]
    assert [town.name for town, _found in rows] == ["Dornbach", "Lindental"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?sprache=ar", ["Dornbach"]),
        ("?sprache=tr", []),
        ("?handlungsfeld=Wohnen", ["Lindental"]),
        ("?kreis=20001&stelle=muster", ["Dornbach", "Lindental"]),
        ("?buchstabe=L", ["Lindental"]),
        ("?q=tal", ["Lindental"]),
    ],
)
def test_directory_by_town_is_narrowed(client: Client, world: World, query: str, found: list[str]) -> None:
    field = FieldOfActionFactory(office=world.office, name="Wohnen")
    post = ContactPersonFactory(office=world.office)
    AssignmentFactory(contact_person=post, municipality=world.other_town, field=field)
    rows = client.get(f"/ansprechpersonen/{query}").context["rows"]
    assert [town.name for town, _found in rows] == found


def test_directory_for_a_field_shows_the_fields_own_contact_instead_of_the_general_one(
    client: Client, world: World
) -> None:
    field = FieldOfActionFactory(office=world.office, name="Wohnen")
    post = ContactPersonFactory(office=world.office, person=PersonFactory(family_name="Wohnlich"))
    AssignmentFactory(contact_person=post, municipality=world.town, field=field)
    [(_town, [responsibility])] = client.get("/ansprechpersonen/?handlungsfeld=Wohnen").context["rows"]
    assert responsibility.primary.family_name == "Wohnlich"


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 1), ("&sprache=ar", 1), ("&sprache=tr", 0), ("&q=beispiel", 1), ("&q=niemand", 0), ("&kreis=20001", 1)],
)
def test_directory_by_person_is_narrowed(client: Client, world: World, query: str, found: int) -> None:
    assert len(client.get(f"/ansprechpersonen/?nach=person{query}").context["rows"]) == found


def test_directory_by_person_names_the_towns(client: Client, world: World) -> None:
    [post] = client.get("/ansprechpersonen/?nach=person").context["rows"]
    assert post.towns == ["Dornbach"]


def test_directory_by_office_lists_its_people(client: Client, world: World) -> None:
    [(office, [post])] = client.get("/ansprechpersonen/?nach=stelle&sprache=ar").context["rows"]
    assert (office, post.contact.name) == (world.office, "Mira Beispiel")


def test_views_of_the_directory_keep_the_filters(client: Client, world: World) -> None:
    text = client.get("/ansprechpersonen/?kreis=20001").content.decode()
    assert "?nach=person&amp;kreis=20001" in text

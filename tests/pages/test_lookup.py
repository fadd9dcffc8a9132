"""The lookup: one field, one keystroke-tolerant search, one page."""

import re

import pytest
from django.test import Client

from municipalities import search_names
from tests.factories import MunicipalityFactory
from tests.pages.world import World

pytestmark = pytest.mark.django_db

STRANGE = ["x" * 10_000, "%", "_", "\x00", "😀", "\u202eabc", "لابه", "'; DROP TABLE", "<script>", "   "]


def main(text: str) -> str:
    return text.split("<main", 1)[1].split("</main>", 1)[0]


def test_one_sure_answer_is_gone_to_at_once(client: Client, world: World) -> None:
    response = client.get("/kommunen/?q=dornb")
    assert response.status_code == 302
    assert response["Location"] == "/kommunen/20001001/"


def test_list_without_a_question_does_not_lead_away(client: Client, world: World) -> None:
    world.other_town.delete()
    assert client.get("/kommunen/").status_code == 200


def test_namesakes_are_told_apart_by_district(client: Client, world: World) -> None:
    for number in (2, 3):
        MunicipalityFactory(name="Zwiesel", district__full_name=f"Kreis Fern {number}", district__ags=f"2000{number}")
    search_names.refresh()
    response = client.get("/kommunen/?q=Zwiesel")
    assert response.status_code == 200
    text = response.content.decode()
    assert "Kreis Fern 2" in text
    assert "Kreis Fern 3" in text


def test_only_results_are_linked_as_towns(client: Client, world: World) -> None:
    MunicipalityFactory(ags="20001003", name="Dornhausen", district=world.district)
    search_names.refresh()
    text = client.get("/kommunen/?q=dorn").content.decode()
    assert set(re.findall(r"/kommunen/(\d{8})/", main(text))) == {"20001001", "20001003"}


def test_nothing_found_offers_the_next_step(client: Client, world: World) -> None:
    text = client.get("/en/kommunen/?q=xqzv").content.decode()
    assert "No municipality found" in text
    assert 'href="/en/kommunen/"' in main(text)


@pytest.mark.parametrize(
    "address", ["/kommunen/", "/kommunen/vorschlaege/", "/suche/", "/ansprechpersonen/", "/stellen/"]
)
@pytest.mark.parametrize("typed", STRANGE)
def test_strange_input_is_answered_calmly(client: Client, world: World, address: str, typed: str) -> None:
    assert client.get(address, {"q": typed}).status_code == 200


@pytest.mark.parametrize("typed", [typed for typed in STRANGE if typed.strip() and typed not in ("\x00", STRANGE[0])])
def test_what_means_no_place_is_said_to_find_none(client: Client, world: World, typed: str) -> None:
    text = main(client.get("/kommunen/", {"q": typed}).content.decode())
    assert "Keine Kommune gefunden" in text
    assert "Prüfen Sie die Schreibweise" in text


@pytest.mark.parametrize(
    ("typed", "message"),
    [(STRANGE[0], "höchstens 100 Zeichen"), ("\x00", "Nullzeichen sind nicht erlaubt")],
)
def test_what_cannot_be_asked_is_explained_beside_the_field(
    client: Client, world: World, typed: str, message: str
) -> None:
    assert message in main(client.get("/kommunen/", {"q": typed}).content.decode())


def test_suggestions_are_links_to_towns(client: Client, world: World) -> None:
    text = client.get("/kommunen/vorschlaege/?q=lind").content.decode()
    assert 'href="/kommunen/20001002/"' in text
    assert "Kreis Muster" in text


def test_suggestions_to_nothing_are_nothing(client: Client, world: World) -> None:
    assert client.get("/kommunen/vorschlaege/").content.strip() == b""

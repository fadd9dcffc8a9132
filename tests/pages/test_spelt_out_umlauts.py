"""Names with umlauts are found in every list however the umlauts are typed, as by the lookup of towns."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import (
    ActionItemFactory,
    AssignmentFactory,
    ContactPersonFactory,
    ForumFactory,
    MunicipalityFactory,
    OfficeFactory,
    OrganisationFactory,
    PersonFactory,
    ServiceOfferingFactory,
    UserFactory,
)
from tests.pages.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_queries_compared")]


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(UserFactory(is_superuser=True), backend="accounts.backends.SignInBackend")
    return client


def town(world: World) -> None:
    AssignmentFactory(
        contact_person=world.post, municipality=MunicipalityFactory(name="Müllrose", district=world.district)
    )


def person(world: World) -> None:
    ContactPersonFactory(office=world.office, person=PersonFactory(family_name="Müllrose"))


def office(world: World) -> None:
    OfficeFactory(name="Müllrose")


def forum(world: World) -> None:
    ForumFactory(office=world.office, name="Müllrose")


def task(world: World) -> None:
    doer = OrganisationFactory(name="Müllrose")
    ActionItemFactory(forum=ForumFactory(office=world.office), organisation=doer, what="Aufgabe in Müllrose")


def offering(world: World) -> None:
    ServiceOfferingFactory(office=world.office, title="Müllrose")


@pytest.mark.parametrize("typed", ["Müllrose", "muellrose", "MULLROSE"])
@pytest.mark.parametrize(
    ("page", "row"),
    [
        ("/ansprechpersonen/?q=", town),
        ("/ansprechpersonen/?nach=person&q=", person),
        ("/ansprechpersonen/?nach=stelle&q=", office),
        ("/suche/?q=", person),
        ("/suche/?q=", office),
        ("/suche/?q=", forum),
        ("/suche/?q=", offering),
        ("/foren/?q=", forum),
        ("/aufgaben/?q=", task),
        ("/leistungen/?q=", offering),
    ],
)
def test_name_is_found_however_it_is_typed(
    client: Client, world: World, page: str, row: Callable[[World], None], typed: str
) -> None:
    row(world)
    found = client.get(page + typed)
    assert found.status_code == 200
    assert "Müllrose" in re.sub(r"<form.*?</form>", "", found.text, flags=re.DOTALL)


def test_every_word_counts_whatever_was_asked_before(client: Client, world: World) -> None:
    both = ServiceOfferingFactory(office=world.office, title="Müllrose", summary="Zu 100% gefördert")
    one = ServiceOfferingFactory(office=world.office, title="Müllrose Nord", summary="Zu 100 Teilen gefördert")
    for text, found in {
        "müllrose": [both, one],
        "muellrose": [both, one],
        "muellrose nord": [one],
        "nord muellrose": [one],
        "100% muellrose": [both],
        "1_0 müllrose": [],
    }.items():
        assert client.get("/suche/", {"q": text}).context["services"] == found, text

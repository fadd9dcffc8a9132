"""Every list and page of contacts says of which day the latest of it is: of the last change or confirmation."""

import datetime
from zoneinfo import ZoneInfo

import pgtrigger
import pytest
from django.test import Client
from django.utils import timezone

from common.periods import ONE_DAY, today
from contacts.models import Assignment, ContactPerson, FieldOfAction, Office, OfficeArea, Person
from tests.factories import FieldOfActionFactory
from tests.pages.world import World

pytestmark = pytest.mark.django_db

NEWER = today() - 3 * ONE_DAY


@pytest.fixture
def old(world: World) -> World:
    """All of it was entered long ago; what the database notes by itself is set aside for that."""
    FieldOfActionFactory(office=world.office)
    with pgtrigger.ignore():
        for model in (Office, OfficeArea, FieldOfAction, Person, ContactPerson, Assignment):
            model.objects.update(changed_at=timezone.now() - 400 * ONE_DAY)
    return world


def stand(client: Client, path: str) -> str:
    return client.get(path).text.partition("Stand: ")[2][:10]


@pytest.mark.parametrize(
    "path",
    [
        "/kommunen/",
        "/kreise/20001/",
        "/kreise/20001/kontakte/",
        "/ansprechpersonen/",
        "/ansprechpersonen/?nach=person",
        "/ansprechpersonen/?nach=stelle",
        "/stellen/muster/",
    ],
)
def test_confirmed_person_makes_whatever_names_them_newer(client: Client, old: World, path: str) -> None:
    ContactPerson.objects.update(confirmed_on=NEWER)
    with pgtrigger.ignore():
        ContactPerson.objects.update(changed_at=timezone.now() - 400 * ONE_DAY)
    assert stand(client, path) == f"{NEWER:%d.%m.%Y}"


@pytest.mark.parametrize("path", ["/stellen/", "/stellen/muster/", "/ansprechpersonen/?nach=stelle"])
def test_changed_office_makes_whatever_names_it_newer(client: Client, old: World, path: str) -> None:
    Office.objects.update(website="https://stelle.example.org")
    assert stand(client, path) == f"{today():%d.%m.%Y}"


@pytest.mark.parametrize("model", [OfficeArea, FieldOfAction])
def test_office_page_is_as_new_as_its_area_and_lists(client: Client, old: World, model: type) -> None:
    with pgtrigger.ignore():
        model.objects.update(changed_at=timezone.now() - 5 * ONE_DAY)  # type: ignore[attr-defined]
    assert stand(client, "/stellen/muster/") == f"{today() - 5 * ONE_DAY:%d.%m.%Y}"


def test_exported_offices_are_of_the_day_in_berlin(client: Client, world: World) -> None:
    with pgtrigger.ignore():
        Office.objects.update(changed_at=datetime.datetime(2026, 3, 1, 0, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    assert "01.03.2026" in client.get("/stellen/?format=csv").text

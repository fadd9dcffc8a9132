"""The list of forums: found by what one knows of them, each seeing the ones that are theirs to see."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from common.periods import period, today
from tests.factories import (
    FieldOfActionFactory,
    ForumFactory,
    MeetingFactory,
    MunicipalityFactory,
    OfficeMembershipFactory,
    UserFactory,
)
from tests.pages.test_lists import as_csv
from tests.pages.world import World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """A public working group in Dornbach, an internal network of the whole district, and one that ended."""
    world = small_world()
    field = FieldOfActionFactory(office=world.office, name="Sprache")
    group = ForumFactory(
        office=world.office,
        name="Arbeitskreis Ölmühle",
        purpose="Sprache im Alltag",
        is_public=True,
        about=[world.town],
    )
    group.field_links.create(field=field)
    ForumFactory(office=world.office, name="Netzwerk Bildung", kind="network", district=world.district)
    over = period(datetime.date(2020, 1, 1), datetime.date(2024, 12, 31))
    ForumFactory(office=world.office, name="Runder Tisch Flucht", kind="round_table", is_public=True, period=over)
    return world


def names(client: Client, query: str = "") -> list[str]:
    return [row.forum.name for row in client.get(f"/foren/{query}").context["rows"]]


def staff(world: World) -> Client:
    client = Client()
    account = OfficeMembershipFactory(office=world.office).user
    client.force_login(account, backend="accounts.backends.SignInBackend")
    return client


def test_visitors_see_the_public_forums_that_are_active(client: Client, world: World) -> None:
    assert names(client) == ["Arbeitskreis Ölmühle"]


def test_staff_sees_the_internal_ones_too_and_strangers_do_not(client: Client, world: World) -> None:
    assert names(staff(world)) == ["Arbeitskreis Ölmühle", "Netzwerk Bildung"]
    client.force_login(UserFactory(), backend="accounts.backends.SignInBackend")
    assert names(client) == ["Arbeitskreis Ölmühle"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=olmuhle", ["Arbeitskreis Ölmühle"]),
        ("?q=alltag+arbeitskreis", ["Arbeitskreis Ölmühle"]),
        ("?q=nirgends", []),
        ("?q=%2D", []),
        ("?art=network", ["Netzwerk Bildung"]),
        ("?kreis=20001", ["Arbeitskreis Ölmühle", "Netzwerk Bildung"]),
        ("?land=20", ["Arbeitskreis Ölmühle", "Netzwerk Bildung"]),
        ("?handlungsfeld=Sprache", ["Arbeitskreis Ölmühle"]),
        ("?stelle=muster", ["Arbeitskreis Ölmühle", "Netzwerk Bildung"]),
        ("?sicht=oeffentlich", ["Arbeitskreis Ölmühle"]),
        ("?sicht=intern", ["Netzwerk Bildung"]),
        ("?zeit=beendet", ["Runder Tisch Flucht"]),
        ("?zeit=alle", ["Arbeitskreis Ölmühle", "Netzwerk Bildung", "Runder Tisch Flucht"]),
        ("?buchstabe=N", ["Netzwerk Bildung"]),
        ("?sortierung=-name", ["Netzwerk Bildung", "Arbeitskreis Ölmühle"]),
        ("?stelle=unsinn", []),
        ("?art=unsinn", []),
    ],
)
def test_forums_are_narrowed_and_sorted(world: World, query: str, found: list[str]) -> None:
    assert names(staff(world), query) == found


def test_forums_of_a_partner_office_are_found_by_it(world: World) -> None:
    ForumFactory(name="Zusammen", partner_offices=[world.office])
    assert "Zusammen" in names(staff(world), "?stelle=muster")


def test_next_meeting_is_one_that_the_viewer_may_know_of(client: Client, world: World) -> None:
    forum = ForumFactory(office=world.office, name="Zuletzt", is_public=True)
    soon = timezone.now() + datetime.timedelta(days=3)
    MeetingFactory(forum=forum, starts_at=soon)
    later = MeetingFactory(forum=forum, starts_at=soon + datetime.timedelta(days=3))
    later.plan()
    cancelled = MeetingFactory(forum=forum, starts_at=soon - datetime.timedelta(days=1))
    cancelled.cancel()
    shown: Any = {
        c: c.get("/foren/?q=zuletzt").context["rows"][0].forum.next_meeting_at for c in (client, staff(world))
    }
    assert list(shown.values()) == [later.starts_at, soon]
    assert names(client, "?sortierung=termin") == ["Zuletzt", "Arbeitskreis Ölmühle"]


def test_list_is_taken_along_as_csv(world: World) -> None:
    [group, network] = as_csv(staff(world), "/foren/?format=csv")
    assert group["Forum"] == "Arbeitskreis Ölmühle"
    assert group["Kommunen"] == "Dornbach"
    assert group["Handlungsfelder"] == "Sprache"
    assert network["Kreis"] == "Kreis Muster"
    assert staff(world).get("/foren/?format=xlsx").status_code == 200


def test_visitors_list_is_cacheable_and_has_an_etag(client: Client, world: World) -> None:
    response = client.get("/foren/")
    assert response["Cache-Control"] == "no-cache"
    assert not response.cookies
    assert client.get("/foren/", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_list_costs_the_same_for_one_forum_and_for_fifty(
    world: World, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    client = staff(world)
    with django_assert_max_num_queries(20) as one:
        client.get("/foren/")
    queries = len(one)
    for _ in range(49):
        forum = ForumFactory(office=world.office, about=[world.town, MunicipalityFactory(district=world.district)])
        MeetingFactory(forum=forum, starts_at=timezone.now() + datetime.timedelta(days=3))
    client.get("/foren/")
    with django_assert_num_queries(queries):
        client.get("/foren/")


def test_ended_today_is_still_active(client: Client, world: World) -> None:
    ForumFactory(office=world.office, name="Bis heute", is_public=True, period=period(None, today()))
    assert "Bis heute" in names(client)

"""Forums on the pages of towns, districts, offices and people, and on the start pages; each number counts its rows."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from common.periods import ONE_DAY, period, today
from forums.models import Forum, Meeting, Minutes
from tests.factories import (
    LONG_AGO,
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    MunicipalStaffFactory,
    OfficeMembershipFactory,
    UserFactory,
)
from tests.pages.world import World, small_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_queries_compared")]


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def staff(world: World, role: str = "coordinator") -> Client:
    return signed_in(OfficeMembershipFactory(office=world.office, role=role).user)


def main(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode().split("<main", 1)[1].split("</main>", 1)[0])


def in_days(days: int, forum: Forum, state: str = "planned", **fields: Any) -> Meeting:
    meeting = MeetingFactory(forum=forum, starts_at=timezone.now() + days * ONE_DAY, **fields)
    if state == "cancelled":
        meeting.cancel()
    for verb in {"planned": ["plan"], "invited": ["mark_invited"], "held": ["hold"]}.get(state, []):
        getattr(meeting, verb)()
    return meeting


# -- Pages of something else --------------------------------------------------------------------------------------

PAGES = ("/kommunen/20001001/", "/kreise/20001/", "/stellen/muster/")


@pytest.fixture
def forums(world: World) -> dict[str, Forum]:
    """Forums of the office: a public one of the town, an internal one of the district, and what has ended."""
    public = ForumFactory(office=world.office, name="Runder Tisch Dornbach", about=[world.town], is_public=True)
    internal = ForumFactory(office=world.office, name="Lenkungsgruppe", district=world.district)
    ForumFactory(
        office=world.office, name="Vergangen", about=[world.town], is_public=True, period=period(LONG_AGO, LONG_AGO)
    )
    ForumFactory(name="Anderswo", is_public=True)
    in_days(30, public)
    in_days(3, public, "cancelled")
    in_days(2, public, "draft")
    return {"public": public, "internal": internal}


@pytest.mark.parametrize("page", PAGES)
def test_visitors_see_public_forums_with_their_next_meeting(forums: dict[str, Forum], page: str) -> None:
    text = main(Client(), page)
    assert "Runder Tisch Dornbach" in text
    assert f"{timezone.localtime(timezone.now() + 30 * ONE_DAY):%d.%m.%Y}" in text
    for unseen in ("Lenkungsgruppe", "Vergangen", "Anderswo"):
        assert unseen not in text


@pytest.mark.parametrize("page", PAGES)
def test_staff_sees_internal_forums_there_too(world: World, forums: dict[str, Forum], page: str) -> None:
    assert "Lenkungsgruppe" in main(staff(world), page)


def test_forum_of_another_town_is_on_the_districts_page_and_not_on_this_towns(world: World) -> None:
    ForumFactory(office=world.office, name="Netzwerk Lindental", about=[world.other_town], is_public=True)
    assert "Netzwerk Lindental" in main(Client(), "/kreise/20001/")
    assert "Netzwerk Lindental" not in main(Client(), "/kommunen/20001001/")


def test_many_forums_lead_to_their_list(world: World) -> None:
    for _ in range(8):
        ForumFactory(office=world.office, about=[world.town], is_public=True)
    for page, more in (
        ("/kommunen/20001001/", "/foren/?kreis=20001"),
        ("/kreise/20001/", "/foren/?kreis=20001"),
        ("/stellen/muster/", "/foren/?stelle=muster"),
    ):
        text = main(Client(), page)
        assert text.count("Arbeitskreis Muster") == 6
        assert f'href="{more}"' in text
        assert Client().get(more).context["page"].paginator.count == 8


def test_persons_forums_are_for_those_inside(world: World, forums: dict[str, Forum]) -> None:
    MembershipFactory(forum=forums["public"], person=world.post.person, role="chair")
    MembershipFactory(forum=forums["internal"], person=world.post.person)
    address = f"/ansprechpersonen/{world.post.pk}/"
    assert "Runder Tisch" not in main(Client(), address)
    assert "Runder Tisch" not in main(signed_in(UserFactory()), address)
    text = main(staff(world), address)
    assert "Runder Tisch Dornbach" in text
    assert "Lenkungsgruppe" in text
    assert "Vorsitz" in text


def test_pages_cost_the_same_with_many_forums(world: World, forums: dict[str, Forum]) -> None:
    MembershipFactory(forum=forums["public"], person=world.post.person)
    clients = (Client(), staff(world))
    pages = (*PAGES, f"/ansprechpersonen/{world.post.pk}/", "/", "/sitzungen/?zeit=alle")

    def queries() -> list[int]:
        found = []
        for client in clients:
            for page in pages:
                client.get(page)
                with CaptureQueriesContext(connection) as captured:
                    client.get(page)
                found.append(len(captured))
        return found

    few = queries()
    for _ in range(7):
        forum = ForumFactory(office=world.office, about=[world.town], is_public=True)
        MembershipFactory(forum=forum, person=world.post.person)
        in_days(5, forum, "invited")
        MinutesFactory(meeting=in_days(-5, forum, "held"))
    assert queries() == few


# -- Start pages --------------------------------------------------------------------------------------------------


def test_visitor_sees_the_next_public_meetings(world: World, forums: dict[str, Forum]) -> None:
    in_days(1, forums["internal"])
    meetings = Client().get("/").context["meetings"]
    assert [meeting.forum for meeting in meetings] == [forums["public"]]
    assert "Runder Tisch Dornbach" in main(Client(), "/")


def block(client: Client, template: str) -> Any:
    return {found.template: found.context for found in client.get("/").context["blocks"]}.get(template)


def test_town_hall_sees_its_forums_meetings_and_minutes(world: World, forums: dict[str, Forum]) -> None:
    minutes = MinutesFactory(meeting=in_days(-9, forums["internal"], "held"))
    draft = MinutesFactory(meeting=in_days(-5, forums["internal"], "held"))
    Minutes.objects.filter(pk=minutes.pk).update(state="circulated", circulated_at=timezone.now())
    clerk = signed_in(MunicipalStaffFactory(municipality=world.town).user)
    own = block(clerk, "start/own_forums.html")["own"]
    assert [meeting.forum for meeting in own.meetings] == [forums["public"]]
    assert own.minutes == [minutes]
    assert draft not in own.minutes
    assert f'href="{minutes.get_absolute_url()}"' in main(clerk, "/")


def test_member_without_a_role_sees_own_forums_and_tasks(world: World, forums: dict[str, Forum]) -> None:
    member = MembershipFactory(forum=forums["internal"], person__user=UserFactory()).person
    meeting = in_days(4, forums["internal"], "invited")
    for days in (-3, 5, None):
        due = today() + days * ONE_DAY if days else None
        ActionItemFactory(forum=forums["internal"], person=member, due_on=due)
    ActionItemFactory(forum=forums["internal"], person=member, state="done", closed_on=today())
    own = block(signed_in(member.user), "start/own_forums.html")["own"]
    assert (own.tasks, own.overdue, own.meetings) == (3, 1, [meeting])


def test_who_has_nothing_to_do_with_forums_sees_no_block(world: World, forums: dict[str, Forum]) -> None:
    assert block(signed_in(UserFactory()), "start/own_forums.html") is None
    assert block(signed_in(UserFactory()), "start/forum_work.html") is None


@pytest.fixture
def work(world: World, forums: dict[str, Forum]) -> None:
    """Of everything that meetings and tasks need some, and what needs nothing beside it."""
    forum, elsewhere = forums["internal"], ForumFactory(office=world.office, is_elsewhere=True, organiser="Andere")
    in_days(20, forum)
    in_days(22, forum)
    in_days(10, elsewhere)
    for reply in ("", "accepted"):
        AttendanceFactory(meeting=in_days(6, forum, "invited"), invited_at=timezone.now(), reply=reply)
    AttendanceFactory(meeting=in_days(7, forum, "invited"))
    in_days(-1, forum, "invited")
    MinutesFactory(meeting=in_days(-4, forum, "held"))
    circulated = MinutesFactory(meeting=in_days(-6, forum, "held"))
    Minutes.objects.filter(pk=circulated.pk).update(state="circulated", circulated_at=timezone.now())
    in_days(-8, forum, "cancelled")
    in_days(-8, elsewhere, "held")
    for days in (-1, -9, 0, 7, 8):
        ActionItemFactory(forum=forum, due_on=today() + days * ONE_DAY, item=AgendaItemFactory(meeting__forum=forum))
    ActionItemFactory(due_on=today() - ONE_DAY)


@pytest.mark.parametrize("role", ["coordinator", "lead"])
def test_each_number_leads_to_exactly_the_rows_it_counts(world: World, work: None, role: str) -> None:
    client = staff(world, role)
    figures = block(client, "start/forum_work.html")["figures"]
    assert {figure.text: figure.count for figure in figures} == {
        "Sitzungen demnächst ohne Einladung": 2,
        "Sitzung mit fehlenden Rückmeldungen": 1,
        "Sitzungen ohne Protokoll": 2,
        "Sitzung, deren Protokoll auf Genehmigung wartet": 1,
        "überfällige Aufgaben": 2,
        "in den nächsten sieben Tagen fällige Aufgaben": 2,
    }
    text = main(client, "/")
    for figure in figures:
        assert figure.url in text
        assert client.get(figure.url).context["page"].paginator.count == figure.count, figure


def test_own_numbers_lead_to_their_rows(world: World, forums: dict[str, Forum]) -> None:
    member = MembershipFactory(forum=forums["internal"], person__user=UserFactory()).person
    ActionItemFactory(forum=forums["internal"], person=member, due_on=today() - ONE_DAY)
    ActionItemFactory(forum=forums["internal"], person=member)
    ActionItemFactory(forum=forums["internal"], due_on=today() - ONE_DAY)
    draft = MinutesFactory(meeting=in_days(-4, forums["internal"], "held"))
    ActionItemFactory(
        forum=forums["internal"], person=member, item=AgendaItemFactory(meeting=draft.meeting), due_on=today() - ONE_DAY
    )
    client = signed_in(member.user)
    found = re.findall(r'href="(/aufgaben/[^"]+)"><strong>(\d+)', main(client, "/"))
    assert [int(count) for _, count in found] == [2, 1]
    for address, count in found:
        assert client.get(address).context["page"].paginator.count == int(count)


def test_another_offices_work_is_not_counted(world: World, work: None) -> None:
    assert block(signed_in(OfficeMembershipFactory().user), "start/forum_work.html") is None


# -- The list of meetings -----------------------------------------------------------------------------------------


def test_list_of_meetings_shows_past_ones_where_asked(world: World, forums: dict[str, Forum]) -> None:
    past = in_days(-5, forums["internal"], "held")
    client = staff(world)
    assert past not in client.get("/sitzungen/").context["rows"]
    assert client.get("/sitzungen/?zeit=vergangen").context["rows"] == [past]
    assert past in client.get("/sitzungen/?zeit=alle&q=lenkung").context["rows"]
    assert client.get("/sitzungen/?format=csv").content.decode().count("Runder Tisch") == 3


def test_list_of_meetings_obeys_who_sees_what(world: World, forums: dict[str, Forum]) -> None:
    in_days(9, forums["internal"])
    seen = signed_in(UserFactory()).get("/sitzungen/?zeit=alle").context["rows"]
    assert {meeting.forum for meeting in seen} == {forums["public"]}
    assert {meeting.state for meeting in seen} == {"planned", "cancelled"}

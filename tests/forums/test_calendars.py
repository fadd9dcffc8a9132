"""Meetings as calendars to subscribe to, read by the library icalendar and by vdirsyncer and khal, and on the site."""

import datetime
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import icalendar
import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_script_prefix
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from common.periods import BERLIN, period
from forums import invitations
from forums.models import Forum, Meeting
from tests.factories import (
    AgendaItemFactory,
    DistrictFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeMembershipFactory,
    UserFactory,
)
from tests.forums.circle import a_forum, a_meeting, invited

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.datetime(2021, 7, 1, 18, 0, tzinfo=BERLIN)


def planned(forum: Forum, **given: Any) -> Meeting:
    meeting = MeetingFactory(forum=forum, **given)
    meeting.plan()
    return meeting  # type: ignore[no-any-return]


def events(client: Client, address: str) -> dict[str, icalendar.Event]:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(event["UID"]): event for event in icalendar.Calendar.from_ical(response.content).events}


def own_address(user: Any) -> str:
    client = Client()
    client.force_login(user)
    client.post("/konto/kalender/", {"make": ""})
    [address] = re.findall(r"http://testserver(/kalender/\w+\.ics)", client.get("/konto/kalender/").content.decode())
    return str(address)


@pytest.fixture
def public() -> Forum:
    return ForumFactory(is_public=True, name="Runder Tisch Musterstadt")  # type: ignore[no-any-return]


# -- What stands in a feed ----------------------------------------------------------------------------------------


def test_public_feed_holds_the_public_meetings_of_the_last_year_and_all_to_come(client: Client, public: Forum) -> None:
    now = timezone.now()
    shown = [
        planned(public, starts_at=now - datetime.timedelta(days=360)),
        planned(public, starts_at=now),
        planned(public, starts_at=now + datetime.timedelta(days=2000)),
    ]
    planned(public, starts_at=now - datetime.timedelta(days=370))
    MeetingFactory(forum=public)  # a draft
    planned(ForumFactory())
    assert set(events(client, "/kalender.ics")) == {str(meeting.uid) for meeting in shown}


def test_event_says_what_when_and_where(client: Client, public: Forum) -> None:
    meeting = planned(public, starts_at=LONG_AGO, address="Markt 1; Musterstadt", link="https://video.example.org/7")
    AgendaItemFactory(meeting=meeting, title="Begrüßung")
    AgendaItemFactory(meeting=meeting, title="Vertraulich", is_internal=True)
    AgendaItemFactory(meeting=meeting, title="Wohnraum")
    calendar = icalendar.Calendar.from_ical(client.get(f"/foren/{public.pk}/kalender.ics").content)
    [event] = calendar.events
    assert str(event["SUMMARY"]) == "Runder Tisch Musterstadt: Sitzung"
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (meeting.starts_at, meeting.ends_at)
    assert str(event["LOCATION"]) == "Rathaus Musterstadt, Raum 12, Markt 1; Musterstadt"
    assert str(event["DESCRIPTION"]).splitlines()[:2] == ["1. Begrüßung", "2. Wohnraum"]
    assert event["URL"] == f"http://testserver{meeting.get_absolute_url()}"
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
    assert "video.example.org" not in client.get(f"/foren/{public.pk}/kalender.ics").content.decode()
    assert [str(zone["TZID"]) for zone in calendar.timezones] == ["Europe/Berlin"]
    assert "ATTENDEE" not in event
    assert "ORGANIZER" not in event


@pytest.mark.parametrize("prefix", ["/", "/0/", "/100%/0/"])
def test_events_lead_to_their_meetings_wherever_the_portal_lies(public: Forum, prefix: str) -> None:
    meetings = [planned(public), planned(public)]
    with override_script_prefix(prefix):
        assert Meeting.addresses_of(meetings) == [meeting.get_absolute_url() for meeting in meetings]


def test_event_of_several_days_ends_on_the_last_one(client: Client, public: Forum) -> None:
    last = LONG_AGO + datetime.timedelta(days=2)
    meeting = planned(public, starts_at=LONG_AGO, ends_at=last)
    [event] = events(client, f"/foren/{public.pk}/kalender.ics").values()
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (meeting.starts_at, last)


def test_cancelled_meeting_stays_and_says_so(client: Client, public: Forum) -> None:
    meeting = planned(public)
    meeting.cancel()
    assert events(client, f"/foren/{public.pk}/kalender.ics")[str(meeting.uid)]["STATUS"] == "CANCELLED"


def test_feed_and_invitation_speak_of_the_same_event(client: Client) -> None:
    meeting = invited(forum=ForumFactory(is_public=True))
    [uid] = events(client, "/kalender.ics")
    [content] = [content for content, kind in mail.outbox[0].alternatives if kind.startswith("text/calendar")]
    assert f"UID:{uid}" in content
    assert uid == str(meeting.uid)


def test_district_feed_holds_forums_about_the_district_and_its_towns(client: Client, public: Forum) -> None:
    district = DistrictFactory(ags="05766", name="Musterkreis")
    town = MunicipalityFactory(district=district)
    of_district = planned(ForumFactory(is_public=True, district=district))
    of_town = planned(ForumFactory(is_public=True, about=[town]))
    planned(public)
    planned(ForumFactory(district=district))  # internal
    assert set(events(client, "/kreise/05766/kalender.ics")) == {str(of_district.uid), str(of_town.uid)}
    assert client.get("/kreise/99999/kalender.ics").status_code == 404


def test_forum_feed_is_there_for_public_forums(client: Client, public: Forum) -> None:
    meetings, internal = [planned(public), planned(public, starts_at=LONG_AGO)], planned(ForumFactory())
    planned(ForumFactory(is_public=True))
    assert set(events(client, f"/foren/{public.pk}/kalender.ics")) == {str(meeting.uid) for meeting in meetings}
    client.force_login(OfficeMembershipFactory(office=internal.forum.office).user)
    assert client.get(f"/foren/{internal.forum_id}/kalender.ics").status_code == 404


# -- The own feed -------------------------------------------------------------------------------------------------


def test_own_feed_holds_the_meetings_within_the_memberships_dates(client: Client, public: Forum) -> None:
    user = UserFactory()
    forum = ForumFactory()
    spring = period(datetime.date(2026, 1, 1), datetime.date(2026, 6, 30))
    MembershipFactory(forum=forum, person__user=user, period=spring)
    inside = planned(forum)
    planned(forum, starts_at=datetime.datetime(2026, 9, 1, 14, 0, tzinfo=BERLIN))
    MeetingFactory(forum=forum)  # a draft
    planned(public)
    assert set(events(client, own_address(user))) == {str(inside.uid)}


def test_own_feed_tells_the_link_to_whoever_is_invited_and_to_the_offices(client: Client) -> None:
    town = MunicipalityFactory()
    meeting = a_meeting(forum=a_forum(about=[town]), link="https://video.example.org/7")
    guest = UserFactory(email="gast@example.org")
    MembershipFactory(forum=meeting.forum, person__user=guest)
    readers = {
        "invited": guest,
        "town hall": MunicipalStaffFactory(municipality=town).user,
        "office": OfficeMembershipFactory(office=meeting.forum.office).user,
        "operator": OfficeMembershipFactory(office=meeting.forum.office, user__is_superuser=True).user,
    }
    addresses = {name: own_address(user) for name, user in readers.items()}

    def told() -> set[str]:
        found = {name: events(client, address)[str(meeting.uid)] for name, address in addresses.items()}
        return {name for name, event in found.items() if "https://video.example.org/7" in str(event["DESCRIPTION"])}

    assert told() == {"office", "operator"}
    invitations.invite(meeting, timezone.now())
    assert told() == {"invited", "office", "operator"}


def test_own_feed_of_a_colleague_holds_the_offices_meetings(client: Client, public: Forum) -> None:
    forum = ForumFactory()
    meeting = planned(forum)
    planned(public)
    user = OfficeMembershipFactory(office=forum.office).user
    assert set(events(client, own_address(user))) == {str(meeting.uid)}


def test_own_address_ends_when_it_is_withdrawn_replaced_or_the_account_closed(client: Client) -> None:
    user = UserFactory()
    signed_in = Client()
    signed_in.force_login(user)
    first = own_address(user)
    second = own_address(user)
    assert first != second
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    user.is_active = False
    user.save()
    assert client.get(second).status_code == 404
    user.is_active = True
    user.save()
    signed_in.force_login(user)
    signed_in.post("/konto/kalender/", {"withdraw": ""})
    assert client.get(second).status_code == 404
    assert second not in signed_in.get("/konto/kalender/").content.decode()


def test_own_calendar_is_found_from_the_profile(client: Client) -> None:
    client.force_login(UserFactory())
    assert 'href="/konto/kalender/"' in client.get("/konto/").content.decode()


# -- How it is served ---------------------------------------------------------------------------------------------


def test_feed_is_asked_for_anew_and_sent_only_when_changed(client: Client, public: Forum) -> None:
    user = UserFactory()
    MembershipFactory(forum=public, person__user=user)
    meeting = planned(public, starts_at=timezone.now())
    for address, kept in (("/kalender.ics", "no-cache"), (own_address(user), "private, no-cache")):
        first = client.get(address)
        assert set(first["Cache-Control"].split(", ")) == set(kept.split(", "))
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        Meeting.objects.filter(pk=meeting.pk).update(place=f"Ort {address}")
        assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_queries_do_not_grow_and_two_hundred_meetings_are_quick(client: Client, public: Forum) -> None:
    user = UserFactory()
    MembershipFactory(forum=public, person__user=user)
    planned(public, starts_at=timezone.now())
    addresses = ["/kalender.ics", f"/foren/{public.pk}/kalender.ics", own_address(user), "/kalender/"]

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    few = {address: queries(address) for address in addresses}
    assert max(few.values()) <= 8
    meetings = Meeting.objects.bulk_create(
        MeetingFactory.build(forum=public, state="planned", starts_at=LONG_AGO + datetime.timedelta(days=day))
        for day in range(200)
    )
    for meeting in meetings[:20]:
        AgendaItemFactory(meeting=meeting)
    assert {address: queries(address) for address in addresses} == few
    content = client.get(f"/foren/{public.pk}/kalender.ics").content
    assert content.count(b"BEGIN:VEVENT") == 201


@pytest.mark.django_db(transaction=True)
def test_vdirsyncer_brings_the_feed_and_its_changes_and_khal_shows_them(
    live_server: LiveServer, tmp_path: Path
) -> None:
    forum = a_forum(is_public=True)
    meeting = planned(forum, title="Frühjahrstreffen", starts_at=timezone.now() + datetime.timedelta(days=9))
    calendar = tmp_path / "calendar"
    vdirsyncer, khal = configured(tmp_path, calendar, f"{live_server.url}/foren/{forum.pk}/kalender.ics")

    subprocess.run([*vdirsyncer, "discover"], check=True, capture_output=True)
    subprocess.run([*vdirsyncer, "sync"], check=True, capture_output=True)
    local = meeting.starts_at.astimezone(BERLIN)
    listed = [*khal, "list", "--format", "{start-time} {title} {location}", f"{local:%d.%m.%Y}", "1d"]
    shown = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
    assert f"{local:%H:%M} Runder Tisch Musterstadt: Frühjahrstreffen {meeting.place}" in shown

    [before] = kept(calendar)
    meeting.cancel("Die Leitung ist krank.")
    subprocess.run([*vdirsyncer, "sync"], check=True, capture_output=True)
    [after] = kept(calendar)
    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")


def kept(folder: Path) -> list[icalendar.Event]:
    """What vdirsyncer keeps in the folder, a file for each event."""
    return [event for file in folder.glob("*.ics") for event in icalendar.Calendar.from_ical(file.read_bytes()).events]


def configured(folder: Path, calendar: Path, feed: str) -> tuple[list[str], list[str]]:
    """The commands vdirsyncer and khal, set up to keep the feed in the calendar's folder and to read it there."""
    (folder / "vdirsyncer.conf").write_text(
        f'[general]\nstatus_path = "{folder / "status"}"\n'
        '[pair portal]\na = "here"\nb = "there"\ncollections = null\nconflict_resolution = "b wins"\n'
        f'[storage here]\ntype = "filesystem"\npath = "{calendar}"\nfileext = ".ics"\n'
        f'[storage there]\ntype = "http"\nurl = "{feed}"\n'
    )
    (folder / "khal.conf").write_text(
        f"[calendars]\n[[portal]]\npath = {calendar}\n[sqlite]\npath = {folder / 'khal.db'}\n"
        "[locale]\nlocal_timezone = Europe/Berlin\ndefault_timezone = Europe/Berlin\n"
        "timeformat = %H:%M\ndateformat = %d.%m.%Y\nlongdateformat = %d.%m.%Y\n"
        "datetimeformat = %d.%m.%Y %H:%M\nlongdatetimeformat = %d.%m.%Y %H:%M\n"
    )
    calendar.mkdir()
    return tuple([sys.executable, "-m", name, "-c", str(folder / f"{name}.conf")] for name in ("vdirsyncer", "khal"))  # type: ignore[return-value]


# -- On the site --------------------------------------------------------------------------------------------------


def test_list_shows_what_is_to_come_and_the_past_where_asked(client: Client, public: Forum) -> None:
    ahead = planned(public, title="Kommt noch", starts_at=timezone.now() + datetime.timedelta(days=9))
    planned(public, title="War schon", starts_at=LONG_AGO)
    planned(ForumFactory(), title="Intern", starts_at=ahead.starts_at)
    assert [meeting.title for meeting in client.get("/kalender/").context["rows"]] == ["Kommt noch"]
    assert [meeting.title for meeting in client.get("/kalender/?zeit=vergangen").context["rows"]] == ["War schon"]
    both = client.get("/kalender/?zeit=alle").context["rows"]
    assert [meeting.title for meeting in both] == ["War schon", "Kommt noch"]


def test_list_is_the_same_all_day(client: Client, public: Forum) -> None:
    day = datetime.datetime(2026, 3, 4, tzinfo=BERLIN)
    planned(public, title="Heute früh", starts_at=day.replace(hour=8))
    planned(public, title="Gestern spät", starts_at=day - datetime.timedelta(hours=4))
    for hour in (7, 23):
        with time_machine.travel(day.replace(hour=hour), tick=False):
            assert [meeting.title for meeting in client.get("/kalender/").context["rows"]] == ["Heute früh"]
            over = client.get("/kalender/?zeit=vergangen").context["rows"]
            assert [meeting.title for meeting in over] == ["Gestern spät"]


@pytest.mark.parametrize("view", ["", "&ansicht=monat&monat=2021-07"])
def test_calendar_is_narrowed_by_district_and_forum(client: Client, public: Forum, view: str) -> None:
    district = DistrictFactory(ags="05766", name="Musterkreis")
    other = ForumFactory(is_public=True, district=district)
    for forum in (public, other):
        planned(forum, starts_at=LONG_AGO)

    def shown(query: str) -> set[int]:
        return {meeting.forum_id for meeting in client.get(f"/kalender/?zeit=alle{query}{view}").context["rows"]}

    assert shown("") == {public.pk, other.pk}
    assert shown("&kreis=05766") == {other.pk}
    assert shown(f"&forum={public.pk}") == {public.pk}
    html = client.get(f"/kalender/?kreis=05766&forum={other.pk}{view}").content.decode()
    for feed in ("/kalender.ics", "/kreise/05766/kalender.ics", f"/foren/{other.pk}/kalender.ics"):
        assert f'href="{feed}"' in html


def test_month_has_every_meeting_on_its_day_and_leads_to_its_neighbours(client: Client, public: Forum) -> None:
    planned(public, starts_at=datetime.datetime(2026, 3, 1, 0, 30, tzinfo=BERLIN))
    planned(public, starts_at=datetime.datetime(2026, 3, 31, 23, 30, tzinfo=BERLIN))
    planned(public, starts_at=datetime.datetime(2026, 4, 1, 0, 30, tzinfo=BERLIN))
    response = client.get("/kalender/?ansicht=monat&monat=2026-03")
    days = {day.date.isoformat(): day.meetings for week in response.context["weeks"] for day in week if day.meetings}
    assert sorted(days) == ["2026-03-01", "2026-03-31"]
    html = response.content.decode()
    assert "<h1>März 2026</h1>" in html
    assert "ansicht=monat&amp;monat=2026-02" in html
    assert "ansicht=monat&amp;monat=2026-04" in html


@pytest.mark.parametrize("month", ["", "2026-13", "unsinn", "0001-01", "9999-12"])
def test_month_that_is_none_is_the_present_one(client: Client, month: str) -> None:
    response = client.get(f"/kalender/?ansicht=monat&monat={month}")
    assert response.context["month"] == timezone.localdate().replace(day=1)


def test_office_sees_its_drafts_and_internal_meetings(client: Client) -> None:
    forum = ForumFactory()
    MeetingFactory(forum=forum, title="Entworfen", starts_at=timezone.now() + datetime.timedelta(days=9))
    client.force_login(OfficeMembershipFactory(office=forum.office).user)
    html = client.get("/kalender/").content.decode()
    assert "Entworfen" in html
    assert "Entwurf" in html
    assert "intern" in html

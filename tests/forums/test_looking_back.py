"""Looking back: search, register of decisions, attendance over time, meetings per town and year."""

import csv
import datetime
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.periods import BERLIN, ONE_DAY, today
from forums.models import Decision, Forum, Meeting, Minutes
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    DecisionFactory,
    DistrictFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OrganisationFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def district() -> Any:
    return DistrictFactory()


@pytest.fixture
def town(district: Any) -> Any:
    return MunicipalityFactory(name="Musterstadt", district=district)


@pytest.fixture
def forum(district: Any, town: Any) -> Any:
    return ForumFactory(name="Runder Tisch Wohnen", office=OfficeFactory(areas=[district]), about=[town])


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def coordinator(forum: Forum) -> Client:
    return signed_in(OfficeMembershipFactory(office=forum.office).user)


def member(forum: Forum, **more: Any) -> Client:
    user = UserFactory()
    MembershipFactory(forum=forum, person__user=user, **more)
    return signed_in(user)


def circulated(forum: Forum, *, on: datetime.date | None = None, decision: Any = None, **item: Any) -> Any:
    """An item of a meeting that was held and whose minutes went out."""
    starts_at = datetime.datetime.combine(on or datetime.date(2026, 3, 2), datetime.time(14), tzinfo=BERLIN)
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum, starts_at=starts_at))
    made = AgendaItemFactory(meeting=minutes.meeting, **item)
    if decision:
        DecisionFactory(item=made, **decision)
    Minutes.objects.filter(pk=minutes.pk).update(state="circulated")
    return made


def decided(forum: Forum, number: int | None, wording: str, **more: Any) -> Decision:
    return circulated(forum, decision={"number": number, "wording": wording}, **more).decisions.get()


def release_all() -> None:
    now = timezone.now()
    Minutes.objects.update(
        state="approved",
        snapshot={"title": "Protokoll"},
        pdf=b"%PDF",
        checksum="0" * 64,
        approved_at=now,
        released_at=now,
        public_snapshot={"title": "Protokoll"},
        public_pdf=b"%PDF",
    )


def lines(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


# -- Search -----------------------------------------------------------------------------------------------------------


def search(client: Client, **query: Any) -> Any:
    return client.get(reverse("forum_search"), query)


def titles(response: Any) -> list[str]:
    return [hit.name for hit in response.context["rows"]]


def test_search_shows_the_hit_with_its_words_marked(forum: Forum) -> None:
    circulated(forum, title="Lage am Wohnungsmarkt", result="Für Migrant*innen fehlt *Wohnraum* <überall>.")
    page = search(coordinator(forum), q="migrantinnen wohnr").content.decode()
    assert "Für <mark>Migrant*innen</mark> fehlt <mark>Wohnraum</mark> &lt;überall&gt;." in page


def test_visitor_finds_what_a_public_forum_released_and_nothing_else(client: Client, forum: Forum) -> None:
    Forum.objects.update(is_public=True, publishes_minutes=True)
    item = circulated(forum, title="Lage", result="Wohnraum fehlt.")
    ActionItemFactory(forum=forum, item=item, what="Wohnraum zählen")
    decision = decided(forum, 1, "Wohnraum wird gezählt.")
    circulated(ForumFactory(), title="Anderswo", result="Wohnraum fehlt.")
    assert titles(search(client, q="Wohnraum")) == []
    release_all()
    assert sorted(titles(search(client, q="Wohnraum"))) == sorted(["Lage", str(decision)])


def test_site_search_shows_what_forums_said_and_forums_by_name(client: Client, forum: Forum) -> None:
    Forum.objects.update(is_public=True)
    circulated(forum, title="Wohnraum für alle")
    page = client.get(reverse("site_search"), {"q": "wohnraum"}).content.decode()
    assert "<mark>Wohnraum</mark> für alle" in page
    assert forum.name in client.get(reverse("site_search"), {"q": "runder wohnen"}).content.decode()


def test_site_search_shows_strangers_nothing_of_an_internal_forum(client: Client, forum: Forum) -> None:
    circulated(forum, title="Wohnraum für alle")
    for who in (client, signed_in(OfficeMembershipFactory().user)):
        response = who.get(reverse("site_search"), {"q": "wohnraum"})
        assert (response.context["hits"], list(response.context["forums"])) == ([], [])


def test_search_is_narrowed_by_kind_forum_office_and_year(forum: Forum) -> None:
    other = ForumFactory(office=forum.office)
    circulated(forum, on=datetime.date(2025, 12, 31), title="Wohnraum damals")
    circulated(forum, on=datetime.date(2026, 1, 1), title="Wohnraum hier", result="Wohnraum")
    circulated(other, title="Wohnraum dort")
    client = coordinator(forum)
    assert titles(search(client, q="Wohnraum", jahr=2025)) == ["Wohnraum damals"]
    assert titles(search(client, q="Wohnraum", forum=other.pk)) == ["Wohnraum dort"]
    assert titles(search(client, q="Wohnraum", art="minutes")) == ["Wohnraum hier"]
    assert len(titles(search(client, q="Wohnraum", stelle=forum.office.slug))) == 4


@pytest.mark.parametrize(
    "narrowed", [{"jahr": "x"}, {"forum": "x"}, {"forum": "1" * 30}, {"art": "x"}, {"stelle": "x"}]
)
def test_filter_that_is_not_understood_narrows_to_nothing(forum: Forum, narrowed: dict[str, str]) -> None:
    circulated(forum, title="Wohnraum")
    response = search(coordinator(forum), q="Wohnraum", **narrowed)
    assert (response.status_code, titles(response)) == (200, [])


def test_choice_of_forums_names_those_one_may_see_alone(forum: Forum) -> None:
    hidden = ForumFactory(name="Geheimer Kreis")
    assert hidden.name not in search(coordinator(forum)).content.decode()
    assert forum.name in search(coordinator(forum)).content.decode()


def test_choice_of_years_is_of_what_one_may_find(client: Client, forum: Forum) -> None:
    circulated(forum, on=datetime.date(2024, 3, 2))
    planned = MeetingFactory(forum__is_public=True, starts_at=datetime.datetime(2026, 3, 2, 14, tzinfo=BERLIN))
    planned.plan()
    AgendaItemFactory(meeting=planned)

    def years(who: Client) -> list[str]:
        return [value for value, _label in search(who).context["filterset"].jahr_choices()]

    assert years(client) == ["2026"]
    assert years(coordinator(forum)) == ["2026", "2025", "2024"]


@pytest.mark.parametrize("odd", ["und", "\x00", "'", "   ", "<script>", "a" * 101])
def test_search_answers_whatever_is_typed(client: Client, odd: str) -> None:
    assert search(client, q=odd).status_code == 200


def test_search_says_when_it_shows_the_newest_hits_alone(forum: Forum, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        circulated(forum, on=datetime.date(2026, 3, 1 + number), title=f"Wohnraum {number}")
    monkeypatch.setattr("forums.views.search.MOST", 2)
    response = search(coordinator(forum), q="Wohnraum")
    assert titles(response) == ["Wohnraum 2", "Wohnraum 1"]
    assert response.context["is_cut"]


def test_search_as_a_file(forum: Forum) -> None:
    circulated(forum, title="=Wohnraum", text="Wo?")
    [_, line] = lines(search(coordinator(forum), q="Wohnraum", format="csv"))
    assert line == ["02.03.2026", "Tagesordnung", forum.name, "1. Sitzung", "'=Wohnraum", "Wo?"]


# -- Register of decisions --------------------------------------------------------------------------------------------


def register(client: Client, forum: Forum, **query: Any) -> Any:
    return client.get(reverse("decision_register", args=[forum.pk]), query)


def numbers(response: Any) -> list[int | None]:
    return [decision.number for decision in response.context["rows"]]


def test_register_shows_the_decisions_newest_first_and_new_ones_to_the_office(forum: Forum) -> None:
    decided(forum, 1, "Eins")
    decided(forum, 2, "Zwei")
    decided(forum, None, "Noch ohne")
    assert numbers(register(coordinator(forum), forum)) == [None, 2, 1]
    assert numbers(register(member(forum), forum)) == [2, 1]


def test_register_shows_visitors_what_was_released(client: Client, forum: Forum) -> None:
    Forum.objects.update(is_public=True, publishes_minutes=True)
    decided(forum, 1, "Eins")
    decided(forum, 2, "Intern", is_internal=True)
    assert numbers(register(client, forum)) == []
    release_all()
    assert numbers(register(client, forum)) == [1]


def test_register_is_narrowed_by_words_and_year(forum: Forum) -> None:
    decided(forum, 1, "Kurse für Migrant:innen", on=datetime.date(2025, 12, 31))
    decided(forum, 2, "Kurse für alle", on=datetime.date(2026, 1, 1))
    client = coordinator(forum)
    assert numbers(register(client, forum, q="Migrantinnen")) == [1]
    assert numbers(register(client, forum, jahr=2026)) == [2]


def test_register_as_a_file(forum: Forum) -> None:
    decision = decided(forum, 7, "So sei es.", title="Beschluss")
    Decision.objects.filter(pk=decision.pk).update(votes_for=5, votes_against=1, abstentions=0)
    [_, line] = lines(register(coordinator(forum), forum, format="csv"))
    assert line == ["7", "02.03.2026", "1. Sitzung", "Beschluss", "So sei es.", "5", "1", "0"]


# -- Attendance over time ---------------------------------------------------------------------------------------------


def attendance(client: Client, forum: Forum, **query: Any) -> Any:
    return client.get(reverse("attendance_over_time", args=[forum.pk]), query)


@pytest.fixture
def two_meetings(forum: Forum) -> Any:
    ada, bela = (PersonFactory(given_name=name, family_name="Beispiel") for name in ("Ada", "Bela"))
    for person in (ada, bela):
        MembershipFactory(forum=forum, person=person)
    for day, presences in ((1, ("present", "excused")), (2, ("present", "absent"))):
        starts_at = datetime.datetime(2026, 2, day, 14, tzinfo=BERLIN)
        meeting = MeetingFactory(forum=forum, starts_at=starts_at)
        for person, presence in zip((ada, bela), presences, strict=True):
            AttendanceFactory(meeting=meeting, person=person, presence=presence)
        meeting.hold()
    return forum


def test_picture_and_table_say_the_same(two_meetings: Forum) -> None:
    page = attendance(coordinator(two_meetings), two_meetings).content.decode()
    picture, table = page.split('<svg class="attendance"')[1].split("</svg>")[0], page.split("<tbody>")[1]
    said = [table.count(f"<td>{word}</td>") for word in ("anwesend", "entschuldigt", "abwesend")]
    assert said == [2, 1, 1]
    shapes = [picture.count(f"attendance__{kind}") for kind in ("present", "excused")]
    assert shapes == [2, 1]
    assert picture.count("l14 14m0 -14l-14 14") == 1, "the cross of who was absent"
    assert "2 von 2" in table
    assert page.count("attendance__present") == 3, "one more in the key"


def test_organisation_that_is_a_member_itself_has_a_line_of_its_own(two_meetings: Forum) -> None:
    association = OrganisationFactory(name="Verein Miteinander")
    MembershipFactory(forum=two_meetings, person=None, organisation=association)
    first, second = two_meetings.meetings.order_by("starts_at")
    shared = {"person": None, "organisation": association, "presence": "present"}
    AttendanceFactory(meeting=first, name=association.name, key=first.key_of(association.pk), **shared)
    AttendanceFactory(meeting=second, name="Gerda Gast", **shared)
    _head, *rows = lines(attendance(coordinator(two_meetings), two_meetings, format="csv"))
    assert rows[2] == ["Verein Miteinander", "anwesend", "nicht eingeladen", "1", "1"]
    assert len(rows) == 3


def test_attendance_is_shown_to_who_runs_the_forum_alone(two_meetings: Forum) -> None:
    town_hall = MunicipalStaffFactory(municipality=two_meetings.towns.get()).user
    assert attendance(signed_in(town_hall), two_meetings).status_code == 403
    assert attendance(member(two_meetings), two_meetings).status_code == 403
    assert attendance(member(two_meetings, role="chair"), two_meetings).status_code == 200
    assert attendance(signed_in(OfficeMembershipFactory().user), two_meetings).status_code == 404


def test_attendance_as_a_file(two_meetings: Forum) -> None:
    head, ada, bela = lines(attendance(coordinator(two_meetings), two_meetings, format="csv"))
    assert head[1:3] == ["1. Sitzung, 01.02.2026", "2. Sitzung, 02.02.2026"]
    assert [ada[1:], bela[1:]] == [["anwesend", "anwesend", "2", "2"], ["entschuldigt", "abwesend", "0", "2"]]


def test_attendance_of_a_year_and_of_guests(two_meetings: Forum) -> None:
    guest = AttendanceFactory(meeting=two_meetings.meetings.first(), role="guest", presence="present")
    page = attendance(coordinator(two_meetings), two_meetings).content.decode()
    assert str(guest.person) not in page
    assert attendance(coordinator(two_meetings), two_meetings, jahr="2026").context["picture"].columns
    assert not attendance(coordinator(two_meetings), two_meetings, jahr="1999").context["picture"].columns


def test_forum_that_never_met_says_so(forum: Forum) -> None:
    assert 'svg class="attendance"' not in attendance(coordinator(forum), forum).content.decode()


# -- Meetings per town and year ---------------------------------------------------------------------------------------


def held(forum: Forum, year: int) -> Meeting:
    meeting = MeetingFactory(forum=forum, starts_at=datetime.datetime(year, 1, 1, 0, 30, tzinfo=BERLIN))
    meeting.hold()
    return meeting


def per_town(client: Client, **query: Any) -> Any:
    return client.get(reverse("meetings_per_town"), query)


def test_table_counts_held_meetings_of_each_town_and_all_once(forum: Forum, town: Any, district: Any) -> None:
    year = today().year
    empty = MunicipalityFactory(name="Leerstadt", district=district)
    whole = ForumFactory(office=forum.office, district=district)
    partner_of = ForumFactory(about=[town], partner_offices=[forum.office])
    foreign = ForumFactory(about=[town])
    for of, when in ((forum, year), (forum, year), (forum, year - 1), (whole, year), (partner_of, year)):
        held(of, when)
    held(foreign, year)
    MeetingFactory(forum=forum).plan()
    table = per_town(coordinator(forum)).context["table"]
    rows = {row.town.name: row.counts[-2:] for row in table.rows}
    assert rows == {"Musterstadt": [1, 4], "Leerstadt": [0, 1]}
    assert table.all.counts[-2:] == [1, 4]
    assert empty.name in rows


def test_every_number_leads_to_exactly_the_meetings_it_counts(forum: Forum, town: Any, district: Any) -> None:
    year = today().year
    whole = ForumFactory(office=forum.office, district=district)
    for of, when in ((forum, year), (forum, year), (forum, year - 1), (whole, year)):
        held(of, when)
    client = coordinator(forum)
    page = per_town(client).content.decode()
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:] if "/sitzungen/?" in part]
    shown = [int(part.split(">")[1].split("<")[0]) for part in page.split('href="')[1:] if "/sitzungen/?" in part]
    assert len(links) == 6
    assert [len(client.get(link).context["meetings"]) for link in links] == shown


def test_towns_without_a_meeting_stand_in_the_table_too(forum: Forum) -> None:
    [row] = per_town(coordinator(forum)).context["table"].rows
    assert (row.town.name, row.total) == ("Musterstadt", 0)


def test_another_offices_figures_are_not_there(forum: Forum) -> None:
    other = OfficeFactory()
    assert per_town(coordinator(forum), stelle=other.slug).status_code == 404
    found = coordinator(forum).get(reverse("meetings_of_town"), {"stelle": other.slug})
    assert found.status_code == 404


@pytest.mark.parametrize("odd", [{"jahr": "1999"}, {"jahr": "x"}, {"kommune": "00000000"}, {"kommune": "\x00"}])
def test_meetings_of_an_odd_address_are_not_there(forum: Forum, odd: dict[str, str]) -> None:
    assert coordinator(forum).get(reverse("meetings_of_town"), odd).status_code == 404


def test_figures_as_a_file(forum: Forum, town: Any) -> None:
    held(forum, today().year)
    head, line, last = lines(per_town(coordinator(forum), format="csv"))
    assert head[-2:] == [str(today().year), "zusammen"]
    assert line[:2] + line[-2:] == [town.ags, "Musterstadt", "1", "1"]
    assert last[-2:] == ["1", "1"]


# -- Queries ----------------------------------------------------------------------------------------------------------


def everything(forum: Forum, number: int) -> None:
    on = datetime.date(2026, 1, 1) + number * ONE_DAY
    item = circulated(
        forum, on=on, title="Wohnraum", result="Wohnraum", decision={"wording": "Wohnraum", "number": number}
    )
    ActionItemFactory(forum=forum, item=item, what="Wohnraum", created_on=on)
    for presence in ("present", "absent"):
        AttendanceFactory(meeting=item.meeting, presence=presence)
    MunicipalityFactory(district=forum.towns.first().district)


ADDRESSES = {  # queries of a coordinator, session and account among them
    "/foren/suche/?q=wohnraum": 18,
    "/suche/?q=wohnraum": 19,
    "/foren/{pk}/beschluesse/": 11,
    "/foren/{pk}/teilnahme/": 11,
    "/foren/auswertung/": 12,
    "/foren/auswertung/sitzungen/": 9,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_queries_do_not_grow_with_the_rows(forum: Forum, address: str) -> None:
    client = coordinator(forum)
    path = address.format(pk=forum.pk)

    def queries() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    everything(forum, 1)
    with_one = queries()
    for number in range(2, 12):
        everything(forum, number)
    assert queries() == with_one
    assert with_one <= ADDRESSES[address]

"""What the search finds: gendered spellings by any of them, and only what one may see."""

import datetime
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from common import erasure, personal_data
from common.periods import period
from forums.highlights import passages
from forums.models import ActionItem, AgendaItem, Decision, Forum, Meeting, Minutes, SearchEntry
from forums.search import hits
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    DecisionFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
    UserFactory,
)
from tests.forums.test_visibility import INSIDE, OFFICES, PEOPLE, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_queries_compared")]

SPELLINGS = (
    "Migrant_innen",
    "Migrant*innen",
    "Migrant:innen",
    "Migrant/innen",
    "Migrant/-innen",
    "Migrant(inn)en",
    "MigrantInnen",
    "Migrantinnen",
    "Migrantinnen und Migranten",
    "MIGRANT*INNEN",
)


@pytest.fixture
def forum() -> Any:
    town = MunicipalityFactory(name="Musterstadt")
    return ForumFactory(office=OfficeFactory(areas=[town]), about=[town], partner_offices=[OfficeFactory()])


def found(text: str, user: Any = None) -> set[tuple[str, int]]:
    entries = SearchEntry.objects.saying(text)
    entries = entries if user is None else entries.visible_to(user)
    return set(entries.values_list("kind", "source_id"))


def finders(forum: Forum, kind: str) -> set[str]:
    return {name for name, user in people(forum).items() if kind in {of for of, _ in found("Wohnraum", user)}}


@pytest.mark.parametrize("written", SPELLINGS)
def test_gendered_spellings_find_one_another(written: str) -> None:
    item = AgendaItemFactory(title="Anderes", text=f"Sprachkurse für {written} im Herbst")
    assert [asked for asked in SPELLINGS if found(asked) != {("agenda", item.pk)}] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lehrer*innen", "Lehrerinnen und Lehrer"),
        ("Ärzt_innen", "Ärztinnen"),
        ("Ansprechpartner:in", "AnsprechpartnerIn"),
        ("Ansprechpartner(in)", "Ansprechpartner/-in"),
        ("Kolleg*innen", "Kolleginnen"),
        ("Bürger*innenbeteiligung", "BürgerInnenbeteiligung"),
        ("Integrationslots*in", "Integrationslotsen"),
    ],
)
def test_other_words_for_people_too(one: str, other: str) -> None:
    item = AgendaItemFactory(title=one)
    assert found(other) == {("agenda", item.pk)}


@pytest.mark.parametrize(("one", "other"), [("gewinnen", "Gewinn"), ("Vereine", "Verein"), ("Termine", "Termin")])
def test_words_that_only_look_gendered_are_left_alone(one: str, other: str) -> None:
    item = AgendaItemFactory(title=one)
    assert found(other) == {("agenda", item.pk)}


def test_words_are_found_in_other_forms_and_the_last_one_by_its_beginning() -> None:
    item = AgendaItemFactory(title="Bezahlbarer Wohnraum in den Städten")
    assert found("stadt bezahlbare wohnr") == {("agenda", item.pk)}
    assert found("wohnr stadt") == set(), "only the last word may be a beginning"


@pytest.mark.parametrize("odd", ["'", "\\", "' | '", "a & !b", "(", ":*", "und", "%s", "'':*", "<b>", "a\\'b"])
def test_whatever_is_typed_is_a_question(odd: str) -> None:
    AgendaItemFactory(title="Wohnraum")
    assert found(odd) == set()


def everything(forum: Forum, *, internal: bool = False) -> Meeting:
    """A held meeting of which agenda, minutes, a decision and a task speak of the same thing."""
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum))
    item = AgendaItemFactory(
        meeting=minutes.meeting, title="Wohnraum", result="Über Wohnraum gesprochen.", is_internal=internal
    )
    DecisionFactory(item=item, wording="Der Wohnraum wird gezählt.")
    ActionItemFactory(forum=forum, item=item, what="Wohnraum zählen", is_internal=internal)
    return minutes.meeting


def circulate(**more: Any) -> None:
    Decision.objects.update(number=1)
    Minutes.objects.update(state="circulated", **more)


def approve_and_release() -> None:
    now = timezone.now()
    Minutes.objects.update(
        state="approved", snapshot={"title": "Protokoll"}, pdf=b"%PDF", checksum="0" * 64, approved_at=now
    )
    Minutes.objects.update(released_at=now, public_snapshot={"title": "Protokoll"}, public_pdf=b"%PDF")


def test_agenda_of_an_internal_forum_is_found_inside(forum: Forum) -> None:
    everything(forum)
    assert finders(forum, "agenda") == INSIDE


def test_agenda_of_a_public_forum_is_found_by_everyone_once_it_is_no_draft(forum: Forum) -> None:
    Forum.objects.update(is_public=True)
    meeting = MeetingFactory(forum=forum)
    AgendaItemFactory(meeting=meeting, title="Wohnraum")
    assert finders(forum, "agenda") == OFFICES
    meeting.plan()
    assert finders(forum, "agenda") == set(PEOPLE)


def test_minutes_and_decisions_are_found_by_the_offices_then_inside_then_where_released_by_everyone(
    forum: Forum,
) -> None:
    Forum.objects.update(is_public=True, publishes_minutes=True)
    everything(forum)
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (OFFICES, OFFICES)
    circulate()
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (INSIDE, INSIDE)
    approve_and_release()
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (set(PEOPLE), set(PEOPLE))


def test_addenda_are_found_inside_and_lead_to_the_minutes(forum: Forum) -> None:
    Forum.objects.update(is_public=True, publishes_minutes=True)
    meeting = everything(forum)
    circulate()
    approve_and_release()
    addendum = meeting.record.add("Der Wohnraum war schon gezählt.", UserFactory(), meeting.day)
    assert finders(forum, "addendum") == INSIDE
    [hit] = hits(list(SearchEntry.objects.filter(kind="addendum")), "Wohnraum")
    assert (hit.name, hit.address) == (f"Nachtrag vom {meeting.day:%d.%m.%Y}", meeting.record.get_absolute_url())
    assert "<mark>Wohnraum</mark>" in hit.passage
    assert SearchEntry.objects.get(source_id=addendum.pk, kind="addendum").day == meeting.day


def test_what_an_internal_forum_released_stays_inside(forum: Forum) -> None:
    everything(forum)
    circulate()
    approve_and_release()
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (INSIDE, INSIDE)


def test_internal_items_are_found_by_the_offices_alone(forum: Forum) -> None:
    Forum.objects.update(is_public=True, publishes_minutes=True)
    everything(forum, internal=True)
    circulate()
    approve_and_release()
    for kind in ("agenda", "minutes", "decision", "task"):
        assert finders(forum, kind) == OFFICES, kind


def test_correction_is_found_by_the_offices_until_the_minutes_go_out_again(forum: Forum) -> None:
    everything(forum)
    circulate()
    AgendaItem.objects.update(result="Doch über Wohnraum gesprochen.")
    Decision.objects.update(wording="Der Wohnraum wird doch gezählt.")
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (OFFICES, OFFICES)
    circulate(circulated_at=timezone.now())
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (INSIDE, INSIDE)


def move_the_meeting(meeting: Meeting) -> None:
    day = datetime.timedelta(days=1)
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=meeting.starts_at + day, ends_at=meeting.ends_at + day)


def make_another_item_internal(meeting: Meeting) -> None:
    AgendaItem.objects.filter(meeting=meeting, title="Anderes").update(is_internal=True)


def hide_and_show_the_item(meeting: Meeting) -> None:
    for is_internal in (True, False):
        AgendaItem.objects.filter(meeting=meeting, title="Wohnraum").update(is_internal=is_internal)


@pytest.mark.parametrize("change", [move_the_meeting, make_another_item_internal, hide_and_show_the_item])
def test_correction_stays_with_the_offices_whatever_else_changes(forum: Forum, change: Any) -> None:
    meeting = everything(forum)
    AgendaItemFactory(meeting=meeting, title="Anderes")
    circulate()
    AgendaItem.objects.filter(title="Wohnraum").update(result="Doch über Wohnraum gesprochen.")
    Decision.objects.update(wording="Der Wohnraum wird doch gezählt.")
    change(meeting)
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (OFFICES, OFFICES)
    assert not Decision.objects.visible_to(people(forum)["member"]).exists()
    circulate(circulated_at=timezone.now())
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (INSIDE, INSIDE)


def test_corrected_votes_are_found_by_the_offices_until_the_minutes_go_out_again(forum: Forum) -> None:
    everything(forum)
    circulate()
    Decision.objects.update(votes_for=5, votes_against=1, abstentions=0)
    assert finders(forum, "decision") == OFFICES
    circulate(circulated_at=timezone.now())
    assert finders(forum, "decision") == INSIDE


def test_erased_name_leaves_approved_minutes_and_decisions_to_whoever_found_them(forum: Forum) -> None:
    Forum.objects.update(is_public=True, publishes_minutes=True)
    meeting = everything(forum)
    person = PersonFactory(given_name="Ada", family_name="Zyxmarke")
    AttendanceFactory(meeting=meeting, person=person)
    AgendaItem.objects.update(result="Ada Zyxmarke spricht über Wohnraum.")
    Decision.objects.update(wording="Ada Zyxmarke zählt den Wohnraum.")
    circulate()
    approve_and_release()
    erasure.erase(personal_data.people("contacts.Person", [person.pk]), timezone.localdate())
    assert Decision.objects.get().wording == "Name gelöscht zählt den Wohnraum."
    assert (finders(forum, "minutes"), finders(forum, "decision")) == (set(PEOPLE), set(PEOPLE))
    assert Decision.objects.visible_to(AnonymousUser()).exists()
    assert found("Zyxmarke") == set()


def test_item_that_becomes_internal_takes_its_decision_along(forum: Forum) -> None:
    everything(forum)
    circulate()
    AgendaItem.objects.update(is_internal=True)
    assert (finders(forum, "decision"), finders(forum, "task")) == (OFFICES, OFFICES)


def test_tasks_are_found_inside_and_by_whoever_does_them_once_the_minutes_went_out(forum: Forum) -> None:
    Forum.objects.update(is_public=True)
    everything(forum)
    doer = UserFactory()
    own = ActionItemFactory(
        forum=forum, item=AgendaItem.objects.get(), what="Wohnraum", person__user=doer, is_internal=True
    )
    assert finders(forum, "task") == OFFICES
    assert found("Wohnraum", doer) == {("agenda", own.item.pk)}
    circulate()
    assert finders(forum, "task") == INSIDE
    assert found("Wohnraum", doer) == {("agenda", own.item.pk), ("task", own.pk)}


def test_tasks_entered_directly_are_found_inside(forum: Forum) -> None:
    ActionItemFactory(forum=forum, what="Wohnraum")
    assert finders(forum, "task") == INSIDE


def test_members_find_the_meetings_within_their_dates() -> None:
    forum, user = ForumFactory(), UserFactory()
    MembershipFactory(
        forum=forum, person__user=user, period=period(datetime.date(2026, 1, 1), datetime.date(2026, 3, 2))
    )
    meeting = MeetingFactory(forum=forum)  # on the last day
    meeting.plan()
    item = AgendaItemFactory(meeting=meeting, title="Wohnraum")
    assert found("Wohnraum", user) == {("agenda", item.pk)}
    Meeting.objects.update(
        starts_at=meeting.starts_at + datetime.timedelta(days=1), ends_at=meeting.ends_at + datetime.timedelta(days=1)
    )
    assert found("Wohnraum", user) == set()


def rows_by_their_own_querysets(user: Any) -> Iterable[tuple[str, int]]:
    """What the querysets of the rows themselves show, of texts that everyone or those inside may read."""
    yield from (("agenda", pk) for pk in AgendaItem.objects.visible_to(user).values_list("pk", flat=True))
    yield from (("task", pk) for pk in ActionItem.objects.visible_to(user).values_list("pk", flat=True))
    minuted = AgendaItem.objects.visible_to(user).filter(meeting__record__in=Minutes.objects.visible_to(user))
    yield from (("minutes", pk) for pk in minuted.values_list("pk", flat=True))
    yield from (("decision", pk) for pk in Decision.objects.visible_to(user).values_list("pk", flat=True))


@pytest.mark.parametrize("is_public", [True, False])
@pytest.mark.parametrize("internal", [True, False])
@pytest.mark.parametrize("who", PEOPLE)
def test_search_shows_what_the_rows_own_querysets_show(forum: Forum, is_public: bool, internal: bool, who: str) -> None:
    Forum.objects.update(is_public=is_public)
    everything(forum, internal=internal)
    ActionItemFactory(forum=forum, what="Wohnraum suchen", is_internal=internal)
    circulate()
    user = people(forum)[who]
    assert found("Wohnraum", user) == set(rows_by_their_own_querysets(user))


def test_what_is_changed_or_deleted_is_found_as_it_is() -> None:
    item = AgendaItemFactory(title="Wohnraum", result="Wohnraum")
    AgendaItem.objects.update(title="Sport", result="")
    assert found("Wohnraum") == set()
    assert found("Sport") == {("agenda", item.pk)}
    item.meeting.delete()
    assert not SearchEntry.objects.exists()


def test_passage_marks_the_words_as_they_are_written() -> None:
    [html] = passages(["Kurse für Migrant*innen, **MigrantInnen** und deren Kinder"], "Migrantinnen")
    assert html == "Kurse für <mark>Migrant*innen,</mark> <mark>MigrantInnen</mark> und deren Kinder"


def test_passage_stands_around_the_first_word_found() -> None:
    [html] = passages([f"{'vorher ' * 50}Wohnraum{' nachher' * 50}"], "Wohnr")
    assert html == f"… {'vorher ' * 8}<mark>Wohnraum</mark>{' nachher' * 31} …"


@pytest.mark.parametrize(
    "odd", ["<script>alert(1)</script>", "<b>Wohnraum</b>", '"><img src=x>', "&lt;i&gt;", "\x02x\x03"]
)
def test_passage_holds_no_html_of_the_text(odd: str) -> None:
    [html] = passages([f"{odd} Wohnraum"], "Wohnraum")
    bare = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert "<mark>" in html or "Wohnraum" in bare
    assert "\x02" not in html


def test_visitor_finds_nothing_of_an_internal_forum() -> None:
    everything(ForumFactory())
    assert found("Wohnraum", AnonymousUser()) == set()


def test_a_search_without_hits_says_where_to_go_on(db: None, client: Client) -> None:
    page = client.get("/foren/suche/?q=xqzvw").content.decode()
    assert 'href="/foren/"><span class="kern-label">Alle Foren</span>' in page

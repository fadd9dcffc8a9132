"""What stands on an agenda by itself, what is put off, and what goes back to the store of topics."""

import datetime
from typing import Any

import pytest

from common.periods import BERLIN
from common.verbs import NotPossible
from forums import agenda
from forums.models import AgendaItem, Forum, Meeting, Topic
from forums.models.items import reorder
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    DecisionFactory,
    DocumentFactory,
    ForumFactory,
    MeetingFactory,
    MinutesFactory,
    PersonFactory,
    TemplateItemFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 2)


def at(month: int, day: int = 2) -> datetime.datetime:
    return datetime.datetime(2026, month, day, 14, 0, tzinfo=BERLIN)


def planned(forum: Forum, month: int) -> Meeting:
    meeting = MeetingFactory(forum=forum, starts_at=at(month))
    meeting.plan()
    return meeting


def added(forum: Forum, month: int, **more: Any) -> Meeting:
    meeting = MeetingFactory.build(forum=forum, starts_at=at(month))
    meeting.add(**more)
    return meeting


def titles(meeting: Meeting) -> list[str]:
    return list(meeting.items.order_by("position", "pk").values_list("title", flat=True))


def test_template_stands_on_each_new_agenda() -> None:
    forum = ForumFactory()
    TemplateItemFactory(forum=forum, position=2, title="Verschiedenes", is_closing=True)
    TemplateItemFactory(forum=forum, position=1, title="Begrüßung", minutes=5, kind="information")
    meeting = added(forum, 3)
    assert titles(meeting) == ["Begrüßung", "Verschiedenes"]
    first = meeting.items.get(title="Begrüßung")
    assert (first.minutes, first.kind) == (5, "information")


def test_further_items_are_put_in_before_those_that_stay_at_the_end() -> None:
    meeting = MeetingFactory()
    meeting.append(title="Begrüßung")
    meeting.append(title="Verschiedenes", is_closing=True)
    meeting.append(title="Wohnraum")
    assert titles(meeting) == ["Begrüßung", "Wohnraum", "Verschiedenes"]


def test_item_put_off_stands_at_once_on_the_next_agenda_and_the_earlier_minutes_stay() -> None:
    forum = ForumFactory()
    held, following, later = planned(forum, 3), planned(forum, 4), planned(forum, 5)
    item = AgendaItemFactory(meeting=held, title="Wohnraum", result="Vertagt.", minutes=20, presenter="Mira Beispiel")
    MinutesFactory(meeting=held)
    before = AgendaItem.objects.filter(pk=item.pk).values().get()
    topic = item.postpone(TODAY)
    assert titles(following) == ["Wohnraum"]
    taken = following.items.get()
    assert (taken.minutes, taken.presenter, taken.result) == (20, "Mira Beispiel", "")
    assert (topic.postponed_from, topic.state, taken.topic) == (item, Topic.State.TAKEN, topic)
    assert titles(later) == []
    assert AgendaItem.objects.filter(pk=item.pk).values().get() == before


def test_item_put_off_waits_for_the_next_meeting_where_none_is_planned() -> None:
    forum = ForumFactory()
    held = planned(forum, 3)
    topic = AgendaItemFactory(meeting=held, title="Wohnraum").postpone(TODAY)
    assert topic.state == Topic.State.OPEN
    assert titles(added(forum, 2)) == []  # an earlier one, entered afterwards
    assert titles(added(forum, 4)) == ["Wohnraum"]
    assert titles(added(forum, 5)) == []


def test_item_is_put_off_once_and_not_from_a_draft() -> None:
    item = AgendaItemFactory(meeting=planned(ForumFactory(), 3))
    item.postpone(TODAY)
    with pytest.raises(NotPossible):
        item.postpone(TODAY)
    with pytest.raises(NotPossible):
        AgendaItemFactory().postpone(TODAY)


@pytest.mark.parametrize("end", ["cancel", "discard"])
def test_topics_of_a_meeting_that_falls_away_go_back_to_the_store_or_to_the_next_agenda(end: str) -> None:
    forum = ForumFactory()
    held = planned(forum, 2)
    put_off = AgendaItemFactory(meeting=held, title="Wohnraum").postpone(TODAY)
    proposal = TopicFactory(forum=forum)
    falling = added(forum, 3)
    proposal.take(falling)
    following = planned(forum, 4)
    getattr(falling, end)()
    proposal.refresh_from_db()
    put_off.refresh_from_db()
    assert (proposal.state, put_off.state) == ("open", "taken")
    assert titles(following) == ["Wohnraum"]


def test_topic_is_answered_once() -> None:
    forum = ForumFactory()
    topic = TopicFactory(forum=forum)
    stale = Topic.objects.get(pk=topic.pk)
    topic.decline("Gehört in den Arbeitskreis Sprache.")
    with pytest.raises(NotPossible):
        stale.take(planned(forum, 3))


def test_topic_put_off_stands_on_the_first_agenda_after_that_day() -> None:
    forum = ForumFactory()
    topic = TopicFactory(forum=forum, title="Sprachkurse")
    planned(forum, 3)
    topic.put_off(at(3).date())
    assert topic.state == "open"
    assert titles(added(forum, 4)) == ["Sprachkurse"]


def test_item_taken_off_gives_its_topic_back() -> None:
    meeting = planned(ForumFactory(), 3)
    topic = TopicFactory(forum=meeting.forum)
    topic.take(meeting)
    meeting.items.get().remove()
    topic.refresh_from_db()
    assert (topic.state, titles(meeting)) == ("open", [])


@pytest.mark.parametrize("belonging", ["result", "decision", "task"])
def test_item_of_which_the_minutes_say_something_stays(belonging: str) -> None:
    item = AgendaItemFactory(result="Besprochen." if belonging == "result" else "")
    if belonging == "decision":
        DecisionFactory(item=item)
    if belonging == "task":
        ActionItemFactory(item=item, forum=item.meeting.forum)
    with pytest.raises(NotPossible):
        item.remove()
    assert AgendaItem.objects.filter(pk=item.pk).exists()


def test_only_a_draft_without_number_and_documents_is_deleted() -> None:
    with pytest.raises(NotPossible):
        planned(ForumFactory(), 3).discard()
    draft = MeetingFactory()
    DocumentFactory(forum=draft.forum, meeting=draft)
    with pytest.raises(NotPossible):
        draft.discard()
    free = MeetingFactory()
    AgendaItemFactory(meeting=free)
    free.discard()
    assert not Meeting.objects.filter(title=free.title, forum=free.forum).exists()


def test_copied_agenda_has_no_results() -> None:
    source = MeetingFactory()
    AgendaItemFactory(meeting=source, title="Wohnraum", result="Besprochen.", presenter="Mira Beispiel", minutes=15)
    TemplateItemFactory(forum=source.forum, title="Begrüßung")
    copy = MeetingFactory.build(forum=source.forum, starts_at=at(4))
    copy.add(agenda_of=source)
    [item] = copy.items.all()
    assert (item.title, item.result, item.presenter, item.minutes) == ("Wohnraum", "", "Mira Beispiel", 15)


def test_item_put_off_stands_once_on_the_copy() -> None:
    forum = ForumFactory()
    source = planned(forum, 3)
    AgendaItemFactory(meeting=source, position=1, title="Wohnraum")
    AgendaItemFactory(meeting=source, position=2, title="Verkehr").postpone(TODAY)
    assert titles(added(forum, 4, agenda_of=source)) == ["Wohnraum", "Verkehr"]
    assert titles(added(forum, 5, agenda_of=source)) == ["Wohnraum"]


def test_items_are_put_in_order_around_those_one_does_not_see() -> None:
    meeting = MeetingFactory()
    first, hidden, second, third = (AgendaItemFactory(meeting=meeting, position=n) for n in range(4))
    reorder(meeting.items, [third.pk, first.pk, second.pk])
    assert list(meeting.items.order_by("position")) == [third, hidden, first, second]


def test_internal_items_have_no_number_and_times_run_on_over_them() -> None:
    meeting = MeetingFactory()
    rows = [
        AgendaItemFactory(meeting=meeting, minutes=10),
        AgendaItemFactory(meeting=meeting, minutes=5, is_internal=True),
        AgendaItemFactory(meeting=meeting),
        AgendaItemFactory(meeting=meeting, minutes=5),
    ]
    found = agenda.lines(rows, meeting.starts_at)
    assert [line.number for line in found] == [1, 0, 2, 3]
    passed = [line.begins_at and (line.begins_at - meeting.starts_at).seconds // 60 for line in found]
    assert passed == [0, 10, 15, None]


def test_proposer_of_a_topic_stays_known_when_it_is_put_off() -> None:
    meeting = planned(ForumFactory(), 3)
    person = PersonFactory()
    topic = TopicFactory(forum=meeting.forum, proposed_by=person)
    topic.take(meeting)
    assert meeting.items.get().postpone(TODAY).proposed_by == person

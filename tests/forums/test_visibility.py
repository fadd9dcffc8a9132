"""Who sees which forums, meetings and what belongs to them; the querysets are the one place that says so."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import F

from common.periods import BERLIN, period
from forums import belonging
from forums.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Comment,
    Decision,
    Document,
    Forum,
    Meeting,
    Membership,
    Minutes,
    Topic,
)
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    CommentFactory,
    DecisionFactory,
    DocumentFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PEOPLE = ("visitor", "stranger", "member", "former", "town_hall", "office", "partner", "superuser")
INSIDE = {"member", "town_hall", "office", "partner", "superuser"}
OFFICES = {"office", "partner", "superuser"}


@pytest.fixture
def forum() -> Any:
    town = MunicipalityFactory(name="Musterstadt")
    return ForumFactory(office=OfficeFactory(areas=[town]), about=[town], partner_offices=[OfficeFactory()])


def people(forum: Forum) -> dict[str, Any]:
    """One account for each way to have to do with the forum, or none."""
    member, former = UserFactory(), UserFactory()
    MembershipFactory(forum=forum, person__user=member)
    ended = period(datetime.date(2020, 1, 1), datetime.date(2026, 3, 1))
    MembershipFactory(forum=forum, person__user=former, period=ended)
    town = forum.towns.get()
    return {
        "visitor": AnonymousUser(),
        "stranger": OfficeMembershipFactory().user,
        "member": member,
        "former": former,
        "town_hall": MunicipalStaffFactory(municipality=town).user,
        "office": OfficeMembershipFactory(office=forum.office).user,
        "partner": OfficeMembershipFactory(office=forum.partners.get()).user,
        "superuser": UserFactory(is_superuser=True),
    }


def seen_by(model: Any, row: Any, forum: Forum) -> set[str]:
    return {name for name, user in people(forum).items() if model.objects.visible_to(user).filter(pk=row.pk).exists()}


def test_internal_forum_is_seen_by_those_inside_and_once_inside(forum: Forum) -> None:
    assert seen_by(Forum, forum, forum) == INSIDE | {"former"}


def test_whoever_has_to_do_with_very_many_forums_sees_the_same(forum: Forum, monkeypatch: Any) -> None:
    monkeypatch.setattr(belonging, "MOST_NAMED", 0)
    meeting = MeetingFactory(forum=forum, state="planned")
    task = ActionItemFactory(forum=forum)
    assert seen_by(Forum, forum, forum) == INSIDE | {"former"}
    assert seen_by(Meeting, meeting, forum) == INSIDE
    assert seen_by(ActionItem, task, forum) == INSIDE


def test_public_forum_is_seen_by_everyone(forum: Forum) -> None:
    Forum.objects.update(is_public=True)
    assert seen_by(Forum, forum, forum) == set(PEOPLE)


def test_draft_of_a_meeting_is_seen_by_the_offices(forum: Forum) -> None:
    Forum.objects.update(is_public=True)
    assert seen_by(Meeting, MeetingFactory(forum=forum), forum) == OFFICES


def test_planned_meeting_of_an_internal_forum_is_seen_inside(forum: Forum) -> None:
    meeting = MeetingFactory(forum=forum)
    meeting.plan()
    assert seen_by(Meeting, meeting, forum) == INSIDE


def test_members_see_the_meetings_within_their_dates(forum: Forum) -> None:
    """The former member left on 1 March: the last evening's meeting is theirs, the next morning's is not."""
    evening = datetime.datetime(2026, 3, 1, 23, 30, tzinfo=BERLIN)
    last = MeetingFactory(forum=forum, starts_at=evening)
    next_one = MeetingFactory(forum=forum, starts_at=evening + datetime.timedelta(hours=1))
    last.plan()
    next_one.plan()
    assert seen_by(Meeting, last, forum) == INSIDE | {"former"}
    assert seen_by(Meeting, next_one, forum) == INSIDE


def test_public_meeting_is_seen_by_everyone_and_internal_items_by_the_offices(forum: Forum) -> None:
    Forum.objects.update(is_public=True)
    meeting = MeetingFactory(forum=forum)
    meeting.plan()
    assert seen_by(Meeting, meeting, forum) == set(PEOPLE)
    assert seen_by(AgendaItem, AgendaItemFactory(meeting=meeting), forum) == set(PEOPLE)
    assert seen_by(AgendaItem, AgendaItemFactory(meeting=meeting, is_internal=True), forum) == OFFICES


@pytest.mark.parametrize("is_public", [True, False])
def test_who_came_is_seen_inside(forum: Forum, is_public: bool) -> None:
    Forum.objects.update(is_public=is_public)
    meeting = MeetingFactory(forum=forum)
    meeting.plan()
    assert seen_by(Attendance, AttendanceFactory(meeting=meeting), forum) == INSIDE


@pytest.mark.parametrize("is_public", [True, False])
def test_decisions_are_the_offices_and_the_chairs_until_the_minutes_go_out(forum: Forum, is_public: bool) -> None:
    Forum.objects.update(is_public=is_public)
    chair = MembershipFactory(forum=forum, person__user=UserFactory(), role="chair").person.user
    meeting = MinutesFactory(meeting=MeetingFactory(forum=forum)).meeting
    decision = DecisionFactory(item=AgendaItemFactory(meeting=meeting))
    internal = DecisionFactory(item=AgendaItemFactory(meeting=meeting, is_internal=True))
    assert (seen_by(Decision, decision, forum), seen_by(Decision, internal, forum)) == (OFFICES, OFFICES)
    assert Decision.objects.visible_to(chair).get() == decision
    Decision.objects.update(number=F("pk"))
    Minutes.objects.update(state="circulated")
    assert (seen_by(Decision, decision, forum), seen_by(Decision, internal, forum)) == (INSIDE, OFFICES)
    Decision.objects.update(wording="Berichtigt.")
    assert seen_by(Decision, decision, forum) == OFFICES
    assert Decision.objects.visible_to(chair).get() == decision


def test_draft_of_minutes_is_seen_by_the_offices_and_then_inside(forum: Forum) -> None:
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum))
    assert seen_by(Minutes, minutes, forum) == OFFICES
    Minutes.objects.update(state="circulated")
    assert seen_by(Minutes, minutes, forum) == INSIDE


@pytest.mark.parametrize("is_public", [True, False])
def test_comments_on_minutes_are_seen_by_who_wrote_them_and_who_runs_the_meeting(forum: Forum, is_public: bool) -> None:
    Forum.objects.update(is_public=is_public)
    author, chair = (
        MembershipFactory(forum=forum, person__user=UserFactory(), role=role).person for role in ("member", "chair")
    )
    comment = CommentFactory(minutes=MinutesFactory(meeting=MeetingFactory(forum=forum)), person=author)
    Minutes.objects.update(state="circulated")
    assert seen_by(Comment, comment, forum) == OFFICES
    assert [Comment.objects.visible_to(one.user).get() for one in (author, chair)] == [comment, comment]


def test_who_belongs_to_a_forum_is_seen_inside(forum: Forum) -> None:
    assert seen_by(Membership, MembershipFactory(forum=forum), forum) == INSIDE


def test_store_of_topics_is_the_offices_and_ones_own(forum: Forum) -> None:
    proposer = UserFactory()
    topic = TopicFactory(forum=forum, proposed_by=MembershipFactory(forum=forum, person__user=proposer).person)
    assert seen_by(Topic, topic, forum) == OFFICES
    assert Topic.objects.visible_to(proposer).get() == topic


def test_tasks_are_seen_inside_and_by_whoever_does_them(forum: Forum) -> None:
    doer = UserFactory()
    task = ActionItemFactory(forum=forum, person__user=doer)
    assert seen_by(ActionItem, task, forum) == INSIDE
    assert ActionItem.objects.visible_to(doer).get() == task
    assert seen_by(ActionItem, ActionItemFactory(forum=forum, is_internal=True), forum) == OFFICES


def test_who_chaired_a_forum_and_is_a_member_now_runs_it_no_longer(forum: Forum) -> None:
    membership = MembershipFactory(
        forum=forum, role="chair", period=period(datetime.date(2020, 1, 1), datetime.date(2026, 3, 1))
    )
    MembershipFactory(forum=forum, person=membership.person, period=period(datetime.date(2026, 3, 2)))
    account = UserFactory()
    membership.person.user = account
    membership.person.save()
    assert Forum.objects.open_inside_to(account).exists()
    assert not account.has_perm("forums.change_meeting", MeetingFactory(forum=forum))


def test_tasks_of_minutes_are_the_offices_and_the_chairs_until_these_go_out(forum: Forum) -> None:
    doer, chair = UserFactory(), UserFactory()
    MembershipFactory(forum=forum, person__user=chair, role="chair")
    item = AgendaItemFactory(meeting=MinutesFactory(meeting=MeetingFactory(forum=forum)).meeting)
    task = ActionItemFactory(forum=forum, item=item, person__user=doer)
    unwritten = ActionItemFactory(forum=forum, item=AgendaItemFactory(meeting=MeetingFactory(forum=forum)))
    assert (seen_by(ActionItem, task, forum), seen_by(ActionItem, unwritten, forum)) == (OFFICES, OFFICES)
    assert set(ActionItem.objects.visible_to(chair)) == {task, unwritten}
    assert not ActionItem.objects.visible_to(doer).exists()
    Minutes.objects.update(state="circulated")
    assert seen_by(ActionItem, task, forum) == INSIDE
    assert ActionItem.objects.visible_to(doer).get() == task


def test_tasks_of_an_item_that_becomes_internal_are_the_offices_and_whoever_does_them(forum: Forum) -> None:
    doer, chair = UserFactory(), UserFactory()
    MembershipFactory(forum=forum, person__user=chair, role="chair")
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum))
    task = ActionItemFactory(forum=forum, item=AgendaItemFactory(meeting=minutes.meeting), person__user=doer)
    Minutes.objects.update(state="circulated")
    AgendaItem.objects.update(is_internal=True)
    assert seen_by(ActionItem, task, forum) == OFFICES
    assert not ActionItem.objects.visible_to(chair).exists()
    assert ActionItem.objects.visible_to(doer).get() == task


@pytest.mark.parametrize(("audience", "who"), [("everyone", set(PEOPLE)), ("members", INSIDE), ("offices", OFFICES)])
def test_documents_are_seen_by_their_audience(forum: Forum, audience: str, who: set[str]) -> None:
    Forum.objects.update(is_public=True)
    assert seen_by(Document, DocumentFactory(forum=forum, audience=audience), forum) == who


@pytest.mark.parametrize("audience", ["everyone", "members", "offices"])
def test_documents_of_internal_items_are_seen_by_the_offices(forum: Forum, audience: str) -> None:
    Forum.objects.update(is_public=True)
    meeting = MeetingFactory(forum=forum)
    meeting.plan()
    item, internal = AgendaItemFactory(meeting=meeting), AgendaItemFactory(meeting=meeting, is_internal=True)
    of_item, of_internal = (
        DocumentFactory(forum=forum, meeting=meeting, item=one, audience=audience) for one in (item, internal)
    )
    assert seen_by(Document, of_internal, forum) == OFFICES
    expected = {"everyone": set(PEOPLE), "members": INSIDE, "offices": OFFICES}
    assert seen_by(Document, of_item, forum) == expected[audience]


def test_document_for_everyone_of_an_internal_forum_stays_inside(forum: Forum) -> None:
    assert seen_by(Document, DocumentFactory(forum=forum, audience="everyone"), forum) == INSIDE

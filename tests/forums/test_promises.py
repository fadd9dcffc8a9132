"""What must always be true of forums, kept by the database itself."""

import datetime
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from common.database_errors import check_now
from common.periods import BERLIN, period, today
from common.verbs import NotPossible
from forums.models import AgendaItem, Attendance, Decision, Forum, Meeting, Membership, Minutes
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    DecisionFactory,
    FieldOfActionFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    OfficeFactory,
    OfficeTaskFactory,
    OrganisationFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


@contextmanager
def refused_by(constraint: str) -> Iterator[None]:
    found = ""
    try:
        with transaction.atomic():
            yield
            check_now()
    except DatabaseError as refusal:
        found = refusal.__cause__.diag.constraint_name  # type: ignore[union-attr]
    assert found == constraint


def test_meeting_must_end_after_it_begins() -> None:
    meeting = MeetingFactory()
    with refused_by("forums_meeting_end_after_start"):
        Meeting.objects.filter(pk=meeting.pk).update(ends_at=meeting.starts_at)


def test_numbers_run_on_without_a_gap_and_only_binding_meetings_have_one() -> None:
    forum = ForumFactory()
    first, draft, second = (MeetingFactory(forum=forum) for _ in range(3))
    first.mark_invited()
    second.hold()
    first.hold()
    assert [first.number, draft.number, second.number] == [1, None, 2]


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double_when_meetings_become_binding_at_once() -> None:
    forum = ForumFactory()
    meetings = [MeetingFactory(forum=forum) for _ in range(6)]
    together = threading.Barrier(len(meetings))
    failed: list[BaseException] = []

    def bind(meeting: Meeting, verb: str) -> None:
        try:
            together.wait()
            getattr(meeting, verb)()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    verbs = ["mark_invited", "hold"] * 3
    threads = [threading.Thread(target=bind, args=pair) for pair in zip(meetings, verbs, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sorted(Meeting.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_number_given_never_changes_and_its_meeting_is_never_deleted() -> None:
    meeting = MeetingFactory()
    meeting.mark_invited()
    with refused_by("forums_meeting_number_kept"):
        Meeting.objects.filter(pk=meeting.pk).update(number=7)
    with refused_by("forums_meeting_numbered_stays"):
        Meeting.objects.filter(pk=meeting.pk).delete()


@pytest.mark.parametrize("verb", ["plan", "mark_invited", "hold", "cancel"])
def test_cancelled_meeting_stays_cancelled(verb: str) -> None:
    meeting = MeetingFactory()
    meeting.cancel("Sturm")
    with pytest.raises(NotPossible):
        getattr(meeting, verb)()
    with refused_by("forums_meeting_next_state"):
        Meeting.objects.filter(pk=meeting.pk).update(state="planned")


def test_cancelled_meeting_accepts_no_minutes() -> None:
    meeting = MeetingFactory()
    item = AgendaItemFactory(meeting=meeting)
    meeting.cancel()
    with refused_by("forums_minutes_of_held_meeting"):
        Minutes.objects.create(meeting=meeting)
    with refused_by("forums_agendaitem_called_off"):
        AgendaItem.objects.filter(pk=item.pk).update(result="Es wurde doch gesprochen.")
    with refused_by("forums_decision_called_off"):
        DecisionFactory(item=item)
    with refused_by("forums_actionitem_called_off"):
        ActionItemFactory(forum=meeting.forum, item=item)
    with refused_by("forums_attendance_called_off"):
        AttendanceFactory(meeting=meeting, presence="present")


def test_meeting_is_cancelled_and_its_tasks_go_on_also_where_something_was_written_before() -> None:
    meeting = MeetingFactory()
    topic = TopicFactory(forum=meeting.forum)
    topic.take(meeting)
    item = topic.item
    AgendaItem.objects.filter(pk=item.pk).update(result="Vorab notiert.")
    task = ActionItemFactory(forum=meeting.forum, item=item)
    meeting.cancel()
    task.move_to("done", today())
    task.save()
    assert AgendaItem.objects.get(pk=item.pk).result == "Vorab notiert."


def test_person_attends_a_meeting_once() -> None:
    attendance = AttendanceFactory()
    with refused_by("forums_attendance_once"):
        AttendanceFactory(meeting=attendance.meeting, person=attendance.person)


def test_person_belongs_to_a_forum_once_in_a_period() -> None:
    first = MembershipFactory(period=period(datetime.date(2025, 1, 1), datetime.date(2025, 6, 30)))
    MembershipFactory(forum=first.forum, person=first.person, period=period(datetime.date(2025, 7, 1)))
    with refused_by("forums_membership_person_once"):
        MembershipFactory(forum=first.forum, person=first.person, period=period(datetime.date(2025, 6, 30)))


def test_membership_is_somebodys() -> None:
    MembershipFactory(person=None, organisation=OrganisationFactory())
    with refused_by("forums_membership_somebody"):
        MembershipFactory(person=None)


def approved_minutes() -> Minutes:
    minutes = MinutesFactory()
    AgendaItemFactory(meeting=minutes.meeting)
    AttendanceFactory(meeting=minutes.meeting)
    DecisionFactory(item=minutes.meeting.items.get())
    approve(minutes)
    return minutes


def approve(minutes: Minutes) -> None:
    Minutes.objects.filter(pk=minutes.pk).update(
        state="approved",
        approved_at=datetime.datetime(2026, 4, 1, 12, tzinfo=BERLIN),
        snapshot={"title": "Protokoll"},
        pdf=b"%PDF",
        checksum=hashlib.sha256(b"%PDF").hexdigest(),
    )
    minutes.refresh_from_db()


@pytest.mark.parametrize(
    "change", [{"pdf": b"other"}, {"snapshot": {}}, {"checksum": "0"}, {"state": "draft"}, {"approved_at": None}]
)
def test_approved_minutes_are_frozen(change: dict[str, Any]) -> None:
    minutes = approved_minutes()
    with pytest.raises(DatabaseError), transaction.atomic():
        Minutes.objects.filter(pk=minutes.pk).update(**change)
    with refused_by("forums_minutes_stay"):
        Minutes.objects.filter(pk=minutes.pk).delete()


def test_what_approved_minutes_say_is_frozen() -> None:
    meeting = approved_minutes().meeting
    with refused_by("forums_agendaitem_frozen"):
        AgendaItem.objects.filter(meeting=meeting).update(result="Anders.")
    with refused_by("forums_agendaitem_frozen"):
        AgendaItemFactory(meeting=meeting)
    with refused_by("forums_attendance_frozen"):
        Attendance.objects.filter(meeting=meeting).update(presence="absent")
    with refused_by("forums_decision_frozen"):
        Decision.objects.filter(item__meeting=meeting).update(wording="Anders.")


@pytest.mark.parametrize("name", ["starts_at", "ends_at", "began_at", "closed_at"])
def test_meeting_whose_minutes_are_approved_is_not_moved(name: str) -> None:
    meeting = MinutesFactory().meeting
    day = meeting.ends_at - datetime.timedelta(minutes=30)
    Meeting.objects.filter(pk=meeting.pk).update(**{name: day})
    approve(meeting.record)
    with refused_by("forums_meeting_when_kept"):
        Meeting.objects.filter(pk=meeting.pk).update(**{name: day + datetime.timedelta(minutes=5)})


@pytest.mark.parametrize("name", ["place", "address"])
def test_place_of_a_meeting_whose_minutes_are_approved_stays(name: str) -> None:
    meeting = MinutesFactory().meeting
    Meeting.objects.filter(pk=meeting.pk).update(**{name: "Bürgerhaus"})
    approve(meeting.record)
    with refused_by("forums_meeting_when_kept"):
        Meeting.objects.filter(pk=meeting.pk).update(**{name: "Rathaus"})
    Meeting.objects.filter(pk=meeting.pk).update(access="Der Aufzug ist links.", **{name: "Bürgerhaus"})


def test_circulated_minutes_are_not_deleted() -> None:
    minutes = MinutesFactory()
    Minutes.objects.filter(pk=minutes.pk).update(state="circulated")
    with refused_by("forums_minutes_stay"):
        Minutes.objects.filter(pk=minutes.pk).delete()


def test_items_of_decisions_and_tasks_lie_in_their_forum() -> None:
    item, other = AgendaItemFactory(), ForumFactory()
    with refused_by("forums_decision_item_of_forum"):
        DecisionFactory(item=item, forum=other)
    with refused_by("forums_actionitem_item_of_forum"):
        ActionItemFactory(item=item, forum=other)


def test_numbered_decision_stays() -> None:
    decision = DecisionFactory()
    Decision.objects.filter(pk=decision.pk).update(number=1)
    with refused_by("forums_decision_number_kept"):
        Decision.objects.filter(pk=decision.pk).update(number=2)
    with refused_by("forums_decision_numbered_stays"):
        Decision.objects.filter(pk=decision.pk).delete()


def test_fields_and_tasks_of_another_office_are_refused() -> None:
    forum, other = ForumFactory(), OfficeFactory()
    with refused_by("forums_forumfield_of_office"):
        forum.field_links.create(field=FieldOfActionFactory(office=other))
    with refused_by("forums_forum_task_of_office"):
        Forum.objects.filter(pk=forum.pk).update(task=OfficeTaskFactory(office=other))


def test_memberships_period_contains_a_day() -> None:
    membership = MembershipFactory()
    with refused_by("forums_membership_period"):
        Membership.objects.filter(pk=membership.pk).update(period="empty")

"""Two entries of one human become one: what they have to do with forums follows, and doubles become one."""

import datetime
from typing import Any

import pytest

from common import erasure, personal_data
from common.periods import period
from contacts.merging import Merge
from contacts.models import Person
from forums.models import ActionItem, Attendance, Comment, Meeting, Membership, Topic
from tests.contacts.admin_pages import address, superuser_client
from tests.factories import (
    LONG_AGO,
    ActionItemFactory,
    AttendanceFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    PersonFactory,
    TopicFactory,
)
from tests.forums.test_promises import approve

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 2, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture
def entries() -> tuple[Person, Person]:
    return PersonFactory(family_name="Bleibt"), PersonFactory(family_name="Geht")


def test_everything_in_forums_follows(entries: tuple[Person, Person]) -> None:
    kept, gone = entries
    forum = MembershipFactory(person=gone).forum
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum, chaired_by=gone, minutes_by=gone))
    AttendanceFactory(meeting=minutes.meeting, person=gone)
    ActionItemFactory(forum=forum, person=gone)
    TopicFactory(forum=forum, proposed_by=gone)
    Comment.objects.create(minutes=minutes, person=gone, text="So nicht", written_at=NOON)
    Merge(kept, gone).carry_out({})
    assert not Person.objects.filter(pk=gone.pk).exists()
    assert Membership.objects.get().person == kept
    assert Attendance.objects.get().person == kept
    assert ActionItem.objects.get().person == kept
    assert Topic.objects.get().proposed_by == kept
    assert Comment.objects.get().person == kept
    meeting = Meeting.objects.get()
    assert (meeting.chaired_by, meeting.minutes_by) == (kept, kept)


def test_memberships_at_the_same_time_become_one_in_the_higher_role(entries: tuple[Person, Person]) -> None:
    kept, gone = entries
    forum = ForumFactory()
    first, last = datetime.date(2021, 1, 1), datetime.date(2025, 12, 31)
    MembershipFactory(forum=forum, person=gone, role="chair", period=period(LONG_AGO, first))
    stays = MembershipFactory(forum=forum, person=kept, period=period(first, last))
    MembershipFactory(forum=forum, person=gone, role="guest", period=period(last))
    Merge(kept, gone).carry_out({})
    [one] = Membership.objects.all()
    assert (one.pk, one.person, one.role, one.period) == (stays.pk, kept, "chair", period(LONG_AGO))


def test_memberships_at_other_times_and_of_other_forums_stay_apart(entries: tuple[Person, Person]) -> None:
    kept, gone = entries
    forum = ForumFactory()
    MembershipFactory(forum=forum, person=gone, period=period(LONG_AGO, datetime.date(2020, 12, 31)))
    MembershipFactory(forum=forum, person=kept, period=period(datetime.date(2022, 1, 1)))
    MembershipFactory(person=gone)
    Merge(kept, gone).carry_out({})
    assert Membership.objects.filter(person=kept).count() == 3


@pytest.mark.parametrize(
    ("of_kept", "of_gone", "stays"),
    [
        ({"presence": "absent"}, {"presence": "present"}, {"presence": "present"}),
        ({}, {"presence": "excused"}, {"presence": "excused"}),
        (
            {"reply": "declined", "replied_at": NOON},
            {"reply": "substitute", "substitute": "Eva Muster", "replied_at": NOON + datetime.timedelta(hours=1)},
            {"reply": "substitute", "substitute": "Eva Muster"},
        ),
        ({"reply": "accepted", "replied_at": NOON}, {"reply": "declined", "replied_at": None}, {"reply": "accepted"}),
        ({}, {"role": "guest", "is_for_one_meeting": True}, {"is_for_one_meeting": True}),
        ({"role": "member", "invited_at": None}, {"role": "chair", "invited_at": NOON}, {"invited_at": NOON}),
    ],
)
def test_lines_of_one_meeting_become_one(
    entries: tuple[Person, Person], of_kept: dict[str, Any], of_gone: dict[str, Any], stays: dict[str, Any]
) -> None:
    kept, gone = entries
    line = AttendanceFactory(person=kept, **of_kept)
    AttendanceFactory(meeting=line.meeting, person=gone, **of_gone)
    Merge(kept, gone).carry_out({})
    [one] = Attendance.objects.all()
    assert (one.pk, one.person) == (line.pk, kept)
    assert {name: getattr(one, name) for name in stays} == stays


def test_approved_minutes_do_not_stand_in_the_way_and_say_the_same(entries: tuple[Person, Person]) -> None:
    kept, gone = entries
    minutes = MinutesFactory()
    for person in entries:
        AttendanceFactory(meeting=minutes.meeting, person=person, presence="present")
    AttendanceFactory(meeting=(other := MinutesFactory()).meeting, person=gone)
    approve(minutes)
    approve(other)
    before = (minutes.snapshot, minutes.checksum)
    assert Merge(kept, gone).obstacles() == []
    Merge(kept, gone).carry_out({})
    minutes.refresh_from_db()
    assert (minutes.snapshot, minutes.checksum) == before
    assert Attendance.objects.filter(person=kept).count() == 2


def test_page_names_what_becomes_one(entries: tuple[Person, Person]) -> None:
    kept, gone = entries
    forum = ForumFactory(name="Arbeitskreis Doppelt")
    for person in entries:
        MembershipFactory(forum=forum, person=person)
    data = {"action": "merge", "_selected_action": [kept.pk, gone.pk], "index": "0"}
    page = superuser_client().post(address("person_changelist"), data)
    assert "Mitgliedschaft: Arbeitskreis Doppelt" in page.content.decode()


def test_remark_of_the_line_that_went_is_erased_with_the_person(entries: tuple[Person, Person]) -> None:
    kept, gone = entries
    line = AttendanceFactory(person=kept)
    AttendanceFactory(meeting=line.meeting, person=gone, remark="Zyxmarke kommt später")
    Merge(kept, gone).carry_out({})
    assert Attendance.pgh_event_model.objects.filter(remark__contains="Zyxmarke").exists()
    erasure.erase(personal_data.people("contacts.Person", [kept.pk]), datetime.date(2026, 11, 24))
    assert not Attendance.pgh_event_model.objects.filter(remark__contains="Zyxmarke").exists()

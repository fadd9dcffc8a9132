"""A forum with members and a meeting to come."""

import datetime
from typing import Any

from django.utils import timezone

from common import outbox
from common.periods import BERLIN, period
from forums import invitations
from forums.models import Attendance, Forum, Meeting
from tests.factories import ForumFactory, MeetingFactory, MembershipFactory, OfficeFactory

IN_A_MONTH = (
    (timezone.localtime() + datetime.timedelta(days=30))
    .replace(hour=14, minute=0, second=0, microsecond=0)
    .astimezone(BERLIN)
)
TEN_MINUTES = datetime.timedelta(minutes=10)


def a_forum(**given: Any) -> Forum:
    office = OfficeFactory(name="Beispielstelle", email="stelle@example.org", phone="05555 100")
    return ForumFactory(office=office, name="Runder Tisch Musterstadt", **given)  # type: ignore[no-any-return]


def member(forum: Forum, name: str, **given: Any) -> Any:
    given_name = name.split(maxsplit=1)[0].lower()
    email = given.pop("email", f"{given_name}@example.org")
    return MembershipFactory(
        forum=forum,
        person__given_name=name.split(maxsplit=1)[0],
        person__family_name=name.split()[1],
        person__email=email,
        **given,
    )


def a_meeting(**given: Any) -> Meeting:
    """Planned, in a month, with two members who have addresses: Ada Muster and Ben Beispiel."""
    forum = given.pop("forum", None) or a_forum()
    member(forum, "Ada Muster", role="chair")
    member(forum, "Ben Beispiel")
    meeting = MeetingFactory(forum=forum, starts_at=given.pop("starts_at", IN_A_MONTH), **given)
    meeting.plan()
    return meeting  # type: ignore[no-any-return]


def invited(**given: Any) -> Meeting:
    """The same, with the invitations delivered."""
    meeting = a_meeting(**given)
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    return meeting


def line_of(meeting: Meeting, name: str) -> Attendance:
    return meeting.attendances.get(person__given_name=name)


def left(membership: Any, meeting: Meeting) -> None:
    """Let the membership end the day before the meeting."""
    membership.period = period(datetime.date(2020, 1, 1), meeting.day - datetime.timedelta(days=1))
    membership.save()

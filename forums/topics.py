"""Topics that members propose: asking for them by mail, the link of each member, and the answer to whoever proposed."""

import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import outbox, periods
from common.links import Link
from common.verbs import NotPossible
from forums.models import Attendance, Meeting, Membership, Topic
from forums.querysets import MembershipQuerySet

CALL, ANSWER = "forums.topics", "forums.topic_answer"
LINK = "forums.topics"
MOST = 20  # topics that one member may propose for one meeting

TAKEN, PUT_OFF, DECLINED = "taken", "put_off", "declined"


# -- Asking -------------------------------------------------------------------------------------------------------


def asked(meeting: Meeting) -> MembershipQuerySet:
    """Those who are asked: the persons who belong to the forum on the meeting's day."""
    members = Membership.objects.filter(forum=meeting.forum_id, person__isnull=False).current(meeting.day)
    return members.with_details()


def call(meeting: Meeting, on: datetime.date) -> int:
    """Ask each member for topics until the meeting's closing day; how many mails go out."""
    with transaction.atomic():
        stored = meeting.locked()
        if stored.state not in (Meeting.State.PLANNED, Meeting.State.INVITED) or stored.forum.is_elsewhere:
            raise NotPossible(gettext("Members are asked for topics of a meeting that is planned, and not yet held."))
        if stored.topics_until is None or stored.topics_until < on:
            raise NotPossible(gettext("Please give a day that is not over yet."))
        stored.add_lines(asked(stored))
        reachable = asked(stored).with_address().values("person")
        keys = stored.attendances.filter(person__in=reachable).order_by("pk").values_list("pk", flat=True)
        for key in keys:
            outbox.post(CALL, about=stored.pk, to=key, version=stored.topics_until.isoformat())
        return len(keys)


def may_propose(attendance: Attendance, on: datetime.date) -> bool:
    """Whether the link still works: before the closing day is over, for whoever belongs to the forum. Queries."""
    meeting = attendance.meeting
    is_open = meeting.state in (Meeting.State.PLANNED, Meeting.State.INVITED)
    return bool(
        is_open
        and meeting.topics_until
        and on <= meeting.topics_until
        and Membership.objects.filter(forum=meeting.forum_id, person=attendance.person_id).current(on).exists()
    )


def opened(token: str, at: datetime.datetime) -> Attendance | None:
    """Whose open link it is; None where it is over."""
    link = Link.objects.find(LINK, token, at)
    rows = Attendance.objects.select_related("meeting__forum__office", "person__user")
    attendance = rows.filter(pk=link.object_id).first() if link else None
    if link is None or attendance is None or not link.was_given_to(attendance.address):
        return None
    return attendance if may_propose(attendance, periods.day_of(at)) else None


def call_mail(message: outbox.Message) -> outbox.Mail | None:
    """None where the day is over or was changed, or the member left."""
    now = timezone.now()
    attendance = (
        Attendance.objects.select_related("meeting__forum__office", "person__user").filter(pk=message.to).first()
    )
    if attendance is None or attendance.person is None or not may_propose(attendance, periods.day_of(now)):
        return None
    meeting, address = attendance.meeting, attendance.address
    if meeting.topics_until is None or meeting.topics_until.isoformat() != message.version or not address:
        return None
    # Its day is looked at when it is opened, so that it can be moved.
    token = Link.objects.lasting(LINK, attendance.pk, at=now, until=meeting.ends_at, holder=address)
    return outbox.Mail(
        address,
        gettext("%(forum)s: which topics for %(day)s?")
        % {"forum": meeting.forum, "day": date_format(meeting.day, "SHORT_DATE_FORMAT")},
        {
            "meeting": meeting,
            "person": attendance.person,
            "link": settings.PUBLIC_URL + reverse("propose_topic", args=[token]),
        },
        sender_name=str(meeting.forum.office),
        reply_to=meeting.forum.office.email,
    )


def called_managed_by(user: Any) -> "QuerySet[Any]":
    return Attendance.objects.administered_by(user).values("pk")


# -- Answering ----------------------------------------------------------------------------------------------------


def tell(topic: Topic, verdict: str) -> None:
    """Let whoever proposed it know what became of it."""
    if topic.proposed_by_id:
        outbox.post(ANSWER, about=topic.pk, to=topic.proposed_by_id, version=f"{verdict}-{topic.version}")


def answer_mail(message: outbox.Message) -> outbox.Mail | None:
    """None where it has become otherwise meanwhile, or the person cannot be reached."""
    topics = Topic.objects.select_related("forum__office", "proposed_by__user", "item__meeting__forum")
    topic = topics.filter(pk=message.about, proposed_by=message.to).first()
    if topic is None or topic.proposed_by is None or not message.version.endswith(f"-{topic.version}"):
        return None
    address = topic.proposed_by.mail_address
    if not address:
        return None
    meeting = topic.item.meeting if hasattr(topic, "item") else None
    return outbox.Mail(
        address,
        gettext("Your topic for %(forum)s: %(title)s") % {"forum": topic.forum, "title": topic.title},
        {
            "topic": topic,
            "person": topic.proposed_by,
            "verdict": message.version.rpartition("-")[0],
            "meeting": meeting if meeting and meeting.state != Meeting.State.DRAFT else None,
        },
        sender_name=str(topic.forum.office),
        reply_to=topic.forum.office.email,
    )


def answered_managed_by(user: Any) -> "QuerySet[Any]":
    """The topics whose messages an administrator may see; their proposers belong to forums of other offices too."""
    return Topic.objects.administered_by(user).values("pk")

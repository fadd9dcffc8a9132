"""Minutes on their way: the mail to each member with a link of their own, and the reminders to who held the meeting."""

import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import outbox, periods
from common.links import Link
from forums import minutes_text
from forums.models import Attendance, Meeting, Membership, Minutes

WRITE, APPROVE = "forums.minutes_to_write", "forums.minutes_to_approve"
COMMENT_LINK = "forums.comment"
LINK_VALID_FOR = datetime.timedelta(days=90)  # to read; comments are taken until their day
WRITTEN_WITHIN = datetime.timedelta(days=7)
APPROVED_WITHIN = datetime.timedelta(days=14)
TOOK_PLACE = (Meeting.State.PLANNED, Meeting.State.INVITED, Meeting.State.HELD)  # once its end is over
REMINDED_WITHIN = datetime.timedelta(days=90)  # what is older was entered later, to keep it


# -- To the members -----------------------------------------------------------------------------------------------


class Opened(NamedTuple):
    attendance: Attendance
    minutes: Minutes


def _are_members(on: datetime.date) -> Q:
    """Whether a line's person was a member on the meeting's day and is one now, be it in another membership."""
    own = Membership.objects.filter(forum=OuterRef("meeting__forum"), person=OuterRef("person"))
    then = Exists(own.filter(period__contains=OuterRef("meeting__starts_at__date")))
    return Q(then) & Q(Exists(own.filter(period__contains=on)))


def lines(on: datetime.date) -> Any:
    """The lines of members who may comment on minutes, with what their pages need."""
    rows = Attendance.objects.filter(_are_members(on), person__isnull=False)
    return rows.select_related("person__user", "meeting__forum__office")


def opened(token: str, at: datetime.datetime) -> Opened | None:
    """Whose link it is, and the minutes; None where it is over, or the membership is."""
    link = Link.objects.find(COMMENT_LINK, token, at)
    attendance = lines(periods.day_of(at)).filter(pk=link.object_id).first() if link else None
    if link is None or attendance is None or not link.was_given_to(attendance.address):
        return None
    minutes = Minutes.of(attendance.meeting)
    return None if minutes.is_draft else Opened(attendance, minutes)


def circulated(message: outbox.Message) -> outbox.Mail | None:
    """None where a newer version is on its way, the minutes are approved, or the member left or has no address."""
    now = timezone.now()
    attendance = lines(periods.day_of(now)).filter(pk=message.to).first()
    minutes = Minutes.of(attendance.meeting) if attendance else None
    if attendance is None or minutes is None or not minutes.is_circulated or str(minutes.edition) != message.version:
        return None
    meeting = attendance.meeting
    address = attendance.address
    if not address:
        return None
    is_corrected = minutes.edition > 1
    subject = (
        gettext("Changed: minutes of %(meeting)s, %(forum)s")
        if is_corrected
        else gettext("Minutes of %(meeting)s, %(forum)s: please comment until %(day)s")
    )
    token = Link.objects.lasting(COMMENT_LINK, attendance.pk, at=now, until=now + LINK_VALID_FOR, holder=address)
    text = minutes_text.in_words(minutes_text.for_members(minutes.text()))
    return outbox.Mail(
        address,
        subject
        % {
            "meeting": meeting,
            "forum": meeting.forum,
            "day": date_format(minutes.comments_until, "SHORT_DATE_FORMAT"),  # type: ignore[arg-type]
        },
        {
            "person": attendance.person,
            "meeting": meeting,
            "minutes": minutes,
            "is_corrected": is_corrected,
            "changed": text["changed"],
            "last_day": periods.day_of(now + LINK_VALID_FOR - periods.ONE_DAY),
            "link": settings.PUBLIC_URL + reverse("minutes_by_link", args=[token]),
        },
        sender_name=str(meeting.forum.office),
        reply_to=meeting.forum.office.email,
    )


def attendances_managed_by(user: Any) -> Any:
    return Attendance.objects.administered_by(user).values("pk")


# -- To who held the meeting --------------------------------------------------------------------------------------


def remind(on: datetime.date) -> str:
    """A duty: remind once of minutes that did not go out within a week, and of those that nobody approved."""
    ended = Q(ends_at__date__lte=on - WRITTEN_WITHIN, ends_at__date__gt=on - REMINDED_WITHIN)
    # Of which nothing was typed counts as held, unless it was called off.
    held = Meeting.objects.filter(ended, state__in=TOOK_PLACE, forum__is_elsewhere=False)
    unwritten = held.filter(Q(record=None) | Q(record__state=Minutes.State.DRAFT)).exclude(_reminded(WRITE, ""))
    circulated = Minutes.objects.filter(
        state=Minutes.State.CIRCULATED,
        comments_until__lt=on - APPROVED_WITHIN,
        comments_until__gte=on - REMINDED_WITHIN,
    )
    meetings = Meeting.objects.filter(pk__in=circulated.values("meeting")).exclude(_reminded(APPROVE, ""))
    counts = []
    for occasion, rows in ((WRITE, unwritten), (APPROVE, meetings)):
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        counts.append(len(keys))
        for key in keys:
            outbox.post(occasion, about=key, to=key)
    return f"{counts[0]} to write, {counts[1]} to approve"


def _reminded(occasion: str, version: str) -> Exists:
    return Exists(outbox.Message.objects.filter(occasion=occasion, about=OuterRef("pk"), version=version))


def to_write(message: outbox.Message) -> outbox.Mail | None:
    """None where they went out meanwhile, or the meeting was called off after all."""
    meeting = _meeting(message)
    if meeting is None or meeting.state not in TOOK_PLACE or not Minutes.of(meeting).is_draft:
        return None
    return _reminder(meeting, gettext("Please write the minutes of %(meeting)s, %(forum)s"))


def to_approve(message: outbox.Message) -> outbox.Mail | None:
    """None where they were approved meanwhile, or a corrected version went out."""
    meeting = _meeting(message)
    minutes = Minutes.of(meeting) if meeting else None
    if meeting is None or minutes is None or not minutes.is_circulated or minutes.takes_comments(periods.today()):
        return None
    return _reminder(meeting, gettext("The minutes of %(meeting)s, %(forum)s can be approved"))


def _meeting(message: outbox.Message) -> Meeting | None:
    meetings = Meeting.objects.select_related("forum__office", "minutes_by__user", "chaired_by__user")
    return meetings.filter(pk=message.to).first()


def _reminder(meeting: Meeting, subject: str) -> outbox.Mail | None:
    """To the minute taker, else the chair, else the office; None where none has an address."""
    holders = [person for person in (meeting.minutes_by, meeting.chaired_by) if person and person.mail_address]
    person = holders[0] if holders else None
    address = person.mail_address if person else meeting.forum.office.email
    if not address:
        return None
    page = "minutes" if meeting.state == Meeting.State.HELD else "meeting_log"  # where nothing is written yet
    return outbox.Mail(
        address,
        subject % {"meeting": meeting, "forum": meeting.forum},
        {
            "person": person,
            "meeting": meeting,
            "minutes": Minutes.of(meeting),
            "link": settings.PUBLIC_URL + reverse(page, args=[meeting.forum_id, meeting.pk]),
        },
        sender_name=str(meeting.forum.office),
        reply_to=meeting.forum.office.email,
    )


def meetings_managed_by(user: Any) -> Any:
    return Meeting.objects.administered_by(user).values("pk")

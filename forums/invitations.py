"""Telling those who belong to a forum about a meeting: the invitation, what changes, that it is called off.

Whoever is to come has one line of attendance, by which each mail and its link know them. What was told is kept as
announcements, version by version: a change waits until the meeting has been left alone for a while, and each mail says
what is different from the last version that reached its addressee. Run again, nothing goes out twice.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from common import outbox, periods
from common.kept_queries import KeptQuery
from common.links import Link
from common.outbox import Message
from common.verbs import NotPossible
from common.words import in_words
from forums import agenda
from forums.calendars import invitation_file
from forums.models import ActionItem, AgendaItem, Announcement, Attendance, Document, Meeting, Membership
from forums.querysets import AttendanceQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet

INVITATION, CANCELLATION, REMINDER = "forums.invitation", "forums.cancellation", "forums.reply_reminder"
REPLY_LINK = "forums.reply"  # the purpose of links of a line of attendance

QUIET = datetime.timedelta(minutes=10)  # what changes again within this time goes out together
REMINDED_BEFORE = datetime.timedelta(days=3)  # before the day until which replies are asked for
REMINDED_BEFORE_MEETING = datetime.timedelta(days=5)  # where no day is named until which to reply
AT_LEAST_ASKED = datetime.timedelta(days=2)  # nobody is reminded of what came yesterday

CALLED_OFF = {"is_called_off": True}
MOMENTS = ("starts_at", "ends_at")
TOLD = (
    *MOMENTS,
    "title",
    "place",
    "address",
    "access",
    "link",
    "reply_until",
)  # fields of a meeting whose change is told

REPLIES = {  # the answer with which a link opens the page
    "zusage": Attendance.Reply.ACCEPTED,
    "absage": Attendance.Reply.DECLINED,
    "vertretung": Attendance.Reply.SUBSTITUTE,
}


# -- What the members are told ------------------------------------------------------------------------------------


def shown_items(meeting: Meeting) -> "QuerySet[AgendaItem]":
    return meeting.items.order_by("position", "pk")


def shown_documents(meeting: Meeting) -> "QuerySet[Document]":
    return meeting.documents.for_members().order_by("uploaded_at", "pk")


def open_tasks(meeting: Meeting) -> "QuerySet[ActionItem]":
    """What the forum's members still have to do, as they may know it."""
    tasks = ActionItem.objects.filter(forum=meeting.forum_id, is_internal=False).exclude(item__is_internal=True)
    return tasks.open().given().with_details().order_by("due_on", "pk")


def content_of(meeting: Meeting) -> dict[str, Any]:
    """What a version is compared by, as JSON keeps it."""
    if meeting.state == Meeting.State.CANCELLED:
        return CALLED_OFF
    day = meeting.reply_until
    return {
        **{name: getattr(meeting, name) for name in TOLD},
        **{name: getattr(meeting, name).astimezone(datetime.UTC).isoformat() for name in MOMENTS},
        "reply_until": day.isoformat() if day else None,
        "agenda": [[item.title, item.minutes] for item in shown_items(meeting) if not item.is_internal],
        "documents": [document.title for document in shown_documents(meeting)],
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What is different, in words, a line each."""
    lines = []
    for name in TOLD:
        old, new = before.get(name), after.get(name)
        if old != new:
            field: Any = Meeting._meta.get_field(name)
            label = capfirst(str(field.verbose_name))
            words = {"label": label, "new": _in_words(name, new), "old": _in_words(name, old)}
            lines.append(gettext("%(label)s: %(new)s (was: %(old)s)") % words)
    old_titles, new_titles = ([title for title, _minutes in content.get("agenda", ())] for content in (before, after))
    lines += [gettext("New on the agenda: %(title)s") % {"title": t} for t in new_titles if t not in old_titles]
    lines += [gettext("No longer on the agenda: %(title)s") % {"title": t} for t in old_titles if t not in new_titles]
    if before.get("agenda") != after.get("agenda") and sorted(old_titles) == sorted(new_titles):
        lines.append(gettext("Order or times of the agenda"))
    old_documents, new_documents = before.get("documents", []), after.get("documents", [])
    lines += [gettext("New attachment: %(title)s") % {"title": t} for t in new_documents if t not in old_documents]
    lines += [
        gettext("Attachment withdrawn: %(title)s") % {"title": t} for t in old_documents if t not in new_documents
    ]
    return lines


def _in_words(name: str, value: str | None) -> str:
    if not value:
        return "–"
    if name in MOMENTS:
        return in_words(datetime.datetime.fromisoformat(value))
    return in_words(datetime.date.fromisoformat(value)) if name == "reply_until" else value


# -- Inviting, and telling what changed ---------------------------------------------------------------------------


def invite(meeting: Meeting, at: datetime.datetime) -> None:
    """Invite everyone who belongs to the forum on that day. Raises NotPossible."""
    if meeting.forum.is_elsewhere:
        raise NotPossible(gettext("Somebody else invites to the meetings of this forum."))
    if not meeting.may_be_invited_to(at):
        raise NotPossible(gettext("The meeting has begun already, or was cancelled."))
    with transaction.atomic():
        meeting.mark_invited()
        if not meeting.announcements.exists():
            meeting.announcements.create(
                sequence=meeting.sequence, content=content_of(meeting), noticed_at=at, announced_at=at
            )
        _invite_missing(meeting, at)


def add_guest(attendance: Attendance, at: datetime.datetime) -> None:
    """Ask somebody to come to this one meeting. Raises NotPossible."""
    with transaction.atomic():
        meeting = attendance.meeting.locked()
        if not meeting.takes_replies(at):
            raise NotPossible(gettext("People can be added after the invitation and until the meeting begins."))
        attendance.role, attendance.is_for_one_meeting = Membership.Role.GUEST, True
        attendance.organisation_id = attendance.person.organisation_id if attendance.person else None
        attendance.save()
        _invite_missing(meeting, at)


def keep_told(on: datetime.date) -> str:
    """A duty: invite who joined a forum since, and tell what changed or was called off. Says how many meetings."""
    at = timezone.now()
    meetings = Meeting.objects.announced(at).filter(state__in=[Meeting.State.INVITED, Meeting.State.CANCELLED])
    count = sum(_keep_told(meeting, at) for meeting in meetings.select_related("forum").order_by("starts_at", "pk"))
    return ngettext("Changes of %(n)d meeting told.", "Changes of %(n)d meetings told.", count) % {"n": count}


def _keep_told(meeting: Meeting, at: datetime.datetime) -> bool:
    """Whether something is told of this meeting now."""
    with transaction.atomic():
        meeting = meeting.locked()
        if meeting.state == Meeting.State.INVITED:
            _invite_missing(meeting, at)
        told, waiting = meeting.announcements.made().last(), meeting.announcements.filter(announced_at=None).first()
        content = content_of(meeting)
        is_called_off = content == CALLED_OFF
        if told is None or told.content == content or not (told.content or is_called_off):
            meeting.announcements.filter(announced_at=None).delete()
            meeting.announcements.made().filter(content={}).update(content=content)  # a name in it was erased
            return False
        if waiting is None or waiting.content != content:
            waiting = waiting or Announcement(meeting=meeting, sequence=told.sequence + 1)
            waiting.content, waiting.noticed_at = content, at
        if is_called_off or waiting.noticed_at + QUIET <= at:
            waiting.announced_at = at
            meeting.sequence = waiting.sequence
            meeting.save(update_fields=["sequence"])
            asked = meeting.attendances.expected().with_address().filter(invited_at__isnull=False)
            _post(CANCELLATION if is_called_off else INVITATION, meeting, asked)
            _let_go(meeting, told)
        waiting.save()
        return waiting.announced_at is not None


def _invite_missing(meeting: Meeting, at: datetime.datetime) -> None:
    """Let every member have a line of attendance, and everyone with an address an invitation."""
    meeting.add_lines(Membership.objects.filter(forum=meeting.forum_id, period__contains=meeting.day))
    missing = list(meeting.attendances.expected().with_address().filter(invited_at=None))
    _post(INVITATION, meeting, missing)
    meeting.attendances.filter(pk__in=[attendance.pk for attendance in missing]).update(invited_at=at)


def _let_go(meeting: Meeting, told: Announcement) -> None:
    """Tell those who were invited to a day, and do not belong to the forum on the one it was moved to."""
    gone = list(_left_behind(meeting, told).with_address().filter(invited_at__isnull=False))
    _post(CANCELLATION, meeting, gone)
    # Should they belong to it on that day after all, they are invited anew.
    meeting.attendances.filter(pk__in=[attendance.pk for attendance in gone]).update(invited_at=None)


def _left_behind(meeting: Meeting, told: Announcement | None) -> AttendanceQuerySet:
    """The lines of those expected on the day that was told of, and not on the meeting's day now."""
    begin = told.content.get("starts_at") if told else None
    if begin is None:
        return meeting.attendances.none()
    day = periods.day_of(datetime.datetime.fromisoformat(begin))
    return meeting.attendances.expected(on=day).exclude(pk__in=meeting.attendances.expected().values("pk"))


def _post(occasion: str, meeting: Meeting, attendances: "Sequence[Attendance] | QuerySet[Attendance]") -> None:
    for attendance in attendances:
        outbox.post(occasion, about=meeting.pk, to=attendance.pk, version=str(meeting.sequence))


def remind(on: datetime.date) -> str:
    """A duty: remind once who was invited, has not replied, and is to reply soon. Says how many."""
    now = timezone.now()
    own = Message.objects.filter(about=OuterRef("meeting"), to=OuterRef("pk"))
    by_its_day = Q(meeting__reply_until__range=(on, on + REMINDED_BEFORE))
    before_meeting = periods.midnight(on + REMINDED_BEFORE_MEETING + periods.ONE_DAY)
    silent = (
        Attendance.objects.expected()
        .with_address()
        .filter(
            Exists(own.filter(occasion=INVITATION, state=Message.State.SENT)),
            ~Exists(own.filter(occasion=REMINDER)),
            by_its_day | Q(meeting__reply_until=None, meeting__starts_at__lt=before_meeting),
            reply=Attendance.Reply.NONE,
            invited_at__lte=now - AT_LEAST_ASKED,
            meeting__state=Meeting.State.INVITED,
            meeting__starts_at__gt=now,
        )
    )
    found = list(silent.values_list("meeting", "pk"))
    for meeting, attendance in found:
        outbox.post(REMINDER, about=meeting, to=attendance)
    return ngettext("%(n)d person reminded.", "%(n)d people reminded.", len(found)) % {"n": len(found)}


# -- The messages, made at the moment of delivery -----------------------------------------------------------------


def invitation_mail(message: Message) -> outbox.Mail | None:
    """The first one or what changed; None where a newer version follows or nothing is different after all."""
    attendance = _addressee(message, Meeting.State.INVITED)
    if attendance is None or message.version != str(attendance.meeting.sequence):
        return None
    meeting = attendance.meeting
    told = _version_known(message.to, message.about)
    lines: list[str] = []
    if told is not None:
        contents = {str(one.sequence): one.content for one in meeting.announcements.made()}
        before, after = contents.get(told), contents.get(message.version)
        if before and after:
            lines = changes(before, after)
            if not lines:
                return None
    return _invitation(attendance, _links(attendance), is_change=told is not None, lines=lines)


def preview(meeting: Meeting) -> str:
    """The invitation as text, as somebody who belongs to the forum will get it."""
    links = dict.fromkeys(REPLIES, gettext("(the addressee's own link)"))
    mail = _invitation(Attendance(meeting=meeting, name=gettext("(name)")), links)
    return outbox.text_of(INVITATION, mail)


def _invitation(
    attendance: Attendance, links: dict[str, str], *, is_change: bool = False, lines: Sequence[str] = ()
) -> outbox.Mail:
    meeting = attendance.meeting
    subject = gettext("Changed: %(forum)s, %(meeting)s") if is_change else gettext("Invitation: %(forum)s, %(meeting)s")
    items = [line for line in agenda.lines(shown_items(meeting), meeting.starts_at) if line.number]
    context = {
        "is_change": is_change,
        "changes": lines,
        "items": items,
        # Who comes to one meeting does not belong to the forum.
        "tasks": () if attendance.is_for_one_meeting else open_tasks(meeting),
        "documents": shown_documents(meeting),
    }
    return _mail(attendance, subject, {**context, "links": links}, method="REQUEST")


def cancellation_mail(message: Message) -> outbox.Mail | None:
    """That the meeting is called off, or was moved beyond the last day of the addressee's membership.

    None for whom no invitation reached, nor is just about to.
    """
    attendance, moved_from = _addressee(message, Meeting.State.CANCELLED), None
    if attendance is None:
        attendance, moved_from = _addressee_left_behind(message)
    invited = Message.objects.filter(occasion=INVITATION, to=message.to, about=message.about)
    may_have_it = (Message.State.SENT, Message.State.WAITING)
    if attendance is None or not invited.filter(state__in=may_have_it, tries__gt=0).exists():
        return None
    subject = gettext("Moved: %(forum)s, %(meeting)s") if moved_from else gettext("Cancelled: %(forum)s, %(meeting)s")
    return _mail(attendance, subject, {"moved_from": moved_from}, method="CANCEL")


def reminder_mail(message: Message) -> outbox.Mail | None:
    attendance = _addressee(message, Meeting.State.INVITED)
    if attendance is None or attendance.reply:
        return None
    subject = gettext("Reminder, please reply: %(forum)s, %(meeting)s")
    return _mail(attendance, subject, {"links": _links(attendance)})


def _version_known(to: int, about: int) -> str | None:
    """The version of the last mail that reached them; None before the first, and once that took it back."""
    mails = Message.objects.filter(occasion__in=[INVITATION, CANCELLATION], to=to, about=about)
    last = mails.filter(state=Message.State.SENT).order_by("-sent_at").first()
    return last.version if last and last.occasion == INVITATION else None


def _addressee_left_behind(message: Message) -> tuple[Attendance | None, datetime.date | None]:
    """Who was let go by that version, and from which day it was moved; None once they are expected again."""
    told = Announcement.objects.made().filter(meeting=message.about, sequence__lt=int(message.version)).last()
    if told is None or told.meeting.starts_at <= timezone.now():
        return None, None
    found = _left_behind(told.meeting, told).select_related("person__user", "meeting__forum__office")
    attendance = found.filter(pk=message.to).first()
    if attendance is None or not attendance.address:
        return None, None
    return attendance, periods.day_of(datetime.datetime.fromisoformat(told.content["starts_at"]))


def _addressee(message: Message, state: str) -> Attendance | None:
    """Who is written to; None once they have left, have no address, or the meeting is in another state or begun."""
    attendances = Attendance.objects.expected().select_related("person__user", "meeting__forum__office")
    waiting = attendances.filter(meeting__state=state, meeting__starts_at__gt=timezone.now())
    attendance = waiting.filter(pk=message.to, meeting=message.about).first()
    return attendance if attendance and attendance.address else None


def _links(attendance: Attendance) -> dict[str, str]:
    """The addresses of the page that replies, each with another answer chosen; in every mail the same."""
    now, until = timezone.now(), attendance.meeting.starts_at
    token = Link.objects.lasting(REPLY_LINK, attendance.pk, at=now, until=until, holder=attendance.address)
    page = settings.PUBLIC_URL + reverse("reply_by_link", args=[token])
    return {word: f"{page}?antwort={word}" for word in REPLIES}


def _mail(attendance: Attendance, subject: str, context: dict[str, Any], *, method: str = "") -> outbox.Mail:
    meeting = attendance.meeting
    office = meeting.forum.office
    calendar = invitation_file(attendance, method=method, at=timezone.now()) if method else b""
    return outbox.Mail(
        attendance.address,
        subject % {"forum": meeting.forum, "meeting": meeting},
        {"attendance": attendance, "meeting": meeting, "forum": meeting.forum, "office": office, **context},
        sender_name=str(office),
        reply_to=office.email,
        alternatives=[(calendar.decode(), f"text/calendar; method={method}")] if calendar else (),
        attachments=[("einladung.ics", calendar, "application/ics")] if calendar else (),
    )


# -- What became of it --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One person of the list: their line of attendance, and the newest mail to them, if any."""

    attendance: Attendance
    mail: Message | None
    is_expected: bool


@dataclass(frozen=True)
class Replies:
    """Who comes: `comes` counts with those who are represented; whoever left the forum is not counted."""

    lines: list[Line]

    def count(self, *replies: str) -> int:
        return sum(line.is_expected and line.attendance.reply in replies for line in self.lines)

    @property
    def comes(self) -> int:
        return self.count(Attendance.Reply.ACCEPTED, Attendance.Reply.SUBSTITUTE)

    @property
    def does_not_come(self) -> int:
        return self.count(Attendance.Reply.DECLINED)

    @property
    def silent(self) -> int:
        return self.count(Attendance.Reply.NONE)


def replies_to(meeting: Meeting) -> Replies:
    """The people asked to come, in alphabetical order; two queries."""
    mails = _newest_mails(meeting)
    lines: Any = lines_of(meeting.pk)
    for line in lines:
        line.meeting = meeting
    return Replies([Line(one, mails.get(one.pk), one.is_expected) for one in lines])


@KeptQuery
def lines_of(meeting: int) -> "QuerySet[Attendance]":
    """The lines of people; `is_expected` is whether they are still to hear of the meeting."""
    expected = Attendance.objects.expected().filter(pk=OuterRef("pk")).order_by()
    lines = Attendance.objects.filter(meeting=meeting, person__isnull=False).annotate(is_expected=Exists(expected))
    return lines.with_details().order_by("person__sort_key", "pk")


@KeptQuery
def _mails(meeting: int) -> "QuerySet[Message]":
    return Message.objects.filter(occasion__in=[INVITATION, CANCELLATION], about=meeting).order_by("pk")


def _newest_mails(meeting: Meeting) -> dict[int, Message]:
    """By line of attendance; one no longer wanted stands there only where it is all there is."""
    newest: dict[int, Message] = {}
    for message in _mails(meeting.pk):
        if message.state != Message.State.DROPPED or message.to not in newest:
            newest[message.to] = message
    return newest


def own_line(user: Any, meeting: Meeting) -> Attendance | None:
    """The account's own line of attendance, where it is asked to come; nobody's who is not signed in."""
    if not user.is_authenticated:
        return None
    for line in _own_lines(user, meeting.pk):
        line.meeting = meeting
        return line
    return None


@KeptQuery
def _own_lines(user: Any, meeting: int) -> "QuerySet[Attendance]":
    own = Attendance.objects.expected().filter(meeting=meeting, person__user=user.pk, invited_at__isnull=False)
    return own.with_details().order_by("pk")


def managed_by(user: Any) -> "QuerySet[Any]":
    """The lines of attendance whose messages an administrator may see."""
    return Attendance.objects.administered_by(user).values("pk")


# -- Replying by link ---------------------------------------------------------------------------------------------


def opened(token: str, at: datetime.datetime) -> Attendance | None:
    """The line of attendance of an open link; None once the meeting has begun, or nothing is asked any more."""
    link = Link.objects.find(REPLY_LINK, token, at)
    attendances = Attendance.objects.expected().select_related("person__user", "meeting__forum__office")
    attendance = attendances.filter(pk=link.object_id).first() if link else None
    if link is None or attendance is None or not link.was_given_to(attendance.address):
        return None
    return attendance if attendance.meeting.takes_replies(at) else None

"""Meetings as events of calendars: for feeds, and for the mail to one addressee."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from common.calendars import Event, file_of
from common.kept_queries import KeptQuery
from common.links import Link
from forums.models import AgendaItem, Attendance, Meeting

if TYPE_CHECKING:
    from django.db.models import QuerySet

CALENDAR_LINK = "forums.calendar"  # the purpose of the link by which a calendar program reads an account's meetings
SHOWN = (  # what an event says; long texts of forums are left in the database
    *("uid", "sequence", "changed_at", "state", "number", "title", "starts_at", "ends_at", "place", "address", "link"),
    *("forum__name", "forum__is_informal"),
)
LINK_VALID_FOR = datetime.timedelta(days=3650)

PARTICIPATION = {
    Attendance.Reply.NONE: "NEEDS-ACTION",
    Attendance.Reply.ACCEPTED: "ACCEPTED",
    Attendance.Reply.DECLINED: "DECLINED",
    Attendance.Reply.SUBSTITUTE: "DECLINED",
}


def event_of(
    meeting: Meeting,
    address: str,
    *,
    at: datetime.datetime,
    notes: Iterable[str] = (),
    shows_link: bool = False,
    is_called_off: bool = False,
) -> Event:
    """The event, the same one by its UID wherever it stands; `at` is when it was last revised.

    `address`: of the meeting's page. `is_called_off`: for this reader, be it that the meeting takes place.
    """
    where = ", ".join(filter(None, (meeting.place, meeting.address)))
    page = settings.PUBLIC_URL + address
    link = gettext("Take part: %(link)s") % {"link": meeting.link} if shows_link and meeting.link else ""
    is_cancelled = is_called_off or meeting.state == Meeting.State.CANCELLED
    event = Event(str(meeting.uid), meeting.starts_at, meeting.ends_at)
    event.moment("DTSTAMP", at).number("SEQUENCE", meeting.sequence)
    event.text("SUMMARY", f"{meeting.forum.name}: {meeting.name}").text("LOCATION", where)
    event.text("DESCRIPTION", "\n".join(filter(None, (link, *notes, page))))
    return event.uri("URL", page).text("STATUS", "CANCELLED" if is_cancelled else "CONFIRMED")


def invitation_file(attendance: Attendance, *, method: str, at: datetime.datetime) -> bytes:
    """What a mail brings to one addressee, who sees nobody else's address; the answer is given by the mail's link."""
    meeting = attendance.meeting
    office = meeting.forum.office
    mailbox = office.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    notes = [gettext("Please reply by the link in the mail.")] if method == "REQUEST" else []
    is_called_off = method == "CANCEL"
    address = meeting.get_absolute_url()
    event = event_of(meeting, address, at=at, notes=notes, shows_link=not is_called_off, is_called_off=is_called_off)
    event.uri("ORGANIZER", f"mailto:{mailbox}", CN=office.name)
    event.uri(
        "ATTENDEE",
        f"mailto:{attendance.address}",
        CN=str(attendance),
        CUTYPE="INDIVIDUAL",
        ROLE="REQ-PARTICIPANT",
        PARTSTAT=PARTICIPATION[Attendance.Reply(attendance.reply)],
        RSVP="FALSE",
    )
    return file_of([event], method=method)


# -- Feeds --------------------------------------------------------------------------------------------------------


def in_feed(meetings: "QuerySet[Meeting]") -> "QuerySet[Meeting]":
    """Those of these meetings that stand in calendars, with what a feed says of them."""
    return meetings.in_calendars().select_related("forum").only(*SHOWN)  # type: ignore[attr-defined]


@KeptQuery
def _titles(meetings: list[int]) -> "QuerySet[AgendaItem, tuple[int, str]]":
    items = AgendaItem.objects.filter(meeting__in=meetings, is_internal=False)
    return items.order_by("meeting", "position", "pk").values_list("meeting", "title")


def feed(meetings: Iterable[Meeting], name: str, *, with_link: Collection[int] = ()) -> bytes:
    """All of these meetings with what is on their agenda; the same as long as nothing changes. One query.

    `with_link`: the ids of those that say by which link one takes part.
    """
    shown = list(meetings)
    titles: dict[int, list[str]] = defaultdict(list)
    for meeting, title in _titles([one.pk for one in shown]):
        titles[meeting].append(f"{len(titles[meeting]) + 1}. {title}")
    events = (
        event_of(one, address, at=one.changed_at, notes=titles[one.pk], shows_link=one.pk in with_link)
        for one, address in zip(shown, Meeting.addresses_of(shown), strict=True)
    )
    return file_of(events, name=name)


# -- The calendar of one account ----------------------------------------------------------------------------------


def own_address(user: Any, at: datetime.datetime) -> str:
    """Where a calendar program reads the account's meetings; "" where nothing was made, or it was withdrawn."""
    link = Link.objects.open(at).filter(purpose=CALENDAR_LINK, object_id=user.pk).first()
    return settings.PUBLIC_URL + reverse("own_feed", args=[link.token_for("")]) if link else ""


def make_own_address(user: Any, at: datetime.datetime) -> None:
    """A new one; who has the former one reads nothing more."""
    Link.objects.revoke(CALENDAR_LINK, user.pk, at)
    Link.objects.lasting(CALENDAR_LINK, user.pk, at=at, until=at + LINK_VALID_FOR)


def withdraw_own_address(user: Any, at: datetime.datetime) -> None:
    Link.objects.revoke(CALENDAR_LINK, user.pk, at)


def account_of(token: str, at: datetime.datetime) -> User | None:
    """Whose calendar it is; None for an address that was withdrawn, and for a closed account."""
    link = Link.objects.find(CALENDAR_LINK, token, at)
    return User.objects.filter(pk=link.object_id, is_active=True).first() if link else None

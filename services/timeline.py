"""The timeline of a request: its entries with their files, and what became of the mails about them."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from common.outbox import NO_ADDRESS, Message
from common.words import in_words
from contacts.models import ContactPerson, OfficeMembership
from contacts.rules import standing
from services import wording
from services.models import RequestEntry, RequestFile, RequestState, ServiceRequest
from services.models.requests import (
    ABOUT_ENTRIES,
    ABOUT_REQUESTS,
    ASK_FEEDBACK,
    ASSIGNED_LEAD,
    CONFIRM,
    HANDED_OVER,
    HANDED_OVER_LEAD,
    HEARD_LEAD,
    OVERDUE,
    OVERDUE_LEAD,
    READDRESSED,
    TOLD,
)
from services.routing import Because

State = Message.State
TO_LEADS = (ASSIGNED_LEAD, HEARD_LEAD, OVERDUE_LEAD)
IN_ORDER = ("posted_at", "pk")


@dataclass(frozen=True)
class Attached:
    """A file, and where it is handed out."""

    file: RequestFile
    address: str


@dataclass(frozen=True)
class Fate:
    """What became of a mail, in one sentence."""

    text: str
    is_lost: bool


def own_page(file: RequestFile) -> str:
    return file.get_absolute_url()


def attached(files: Iterable[RequestFile], address_of: Callable[[RequestFile], str] = own_page) -> list[Attached]:
    return [Attached(file, address_of(file)) for file in files]


def timeline(
    request: ServiceRequest,
    entries: "QuerySet[RequestEntry]",
    viewer: Any,
    address_of: Callable[[RequestFile], str] = own_page,
) -> list[RequestEntry]:
    """The entries, each with `attached`, `who` and, of the receipt, `reason`: why it was given to whom it was given.

    `address_of` says where the viewer gets a file. At most three queries, and those of
    `wording.assigned_in_words` for what the caller did not join to the request.
    """
    rows: list[Any] = list(entries.select_related("post__person").prefetch_related("files"))
    for entry in rows:
        entry.request, entry.attached = request, attached(entry.files.all(), address_of)
        if entry.state_after == RequestState.SUBMITTED:
            entry.reason = wording.received_in_words(entry, viewer)
    add_writers(rows, request, viewer)
    return rows


def add_writers(entries: Iterable[Any], request: ServiceRequest, viewer: Any) -> None:
    """Give each entry of the request `who` wrote it: whom the office does not show to the viewer is the office.

    At most one query.
    """
    entries = list(entries)
    of_office = [entry for entry in entries if entry.side == RequestEntry.Side.OFFICE]
    sees_all = not of_office or standing(viewer).sees_inside(request.office_id)
    shown = ContactPerson.objects.filter(
        office=request.office_id, is_published=True, person__user__in={entry.by_id for entry in of_office}
    )
    named = set() if sees_all else set(shown.values_list("person__user", flat=True))
    for entry in entries:
        is_named = sees_all or entry.side == RequestEntry.Side.REQUESTER or entry.by_id in named
        entry.who = entry.by_name if is_named or not entry.by_name else str(request.office)


def add_mails(request: ServiceRequest, entries: Iterable[Any]) -> None:
    """Give each entry its `mails`, for the office: what was written to whom about it. At most two queries.

    What was written about the request as a whole stands with the entry that it followed.
    """
    entries = list(entries)
    # Who had the request when somebody was written to; 0 is the office.
    holders = {request.pk, 0, request.assigned_to_id, *(entry.post_id for entry in entries)} - {None}
    about = _about(request, entries, ABOUT_ENTRIES, ABOUT_REQUESTS, HANDED_OVER)
    found = list(Message.objects.filter(about, to__in=holders).exclude(occasion__in=TO_LEADS).order_by(*IN_ORDER))
    by_entry: dict[int | None, list[Fate]] = defaultdict(list)
    unreached, untold = set[int](), set[int]()
    for message in found:
        if message.state != State.DROPPED:
            by_entry[_entry_of(message, entries)].append(_fate(message))
        elif message.error == NO_ADDRESS.why and message.occasion in ABOUT_ENTRIES:
            (untold if message.occasion == TOLD else unreached).add(message.about)
    if unreached or any(message.occasion in (OVERDUE, HANDED_OVER) for message in found):
        for message in _to_leads(request, entries):
            by_entry[_entry_of(message, entries)].append(_fate(message))
            unreached.discard(message.about)
    for entry in entries:
        entry.mails = by_entry[entry.pk]
        if entry.pk in untold:
            entry.mails.append(Fate(gettext("The requester was not notified: no mail address is kept."), True))
        if entry.pk in unreached:
            entry.mails.append(Fate(gettext("Nobody was notified: no mail address is kept."), True))


def _about(
    request: ServiceRequest,
    entries: list[Any],
    of_entries: Collection[str],
    of_request: Collection[str],
    passed_on: str,
) -> Q:
    """The condition on messages that they are of these occasions, about the request or one of the entries."""
    moments = [_moment(entry) for entry in entries if entry.because == Because.HANDED_OVER]
    found = Q(occasion__in=of_entries, about__in=[entry.pk for entry in entries])
    return found | Q(occasion__in=of_request, about=request.pk) | Q(occasion=passed_on, version__in=moments)


def _moment(entry: Any) -> str:
    """By which a mail on a hand-over knows its entries."""
    return str(entry.at.astimezone(datetime.UTC).isoformat())


def _entry_of(message: Message, entries: list[Any]) -> int | None:
    """The key of the entry that it is about, or else followed; the first, where it came before all."""
    if message.occasion in ABOUT_ENTRIES:
        return message.about
    if message.occasion in (HANDED_OVER, HANDED_OVER_LEAD):
        return next((entry.pk for entry in entries if _moment(entry) == message.version), None)
    before = [entry.pk for entry in entries if entry.at <= message.posted_at]
    return before[-1] if before else next((entry.pk for entry in entries), None)


def _to_leads(request: ServiceRequest, entries: list[Any]) -> "QuerySet[Message]":
    """What was written to those who lead the office, mostly in place of anybody else."""
    leads = OfficeMembership.objects.filter(office=request.office_id, role=OfficeMembership.Role.LEAD)
    about = _about(request, entries, (ASSIGNED_LEAD, HEARD_LEAD), (OVERDUE_LEAD,), HANDED_OVER_LEAD)
    messages = Message.objects.filter(about, to__in=leads.values("user"))
    return messages.exclude(state=State.DROPPED).order_by(*IN_ORDER)


def _fate(message: Message) -> Fate:
    is_to_requester = message.occasion in (TOLD, READDRESSED, CONFIRM, ASK_FEEDBACK)
    to = message.address or (gettext("the requester") if is_to_requester else gettext("the office"))
    sentences = {
        State.WAITING: gettext("Mail to %(to)s waits to be sent."),
        State.SENT: gettext("Mail to %(to)s sent on %(when)s."),
        State.REFUSED: gettext("Mail to %(to)s was refused by the server of the address."),
        State.GIVEN_UP: gettext("Mail to %(to)s could not be sent."),
    }
    reminder = gettext("Reminder that the answer is overdue.")
    about = {
        CONFIRM: gettext("Request for confirmation."),
        ASK_FEEDBACK: gettext("Question how it was."),
        OVERDUE: reminder,
        OVERDUE_LEAD: reminder,
    }
    when = in_words(message.sent_at) if message.sent_at else ""
    lost = message.state in (State.REFUSED, State.GIVEN_UP)
    sentence = sentences[State(message.state)] % {"to": to, "when": when}
    return Fate(f"{about.get(message.occasion, '')} {sentence}".strip(), lost)

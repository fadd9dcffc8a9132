"""The timeline of a request: its entries with their files, and what became of the mails about them."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from common.kept_queries import KeptQuery
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
    entries: Iterable[RequestEntry],
    files: Iterable[RequestFile],
    viewer: Any,
    address_of: Callable[[RequestFile], str] = own_page,
) -> list[RequestEntry]:
    """The entries, each with `attached`, `who` and, of the receipt, `reason`: why it was given to whom it was given.

    `entries` come with the person of each post, `files` are those of the request that the viewer may have; `address_of`
    says where to get one. At most one query beside these, and those of `wording.assigned_in_words` for what the caller
    did not join to the request.
    """
    rows: list[Any] = list(entries)
    of_entry: dict[int | None, list[RequestFile]] = defaultdict(list)
    for file in files:
        of_entry[file.entry_id].append(file)
    for entry in rows:
        entry.request, entry.attached = request, attached(of_entry[entry.pk], address_of)
        if entry.state_after == RequestState.SUBMITTED:
            entry.reason = wording.received_in_words(entry, viewer)
    add_writers(rows, request, viewer)
    return rows


def files_asked_with(files: Iterable[RequestFile]) -> list[RequestFile]:
    """Those that came with the request itself."""
    return [file for file in files if file.entry_id is None]


@KeptQuery
def shown_accounts(office: int, accounts: Collection[int]) -> "QuerySet[ContactPerson, int | None]":
    """Which of the accounts the office shows as its contact persons."""
    posts = ContactPerson.objects.filter(office=office, is_published=True, person__user__in=accounts)
    return posts.values_list("person__user", flat=True)


def add_writers(entries: Iterable[Any], request: ServiceRequest, viewer: Any) -> None:
    """Give each entry of the request `who` wrote it: whom the office does not show to the viewer is the office.

    At most one query.
    """
    entries = list(entries)
    of_office = [entry for entry in entries if entry.side == RequestEntry.Side.OFFICE]
    sees_all = not of_office or standing(viewer).sees_inside(request.office_id)
    accounts = {entry.by_id for entry in of_office if entry.by_id}
    named = set() if sees_all else set(shown_accounts(request.office_id, accounts))
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
    known = (request.pk, [entry.pk for entry in entries])
    moments = _moments(entries)
    found = list(_to_holders(*known, holders, moments)) if moments else to_holders(*known, holders)
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
    request: int, entries: Collection[int], moments: Collection[str], occasions: tuple[Collection[str], ...]
) -> Q:
    """The condition on messages that they are about the request, one of its entries, or its being handed over.

    `occasions` are those of entries, of requests and of hand-overs.
    """
    of_entries, of_requests, of_handovers = occasions
    found = Q(occasion__in=of_entries, about__in=entries) | Q(occasion__in=of_requests, about=request)
    return found | Q(occasion__in=of_handovers, version__in=moments)


def _to_holders(
    request: int, entries: Collection[int], holders: Collection[int], moments: Collection[str] = ()
) -> "QuerySet[Message]":
    """What was written to who had the request."""
    about = _about(request, entries, moments, (ABOUT_ENTRIES, ABOUT_REQUESTS, (HANDED_OVER,)))
    return Message.objects.filter(about, to__in=holders).exclude(occasion__in=TO_LEADS).order_by(*IN_ORDER)


to_holders = KeptQuery(_to_holders)


def _moments(entries: Iterable[Any]) -> list[str]:
    """When the request was handed over."""
    return [_moment(entry) for entry in entries if entry.because == Because.HANDED_OVER]


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
    occasions = ((ASSIGNED_LEAD, HEARD_LEAD), (OVERDUE_LEAD,), (HANDED_OVER_LEAD,))
    about = _about(request.pk, [entry.pk for entry in entries], _moments(entries), occasions)
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

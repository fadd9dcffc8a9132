"""The timeline of a request: its entries with their files, and what became of the mails about them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from common.outbox import NO_ADDRESS, Message
from common.words import in_words
from contacts.models import ContactPerson, OfficeMembership
from contacts.rules import standing
from services.models import RequestEntry, RequestFile, ServiceRequest
from services.models.requests import ASSIGNED, ASSIGNED_LEAD, HEARD, HEARD_LEAD, READDRESSED, TOLD

State = Message.State


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
    """The entries, each with `attached` and `who`; `address_of` says where the viewer gets a file.

    At most three queries.
    """
    rows: list[Any] = list(entries.select_related("post__person").prefetch_related("files"))
    for entry in rows:
        entry.request, entry.attached = request, attached(entry.files.all(), address_of)
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
    """Give each entry its `mails`, for the office: what was written to whom about it. At most two queries."""
    entries = list(entries)
    # Who had the request when somebody was written to; 0 is the office.
    holders = {request.pk, 0, request.assigned_to_id, *(entry.post_id for entry in entries)} - {None}
    found = Message.objects.filter(
        occasion__in=(TOLD, ASSIGNED, HEARD, READDRESSED), to__in=holders, about__in=[entry.pk for entry in entries]
    )
    by_entry, unreached, untold = defaultdict(list), set(), set()
    for message in found.order_by("posted_at", "pk"):
        if message.state != State.DROPPED:
            by_entry[message.about].append(_fate(message))
        elif message.error == NO_ADDRESS.why:
            (untold if message.occasion == TOLD else unreached).add(message.about)
    for message in _to_leads(request, unreached) if unreached else ():
        by_entry[message.about].append(_fate(message))
        unreached.discard(message.about)
    for entry in entries:
        entry.mails = by_entry[entry.pk]
        if entry.pk in untold:
            entry.mails.append(Fate(gettext("The requester was not notified: no mail address is kept."), True))
        if entry.pk in unreached:
            entry.mails.append(Fate(gettext("Nobody was notified: no mail address is kept."), True))


def _to_leads(request: ServiceRequest, entries: Iterable[int]) -> "QuerySet[Message]":
    """What was written about these entries to those who lead the office, in place of anybody else."""
    leads = OfficeMembership.objects.filter(office=request.office_id, role=OfficeMembership.Role.LEAD)
    messages = Message.objects.filter(
        occasion__in=(ASSIGNED_LEAD, HEARD_LEAD), to__in=leads.values("user"), about__in=list(entries)
    )
    return messages.exclude(state=State.DROPPED).order_by("posted_at", "pk")


def _fate(message: Message) -> Fate:
    is_to_requester = message.occasion in (TOLD, READDRESSED)
    to = message.address or (gettext("the requester") if is_to_requester else gettext("the office"))
    sentences = {
        State.WAITING: gettext("Mail to %(to)s waits to be sent."),
        State.SENT: gettext("Mail to %(to)s sent on %(when)s."),
        State.REFUSED: gettext("Mail to %(to)s was refused by the server of the address."),
        State.GIVEN_UP: gettext("Mail to %(to)s could not be sent."),
    }
    when = in_words(message.sent_at) if message.sent_at else ""
    lost = message.state in (State.REFUSED, State.GIVEN_UP)
    return Fate(sentences[State(message.state)] % {"to": to, "when": when}, lost)

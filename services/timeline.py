"""The timeline of a request: its entries with their files, and what became of the mails about them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from common.outbox import Message
from common.words import in_words
from services.models import RequestEntry, RequestFile, ServiceRequest
from services.models.requests import ASSIGNED, HEARD, TOLD

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
    entries: "QuerySet[RequestEntry]", address_of: Callable[[RequestFile], str] = own_page
) -> list[RequestEntry]:
    """The entries, each with `attached`; `address_of` says where the reader gets a file. Two queries."""
    rows: list[Any] = list(entries.select_related("post__person", "request").prefetch_related("files"))
    for entry in rows:
        entry.attached = attached(entry.files.all(), address_of)
    return rows


def add_mails(request: ServiceRequest, entries: Iterable[Any]) -> None:
    """Give each entry its `mails`, for the office: what was written to whom about it. One query."""
    entries = list(entries)
    # Who had the request when somebody was written to; 0 is the office.
    holders = {request.pk, 0, request.assigned_to_id, *(entry.post_id for entry in entries)} - {None}
    found = Message.objects.filter(
        occasion__in=(TOLD, ASSIGNED, HEARD), to__in=holders, about__in=[entry.pk for entry in entries]
    )
    by_entry = defaultdict(list)
    for message in found.exclude(state=State.DROPPED).order_by("posted_at", "pk"):
        by_entry[message.about].append(_fate(message))
    for entry in entries:
        entry.mails = by_entry[entry.pk]


def _fate(message: Message) -> Fate:
    to = message.address or (gettext("the requester") if message.occasion == TOLD else gettext("the office"))
    sentences = {
        State.WAITING: gettext("Mail to %(to)s waits to be sent."),
        State.SENT: gettext("Mail to %(to)s sent on %(when)s."),
        State.REFUSED: gettext("Mail to %(to)s was refused by the server of the address."),
        State.GIVEN_UP: gettext("Mail to %(to)s could not be sent."),
    }
    when = in_words(message.sent_at) if message.sent_at else ""
    lost = message.state in (State.REFUSED, State.GIVEN_UP)
    return Fate(sentences[State(message.state)] % {"to": to, "when": when}, lost)

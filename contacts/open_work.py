"""What is open with a contact person: requests, tasks, chairs; each kind is joined by the app that owns it.

A hand-over lists it in the preview and passes it on, on its day. What belongs to a town goes with the town; the
rest goes where it was ticked, all of it when the person leaves.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

if TYPE_CHECKING:
    from contacts.models import ContactPerson, Handover


@dataclass(frozen=True, slots=True)
class Thing:
    """Something open: what it is called, where it is shown, and the town it goes with, if any."""

    pk: int
    label: str
    url: str
    town_id: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of open work. `key` is kept in hand-overs and never changes.

    `open_of(post)` lists what is open with the post now, in a constant number of queries; `pass_on(ids, post,
    handover)` gives those to another post, inside the caller's transaction.
    """

    key: str
    label: str | Promise
    open_of: "Callable[[ContactPerson], Iterable[Thing]]"
    pass_on: "Callable[[Collection[int], ContactPerson, Handover], None]"


_kinds: dict[str, Kind] = {}


def join(kind: Kind) -> None:
    """Called once, when the app is ready."""
    _kinds[kind.key] = kind


def leave(key: str) -> None:
    _kinds.pop(key, None)


def kinds() -> list[Kind]:
    return list(_kinds.values())

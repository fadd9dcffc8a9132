"""What is open with a contact person: requests, tasks, chairs; each kind is joined by the app that owns it.

A hand-over lists it in the preview and passes it on, on its day. What belongs to a town goes with the town; the
rest goes where it was ticked, all of it when the person leaves.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
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
    handover)` gives those to another post, inside the caller's transaction. `told_of(posts)` says in a few words what
    is open with each of these posts now, for those with whom anything is, in one query; without it nothing is said
    where a post ends.
    """

    key: str
    label: str | Promise
    open_of: "Callable[[ContactPerson], Iterable[Thing]]"
    pass_on: "Callable[[Collection[int], ContactPerson, Handover], None]"
    told_of: Callable[[Collection[int]], Mapping[int, str]] | None = None


_kinds: dict[str, Kind] = {}


def join(kind: Kind) -> None:
    """Called once, when the app is ready."""
    _kinds[kind.key] = kind


def leave(key: str) -> None:
    _kinds.pop(key, None)


def kinds() -> list[Kind]:
    return list(_kinds.values())


def told_of(posts: Collection[int]) -> dict[int, str]:
    """What is open with each of these posts, for those with whom anything is. One query for each kind that tells."""
    found: dict[int, list[str]] = {}
    for kind in _kinds.values():
        for post, told in kind.told_of(posts).items() if kind.told_of and posts else ():
            found.setdefault(post, []).append(told)
    return {post: ", ".join(told) for post, told in found.items()}

"""What higher apps show on the pages of an office, a contact person and a meeting; each joins in its `apps.py`."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

OFFICE, CONTACT_PERSON, MEETING = "office", "contact_person", "meeting"


@dataclass(frozen=True)
class Part:
    """A part of a page: a template, and what it shows as `part`."""

    template: str
    context: dict[str, Any]


# Of the page's row, for that account on that day; None where there is nothing to show.
Maker = Callable[[Any, Any, datetime.date], Part | None]

_makers: dict[str, list[Maker]] = {OFFICE: [], CONTACT_PERSON: [], MEETING: []}


def join(page: str, maker: Maker) -> None:
    _makers[page].append(maker)


def parts_of(page: str, row: Any, user: Any, on: datetime.date) -> list[Part]:
    return [part for maker in _makers[page] if (part := maker(row, user, on))]

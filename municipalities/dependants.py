"""What hangs on a municipality, asked of higher apps, which join in their `apps.py`."""

import datetime
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from municipalities.models import Municipality

# Of these municipalities: what is still open on that day, one sentence each.
Finder = Callable[[Iterable["Municipality"], datetime.date], Iterable[tuple["Municipality", str]]]

_finders: list[Finder] = []


def register(finder: Finder) -> None:
    if finder not in _finders:
        _finders.append(finder)


def of(municipalities: Iterable["Municipality"], on: datetime.date) -> list[tuple["Municipality", str]]:
    """What is open on these municipalities on that day, for every app that joined."""
    municipalities = list(municipalities)
    return [found for finder in _finders for found in finder(municipalities, on)] if municipalities else []

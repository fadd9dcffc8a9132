"""An agenda as people read it: numbers and clock times."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from forums.models import AgendaItem


class Line(NamedTuple):
    """`number` is 0 for an internal item, so that everybody speaks of the others by the same numbers.

    `begins_at` is None after an item that does not say how long it takes.
    """

    item: AgendaItem
    number: int
    begins_at: datetime.datetime | None


def lines(items: Iterable[AgendaItem], starts_at: datetime.datetime) -> list[Line]:
    """All items of a meeting in their order, the internal ones among them; whoever shows them leaves those out."""
    found = []
    number = 0
    begins_at: datetime.datetime | None = starts_at
    for item in items:
        if not item.is_internal:
            number += 1
        found.append(Line(item, 0 if item.is_internal else number, begins_at))
        begins_at = begins_at + datetime.timedelta(minutes=item.minutes) if begins_at and item.minutes else None
    return found

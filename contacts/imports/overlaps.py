"""Which responsibilities hold on the same day, found without comparing each with each."""

import datetime
import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from contacts.models import Assignment

MOST_REASONS = 3  # of a row that contradicts many


class Overlaps:
    """Some responsibilities of one town and field, and which of them are in each other's way."""

    def __init__(self, rows: Iterable[Assignment]) -> None:
        self.first: dict[int, list[Assignment]] = {}  # by the row's id(): some of those, as many as are told
        by_start = sorted(rows, key=lambda row: row.valid.lower)
        self._starts = [row.valid.lower for row in by_start]
        self._ends = sorted(_end(row) for row in by_start)
        lacking: list[Assignment] = []  # those that began and have room for more; each is met a few times at most
        running: list[tuple[datetime.date, int, Assignment]] = []  # a heap by the end
        for position, row in enumerate(by_start):
            while running and running[0][0] <= row.valid.lower:
                heapq.heappop(running)
            self.first[id(row)] = [other for _until, _position, other in running[:MOST_REASONS]]
            still = [one for one in lacking if _end(one) > row.valid.lower]
            for one in still:
                self.first[id(one)].append(row)
            lacking = [one for one in [*still, row] if len(self.first[id(one)]) < MOST_REASONS]
            heapq.heappush(running, (_end(row), position, row))

    def count(self, row: Assignment) -> int:
        """How many others hold on a day of the row, which is one of them."""
        return bisect_left(self._starts, _end(row)) - bisect_right(self._ends, row.valid.lower) - 1


def _end(row: Assignment) -> datetime.date:
    return row.valid.upper or datetime.date.max

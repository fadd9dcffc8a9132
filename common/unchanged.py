"""What need not be made again while nothing in the database has changed.

PostgreSQL names the transactions that a query sees: `pg_current_snapshot()`. As long as it names the same ones, every
query gives the same rows, whoever changes them and by whatever way: admin, command, worker or psql. So what is kept
under a snapshot cannot go stale; the next committed change anywhere makes it forgotten
(docs/decisions/0010-kept-while-unchanged.md).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import count
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver

Made = TypeVar("Made")

_connections = count(1)
_latest_connection = [0]


@receiver(connection_created)
def _begin_anew(**kwargs: Any) -> None:
    """After a crash or a restored backup PostgreSQL may give the same names to other transactions."""
    _latest_connection[0] = next(_connections)


def snapshot() -> str | None:
    """What the next query will see, by PostgreSQL's name; None inside a transaction, whose changes it leaves out."""
    if connection.in_atomic_block:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        seen = cursor.fetchone()[0]
    return f"{_latest_connection[0]} {seen}"


class Unchanged(Generic[Made]):
    """Things made from the database, kept in this process for its present state; the least asked for go first."""

    def __init__(self, most: int, weigh: Callable[[Made], int] = lambda made: 1) -> None:
        """`most` is what all that is kept may weigh together; each thing weighs 1 unless said otherwise."""
        self.most, self.weigh = most, weigh
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._weight, self._seen, self._lock = 0, "", Lock()

    def get(self, seen: str, key: Hashable) -> Made | None:
        """What was kept under the key if the database is still as it was then."""
        with self._lock:
            if seen != self._seen or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def get_or_make(self, seen: str | None, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept under the key, or else made now; without a snapshot always made now."""
        if seen is None:
            return make()
        if (kept := self.get(seen, key)) is not None:
            return kept
        made = make()
        self.keep(seen, key, made)
        return made

    def keep(self, seen: str, key: Hashable, made: Made) -> None:
        """Keep what was made after that snapshot was taken."""
        with self._lock:
            if seen != self._seen:
                self._kept.clear()
                self._weight, self._seen = 0, seen
            if key in self._kept or self.weigh(made) > self.most:
                return
            self._kept[key] = made
            self._weight += self.weigh(made)
            while self._weight > self.most:
                self._weight -= self.weigh(self._kept.popitem(last=False)[1])

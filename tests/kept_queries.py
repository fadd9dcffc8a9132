"""Holds each kept query against its queryset while a test runs."""

from typing import Any

from common.kept_queries import KeptQuery


def _values(row: Any) -> Any:
    """What a row holds; of a model its fields and annotations, without what was looked up for it."""
    known = vars(row).items() if hasattr(row, "_state") else ()
    return {name: value for name, value in known if not name.startswith("_")} or row


def compare(monkeypatch: Any) -> list[str]:
    """From now on a kept query fails where the ORM gives other rows; returns the names of those asked."""
    asked: list[str] = []
    plain = KeptQuery.__call__

    def compared(self: Any, *arguments: Any) -> Any:
        rows = plain(self, *arguments)
        asked.append(f"{self.__module__}.{self.__qualname__}")
        assert [_values(row) for row in rows] == [_values(row) for row in self.queryset(*arguments)], asked[-1]
        return rows

    monkeypatch.setattr(KeptQuery, "__call__", compared)
    return asked

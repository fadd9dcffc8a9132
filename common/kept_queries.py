"""Querysets put together once a day and asked again and again with other values.

For the queries of the most visited pages: there Django spends most of the time on putting together a statement that
is the same each time (docs/decisions/0008-kept-queries.md). The rows are read anew whenever they are asked for.
"""

from collections.abc import Callable, Collection, Hashable
from typing import Any, Generic, TypeVar

from django.db import models
from psycopg2.extensions import AsIs

from common.periods import today

Row = TypeVar("Row", bound=models.Model)


class Asked(models.Expression):
    """Stands in a kept queryset for a value named when it is asked; after `__in` for several ids."""

    def __init__(self, name: str, output_field: Any = None) -> None:
        super().__init__(output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


class KeptQuery(Generic[Row]):
    """What `queryset` gives, with `Asked` in place of values.

    It may say what anybody sees on that day, not what one account does. `varies` names all else that it depends on.
    """

    def __init__(
        self, queryset: Callable[[], models.QuerySet[Row]], varies: Callable[[], Hashable] = lambda: None
    ) -> None:
        self.queryset, self.varies = queryset, varies
        self._kept: tuple[Hashable, models.QuerySet[Row], str, tuple[Any, ...]] | None = None

    def ask(self, **values: Any) -> list[Row]:
        """The rows for the values by their names, in the queryset's order; without what `select_related` would add."""
        state = (today(), self.varies())
        kept = self._kept
        if kept is None or kept[0] != state:
            queryset = self.queryset()
            kept = self._kept = (state, queryset, *queryset.query.sql_with_params())
        _, queryset, statement, parameters = kept
        given = [_written(values[value.name]) if isinstance(value, Asked) else value for value in parameters]
        return list(queryset.model._base_manager.raw(statement, given))


def _written(value: Any) -> Any:
    """Several ids as they stand between the parentheses of a statement's `IN (…)`; NULL is among nothing."""
    if isinstance(value, Collection) and not isinstance(value, str):
        return AsIs(", ".join(str(int(each)) for each in value) or "NULL")
    return value

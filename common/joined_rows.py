"""Rows of joined tables as model instances, by a query kept as text.

For the few queries of the most visited pages: there Django spends three quarters of the time on putting together a
statement that is the same each time (docs/decisions/0008-kept-queries.md). Everything else asks the ORM.
"""

from functools import cached_property
from typing import Any

from django.db import connection, models
from django.db.models.base import ModelState


class JoinedRows:
    """A query whose `{alias}` in the select list stand for all columns of a model's table under that alias.

    Asking it gives one tuple of instances for each row, in the order of the aliases given; None where an outer join
    found nothing. A row joined to several is one instance. Columns that the statement selects behind them follow
    as they are.
    """

    def __init__(self, statement: str, **aliases: type[models.Model]) -> None:
        self.statement, self.aliases = statement, aliases

    @cached_property
    def _columns(self) -> list[tuple[type[models.Model], list[str], slice, int]]:
        """For each alias the model, its attributes, where they stand in a row, and where the key does."""
        found, start = [], 0
        for model in self.aliases.values():
            fields = model._meta.concrete_fields
            places = slice(start, start + len(fields))
            key = start + [field.primary_key for field in fields].index(True)
            found.append((model, [field.attname for field in fields], places, key))
            start = places.stop
        return found

    @cached_property
    def _sql(self) -> str:
        quote = connection.ops.quote_name
        lists = {
            alias: ", ".join(f"{alias}.{quote(str(field.column))}" for field in model._meta.concrete_fields)
            for alias, model in self.aliases.items()
        }
        return self.statement.format(**lists)

    def ask(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows for the values of the statement's `%(name)s`; a list stands for an array."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)
            rows = cursor.fetchall()
        database = connection.alias
        found: list[list[Any]] = []
        for model, attributes, places, key in self._columns:
            # The same row of a table, joined to several of another, is one instance.
            instances: dict[Any, Any] = {None: None}
            for row in rows:
                if row[key] not in instances:
                    instances[row[key]] = _loaded(model, database, attributes, row[places])
            found.append([instances[row[key]] for row in rows])
        behind = self._columns[-1][2].stop
        return [(*joined, *row[behind:]) for *joined, row in zip(*found, rows, strict=True)]


def _loaded(model: type[models.Model], database: str, attributes: list[str], values: tuple[Any, ...]) -> Any:
    """The instance as Django unpickles one: its attributes at once, where `from_db` sets one after the other."""
    instance = model.__new__(model)
    instance._state = ModelState()
    instance._state.adding, instance._state.db = False, database
    instance.__dict__.update(zip(attributes, values, strict=True))
    return instance


def attach(instance: models.Model, **related: models.Model | None) -> None:
    """Let the instance know its related rows as `select_related` does, None included."""
    for name, row in related.items():
        field: Any = instance._meta.get_field(name)
        field.set_cached_value(instance, row)

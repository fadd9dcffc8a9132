"""Querysets put together once and asked again and again with other values.

Putting a statement together takes Django longer than all else on many a page, and the statement is the same each time
(docs/decisions/0008-kept-queries.md). The rows are read anew whenever they are asked for.
"""

import copy
import dataclasses
import datetime
import functools
from collections.abc import Callable, Hashable
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.http import Http404
from psycopg2.extensions import AsIs

from common.periods import today

P = ParamSpec("P")
Row = TypeVar("Row")
Facts = TypeVar("Facts")

Path = tuple[Any, ...]  # from the arguments to a value: names of attributes, places in tuples and lists, kinds of facts
Noted = dict[Path, Any]  # what decided about a statement
MOST = 50  # statements of one query


class Asked(models.Expression):
    """Stands in a kept queryset for the value on that path; after `__in` for several ids."""

    def __init__(self, path: Path, output_field: Any = None) -> None:
        super().__init__(output_field)
        self.path = path

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


class NotKept(Exception):
    """The queryset depends on something that a statement cannot leave open."""


class Watched:
    """Stands for an object while a queryset is put together: values become `Asked`, and what decides is noted."""

    def __init__(self, path: Path, real: Any, noted: Noted) -> None:
        self._path, self._real, self._noted = path, real, noted

    def __getattr__(self, name: str) -> Any:
        return _stand_in((*self._path, name), getattr(self._real, name), self._noted)

    def facts(self, kind: type[Any]) -> "Watched":
        return Watched((*self._path, kind), of_account(self._real, kind), self._noted)


def of_account(user: Any, kind: type[Facts]) -> Facts:
    """What `kind` finds out about the account, kept on the user object: one request, one question."""
    if isinstance(user, Watched):
        watched: Any = user.facts(kind)
        return watched
    if not hasattr(user, "_known"):
        user._known = {}
    if kind not in user._known:
        user._known[kind] = kind(user)  # type: ignore[call-arg]
    found: Facts = user._known[kind]
    return found


def _sketch(value: Any) -> Any:
    """What of a value decides about the statement: whether there is any, not which one."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | tuple) and not all(isinstance(each, int) for each in value):
        return len(value)  # each of them stands alone
    if isinstance(value, str | list | tuple | set | frozenset):
        return bool(value)
    return type(value)


FIELDS: tuple[tuple[type, Any], ...] = (  # a moment is a day too
    (datetime.datetime, models.DateTimeField()),
    (datetime.date, models.DateField()),
    (str, models.TextField()),
    (int, None),
)


def _stand_in(path: Path, value: Any, noted: Noted) -> Any:
    noted[path] = _sketch(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | list | tuple | set | frozenset) and not value:
        return value
    for kind, field in FIELDS:
        if isinstance(value, kind):
            return Asked(path, field)
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(each, int) for each in value):
        return Asked(path)
    return _parts_stood_in_for(path, value, noted)


def _parts_stood_in_for(path: Path, value: Any, noted: Noted) -> Any:
    """A list, named tuple or dataclass of stand-ins."""
    if isinstance(value, list | tuple):
        parts: Any = [_stand_in((*path, at), each, noted) for at, each in enumerate(value)]
        return parts if isinstance(value, list) else type(value)(*parts)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return type(value)(**{name: _stand_in((*path, name), getattr(value, name), noted) for name in names})
    raise NotKept(path)


def _at(path: Path, arguments: Path) -> Any:
    value: Any = arguments
    for step in path:
        if isinstance(step, int):
            value = value[step]
        else:
            value = of_account(value, step) if isinstance(step, type) else getattr(value, step)
    return value


def _written(value: Any) -> Any:
    """Several ids as they stand between the parentheses of a statement's `IN (…)`."""
    if isinstance(value, list | tuple | set | frozenset):
        return AsIs(", ".join(str(int(each)) for each in value))
    return value


@dataclasses.dataclass(frozen=True)
class _Statement(Generic[Row]):
    """A queryset as it came out, and the statement it made; without one it has no rows."""

    queryset: "models.QuerySet[Any, Row]"
    compiler: Any
    text: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, queryset: "models.QuerySet[Any, Row]") -> "_Statement[Row]":
        compiler = queryset.query.get_compiler(queryset.db)
        try:
            return cls(queryset, compiler, *compiler.as_sql())
        except EmptyResultSet:
            return cls(queryset, compiler, "", ())

    def rows(self, arguments: Path) -> list[Row]:
        """The rows, with what `select_related` and `prefetch_related` add."""
        if not self.text:
            return []
        kept: Any = self.queryset
        given = [_written(_at(each.path, arguments)) if isinstance(each, Asked) else each for each in self.parameters]
        compiler, query = copy.copy(self.compiler), copy.copy(kept.query)
        compiler.connection = connections[kept.db]
        compiler.as_sql = lambda *args, **kwargs: (self.text, given)
        query.get_compiler = lambda *args, **kwargs: compiler
        queryset: Any = type(kept)(kept.model, query, kept._db, kept._hints)
        for name in ("_iterable_class", "_fields", "_known_related_objects", "_prefetch_related_lookups"):
            setattr(queryset, name, getattr(kept, name))
        return list(queryset)


class KeptQuery(Generic[P, Row]):
    """Decorates a function that returns a queryset; called, it gives the rows.

    Its arguments, given by their places, are an account, ids, days, moments, texts and what is made of these. It may
    pass values on and ask whether there are any, but not compare them: instead of them it is given stand-ins. What it
    asks is noted, and the statement is used again where all of that is the same. `varies` names what else it depends
    on, beside the day.
    """

    def __init__(
        self, queryset: "Callable[P, models.QuerySet[Any, Row]]", varies: Callable[[], Hashable] = lambda: None
    ) -> None:
        functools.update_wrapper(self, queryset)
        self.queryset, self.varies = queryset, varies
        self._state: Hashable = None
        self._kept: list[tuple[Noted, _Statement[Row] | None]] = []

    def __call__(self, *arguments: P.args, **_none: P.kwargs) -> list[Row]:
        statement = self._statement(arguments)
        return statement.rows(arguments) if statement else list(self.queryset(*arguments, **_none))

    def or_404(self, *arguments: P.args, **_none: P.kwargs) -> Row:
        """The row that there is; raises Http404 where there is none."""
        for row in self(*arguments, **_none):
            return row
        raise Http404

    def _statement(self, arguments: Path) -> _Statement[Row] | None:
        """The one that fits, or a new one; None where none can be kept."""
        state = (today(), self.varies())
        if self._state != state:
            self._state, self._kept = state, []
        for noted, statement in self._kept:
            # In the order in which it was noted: the later is looked up only where the queryset would look it up too.
            if all(_sketch(_at(path, arguments)) == sketch for path, sketch in noted.items()):
                return statement
        new: Noted = {}
        try:
            made = self.queryset(*(_watched((at,), each, new) for at, each in enumerate(arguments)))  # type: ignore
            kept = _Statement.of(made)
        except NotKept:
            kept = None
        self._kept = [*self._kept[1 - MOST :], (new, kept)]
        return kept


def _watched(path: Path, value: Any, noted: Noted) -> Any:
    return Watched(path, value, noted) if hasattr(value, "is_authenticated") else _stand_in(path, value, noted)

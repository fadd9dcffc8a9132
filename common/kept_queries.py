"""Querysets put together once and asked again and again with other values.

Putting a statement together takes Django longer than all else on many a page, and the statement is the same each time
(docs/decisions/0008-kept-queries.md). The rows are read anew whenever they are asked for.
"""

import copy
import dataclasses
import datetime
import functools
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.http import Http404
from psycopg2.extensions import AsIs

from common.periods import today

P = ParamSpec("P")
Row = TypeVar("Row")
Facts = TypeVar("Facts")

Place = tuple[Any, ...]  # a value's: names of attributes, places in tuples and lists, kinds of facts
Noted = dict[Place, Any]  # what decided about a statement
MOST_STATEMENTS = 50  # of one query; the oldest is put together again where it is needed


class NotKept(Exception):
    """The queryset depends on something that a statement cannot leave open."""


def _not_kept(self: Any, *others: Any) -> Any:
    raise NotKept


class Asked(models.Expression):
    """Stands in a kept queryset for the value in that place; after `__in` for several ids. It cannot be compared."""

    def __init__(self, place: Place, output_field: Any = None) -> None:
        super().__init__(output_field)
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def __eq__(self, other: object) -> bool:
        """For Django alone, which compares expressions, and asks of any value whether it is the empty text."""
        if isinstance(other, models.Expression) != isinstance(other, Asked) or other == "":
            return super().__eq__(other)
        raise NotKept

    __hash__ = models.Expression.__hash__
    __str__ = __or__ = __and__ = _not_kept


class Watched:
    """Stands for an account or its facts while a queryset is put together, and notes what is asked of them."""

    def __init__(self, place: Place, real: Any, noted: Noted) -> None:
        self._place, self._real, self._noted = place, real, noted

    def __getattr__(self, name: str) -> Any:
        if name == "resolve_expression":  # as which Django asks whether any value is one
            raise AttributeError(name)
        if not hasattr(self._real, name):
            raise NotKept
        return _stand_in((*self._place, name), getattr(self._real, name), self._noted)

    def facts(self, kind: type[Any]) -> "Watched":
        return Watched((*self._place, kind), of_account(self._real, kind), self._noted)

    __eq__ = __bool__ = __str__ = _not_kept
    __hash__ = None  # type: ignore[assignment]


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


FIELDS: dict[str, Any] = {"text": models.TextField(), "moment": models.DateTimeField(), "day": models.DateField()}


def _sketch(value: Any) -> tuple[Any, ...]:
    """What of a value decides about the statement: of which kind it is and whether there is any, not which one."""
    if value is None or isinstance(value, bool):
        return ("as it is", value)
    if isinstance(value, str):
        return ("text", bool(value))
    if isinstance(value, int):
        return ("number", bool(value))
    if isinstance(value, datetime.date):
        return ("moment" if isinstance(value, datetime.datetime) else "day",)
    if isinstance(value, list | tuple | set | frozenset):
        is_ids = all(isinstance(each, int) for each in value)
        return ("ids", bool(value)) if is_ids else ("parts", type(value), len(value))
    return ("parts" if dataclasses.is_dataclass(value) else "else", type(value))


def _stand_in(place: Place, value: Any, noted: Noted) -> Any:
    noted[place] = sketch = _sketch(value)
    if sketch[0] == "as it is" or (sketch[0] in {"text", "number", "ids"} and not value):
        return value
    if sketch[0] in {*FIELDS, "number", "ids"}:
        return Asked(place, FIELDS.get(sketch[0]))
    if sketch[0] == "else" or isinstance(value, set | frozenset):
        raise NotKept
    if dataclasses.is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        made: Any = type(value)
        return made(**{name: _stand_in((*place, name), part, noted) for name, part in parts.items()})
    each = [_stand_in((*place, at), part, noted) for at, part in enumerate(value)]
    return each if isinstance(value, list) else type(value)(*each)


def _at(place: Place, arguments: Place) -> Any:
    value: Any = arguments
    for step in place:
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

    def rows(self, arguments: Place) -> list[Row]:
        """The rows, with what `select_related` and `prefetch_related` add."""
        if not self.text:
            return []
        kept: Any = self.queryset
        given = [_written(_at(each.place, arguments)) if isinstance(each, Asked) else each for each in self.parameters]
        compiler, query = copy.copy(self.compiler), copy.copy(kept.query)
        compiler.connection = connections[kept.db]
        compiler.as_sql = lambda *args, **kwargs: (self.text, given)
        query.get_compiler = lambda *args, **kwargs: compiler
        queryset: Any = type(kept)(kept.model, query, kept._db, kept._hints)
        for name in ("_iterable_class", "_fields", "_known_related_objects", "_prefetch_related_lookups"):
            setattr(queryset, name, getattr(kept, name))
        return list(queryset)


@dataclasses.dataclass(frozen=True)
class _Kept(Generic[Row]):
    """What was noted while a statement was put together; without one the queryset is asked as ever."""

    noted: Noted
    statement: _Statement[Row] | None


class KeptQuery(Generic[P, Row]):
    """Decorates a function that returns a queryset; called, it gives the rows.

    Its arguments, given by their places, are an account, ids, days, moments, texts and what is made of these. It may
    pass values on and ask whether there are any, but not compare them: instead of them it is given stand-ins. What it
    asks is noted, and the statement is used again where all of that is the same. `varies` names what else it depends
    on, beside the day. What is added to a day or moment the database adds, at a change of clocks an hour otherwise than
    Python.
    """

    def __init__(
        self, queryset: "Callable[P, models.QuerySet[Any, Row]]", varies: Callable[[], Hashable] = lambda: None
    ) -> None:
        functools.update_wrapper(self, queryset)
        self.queryset, self.varies = queryset, varies
        self._kept: tuple[Hashable, tuple[_Kept[Row], ...]] = (None, ())

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> list[Row]:
        if named:
            raise TypeError("Arguments of kept queries are given by their places.")
        statement = self._statement(arguments)
        return statement.rows(arguments) if statement else list(self.queryset(*arguments, **named))

    def or_404(self, *arguments: P.args, **named: P.kwargs) -> Row:
        """The row that there is; raises Http404 where there is none."""
        for row in self(*arguments, **named):
            return row
        raise Http404

    def _statement(self, arguments: Place) -> _Statement[Row] | None:
        """The one that fits, or a new one; None where none can be kept."""
        state = (today(), self.varies())
        for kept in self._of(state):
            # In the order in which it was noted: the later is looked up only where the queryset would look it up too.
            if all(_sketch(_at(place, arguments)) == sketch for place, sketch in kept.noted.items()):
                return kept.statement
        new = _Kept(*self._put_together(arguments))
        # Read again and written at once: other threads do the same.
        self._kept = (state, (*self._of(state)[1 - MOST_STATEMENTS :], new))
        return new.statement

    def _of(self, state: Hashable) -> "tuple[_Kept[Row], ...]":
        known, kept = self._kept
        return kept if known == state else ()

    def _put_together(self, arguments: Place) -> tuple[Noted, _Statement[Row] | None]:
        noted: Noted = {}
        queryset: Any = self.queryset
        try:
            return noted, _Statement.of(queryset(*(_watched((at,), each, noted) for at, each in enumerate(arguments))))
        except (NotKept, AttributeError, NotImplementedError, TypeError):  # what stand-ins cannot do
            return noted, None


def _watched(place: Place, value: Any, noted: Noted) -> Any:
    return Watched(place, value, noted) if hasattr(value, "is_authenticated") else _stand_in(place, value, noted)


def counted(rows: "models.QuerySet[Any, Any]", conditions: Mapping[str, models.Q | None]) -> Any:
    """A queryset of one row: by its name how many of the rows meet each condition, or how many there are."""
    numbers = {name: models.Count("pk", filter=condition) for name, condition in conditions.items()}
    # Without the constant Django would count for each row by itself.
    return rows.order_by().values(one=models.Value(1)).annotate(**numbers).values(*numbers)


def numbers_in(found: list[dict[str, int]]) -> Mapping[str, int]:
    """Those of `counted`; zeros where the condition could not be met by any row."""
    return found[0] if found else defaultdict(int)

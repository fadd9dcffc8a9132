"""What an office did in a year or quarter, in numbers: by town, offering, field of action, task and contact person.

A request counts as received in the period in which it came, as completed, declined, passed on or withdrawn in the one
in which it was closed, as open where it was not closed at the period's end. How soon it was answered counts where it
was received, how long it took where it was completed, feedback when it was given. What was done counts on its day.
A meeting counts for every town and field of action of its forum, and once in the total; the office's effort for it
counts for a town or field only where it is the forum's only one, so that hours and cost of the rows add up.

Everything that is stored here can be added up, so that the rows of towns that merged become one row; averages and
shares are worked out from it. PostgreSQL counts; the number of queries depends on what is asked for alone.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, DateField, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.translation import gettext

from common.kept_queries import KeptQuery
from common.periods import BERLIN, ONE_DAY, midnight, period
from contacts.models import ContactPerson, FieldOfAction, Office, OfficeTask
from contacts.rules import Area
from forums.meetings_per_town import held_meetings
from forums.models import ForumField, ForumTown
from municipalities.models import Municipality
from services.models.offerings import ServiceOffering
from services.models.states import FEEDBACK_WITHIN

TOWN, OFFERING, FIELD, TASK, POST, QUARTER = "town", "offering", "field", "task", "post", "quarter"
OF_ROWS = (TOWN, OFFERING, FIELD, TASK, POST)
DIMENSIONS = (*OF_ROWS, QUARTER)
NOTHING = ""  # the key of what belongs to no row
MARKS = 5

Marks = tuple[int, ...]  # how often each mark from 1 to 5 was given
NO_MARKS: Marks = (0,) * MARKS


@dataclass(frozen=True)
class Span:
    """A year, or one of its quarters."""

    year: int
    quarter: int | None = None

    @property
    def first(self) -> datetime.date:
        return datetime.date(self.year, 3 * (self.quarter or 1) - 2, 1)

    @property
    def last(self) -> datetime.date:
        month = 3 * (self.quarter or 4)
        return datetime.date(self.year + month // 12, month % 12 + 1, 1) - ONE_DAY

    @property
    def days(self) -> DateRange:
        return period(self.first, self.last)

    def year_before(self) -> "Span":
        return Span(self.year - 1, self.quarter)

    def __str__(self) -> str:
        if self.quarter is None:
            return str(self.year)
        return gettext("quarter %(quarter)d of %(year)d") % {"quarter": self.quarter, "year": self.year}


@dataclass(frozen=True)
class Values:
    """What was counted. `answer_days` and `lead_days` are sums over the answered and the completed requests."""

    received: int = 0
    open: int = 0
    completed: int = 0
    declined: int = 0
    passed_on: int = 0
    withdrawn: int = 0
    answered: int = 0
    answer_days: int = 0
    in_time: int = 0
    late: int = 0
    lead_days: int = 0
    deliveries: int = 0
    hours: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    participants: int = 0
    meetings: int = 0
    helped: Marks = NO_MARKS
    went_well: Marks = NO_MARKS

    def __add__(self, other: "Values") -> "Values":
        counted = {name: value for name, value in vars(other).items() if value and value != NO_MARKS}
        return Values(**vars(self) | {name: _sum(getattr(self, name), value) for name, value in counted.items()})

    def __bool__(self) -> bool:
        return self != NONE

    @property
    def mean_answer_days(self) -> Decimal | None:
        return _ratio(self.answer_days, self.answered)

    @property
    def share_in_time(self) -> Decimal | None:
        """In per cent of those answered, and of those still unanswered after their day."""
        return _ratio(100 * self.in_time, self.in_time + self.late)

    @property
    def mean_lead_days(self) -> Decimal | None:
        return _ratio(self.lead_days, self.completed)

    @property
    def feedbacks(self) -> int:
        return sum(self.helped)

    @property
    def mean_helped(self) -> Decimal | None:
        return _mean(self.helped)

    @property
    def mean_went_well(self) -> Decimal | None:
        return _mean(self.went_well)

    def as_json(self) -> dict[str, Any]:
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Values":
        kinds: dict[str, Callable[[Any], Any]] = dict.fromkeys(("hours", "cost"), Decimal)
        kinds |= dict.fromkeys(("helped", "went_well"), tuple)
        return cls(**{name: kinds.get(name, int)(data[name]) for name in NAMES})


NAMES = tuple(each.name for each in fields(Values))
NONE = Values()


def _sum(one: Any, other: Any) -> Any:
    return tuple(map(sum, zip(one, other, strict=True))) if isinstance(one, tuple) else one + other


def _ratio(total: int, count: int) -> Decimal | None:
    return (Decimal(total) / count).quantize(Decimal("0.1")) if count else None


def _mean(marks: Marks) -> Decimal | None:
    return _ratio(sum(mark * count for mark, count in enumerate(marks, start=1)), sum(marks))


@dataclass(frozen=True)
class Row:
    """`key` stays when the name changes: the AGS of a town, the id of all else."""

    key: str
    name: str
    values: Values


@dataclass(frozen=True)
class Figures:
    span: Span
    as_of: datetime.date
    total: Values
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether the period had not ended yet, so that the same one of the year before counts more days."""
        return self.as_of < self.span.last

    @property
    def period_in_words(self) -> str:
        if not self.is_running:
            return str(self.span)
        until = {"span": self.span, "day": date_format(self.as_of, "SHORT_DATE_FORMAT")}
        return gettext("%(span)s until %(day)s") % until

    def as_json(self) -> dict[str, Any]:
        return {
            "year": self.span.year,
            "quarter": self.span.quarter,
            "as_of": self.as_of.isoformat(),
            "total": self.total.as_json(),
            "rows": {
                dimension: [{"key": row.key, "name": row.name, "values": row.values.as_json()} for row in rows]
                for dimension, rows in self.rows.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Figures":
        return cls(
            span=Span(data["year"], data["quarter"]),
            as_of=datetime.date.fromisoformat(data["as_of"]),
            total=Values.from_json(data["total"]),
            rows={
                dimension: [Row(row["key"], row["name"], Values.from_json(row["values"])) for row in rows]
                for dimension, rows in data["rows"].items()
            },
        )


@dataclass(frozen=True)
class Question:
    """Whose figures are counted, and on which day."""

    office: Office
    as_of: datetime.date

    @cached_property
    def area(self) -> Area:
        return Area.of_offices([self.office.pk])


Counts = Mapping[str, Any]  # some of the numbers of `Values`, by name
Counted = dict[str, dict[str, dict[str, Any]]]  # by dimension: by key; the total under ("", "")
Part = tuple[Span, str, str, Counts]  # of which span, dimension and key


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Whatever is read within is as of one moment, so that tables agree with one another while requests come in.

    Nothing can be written within. Where a transaction was begun before, it is that one that decides.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")  # refused after the first query
        yield


def of(office: Office, span: Span, as_of: datetime.date, dimensions: Sequence[str] = DIMENSIONS) -> Figures:
    """The office's figures as they are on that day, of one snapshot."""
    return several(office, {span: dimensions}, as_of)[span]


def several(office: Office, wanted: Mapping[Span, Sequence[str]], as_of: datetime.date) -> dict[Span, Figures]:
    """Those of several spans, each by the dimensions wanted for it, of one snapshot.

    Three queries and one for the office's area, up to three more for what meetings were about, and one for the names of
    each dimension of each span.
    """
    question = Question(office, as_of)
    quarters = {span: _quarters(span, as_of) for span, dimensions in wanted.items() if QUARTER in dimensions}
    spans = list(dict.fromkeys([*wanted, *(quarter for each in quarters.values() for quarter in each)]))
    by_rows = [dimension for dimension in OF_ROWS if any(dimension in each for each in wanted.values())]
    counted: dict[Span, Counted] = {span: defaultdict(lambda: defaultdict(dict)) for span in spans}
    with _one_snapshot():
        for part in (_requests, _deliveries, _meetings):
            for span, dimension, key, counts in part(question, spans, by_rows):
                if not dimension or dimension in wanted.get(span, ()):
                    _add(counts, counted[span][dimension][key])
        found = {}
        for span, dimensions in wanted.items():
            rows = {
                dimension: _rows(question, span, dimension, counted[span][dimension])
                for dimension in dimensions
                if dimension in OF_ROWS
            }
            if QUARTER in dimensions:
                rows[QUARTER] = [
                    Row(str(quarter.quarter), str(quarter), Values(**counted[quarter][""][NOTHING]))
                    for quarter in quarters[span]
                ]
            found[span] = Figures(span, as_of, Values(**counted[span][""][NOTHING]), rows)
    return found


def _add(counts: Counts, total: dict[str, Any]) -> None:
    for name, count in counts.items():
        total[name] = _sum(total[name], count) if name in total else count


def _quarters(span: Span, as_of: datetime.date) -> list[Span]:
    """Those of the span that have begun."""
    quarters = [Span(span.year, number) for number in range(1, 5)]
    return [each for each in quarters if each.first <= as_of and span.quarter in (None, each.quarter)]


# -- Requests and deliveries --------------------------------------------------------------------------------------


def _columns(dimensions: Sequence[str], columns: Mapping[str, str]) -> tuple[str, str, str]:
    """Dimension and key of a row, and the grouping sets by which it is counted for each of them and all together."""
    ours = [(dimension, columns[dimension]) for dimension in dimensions]
    which = " ".join(f"WHEN grouping({column}) = 0 THEN '{dimension}'" for dimension, column in ours)
    keys = " ".join(f"WHEN grouping({column}) = 0 THEN {column}" for _, column in ours)
    sets = ", ".join(["(span)", *(f"(span, {column})" for _, column in ours)])
    return (f"CASE {which} ELSE '' END", f"CASE {keys} END", sets) if ours else ("''", "NULL", sets)


def _counted(
    query: str, columns: Mapping[str, str], spans: Sequence[Span], dimensions: Sequence[str], **given: Any
) -> Iterator[tuple[Span, str, str, list[Any]]]:
    """The rows of a query with a place for the grouping sets, as span, dimension, key and what was counted."""
    dimension, key, sets = _columns(dimensions, columns)
    listed: dict[str, Any] = {
        "spans": list(range(len(spans))),
        "firsts": [span.first for span in spans],
        "starts": [midnight(span.first) for span in spans],
        "ends": [midnight(span.last + ONE_DAY) for span in spans],
        "lasts": [span.last for span in spans],
    }
    with connection.cursor() as cursor:
        cursor.execute(query.format(dimension=dimension, key=key, sets=sets), listed | given)
        for at, name, found, *values in cursor.fetchall():
            yield spans[at], name, _key(found), values


def _first(spans: Sequence[Span]) -> datetime.date:
    return min(span.first for span in spans)


def _end(spans: Sequence[Span]) -> datetime.datetime:
    return midnight(max(span.last for span in spans) + ONE_DAY)


_OF_REQUEST = {
    TOWN: "municipality_id",
    OFFERING: "offering_id",
    FIELD: "field_id",
    TASK: "task_id",
    POST: "assigned_to_id",
}


def _marks(column: str) -> str:
    """How often each mark was given in the period, as an array."""
    counts = (f"count(*) FILTER (WHERE {column} = {mark} AND is_rated)" for mark in range(1, MARKS + 1))
    return f"ARRAY[{', '.join(counts)}]"


_REQUESTS = f"""
WITH received AS MATERIALIZED (
    SELECT r.municipality_id, r.offering_id, r.field_id, r.task_id, r.assigned_to_id, r.state, r.submitted_at,
        r.closed_at, r.answered_at, r.days_used, r.was_late, r.due_on,
        feedback.helped, feedback.went_well, feedback.given_at
    FROM services_servicerequest r
    -- One by one: joined as a whole, PostgreSQL reads the feedback of all offices.
    LEFT JOIN LATERAL (SELECT * FROM services_feedback WHERE request_id = r.id OFFSET 0) feedback ON true
    WHERE r.office_id = %(office)s AND r.submitted_at < %(end)s
        AND (r.closed_at IS NULL OR r.closed_at >= %(earliest)s)
), request AS (
    SELECT span, municipality_id, offering_id, field_id, task_id, assigned_to_id, state,
        days_used, was_late, due_on, answered_at IS NOT NULL AS is_answered,
        submitted_at >= starts AS is_received,
        closed_at >= starts AND closed_at < ends AS is_closed,
        closed_at IS NULL OR closed_at >= ends AS is_open,
        (submitted_at AT TIME ZONE 'Europe/Berlin')::date AS submitted_on,
        (closed_at AT TIME ZONE 'Europe/Berlin')::date AS closed_on,
        helped, went_well, given_at >= starts AND given_at < ends AS is_rated
    FROM received
    JOIN unnest(%(spans)s, %(starts)s, %(ends)s) AS period(span, starts, ends) ON submitted_at < ends
        AND (submitted_at >= starts OR closed_at IS NULL OR closed_at >= starts OR given_at >= starts)
)
SELECT span, {{dimension}}, {{key}},
    count(*) FILTER (WHERE is_received),
    count(*) FILTER (WHERE is_open),
    count(*) FILTER (WHERE is_closed AND state = 'completed'),
    count(*) FILTER (WHERE is_closed AND state = 'declined'),
    count(*) FILTER (WHERE is_closed AND state = 'passed_on'),
    count(*) FILTER (WHERE is_closed AND state = 'withdrawn'),
    count(*) FILTER (WHERE is_received AND is_answered),
    coalesce(sum(days_used) FILTER (WHERE is_received), 0),
    count(*) FILTER (WHERE is_received AND is_answered AND NOT was_late),
    count(*) FILTER (WHERE is_received AND (was_late OR NOT is_answered AND due_on < %(as_of)s)),
    coalesce(sum(closed_on - submitted_on) FILTER (WHERE is_closed AND state = 'completed'), 0),
    {_marks("helped")},
    {_marks("went_well")}
FROM request GROUP BY GROUPING SETS ({{sets}})
"""  # noqa: S608 - made of the columns named here
_COUNTED = (
    *("received", "open", "completed", "declined", "passed_on", "withdrawn"),
    *("answered", "answer_days", "in_time", "late", "lead_days", "helped", "went_well"),
)


def _requests(question: Question, spans: Sequence[Span], dimensions: Sequence[str]) -> Iterator[Part]:
    """One query."""
    rows = _counted(
        _REQUESTS,
        _OF_REQUEST,
        spans,
        dimensions,
        office=question.office.pk,
        as_of=question.as_of,
        earliest=midnight(_first(spans) - FEEDBACK_WITHIN - ONE_DAY),  # for the change of clocks
        end=_end(spans),
    )
    for span, dimension, key, counted in rows:
        named: dict[str, Any] = {
            name: tuple(count) if isinstance(count, list) else int(count)
            for name, count in zip(_COUNTED, counted, strict=True)
        }
        yield span, dimension, key, named


_OF_DELIVERY = {
    TOWN: "municipality_id",
    OFFERING: "offering_id",
    FIELD: "field_id",
    TASK: "task_id",
    POST: "post_id",
}

_DELIVERIES = """
SELECT span, {dimension}, {key}, count(*), sum(hours), sum(cost), coalesce(sum(participants), 0)
FROM services_delivery
JOIN unnest(%(spans)s, %(firsts)s, %(lasts)s) AS period(span, firsts, lasts) ON held_on BETWEEN firsts AND lasts
WHERE office_id = %(office)s
GROUP BY GROUPING SETS ({sets})
"""


def _deliveries(question: Question, spans: Sequence[Span], dimensions: Sequence[str]) -> Iterator[Part]:
    """One query."""
    rows = _counted(_DELIVERIES, _OF_DELIVERY, spans, dimensions, office=question.office.pk)
    for span, dimension, key, (number, hours, cost, people) in rows:
        yield span, dimension, key, {"deliveries": number, "hours": hours, "cost": cost, "participants": people}


def _key(key: Any) -> str:
    return NOTHING if key is None else str(key)


# -- Meetings -----------------------------------------------------------------------------------------------------


@KeptQuery
def _held(offices: list[int], since: datetime.datetime, until: datetime.datetime) -> Any:
    """By forum, task and month how many meetings were held, and what these offices put into them."""
    ours = Q(efforts__office__in=offices)
    held = held_meetings(offices).filter(starts_at__gte=since, starts_at__lt=until).order_by()
    return held.values("forum", "forum__district", "forum__office", "task", "forum__task").annotate(
        month=TruncMonth("starts_at", output_field=DateField(), tzinfo=BERLIN),
        number=Count("pk", distinct=True),
        hours=Sum("efforts__hours", filter=ours),
        cost=Sum("efforts__cost", filter=ours),
    )


def _meetings(question: Question, spans: Sequence[Span], dimensions: Sequence[str]) -> Iterator[Part]:
    """Held meetings of the forums that the office leads or is a partner of. At most four queries, and the area's."""
    office = question.office.pk
    found = _held([office], midnight(_first(spans)), _end(spans))
    forums = {row["forum"]: row["forum__district"] for row in found}
    towns = _towns_of(forums, question.area) if forums and TOWN in dimensions else {}
    links = _fields_of(forums, question.office) if forums and FIELD in dimensions else {}
    for row in found:
        met = {"meetings": row["number"]}
        effort = {"hours": row["hours"] or Decimal(0), "cost": row["cost"] or Decimal(0)}
        # Tasks, like fields, are those of the leading office.
        task = (row["task"] or row["forum__task"]) if row["forum__office"] == office else None
        about: dict[str, list[str]] = {
            TOWN: towns.get(row["forum"], []),
            FIELD: links.get(row["forum"], []),
            TASK: [str(task)] if task else [],
        }
        for span in spans:
            if not span.first <= row["month"] <= span.last:
                continue
            yield span, "", NOTHING, met | effort
            for dimension in dimensions:
                keys = about.get(dimension) or [NOTHING]
                for key in keys:
                    yield span, dimension, key, met
                yield span, dimension, keys[0] if len(keys) == 1 else NOTHING, effort


@KeptQuery
def _town_links(forums: list[int]) -> "QuerySet[Any, Any]":
    return ForumTown.objects.filter(forum__in=forums).order_by("municipality").values_list("forum", "municipality")


@KeptQuery
def _served(area: Area, districts: list[int]) -> "QuerySet[Any, Any]":
    served = Municipality.objects.filter(area.towns, district__in=districts)
    return served.order_by("pk").values_list("pk", "district")


def _towns_of(forums: Mapping[int, int | None], area: Area) -> dict[int, list[str]]:
    """By forum the towns it is about; of a whole district those that the office serves. Two queries."""
    found: dict[int, list[str]] = defaultdict(list)
    for forum, town in _town_links(list(forums)):
        found[forum].append(str(town))
    for town, district in _served(area, list(set(filter(None, forums.values())))):
        for forum in (forum for forum, whole in forums.items() if whole == district):
            found[forum].append(str(town))
    return found


def _fields_of(forums: Mapping[int, int | None], office: Office) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    links = ForumField.objects.filter(forum__in=forums, field__office=office).order_by("field")
    for forum, key in links.values_list("forum", "field"):
        found[forum].append(str(key))
    return found


# -- Names --------------------------------------------------------------------------------------------------------


def _rows(question: Question, span: Span, dimension: str, counted: Mapping[str, Counts]) -> list[Row]:
    """All that the office had in the period, also those of which nothing was counted; the rest last. One query."""
    named = _names(question, span, dimension, [int(key) for key in counted if key])
    rows = [Row(key, name, Values(**counted.get(pk, {}))) for pk, key, name in named]
    if rest := Values(**counted.get(NOTHING, {})):
        rows.append(Row(NOTHING, gettext("not assigned"), rest))
    return rows


@KeptQuery
def _towns(area: Area, on: datetime.date, used: list[int]) -> "QuerySet[Any, Any]":
    towns = Municipality.objects.filter(Q(area.towns, period__contains=on) | Q(pk__in=used))
    return towns.order_by("sort_key", "ags").values_list("pk", "ags", "name")


def _names(question: Question, span: Span, dimension: str, used: list[int]) -> list[tuple[str, str, str]]:
    """Id, key and name of each."""
    office = question.office
    if dimension == TOWN:
        on = max(min(span.last, question.as_of), span.first)
        return [(str(pk), ags, name) for pk, ags, name in _towns(question.area, on, used)]
    if dimension == POST:
        posts = ContactPerson.objects.filter(Q(period__overlap=span.days) | Q(pk__in=used), office=office)
        posts = posts.select_related("person").order_by("person__sort_key", "pk")
        return [(str(post.pk), str(post.pk), post.person.name) for post in posts]
    if dimension == OFFERING:
        offered = ServiceOffering.objects.filter(Q(period__overlap=span.days) | Q(pk__in=used), office=office)
        return [
            (str(pk), str(pk), title) for pk, title in offered.order_by("sort_key", "pk").values_list("pk", "title")
        ]
    entries: Any = (FieldOfAction if dimension == FIELD else OfficeTask).objects
    listed = entries.filter(Q(is_active=True) | Q(pk__in=used), office=office)
    return [(str(pk), str(pk), name) for pk, name in listed.values_list("pk", "name")]

"""Figures as a page shows them: the picture with its table, and all of them in tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from contacts.models import Office
from services import charts
from services.comparison import Pair
from services.figures import MARKS, OFFERING, Figures, Row, Values
from services.measures import GROUPS, MEASURES, Measure


@dataclass(frozen=True)
class Table:
    """Rows of name and cells; the last one is the total."""

    title: Any
    head: Sequence[Any]
    rows: Sequence[tuple[str, Sequence[str]]]
    total: Sequence[str]


def tables(figures: Figures, dimension: str) -> list[Table]:
    """One for each group of measures."""
    rows = figures.rows[dimension]
    return [
        Table(
            group.title,
            [measure.label for measure in group.measures],
            [(row.name, _cells(group.measures, row.values)) for row in rows],
            _cells(group.measures, figures.total),
        )
        for group in GROUPS
    ]


def _cells(measures: Iterable[Measure], values: Values) -> list[str]:
    return [measure.shown(values) for measure in measures]


@dataclass(frozen=True)
class Compared:
    """One measure in this period and the one before, as a picture and as the table that says the same."""

    measure: Measure
    picture: charts.Picture
    rows: Sequence[tuple[str, Sequence[str]]]
    total: Sequence[str]


def compared(pairs: Sequence[Pair], now: Values, before: Values, measure: Measure) -> Compared:
    """The rows beside one another, and both totals."""

    def cells(new: Values, old: Values) -> list[str]:
        return [measure.shown(new), measure.shown(old), measure.change(new, old)]

    return Compared(
        measure,
        charts.picture(pairs, measure),
        [(pair.name, cells(pair.now, pair.before)) for pair in pairs],
        cells(now, before),
    )


def distribution(figures: Figures) -> list[tuple[str, str, list[str]]]:
    """How often each mark was given, for each offering that got any: offering, question, counts from 1 to 5."""
    rows: list[Row] = [row for row in figures.rows.get(OFFERING, ()) if row.values.feedbacks]
    questions = (("helped", gettext("helped")), ("went_well", gettext("went well")))
    return [(row.name, label, [*map(str, getattr(row.values, name))]) for row in rows for name, label in questions]


def as_lines(office: Office, figures: Figures, dimension: str) -> tuple[list[Any], list[list[Any]]]:
    """The head and the rows of a file: whose and when, key and name, each measure as a number, and the total last."""
    measures = [f"{group.title}: {measure.label}" for group in GROUPS for measure in group.measures]
    head = [gettext("Office"), gettext("Period"), gettext("Key"), gettext("Name"), *measures]

    def line(key: str, name: str, values: Values) -> list[Any]:
        return [office.name, figures.period_in_words, key, name, *(measure.value(values) for measure in MEASURES)]

    rows = [line(row.key, row.name, row.values) for row in figures.rows[dimension]]
    return head, [*rows, line("", gettext("together"), figures.total)]


MARK_NUMBERS = range(1, MARKS + 1)

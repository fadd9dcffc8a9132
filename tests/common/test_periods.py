"""Periods are spoken of with their last day and stored half-open; both mean the same days."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from common.periods import contains, encloses, ended, in_words, last_day, overlap, period

FIRST, LAST = datetime.date(2020, 1, 1), datetime.date(2020, 3, 1)
ALL_DAYS = [FIRST + datetime.timedelta(days=number) for number in range(-2, (LAST - FIRST).days + 3)]

days = st.dates(FIRST, LAST)


@st.composite
def periods(draw):
    first, last = sorted(draw(st.tuples(days, days)))
    return period(draw(st.sampled_from([first, None])), draw(st.sampled_from([last, None])))


def inside(one):
    return {day for day in ALL_DAYS if contains(one, day)}


@given(days, days)
def test_both_ends_belong_to_the_period(one, other):
    first, last = sorted([one, other])
    assert inside(period(first, last)) == {day for day in ALL_DAYS if first <= day <= last}
    assert last_day(period(first, last)) == last


@given(periods(), periods())
def test_overlap_means_a_day_in_common(one, other):
    assert overlap(one, other) == overlap(other, one) == bool(inside(one) & inside(other))


@given(periods(), periods())
def test_encloses_means_every_day(outer, inner):
    assert encloses(outer, inner) == (inside(inner) <= inside(outer))


@given(periods(), days)
def test_ended_period_keeps_its_days_up_to_the_last_one(days_before, last):
    try:
        result = ended(days_before, last)
    except ValidationError:
        is_before = days_before.lower is not None and last < days_before.lower
        assert is_before or (days_before.upper is not None and last >= days_before.upper)
    else:
        assert inside(result) == {day for day in inside(days_before) if day <= last}
        assert last_day(result) == last


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (period(FIRST, LAST), "01.01.2020 to 01.03.2020"),
        (period(FIRST, FIRST), "01.01.2020"),
        (period(FIRST), "from 01.01.2020"),
        (period(None, LAST), "until 01.03.2020"),
        (DateRange(None, None), "without limit"),
    ],
)
def test_period_reads_with_its_last_day(shown, words):
    with translation.override("en"):
        assert in_words(shown) == words

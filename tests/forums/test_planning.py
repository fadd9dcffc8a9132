"""The days of a series: by a rhythm, around the public holidays of the forum's Land."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forums import planning
from forums.models import Forum
from municipalities import working_days
from tests.factories import DistrictFactory, ForumFactory, MunicipalityFactory, OfficeFactory, StateFactory

Day = datetime.date


def days(first: Day, last: Day, rhythm: str) -> list[str]:
    return [f"{day:%d.%m.}" for day in planning.days_of_series(first, last, rhythm)]


@pytest.mark.parametrize(
    ("first", "rhythm", "expected"),
    [
        (Day(2026, 1, 7), "weekly", ["07.01.", "14.01.", "21.01.", "28.01."]),
        (Day(2026, 1, 7), "fortnightly", ["07.01.", "21.01."]),
        (Day(2026, 1, 13), "monthly", ["13.01."]),
    ],
)
def test_series_within_a_month(first: Day, rhythm: str, expected: list[str]) -> None:
    assert days(first, Day(2026, 1, 31), rhythm) == expected


@pytest.mark.parametrize(
    ("first", "rhythm", "expected"),
    [
        (Day(2026, 1, 13), "monthly", ["13.01.", "10.02.", "10.03.", "14.04.", "12.05.", "09.06."]),  # second Tuesday
        (Day(2026, 1, 29), "monthly", ["29.01.", "26.02.", "26.03.", "30.04.", "28.05.", "25.06."]),  # last Thursday
        (Day(2026, 1, 13), "two_months", ["13.01.", "10.03.", "12.05."]),
        (Day(2026, 1, 13), "quarterly", ["13.01.", "14.04."]),
        (Day(2026, 1, 13), "half_yearly", ["13.01."]),
    ],
)
def test_series_over_months_keeps_the_weekday(first: Day, rhythm: str, expected: list[str]) -> None:
    assert days(first, Day(2026, 6, 30), rhythm) == expected


@settings(max_examples=60)
@given(st.dates(Day(2020, 1, 1), Day(2060, 12, 31)), st.sampled_from([value for value in Forum.Rhythm.values if value]))
def test_days_of_a_series_rise_and_share_their_weekday(first: Day, rhythm: str) -> None:
    found = list(planning.days_of_series(first, first.replace(year=first.year + 3, day=1), rhythm))
    assert found[0] == first
    assert found == sorted(set(found))
    assert {day.weekday() for day in found} == {first.weekday()}


def of_state(ags: str, on_holiday: str, first: Day, last: Day, rhythm: str = "weekly") -> list[planning.Proposed]:
    state = StateFactory.build(ags=ags)
    return planning.proposed(
        first, last, rhythm, on_holiday=on_holiday, closed=working_days.public_holidays(state), taken=[]
    )


def test_holiday_of_the_state_is_left_out_and_named() -> None:
    [before, corpus_christi, after] = of_state("05", planning.LEAVE_OUT, Day(2026, 5, 28), Day(2026, 6, 11))
    assert (corpus_christi.holiday, corpus_christi.day) == ("Fronleichnam", None)
    assert (before.day, after.day) == (Day(2026, 5, 28), Day(2026, 6, 11))


def test_holiday_of_another_state_is_a_working_day() -> None:
    assert all(row.day == row.wanted for row in of_state("03", planning.LEAVE_OUT, Day(2026, 5, 28), Day(2026, 6, 11)))


def test_holiday_is_moved_to_the_next_working_day() -> None:
    """Good Friday to the Tuesday after Easter Monday."""
    [row] = of_state("03", planning.MOVE, Day(2026, 4, 3), Day(2026, 4, 9))
    assert (row.holiday, row.day, row.is_moved) == ("Karfreitag", Day(2026, 4, 7), True)


@pytest.mark.django_db
def test_state_is_that_of_the_district_the_towns_or_the_offices_area() -> None:
    district, town, area = DistrictFactory(), MunicipalityFactory(), DistrictFactory()
    office = OfficeFactory(areas=[area])
    assert planning.state_of(ForumFactory(office=office, district=district, about=[])) == district.state
    assert planning.state_of(ForumFactory(office=office, about=[town])) == town.district.state
    assert planning.state_of(ForumFactory(office=office)) == area.state
    assert planning.state_of(ForumFactory(office=OfficeFactory(areas=[town]))) == town.district.state
    assert planning.state_of(ForumFactory()) is None

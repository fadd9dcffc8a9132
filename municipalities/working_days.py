"""Working days: Monday to Friday without the public holidays of a Land.

Periods in working days begin with the day after the event (§ 187 I BGB).
"""

import calendar
import datetime
from collections.abc import Mapping, Sequence

import holidays

from common.periods import ONE_DAY
from municipalities.models import State

# The library's codes (ISO 3166-2) by the official key.
_CODES = dict(
    zip(
        (f"{number:02}" for number in range(1, 17)),
        ("SH", "HH", "NI", "HB", "NW", "HE", "RP", "BW", "BY", "SL", "BE", "BB", "MV", "SN", "ST", "TH"),
        strict=True,
    )
)

Holidays = Mapping[datetime.date, str]


def public_holidays(state: State | None) -> Holidays:
    """The names of public holidays by day, of any year; without a Land those of the whole country."""
    found: Holidays = holidays.country_holidays("DE", subdiv=_CODES.get(state.ags) if state else None, language="de")
    return found


def is_working_day(day: datetime.date, closed: Holidays) -> bool:
    return day.weekday() < calendar.SATURDAY and day not in closed


def next_working_day(day: datetime.date, closed: Holidays) -> datetime.date:
    """The first one after that day."""
    day += ONE_DAY
    while not is_working_day(day, closed):
        day += ONE_DAY
    return day


def after(day: datetime.date, count: int, closed: Holidays) -> datetime.date:
    """The last day of a period of so many working days that an event on that day sets going."""
    for _day in range(count):
        day = next_working_day(day, closed)
    return day


def left(
    on: datetime.date,
    last: datetime.date,
    closed: Holidays,
    without: Sequence[tuple[datetime.date, datetime.date]] = (),
) -> int:
    """How many working days of a period that ends with `last` have not passed before that day; 0 where it is over.

    `without` gives the first and last days of stretches that do not count.
    """
    days = (on + datetime.timedelta(days=number) for number in range((last - on).days + 1))
    counted = (day for day in days if not any(first <= day <= end for first, end in without))
    return sum(is_working_day(day, closed) for day in counted)

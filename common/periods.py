"""Periods of days: half-open in the database, spoken of with their last day."""

import datetime

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

ONE_DAY = datetime.timedelta(days=1)


def today() -> datetime.date:
    """Today in Berlin. Views and commands ask once and pass the day on."""
    return timezone.localdate()


def period(first: datetime.date | None, last: datetime.date | None = None) -> DateRange:
    """The days from first to last, both inclusive; None leaves that side open."""
    return DateRange(first, last + ONE_DAY if last else None, "[)")


def last_day(days: DateRange) -> datetime.date | None:
    """The last day inside, or None where the period is open."""
    return days.upper - ONE_DAY if days.upper else None


def contains(days: DateRange, on: datetime.date) -> bool:
    return (days.lower is None or days.lower <= on) and (days.upper is None or on < days.upper)

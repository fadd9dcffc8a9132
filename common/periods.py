"""Periods of days: half-open in the database, spoken of with their last day."""

import calendar
import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

ONE_DAY = datetime.timedelta(days=1)
BERLIN = ZoneInfo(settings.TIME_ZONE)


def today() -> datetime.date:
    """Today in Berlin. Views and commands ask once and pass the day on."""
    return day_of(timezone.now())


def day_of(moment: datetime.datetime) -> datetime.date:
    """The day in Berlin on which the moment fell."""
    return moment.astimezone(BERLIN).date()


def midnight(on: datetime.date) -> datetime.datetime:
    """The moment in Berlin at which the day begins."""
    return datetime.datetime.combine(on, datetime.time(), BERLIN)


def months_before(on: datetime.date, months: int) -> datetime.date:
    """The same day so many months earlier; the month's last one where there is no such day."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return datetime.date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def last_of_month(day: datetime.date) -> datetime.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def period(first: datetime.date | None, last: datetime.date | None = None) -> DateRange:
    """The days from first to last, both inclusive; None leaves that side open."""
    return DateRange(first, last + ONE_DAY if last else None, "[)")


def without_limit() -> DateRange:
    """Always: for a field's default."""
    return period(None)


def last_day(days: DateRange) -> datetime.date | None:
    """The last day inside, or None where the period is open."""
    return days.upper - ONE_DAY if days.upper else None


def contains(days: DateRange, on: datetime.date) -> bool:
    return (days.lower is None or days.lower <= on) and (days.upper is None or on < days.upper)


def overlap(one: DateRange, other: DateRange) -> bool:
    """Whether two periods, neither of them empty, have a day in common."""
    begins = one.lower is None or other.upper is None or one.lower < other.upper
    return begins and (other.lower is None or one.upper is None or other.lower < one.upper)


def common_days(one: DateRange, other: DateRange) -> DateRange:
    """The days that two periods which overlap have in common."""
    begins = [day for day in (one.lower, other.lower) if day]
    ends = [day for day in (one.upper, other.upper) if day]
    return DateRange(max(begins, default=None), min(ends, default=None), "[)")


def together(one: DateRange, other: DateRange) -> DateRange:
    """The period from the beginning of the first to the end of the last."""
    lower = None if one.lower is None or other.lower is None else min(one.lower, other.lower)
    upper = None if one.upper is None or other.upper is None else max(one.upper, other.upper)
    return DateRange(lower, upper)


def encloses(outer: DateRange, inner: DateRange) -> bool:
    """Whether every day of the inner period lies in the outer one."""
    begins = outer.lower is None or (inner.lower is not None and outer.lower <= inner.lower)
    return begins and (outer.upper is None or (inner.upper is not None and inner.upper <= outer.upper))


def ended(days: DateRange, last: datetime.date) -> DateRange:
    """The period shortened to that last day; raises ValidationError where it would be empty or longer than before."""
    if days.lower and last < days.lower:
        first = in_words(period(days.lower, days.lower))
        raise ValidationError(_("The last day lies before the first one, %(first)s.") % {"first": first})
    if days.upper and last >= days.upper:
        raise ValidationError(_("It ends earlier already: %(period)s.") % {"period": in_words(days)})
    return DateRange(days.lower, last + ONE_DAY)


def in_words(days: DateRange) -> str:
    """The period as people say it, its last day included: "01.03.2026 to 30.11.2026", "from 01.03.2026"."""
    first, last = (date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (days.lower, last_day(days)))
    if first and last:
        return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else _("without limit")

"""The days of a series of meetings: by a rhythm, around the public holidays of the forum's Land."""

import calendar
import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from forums.models import Forum
from municipalities.models import State
from municipalities.working_days import next_working_day

LEAVE_OUT, MOVE = "auslassen", "verschieben"
MOST = 60  # meetings of one series

WEEKS = {Forum.Rhythm.WEEKLY: 1, Forum.Rhythm.FORTNIGHTLY: 2}
MONTHS = {
    Forum.Rhythm.MONTHLY: 1,
    Forum.Rhythm.TWO_MONTHS: 2,
    Forum.Rhythm.QUARTERLY: 3,
    Forum.Rhythm.HALF_YEARLY: 6,
    Forum.Rhythm.YEARLY: 12,
}


def state_of(forum: Forum) -> State | None:
    """The Land of the forum's district or first town, else of its office; None where nothing says."""
    if forum.district:
        return forum.district.state
    town = forum.towns.select_related("district__state").order_by("sort_key").first()
    return town.district.state if town else forum.office.state


def days_of_series(first: datetime.date, last: datetime.date, rhythm: str) -> Iterator[datetime.date]:
    """The days by the rhythm, the first one included; by months the same weekday, such as each second Tuesday."""
    step = 0
    while (day := _day(first, rhythm, step)) <= last:
        yield day
        step += 1


def _day(first: datetime.date, rhythm: str, step: int) -> datetime.date:
    if rhythm in WEEKS:
        return first + datetime.timedelta(weeks=step * WEEKS[Forum.Rhythm(rhythm)])
    year, month = divmod(first.year * 12 + first.month - 1 + step * MONTHS[Forum.Rhythm(rhythm)], 12)
    begin = datetime.date(year, month + 1, 1)
    day = 1 + (first.weekday() - begin.weekday()) % 7 + (first.day - 1) // 7 * 7
    # A fifth Tuesday means the last one of each month.
    return begin.replace(day=day if day <= calendar.monthrange(year, month + 1)[1] else day - 7)


@dataclass(frozen=True)
class Proposed:
    """One day of a series, and what becomes of it: `day` is None where it is left out."""

    wanted: datetime.date
    holiday: str
    day: datetime.date | None
    is_taken: bool  # the forum meets on that day already

    @property
    def is_moved(self) -> bool:
        return self.day is not None and self.day != self.wanted


def proposed(
    first: datetime.date,
    last: datetime.date,
    rhythm: str,
    *,
    on_holiday: str,
    closed: Mapping[datetime.date, str],
    taken: Collection[datetime.date],
) -> list[Proposed]:
    """The series, around the holidays and the days on which the forum meets already."""
    rows = []
    for wanted in days_of_series(first, last, rhythm):
        holiday = closed.get(wanted) or ""
        day = wanted if not holiday else next_working_day(wanted, closed) if on_holiday == MOVE else None
        is_taken = day in taken
        rows.append(Proposed(wanted, holiday, None if is_taken else day, is_taken))
    return rows

"""Calendars are read by others as they were meant; what reads them here is the library icalendar."""

import datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.calendars import Event, file_of

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime.datetime(2026, 7, 1, 10, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)

names = st.from_regex(r"[\w ,;:.\"'ß-]*\w", fullmatch=True)
printable = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=300)


def read(content: bytes) -> icalendar.Event:
    [event] = icalendar.Calendar.from_ical(content).events
    return event


@given(printable, names)
def test_texts_come_back_as_they_were(summary: str, name: str) -> None:
    event = Event("1", NOON, NOON + HOUR).text("SUMMARY", summary).moment("DTSTAMP", NOON)
    event.uri("ATTENDEE", "mailto:erika@example.org", CN=name)
    content = file_of([event])
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert str(read(content)["SUMMARY"]) == summary
    assert read(content)["ATTENDEE"].params["CN"] == name.replace('"', "'")


def test_line_breaks_stay_within_a_text() -> None:
    event = read(file_of([Event("1", NOON, NOON + HOUR).text("DESCRIPTION", "eins\r\nzwei\nBEGIN:VALARM")]))
    assert str(event["DESCRIPTION"]) == "eins\nzwei\nBEGIN:VALARM"


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1997, 1, 1), (2026, 3, 28), (2026, 3, 29), (2026, 10, 25), (2060, 7, 1)]
)
def test_time_zone_says_what_berlin_says(year: int, month: int, day: int) -> None:
    """By the file's own VTIMEZONE, for programs that know no Berlin."""
    moment = datetime.datetime(year, month, day, 12, 0, tzinfo=BERLIN)
    content = file_of([Event("1", moment, moment + HOUR)]).replace(b"Europe/Berlin", b"Elsewhere")
    event = read(content)
    assert event["DTSTART"].dt.utcoffset() == moment.utcoffset()
    assert event["DTSTART"].dt.replace(tzinfo=None) == moment.replace(tzinfo=None)


def test_what_mail_does_with_it_and_what_it_is_called() -> None:
    calendar = icalendar.Calendar.from_ical(file_of([], name="Termine im Kreis", method="PUBLISH"))
    assert (calendar["METHOD"], calendar.calendar_name, calendar["VERSION"]) == ("PUBLISH", "Termine im Kreis", "2.0")

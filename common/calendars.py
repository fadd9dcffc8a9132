"""Calendars as bytes (iCalendar, RFC 5545): events in Berlin's time, for feeds and for mail (RFC 6047).

The library `icalendar` takes five times as long and knows Berlin's time until 2038 only; it reads these files in tests.
"""

import datetime
from collections.abc import Iterable
from typing import Self

from common.content_lines import escaped, written
from common.periods import BERLIN

CONTENT_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//Integrationsportal//Kalender//DE"

# Since 1996 summer ends in October all over the European Union (directive 2000/84/EC before it 94/21/EC).
TIME_ZONE = (
    "BEGIN:VTIMEZONE",
    f"TZID:{BERLIN.key}",
    "BEGIN:DAYLIGHT",
    "TZNAME:CEST",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "DTSTART:19810329T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "TZNAME:CET",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "DTSTART:19961027T030000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
)


class Event:
    """One event, filled property by property; what is empty is left out."""

    def __init__(self, uid: str, starts_at: datetime.datetime, ends_at: datetime.datetime) -> None:
        self.lines = ["BEGIN:VEVENT", f"UID:{uid}"]
        for name, moment in (("DTSTART", starts_at), ("DTEND", ends_at)):
            self.lines.append(f"{name};TZID={BERLIN.key}:{moment.astimezone(BERLIN):%Y%m%dT%H%M%S}")

    def text(self, name: str, value: str) -> Self:
        if value:
            self.lines.append(f"{name}:{escaped(value)}")
        return self

    def number(self, name: str, value: int) -> Self:
        self.lines.append(f"{name}:{value}")
        return self

    def moment(self, name: str, value: datetime.datetime) -> Self:
        self.lines.append(f"{name}:{value.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}")
        return self

    def uri(self, name: str, value: str, **parameters: str) -> Self:
        """An address, with parameters that may hold anything."""
        given = "".join(f";{key}={_parameter(word)}" for key, word in parameters.items())
        self.lines.append(f"{name}{given}:{value}")
        return self


def file_of(events: Iterable[Event], *, name: str = "", method: str = "") -> bytes:
    """The calendar with these events; `name` is what a subscribed one is called, `method` what mail does with it."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    if method:
        head.append(f"METHOD:{method}")
    if name:
        head += [f"NAME:{escaped(name)}", f"X-WR-CALNAME:{escaped(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT6H"]
    lines = [*head, *TIME_ZONE]
    for event in events:
        lines += event.lines
        lines.append("END:VEVENT")
    return written([*lines, "END:VCALENDAR"])


def _parameter(word: str) -> str:
    """Quoted, as names hold commas and colons; a quotation mark cannot be written there."""
    word = "".join(sign for sign in word if sign.isprintable()).replace('"', "'")
    return word if word.isalnum() or word.replace("-", "").isalnum() else f'"{word}"'

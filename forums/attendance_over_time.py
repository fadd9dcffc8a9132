"""Who came to a forum's meetings, as picture and as table: a line for each person or organisation, a mark for each
meeting.

A mark is told by its shape as by its colour: whoever sees no colours, or forced ones, or black on paper, sees the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from contacts.models import Organisation, Person
from forums.models import Attendance, Meeting, Membership

NAMES, STEP, LINE, HEAD = 260, 40, 30, 40  # in the units of the picture's view box
LONGEST_NAME = 30  # letters that fit; the table says the whole name
Presence = Attendance.Presence


@dataclass(frozen=True)
class Mark:
    """What somebody has to do with one meeting; `presence` is "none" where they were not on its list."""

    x: int
    y: int
    presence: str
    words: str


@dataclass(frozen=True)
class Line:
    y: int
    name: str
    shown_name: str
    marks: list[Mark]

    @property
    def present(self) -> int:
        return sum(mark.presence == Presence.PRESENT for mark in self.marks)

    @property
    def listed(self) -> int:
        """At how many of the meetings they were on the list."""
        return sum(mark.presence != "none" for mark in self.marks)


@dataclass(frozen=True)
class Column:
    x: int
    meeting: Meeting
    present: int


@dataclass(frozen=True)
class Picture:
    columns: list[Column]
    lines: list[Line]

    @property
    def width(self) -> int:
        return NAMES + STEP * len(self.columns)

    @property
    def height(self) -> int:
        return HEAD + LINE * len(self.lines)


def picture(meetings: Sequence[Meeting], attendances: Iterable[Attendance], members: Iterable[Membership]) -> Picture:
    """Of these meetings in order of time; today's members stand there also where they were on no list."""
    held = {meeting.pk: meeting for meeting in meetings}
    seen: set[Person | Organisation] = {one for row in members if (one := row.person or row.organisation)}
    noted: dict[tuple[Person | Organisation, int], str] = {}
    for attendance in attendances:
        if one := _who(attendance, held[attendance.meeting_id]):
            seen.add(one)
            noted[one, attendance.meeting_id] = attendance.presence
    words = key()
    lines = []
    for number, one in enumerate(sorted(seen, key=lambda one: (one.sort_key, one.pk))):
        y = HEAD + number * LINE + LINE // 2
        marks = []
        for place, meeting in enumerate(meetings):
            presence = noted.get((one, meeting.pk), "none") or "unknown"
            marks.append(Mark(NAMES + place * STEP + STEP // 2, y, presence, words[presence]))
        name = str(one)
        shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        lines.append(Line(y, name, shown, marks))
    columns = [
        Column(
            NAMES + place * STEP + STEP // 2,
            meeting,
            sum(line.marks[place].presence == Presence.PRESENT for line in lines),
        )
        for place, meeting in enumerate(meetings)
    ]
    return Picture(columns, lines)


def _who(line: Attendance, meeting: Meeting) -> Person | Organisation | None:
    """Whose line it is: a person's, or that of an organisation which is a member itself."""
    is_organisations = line.organisation_id is not None and line.key == meeting.key_of(line.organisation_id)
    return line.person or (line.organisation if is_organisations else None)


def key() -> dict[str, str]:
    """What the marks mean."""
    labels = {value: str(label) for value, label in Presence.choices if value}
    return labels | {"unknown": str(Presence.UNKNOWN.label), "none": gettext("not invited")}


def key_marks() -> list[tuple[list[Mark], str]]:
    """Each mark by itself, with what it means."""
    return [([Mark(14, 14, presence, words)], words) for presence, words in key().items()]

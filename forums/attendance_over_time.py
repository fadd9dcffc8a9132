"""Who came to a forum's meetings: a line for each person, a mark for each meeting, as picture and as table.

A mark is told by its shape as by its colour: whoever sees no colours, or forced ones, or black on paper, sees the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from forums.models import Attendance, Meeting, Membership

NAMES, STEP, LINE, HEAD = 260, 40, 30, 40  # in the units of the picture's view box
LONGEST_NAME = 30  # letters that fit; the table says the whole name
Presence = Attendance.Presence


@dataclass(frozen=True)
class Mark:
    """What a person has to do with one meeting; `presence` is "none" where they were not on its list."""

    x: int
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
    names: dict[int, str] = {}
    keys: dict[int, str] = {}
    noted: dict[tuple[int, int], str] = {}
    for person in [membership.person for membership in members if membership.person]:
        names[person.pk], keys[person.pk] = str(person), person.sort_key
    for attendance in attendances:
        if attendance.person is None:
            continue
        names[attendance.person.pk], keys[attendance.person.pk] = str(attendance.person), attendance.person.sort_key
        noted[attendance.person.pk, attendance.meeting_id] = attendance.presence
    words = key()
    lines = []
    for number, person_id in enumerate(sorted(names, key=lambda pk: (keys[pk], pk))):
        marks = []
        for place, meeting in enumerate(meetings):
            presence = noted.get((person_id, meeting.pk), "none") or "unknown"
            marks.append(Mark(NAMES + place * STEP + STEP // 2, presence, words[presence]))
        name = names[person_id]
        shown = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        lines.append(Line(HEAD + number * LINE + LINE // 2, name, shown, marks))
    columns = [
        Column(
            NAMES + place * STEP + STEP // 2,
            meeting,
            sum(line.marks[place].presence == Presence.PRESENT for line in lines),
        )
        for place, meeting in enumerate(meetings)
    ]
    return Picture(columns, lines)


def key() -> dict[str, str]:
    """What the marks mean."""
    labels = {value: str(label) for value, label in Presence.choices if value}
    return labels | {"unknown": str(Presence.UNKNOWN.label), "none": gettext("not invited")}

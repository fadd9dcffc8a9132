"""A bar for each row of figures, and below it one for the year before: told apart by their shape as by their colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap

from services.comparison import Pair
from services.measures import Measure

NAMES, BARS, NUMBERS = 250, 380, 110  # widths, in the units of the picture's view box
LINE, BAR = 44, 14
LETTERS, NAME_LINE = 32, 17  # that fit in a line of a name, and its height; the table says the whole name


@dataclass(frozen=True)
class Bar:
    y: int
    width: int
    label: str


@dataclass(frozen=True)
class PartOfName:
    y: int
    text: str


@dataclass(frozen=True)
class Line:
    name: list[PartOfName]
    now: Bar
    before: Bar


@dataclass(frozen=True)
class Picture:
    lines: list[Line]
    x: int = NAMES
    width: int = NAMES + BARS + NUMBERS
    bar: int = BAR

    @property
    def height(self) -> int:
        return LINE * len(self.lines)


def picture(pairs: Sequence[Pair], measure: Measure) -> Picture:
    """The longest bar fills the width."""
    values = [(measure.value(pair.now), measure.value(pair.before)) for pair in pairs]
    longest = max((value or 0 for both in values for value in both), default=0)

    def bar(y: int, value: int | Decimal | None) -> Bar:
        width = int(BARS * (value or 0) / longest) if longest else 0
        return Bar(y, max(width, 1 if value else 0), measure.in_words(value))

    lines = []
    for number, (pair, (now, before)) in enumerate(zip(pairs, values, strict=True)):
        top = LINE * number
        lines.append(Line(_name(pair.name, top + LINE // 2 - 2), bar(top + 4, now), bar(top + 22, before)))
    return Picture(lines)


def _name(name: str, middle: int) -> list[PartOfName]:
    """In at most two lines around the middle."""
    parts = wrap(name, LETTERS, max_lines=2, placeholder=" …")
    top = middle - NAME_LINE * (len(parts) - 1) // 2
    return [PartOfName(top + NAME_LINE * number, part) for number, part in enumerate(parts)]

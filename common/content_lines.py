"""What vCards and iCalendar have in common: content lines, escaped, folded and in UTF-8 (RFC 6350, RFC 5545)."""

import re
from collections.abc import Iterable

LONGEST_LINE = 75  # octets, without the line break

_SPECIAL = ("\\", ",", ";")  # the backslash first: the others bring one of their own
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def escaped(text: str) -> str:
    for sign in _SPECIAL:
        text = text.replace(sign, f"\\{sign}")
    return _CONTROL.sub("", r"\n".join(text.splitlines()))


def written(lines: Iterable[str]) -> bytes:
    return b"".join(folded(line.encode()) + b"\r\n" for line in lines)


def folded(line: bytes) -> bytes:
    """Lines of at most 75 octets; a sign of several octets stays whole."""
    parts, begin, room = [], 0, LONGEST_LINE
    while len(line) - begin > room:
        end = begin + room
        while line[end] & 0xC0 == 0x80:  # in the midst of a sign
            end -= 1
        parts.append(line[begin:end])
        begin, room = end, LONGEST_LINE - 1  # the space that follows the break counts
    parts.append(line[begin:])
    return b"\r\n ".join(parts)

"""vCards as bytes: version 4.0 (RFC 6350) and 3.0 (RFC 2426), which Outlook reads.

What vCards have in common with other content lines is little, so it stands here: escaping, folding, UTF-8.
"""

import datetime
import enum
import re
from collections.abc import Iterable
from typing import Self

CONTENT_TYPE = "text/vcard; charset=utf-8"
LONGEST_LINE = 75  # octets, without the line break

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


class Version(enum.StrEnum):
    FOUR = "4.0"
    THREE = "3.0"


class Card:
    """One card, filled property by property; what is empty is left out."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.lines = ["BEGIN:VCARD", f"VERSION:{version}"]

    def text(self, name: str, value: object, **parameters: str) -> Self:
        return self._add(name, _escaped(str(value)) if value else "", parameters)

    def structure(self, name: str, *parts: object, **parameters: str) -> Self:
        """A value of several parts, such as a name or an address."""
        value = ";".join(_escaped(str(part or "")) for part in parts) if any(parts) else ""
        return self._add(name, value, parameters)

    def uri(self, name: str, value: str, **parameters: str) -> Self:
        """An address; its signs stay as they are."""
        return self._add(name, value if value.isprintable() else "", parameters)

    def moment(self, name: str, value: datetime.datetime) -> Self:
        return self._add(name, f"{value.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}", {})

    def _add(self, name: str, value: str, parameters: dict[str, str]) -> Self:
        if value:
            self.lines.append("".join([name, *(f";{key}={word}" for key, word in parameters.items()), ":", value]))
        return self


def written(cards: Iterable[Card]) -> bytes:
    """The file with these cards."""
    lines = (line for card in cards for line in (*card.lines, "END:VCARD"))
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _escaped(text: str) -> str:
    lines = re.sub(r"([\\,;])", r"\\\1", text).splitlines()
    return _CONTROL.sub("", r"\n".join(lines))


def _folded(line: str) -> str:
    """Lines of at most 75 octets; a sign of several octets stays whole."""
    folded, length = [], 0
    for sign in line:
        octets = len(sign.encode())
        if length + octets > LONGEST_LINE:
            folded.append("\r\n ")
            length = 1
        folded.append(sign)
        length += octets
    return "".join(folded)

"""vCards as bytes: version 4.0 (RFC 6350) and 3.0 (RFC 2426), which Outlook reads."""

import datetime
import enum
from collections.abc import Iterable
from typing import Self

from common import content_lines
from common.content_lines import escaped

CONTENT_TYPE = "text/vcard; charset=utf-8"


class Version(enum.StrEnum):
    FOUR = "4.0"
    THREE = "3.0"


class Card:
    """One card, filled property by property; what is empty is left out."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.lines = ["BEGIN:VCARD", f"VERSION:{version}"]

    def text(self, name: str, value: object, **parameters: str) -> Self:
        return self._add(name, escaped(str(value)) if value else "", parameters)

    def structure(self, name: str, *parts: object, **parameters: str) -> Self:
        """A value of several parts, such as a name or an address."""
        value = ";".join(escaped(str(part or "")) for part in parts) if any(parts) else ""
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
    return content_lines.written(line for card in cards for line in (*card.lines, "END:VCARD"))

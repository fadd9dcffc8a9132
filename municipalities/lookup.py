"""Names of places and what people type for them, brought to one spelling. Pure functions; no database."""

import re
import unicodedata

from common.sort_keys import sort_key

_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold(text: str) -> str:
    """The text as words of plain letters and digits: umlauts as a, o, u, ß as ss, hyphens as spaces."""
    return sort_key(text)


def keys(name: str) -> list[str]:
    """The spellings under which a name is found: umlauts left out, and umlauts spelled out."""
    composed = unicodedata.normalize("NFC", name).casefold()
    spellings = [fold(composed), fold(composed.translate(_SPELLED_OUT))]
    return [key for key in dict.fromkeys(spellings) if key]


def short_name(name: str) -> str:
    """The name without what tells it from others: `Halle` for `Halle (Saale)`, `Mühlhausen` for `Mühlhausen/Thüringen`."""
    return re.split(r"\s*[(/]", name)[0]

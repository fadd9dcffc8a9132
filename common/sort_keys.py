"""German alphabetical order by DIN 5007-1, as a key that any database sorts rightly byte by byte."""

import re
import unicodedata

_LETTERS = str.maketrans({"ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def sort_key(text: str) -> str:
    """The text without case, diacritics and punctuation: ä sorts as a, ß as ss, hyphens as spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()

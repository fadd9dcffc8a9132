"""German alphabetical order by DIN 5007-1, as a key that any database sorts rightly byte by byte.

Lists that may be long keep the key in a column; the few entries that an office or a person keeps are put in order by
`SortKey`.
"""

import re
import unicodedata
from typing import Any

from django.db.models import CharField, Func

_LETTERS = str.maketrans({"ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def sort_key(text: str) -> str:
    """The text without case, diacritics and punctuation: ä sorts as a, ß as ss, hyphens as spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


class SortKey(Func):
    """The sort key of a text column, made by the database while it sorts."""

    template = (
        "btrim(regexp_replace(replace(replace(replace(translate(lower("
        r"regexp_replace(normalize(%(expressions)s, NFKD), '[\u0300-\u036f]', '', 'g')"
        "), 'øđłı', 'odli'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), '[^a-z0-9]+', ' ', 'g'))"
    )
    output_field = CharField()

    def __init__(self, column: str, **extra: Any) -> None:
        super().__init__(column, **extra)

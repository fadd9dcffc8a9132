"""German alphabetical order by DIN 5007-1, as a key that any database sorts rightly byte by byte.

Lists that may be long keep the key in a column; the few entries that an office or a person keeps are put in order by
`SortKey`.
"""

import re
import unicodedata
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import CharField, Func, Q

_LETTERS = str.maketrans({"ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def sort_key(text: str) -> str:
    """The text without case, diacritics and punctuation: ä sorts as a, ß as ss, hyphens as spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def folded_spellings(text: str) -> list[str]:
    """How a typed name may stand among sort keys: as it folds, and with ae, oe, ue as the umlauts they may mean.

    After another vowel or q they mean none: Bauer, Quelle.
    """
    folded = sort_key(text)
    joined = re.sub(r"(?<![aeiouq])([aou])e", r"\1", folded)
    return [spelling for spelling in dict.fromkeys([folded, joined]) if spelling]


class Word(NamedTuple):
    """One that is searched for: as typed, and how it may stand among sort keys."""

    typed: str
    spellings: list[str]


def words_of(text: str | list[Word]) -> list[Word]:
    """The words of a text. A kept query is given the words themselves."""
    return [Word(word, folded_spellings(word)) for word in text.split()] if isinstance(text, str) else text


def holding(key: str, word: str | Word) -> Q:
    """The condition that a sort key holds the word, however its umlauts are typed; one without letters is in none."""
    spellings = folded_spellings(word) if isinstance(word, str) else word.spellings
    return reduce(or_, (Q(**{f"{key}__contains": spelling}) for spelling in spellings), Q(pk__in=[]))


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

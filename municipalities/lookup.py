"""What people type to find a place, and the names of places, brought to one spelling and compared.

Pure functions; the database is asked by `municipalities.search`. Names and typed text are folded alike: lower case,
no diacritics, ß as ss, hyphens as spaces. A name with umlauts has two spellings, left out (`dorentrup`) and spelled out
(`doerentrup`), and both are kept.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from common.sort_keys import sort_key

if TYPE_CHECKING:
    from municipalities.models import Municipality

LONGEST_TEXT = 150
LONGEST_KEY = 200
MOST_WORDS = 12
SHORT_WORD = 8  # up to here a typo leaves too few trigrams in common

_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

# Official abbreviations in names, as folded words.
_ABBREVIATIONS = {
    "i d opf": "in der oberpfalz",
    "i d": "in der",
    "a d": "an der",
    "v d": "vor der",
    "o l": "oberlausitz",
    "i ob": "in oberbayern",
    "i bay": "in bayern",
    "i ofr": "in oberfranken",
    "i ufr": "in unterfranken",
    "i nb": "in niederbayern",
    "i odw": "im odenwald",
    "a": "am",
    "b": "bei",
    "i": "im",
    "v": "von",
    "st": "sankt",
    "hann": "hannoversch",
    "rhld": "rheinland",
    "westf": "westfalen",
    "opf": "oberpfalz",
    "schw": "schwaben",
    "vogtl": "vogtland",
    "erzgeb": "erzgebirge",
    "dithm": "dithmarschen",
    "odw": "odenwald",
    "thur": "thuringen",
    "holst": "holstein",
    "wuertt": "wuerttemberg",
}

STATES = {
    "schleswig holstein": "01",
    "sh": "01",
    "hamburg": "02",
    "hh": "02",
    "niedersachsen": "03",
    "nds": "03",
    "ni": "03",
    "bremen": "04",
    "hb": "04",
    "nordrhein westfalen": "05",
    "nrw": "05",
    "nw": "05",
    "hessen": "06",
    "he": "06",
    "rheinland pfalz": "07",
    "rlp": "07",
    "rp": "07",
    "baden wuerttemberg": "08",
    "baden wurttemberg": "08",
    "bawue": "08",
    "bawu": "08",
    "bw": "08",
    "bayern": "09",
    "by": "09",
    "saarland": "10",
    "sl": "10",
    "berlin": "11",
    "be": "11",
    "brandenburg": "12",
    "bb": "12",
    "mecklenburg vorpommern": "13",
    "meckpomm": "13",
    "mv": "13",
    "sachsen": "14",
    "sn": "14",
    "sachsen anhalt": "15",
    "st": "15",
    "lsa": "15",
    "thueringen": "16",
    "thuringen": "16",
    "th": "16",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words around a name that say what is wanted or what kind of place it is.
_EVERYDAY = _words("""
    wer wo wen wem wie was welche welcher welches ist sind zustandig zustaendig zustandige zustaendige zustandigkeit
    zustaendigkeit verantwortlich ansprechpartner ansprechpartnerin ansprechpartnerinnen ansprechperson
    ansprechpersonen ansprechstelle kontakt kontakte kontaktperson kontaktpersonen kontaktdaten telefon telefonnummer
    nummer mail email adresse rathaus verwaltung stadtverwaltung gemeindeverwaltung integration integrationsbeauftragte
    integrationsbeauftragter integrationszentrum kommunales ki migration bitte hilfe suche finde mein meine meinen
    unser unsere kommune ort hansestadt ich person beratung betreut betreuung kummert kuemmert sich uns mich
""")
_DESIGNATIONS = _words("""
    stadt gemeinde flecken markt kreisstadt landeshauptstadt kreisfreie grosse stadtkreis samtgemeinde verbandsgemeinde
    amt verwaltungsgemeinschaft marktgemeinde marktflecken ortsteil landkreis kreis lk
""")
_LITTLE = _words("fur fuer in im der die das den dem des bei an am zu zur zum um von vom aus und es gibt")
_KIND_OF_ASSOCIATION = re.compile(
    r"\((VGem|VG|VVG)\)|^(VVG|GVV|VG)( der (Stadt|Gemeinde))?\s|, (Stadt|Gemeinde|Markt)$"
)


class Match(IntEnum):
    """How a name fits what was typed; the smaller, the better."""

    EXACT = 1
    PREFIX = 2
    PART = 3
    SIMILAR = 4

    @property
    def label(self) -> str:
        return str({1: _("exact"), 2: _("begins with it"), 3: _("contains it"), 4: _("similar")}[self.value])


@cache
def state_names(key: str) -> tuple[str, ...]:
    """The names and abbreviations of a state."""
    return tuple(name for name, state in STATES.items() if state == key)


# -- Spellings ---------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """The text as words of plain letters and digits, umlauts left out."""
    return sort_key(text)


def spellings(text: str) -> list[str]:
    """The text folded with umlauts left out, and, where that differs, spelled out."""
    lower = unicodedata.normalize("NFC", text).casefold()
    found = [fold(lower), fold(lower.translate(_SPELLED_OUT))]
    return [spelling for spelling in dict.fromkeys(found) if spelling]


@lru_cache(maxsize=4096)  # in a load, the towns of an association follow one another
def keys(name: str) -> tuple[str, ...]:
    """Every spelling under which a name is found: also with abbreviations written out, and in one word."""
    found: dict[str, None] = {}
    for spelling in spellings(name):
        for variant in (spelling, _written_out(spelling), _sankt_shortened(spelling)):
            found[variant[:LONGEST_KEY]] = None
            found[variant.replace(" ", "")[:LONGEST_KEY]] = None
    return tuple(found)


_ABBREVIATED = re.compile(rf"(?:^|(?<= ))(?:{'|'.join(sorted(_ABBREVIATIONS, key=len, reverse=True))})(?= |$)")


def _written_out(words: str) -> str:
    return _ABBREVIATED.sub(lambda found: _ABBREVIATIONS[found[0]], words)


def _sankt_shortened(words: str) -> str:
    return re.sub(r"\bsankt\b", "st", words)


def short_name(name: str) -> str:
    """The name without what tells it from others: `Halle` for `Halle (Saale)`, `Frankfurt` for `Frankfurt am Main`."""
    return re.split(r"\s*[(/]|\s(?:am|an der|im|in|in der|bei|ob der|vor der|unter|[aibv]\.)\s?", name)[0]


def association_name(name: str) -> str:
    """The name of an association without the abbreviation of its kind, as the directory writes it."""
    return _KIND_OF_ASSOCIATION.sub("", name).strip()


# -- What was typed -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """What was typed, taken apart."""

    words: tuple[str, ...] = ()
    """All words, umlauts left out."""
    name: str = ""
    """What is taken for the name: without code, state, everyday words and what stands behind a comma."""
    names: tuple[str, ...] = ()
    """Its spellings, and those of the whole text."""
    qualifiers: tuple[str, ...] = ()
    """Words that say which of several places is meant: district, association."""
    designations: tuple[str, ...] = ()
    state: str = ""
    postal_code: str = ""
    ags: str = ""
    splits: tuple[tuple[str, str], ...] = field(default=())
    """Where nothing separates them: name and qualifier, for each place where the words can be parted."""

    def __bool__(self) -> bool:
        return bool(self.names or self.postal_code or self.ags)


def parse(text: str) -> Typed:
    """Take apart what was typed. Any text is allowed; of what is too long or has no letters nothing is left."""
    if len(text) > LONGEST_TEXT:
        return Typed()
    digits = re.sub(r"\s", "", text)
    if re.fullmatch(r"[0-9]{8}|[0-9]{12}", digits):
        return Typed(ags=digits if len(digits) == 8 else digits[:5] + digits[9:])
    words = fold(text).split()
    if len(words) > MOST_WORDS:
        return Typed()
    code = next((word for word in words if re.fullmatch(r"[0-9]{5}", word)), "")
    if not code and len(words) == 1 and re.fullmatch(r"[0-9]{3,4}", words[0]):
        return Typed(words=tuple(words), postal_code=words[0])
    before, behind = _parted(text.replace(code, " ") if code else text)
    name, state, designations = _core(before)
    qualifiers, other_state = ("", STATES[fold(behind)]) if fold(behind) in STATES else _core(behind)[:2]
    if not name:
        name, qualifiers = qualifiers, ""
    whole = [] if code else spellings(text)
    joined = " ".join(fold(name).split())
    return Typed(
        words=tuple(words),
        name=joined,
        names=tuple(dict.fromkeys([*whole, *spellings(name)])),
        qualifiers=tuple(fold(qualifiers).split()),
        designations=designations,
        state=state or other_state,
        postal_code=code,
        splits=_splits(joined.split()),
    )


def _parted(text: str) -> tuple[str, str]:
    """The text before and behind the first comma or opening bracket."""
    found = re.match(r"([^,(;]*[^,(;\s])\s*[,(;](.*)", text, re.DOTALL)
    return (found[1], found[2]) if found else (text, "")


def _core(text: str) -> tuple[str, str, tuple[str, ...]]:
    """The text without state, designations and everyday words; the key of the state; the designations."""
    words = [word for word in re.split(r"[\s\"'„“”!?:]+", text) if fold(word)]
    state = ""
    for count in (2, 1):
        last = " ".join(words[-count:])
        if len(words) > count and (key := STATES.get(fold(last))):
            words, state = words[:-count], key
            break
    kept = [word for word in words if fold(word) not in _EVERYDAY]
    designations = tuple(fold(word) for word in kept if fold(word) in _DESIGNATIONS)
    kept = [word for word in kept if fold(word) not in _DESIGNATIONS]
    while kept and fold(kept[0]) in _LITTLE:
        kept = kept[1:]
    while kept and fold(kept[-1]) in _LITTLE:
        kept = kept[:-1]
    return " ".join(kept), state, designations


def _splits(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    cuts = range(1, len(words))
    found = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in cuts]
    return tuple(found + [(behind, before) for before, behind in found])


def one_edit_away(word: str) -> list[str]:
    """Every spelling with one letter left out, added, changed, or swapped with its neighbour."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    parts = [(word[:cut], word[cut:]) for cut in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in parts if tail}
    found |= {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    found |= {head + letter + tail[1:] for head, tail in parts if tail for letter in letters}
    found |= {head + letter + tail for head, tail in parts for letter in letters}
    return sorted(found - {word, ""})


# -- How well a name fits --------------------------------------------------------------------------------------


def distance(one: str, other: str, most: int) -> int:
    """How many letters to add, leave out, change or swap with their neighbour lie between them; `most` + 1 if more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, sought in enumerate(other, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != sought))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == sought:
                cost = min(cost, before_last[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before_last, last = last, current
    return last[-1]


def tolerated(length: int) -> int:
    """How many typing errors a text of that length may have."""
    return 0 if length < 4 else 1 if length < 8 else 2 if length < 14 else 3


FITTING: tuple[Callable[[str, str], bool], ...] = (str.__eq__, str.startswith, str.__contains__)


def parts_fit(words: Sequence[str], name: Sequence[str]) -> int | None:
    """Whether each word is a word of the name, or the beginning or (from 4 letters) the inside of one, in any order.

    0 if all are whole words, 1 if some are beginnings, 2 if some are insides; None if not.
    """
    left, worst = list(name), 0
    for word in sorted(words, key=len, reverse=True):
        for quality, fits in enumerate(FITTING):
            if quality == 2 and len(word) < 4:
                return None
            if found := next((part for part in left if fits(part, word)), None):
                left.remove(found)
                worst = max(worst, quality)
                break
        else:
            return None
    return worst


def errors(typed: str, name: str) -> int | None:
    """How many typing errors lie between what was typed and the name, a beginning or words of it; None if too many."""
    most = tolerated(len(typed))
    found = distance(typed, name, most)
    if found <= most:
        return found
    if len(typed) >= 6 and len(name) > len(typed) and distance(typed, name[: len(typed)], 1) <= 1:
        return 3  # half typed; dearer than a whole name
    words, left = typed.split(), name.split()
    if len(left) == 1 or len(words) > len(left):
        return None
    total = 0
    for word in words:
        limit = min(tolerated(len(word)), 2)
        best = min(left, key=lambda part: distance(word, part, limit))
        cost = distance(word, best, limit)
        if cost > limit and not (len(word) < 4 and best.startswith(word)):
            return None
        left.remove(best)
        total += min(cost, limit)
    return total + 1 if total <= 2 else None


@lru_cache(maxsize=2048)
def context_words(*texts: str) -> frozenset[str]:
    """The words of these texts in every spelling."""
    return frozenset(word for text in texts for spelling in spellings(text) for word in spelling.split())


def explained(words: Iterable[str], context: Iterable[str]) -> bool:
    """Whether each word is one of the context, or (from 3 letters) the beginning of one."""
    context = set(context)
    return all(
        word in context
        or word in _LITTLE
        or word in _EVERYDAY
        or word in _DESIGNATIONS
        or (len(word) > 2 and any(known.startswith(word) for known in context))
        for word in words
    )


def only_answer(results: "Sequence[Any]") -> "Municipality | None":
    """The one place that can be meant, or None.

    A single exact name, or a single result that is more than similar. Not sure is an exact name elsewhere
    while places in the preferred districts match too.
    """
    exact = [found for found in results if found.matched == Match.EXACT]
    if named := [found for found in exact if not found.matched_association]:
        exact = named
    if len(exact) == 1:
        sure = exact[0]
        rivals = any(found.is_preferred for found in results if found is not sure and found.matched < Match.SIMILAR)
        return sure if sure.is_preferred or not rivals else None
    if not exact and len(results) == 1 and results[0].matched < Match.SIMILAR:
        return results[0]
    return None

"""Why a text was found: the passage around the first word that was asked for, with the words marked."""

import re
from collections.abc import Sequence

from django.db import connection
from django.utils.html import escape
from django.utils.safestring import SafeString

WORDS_BEFORE, WORDS_SHOWN = 8, 40
# Signs that no text holds: forms refuse control characters, and what slips in is removed.
BEGIN, END = "\x02", "\x03"
OPTIONS = f"HighlightAll=true, StartSel={BEGIN}, StopSel={END}"
MARKUP = "*#>`"


def passages(texts: Sequence[str], asked: str) -> list[SafeString]:
    """For each text its passage as HTML. One query.

    The database marks the words in the folded text, where "Migrant*innen" is "Migrant"; since folding keeps the spaces,
    the word at the same place of the text itself is the one to mark.
    """
    if not texts:
        return []
    texts = [re.sub(r"[\x00-\x08\x0e-\x1f]", "", text) for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ts_headline('german', forums_folded(body), forums_query(%s), %s)"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS texts (body, place) ORDER BY place",
            [asked, OPTIONS, texts],
        )
        marked = [row[0] for row in cursor]
    return [passage(text, folded) for text, folded in zip(texts, marked, strict=True)]


def passage(text: str, marked: str) -> SafeString:
    """Some words of the text around the first one marked in the other; every word is escaped."""
    words = text.split()
    places = [BEGIN in word for word in marked.split()]
    if len(places) != len(words):  # the parser left something out; better no marks than wrong ones
        places = [False] * len(words)
    start = max(0, places.index(True) - WORDS_BEFORE) if any(places) else 0
    shown = list(zip(words, places, strict=True))[start : start + WORDS_SHOWN]
    parts = [
        ("<mark>" if is_marked else "", plain, "</mark>" if is_marked else "")
        for word, is_marked in shown
        if (plain := word.strip(MARKUP))
    ]
    html = " ".join(f"{begin}{escape(word)}{end}" for begin, word, end in parts)
    before, after = ("… " if start else ""), (" …" if start + WORDS_SHOWN < len(words) else "")
    return SafeString(f"{before}{html}{after}")

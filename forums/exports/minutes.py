"""Minutes as an accessible PDF (PDF/UA-1): tagged, with title and language, the same bytes for the same text."""

import datetime
import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from common import markup
from common.periods import BERLIN
from forums.minutes_text import Text, in_words

TEMPLATE = Path(__file__).with_name("minutes.typ")
FONT = "Libertinus Serif"  # comes with typst; KERN's font comes as WOFF2 only, which typst does not read
LONGEST_ADDRESS = 2000


@cache
def _fonts() -> typst.Fonts:
    """The machine's own fonts stand in for letters that typst's do not have."""
    return typst.Fonts()


def pdf(text: Text, draft: int | None = None) -> bytes:
    """The minutes in German; of a draft, its version or 0, each page says so."""
    with translation.override(settings.LANGUAGE_CODE):
        data = _printable(_data(text, "" if draft is None else _mark(draft)))
    day = parse_date(text["day"])
    made = datetime.datetime.combine(day, datetime.time(), BERLIN)  # type: ignore[arg-type]
    return _compiled(json.dumps(data), int(made.timestamp()))


def _compiled(data: str, made: int) -> bytes:
    # A compiler of its own: threads that shared one would see each other's data.
    compiler = typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=_fonts(), sys_inputs={"data": data})
    document: Any
    try:
        document = compiler.compile(timestamp=made, pdf_standards="ua-1")
    except typst.TypstError:
        # PDF/UA takes no letter that no font of the machine has; tagged it is all the same, and the text stays.
        document = compiler.compile(timestamp=made)
    return bytes(document)


def _mark(draft: int) -> str:
    return gettext("Draft, version %(edition)d") % {"edition": draft} if draft else gettext("Draft")


def _data(text: Text, mark: str) -> dict[str, Any]:
    words = in_words(text)
    day = parse_date(text["day"])
    return (
        words
        | {
            "mark": mark,
            "title": f"{words['title']}, {words['forum']}, {words['day']}",
            "date": {"year": day.year, "month": day.month, "day": day.day},  # type: ignore[union-attr]
            "fonts": [FONT],
            "language": settings.LANGUAGE_CODE[:2],
            "items": [
                item
                | {
                    "line": " · ".join(filter(None, _about(item))),
                    "result": _with_addresses(markup.tree(item["result"])),
                    "decisions": [
                        decision | {"wording": [part.splitlines() for part in decision["wording"].split("\n\n")]}
                        for decision in item["decisions"]
                    ],
                }
                for item in words["items"]
            ],
            "words": {
                "page": gettext("Page {page} of {pages}"),
                "attendance": gettext("Attendance"),
                "items": gettext("Agenda and results"),
                "tasks": gettext("Tasks"),
                "columns": [gettext("What"), gettext("Who"), gettext("Until when")],
                "next": gettext("Next meeting"),
                "attachments": gettext("Attachments"),
                "notes": gettext("Notes"),
            },
        }
    )


def _about(item: dict[str, Any]) -> list[str]:
    return [
        item["kind"],
        gettext("presented by %(name)s") % {"name": item["presenter"]} if item["presenter"] else "",
        gettext("put off to a later meeting") if item["is_put_off"] else "",
    ]


def _with_addresses(node: dict[str, Any]) -> dict[str, Any]:
    """Links whose address no document takes are text."""
    if len(node.get("href", "")) > LONGEST_ADDRESS:
        node = node | {"href": ""}
    return node | {"inner": [_with_addresses(child) for child in node["inner"]]} if "inner" in node else node


def _printable(value: Any) -> Any:
    """Without control characters, for which no font has a letter and PDF/UA no place."""
    if isinstance(value, str):
        return "".join(
            one for one in value if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs", "Co", "Cn")
        )
    if isinstance(value, dict):
        return {key: _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, (list, tuple)) else value

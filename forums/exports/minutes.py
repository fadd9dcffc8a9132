"""Minutes as an accessible PDF (PDF/UA-1): tagged, with title and language, the same bytes for the same text."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from common import documents
from forums.minutes_text import Text, checksum_of, for_members, in_words

TEMPLATE = Path(__file__).with_name("minutes.typ")


def approved_pdf(snapshot: Text) -> bytes:
    """The members' document of approved minutes; it ends with the checksum of the whole text, so that its own seals
    both."""
    return pdf(for_members(snapshot), seal=checksum_of(snapshot))


def pdf(text: Text, draft: int | None = None, seal: str = "") -> bytes:
    """The minutes in German; of a draft, its version or 0, each page says so."""
    with translation.override(settings.LANGUAGE_CODE):
        data = _data(text, "" if draft is None else _mark(draft))
        data["seal"] = (
            gettext("Checksum of the whole text (SHA-256): %(checksum)s") % {"checksum": seal} if seal else ""
        )
    day = parse_date(text["day"])
    return documents.pdf(TEMPLATE, data, day)  # type: ignore[arg-type]


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
            "date": documents.parts_of(day),  # type: ignore[arg-type]
            "fonts": [documents.FONT],
            "language": settings.LANGUAGE_CODE[:2],
            "items": [
                item
                | {
                    "line": " · ".join(filter(None, _about(item))),
                    "result": documents.tree(item["result"]),
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

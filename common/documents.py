"""Accessible PDF documents (PDF/UA-1) by typst: tagged, with title and language, the same bytes for the same data.

A template reads its data from `sys.inputs.data`; nothing that somebody typed is read as markup. `markup.typ` shows
longer texts, given as `tree`.
"""

import datetime
import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from common import markup
from common.periods import midnight

if TYPE_CHECKING:
    import typst

FONT = "Libertinus Serif"  # comes with typst; KERN's font comes as WOFF2 only, which typst does not read
LONGEST_ADDRESS = 2000


@cache
def _fonts() -> "typst.Fonts":
    """The machine's own fonts stand in for letters that typst's do not have."""
    import typst

    return typst.Fonts()


def pdf(template: Path, data: dict[str, Any], day: datetime.date) -> bytes:
    """The document, as made on that day."""
    import typst  # 7 MB, for the workers that make documents

    # A compiler of its own: threads that shared one would see each other's data.
    inputs = {"data": json.dumps(_printable(data))}
    compiler = typst.Compiler(template, root=settings.BASE_DIR, font_paths=_fonts(), sys_inputs=inputs)
    made = int(midnight(day).timestamp())
    document: Any
    try:
        document = compiler.compile(timestamp=made, pdf_standards="ua-1")
    except typst.TypstError:
        # PDF/UA takes no letter that no font of the machine has; tagged it is all the same, and the text stays.
        document = compiler.compile(timestamp=made)
    return bytes(document)


def parts_of(day: datetime.date) -> dict[str, int]:
    """A day as typst takes it."""
    return {"year": day.year, "month": day.month, "day": day.day}


def tree(text: str) -> dict[str, Any]:
    """A longer text as nested nodes for `markup.typ`."""
    return _with_addresses(markup.tree(text))


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

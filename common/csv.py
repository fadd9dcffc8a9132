"""CSV that a spreadsheet opens as it is meant: UTF-8 with BOM, semicolons, and no cell that would run as a formula."""

import csv
import datetime
import io
import re
from collections.abc import Iterable
from decimal import Decimal

from django.utils.formats import localize_input

CONTENT_TYPE = "text/csv; charset=utf-8"
BOM = "\ufeff"
DELIMITER = ";"

# Apostrophes before the sign count too, so that `readable` gives back exactly what `harmless` was given.
_RUN_BY_SPREADSHEETS = re.compile(r"'*[=+\-@\t\r]")
_MADE_HARMLESS = re.compile(r"'+[=+\-@\t\r]")


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula, or hide its apostrophe."""
    return bool(_RUN_BY_SPREADSHEETS.match(text))


def harmless(value: object) -> str:
    """The cell as text, numbers with the language's comma; what would be a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(localize_input(value))
    text = value.strftime("%d.%m.%Y") if isinstance(value, datetime.date) else str(value)
    return f"'{text}" if runs_as_formula(text) else text


def readable(cell: str) -> str:
    """The cell as it was before it was made harmless."""
    return cell[1:] if _MADE_HARMLESS.match(cell) else cell


def written(header: Iterable[object], rows: Iterable[Iterable[object]]) -> bytes:
    """The whole file."""
    target = io.StringIO()
    target.write(BOM)
    writer = csv.writer(target, delimiter=DELIMITER, lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return target.getvalue().encode()

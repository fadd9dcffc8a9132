"""Refused rows out as CSV with the reasons, and the mended ones back into the sheet that they came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext

from common import csv
from common.tables import Table, TableRefused, TableRow
from contacts.imports.columns import LINE, REASON, Sheet


def refused_rows(sheet: Sheet, outcomes: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows refused, as they were, and beside each its number in the file and why."""
    reasons = {outcome["number"]: " ".join(outcome["reasons"]) for outcome in outcomes if outcome["reasons"]}
    width = max(len(row.cells) for row in (sheet.header, *sheet.rows))
    rows = [
        [*_filled(row.cells, width), row.number, reasons[row.number]] for row in sheet.rows if row.number in reasons
    ]
    return csv.written([*_filled(sheet.header.cells, width), LINE, REASON], rows)


def _filled(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def mended(sheet: Sheet, table: Table) -> Sheet:
    """The sheet with the rows of a file that `refused_rows` made; raises TableRefused where it is another file."""
    header = table.rows[0].cells if table.rows else ()
    if LINE not in header:
        raise TableRefused(gettext("The column “%(name)s” is missing; it says which row is replaced.") % {"name": LINE})
    place = len(header) - 1 - header[::-1].index(LINE)  # the last one: the sheet may have a column of that name itself
    if tuple(_filled(sheet.header.cells, place)) != header[:place]:
        raise TableRefused(gettext("These are not the columns of this import's rows."))
    rows = {row.number: row for row in sheet.rows}
    replaced: dict[int, int] = {}
    for row in table.rows[1:]:
        written = row.cells[place] if place < len(row.cells) else ""
        number = int(written) if written.isdecimal() else 0
        if number not in rows:
            raise TableRefused(
                gettext("Row %(row)d: the import has no row “%(number)s”.") % {"row": row.number, "number": written}
            )
        if number in replaced:
            words = {"row": row.number, "number": number, "other": replaced[number]}
            raise TableRefused(
                gettext("Row %(row)d: row %(number)d of the import is replaced by row %(other)d already.") % words
            )
        replaced[number] = row.number
        rows[number] = TableRow(number, row.cells[:place], row.problems)
    return replace(sheet, rows=tuple(rows.values()))

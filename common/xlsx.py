"""Workbooks of one sheet that a spreadsheet opens as it is meant: days are days, numbers are numbers, text is text."""

import datetime
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, TYPE_STRING
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from common.csv import runs_as_formula

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

BOLD = Font(bold=True)
DAY = "DD.MM.YYYY"
LOOKED_AT = 200  # rows from which the widths of the columns are taken
NARROWEST, WIDEST = 8, 50  # characters


def written(header: Iterable[object], rows: Iterable[Iterable[object]]) -> bytes:
    """The whole file; the header is bold and stays in sight."""
    heading = [str(cell) for cell in header]
    values = ([_value(cell) for cell in row] for row in rows)
    first = list(islice(values, LOOKED_AT))
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for number, width in enumerate(_widths(heading, first), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_bold(sheet, name) for name in heading])
    for row in chain(first, values):
        sheet.append([_cell(sheet, value) for value in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _value(value: object) -> Any:
    """A day or number as it is, anything else as text; signs that a workbook cannot hold are left out."""
    if value is None or isinstance(value, datetime.date | int | float | Decimal):
        return value
    return ILLEGAL_CHARACTERS_RE.sub("", str(value)) or None


def _cell(sheet: Any, value: Any) -> Any:
    """What goes into the sheet. Text that looks like a formula is text, also when somebody edits the cell."""
    if isinstance(value, datetime.date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = DAY
        return cell
    if isinstance(value, str) and runs_as_formula(value):
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = TYPE_STRING
        cell.quotePrefix = True
        return cell
    return value


def _bold(sheet: Any, name: str) -> Any:
    cell = WriteOnlyCell(sheet, name)
    cell.font = BOLD
    return cell


def _widths(heading: list[str], rows: list[list[Any]]) -> Iterator[int]:
    for number, name in enumerate(heading):
        longest = max((len(str(row[number] or "")) for row in rows), default=0)
        yield min(max(NARROWEST, len(name) + 2, longest + 1), WIDEST)

"""Tables that people upload, CSV or XLSX: recognised by content, read as text, nothing in them run or believed.

Days come out as 24.11.2026, numbers without decimals of their own, formulas as the value last computed. What cannot be
read is refused as a whole with a sentence; a single cell without a value is told by its row.
"""

import csv
import datetime
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext
from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from common.csv import readable

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 20_000, 60, 2_000
MOST_WITH_BLANK = 50_000  # rows; a workbook of one row may say that it is the millionth
MOST_UNPACKED, MOST_PARTS, MOST_TIMES_SMALLER = 60 * 1024 * 1024, 200, 150  # of a workbook, which is a ZIP archive
SEPARATORS = ";\t,"

if not DEFUSEDXML:
    raise ImportError("Without defusedxml, openpyxl would follow what an XML file declares.")


class TableRefused(Exception):
    """The file cannot be taken; the text says why, in a sentence for who uploaded it."""


@dataclass(frozen=True)
class TableRow:
    """`number` counts from 1, as the spreadsheet does; `problems` name cells that have no value."""

    number: int
    cells: tuple[str, ...]
    problems: tuple[str, ...] = ()

    def is_blank(self) -> bool:
        return not any(self.cells) and not self.problems

    def problems_in(self, columns: Iterable[int]) -> list[str]:
        """Those of the cells in these columns, counted from 0; each problem names its cell."""
        places = {f"{get_column_letter(column + 1)}{self.number}" for column in columns}
        return [problem for problem in self.problems if places & set(problem.split())]


@dataclass(frozen=True)
class Table:
    """All rows that are not blank, the one with the headings among them."""

    kind: str  # how the file was understood, such as "CSV, UTF-8, ;"
    rows: list[TableRow] = field(default_factory=list)


def tidied(text: str) -> str:
    """Composed letters, single spaces, nothing invisible: what a cell says."""
    text = unicodedata.normalize("NFC", text)
    if not text.isascii() or not text.isprintable():
        text = "".join(" " if sign.isspace() else sign for sign in text if sign.isspace() or _is_seen(sign))
    return " ".join(text.split())


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def read(content: bytes) -> Table:
    """Raises TableRefused."""
    if not content.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise TableRefused(gettext("The file is empty."))
    if len(content) > MOST_BYTES:
        raise TableRefused(gettext("The file is larger than %(size)d MB.") % {"size": MOST_BYTES // 1024**2})
    if content.startswith(b"PK"):
        return _workbook(content)
    if content.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        raise TableRefused(
            gettext("This is neither CSV nor an Excel workbook (.xlsx). Older Excel files: please save them as .xlsx.")
        )
    return _csv(content)


def _within_limits(rows: Iterable[TableRow]) -> Iterator[TableRow]:
    """The rows that are not blank."""
    for row in rows:
        if row.is_blank():
            continue
        if row.number > MOST_ROWS:
            raise TableRefused(gettext("The file has more than %(count)d rows.") % {"count": MOST_ROWS})
        if len(row.cells) > MOST_COLUMNS:
            raise TableRefused(gettext("The file has more than %(count)d columns.") % {"count": MOST_COLUMNS})
        if any(len(cell) > LONGEST_CELL for cell in row.cells):
            raise TableRefused(
                gettext("Row %(row)d: a cell holds more than %(count)d characters.")
                % {"row": row.number, "count": LONGEST_CELL}
            )
        yield row


def _without_end(cells: list[str]) -> tuple[str, ...]:
    """Without the empty cells at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


# -- CSV ----------------------------------------------------------------------------------------------------------


def decoded(content: bytes) -> tuple[str, str]:
    """The text and the encoding's name: UTF-8, UTF-16 or Windows-1252. Raises TableRefused."""
    for encoding, name in _possible_encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text.removeprefix("\ufeff"), name
    raise TableRefused(
        gettext("The file's characters cannot be read. Please save it as “CSV UTF-8” or as an Excel workbook.")
    )


def _possible_encodings(content: bytes) -> list[tuple[str, str]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [("utf-16", "UTF-16")]
    beginning = content[:2000]
    if beginning.count(0) > len(beginning) // 4:
        # Latin letters in UTF-16: every second byte is zero.
        return [("utf-16-le" if beginning[1::2].count(0) > beginning[::2].count(0) else "utf-16-be", "UTF-16")]
    return [("utf-8", "UTF-8"), ("cp1252", "Windows-1252")]


def _csv(content: bytes) -> Table:
    text, encoding = decoded(content)
    separator, begin = _separator(text)
    name = {"\t": gettext("tab")}.get(separator, separator)
    rows = _within_limits(_csv_rows(text, separator, begin))
    return Table(f"CSV, {encoding}, {name}", list(rows))


def _separator(text: str) -> tuple[str, int]:
    """The separator, and how many lines stand before the table: Excel may name it in a first line `sep=;`."""
    if named := re.match(rf"sep=([{SEPARATORS}])\r?\n", text):
        return named[1], 1
    widest = {}
    for separator in SEPARATORS:
        lines = islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 20)
        try:
            widest[separator] = max((len(_without_end(line)) for line in lines), default=0)
        except csv.Error:
            widest[separator] = 0
    return max(SEPARATORS, key=lambda separator: widest[separator]), 0


def _csv_rows(text: str, separator: str, begin: int) -> Iterator[TableRow]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for number, line in enumerate(lines, start=1):
            if number > begin:
                yield TableRow(number, _without_end([tidied(readable(cell)) for cell in line]))
    except csv.Error as error:
        raise TableRefused(gettext("The file cannot be read as CSV: %(error)s") % {"error": error}) from None


# -- Workbooks ----------------------------------------------------------------------------------------------------


def _workbook(content: bytes) -> Table:
    _refuse_bombs(content)
    try:
        name, rows, has_formulas = _sheet(content, with_formulas=True)
        if has_formulas:
            rows = _with_values(rows, _sheet(content, with_formulas=False)[1])
    except TableRefused:
        raise
    except (DefusedXmlException, ParseError, InvalidFileException, zipfile.BadZipFile, zlib.error, OSError) as error:
        raise _no_workbook() from error
    except NotImplementedError as error:  # a way of packing that zipfile does not know
        raise _no_workbook() from error
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, OverflowError) as error:
        # What openpyxl stumbles over in archives that are no workbooks, or broken ones.
        raise _no_workbook() from error
    return Table(f"Excel, {name}", rows)


def _no_workbook() -> TableRefused:
    return TableRefused(
        gettext("This is no Excel workbook, or it is damaged. Please save it again as .xlsx or as CSV.")
    )


def _refuse_bombs(content: bytes) -> None:
    """Look at the archive's table of contents before anything is unpacked; zipfile reads no more than stands there."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise _no_workbook() from error
    unpacked = sum(part.file_size for part in parts)
    is_bomb = len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or unpacked > MOST_TIMES_SMALLER * len(content)
    if is_bomb:
        raise TableRefused(gettext("The workbook unpacks to much more than such a table can be."))
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise _no_workbook()  # workbooks are packed in no other way (ECMA-376 part 2)
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise _no_workbook()
    if any(part.flag_bits & 1 for part in parts):
        raise TableRefused(gettext("The workbook is protected by a password. Please save it without one."))


def _sheet(content: bytes, *, with_formulas: bool) -> tuple[str, list[TableRow], bool]:
    """The first sheet in sight: its name, its rows, and whether formulas stand in it."""
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=not with_formulas, keep_links=False)
    try:
        sheet: Any = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
        if sheet is None:
            raise _no_workbook()
        sheet.reset_dimensions()
        formulas: list[bool] = []
        rows = list(_within_limits(_sheet_rows(sheet, formulas)))
        return sheet.title, rows, bool(formulas)
    finally:
        book.close()


def _sheet_rows(sheet: Any, formulas: list[bool]) -> Iterator[TableRow]:
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
        if number > MOST_WITH_BLANK:
            raise TableRefused(gettext("The file has more than %(count)d rows.") % {"count": MOST_ROWS})
        texts, problems = [], []
        for column, cell in enumerate(cells, start=1):
            value = cell.value
            if value is None:
                texts.append("")
                continue
            place = f"{get_column_letter(column)}{number}"
            if cell.data_type == "f":
                formulas.append(True)
                problems.append(_formula(place))
                texts.append("")
            elif cell.data_type == "e":
                problems.append(gettext("Cell %(place)s holds the error %(value)s.") % {"place": place, "value": value})
                texts.append(str(value))
            else:
                texts.append(_as_text(value))
        yield TableRow(number, _without_end(texts), tuple(problems))


def _formula(place: str) -> str:
    return gettext("Cell %(place)s holds a formula without a value. Please put the value itself.") % {"place": place}


def _with_values(rows: list[TableRow], values: list[TableRow]) -> list[TableRow]:
    """Where a row holds formulas, the values last computed; a formula that has none stays a problem."""
    computed = {row.number: row for row in values}
    found = []
    for row in rows:
        other = computed.get(row.number)
        if not row.problems or other is None:
            found.append(row)
            continue
        width = max(len(other.cells), len(row.cells))
        lacking = tuple(
            problem
            for column in range(1, max(width, MOST_COLUMNS) + 1)
            if (problem := _formula(f"{get_column_letter(column)}{row.number}")) in row.problems
            and not (column <= len(other.cells) and other.cells[column - 1])
        )
        found.append(TableRow(row.number, other.cells, (*lacking, *other.problems)))
    return found


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, datetime.datetime | datetime.date):
        return f"{value:%d.%m.%Y}" if value.year > 999 else str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return tidied(str(value))

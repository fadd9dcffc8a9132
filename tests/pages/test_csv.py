"""Cells that a spreadsheet would run are written harmless, and read back as they were."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.csv import BOM, DELIMITER, harmless, readable, written


@given(st.text())
def test_cell_is_read_back_as_it_was(text: str) -> None:
    assert readable(harmless(text)) == text


@given(st.text(alphabet="'=+-@\t\ra", max_size=6))
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("name", ["'s-Hertogenbosch", "Bad Salzuflen", ""])
def test_ordinary_cell_stays_as_it_is(name: str) -> None:
    assert harmless(name) == name


def test_file_opens_in_a_spreadsheet() -> None:
    content = written(["Kommune", "Telefon"], [["Lügde", "+49 5281"], ["A;B", None]])
    text = content.decode()
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=DELIMITER))
    assert rows == [["Kommune", "Telefon"], ["Lügde", "'+49 5281"], ["A;B", ""]]

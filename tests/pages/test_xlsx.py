"""Lists as workbooks: days and numbers are such, the header stays in sight, and no cell runs as a formula."""

import datetime
import io
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from common import xlsx
from tests.factories import AbsenceFactory, AssignmentFactory, ContactPersonFactory, MunicipalityFactory, PersonFactory
from tests.pages.test_lists import as_csv
from tests.pages.world import World


def sheet(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content)).active


def read_back(value: object) -> Any:
    return sheet(xlsx.written(["Spalte"], [[value]])).cell(2, 1)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1))
def test_text_is_read_back_as_it_was(text: str) -> None:
    assert read_back(text).value == text


@pytest.mark.parametrize("text", ["=1+1", "+49 5231 62-0", "-1", "@SUM(A1)", "\t=1+1", "'=1+1", '=HYPERLINK("x")'])
def test_what_looks_like_a_formula_is_text_also_when_edited(text: str) -> None:
    cell = read_back(text)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_days_and_numbers_can_be_reckoned_with() -> None:
    day, number = datetime.date(2026, 11, 24), 8412
    assert read_back(day).value.date() == day
    assert read_back(day).number_format == "DD.MM.YYYY"
    assert read_back(number).value == number
    assert read_back(None).value is None


def test_signs_that_no_workbook_holds_are_left_out() -> None:
    assert read_back("Dörent\x0brup").value == "Dörentrup"


def test_header_is_bold_and_stays_in_sight() -> None:
    read = sheet(xlsx.written(["Kommune", "Telefon"], []))
    assert [cell.font.bold for cell in read[1]] == [True, True]
    assert read.freeze_panes == "A2"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/kommunen/?kreis=20001",
        "/ansprechpersonen/?stelle=muster",
        "/ansprechpersonen/?nach=person",
        "/ansprechpersonen/?nach=stelle&stelle=muster",
        "/stellen/?q=",
    ],
)
def test_every_list_is_the_same_as_workbook_and_as_csv(client: Client, world: World, address: str) -> None:
    AbsenceFactory(contact_person=world.post, substitute=ContactPersonFactory(office=world.office))
    AssignmentFactory(
        contact_person=ContactPersonFactory(office=world.office, person=PersonFactory(given_name="=1+1")),
        municipality=MunicipalityFactory(district=world.district),
    )

    response = client.get(f"{address}&format=xlsx")

    assert response["Content-Type"] == xlsx.CONTENT_TYPE
    assert response["Content-Disposition"].endswith('.xlsx"')
    heading, *rows = sheet(response.content).iter_rows(values_only=True)
    expected = as_csv(client, f"{address}&format=csv")
    assert expected
    assert list(heading) == list(expected[0])
    assert [[as_text(cell) for cell in row] for row in rows] == [
        [cell.removeprefix("'") for cell in row.values()] for row in expected
    ]


def as_text(cell: object) -> str:
    if isinstance(cell, datetime.date):
        return f"{cell:%d.%m.%Y}"
    return "" if cell is None else str(cell)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/kommunen/", "/ansprechpersonen/?nach=person", "/stellen/?q=muster"])
def test_list_links_to_both_files_with_its_filters(client: Client, world: World, address: str) -> None:
    page = client.get(address).content.decode()
    query = address.partition("?")[2].replace("&", "&amp;")
    for file_format in ("csv", "xlsx"):
        assert f'href="?{query}{query and "&amp;"}format={file_format}"' in page

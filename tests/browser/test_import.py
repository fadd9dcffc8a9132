"""An administrator imports a sheet with one error, mends it, and imports again."""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from accounts.demo import ADMINISTRATION
from contacts.models import Assignment, Person
from tests.browser.conftest import NARROW, WIDE, Browser

pytestmark = pytest.mark.django_db

SHEET = """\
Name;Telefon;Kommune;Handlungsfeld;gültig ab;Bemerkung
Cleo Übung;05531 62-0;Golmbach;Ankommen und Wohnen;01.02.2027;neu
Cleo Übung;05531 62-0;Bewern;Ankommen und Wohnen;01.02.2027;neu
"""


def content(browser: Browser) -> str:
    return browser.find_element(By.ID, "content").text


def look(browser: Browser) -> None:
    """axe finds nothing on the page, wide and narrow, and nothing runs out sideways."""
    for size in (WIDE, NARROW):
        browser.resize(size)
        assert [violation["id"] for violation in browser.violations()] == []
        assert browser.overflow() <= 0
    browser.resize(WIDE)


def download(browser: Browser, address: str) -> str:
    return browser.execute_async_script(
        "const done = arguments[1]; fetch(arguments[0]).then(answer => answer.text()).then(done);", address
    )


def send(browser: Browser, file: Path, button: str) -> None:
    browser.find_element(By.NAME, "file").send_keys(str(file))
    browser.submit(button)


def test_sheet_with_one_error_is_mended_and_imported(demonstration: None, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "kontakte.csv"
    file.write_bytes(SHEET.encode("cp1252"))
    browser.sign_in(ADMINISTRATION.email)
    for page in ("ausgeben/", "", "add/"):
        browser.visit(f"/verwaltung/contacts/contactimport/{page}")
        look(browser)
    send(browser, file, "input[name=_save]")

    assert "Bevern" in content(browser)  # the suggestion
    assert "Bemerkung" in content(browser)  # a column nobody knows
    assert browser.find_elements(By.CSS_SELECTOR, "button[value=carry_out]") == []
    look(browser)

    mended = tmp_path / "berichtigt.csv"
    address = browser.find_element(By.CSS_SELECTOR, "a[href$='abgelehnt.csv']").get_attribute("href") or ""
    mended.write_bytes(download(browser, address).replace("Bewern", "Bevern").encode())
    send(browser, mended, "button[value=mend]")
    look(browser)
    browser.submit("button[value=carry_out]")

    assert "Übernommen" in content(browser)
    look(browser)
    cleo = Person.objects.get(family_name="Übung")
    towns = Assignment.objects.filter(contact_person__person=cleo).values_list("municipality__name", flat=True)
    assert set(towns) == {"Bevern", "Golmbach"}

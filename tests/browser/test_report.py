"""A lead looks at the year's figures, begins its report, writes a part, freezes it and downloads the PDF."""

import datetime
import hashlib
import urllib.request

import pytest
from django.conf import settings
from django.db.models import Sum
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from accounts.demo import LEAD
from common.periods import today
from contacts.models import Office
from municipalities.models import Municipality
from services.models import Delivery, Report
from tests.browser.conftest import Browser
from tests.browser.test_confirmation import looks_right
from tests.factories import DeliveryFactory
from tests.forums.test_minutes_text import words_of

pytestmark = pytest.mark.django_db

MAIN_BUTTON = "main form [type=submit]"


@pytest.fixture(scope="module")
def done(demonstration: None) -> Office:
    """Something done this year for one of the towns."""
    office = Office.objects.get(slug="beispielstelle")
    DeliveryFactory.create(
        office=office,
        municipality=Municipality.objects.get(ags="03255023"),
        held_on=datetime.date(today().year, 1, 5),
        participants=33,
        result="Der Saal war voll.",
    )
    return office


def words(browser: Browser) -> str:
    return browser.find_element(By.TAG_NAME, "main").text


def follow(browser: Browser, link: str) -> None:
    """Follow the link by keyboard; some of its words may be for screen readers only."""
    with browser.next_page():
        browser.find_element(By.XPATH, f"//a[contains(normalize-space(.), '{link}')]").send_keys(Keys.ENTER)


def downloaded(browser: Browser, address: str, kind: str) -> bytes:
    request = urllib.request.Request(address)
    session = browser.get_cookie(settings.SESSION_COOKIE_NAME)
    assert session is not None
    request.add_header("Cookie", f"{session['name']}={session['value']}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Type"].partition(";")[0] == kind
        return answer.read()


def participants(office: Office, year: int) -> str:
    """How many took part in what the office did, as it is shown."""
    done = Delivery.objects.filter(office=office, held_on__year=year).aggregate(sum=Sum("participants"))["sum"]
    return f"{done:,}".replace(",", ".")


def test_lead_makes_the_years_report_out_of_its_figures(done: Office, browser: Browser) -> None:
    browser.sign_in(LEAD.email)
    browser.visit("/")
    follow(browser, f"Kennzahlen {today().year}")
    looks_right(browser)
    Select(browser.find_element(By.NAME, "groesse")).select_by_value("teilnehmende")
    browser.submit("main form button")
    compared = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=compared]")
    assert compared.find_element(By.TAG_NAME, "h2").text == "Teilnehmende"
    together = [cell.text for cell in compared.find_elements(By.CSS_SELECTOR, "tfoot td")]
    assert together[:2] == [participants(done, today().year), participants(done, today().year - 1)]
    file = browser.find_element(By.CSS_SELECTOR, "a[href*='format=csv']").get_attribute("href") or ""
    assert (
        participants(done, today().year).replace(".", "")
        in downloaded(browser, file, "text/csv").decode().splitlines()[-1]
    )

    follow(browser, "Sachberichte")
    looks_right(browser)
    follow(browser, "Sachbericht beginnen")
    looks_right(browser)
    browser.submit(MAIN_BUTTON)
    looks_right(browser)
    assert "Der Saal war voll." in words(browser)

    follow(browser, "Bearbeiten: Ausblick")
    looks_right(browser)
    browser.find_element(By.NAME, "text").send_keys("- Mehr Vorträge in den Dörfern", Keys.TAB)
    browser.submit(MAIN_BUTTON)
    assert "Mehr Vorträge in den Dörfern" in words(browser)

    follow(browser, "Sachbericht festschreiben")
    looks_right(browser)
    browser.submit("main form button")
    looks_right(browser)
    assert "Prüfsumme" in words(browser)

    link = browser.find_element(By.PARTIAL_LINK_TEXT, "Als PDF herunterladen").get_attribute("href") or ""
    pdf = downloaded(browser, link, "application/pdf")
    assert hashlib.sha256(pdf).hexdigest() == Report.objects.get(office=done, year=today().year).checksum
    assert "Mehr Vorträge in den Dörfern" in words_of(pdf)

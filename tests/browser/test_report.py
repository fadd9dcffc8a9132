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
    """Go where the link leads, some of whose words may be for screen readers only."""
    found = browser.find_element(By.XPATH, f"//a[contains(normalize-space(.), '{link}')]")
    browser.get(found.get_attribute("href") or "")


def downloaded(browser: Browser, address: str) -> bytes:
    request = urllib.request.Request(address)
    session = browser.get_cookie(settings.SESSION_COOKIE_NAME)
    assert session is not None
    request.add_header("Cookie", f"{session['name']}={session['value']}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "application/pdf"
        return answer.read()


def test_lead_makes_the_years_report_out_of_its_figures(done: Office, browser: Browser) -> None:
    browser.sign_in(LEAD.email)
    browser.visit("/")
    follow(browser, f"Kennzahlen {today().year}")
    looks_right(browser)
    Select(browser.find_element(By.NAME, "groesse")).select_by_value("teilnehmende")
    browser.submit("main form button")
    assert "Teilnehmende" in words(browser)
    people = Delivery.objects.filter(office=done, held_on__year=today().year).aggregate(sum=Sum("participants"))["sum"]
    assert f"{people:,}".replace(",", ".") in words(browser)

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
    pdf = downloaded(browser, link)
    assert hashlib.sha256(pdf).hexdigest() == Report.objects.get(office=done, year=today().year).checksum
    assert "Mehr Vorträge in den Dörfern" in words_of(pdf)

"""An administrator ends an assignment and begins another; the public page changes on that day by itself."""

import datetime

import pytest
import time_machine
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from accounts.demo import ADMINISTRATION
from common.periods import ONE_DAY, today
from contacts.models import Assignment
from municipalities.models import Municipality
from tests.browser.conftest import WAIT, Browser

pytestmark = pytest.mark.django_db

TOWN = "Golmbach"
BEFORE, AFTER = "Bela Muster", "Dr. Ada Beispiel"


def in_german(day: datetime.date) -> str:
    return f"{day:%d.%m.%Y}"


def at_noon(day: datetime.date) -> time_machine.travel:
    return time_machine.travel(datetime.datetime.combine(day, datetime.time(12), datetime.UTC))


def first_of_next_month(day: datetime.date) -> datetime.date:
    return (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)


def choose(browser: Browser, field: str, typed: str) -> None:
    """Type into an autocomplete field of the admin and take what it suggests; nobody types an id."""
    browser.find_element(By.CSS_SELECTOR, f".field-{field} .select2-selection").send_keys(Keys.ENTER)
    search = browser.find_element(By.CSS_SELECTOR, ".select2-search__field")
    search.send_keys(typed)
    WebDriverWait(browser, WAIT).until(
        lambda _: typed in browser.find_element(By.CSS_SELECTOR, ".select2-results__option--highlighted").text
    )
    search.send_keys(Keys.ENTER)


def end_the_assignment(browser: Browser, assignment: Assignment, last: datetime.date) -> None:
    browser.visit(f"/verwaltung/contacts/assignment/?q={TOWN}")
    browser.find_element(By.CSS_SELECTOR, f"input[name=_selected_action][value='{assignment.pk}']").send_keys(
        Keys.SPACE
    )
    Select(browser.find_element(By.NAME, "action")).select_by_value("end_on")
    browser.submit("button[name=index]")
    browser.find_element(By.NAME, "last_day").send_keys(in_german(last))
    browser.submit("button[value=preview]")
    browser.submit("button[value=carry_out]")


def begin_another(browser: Browser, first: datetime.date) -> None:
    browser.visit("/verwaltung/contacts/assignment/add/")
    choose(browser, "contact_person", "Beispiel")
    choose(browser, "municipality", TOWN)
    browser.find_element(By.NAME, "valid_0").send_keys(in_german(first))
    browser.submit("input[name=_save]")
    assert browser.find_elements(By.CSS_SELECTOR, ".errornote") == []


def contact_on(browser: Browser, town: Municipality, day: datetime.date) -> str:
    with at_noon(day):
        browser.visit(f"/kommunen/{town.ags}/")
        return browser.find_element(By.CSS_SELECTOR, "main").text


def test_the_public_page_changes_on_the_day(demonstration: None, browser: Browser) -> None:
    changes_on = first_of_next_month(today())
    town = Municipality.objects.get(name=TOWN)
    running = Assignment.objects.current(today()).primary().get(municipality=town, field=None)

    browser.sign_in(ADMINISTRATION.email)
    end_the_assignment(browser, running, last=changes_on - ONE_DAY)
    begin_another(browser, first=changes_on)
    browser.delete_all_cookies()

    assert BEFORE in contact_on(browser, town, changes_on - ONE_DAY)
    on_the_day = contact_on(browser, town, changes_on)
    assert AFTER in on_the_day
    assert BEFORE not in on_the_day

"""A person opens the portal, types the name of a town, and sees who is responsible for it, and how to reach them."""

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from accounts.demo import ADMINISTRATION, COORDINATION
from tests.browser.conftest import NARROW, WAIT, Browser

pytestmark = pytest.mark.django_db

MOST_STEPS = 15  # presses of the tab key from the top of the start page to its field


def press(browser: Browser, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def tab_to_the_field(browser: Browser) -> None:
    for _ in range(MOST_STEPS):
        press(browser, Keys.TAB)
        if browser.switch_to.active_element.get_attribute("name") == "q":
            return
    raise AssertionError("the field of the start page is not reached by keyboard")


def heading(browser: Browser) -> str:
    return browser.find_element(By.CSS_SELECTOR, "main h1, h1").text


def wait_for_heading(browser: Browser, text: str) -> None:
    """Wait for the next page; the heading of the one before may vanish while it is read."""
    waiting = WebDriverWait(browser, WAIT, ignored_exceptions=[StaleElementReferenceException, NoSuchElementException])
    waiting.until(lambda _: heading(browser) == text)


def test_a_visitor_finds_the_contact_by_keyboard_alone(demonstration: None, browser: Browser) -> None:
    browser.visit("/")
    tab_to_the_field(browser)
    press(browser, "doerent", Keys.ENTER)
    wait_for_heading(browser, "Dörentrup")
    assert browser.current_url.endswith("/kommunen/05766024/")
    assert "Anne Grit Bangura" in browser.find_element(By.TAG_NAME, "main").text


def test_it_works_without_javascript(demonstration: None, without_javascript: Browser) -> None:
    browser = without_javascript
    browser.visit("/")
    browser.find_element(By.CSS_SELECTOR, "main [name=q]").send_keys("doerent", Keys.ENTER)
    wait_for_heading(browser, "Dörentrup")
    assert "Anne Grit Bangura" in browser.find_element(By.TAG_NAME, "main").text


def test_the_contact_can_be_reached_on_the_first_screen_of_a_phone(demonstration: None, browser: Browser) -> None:
    browser.resize(NARROW)
    browser.visit("/kommunen/05711000/")
    phone = browser.find_element(By.CSS_SELECTOR, "main a[href='tel:+49521518123']")
    assert "Margarita Bergen" in browser.find_element(By.TAG_NAME, "main").text
    assert phone.location["y"] + phone.size["height"] <= NARROW[1]


def test_a_visitor_leaves_no_trace(demonstration: None, browser: Browser) -> None:
    for path in ("/", "/kommunen/?q=doerent", "/kommunen/05766024/", "/ansprechpersonen/", "/en/"):
        browser.visit(path)
    assert browser.get_cookies() == []


def test_nothing_is_asked_of_a_third_party(demonstration: None, browser: Browser) -> None:
    for path in ("/", "/kreise/05766/", "/kommunen/05766024/"):
        browser.visit(path)
        asked = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
        assert asked
        assert [address for address in asked if not address.startswith(browser.address)] == []


def test_a_coordinator_comes_from_the_start_page_to_what_is_missing(demonstration: None, browser: Browser) -> None:
    browser.sign_in(COORDINATION.email)
    browser.visit("/")
    main = browser.find_element(By.TAG_NAME, "main")
    assert "Beispielstelle Integration" in main.text
    figures = {figure.text.split("\n")[1]: figure for figure in main.find_elements(By.CSS_SELECTOR, ".figure a")}
    gaps = figures["ohne Ansprechperson"]
    number = int(gaps.text.split("\n")[0])
    assert number > 0
    gaps.send_keys(Keys.ENTER)
    wait_for_heading(browser, "Abdeckung")
    rows = browser.find_elements(By.CSS_SELECTOR, "section[aria-labelledby=heute] tbody tr")
    assert len(rows) == number


def test_all_that_an_administrator_finds_above_a_page_is_in_one_row(demonstration: None, browser: Browser) -> None:
    browser.sign_in(ADMINISTRATION.email)
    name = "document.querySelector('.menu__name').textContent = 'Dr. Annegret Musterfrau-Beispiel'"
    browser.execute_script(name)
    parts = "document.querySelectorAll('.brand, .menu li')"
    middles = browser.execute_script(
        f"return [...{parts}].map(e => e.getBoundingClientRect()).map(e => Math.round((e.top + e.bottom) / 2))"
    )
    assert len(middles) == 13
    assert len(set(middles)) == 1
    assert browser.overflow() == 0
    picture, following = (
        browser.find_element(By.CSS_SELECTOR, selector).rect
        for selector in (".menu__profile .kern-icon", ".menu__profile + li")
    )
    assert picture["x"] + picture["width"] <= following["x"]

"""Every component and field in a real browser: axe finds nothing, nothing runs out sideways, nothing needs a script."""

from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import NARROW, WIDE, Browser, described

pytestmark = pytest.mark.django_db

WITH_ERRORS = "/styleguide/?name=&on=31.02.2026&valid_0=31.02.2026"
SMALLEST = (320, 640)


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


def emulate(browser: Browser, **features: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]},
    )


@pytest.fixture
def dark(browser: Browser) -> Any:
    emulate(browser, prefers_color_scheme="dark")
    yield browser
    emulate(browser)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("path", ["/styleguide/", WITH_ERRORS])
def test_axe_finds_nothing(browser: Browser, size: tuple[int, int], path: str) -> None:
    browser.resize(size)
    browser.visit(path)
    assert not (found := browser.violations()), described(found)


@pytest.mark.parametrize("path", ["/styleguide/", WITH_ERRORS])
def test_axe_finds_nothing_in_the_dark(dark: Browser, path: str) -> None:
    dark.visit(path)
    background = dark.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert background in {"rgb(0, 0, 0)", "oklch(0 0 0)"}
    assert not (found := dark.violations()), described(found)


@pytest.mark.parametrize("path", ["/styleguide/", WITH_ERRORS])
def test_nothing_runs_out_sideways_at_320_pixels(browser: Browser, path: str) -> None:
    """320 pixels are also what 400 % zoom leaves of a window of 1280."""
    browser.resize(SMALLEST)
    browser.visit(path)
    assert browser.overflow() <= 0
    brand = browser.find_element(By.CSS_SELECTOR, ".brand")
    assert brand.get_property("scrollWidth") <= brand.get_property("clientWidth"), "the menu covers the portal's name"


def test_the_error_summary_has_the_focus(browser: Browser) -> None:
    browser.visit(WITH_ERRORS)
    assert browser.switch_to.active_element.get_attribute("class") == "error-summary"


def test_a_line_of_the_summary_leads_to_its_field(browser: Browser) -> None:
    browser.visit(WITH_ERRORS)
    browser.find_element(By.CSS_SELECTOR, ".error-summary a[href='#id_on']").send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "id_on"


def test_the_menu_opens_without_scripts_on_a_phone(without_javascript: Browser) -> None:
    browser = without_javascript
    browser.resize(NARROW)
    browser.visit("/styleguide/")
    link = browser.find_element(By.CSS_SELECTOR, ".menu a[hreflang='en']")
    assert not link.is_displayed()
    browser.find_element(By.CSS_SELECTOR, ".menu summary").send_keys(Keys.ENTER)
    assert link.is_displayed()


def test_wide_screens_show_navigation_and_filters_at_once(browser: Browser) -> None:
    browser.visit("/styleguide/")
    for selector in [".menu a[hreflang='en']", ".filter input"]:
        # Selenium takes anything in closed details for hidden; the browser itself knows better.
        assert browser.execute_script("return document.querySelector(arguments[0]).checkVisibility()", selector)
        assert browser.execute_script(
            "const e = document.querySelector(arguments[0]); e.focus(); return document.activeElement === e", selector
        )


def test_targets_are_large_enough_for_a_finger(browser: Browser) -> None:
    """WCAG 2.2, 2.5.8: 24 pixels each way, except links inside a sentence."""
    browser.resize(NARROW)
    browser.visit("/styleguide/")
    small = browser.execute_script(
        """return [...document.querySelectorAll('a, button, input, select, summary')]
            .filter(e => e.checkVisibility() && !e.closest('p, td, th, li p') && e.type !== 'hidden')
            .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
            .filter(([, box]) => box.height < 24 || box.width < 24)
            .map(([html]) => html)"""
    )
    assert small == []

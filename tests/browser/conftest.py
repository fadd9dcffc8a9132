"""A real Chromium for the tests of this folder, and axe to look at what it shows."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from accounts.demo import PASSWORD
from tests.browser import demonstration as demonstration_data

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
WAIT = 30  # seconds, on a machine that is busy
WIDE, NARROW = (1280, 900), (360, 780)
# When the document began, which tells it from the one before; and nothing while it is still being loaded.
LOADED_DOCUMENT = "return document.readyState === 'complete' ? performance.timeOrigin : null"

CHROMIUM_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Violation = dict[str, Any]


class Browser(webdriver.Chrome):
    """Chromium that knows where the portal is served and how to sign in."""

    address: str

    def visit(self, path: str) -> None:
        self.get(self.address + path)

    def sign_in(self, email: str) -> None:
        """Sign in by the form, as one of the demonstration's accounts."""
        self.visit("/konto/anmelden/")
        self.find_element(By.NAME, "login").send_keys(email)
        with self.next_page():
            self.find_element(By.NAME, "password").send_keys(PASSWORD, Keys.ENTER)
        assert "/konto/anmelden/" not in self.current_url

    @contextmanager
    def next_page(self) -> Iterator[None]:
        """What is done inside leads to another page, or to this one anew; go on when that is loaded.

        Asked in between two pages, the browser may refuse to answer in more than one way.
        """
        before = self.execute_script(LOADED_DOCUMENT)
        yield
        waiting = WebDriverWait(self, WAIT, ignored_exceptions=[WebDriverException])
        waiting.until(lambda _: self.execute_script(LOADED_DOCUMENT) not in (None, before))

    def submit(self, selector: str) -> None:
        """Press the button by the keyboard, and wait for the answer."""
        with self.next_page():
            self.find_element(By.CSS_SELECTOR, selector).send_keys(Keys.ENTER)

    def go(self, link: str) -> None:
        """Follow the link of that text by the keyboard."""
        with self.next_page():
            self.find_element(By.LINK_TEXT, link).send_keys(Keys.ENTER)

    def resize(self, size: tuple[int, int]) -> None:
        """Set the size of the page itself; a window cannot be as narrow as a phone."""
        width, height = size
        self.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def violations(self) -> list[Violation]:
        """What axe finds on the page that is open, with no rule switched off."""
        if not self.execute_script("return typeof axe !== 'undefined'"):
            self.execute_script(AXE.read_text(encoding="utf-8"))
        return self.execute_async_script(
            "const done = arguments[0]; axe.run(document).then(found => done(found.violations));"
        )

    def status(self) -> int:
        """What the server answered for the page that is open."""
        return self.execute_script("return performance.getEntriesByType('navigation')[0].responseStatus")

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window; text must never run out sideways."""
        return self.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")


def described(violations: list[Violation]) -> str:
    return "\n".join(
        f"{found['id']}: {found['help']}\n  " + "\n  ".join(node["html"][:200] for node in found["nodes"][:3])
        for found in violations
    )


def started(folder: Path) -> Browser:
    """A Chromium of its own, with its profile in the folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for option in [*CHROMIUM_OPTIONS, f"--user-data-dir={folder}"]:
        options.add_argument(option)
    driver = Browser(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(30)
    return driver


@pytest.fixture(scope="session")
def chromium(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Closed before the database goes: while it keeps a connection to the server open, so does that to the database."""
    driver = started(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[LiveServer]:
    """The portal, served to the tests of one module; they may use the database, which `demonstration` tidies up."""
    with django_db_blocker.unblock():
        assert connection.settings_dict["NAME"].startswith("test_"), "mark the module with django_db"
        server = LiveServer("127.0.0.1")
        yield server
        server.stop()


@pytest.fixture(scope="module")
def demonstration(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What `make run` shows, on the districts of its offices; loaded once for all tests of a module."""
    with override_settings(DEMO=True):
        demonstration_data.load(tmp_path_factory.mktemp("demonstration") / "data")
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def browser(chromium: Browser, server: LiveServer) -> Iterator[Browser]:
    """The browser as a visitor finds it: nobody signed in, a wide window."""
    chromium.address = server.url
    chromium.delete_all_cookies()
    chromium.resize(WIDE)
    yield chromium
    chromium.delete_all_cookies()


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[Browser]:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

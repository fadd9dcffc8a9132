"""A real Chromium for the tests of this folder, and axe to look at what it shows."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:  # pytest may load this file before Django is set up
    from accounts.models import User

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
WIDE, NARROW = (1280, 900), (360, 780)

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

    def sign_in(self, user: "User") -> None:
        """Give the browser a session of the user, as signing in by the form would."""
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        self.visit("/healthz")  # a cookie needs a page of its site
        self.add_cookie({"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "path": "/"})

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

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window; text must never run out sideways."""
        return self.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


def described(violations: list[Violation]) -> str:
    return "\n".join(
        f"{found['id']}: {found['help']}\n  " + "\n  ".join(node["html"][:200] for node in found["nodes"][:3])
        for found in violations
    )


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for option in [*CHROMIUM_OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(option)
    driver = Browser(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Browser, live_server: Any) -> Iterator[Browser]:
    """The browser as a visitor finds it: nobody signed in, a wide window."""
    chromium.address = live_server.url
    chromium.delete_all_cookies()
    chromium.resize(WIDE)
    yield chromium
    chromium.delete_all_cookies()


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[Browser]:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})



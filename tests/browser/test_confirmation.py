"""A contact person is asked by mail, opens the link and confirms; a scanner that opens it first changes nothing."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer
from selenium.webdriver.common.by import By

from common.links import Link
from common.periods import today
from contacts.models import ContactPerson
from tests.browser.conftest import NARROW, WIDE, Browser, described
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

ASKED = "ilka.skizze@example.org"  # confirmed more than a year ago
LONGEST = 90  # seconds


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def worker(demonstration: None, server: LiveServer, mail_server: MailServer) -> Iterator[None]:
    """The portal's worker as a process of its own, which does what is due and delivers."""
    command = [sys.executable, "-m", "tests.common.worker", settings.DATABASES["default"]["NAME"]]
    environment = {**os.environ, "EMAIL_URL": mail_server.url, "PUBLIC_URL": server.url}
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stderr=subprocess.DEVNULL)
    yield
    process.kill()
    process.wait()


def link_in_mail(mail_server: MailServer, address: str) -> str:
    end = time.monotonic() + LONGEST
    while not (mails := [mail for mail in mail_server.received if address in mail["To"]]):
        assert time.monotonic() < end, "No mail came."
        time.sleep(0.2)
    [mail] = mails
    assert mail["Subject"] == "Stimmt Ihr Eintrag noch?"
    text = mail.get_body(("plain",))
    assert text is not None
    [link] = re.findall(r"http://\S+/bestaetigung/\S+", text.get_content())
    return link


def opened_by_a_scanner(link: str) -> None:
    """As a mail gateway does: with GET and HEAD, following every link of the page."""
    for method in ("GET", "HEAD", "GET"):
        with urllib.request.urlopen(urllib.request.Request(link, method=method), timeout=30) as answer:
            assert answer.status == 200
    with urllib.request.urlopen(f"{link}aendern/", timeout=30) as answer:
        assert answer.status == 200


def looks_right(browser: Browser) -> None:
    for size in (NARROW, WIDE):
        browser.resize(size)
        assert not browser.violations(), described(browser.violations())
        assert browser.overflow() <= 0


def test_contact_person_confirms_by_the_link_of_a_mail(worker: None, mail_server: MailServer, browser: Browser) -> None:
    posts = ContactPerson.objects.filter(person__email=ASKED)
    link = link_in_mail(mail_server, ASKED)
    before = posts.values().get()
    opened_by_a_scanner(link)
    assert posts.values().get() == before
    assert Link.objects.open(before["changed_at"]).filter(object_id=before["id"], used_at=None).exists()

    browser.get(link)
    assert "Ilka Skizze" in browser.find_element(By.TAG_NAME, "main").text
    looks_right(browser)
    browser.go("Etwas stimmt nicht")
    looks_right(browser)
    browser.go("Zurück")
    browser.submit("main button[type=submit], main input[type=submit]")

    assert "Vielen Dank" in browser.find_element(By.TAG_NAME, "h1").text
    looks_right(browser)
    browser.visit(f"/ansprechpersonen/{before['id']}/")
    assert f"bestätigt am {today():%d.%m.%Y}" in browser.find_element(By.TAG_NAME, "main").text
    browser.get(link)
    assert "Dieser Link gilt nicht mehr" in browser.find_element(By.TAG_NAME, "h1").text
    looks_right(browser)

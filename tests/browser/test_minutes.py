"""From the draft to published results: the office sends it, a member comments by the mail's link, a visitor reads."""

import re
import time
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from accounts.demo import COORDINATION
from contacts.models import Office
from forums.models import Minutes
from tests.browser.conftest import Browser
from tests.browser.test_confirmation import LONGEST, looks_right, mail_server, worker  # noqa: F401
from tests.forums.minutes_world import Held, held
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

BUTTON = "main form [type=submit]"


@pytest.fixture(scope="module")
def meeting(demonstration: None) -> Iterator[Held]:
    return held(is_public=True, office=Office.objects.get(slug="beispielstelle"))


def link_in_mail(server: MailServer) -> str:
    end = time.monotonic() + LONGEST
    while not (mails := server.to("ada@example.org")):
        assert time.monotonic() < end, "No mail came."
        time.sleep(0.2)
    text = mails[0].get_body(("plain",))
    assert text is not None
    [link] = re.findall(r"http://\S+/protokolle/\S+", text.get_content())
    return link


def words(browser: Browser) -> str:
    return browser.find_element(By.TAG_NAME, "main").text


def test_minutes_go_out_are_commented_approved_and_published(
    worker: None,  # noqa: F811
    mail_server: MailServer,  # noqa: F811
    meeting: Held,
    browser: Browser,
) -> None:
    of_meeting = meeting.meeting.get_absolute_url()
    browser.sign_in(COORDINATION.email)
    browser.visit(of_meeting)
    browser.go("Protokoll lesen")
    looks_right(browser)
    browser.go("An die Mitglieder versenden")
    looks_right(browser)
    browser.submit(BUTTON)
    assert "Das Protokoll geht an 1 Mitglied." in words(browser)

    browser.delete_all_cookies()
    browser.get(link_in_mail(mail_server))
    looks_right(browser)
    Select(browser.find_element(By.NAME, "item")).select_by_visible_text("TOP 1: Wohnraum")
    browser.find_element(By.NAME, "text").send_keys("Es waren sechs Stimmen.")
    browser.submit(BUTTON)
    assert "Ihre Anmerkung ist eingegangen" in words(browser)
    looks_right(browser)

    browser.sign_in(COORDINATION.email)
    browser.visit(of_meeting + "protokoll/")
    assert "Es waren sechs Stimmen." in words(browser)
    looks_right(browser)
    with browser.next_page():
        browser.find_element(By.PARTIAL_LINK_TEXT, "Antworten").send_keys(Keys.ENTER)
    looks_right(browser)
    browser.find_element(By.NAME, "answer").send_keys("Fünf, die sechste war eine Enthaltung.")
    browser.submit(BUTTON)
    browser.go("Genehmigen")
    looks_right(browser)
    browser.submit(BUTTON)
    assert Minutes.objects.get(meeting=meeting.meeting).checksum in words(browser)
    browser.go("Nachtrag schreiben")
    looks_right(browser)
    browser.find_element(By.NAME, "text").send_keys("Bo Fern kam später.")
    browser.submit(BUTTON)
    looks_right(browser)
    browser.go("Ergebnisse veröffentlichen")
    looks_right(browser)
    browser.submit(BUTTON)

    browser.delete_all_cookies()
    browser.visit(of_meeting)
    browser.go("Protokoll lesen")
    looks_right(browser)
    assert "Das Forum bittet um ein Konzept." in words(browser)
    assert not re.search("Ada|Mira|Theo|Paula|Bo Fern", words(browser))

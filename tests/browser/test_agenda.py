"""The agenda is put in order with the keyboard, without JavaScript too, and by dragging."""

from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from accounts.demo import COORDINATION
from contacts.models import Office
from forums.models import Meeting
from tests.browser.conftest import WAIT, Browser
from tests.factories import AgendaItemFactory, ForumFactory, MeetingFactory

pytestmark = pytest.mark.django_db

# Chromium's driver does not drag by HTML's own events, so they are sent as a mouse would cause them.
DRAG = """
const [item, onto] = arguments, data = new DataTransfer();
const send = (target, name, y) =>
  target.dispatchEvent(new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer: data, clientY: y}));
send(item, "dragstart", 0);
send(onto, "dragover", onto.getBoundingClientRect().top + 1);
send(onto, "drop", 0);
send(item, "dragend", 0);
"""


@pytest.fixture(scope="module")
def meetings(demonstration: None) -> list[Meeting]:
    """One for each test, as the server sees them."""
    forum = ForumFactory(office=Office.objects.get(slug="beispielstelle"))
    found = MeetingFactory.create_batch(2, forum=forum)
    for meeting in found:
        for position, title in enumerate(("Begrüßung", "Berichte", "Verschiedenes")):
            AgendaItemFactory(meeting=meeting, position=position, title=title)
    return found


def titles(meeting: Meeting) -> list[str]:
    return list(meeting.items.order_by("position").values_list("title", flat=True))


def opened(browser: Browser, meeting: Meeting) -> None:
    browser.sign_in(COORDINATION.email)
    browser.visit(f"/foren/{meeting.forum_id}/sitzungen/{meeting.pk}/tagesordnung/")


def test_item_moves_by_keyboard_and_the_focus_goes_along(without_javascript: Browser, meetings: list[Meeting]) -> None:
    browser: Any = without_javascript
    meeting = meetings[0]
    opened(browser, meeting)
    browser.find_element(By.CSS_SELECTOR, f'[name="hoch"][value="{meeting.items.last().pk}"]').send_keys(Keys.ENTER)
    WebDriverWait(browser, WAIT).until(lambda _: "bewegt" in browser.current_url)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(browser, WAIT).until(lambda _: titles(meeting)[0] == "Verschiedenes")
    assert titles(meeting) == ["Verschiedenes", "Begrüßung", "Berichte"]


def test_item_is_dragged(browser: Browser, meetings: list[Meeting]) -> None:
    meeting = meetings[1]
    opened(browser, meeting)
    first, _second, third = browser.find_elements(By.CSS_SELECTOR, "[data-item]")
    browser.execute_script(DRAG, third, first)
    WebDriverWait(browser, WAIT).until(lambda _: titles(meeting)[0] == "Verschiedenes")
    assert titles(meeting) == ["Verschiedenes", "Begrüßung", "Berichte"]

"""A coordinator works the inbox by keyboard alone: takes a request, answers it, agrees on a date, completes it."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from accounts.demo import COORDINATION
from accounts.models import User
from common.periods import today
from contacts.models import ContactPerson, Office
from services.models import AnswerTemplate, ServiceRequest
from tests.browser.conftest import Browser
from tests.browser.test_confirmation import looks_right
from tests.browser.test_minutes import words
from tests.factories import ContactPersonFactory, ServiceOfferingFactory, ServiceRequestFactory

pytestmark = pytest.mark.django_db

MOST_STEPS = 150  # from the first link of a page to its last


def tab_to(browser: Browser, what: str) -> None:
    """Go on by the tabulator until the link, button or field of that text or name has the focus."""
    for _step in range(MOST_STEPS):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        focused = browser.switch_to.active_element
        if what in (focused.text.strip(), focused.get_attribute("name")):
            return
    raise AssertionError(f"“{what}” is not reached by keyboard: {words(browser)}")


def press(browser: Browser, what: str) -> None:
    """Reach it and press Enter, and wait for the page that follows."""
    tab_to(browser, what)
    with browser.next_page():
        ActionChains(browser).send_keys(Keys.ENTER).perform()


def type_into(browser: Browser, name: str, text: str) -> None:
    tab_to(browser, name)
    ActionChains(browser).send_keys(text).perform()


@pytest.fixture(scope="module")
def request_(demonstration: None) -> ServiceRequest:
    """What waits in the inbox of the coordinator's office, and a template to answer it."""
    office = Office.objects.get(slug="beispielstelle")
    coordinator = User.objects.get(email=COORDINATION.email)
    if not ContactPerson.objects.filter(office=office, person__user=coordinator).current(today()).exists():
        ContactPersonFactory(office=office, person__user=coordinator)
    offering = ServiceOfferingFactory(office=office, title="Vortrag zur Probe")
    request = ServiceRequestFactory(offering=offering, municipality=None, subject="Vortrag im Rat zur Probe")
    request.submit(request.created_at)
    AnswerTemplate.objects.create(office=office, title="Zusage zur Probe", text="Guten Tag [name], gern.")
    return request


def test_coordinator_works_the_inbox_by_keyboard(request_: ServiceRequest, browser: Browser) -> None:
    browser.sign_in(COORDINATION.email)
    browser.visit("/anfragen/?ansicht=nicht-zugewiesen")
    looks_right(browser)
    press(browser, request_.subject)
    looks_right(browser)
    press(browser, "Annehmen")
    looks_right(browser)
    press(browser, "Anfrage annehmen")
    assert "angenommen" in words(browser)
    press(browser, "Antworten")
    press(browser, "Zusage zur Probe")
    looks_right(browser)
    press(browser, "Antwort senden")
    assert "Guten Tag Rosa Rathaus, gern." in words(browser)
    press(browser, "Termin vereinbaren")
    type_into(browser, "day", "05.05.2027")
    type_into(browser, "time", "14:30")
    press(browser, "Termin speichern")
    assert "05.05.2027" in words(browser)
    press(browser, "Abschließen")
    press(browser, "Anfrage abschließen")
    looks_right(browser)

    done = ServiceRequest.objects.get(pk=request_.pk)
    assert done.state == "completed"
    assert done.assigned_to is not None
    assert done.assigned_to.person.user == User.objects.get(email=COORDINATION.email)

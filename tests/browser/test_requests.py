"""Asking for a talk and following it to the feedback: a clerk by account, a visitor by the links of real mails."""

import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from accounts.demo import TOWN_HALL
from services.models import Feedback, ServiceOffering, ServiceRequest
from tests.browser.conftest import WAIT, Browser
from tests.browser.test_confirmation import LONGEST, looks_right, mail_server, worker  # noqa: F401
from tests.browser.test_forum import fill, link_in, tick
from tests.browser.test_minutes import BUTTON, words
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

TALK = "Fachvortrag: Ankommen in unserer Kommune"
MAIL = "gisela.gast@example.org"
FEEDBACK = {"helped": "5", "went_well": "4"}


def open_form(browser: Browser) -> None:
    browser.visit(ServiceOffering.objects.get(title=TALK).get_absolute_url())
    with browser.next_page():
        browser.find_element(By.CSS_SELECTOR, 'main a[href$="/anfragen/"]').click()


def form_of_the_talk(browser: Browser) -> None:
    open_form(browser)
    looks_right(browser)


def at_the_office(request: ServiceRequest, verb: str, *said: str) -> None:
    """What the office does meanwhile, in a transaction of its own, which server and worker see."""

    def act() -> None:
        try:
            getattr(ServiceRequest.objects.get(pk=request.pk), verb)(*said, timezone.now(), by=None)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(act).result()


def answer_the_question(browser: Browser) -> None:
    """The one of the offering's own that must be answered."""
    browser.find_element(By.CSS_SELECTOR, 'input[type=text][name^="question_"]').send_keys("Vor Ehrenamtlichen")


def entries(browser: Browser) -> str:
    """What stands on the timeline, and not still in a field."""
    return "\n".join(entry.text for entry in browser.find_elements(By.CSS_SELECTOR, ".entry__text"))


def give_feedback(browser: Browser, request: ServiceRequest) -> None:
    for name, value in FEEDBACK.items():
        tick(browser, name, value)
    fill(browser, remark="Gern wieder.")
    looks_right(browser)
    browser.submit(BUTTON)
    assert "Vielen Dank für Ihre Rückmeldung" in browser.find_element(By.TAG_NAME, "main").text
    assert Feedback.objects.filter(request=request, helped=5, went_well=4).exists()


def test_clerk_asks_for_a_talk_and_follows_it_to_the_feedback(demonstration: None, browser: Browser) -> None:
    browser.sign_in(TOWN_HALL.email)
    form_of_the_talk(browser)
    assert browser.find_element(By.NAME, "requester_email").get_attribute("value") == TOWN_HALL.email
    fill(browser, subject="Probelauf im Kulturausschuss", concern="Ein Überblick für neue Mitglieder.")
    WebDriverWait(browser, WAIT).until(lambda _: "Als Entwurf gespeichert" in words(browser))
    draft = ServiceRequest.objects.get(subject="Probelauf im Kulturausschuss")

    browser.visit("/meine-anfragen/")  # as after a closed browser
    looks_right(browser)
    browser.go(draft.subject)
    looks_right(browser)
    assert browser.find_element(By.NAME, "concern").get_attribute("value") == "Ein Überblick für neue Mitglieder."
    answer_the_question(browser)
    browser.submit(BUTTON)
    draft.refresh_from_db()
    assert draft.reference
    said = browser.find_element(By.CSS_SELECTOR, ".alert--success").text
    assert draft.reference in said
    looks_right(browser)

    at_the_office(draft, "ask_back", "Wie viele Personen kommen?")
    browser.visit("/meine-anfragen/?stand=wartet")
    browser.go(draft.subject)
    assert "Wie viele Personen kommen?" in words(browser)
    browser.go("Antworten")
    fill(browser, text="Etwa zwanzig.")
    looks_right(browser)
    browser.submit(BUTTON)
    assert "Etwa zwanzig." in entries(browser)
    assert draft.entries.filter(kind="reply", text="Etwa zwanzig.").exists()

    at_the_office(draft, "complete")
    browser.visit(draft.get_absolute_url())
    browser.go("Rückmeldung zur Leistung geben: drei Fragen")
    give_feedback(browser, draft)


def test_session_that_ended_is_told_and_what_is_typed_is_saved_after_signing_in_again(
    demonstration: None, browser: Browser
) -> None:
    browser.sign_in(TOWN_HALL.email)
    form_of_the_talk(browser)
    browser.delete_cookie("sessionid")
    fill(browser, subject="Probelauf nach Feierabend")
    WebDriverWait(browser, WAIT).until(lambda _: "Sie sind abgemeldet" in words(browser))
    looks_right(browser)
    browser.find_element(By.CSS_SELECTOR, BUTTON).send_keys(Keys.ENTER)
    WebDriverWait(browser, WAIT).until(lambda _: "In neuem Tab anmelden" in words(browser))
    assert not ServiceRequest.objects.filter(subject="Probelauf nach Feierabend").exists()
    form = browser.current_window_handle
    browser.switch_to.new_window("tab")
    browser.sign_in(TOWN_HALL.email)
    browser.close()
    browser.switch_to.window(form)
    fill(browser, concern="Ein Überblick.")
    WebDriverWait(browser, WAIT).until(lambda _: "Als Entwurf gespeichert" in words(browser))
    draft = ServiceRequest.objects.get(subject="Probelauf nach Feierabend")
    assert (draft.state, draft.concern) == ("draft", "Ein Überblick.")


def mail_about(server: MailServer, subject: str, to: str = MAIL) -> Any:
    end = time.monotonic() + LONGEST
    while not (mails := [mail for mail in server.to(to) if subject in mail["Subject"]]):
        assert time.monotonic() < end, f"No mail “{subject}” came, but {[mail['Subject'] for mail in server.to(to)]}."
        time.sleep(0.2)
    return mails[0]


def test_visitor_asks_for_a_talk_and_follows_it_by_the_links_of_mails(
    worker: None,  # noqa: F811
    mail_server: MailServer,  # noqa: F811
    browser: Browser,
) -> None:
    form_of_the_talk(browser)
    browser.submit(BUTTON)  # with nothing filled in
    looks_right(browser)
    Select(browser.find_element(By.NAME, "municipality")).select_by_index(1)
    tick(browser, "asks_for", "organisation")
    fill(
        browser,
        subject="Probelauf im Verein",
        concern="Ein Abend für Ehrenamtliche.",
        requester_name="Gisela Gast",
        requester_email=MAIL,
    )
    answer_the_question(browser)
    browser.submit(BUTTON)
    looks_right(browser)
    asked = ServiceRequest.objects.get(subject="Probelauf im Verein")

    link = link_in(mail_about(mail_server, "Bitte bestätigen Sie Ihre Anfrage"), "bestaetigen")
    with urllib.request.urlopen(link, timeout=30) as answer:  # as a mail gateway does
        assert answer.status == 200
    asked.refresh_from_db()
    assert asked.state == "unconfirmed"
    browser.get(link)
    looks_right(browser)
    browser.submit("main form button")
    asked.refresh_from_db()
    assert asked.reference in words(browser)
    looks_right(browser)

    at_the_office(asked, "answer", "Wir kommen gern.")
    answered = mail_about(mail_server, "Antwort auf")
    assert asked.reference in answered["Subject"]
    browser.get(link_in(answered, "verfolgen"))
    looks_right(browser)
    assert "Wir kommen gern." in words(browser)
    browser.go("Der Stelle schreiben oder Dateien nachreichen")
    looks_right(browser)
    fill(browser, text="Danke, wir freuen uns.")
    browser.submit(BUTTON)
    assert "Danke, wir freuen uns." in entries(browser)
    assert asked.entries.filter(kind="reply", text="Danke, wir freuen uns.").exists()

    at_the_office(asked, "complete")
    browser.get(link_in(mail_about(mail_server, "Drei kurze Fragen"), "rueckmeldung"))
    looks_right(browser)
    give_feedback(browser, asked)


def test_everything_can_be_asked_and_followed_without_scripts(
    worker: None,  # noqa: F811
    mail_server: MailServer,  # noqa: F811
    without_javascript: Browser,
) -> None:
    browser, address = without_javascript, "ohne.skript@example.org"
    open_form(browser)  # looking closer takes scripts
    fill(browser, subject="Probelauf ohne Skript", concern="Ein Abend für Ehrenamtliche.", requester_name="Ole Ohne")
    browser.submit(BUTTON)  # with the rest missing
    assert browser.find_element(By.CSS_SELECTOR, ".error-summary").is_displayed()
    assert browser.find_element(By.NAME, "concern").get_attribute("value") == "Ein Abend für Ehrenamtliche."
    Select(browser.find_element(By.NAME, "municipality")).select_by_index(1)
    tick(browser, "asks_for", "organisation")
    fill(browser, requester_email=address)
    answer_the_question(browser)
    browser.submit(BUTTON)
    asked = ServiceRequest.objects.get(subject="Probelauf ohne Skript")

    browser.get(link_in(mail_about(mail_server, "Bitte bestätigen Sie Ihre Anfrage", address), "bestaetigen"))
    browser.submit("main form button")
    asked.refresh_from_db()
    assert asked.reference in words(browser)
    browser.get(link_in(mail_about(mail_server, "Ihre Anfrage ist eingegangen", address), "verfolgen"))
    browser.go("Der Stelle schreiben oder Dateien nachreichen")
    fill(browser, text="Wir sind zu zwölft.")
    browser.submit(BUTTON)
    assert "Wir sind zu zwölft." in entries(browser)
    browser.go("Anfrage zurückziehen")
    browser.submit("main form button")
    asked.refresh_from_db()
    assert asked.state == "withdrawn"

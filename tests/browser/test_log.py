"""Typing along while a meeting runs: saved meanwhile, the connection cut, a second writer, keys, and no scripts."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from accounts.models import User
from forums.models import ActionItem, AgendaItem, Attendance, Decision, Meeting
from tests.browser.conftest import NARROW, WAIT, WIDE, Browser, described, started
from tests.browser.test_on_paper import MILLIMETRES, printed, text_of
from tests.factories import (
    AgendaItemFactory,
    AttendanceFactory,
    MeetingFactory,
    OfficeMembershipFactory,
    PersonFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Log:
    """A meeting that is logged in a browser."""

    meeting: Meeting
    browser: Browser

    @property
    def path(self) -> str:
        return reverse("meeting_log", args=[self.meeting.forum_id, self.meeting.pk])

    def open(self) -> None:
        self.browser.visit(self.path)

    def item(self, title: str = "Wohnraum") -> AgendaItem:
        return AgendaItem.objects.get(meeting=self.meeting, title=title)

    def text_field(self, title: str = "Wohnraum") -> WebElement:
        return self.browser.find_element(By.ID, f"id_item-{self.item(title).key}-result")

    def said(self) -> str:
        return self.browser.find_element(By.CSS_SELECTOR, "[data-said]").text

    def status(self) -> str:
        return self.browser.find_element(By.CSS_SELECTOR, "[data-status]").text

    def kept(self) -> int:
        """How many pieces the device holds that the server has not confirmed."""
        return int(self.browser.execute_script("return localStorage.length"))

    def presses(self, keys: str) -> None:
        self.browser.switch_to.active_element.send_keys(keys)

    def until(self, condition: Callable[[], Any]) -> None:
        WebDriverWait(self.browser, WAIT * 2).until(lambda _: condition())

    def saved(self, result: str, title: str = "Wohnraum") -> None:
        self.until(AgendaItem.objects.filter(meeting=self.meeting, title=title, result=result).exists)

    def finish(self) -> None:
        self.browser.find_element(By.CSS_SELECTOR, "button[name=finish]").send_keys(Keys.ENTER)

    def cut(self, offline: bool = True) -> None:
        """Cut the network, or connect it again."""
        self.network(offline=offline)

    def network(self, offline: bool = False, latency: int = 0) -> None:
        """Make the network worse; `latency` in milliseconds."""
        self.browser.execute_cdp_cmd("Network.enable", {})
        conditions = {"offline": offline, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
        self.browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def shortcut(key: str) -> str:
    """What adds something from the keyboard."""
    return Keys.ALT + Keys.SHIFT + key + Keys.NULL


def sign_in(browser: Browser, user: User) -> None:
    """Give the browser a session, as the sign-in page does."""
    browser.visit("/healthz")
    browser.add_cookie({"name": settings.SESSION_COOKIE_NAME, "value": session_of(user)})


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@pytest.fixture
def meeting(transactional_db: None) -> Meeting:
    """A meeting of today with three people asked to come and two items."""
    meeting: Meeting = MeetingFactory(starts_at=timezone.now() - datetime.timedelta(minutes=10))
    meeting.mark_invited()
    for name in ("Anders", "Berg", "Calvo"):
        AttendanceFactory(meeting=meeting, person=PersonFactory(family_name=name), is_for_one_meeting=True)
    for title in ("Wohnraum", "Sprachkurse"):
        AgendaItemFactory(meeting=meeting, title=title)
    return meeting


@pytest.fixture
def user(meeting: Meeting) -> User:
    account: User = OfficeMembershipFactory(office=meeting.forum.office).user
    return account


@pytest.fixture
def log(browser: Browser, meeting: Meeting, user: User) -> Iterator[Log]:
    """The log in a browser in which the office's account is signed in."""
    log = Log(meeting, browser)
    sign_in(browser, user)
    log.open()
    browser.execute_script("localStorage.clear()")
    yield log
    log.cut(offline=False)


def test_typing_along_saves_by_itself(log: Log) -> None:
    log.text_field().send_keys("Es fehlt an Wohnungen.")
    log.saved("Es fehlt an Wohnungen.")
    log.until(lambda: log.said().startswith("Gespeichert um "))
    log.until(lambda: log.kept() == 0)
    log.meeting.refresh_from_db()
    assert log.meeting.state == "held"


def test_guest_decision_task_and_item_are_typed_without_leaving_the_page(log: Log) -> None:
    field = log.text_field()
    field.send_keys(shortcut("b"))
    log.presses("Wir gründen eine Gruppe." + Keys.TAB + "7" + Keys.TAB + "0" + Keys.TAB + "1")
    log.until(lambda: Decision.objects.filter(votes_for=7, abstentions=1).exists())
    field.send_keys(shortcut("a"))
    log.presses("Einladen" + Keys.TAB + "Erika Berg" + Keys.TAB + "24.12.2026" + Keys.TAB)
    log.until(lambda: ActionItem.objects.filter(person__family_name="Berg").exists())
    log.presses(shortcut("g"))
    log.presses("Gerda Gast" + Keys.TAB + "Nachbarschaftstreff" + Keys.TAB)
    log.until(lambda: Attendance.objects.filter(role="guest", organisation_name="Nachbarschaftstreff").exists())
    log.presses(shortcut("t"))
    log.presses("Verschiedenes" + Keys.TAB + "Nichts weiter.")
    log.saved("Nichts weiter.", "Verschiedenes")
    log.until(lambda: log.kept() == 0)
    counts = [model.objects.count() for model in (Decision, ActionItem, AgendaItem, Attendance)]
    assert counts == [1, 1, 3, 4]


def test_attendance_takes_one_key_per_person(log: Log) -> None:
    first = log.browser.find_element(By.CSS_SELECTOR, ".log-person input[type=radio]")
    first.send_keys("a")
    for key in ("e", "f"):
        log.presses(key)
    log.until(
        lambda: (
            list(log.meeting.attendances.order_by("pk").values_list("presence", flat=True))
            == ["present", "excused", "absent"]
        )
    )
    log.presses(Keys.ARROW_LEFT)  # the browser's own keys stay as they are
    log.until(lambda: Attendance.objects.filter(presence="excused").count() == 2)


def test_cut_connection_loses_nothing(log: Log) -> None:
    field = log.text_field()
    field.send_keys("Vorher. ")
    log.saved("Vorher.")
    log.cut()
    field.send_keys("Währenddessen.")
    log.until(lambda: "Keine Verbindung" in log.status())
    assert log.kept() == 1
    log.cut(offline=False)
    log.saved("Vorher. Währenddessen.")
    log.until(lambda: log.kept() == 0)
    log.until(lambda: "wieder da" in log.status())


def test_page_closed_without_a_connection_sends_what_was_typed_when_it_is_opened_again(log: Log) -> None:
    log.cut()
    log.text_field().send_keys("Im Zug getippt.")
    log.text_field().send_keys(shortcut("b"))
    log.presses("Wir treffen uns wieder.")
    log.until(lambda: log.kept() == 2)
    log.browser.get("about:blank")
    log.cut(offline=False)
    log.open()
    log.saved("Im Zug getippt.")
    log.until(lambda: Decision.objects.filter(wording="Wir treffen uns wieder.").count() == 1)
    log.until(lambda: log.kept() == 0)
    log.browser.refresh()
    assert log.text_field().get_attribute("value") == "Im Zug getippt."
    assert len(log.browser.find_elements(By.CSS_SELECTOR, "[data-piece^=decision-]")) == 1


def test_finishing_where_all_is_saved_already_leads_to_the_minutes(log: Log) -> None:
    log.text_field().send_keys("Gesagt.")
    log.saved("Gesagt.")
    log.until(lambda: log.kept() == 0)
    log.finish()
    log.until(lambda: log.browser.current_url.endswith("/protokoll/"))


def test_finishing_while_a_save_is_on_its_way_is_no_conflict_and_takes_along_what_is_typed_meanwhile(log: Log) -> None:
    field = log.text_field()
    log.network(latency=2000)
    field.send_keys("Gesagt")
    log.until(lambda: log.said() == "Wird gespeichert …")
    field.send_keys(", getan")
    log.finish()
    log.saved("Gesagt, getan")
    field.send_keys(" und aufgeschrieben.")
    log.until(lambda: log.browser.current_url.endswith("/protokoll/"))
    assert log.item().result == "Gesagt, getan und aufgeschrieben."
    assert log.kept() == 0


LOSE_ANSWERS = """
const real = window.fetch;
window.fetch = async (...sent) => { await real(...sent); throw new TypeError("lost"); };
window.heal = () => { window.fetch = real; };
"""


def test_answer_that_was_lost_is_neither_a_second_row_nor_a_conflict(log: Log) -> None:
    log.browser.execute_script(LOSE_ANSWERS)
    field = log.text_field()
    field.send_keys("Angekommen")
    log.saved("Angekommen")
    field.send_keys(", und weiter.")
    field.send_keys(shortcut("b"))
    log.presses("Beschlossen.")
    log.until(lambda: "Keine Verbindung" in log.status())
    log.browser.execute_script("heal(); window.dispatchEvent(new Event('online'));")
    log.saved("Angekommen, und weiter.")
    log.until(lambda: log.kept() == 0)
    assert Decision.objects.count() == 1
    assert not log.browser.find_elements(By.CSS_SELECTOR, ".log-conflict")


@pytest.fixture
def second(log: Log, tmp_path: Path) -> Iterator[Log]:
    """Another browser, in which a colleague has the same page open."""
    browser = started(tmp_path / "second")
    browser.address = log.browser.address
    colleague = Log(log.meeting, browser)
    sign_in(browser, OfficeMembershipFactory(office=log.meeting.forum.office).user)
    colleague.open()
    yield colleague
    browser.quit()


def test_two_writers_see_both_texts_and_put_them_together(log: Log, second: Log) -> None:
    log.text_field().send_keys("Von der einen.")
    log.saved("Von der einen.")
    second.text_field().send_keys("Von der anderen.")
    second.until(lambda: second.browser.find_elements(By.CSS_SELECTOR, ".log-conflict"))
    conflict = second.browser.find_element(By.CSS_SELECTOR, ".log-conflict")
    assert "Von der einen." in conflict.text
    assert second.text_field().get_attribute("value") == "Von der anderen."
    assert log.item().result == "Von der einen."
    assert not second.browser.violations()
    [both] = [one for one in conflict.find_elements(By.TAG_NAME, "button") if one.text.startswith("Beide")]
    both.send_keys(Keys.ENTER)
    second.saved("Von der einen.\n\nVon der anderen.")
    second.until(lambda: second.kept() == 0)


def test_session_that_ended_is_said_and_costs_nothing(log: Log, user: User) -> None:
    Session.objects.all().delete()
    log.text_field().send_keys("Nach der Pause.")
    log.until(lambda: "nicht mehr angemeldet" in log.status())
    assert log.browser.find_element(By.CSS_SELECTOR, "[data-sign-in]").is_displayed()
    # Signing in in another tab brings a new session and a new token.
    log.browser.delete_cookie("csrftoken")
    log.browser.add_cookie({"name": settings.SESSION_COOKIE_NAME, "value": session_of(user)})
    log.browser.execute_script("window.dispatchEvent(new Event('focus'))")
    log.saved("Nach der Pause.")
    log.until(lambda: log.kept() == 0)


def test_what_is_kept_is_not_given_to_another_account(log: Log, meeting: Meeting) -> None:
    log.browser.execute_script("window.fetch = () => Promise.reject(new TypeError('cut'))")
    log.text_field().send_keys("Nur von mir.")
    log.until(lambda: log.kept() == 1)
    sign_in(log.browser, OfficeMembershipFactory(office=meeting.forum.office).user)
    log.open()
    assert log.text_field().get_attribute("value") == ""
    assert log.kept() == 1


def test_removed_entry_can_be_brought_back(log: Log) -> None:
    log.text_field().send_keys(shortcut("b"))
    log.presses("Doch nicht.")
    log.until(Decision.objects.exists)
    log.until(lambda: log.kept() == 0)
    log.browser.find_element(By.CSS_SELECTOR, "[data-piece^=decision-] button[name=remove]").send_keys(Keys.ENTER)
    log.until(lambda: not Decision.objects.exists())
    log.presses(Keys.ENTER)
    log.until(lambda: Decision.objects.filter(wording="Doch nicht.").exists())


def test_preview_shows_the_text_as_it_will_look(log: Log) -> None:
    log.text_field().send_keys("- **viel**")
    button = log.browser.find_element(By.CSS_SELECTOR, f"button[name=preview][value='{log.item().key}']")
    button.send_keys(Keys.ENTER)
    log.until(lambda: log.browser.find_elements(By.CSS_SELECTOR, "[data-preview] li strong"))


def test_everything_works_without_scripts(log: Log, without_javascript: Browser) -> None:
    log.open()
    person = log.meeting.attendances.first()
    log.browser.find_element(By.CSS_SELECTOR, f"[name=person-{person.person_id}-presence][value=present]").click()
    log.text_field().send_keys("Ohne Skript.")
    key = log.item().key
    log.browser.submit(f"button[name=add][value='decision-{key}']")
    log.presses("So sei es.")
    log.browser.submit("[data-save-all]")
    assert log.item().result == "Ohne Skript."
    assert Decision.objects.get().wording == "So sei es."
    assert Attendance.objects.get(pk=person.pk).presence == "present"
    assert "Gespeichert um" in log.browser.find_element(By.CSS_SELECTOR, ".messages").text


def test_axe_finds_nothing_while_everything_is_in_use(log: Log) -> None:
    log.text_field().send_keys(shortcut("b"))
    log.presses("So sei es." + Keys.TAB + "7" + Keys.TAB * 4)
    log.until(lambda: log.browser.find_elements(By.CSS_SELECTOR, ".log-notice .kern-error"))
    for size in (WIDE, NARROW):
        log.browser.resize(size)
        found = log.browser.violations()
        assert not found, described(found)
        assert log.browser.overflow() <= 0


def test_sign_in_sheet_of_fifteen_people_fits_one_page(log: Log) -> None:
    for _ in range(12):
        AttendanceFactory(meeting=log.meeting, is_for_one_meeting=True)
    with printed(log.browser, reverse("sign_in_sheet", args=[log.meeting.forum_id, log.meeting.pk])) as document:
        assert len(document) == 1
        assert [round(side * MILLIMETRES) for side in document[0].get_size()] == [210, 297]
        text = text_of(document)
    for shown in ("Teilnahmeliste", "Erika Anders", "Erika Calvo", "Unterschrift", log.meeting.place):
        assert shown in text

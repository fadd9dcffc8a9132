"""The whole way of a forum: set up, planned, invited by real mail, logged with three people, approved, taken along."""

import re
import time
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from accounts.demo import COORDINATION
from common.periods import today
from forums.models import ActionItem, AgendaItem, Forum, Meeting
from tests.browser.conftest import Browser
from tests.browser.test_confirmation import LONGEST, looks_right, mail_server, worker  # noqa: F401
from tests.browser.test_minutes import BUTTON, words
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

MEMBERS = ("Anna Aster", "Bo Buche", "Cem Clematis")
FORUM = "Runder Tisch Probelauf"


def address_of(member: str) -> str:
    return f"{member.split(maxsplit=1)[0].lower()}.probe@example.org"


def fill(browser: Browser, **typed: str) -> None:
    for name, text in typed.items():
        field = browser.find_element(By.NAME, name)
        field.clear()
        field.send_keys(text)


def tick(browser: Browser, name: str, value: str = "") -> None:
    """Tick a box or choose a button, by keyboard."""
    chosen = f'[value="{value}"]' if value else ""
    browser.find_element(By.CSS_SELECTOR, f'input[name="{name}"]{chosen}').send_keys(Keys.SPACE)


def mail_to(server: MailServer, member: str, subject: str) -> Any:
    end = time.monotonic() + LONGEST
    while not (mails := [mail for mail in server.to(address_of(member)) if subject in mail["Subject"]]):
        assert time.monotonic() < end, f"No mail “{subject}” came."
        time.sleep(0.2)
    return mails[0]


def link_in(mail: Any, word: str) -> str:
    return re.findall(rf"http://\S+/{word}/\S+", mail.get_body(("plain",)).get_content())[0]


def set_up(browser: Browser) -> Forum:
    browser.visit("/foren/")
    browser.go("Forum einrichten")
    looks_right(browser)
    Select(browser.find_element(By.NAME, "kind")).select_by_value("round_table")
    fill(browser, name=FORUM, purpose="Verabreden, was vor Ort zu tun ist.")
    Select(browser.find_element(By.NAME, "district")).select_by_index(1)
    tick(browser, "is_public")
    tick(browser, "publishes_minutes")
    browser.submit(BUTTON)
    forum = Forum.objects.get(name=FORUM)
    for member in MEMBERS:
        browser.visit(f"{forum.get_absolute_url()}mitglieder/neu/")
        given, family = member.split()
        fill(browser, given_name=given, family_name=family, email=address_of(member))
        browser.submit("main form[method=post] [type=submit]")
    browser.visit(forum.get_absolute_url())
    looks_right(browser)
    assert all(member in words(browser) for member in MEMBERS)
    return forum


def plan(browser: Browser, forum: Forum) -> Meeting:
    """A meeting of today, as late as can be, so that it is neither over nor on another day."""
    browser.go("Sitzung planen")
    looks_right(browser)
    fill(browser, day=f"{today():%d.%m.%Y}", starts_at="23:57", ends_at="23:59", place="Rathaus, Raum 2")
    tick(browser, "is_planned")
    browser.submit(BUTTON)
    meeting = Meeting.objects.get(forum=forum)
    browser.visit(f"{meeting.get_absolute_url()}tagesordnung/")
    for title in ("Wohnraum", "Verschiedenes"):
        fill(browser, title=title)
        browser.submit("main form.form [type=submit], main form[method=post]:not(#order) [type=submit]")
    looks_right(browser)
    return meeting


def log(browser: Browser, meeting: Meeting) -> None:
    """Three people are there; what is said, decided and to be done is typed, and saved by the button."""
    browser.visit(f"{meeting.get_absolute_url()}protokollieren/")
    looks_right(browser)
    people = browser.find_elements(By.CSS_SELECTOR, ".log-person")
    assert len(people) == len(MEMBERS)
    for person in people:
        person.find_element(By.CSS_SELECTOR, 'input[value="present"]').send_keys(Keys.SPACE)
    item = browser.find_element(By.CSS_SELECTOR, ".log-item")
    text = item.find_element(By.CSS_SELECTOR, "textarea[name$=result]")
    text.send_keys("Es fehlt an Wohnungen für große Familien.")
    text.send_keys(Keys.ALT + Keys.SHIFT + "b" + Keys.NULL)
    browser.switch_to.active_element.send_keys("Wir laden die Genossenschaften ein." + Keys.TAB + "3" + Keys.TAB + "0")
    browser.switch_to.active_element.send_keys(Keys.TAB + "0")
    text.send_keys(Keys.ALT + Keys.SHIFT + "a" + Keys.NULL)
    browser.switch_to.active_element.send_keys("Genossenschaften anschreiben" + Keys.TAB + MEMBERS[0])
    looks_right(browser)
    browser.find_element(By.CSS_SELECTOR, "button[name=finish]").send_keys(Keys.ENTER)
    WebDriverWait(browser, LONGEST).until(lambda _: browser.current_url.endswith("/protokoll/"))
    present = meeting.attendances.filter(presence="present").order_by("person__sort_key")
    assert [str(row) for row in present] == list(MEMBERS)


def visit_as_stranger(browser: Browser, forum: Forum, meeting: Meeting) -> None:
    """Reads results and decisions and nothing about anybody; of a forum that is not public nothing at all."""
    items = AgendaItem.objects.filter(is_internal=False, meeting__forum__in=Forum.objects.filter(is_public=False))
    internal = items.filter(meeting__forum__office=forum.office, meeting__state=Meeting.State.HELD).first()
    assert internal
    search = f"/foren/suche/?{urlencode({'q': internal.title, 'forum': internal.meeting.forum_id})}"
    browser.visit(search)
    assert internal.meeting.forum.name in words(browser)

    browser.delete_all_cookies()
    browser.visit(f"{meeting.get_absolute_url()}protokoll/")
    looks_right(browser)
    assert "Wir laden die Genossenschaften ein." in words(browser)
    for name in (*(member.split()[1] for member in MEMBERS), "Genossenschaften anschreiben"):
        assert name not in browser.page_source

    for row in (internal.meeting.forum, internal.meeting):
        browser.visit(row.get_absolute_url())
        assert browser.status() == 404
        assert internal.meeting.forum.name not in browser.page_source
    for address in (search, search.partition("&")[0]):
        browser.visit(address)
        looks_right(browser)
        assert internal.meeting.forum.name not in browser.page_source
    browser.visit("/foren/suche/?q=Genossenschaften")
    assert FORUM in words(browser)


def test_forum_from_its_setting_up_to_published_results(
    worker: None,  # noqa: F811
    mail_server: MailServer,  # noqa: F811
    browser: Browser,
) -> None:
    browser.sign_in(COORDINATION.email)
    forum = set_up(browser)
    meeting = plan(browser, forum)
    browser.visit(f"{meeting.get_absolute_url()}einladen/")
    looks_right(browser)
    browser.submit(BUTTON)

    # A member without account answers by the mail's link; what a scanner opens changes nothing.
    invitation = mail_to(mail_server, MEMBERS[0], FORUM)
    [calendar] = [part for part in invitation.walk() if part.get_content_type() == "text/calendar"][:1]
    assert calendar.get_param("method") == "REQUEST"
    link = link_in(invitation, "rueckmeldung")
    with urllib.request.urlopen(link, timeout=30) as answer:
        assert answer.status == 200
    asked = meeting.attendances.get(person__family_name="Aster")
    assert asked.reply == ""
    browser.delete_all_cookies()
    browser.get(link)
    looks_right(browser)
    tick(browser, "reply", "accepted")
    browser.submit(BUTTON)
    asked.refresh_from_db()
    assert asked.reply == "accepted"

    browser.sign_in(COORDINATION.email)
    log(browser, meeting)
    assert "Es fehlt an Wohnungen" in words(browser)
    browser.go("An die Mitglieder versenden")
    browser.submit(BUTTON)
    assert "Das Protokoll geht an 3 Mitglieder." in words(browser)

    # The member finds her task in the minutes that her mail leads to.
    browser.delete_all_cookies()
    browser.get(link_in(mail_to(mail_server, MEMBERS[0], "Protokoll"), "protokolle"))
    looks_right(browser)
    assert "Genossenschaften anschreiben" in words(browser)
    assert ActionItem.objects.get(forum=forum).person == asked.person

    browser.sign_in(COORDINATION.email)
    browser.visit(f"{meeting.get_absolute_url()}protokoll/genehmigen/")
    browser.submit(BUTTON)
    assert "genehmigt" in words(browser).lower()
    pdf = urllib.request.Request(f"{browser.address}{meeting.get_absolute_url()}protokoll.pdf")
    session = browser.get_cookie(settings.SESSION_COOKIE_NAME)
    assert session
    pdf.add_header("Cookie", f"{session['name']}={session['value']}")
    with urllib.request.urlopen(pdf, timeout=30) as answer:
        assert answer.read(5) == b"%PDF-"
    browser.visit(f"{meeting.get_absolute_url()}protokoll/veroeffentlichen/")
    looks_right(browser)
    browser.submit(BUTTON)
    visit_as_stranger(browser, forum, meeting)

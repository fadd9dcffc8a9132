"""A lead deals out the four towns of a leaver among three people; on that day pages, map and open work have changed."""

from collections.abc import Collection, Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from accounts.demo import LEAD
from common import duties
from common.periods import ONE_DAY, today
from contacts import open_work
from contacts.models import Assignment, ContactPerson, Handover
from municipalities.models import Municipality
from tests.browser.conftest import Browser
from tests.browser.test_reassignment import at_noon, first_of_next_month, in_german

pytestmark = pytest.mark.django_db

LEAVER = "Vorlage"
RECEIVERS = {"Boffzen": "Skizze", "Derental": "Entwurf", "Fürstenberg": "Muster", "Lauenförde": "Muster"}


def post(family_name: str) -> ContactPerson:
    return ContactPerson.objects.select_related("person").get(person__family_name=family_name)


@pytest.fixture
def letters(demonstration: None) -> Iterator[dict[str, ContactPerson]]:
    """Open work that the portal does not know by itself: a letter about each town, with whom it lies."""
    held = dict.fromkeys(RECEIVERS, post(LEAVER))
    towns = dict(Municipality.objects.filter(name__in=RECEIVERS, district__ags="03255").values_list("pk", "name"))

    def open_of(holder: ContactPerson) -> list[open_work.Thing]:
        return [
            open_work.Thing(pk, f"Brief an {name}", "/", town_id=pk)
            for pk, name in towns.items()
            if held[name] == holder
        ]

    def pass_on(ids: Collection[int], receiver: ContactPerson, handover: Handover) -> None:
        held.update((towns[pk], receiver) for pk in ids)

    open_work.join(open_work.Kind("letters", "Brief", open_of, pass_on))
    yield held
    open_work.leave("letters")


def contacts(browser: Browser) -> dict[str, str]:
    """What the pages of the towns say."""
    found = {}
    for name in RECEIVERS:
        town = Municipality.objects.get(name=name, district__ags="03255")
        browser.visit(f"/kommunen/{town.ags}/")
        found[name] = browser.find_element(By.CSS_SELECTOR, "main").text
    return found


def map_labels(browser: Browser) -> str:
    browser.visit("/kreise/03255/")
    return browser.find_element(By.CSS_SELECTOR, "svg.map").get_attribute("innerHTML") or ""


def deal_out(browser: Browser) -> None:
    """From the person's page through form and preview to the record."""
    leaver, day = post(LEAVER), first_of_next_month(today())
    browser.visit(leaver.get_absolute_url())
    browser.submit("a[href$='/uebergabe/']")
    browser.find_element(By.NAME, "day").send_keys(in_german(day))
    Select(browser.find_element(By.NAME, "all_to")).select_by_value(str(post("Muster").pk))
    for assignment in Assignment.objects.filter(contact_person=leaver).select_related("municipality"):
        receiver = RECEIVERS[assignment.municipality.name]
        if receiver != "Muster":
            Select(browser.find_element(By.NAME, f"to_{assignment.pk}")).select_by_value(str(post(receiver).pk))
    browser.submit("button[value=vorschau]")
    assert browser.violations() == []
    preview = browser.find_element(By.CSS_SELECTOR, "main").text
    assert not Handover.objects.filter(leaver=leaver).exists()
    for name, receiver in RECEIVERS.items():
        assert f"Brief an {name}" in preview
        assert f"{receiver}, ab {in_german(day)}" in preview
    browser.submit("button[value=verbindlich]")
    assert "Übergabeprotokoll" in browser.find_element(By.CSS_SELECTOR, "h1").text


def test_towns_change_hands_on_the_day(letters: dict[str, ContactPerson], browser: Browser) -> None:
    day, leaver = first_of_next_month(today()), post(LEAVER)

    browser.sign_in(LEAD.email)
    deal_out(browser)
    browser.delete_all_cookies()

    with at_noon(day - ONE_DAY):
        duties.run_due()
        before = contacts(browser)
        assert not any(receiver in before[name] for name, receiver in RECEIVERS.items())
    assert set(letters.values()) == {leaver}
    with at_noon(day):
        duties.run_due()
        after, labels = contacts(browser), map_labels(browser)
    for name, receiver in RECEIVERS.items():
        assert receiver in after[name]
        assert letters[name] == post(receiver)
        assert f"{name}: {post(receiver).person.name}" in labels

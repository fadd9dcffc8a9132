"""An administrator finds somebody entered twice, looks at what would move, and makes one of the two."""

from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from accounts.demo import ADMINISTRATION
from contacts.models import ContactPerson, Office, Person
from tests.browser.conftest import NARROW, WIDE, Browser, described
from tests.factories import ContactPersonFactory, PersonFactory

pytestmark = pytest.mark.django_db

WRONG, RIGHT, PHONE = "Mustre", "Muster", "030 23125-999"


@pytest.fixture(scope="module")
def post(demonstration: None, django_db_blocker: Any) -> ContactPerson:
    """Bela Muster once more, with a slip of the pen and a phone number."""
    with django_db_blocker.unblock():
        person = PersonFactory(given_name="Bela", family_name=WRONG, phone=PHONE, email="")
        return ContactPersonFactory(person=person, office=Office.objects.get(slug="beispielstelle"))


def test_administrator_makes_one_of_two_entries(post: ContactPerson, browser: Browser) -> None:
    older = Person.objects.get(given_name="Bela", family_name=RIGHT)
    browser.sign_in(ADMINISTRATION.email)
    browser.visit("/verwaltung/contacts/person/?q=bela")
    for person in (older, post.person):
        browser.find_element(By.CSS_SELECTOR, f"input[name=_selected_action][value='{person.pk}']").click()
    Select(browser.find_element(By.NAME, "action")).select_by_value("merge")
    browser.submit("#changelist-form button[name=index]")

    assert "Daraus wird eine" in browser.find_element(By.ID, "content").text
    for size in (WIDE, NARROW):
        browser.resize(size)
        assert not browser.violations(), described(browser.violations())
        assert browser.overflow() <= 0
    browser.resize(WIDE)
    browser.find_element(By.CSS_SELECTOR, "input[name=phone][value=gone]").click()
    browser.submit("button[value=carry_out]")

    assert browser.current_url.endswith(f"/verwaltung/contacts/person/{older.pk}/change/")
    assert browser.find_element(By.NAME, "phone").get_attribute("value") == PHONE
    assert browser.find_element(By.NAME, "family_name").get_attribute("value") == RIGHT
    browser.delete_all_cookies()
    browser.visit(f"/ansprechpersonen/{post.pk}/")
    assert browser.find_element(By.TAG_NAME, "h1").text == f"Bela {RIGHT}"

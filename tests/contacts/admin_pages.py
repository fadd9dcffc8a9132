"""What the admin's tests share: an office with towns and people, and forms filled in as a browser would send them."""

import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.periods import period
from contacts.models import Assignment, ContactPerson, Office
from municipalities.models import District, Municipality
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    DistrictFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)


class Setting:
    """A district with its office, two towns, two posts and an administrator; and another office beside it."""

    def __init__(self) -> None:
        self.district: District = DistrictFactory(name="Musterkreis")
        self.office: Office = OfficeFactory(areas=[self.district])
        self.town: Municipality = MunicipalityFactory(name="Adorf", district=self.district)
        self.second_town: Municipality = MunicipalityFactory(name="Bedorf", district=self.district)
        self.ada: ContactPerson = ContactPersonFactory(
            office=self.office, person=PersonFactory(given_name="Ada", family_name="Beispiel")
        )
        self.ben: ContactPerson = ContactPersonFactory(
            office=self.office, person=PersonFactory(given_name="Ben", family_name="Muster")
        )
        self.administrator = UserFactory()
        OfficeMembershipFactory(user=self.administrator, office=self.office, role="administrator")
        self.elsewhere: Assignment = AssignmentFactory()

    def client(self) -> Client:
        client = Client()
        client.force_login(self.administrator, backend="accounts.backends.SignInBackend")
        return client

    def assign(self, post: ContactPerson, town: Municipality, first: str, last: str = "", **fields: Any) -> Assignment:
        days = period(day(first), day(last) if last else None)
        return AssignmentFactory(contact_person=post, municipality=town, valid=days, **fields)


def day(written: str) -> datetime.date:
    return datetime.datetime.strptime(written, "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


def superuser_client() -> Client:
    client = Client()
    client.force_login(UserFactory(is_superuser=True), backend="accounts.backends.SignInBackend")
    return client


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:contacts_{name}", args=args)


class _Fields(HTMLParser):
    """Collects what the form's controls hold."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}
        self._form, self._select, self._text = False, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        name, value = a.get("name") or "", a.get("value") or ""
        if tag == "form":
            self._form = (a.get("id") or "").endswith("_form")
        elif not self._form:
            return
        elif tag == "input" and name and a.get("type") not in ("submit", "file"):
            if a.get("type") not in ("checkbox", "radio"):
                self.data[name] = value
            elif "checked" in a:
                self.data.setdefault(name, []).append(a.get("value", "on"))
        elif tag == "select":
            self._select = name
            self.data.setdefault(name, "")
        elif tag == "option" and "selected" in a and self._select:
            self.data[self._select] = value
        elif tag == "textarea":
            self._text = name
            self.data[name] = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.data[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""


def filled_in(response: Any) -> dict[str, Any]:
    """What a browser would send back of the page's form, unchanged."""
    fields = _Fields()
    fields.feed(response.content.decode())
    assert "csrfmiddlewaretoken" in fields.data
    return fields.data

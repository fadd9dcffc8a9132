"""What the admin's tests share: an office with towns and people, and forms filled in as a browser would send them."""

import datetime
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


def filled_in(response: Any) -> dict[str, str]:
    """What a browser would send back of the page's form and inlines, unchanged."""
    context = response.context
    forms = [context["adminform"].form]
    data: dict[str, str] = {}
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            widget, value = bound.field.widget, bound.value()
            shown = widget.get_context(bound.html_name, value, {})["widget"]
            for part in shown.get("subwidgets") or [shown]:
                given = part["value"]
                if part.get("type") == "checkbox":
                    if part["attrs"].get("checked"):
                        data[part["name"]] = "on"
                elif isinstance(given, list):
                    data[part["name"]] = given[0] if given else ""
                else:
                    data[part["name"]] = "" if given is None else str(given)
    return data

"""A contact person who is asked whether their entry is right."""

import re
from typing import Any

from django.test import Client

from common.periods import today
from contacts.models import ContactPerson
from tests.factories import ContactPersonFactory, DistrictFactory, OfficeFactory, PersonFactory


def a_post(month: int | None = -1, **given: Any) -> ContactPerson:
    """Mira Beispiel's post at an office that asks in this month, in the one given, or never."""
    person = {name.removeprefix("person__"): given.pop(name) for name in list(given) if name.startswith("person__")}
    office = OfficeFactory(
        email="stelle@example.org",
        areas=[DistrictFactory()],
        confirmation_month=today().month if month == -1 else month,
    )
    known = {"given_name": "Mira", "family_name": "Beispiel", "phone": "05555 100-12"}
    address = {"email": "mira.beispiel@example.org"}
    return ContactPersonFactory(office=office, person=PersonFactory(**known | address | person), **given)


def sent_by(client: Client, path: str) -> dict[str, str]:
    """What the page's form would send as it stands, without what a person types or ticks."""
    text = client.get(path).content.decode().split("<main", 1)[1]
    return {
        name: value
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
        if name != "csrfmiddlewaretoken"
    }

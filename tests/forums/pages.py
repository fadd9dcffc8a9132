"""What the tests of forums' pages share: an office with a district and two towns, its staff, and a client for each."""

from typing import Any

from django.test import Client

from forums.models import Forum
from tests.factories import (
    DistrictFactory,
    FieldOfActionFactory,
    ForumFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    TargetGroupFactory,
)


class Setting:
    """The district's office; a neighbour in the same state that serves one town; and a stranger far away."""

    def __init__(self) -> None:
        self.district = DistrictFactory(name="Musterkreis", full_name="Kreis Muster")
        self.office = OfficeFactory(name="Stelle Muster", areas=[self.district])
        self.town = MunicipalityFactory(name="Adorf", district=self.district)
        self.second_town = MunicipalityFactory(name="Bedorf", district=self.district)
        self.field = FieldOfActionFactory(office=self.office, name="Sprache")
        self.group = TargetGroupFactory(office=self.office)
        self.task = OfficeTaskFactory(office=self.office)
        self.other_district = DistrictFactory(name="Nebenkreis", state=self.district.state)
        self.other_town = MunicipalityFactory(name="Cedorf", district=self.other_district)
        self.other_office = OfficeFactory(name="Stelle Nebenan", areas=[self.other_town])
        self.far_town = MunicipalityFactory(name="Fernau")
        self.coordinator = OfficeMembershipFactory(office=self.office).user
        self.neighbour = OfficeMembershipFactory(office=self.other_office).user

    def forum(self, **fields: Any) -> Forum:
        given: dict[str, Any] = {"office": self.office, "name": "Arbeitskreis", "about": [self.town]}
        return ForumFactory(**given | fields)

    def sent(self, **fields: Any) -> dict[str, Any]:
        """A form of a new forum as a browser sends it."""
        given: dict[str, Any] = {
            "kind": "round_table",
            "name": "Runder Tisch Adorf",
            "purpose": "Wer in Adorf mit Ankommenden zu tun hat, spricht sich ab.",
            "rhythm": "quarterly",
            "towns": [self.town.pk],
            "fields": [self.field.pk],
            "target_groups": [self.group.pk],
            "task": self.task.pk,
            "partners": [self.other_office.pk],
            "period_0": "01.01.2026",
            "period_1": "",
        }
        return given | fields


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def errors(response: Any) -> dict[str, list[str]]:
    """The messages of a form that came back."""
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context["form"].errors
    return {name: list(messages) for name, messages in found.items()}

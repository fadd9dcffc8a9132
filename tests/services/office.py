"""What the tests of an office's work share: its staff, a town hall, and requests as they come in."""

import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from contacts.models import ContactPerson
from services.models import ServiceRequest
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
    UserFactory,
)


class Setting:
    """An office with a coordinator who is responsible for a town, the town's clerk, and others who see nothing."""

    def __init__(self) -> None:
        self.town = MunicipalityFactory(name="Adorf")
        self.office = OfficeFactory(name="Stelle Muster", code="BSP", areas=[self.town.district])
        self.coordinator = OfficeMembershipFactory(office=self.office).user
        self.post = self.post_of(self.coordinator)
        AssignmentFactory(contact_person=self.post, municipality=self.town)
        self.clerk = MunicipalStaffFactory(municipality=self.town).user
        self.requester = UserFactory()
        self.neighbour = OfficeMembershipFactory().user
        self.other_clerk = MunicipalStaffFactory().user
        self.offering = ServiceOfferingFactory(office=self.office, title="Fachvortrag")

    def post_of(self, user: Any, **fields: Any) -> ContactPerson:
        return ContactPersonFactory(office=self.office, person__user=user, **fields)

    def request(self, at: datetime.datetime | None = None, **fields: Any) -> ServiceRequest:
        """One that was received."""
        given: dict[str, Any] = {"offering": self.offering, "municipality": self.town, "account": self.requester}
        row = ServiceRequestFactory(**given | fields)
        row.submit(at or timezone.now())
        return row


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def send(client: Client, address: str, **typed: Any) -> Any:
    """Open the form of the address and send it, as a browser does: with what it hides."""
    form = client.get(address).context["form"]
    hidden = {field.html_name: field.value() for field in form.hidden_fields() if field.value() is not None}
    return client.post(address, hidden | typed)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())

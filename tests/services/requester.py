"""What the tests of asking and following share: an office with an offering, a town with its clerk, and forms."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contacts.models import ContactPerson
from services import links
from services.models import ServiceRequest
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
)

PDF = b"%PDF-1.7\n%%EOF"
MAIL = "gisela.gast@example.org"


class Setting:
    """An office that serves a district with two towns; the clerk works in the first one's town hall."""

    def __init__(self) -> None:
        self.town = MunicipalityFactory(name="Adorf")
        self.second_town = MunicipalityFactory(name="Bedorf", district=self.town.district)
        self.office = OfficeFactory(name="Stelle Muster", slug="muster", code="BSP", areas=[self.town.district])
        self.post: ContactPerson = ContactPersonFactory(office=self.office)
        AssignmentFactory(contact_person=self.post, municipality=self.town)
        self.clerk = MunicipalStaffFactory(municipality=self.town, user__name="Rosa Rathaus").user
        self.colleague = MunicipalStaffFactory(municipality=self.town).user
        self.stranger = MunicipalStaffFactory().user
        self.offering = ServiceOfferingFactory(office=self.office, title="Fachvortrag")
        self.address = f"/leistungen/{self.offering.pk}/anfragen/"

    def request(self, **fields: Any) -> ServiceRequest:
        """One that was received; the clerk's, unless said otherwise."""
        given: dict[str, Any] = {"offering": self.offering, "municipality": self.town, "account": self.clerk}
        row = ServiceRequestFactory(**given | fields)
        row.submit(row.created_at)
        row.refresh_from_db()
        return row

    def typed(self, **fields: Any) -> dict[str, Any]:
        """The fields of the form as somebody fills them in."""
        given: dict[str, Any] = {
            "municipality": self.town.pk,
            "subject": "Vortrag über Beratungsstellen",
            "concern": "Der Ausschuss möchte einen Überblick.",
            "audience": "Sozialausschuss",
            "head_count": "20",
            "wished_dates": "ein Dienstag im März",
            "requester_name": "Gisela Gast",
            "requester_email": MAIL,
            "asks_for": "town_hall",
        }
        return given | fields


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def hidden(client: Client, address: str) -> dict[str, Any]:
    """What the form of the address sends besides what is typed."""
    return hidden_in(client.get(address))


def hidden_in(response: Any) -> dict[str, Any]:
    form = response.context["form"]
    return {field.html_name: field.value() for field in form.hidden_fields() if field.value() is not None}


def send(client: Client, address: str, **typed: Any) -> Any:
    """Open the form of the address and send it, as a browser does."""
    return client.post(address, hidden(client, address) | typed)


def errors(response: Any) -> dict[str, list[str]]:
    return {name: [error.code for error in found] for name, found in response.context["form"].errors.as_data().items()}


def a_file(name: str = "Konzept.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def link(purpose: str, request: ServiceRequest) -> str:
    """The path of the link that a mail about the request holds."""
    from django.utils import timezone

    return re.sub(r"^https?://[^/]+", "", links.address_of(purpose, request, timezone.now()))

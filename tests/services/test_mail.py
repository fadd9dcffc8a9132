"""Mail about requests at a real mail server: who is told of which step, and that all of it is one thread."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from common import outbox
from common.outbox import Message
from services.models import ServiceRequest
from tests.factories import MunicipalStaffFactory
from tests.mail_server import MailServer
from tests.services.office import Setting, send, signed_in

pytestmark = pytest.mark.django_db

ROSA = "rosa.rathaus@example.org"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
def asked(setting: Setting, server: MailServer) -> ServiceRequest:
    """A clerk's request, of whose receipt she was told."""
    request = setting.request(account=setting.clerk, requester_name="Rosa Rathaus", requester_email=ROSA)
    arrived(server)
    return request


def arrived(server: MailServer, to: str = ROSA) -> list[Any]:
    """What came to that address since the last time."""
    while outbox.deliver_due():
        pass
    new = server.to(to)
    server.received.clear()
    return new


def subject(mail: Any) -> str:
    return " ".join(mail["Subject"].split())  # a long one begins on a line of its own


def text(mail: Any) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


# -- Who is told --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["Rosa Rathaus", "Kai Kollege"])
def test_who_asked_is_told_that_the_request_was_withdrawn_and_by_whom(
    setting: Setting, asked: ServiceRequest, server: MailServer, by: str
) -> None:
    colleague = MunicipalStaffFactory(municipality=setting.town, user__name="Kai Kollege").user
    client = signed_in(colleague if by == "Kai Kollege" else setting.clerk)
    setting.clerk.name = "Rosa Rathaus"
    setting.clerk.save()
    asked.refresh_from_db()
    client.post(f"/meine-anfragen/{asked.reference}/zurueckziehen/", {"version": asked.version})
    [mail] = arrived(server)
    assert subject(mail) == f"[{asked.reference}] Ihre Anfrage wurde zurückgezogen: {asked.subject}"
    assert f"wurde von {by} zurückgezogen." in text(mail)


def test_who_asked_is_told_what_a_colleague_writes_to_the_office_and_not_what_they_wrote_themselves(
    setting: Setting, asked: ServiceRequest, server: MailServer
) -> None:
    colleague = MunicipalStaffFactory(municipality=setting.town, user__name="Kai Kollege").user
    address = f"/meine-anfragen/{asked.reference}/schreiben/"
    send(signed_in(setting.clerk), address, text="Gern im Mai.")
    assert arrived(server) == []
    send(signed_in(colleague), address, text="Der Saal ist frei.")
    [mail] = arrived(server)
    assert "Kai Kollege hat der Stelle zu Ihrer Anfrage" in text(mail)
    assert "Der Saal ist frei." in text(mail)


def test_who_asked_is_told_that_the_request_was_opened_again(
    setting: Setting, asked: ServiceRequest, server: MailServer
) -> None:
    asked.decline("Keine Zeit.", timezone.now(), by=setting.coordinator)
    arrived(server)
    asked.reopen(timezone.now(), by=setting.coordinator, text="Doch, es geht.")
    [mail] = arrived(server)
    assert subject(mail) == f"[{asked.reference}] Neues zu Ihrer Anfrage: {asked.subject}"
    assert "Doch, es geht." in text(mail)
    assert "Stand: in Bearbeitung." in text(mail)


# -- One thread ---------------------------------------------------------------------------------------------------


def test_mails_about_a_request_are_one_thread_and_replies_go_to_an_address_of_its_own(
    setting: Setting, asked: ServiceRequest, server: MailServer, settings: Any
) -> None:
    settings.REQUEST_REPLY_ADDRESS = "anfragen@portal.example.org"
    other = setting.request(requester_email=ROSA)
    asked.accept(timezone.now(), by=setting.coordinator)
    asked.answer("Gern im Mai.", timezone.now(), by=setting.coordinator)
    of_other, first, second = arrived(server)
    assert first["Message-ID"] != second["Message-ID"]
    for header in ("References", "In-Reply-To", "Reply-To"):
        assert first[header] == second[header]
        assert first[header] != of_other[header]
    name, mark = first["Reply-To"].split("@")[0].rsplit("-", 1)
    assert first["Reply-To"].endswith("@portal.example.org")
    assert name == f"anfragen+{asked.reference.lower()}"
    assert len(mark) == 12
    assert mark not in of_other["Reply-To"]
    assert f"{other.reference.lower()}-" in of_other["Reply-To"]


def test_replies_go_to_the_office_where_the_operator_set_up_no_mailbox(
    setting: Setting, asked: ServiceRequest, server: MailServer
) -> None:
    setting.office.email = "stelle@example.org"
    setting.office.save()
    asked.answer("Gern im Mai.", timezone.now(), by=setting.coordinator)
    [mail] = arrived(server)
    assert mail["Reply-To"] == "stelle@example.org"
    assert f"[{asked.reference}]" in subject(mail)


# -- A server that fails ------------------------------------------------------------------------------------------


def test_request_is_there_while_the_mail_server_refuses_and_mail_follows_when_it_takes_some(
    setting: Setting, server: MailServer
) -> None:
    server.is_busy = True
    client = signed_in(setting.clerk)
    send(
        client,
        f"/leistungen/{setting.offering.pk}/anfragen/",
        municipality=setting.town.pk,
        subject="Vortrag über Beratungsstellen",
        concern="Ein Überblick.",
        asks_for="town_hall",
        requester_name="Rosa Rathaus",
        requester_email=ROSA,
    )
    assert arrived(server) == []
    request = ServiceRequest.objects.get()
    assert (request.state, request.assigned_to) == ("submitted", setting.post)
    assert request.reference in client.get("/meine-anfragen/").content.decode()
    assert {message.state for message in Message.objects.all()} == {"waiting"}
    server.is_busy = False
    Message.objects.update(next_try_at=timezone.now())  # as when the pause is over
    [mail] = arrived(server)
    assert subject(mail).startswith(f"[{request.reference}] Ihre Anfrage ist eingegangen")

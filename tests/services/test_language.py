"""The portal writes to whoever asked in the language in which they asked."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from common import outbox
from services.models import ServiceRequest
from tests.services.requester import MAIL, Setting, send, signed_in


@pytest.fixture
def setting(db: None, settings: Any, tmp_path: Any) -> Setting:
    settings.FILES_ROOT = tmp_path / "files"
    return Setting()


def delivered(to: str) -> list[Any]:
    """What came to that address since the last time."""
    mail.outbox.clear()
    while outbox.deliver_due():
        pass
    return [message for message in mail.outbox if message.to == [to]]


def paths(message: Any) -> list[str]:
    return [re.sub("^https?://[^/]+", "", address) for address in re.findall(r"https?://\S+", message.body)]


def test_visitor_who_asked_in_english_is_written_to_in_english(setting: Setting) -> None:
    send(Client(), f"/en{setting.address}", **setting.typed())
    [confirm] = delivered(MAIL)
    assert confirm.subject.startswith("Please confirm your request")
    assert '<html lang="en">' in confirm.alternatives[0][0]
    Client().post(paths(confirm)[0])
    request = ServiceRequest.objects.get()
    [received] = delivered(MAIL)
    request.ask_back("Wie viele?", timezone.now(), by=None)
    [asked] = delivered(MAIL)
    request.correct_requester(timezone.now(), by=None, requester_email="neu@example.org")
    [readdressed] = delivered("neu@example.org")
    request.complete(timezone.now(), by=None)
    completed = delivered("neu@example.org")
    subjects = [re.sub(r"^\[\S+\] ", "", message.subject) for message in (received, asked, readdressed, *completed)]
    assert [subject.rpartition(":")[0] for subject in subjects] == [
        "Your request was received",
        "A question about your request",
        "Your way to your request",
        "Your request is completed",
        "How was it? Three short questions about",
    ]
    for message in (confirm, received, asked, readdressed, *completed):
        assert ("Good day," if message is confirm else "Good day Gisela Gast,") in message.body
        assert "This message was sent automatically." in message.body
        assert all(path.startswith("/en/") for path in paths(message))
    for path in paths(completed[-1]):
        assert Client().get(path).status_code == 200


def test_account_is_written_to_in_the_language_of_its_request(setting: Setting) -> None:
    for prefix, beginning in (("/en", "Your request was received"), ("", "Ihre Anfrage ist eingegangen")):
        send(signed_in(setting.clerk), f"{prefix}{setting.address}", **setting.typed(subject=f"Vortrag {prefix}"))
        request = ServiceRequest.objects.order_by("-pk")[0]
        [message] = delivered(MAIL)
        assert message.subject.startswith(f"[{request.reference}] {beginning}")
        assert paths(message)[0] == prefix + f"/anfragen/{request.reference}/"


def test_draft_is_sent_in_the_language_of_its_last_form(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    draft = send(client, f"/en{setting.address}", **setting.typed(), save="").headers["Location"]
    assert ServiceRequest.objects.get().language == "en"
    send(client, draft.removeprefix("/en"), **setting.typed())
    assert ServiceRequest.objects.get().language == "de"


def test_office_is_written_to_in_german_whatever_the_requester_speaks(setting: Setting) -> None:
    setting.post.person.email = "buero@example.org"
    setting.post.person.save()
    send(signed_in(setting.clerk), f"/en{setting.address}", **setting.typed())
    [message] = delivered("buero@example.org")
    assert "Neue Anfrage" in message.subject
    assert f"/anfragen/{ServiceRequest.objects.get().reference}/" in paths(message)


def test_correction_proposed_in_english_is_answered_in_english(setting: Setting) -> None:
    send(Client(), "/en/korrektur/muster/", concern="Wrong.", requester_email=MAIL)
    [message] = delivered(MAIL)
    assert message.subject.startswith("Please confirm your request")


def test_request_by_phone_is_answered_in_german(setting: Setting) -> None:
    request = setting.request(account=None, requester_email=MAIL, channel="phone")
    [message] = delivered(MAIL)
    assert message.subject.startswith(f"[{request.reference}] Ihre Anfrage ist eingegangen")

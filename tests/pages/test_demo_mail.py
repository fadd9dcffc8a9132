"""A demonstration shows its mail on pages; nothing else does."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from common import outbox
from common.mail_folder import MailFolder
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.EMAIL_BACKEND = "common.mail_folder.MailFolder"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.DEMO = True
    return tmp_path / "mail"


def ask_for_a_link() -> None:
    UserFactory(email="erika@example.org")
    Client().post("/konto/passwort-vergessen/", {"email": "erika@example.org"})
    outbox.deliver_due()


def test_mail_can_be_read_and_its_link_followed(client: Client, folder: Path) -> None:
    assert "Noch ist nichts geschrieben" in client.get("/post/").content.decode()
    ask_for_a_link()
    [mail] = client.get("/post/").context["mails"]
    assert (mail.address, mail.subject) == ("erika@example.org", "Neues Passwort für das Integrationsportal")
    page = client.get(f"/post/{mail.name}/").content.decode()
    [address] = re.findall(r'href="http://testserver(/konto/zugang/[^"]+)"', page)
    assert client.get(address).status_code == 200


def test_mail_is_shown_in_a_demonstration_only(client: Client, folder: Path, settings: Any) -> None:
    ask_for_a_link()
    [file] = folder.iterdir()
    settings.DEMO = False
    for path in ("/post/", f"/post/{file.stem}/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["2026", "..", "%2e%2e%2fportal", "secret_key"])
def test_no_other_file_is_shown(client: Client, folder: Path, name: str) -> None:
    folder.mkdir()
    (folder.parent / "secret_key").write_text("geheim")
    assert client.get(f"/post/{name}/").status_code == 404


def test_mail_is_kept_nowhere(client: Client, folder: Path) -> None:
    assert "no-store" in client.get("/post/")["Cache-Control"]


def test_what_is_attached_can_be_saved(client: Client, folder: Path) -> None:
    folder.mkdir()
    mail = EmailMessage(
        "Einladung", "Text", "portal@example.org", ["erika@example.org"], headers={"Message-ID": "<1@a>"}
    )
    mail.attach("einladung.ics", b"BEGIN:VCALENDAR", "application/ics")
    MailFolder().send_messages([mail])
    [shown] = client.get("/post/").context["mails"]
    page = client.get(f"/post/{shown.name}/").content.decode()
    assert f'<a href="/post/{shown.name}/1/">einladung.ics</a>' in page
    answer = client.get(f"/post/{shown.name}/1/")
    assert answer.content == b"BEGIN:VCALENDAR"
    assert answer["Content-Disposition"] == 'attachment; filename="einladung.ics"'
    assert client.get(f"/post/{shown.name}/2/").status_code == 404

"""Without a mail server each message is a file that a mail program opens."""

import email
from email import policy
from pathlib import Path
from typing import Any

import pytest

from common import outbox
from tests.common.outbox_world import OCCASION, occasion

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.EMAIL_BACKEND = "common.mail_folder.MailFolder"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def deliver() -> None:
    with occasion():
        outbox.post(OCCASION, about=7, to=3)
        outbox.deliver_due()


def test_each_message_is_one_file(folder: Path) -> None:
    deliver()
    [file] = folder.iterdir()
    mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("person3@example.org", "Nachricht 7")
    assert file.suffix == ".eml"


def test_nobody_else_may_read_it(folder: Path) -> None:
    deliver()
    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_message_written_twice_is_one_file(folder: Path) -> None:
    with occasion():
        outbox.post(OCCASION, about=7, to=3)
        outbox.deliver_due()
        outbox.Message.objects.update(state="waiting")
        outbox.deliver_due()
    assert len(list(folder.iterdir())) == 1

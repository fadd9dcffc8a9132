"""Mail kept as files instead of sent, where no mail server is set: one .eml each, which mail programs open."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class MailFolder(BaseEmailBackend):
    """Writes to settings.EMAIL_FILE_PATH, which nobody else may read: one-time links are in there."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in messages:
            _write(folder, message)
        return len(messages)


def _write(folder: Path, message: Any) -> None:
    """Whole or not at all; the same message again takes the place of the first."""
    content = message.message()
    name = content["Message-ID"].strip("<>").partition("@")[0][:16]
    made = folder / f".{name}.{os.getpid()}"
    made.touch(mode=0o600)
    made.write_bytes(content.as_bytes(linesep="\r\n"))
    earlier = next(folder.glob(f"*_{name}.eml"), None)
    made.rename(earlier or folder / f"{timezone.localtime():%Y-%m-%d_%H%M%S%f}_{name}.eml")

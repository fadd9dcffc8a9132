"""The mail of a demonstration, which leaves the machine as little as anything else, as pages.

There are one-time links in it, so these pages exist with DEMO=1 only, where the passwords are known anyway.
"""

import datetime
import email
from email import policy
from pathlib import Path
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache

NEWEST = 50


class KeptMail(NamedTuple):
    """What common.mail_folder wrote, as a mail program shows it."""

    name: str
    at: datetime.datetime
    sender: str
    address: str
    subject: str
    text: str
    attachments: list[Any]

    @classmethod
    def read(cls, file: Path) -> Self:
        mail: Any = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        attachments = list(mail.iter_attachments())
        return cls(file.stem, mail["Date"].datetime, mail["From"], mail["To"], mail["Subject"], text, attachments)

    @property
    def file_names(self) -> list[str]:
        return [part.get_filename() for part in self.attachments]


@never_cache
def demo_mail(request: HttpRequest) -> HttpResponse:
    files = sorted(_folder().glob("*.eml"), reverse=True)[:NEWEST]
    context = {"mails": [KeptMail.read(file) for file in files], "newest": NEWEST}
    return render(request, "portal/demo_mail.html", context)


@never_cache
def demo_message(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "portal/demo_message.html", {"mail": _kept(name)})


@never_cache
def demo_attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    attachments = _kept(name).attachments
    if not 1 <= number <= len(attachments):
        raise Http404
    part = attachments[number - 1]
    return HttpResponse(
        part.get_payload(decode=True),
        content_type=part.get_content_type(),
        headers={"Content-Disposition": content_disposition_header(True, part.get_filename())},
    )


def _kept(name: str) -> KeptMail:
    file = _folder() / f"{name}.eml"
    if not file.is_file():
        raise Http404
    return KeptMail.read(file)


def _folder() -> Path:
    """Where the mail is kept; not there outside a demonstration, nor where mail is really sent."""
    if not (settings.DEMO and settings.EMAIL_FILE_PATH):
        raise Http404
    return Path(settings.EMAIL_FILE_PATH)

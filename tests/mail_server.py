"""A real mail server on loopback, that keeps what it is given."""

import email
import logging
import socket
from collections.abc import Callable
from contextlib import closing
from email import policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would tell every command

NOBODY = "unbekannt@example.org"  # this server has no such mailbox


class MailServer:
    """`on_recipient` and `on_accepted` are called before a message is taken, and after but before that is said."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.on_recipient: Callable[[], None] = lambda: None
        self.on_accepted: Callable[[], None] = lambda: None
        self.is_busy = False  # takes nothing for now
        with closing(socket.socket()) as any_free:
            any_free.bind(("127.0.0.1", 0))
            self.port = any_free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.controller.stop()

    @property
    def message_ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.received]

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.received if message["To"] == address]

    # Called by aiosmtpd.

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.on_recipient()
        if self.is_busy:
            return "451 4.3.2 try again later"
        if address == NOBODY:
            return f"550 5.1.1 {address} is unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content: Any = envelope.content
        self.received.append(email.message_from_bytes(content, policy=policy.default))
        self.on_accepted()
        return "250 OK"

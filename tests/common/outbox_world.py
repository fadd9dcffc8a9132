"""Occasions that exist in tests only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test import override_settings

from common import outbox
from common.outbox import Mail, Message

OCCASION = "tests.notice"
TEMPLATES = Path(__file__).parent / "mail_templates"


def notice(message: Message) -> Mail | None:
    return Mail(f"person{message.to}@example.org", f"Nachricht {message.about}", {"about": message.about})


@contextmanager
def occasion(compose: Callable[[Message], Mail | None] = notice) -> Iterator[str]:
    """The occasion registered, and its template found."""
    engines = [{**engine, "DIRS": [*engine["DIRS"], TEMPLATES]} for engine in settings.TEMPLATES]
    before = dict(outbox._occasions)
    outbox.register(OCCASION, compose)
    try:
        with override_settings(TEMPLATES=engines):
            yield OCCASION
    finally:
        outbox._occasions.clear()
        outbox._occasions.update(before)

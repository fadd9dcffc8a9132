"""Lines of the logs: without one-time tokens, network addresses, and what the database quotes of people's data."""

import logging
import re

TOKEN = re.compile(
    r"(/(?:konto/(?:[^/\s]+/)*(?:zugang|key)|bestaetigung|aufgabe|themenvorschlag|protokolle|rueckmeldung|kalender|bestaetigen|verfolgen)/)[^/\s]+"
)
ADDRESS = re.compile(r"\bip=\S+")  # gunicorn names who sent what it does not understand
QUOTED = re.compile(r"^(DETAIL|CONTEXT): .*\n?", re.MULTILINE)  # PostgreSQL shows the row


def clean(text: str) -> str:
    return QUOTED.sub("", ADDRESS.sub("ip=…", TOKEN.sub(r"\1…", text)))


class CleanFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))

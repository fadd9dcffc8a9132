"""The one way in which approved minutes change: a name leaves them because the law demands it."""

import hashlib
import re
from typing import Any

import pgtrigger
from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.personal_data import USER
from common import periods
from common.personal_data import People
from contacts.personal_data import PERSON
from forums import minutes_text
from forums.exports import minutes as document
from forums.models import Minutes


def erase_names(rows: QuerySet[Minutes], people: People) -> None:
    """Replace these people's names in what went out, with a note; documents and checksums are made anew."""
    pattern = people.mentions()
    if pattern is None:
        return
    with translation.override(settings.LANGUAGE_CODE):
        instead = gettext("Name erased")
        note = gettext("On %(day)s a name was erased here, as the law demands; all else is as it was.") % {
            "day": date_format(periods.today(), "SHORT_DATE_FORMAT")
        }
    for minutes in rows.exclude(snapshot=None).select_for_update(no_key=True).order_by("pk"):
        minutes.snapshot = _without(minutes.snapshot, people, pattern, instead, note)
        if minutes.is_approved:
            minutes.pdf = document.approved_pdf(minutes.snapshot)
            minutes.checksum = hashlib.sha256(minutes.pdf).hexdigest()
        else:
            minutes.pdf = document.pdf(minutes_text.for_members(minutes.snapshot), draft=minutes.edition)
        if minutes.public_snapshot:
            minutes.public_snapshot = _without(minutes.public_snapshot, people, pattern, instead, note)
            minutes.public_pdf = document.pdf(minutes.public_snapshot)
        with pgtrigger.ignore("forums.Minutes:frozen"):
            minutes.save(update_fields=["snapshot", "pdf", "checksum", "public_snapshot", "public_pdf"])


def _without(text: Any, people: People, pattern: re.Pattern[str], instead: str, note: str) -> Any:
    def cleaned(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(instead, value)
        if isinstance(value, list):
            return [cleaned(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {key: cleaned(one) for key, one in value.items()}
        if value.get("person") in people[PERSON]:
            found |= {key: instead for key in ("name", "who") if key in value}
        if value.get("user") in people[USER]:
            found["by"] = instead
        return found

    return cleaned(text) | {"notes": [*text["notes"], note]}

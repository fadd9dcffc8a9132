"""The one way in which a frozen report changes: a name leaves it because the law demands it."""

import re
from typing import Any

import pgtrigger
from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import periods
from common.personal_data import People
from contacts.models import ContactPerson
from contacts.personal_data import PERSON
from services.exports import report as document
from services.models import Report
from services.models.reports import checksum_of


def erase_names(rows: QuerySet[Report], people: People) -> None:
    """Replace these people's names in frozen reports, with a note; documents and checksums are made anew."""
    pattern = people.mentions()
    posts = ContactPerson.objects.filter(person__in=people[PERSON]).values_list("pk", flat=True)
    keys = {str(pk) for pk in posts}
    with translation.override(settings.LANGUAGE_CODE):
        instead = gettext("Name erased")
        note = gettext("On %(day)s a name was erased here, as the law demands; all else is as it was.") % {
            "day": date_format(periods.today(), "SHORT_DATE_FORMAT")
        }
    for report in rows.exclude(frozen_at=None).select_for_update(no_key=True).order_by("pk"):
        report.figures = without(report.content(periods.today()), keys, pattern, instead) | {"note": note}
        report.pdf = document.pdf(report.figures)
        report.checksum = checksum_of(report.pdf)
        with pgtrigger.ignore("services.Report:frozen"):
            report.save(update_fields=["figures", "pdf", "checksum"])


def without(content: dict[str, Any], posts: set[str], pattern: re.Pattern[str] | None, instead: str) -> dict[str, Any]:
    """What the report says without the names of those who had these posts, nor those that the pattern finds."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(instead, value) if pattern else value
        if isinstance(value, list):
            return [cleaned(one) for one in value]
        return {key: cleaned(one) for key, one in value.items()} if isinstance(value, dict) else value

    found: dict[str, Any] = cleaned(content)
    for row in (*found["figures"]["rows"]["post"], *found["pairs"]["post"]):
        if row["key"] in posts:
            row["name"] = instead
    return found

"""Values as people read them."""

import datetime
from functools import lru_cache, singledispatch
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from common import periods


def formatted(moment: datetime.date | datetime.time, form: str) -> str:
    """A day or a time of day by a format of Django's, in the page's language."""
    return _formatted(moment, form, get_language())


@lru_cache(maxsize=5_000)  # lists show a hundred days, of which many are the same
def _formatted(moment: Any, form: str, language: str | None) -> str:
    """`language`: the page's, here to tell them apart."""
    return date_format(moment, form)


@singledispatch
def in_words(value: Any) -> str:
    return str(value)


@in_words.register
def _(value: bool) -> str:
    return gettext("yes") if value else gettext("no")


@in_words.register
def _(value: datetime.date) -> str:
    return formatted(value, "SHORT_DATE_FORMAT")


@in_words.register
def _(value: datetime.datetime) -> str:
    return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")


@in_words.register
def _(value: DateRange) -> str:
    return periods.in_words(value)

"""Values as people read them."""

import datetime
from functools import singledispatch
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import periods


@singledispatch
def in_words(value: Any) -> str:
    return str(value)


@in_words.register
def _(value: bool) -> str:
    return gettext("yes") if value else gettext("no")


@in_words.register
def _(value: datetime.date) -> str:
    return date_format(value, "SHORT_DATE_FORMAT")


@in_words.register
def _(value: datetime.datetime) -> str:
    return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")


@in_words.register
def _(value: DateRange) -> str:
    return periods.in_words(value)

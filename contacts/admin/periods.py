"""Columns that show a period by its first and last day."""

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from common import periods

Column = Callable[[Any, Any], datetime.date | None]


def first_day(field: str) -> Column:
    @admin.display(description=_("from"), ordering=f"{field}__startswith", empty_value="–")
    def column(self: Any, obj: Any) -> datetime.date | None:
        return getattr(obj, field).lower

    return column


def last_day(field: str) -> Column:
    @admin.display(description=_("until"), ordering=f"{field}__endswith", empty_value=_("open"))  # type: ignore[call-overload]
    def column(self: Any, obj: Any) -> datetime.date | None:
        return periods.last_day(getattr(obj, field))

    return column

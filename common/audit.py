"""Audit by database triggers: whoever changes a tracked row, by page, admin, import or shell, is on record."""

from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.db import models

ModelClass = TypeVar("ModelClass", bound=type[models.Model])


def tracked(*, exclude: list[str] | None = None) -> Callable[[ModelClass], ModelClass]:
    """Keep every state of the model's rows in an append-only event table, without the excluded fields."""
    return pghistory.track(
        pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=exclude or []
    )

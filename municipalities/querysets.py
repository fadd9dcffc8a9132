"""What the lists of places mean."""

import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from municipalities.models import District, Locality, Municipality  # noqa: F401


class DistrictQuerySet(models.QuerySet["District"]):
    def existing(self, on: datetime.date) -> "DistrictQuerySet":
        return self.filter(period__contains=on)


class MunicipalityQuerySet(models.QuerySet["Municipality"]):
    def existing(self, on: datetime.date) -> "MunicipalityQuerySet":
        """Those that are municipalities of their own on that day."""
        return self.filter(period__contains=on)


class LocalityQuerySet(models.QuerySet["Locality"]):
    pass

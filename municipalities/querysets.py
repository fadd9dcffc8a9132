"""What the lists of places mean."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models

from municipalities import administration

if TYPE_CHECKING:
    from municipalities.models import District, Locality, Municipality  # noqa: F401


class DistrictQuerySet(models.QuerySet["District"]):
    def visible_to(self, user: Any) -> "DistrictQuerySet":
        """All: the register is public."""
        return self

    def existing(self, on: datetime.date) -> "DistrictQuerySet":
        return self.filter(period__contains=on)


class MunicipalityQuerySet(models.QuerySet["Municipality"]):
    def visible_to(self, user: Any) -> "MunicipalityQuerySet":
        """All: the register is public."""
        return self

    def existing(self, on: datetime.date) -> "MunicipalityQuerySet":
        """Those that are municipalities of their own on that day."""
        return self.filter(period__contains=on)

    def search(
        self,
        text: str,
        preferred: Iterable[int] | models.QuerySet[Any] = (),
        on: datetime.date | None = None,
        limit: int = 50,
    ) -> "list[Municipality]":
        """Those that fit what somebody typed, the best first, in at most two queries.

        Ranked exact, prefix, part, similar; then places in the preferred districts, then by population. Each says how
        it fits: `matched` (`lookup.Match`), `matched_name` (the locality, association or second name, where it was
        not the name), `matched_association`, `is_preferred`. Places that do not exist on that day are found where no
        other fits as well.
        """
        from municipalities import search  # the module needs the models that need this one

        return search.search(self, text, preferred=preferred, on=on, limit=limit)


class LocalityQuerySet(models.QuerySet["Locality"]):
    def visible_to(self, user: Any) -> "LocalityQuerySet":
        """All: where places lie is no secret."""
        return self

    def administered_by(self, user: Any) -> "LocalityQuerySet":
        """Those that the account may edit: of the places its offices serve."""
        return self.filter(municipality__in=administration.towns_of(user))

"""Which places an account looks after, asked of higher apps, which join in their `apps.py`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from municipalities.models import Municipality

_joined: "list[Callable[[Any], QuerySet[Municipality]]]" = []


def join(towns_administered_by: "Callable[[Any], QuerySet[Municipality]]") -> None:
    _joined.append(towns_administered_by)


def towns_of(user: Any) -> "QuerySet[Municipality]":
    """The municipalities whose localities the account may edit."""
    from municipalities.models import Municipality  # the registry is asked by the models' querysets

    towns = Municipality.objects.all()
    if user.is_active and user.is_superuser:
        return towns
    ids = [found.values("pk") for found in (joined(user) for joined in _joined)]
    return towns.filter(pk__in=ids[0].union(*ids[1:])) if ids else towns.none()

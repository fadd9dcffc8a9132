"""What other pages show of the catalogue: the services of an office, those for a town, and what kinds there are."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.text import capfirst

from common.kept_queries import KeptQuery
from common.sort_keys import sort_key
from contacts.models import Office
from contacts.page_parts import Part
from municipalities.models import Municipality
from services.models import ServiceOffering

MOST = 8  # offerings on a page of something else


@KeptQuery
def _seen(offices: list[int], user: Any, on: datetime.date) -> Any:
    offered = ServiceOffering.objects.visible_to(user).offered(on).in_catalogue().of_offices(offices)
    return offered.only("title", "kind")[: MOST + 1]


def of_office(office: Office, user: Any, on: datetime.date) -> Part | None:
    """What the office offers. One query."""
    return _part([office.pk], user, on, f"?stelle={office.slug}")


def of_town(town: Municipality, offices: Iterable[int], user: Any, on: datetime.date) -> Part | None:
    """What the offices that serve the town offer. One query."""
    return _part(list(offices), user, on, f"?kommune={town.ags}", town=town)


def _part(
    offices: list[int], user: Any, on: datetime.date, query: str, town: Municipality | None = None
) -> Part | None:
    rows = _seen(offices, user, on)
    if not rows:
        return None
    address = reverse("offerings") + query
    shown = {"offerings": rows[:MOST], "all": address, "more": len(rows) > MOST, "for_town": town and town.ags}
    return Part("services/offerings_part.html", shown)


@dataclass(frozen=True)
class Kind:
    """How many services of a kind are offered, and where they stand."""

    name: str
    count: int
    url: str


def kinds(user: Any, on: datetime.date) -> list[Kind]:
    """The kinds of services that are offered, by name. One query."""
    offered = ServiceOffering.objects.visible_to(user).offered(on).in_catalogue().order_by()
    counted = offered.values_list("kind").annotate(Count("pk"))
    address = reverse("offerings")
    found = [
        Kind(capfirst(str(ServiceOffering.Kind(kind).label)), count, f"{address}?art={kind}") for kind, count in counted
    ]
    return sorted(found, key=lambda kind: sort_key(kind.name))

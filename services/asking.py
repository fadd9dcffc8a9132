"""What the portal knows of whoever asks, what was asked already, and what nobody confirmed."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.limits import Limit, Limits
from common.kept_queries import KeptQuery
from common.periods import midnight
from contacts.models import Office, Person
from contacts.overview import towns_worked_for
from contacts.querysets import in_area_of
from contacts.rules import Area
from municipalities.models import Municipality
from services import links
from services.models import ServiceOffering, ServiceRequest

MOST_SIMILAR = 5
# Whatever somebody without account sends and the portal keeps: it may send mail to an address that is not theirs, and
# brings files. A whole town hall may share an address, which is why its pauses stay short.
LIMITS = Limits(
    own=Limit(10, datetime.timedelta(minutes=1), datetime.timedelta(hours=1), datetime.timedelta(hours=6)),
    account=Limit(20, datetime.timedelta(minutes=1), datetime.timedelta(hours=1), datetime.timedelta(hours=6)),
    address=Limit(60, datetime.timedelta(seconds=10), datetime.timedelta(minutes=1), datetime.timedelta(hours=1)),
)


def towns_of(office: Office, on: datetime.date) -> QuerySet[Municipality]:
    """The towns that the office serves, as a form offers them. A query for the ids of its area."""
    # By these PostgreSQL finds them in indexes; where it looks for the ids itself, it reads all municipalities.
    area = Area.of_offices([office.pk])
    return Municipality.objects.existing(on).filter(area.towns).order_by("sort_key", "ags")


@KeptQuery
def _own_towns(user: Any, offices: list[int], on: datetime.date) -> QuerySet[Municipality]:
    return towns_worked_for(user, on).filter(in_area_of(offices))


def own_towns(user: Any, office: Office, on: datetime.date) -> list[Municipality]:
    """Those of them in whose town halls the account works."""
    return _own_towns(user, [office.pk], on) if user.is_authenticated else []


@KeptQuery
def _person_of(account: int) -> QuerySet[Person]:
    return Person.objects.filter(user=account)[:1]


@KeptQuery
def _last_of(account: int) -> QuerySet[ServiceRequest]:
    return ServiceRequest.objects.filter(account=account).order_by("-created_at")[:1]


def known_of(user: Any, towns: list[Municipality]) -> dict[str, Any]:
    """What a form begins with; for an account two queries."""
    if not user.is_authenticated:
        return {"asks_for": ""}  # to be chosen
    person, last = next(iter(_person_of(user.pk)), None), next(iter(_last_of(user.pk)), None)
    known: dict[str, Any] = {
        "requester_name": user.get_full_name(),
        "requester_email": user.email,
        "requester_phone": (last and last.requester_phone) or (person and person.phone) or "",
        "requester_body": last.requester_body if last else "",
    }
    if towns:
        known["asks_for"] = ServiceRequest.AsksFor.TOWN_HALL
    elif last:
        known["asks_for"] = last.asks_for
    if len(towns) == 1:
        known["municipality"] = towns[0]
    return known


@KeptQuery
def _similar(user: Any, office: int, offering: int, towns: list[int], subject: str) -> QuerySet[ServiceRequest]:
    rows: Any = ServiceRequest.objects.asked_by(user).open().similar_to(office, offering, towns, subject)
    return rows.select_related("municipality").order_by("-likeness", "-submitted_at")[:MOST_SIMILAR]


def similar(user: Any, offering: ServiceOffering, towns: list[Any], subject: str) -> list[ServiceRequest]:
    """Open requests of the account's town halls about these towns that the new one may repeat. One query."""
    if not towns:
        return []
    return _similar(user, offering.office_id, offering.pk, [town.pk for town in towns], subject)


def remove_unconfirmed(on: datetime.date) -> str:
    """A duty: delete what people without account began and did not confirm while they could, with its files."""
    unconfirmed = ServiceRequest.objects.never_confirmed(midnight(on) - links.CONFIRMED_WITHIN)
    removed = 0
    for key in unconfirmed.values_list("pk", flat=True):
        with transaction.atomic():
            if request := unconfirmed.select_for_update().filter(pk=key).first():
                request.discard()
                removed += 1
    return f"{removed} requests removed"

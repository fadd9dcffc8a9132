"""What the portal knows of whoever asks, what was asked already, and what nobody confirmed."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.limits import Limit, Limits
from common.periods import midnight
from contacts.models import Office, Person
from contacts.overview import towns_worked_for
from contacts.querysets import in_area_of
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
    """The towns that the office serves, as a form offers them."""
    return Municipality.objects.existing(on).filter(in_area_of(office.pk)).order_by("sort_key", "ags")


def own_towns(user: Any, office: Office, on: datetime.date) -> list[Municipality]:
    """Those of them in whose town halls the account works."""
    return list(towns_worked_for(user, on).filter(in_area_of(office.pk))) if user.is_authenticated else []


def known_of(user: Any, towns: list[Municipality]) -> dict[str, Any]:
    """What a form begins with; for an account two queries."""
    if not user.is_authenticated:
        return {"asks_for": ""}  # to be chosen
    person = Person.objects.filter(user=user).first()
    last = ServiceRequest.objects.filter(account=user).order_by("-created_at").first()
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


def similar(user: Any, offering: ServiceOffering, towns: list[Any], subject: str) -> list[ServiceRequest]:
    """Open requests of the account's town halls about these towns that the new one may repeat. One query."""
    if not towns:
        return []
    rows: Any = ServiceRequest.objects.asked_by(user).open().similar_to(offering, towns, subject)
    return list(rows.with_details().order_by("-likeness", "-submitted_at")[:MOST_SIMILAR])


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

"""What somebody leaves open of an office's requests, for hand-overs. Those of a town go with the town."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts import open_work
from contacts.models import ContactPerson
from contacts.open_work import Thing
from services.models import ServiceRequest
from services.routing import Because


def join() -> None:
    open_work.join(open_work.Kind("services.requests", _("Open requests"), open_requests, pass_on_requests))


def open_requests(post: ContactPerson) -> list[Thing]:
    rows = ServiceRequest.objects.open().filter(assigned_to=post).order_by("due_on", "pk")
    return [Thing(row.pk, str(row), row.get_absolute_url(), row.municipality_id) for row in rows]


def pass_on_requests(ids: Collection[int], post: ContactPerson) -> None:
    for request in ServiceRequest.objects.open().filter(pk__in=ids).order_by("pk"):
        request.assign(post, timezone.now(), by=None, because=Because.HANDED_OVER)

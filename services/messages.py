"""The mails about requests, as rows of the outbox."""

from django.db.models import Q, QuerySet

from common.outbox import Message, MessageQuerySet
from services.models import RequestEntry, ServiceRequest
from services.models.requests import ABOUT_ENTRIES, ABOUT_REQUESTS


def about(requests: "QuerySet[ServiceRequest]") -> MessageQuerySet:
    """Those about these requests, to whomever they went."""
    entries = RequestEntry.objects.filter(request__in=requests.values("pk")).values("pk")
    of_entries = Q(occasion__in=ABOUT_ENTRIES, about__in=entries)
    return Message.objects.filter(of_entries | Q(occasion__in=ABOUT_REQUESTS, about__in=requests.values("pk")))

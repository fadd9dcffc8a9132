"""Requests that should have been answered: whoever has one is reminded once for each due day.

What lies in the inbox concerns the office, by its mail address, and those who deal out its work.
"""

import datetime
from typing import Any

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext

from common import outbox
from common.periods import today
from services.mail import holder_of, lead_of, leads, numbered, thread_of, to_leads
from services.models import RequestState, ServiceRequest
from services.models.requests import OVERDUE, OVERDUE_LEAD


def remind(on: datetime.date) -> str:
    """A duty: ask for one message for each request, recipient and due day. Whoever was asked is waited for."""
    late = list(_unsaid(ServiceRequest.objects.overdue(on).exclude(state=RequestState.WAITING)))
    accounts = leads({office for _request, post, office, _due_on in late if post is None}, on)
    for request, post, office, due_on in late:
        outbox.post(OVERDUE, about=request, to=post or 0, version=str(due_on))
        for account in accounts[office] if post is None else ():
            outbox.post(OVERDUE_LEAD, about=request, to=account.pk, version=str(due_on))
    return f"{len(late)} reminded"


def _unsaid(late: "QuerySet[ServiceRequest]") -> "QuerySet[Any, Any]":
    said = outbox.Message.objects.filter(occasion=OVERDUE, about=OuterRef("pk"), version=OuterRef("due_text"))
    rows = late.alias(due_text=Cast("due_on", CharField())).exclude(Exists(said)).order_by("pk")
    return rows.values_list("pk", "assigned_to", "office", "due_on")


def overdue_mail(message: outbox.Message) -> outbox.Mail | outbox.Dropped | None:
    """To whoever has it now; None where it was answered, or is due on another day by now."""
    request = _late(message)
    if request is None:
        return None
    address = holder_of(request)
    if not address:
        return to_leads(OVERDUE_LEAD, request, about=request.pk, version=message.version)
    return _mail(request, address)


def overdue_lead_mail(message: outbox.Message) -> outbox.Mail | None:
    """None where somebody has it by now who can be reached."""
    request = _late(message)
    if request is None or (request.assigned_to and holder_of(request)):
        return None
    account = lead_of(request, message)
    return _mail(request, account.email) if account else None


def _late(message: outbox.Message) -> ServiceRequest | None:
    rows = ServiceRequest.objects.overdue(today()).with_details().select_related("assigned_to__person__user")
    request = rows.filter(pk=message.about).first()
    return request if request and str(request.due_on) == message.version else None


def _mail(request: ServiceRequest, address: str) -> outbox.Mail:
    return outbox.Mail(
        address,
        numbered(request, gettext("Answer overdue: %(subject)s") % {"subject": request.subject}),
        {"request": request, "link": settings.PUBLIC_URL + request.get_absolute_url()},
        thread=thread_of(request),
    )


def managed_by(user: Any) -> "QuerySet[Any]":
    return ServiceRequest.objects.administered_by(user).values("pk")

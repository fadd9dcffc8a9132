"""Requests that should have been answered: whoever has one is reminded once for each due day.

What lies in the inbox concerns the office, by its mail address, and those who deal out its work.
"""

import datetime
from typing import Any

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext

from accounts.models import User
from common import outbox
from common.periods import today
from contacts.models import OfficeMembership
from services.mail import holder_of, numbered, thread_of
from services.models import ServiceRequest

OVERDUE = "services.overdue"  # to who has it; 0 is the office
OVERDUE_LEAD = "services.overdue_lead"  # to an account that leads the office, of what nobody has


def remind(on: datetime.date) -> str:
    """A duty: ask for one message for each request, recipient and due day."""
    late = ServiceRequest.objects.overdue(on)
    count = 0
    for request, post, office, due_on in _unsaid(OVERDUE, late):
        outbox.post(OVERDUE, about=request, to=post or 0, version=str(due_on))
        count += 1
        if post is None:
            for account in leads(office, on):
                outbox.post(OVERDUE_LEAD, about=request, to=account.pk, version=str(due_on))
    return f"{count} reminded"


def _unsaid(occasion: str, late: "QuerySet[ServiceRequest]") -> "QuerySet[Any, Any]":
    said = outbox.Message.objects.filter(occasion=occasion, about=OuterRef("pk"), version=OuterRef("due_text"))
    rows = late.alias(due_text=Cast("due_on", CharField())).exclude(Exists(said)).order_by("pk")
    return rows.values_list("pk", "assigned_to", "office", "due_on")


def leads(office: int, on: datetime.date) -> "QuerySet[User]":
    """The accounts that lead the office on that day."""
    memberships = OfficeMembership.objects.filter(office=office, role=OfficeMembership.Role.LEAD).current(on)
    return User.objects.filter(is_active=True, pk__in=memberships.values("user")).order_by("pk")


def overdue_mail(message: outbox.Message) -> outbox.Mail | None:
    """None where it was answered, is somebody else's, or due on another day by now."""
    request = _late(message)
    if request is None or (request.assigned_to_id or 0) != message.to:
        return None
    return _mail(request, holder_of(request))


def overdue_lead_mail(message: outbox.Message) -> outbox.Mail | None:
    request = _late(message)
    if request is None or request.assigned_to is not None:
        return None
    account = leads(request.office_id, today()).filter(pk=message.to).first()
    return _mail(request, account.email) if account else None


def _late(message: outbox.Message) -> ServiceRequest | None:
    rows = ServiceRequest.objects.overdue(today()).with_details().select_related("assigned_to__person__user")
    request = rows.filter(pk=message.about).first()
    return request if request and str(request.due_on) == message.version else None


def _mail(request: ServiceRequest, address: str) -> outbox.Mail | None:
    if not address:
        return None
    return outbox.Mail(
        address,
        numbered(request, gettext("Answer overdue: %(subject)s") % {"subject": request.subject}),
        {"request": request, "link": settings.PUBLIC_URL + request.get_absolute_url()},
        thread=thread_of(request),
    )


def managed_by(user: Any) -> "QuerySet[Any]":
    return ServiceRequest.objects.administered_by(user).values("pk")

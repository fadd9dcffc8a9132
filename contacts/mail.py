"""The messages of contact persons, made at the moment of delivery."""

from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import outbox
from contacts.models import ContactPerson, Handover
from contacts.rules import standing

HANDOVER_PLANNED = "contacts.handover_planned"
HANDOVER_CANCELLED = "contacts.handover_cancelled"


def tell_receivers(occasion: str, handover: Handover) -> None:
    """A message to everyone who takes something over, once; whoever planned it knows."""
    rows = handover.towns.exclude(receiver=None)
    by = handover.created_by_id
    for receiver, account in sorted(set(rows.order_by().values_list("receiver", "receiver__person__user"))):
        if account is None or account != by:
            outbox.post(occasion, about=handover.pk, to=receiver, version="1")


def handover_planned(message: outbox.Message) -> outbox.Mail | None:
    return _handover_mail(
        message,
        [Handover.State.PLANNED, Handover.State.CARRIED_OUT],  # the day may come before the mail
        gettext("Hand-over from %(day)s: you take over from %(person)s"),
    )


def handover_cancelled(message: outbox.Message) -> outbox.Mail | None:
    return _handover_mail(
        message, [Handover.State.CANCELLED], gettext("Cancelled: hand-over from %(day)s by %(person)s")
    )


def _handover_mail(message: outbox.Message, states: list[str], subject: str) -> outbox.Mail | None:
    """None where it has become otherwise meanwhile, or the person cannot be reached."""
    handover = Handover.objects.with_details().filter(pk=message.about, state__in=states).first()
    receiver = ContactPerson.objects.select_related("person__user").filter(pk=message.to).first()
    if handover is None or receiver is None:
        return None
    account = receiver.person.user
    address = receiver.person.email or (account.email if account else "")
    if not address:
        return None
    words = {"day": date_format(handover.day, "SHORT_DATE_FORMAT"), "person": handover.leaver}
    return outbox.Mail(
        address,
        subject % words,
        {
            "handover": handover,
            "receiver": receiver,
            "towns": handover.towns.with_details().filter(receiver=receiver),
            "link": settings.PUBLIC_URL + handover.get_absolute_url(),
        },
        sender_name=str(handover.office),
        reply_to=handover.office.email,
    )


def receivers_managed_by(user: Any) -> Any:
    """The posts whose messages an administrator may see."""
    return ContactPerson.objects.of_offices(standing(user).administers).values("pk")

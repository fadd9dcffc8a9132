"""What whoever asked may do with a request, on its page and on the page by link."""

import datetime
from collections.abc import Callable
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext

from common.periods import day_of
from services.models import Feedback, RequestState, ServiceRequest


class Action(NamedTuple):
    label: str
    address: str
    is_urgent: bool = False


def by_account(request: ServiceRequest) -> Callable[[str], str]:
    """Where each of "write", "withdraw" and "feedback" is done, signed in."""
    return lambda page: reverse(f"request_{page}", args=[request.reference])


def actions_of(request: ServiceRequest, address_of: Callable[[str], str], at: datetime.datetime) -> list[Action]:
    """In the order of their use; of a completed request one query."""
    if request.is_open:
        is_asked = request.state == RequestState.WAITING
        write = gettext("Reply") if is_asked else gettext("Write to the office or add files")
        return [
            Action(write, address_of("write"), is_urgent=is_asked),
            Action(gettext("Withdraw the request"), address_of("withdraw")),
        ]
    if request.offering.is_correction:
        return []
    anew = reverse("ask", args=[request.offering_id])
    if not request.offering.is_offered(day_of(at)):
        anew = reverse("offerings")
    found = [Action(gettext("Send a new request"), anew)]
    if request.takes_feedback(at):
        was_given = Feedback.objects.filter(request=request).exists()
        label = gettext("Change my feedback") if was_given else gettext("Say how it was: three questions")
        found.insert(0, Action(label, address_of("feedback"), is_urgent=not was_given))
    return found

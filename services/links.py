"""Links to a request without account: to confirm it, to follow it, and to say how it was."""

import datetime

from django.conf import settings
from django.urls import reverse

from common.links import Link
from services.models import RequestState, ServiceRequest
from services.models.states import FEEDBACK_WITHIN

CONFIRM_LINK, FOLLOW_LINK, FEEDBACK_LINK = "services.confirm", "services.follow", "services.feedback"
CONFIRMED_WITHIN = datetime.timedelta(days=7)  # then it is removed
FOLLOWED_FOR = datetime.timedelta(days=365)  # after the last mail about it

_PAGES = {CONFIRM_LINK: "confirm_request", FOLLOW_LINK: "follow_request", FEEDBACK_LINK: "give_feedback"}


def address_of(purpose: str, request: ServiceRequest, at: datetime.datetime) -> str:
    """The page of the link, in every mail the same, and open for a while from now on."""
    until = {
        CONFIRM_LINK: request.created_at + CONFIRMED_WITHIN,
        FOLLOW_LINK: at + FOLLOWED_FOR,
        FEEDBACK_LINK: (request.closed_at or at) + FEEDBACK_WITHIN,
    }[purpose]
    token = Link.objects.lasting(purpose, request.pk, at=at, until=until, holder=request.requester_email)
    return settings.PUBLIC_URL + reverse(_PAGES[purpose], args=[token])


def path_of(purpose: str, request: ServiceRequest, at: datetime.datetime) -> str:
    """The same for a page that leads there: nothing is written as long as the link is open."""
    holder = request.requester_email
    link = Link.objects.open(at).filter(purpose=purpose, object_id=request.pk).first()
    if link is None or not link.was_given_to(holder):
        return address_of(purpose, request, at).removeprefix(settings.PUBLIC_URL)
    return reverse(_PAGES[purpose], args=[link.token_for(holder)])


def end(request: ServiceRequest, at: datetime.datetime) -> None:
    """Whoever holds a link to the request has none any more."""
    for purpose in _PAGES:
        Link.objects.revoke(purpose, request.pk, at)


def opened(purpose: str, token: str, at: datetime.datetime) -> ServiceRequest | None:
    """The request of an open link; None where the link is over, or the request is not in a state for it."""
    link = Link.objects.find(purpose, token, at)
    request = ServiceRequest.objects.with_details().filter(pk=link.object_id).first() if link else None
    if link is None or request is None or not link.was_given_to(request.requester_email):
        return None
    fits = {
        # Whoever confirms twice is shown that it is confirmed.
        CONFIRM_LINK: request.state != RequestState.DRAFT,
        FOLLOW_LINK: bool(request.reference),
        FEEDBACK_LINK: request.state == RequestState.COMPLETED,
    }
    return request if fits[purpose] else None

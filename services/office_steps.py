"""What the office may do with a request, on its page."""

from collections.abc import Callable
from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from services.models import RequestState, ServiceRequest


class Step(NamedTuple):
    """A step of the office as a link; the primary one is what is to be done next."""

    name: str
    label: str | Promise
    address: str
    is_primary: bool


def _may_become(state: RequestState) -> Callable[[ServiceRequest], bool]:
    return lambda request: request.is_open and request.may_become(state)


def _waits(request: ServiceRequest) -> bool:
    return request.state == RequestState.WAITING


# In the order of the page: name of the page, what the link says, and whether the state allows it.
STEPS: tuple[tuple[str, str | Promise, Callable[[ServiceRequest], bool]], ...] = (
    ("request_accept", _("Accept"), _may_become(RequestState.ACCEPTED)),
    ("request_assign", _("Assign"), lambda request: request.is_open),
    ("request_answer", pgettext_lazy("verb", "Answer"), lambda request: request.is_open),
    ("request_ask_back", _("Ask back"), _may_become(RequestState.WAITING)),
    ("request_start", _("Begin to work on it"), _may_become(RequestState.IN_PROGRESS)),
    ("request_schedule", _("Agree on a date"), _may_become(RequestState.SCHEDULED)),
    (
        "request_schedule",
        _("Agree on another date"),
        lambda request: request.state == RequestState.SCHEDULED,
    ),
    ("request_complete", pgettext_lazy("request", "Complete"), _may_become(RequestState.COMPLETED)),
    ("request_reopen", _("Open again"), lambda request: request.may_be_reopened),
    ("request_note", _("Note what came"), _waits),
    ("request_note", _("Write an internal note"), lambda request: not _waits(request)),
    ("request_attach", _("Add a file"), lambda request: True),
    ("request_pass_on", _("Pass on"), _may_become(RequestState.PASSED_ON)),
    ("request_decline", _("Decline"), _may_become(RequestState.DECLINED)),
)
RECORD = "delivery_add"


def steps(request: ServiceRequest, *, is_recorded: bool) -> list[Step]:
    """What the state allows, the primary step first; once who asked is forgotten, what was done is recorded alone.

    `is_recorded`: what was done is.
    """
    found = request.next_step(is_recorded=is_recorded)
    primary = RECORD if found == "record" else f"request_{found}"
    allowed: list[tuple[str, str | Promise]] = [
        (name, label) for name, label, fits in STEPS if fits(request) and not request.forgotten_at
    ]
    if primary == RECORD:
        allowed.append((RECORD, _("Record a delivery")))
    links = [Step(name, label, reverse(name, args=[request.reference]), name == primary) for name, label in allowed]
    return sorted(links, key=lambda step: not step.is_primary)

"""Mail about requests, composed at the moment of delivery: to whoever asked, and to whoever works on it.

Every mail about a request has its number in the subject and belongs to one thread. What is internal is in none.
"""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common import outbox
from services import links
from services.models import RequestEntry, RequestState, ServiceRequest
from services.models.requests import ASK_FEEDBACK, ASSIGNED, CONFIRM, HEARD, TOLD


def join() -> None:
    for occasion, compose, label in (
        (TOLD, told, _("A request: what the office says, to whoever asked")),
        (ASSIGNED, assigned, _("A request: to whoever gets it")),
        (HEARD, heard, _("A request: what the requester wrote, to whoever works on it")),
    ):
        outbox.register(occasion, compose, label=label, about_managed_by=_entries_managed_by)
    for occasion, compose, label in (
        (CONFIRM, to_confirm, _("A request without account: to be confirmed")),
        (ASK_FEEDBACK, to_give_feedback, _("A request is completed: how was it?")),
    ):
        outbox.register(occasion, compose, label=label, about_managed_by=_requests_managed_by)


def _entries_managed_by(user: Any) -> Any:
    return RequestEntry.objects.administered_by(user).values("pk")


def _requests_managed_by(user: Any) -> Any:
    return ServiceRequest.objects.administered_by(user).values("pk")


# -- To whoever asked ---------------------------------------------------------------------------------------------


def told(message: outbox.Message) -> outbox.Mail | None:
    """What an entry says; None where it is internal or nobody is known any more."""
    entry = RequestEntry.objects.public().select_related("request").filter(pk=message.about).first()
    request = ServiceRequest.objects.with_details().filter(pk=message.to).first()
    if entry is None or request is None or not request.requester_email:
        return None
    subjects = {
        RequestState.SUBMITTED: gettext("Your request was received: %(subject)s"),
        RequestState.ACCEPTED: gettext("Your request was accepted: %(subject)s"),
        RequestState.WAITING: gettext("A question about your request: %(subject)s"),
        RequestState.SCHEDULED: gettext("A date for your request: %(subject)s"),
        RequestState.COMPLETED: gettext("Your request is completed: %(subject)s"),
        RequestState.DECLINED: gettext("Your request cannot be met: %(subject)s"),
        RequestState.PASSED_ON: gettext("Your request was passed on: %(subject)s"),
    }
    subject = (
        gettext("Answer to your request: %(subject)s")
        if entry.kind == RequestEntry.Kind.ANSWER
        else subjects.get(RequestState(entry.state_after), gettext("News of your request: %(subject)s"))
        if entry.state_after
        else gettext("News of your request: %(subject)s")
    )
    return _to_requester(
        request,
        subject,
        {"entry": entry, "is_received": entry.state_after == RequestState.SUBMITTED, "files": entry.files.all()},
    )


def to_confirm(message: outbox.Message) -> outbox.Mail | None:
    """None where it was confirmed meanwhile."""
    request = ServiceRequest.objects.with_details().filter(pk=message.about, state=RequestState.UNCONFIRMED).first()
    if request is None:
        return None
    return outbox.Mail(
        request.requester_email,
        gettext("Please confirm your request: %(subject)s") % {"subject": request.subject},
        {
            "request": request,
            "days": links.CONFIRMED_WITHIN.days,
            "link": links.address_of(links.CONFIRM_LINK, request, timezone.now()),
        },
        sender_name=str(request.office),
        reply_to=request.office.email,
        thread=thread_of(request),
    )


def to_give_feedback(message: outbox.Message) -> outbox.Mail | None:
    """None where it was given, or the request was opened again."""
    rows = ServiceRequest.objects.with_details().filter(state=RequestState.COMPLETED, feedback=None)
    request = rows.filter(pk=message.to).first()
    if request is None or not request.requester_email:
        return None
    return _to_requester(
        request,
        gettext("How was it? Three short questions about: %(subject)s"),
        {"feedback_link": links.address_of(links.FEEDBACK_LINK, request, timezone.now())},
    )


def _to_requester(request: ServiceRequest, subject: str, context: dict[str, Any]) -> outbox.Mail:
    return outbox.Mail(
        request.requester_email,
        numbered(request, subject % {"subject": request.subject}),
        {"request": request, "link": page_of(request), **context},
        sender_name=str(request.office),
        reply_to=reply_address(request),
        thread=thread_of(request),
    )


def page_of(request: ServiceRequest) -> str:
    """Where the requester follows it: the request's page with an account, a page by link without."""
    if request.account_id:
        return settings.PUBLIC_URL + request.get_absolute_url()
    return links.address_of(links.FOLLOW_LINK, request, timezone.now())


def reply_address(request: ServiceRequest) -> str:
    """Where replies by mail go: an address of the request's own where the operator set one up, else the office's.

    `REQUEST_REPLY_ADDRESS` such as `anfragen@portal.example.org` gives `anfragen+lip-2026-0042-3f9a…@…`, whose last
    part nobody can guess for another request.
    """
    if not settings.REQUEST_REPLY_ADDRESS:
        return request.office.email
    name, _at, domain = settings.REQUEST_REPLY_ADDRESS.partition("@")
    mark = salted_hmac("services.reply", f"{request.pk} {request.reference}").hexdigest()[:12]
    return f"{name}+{request.reference.lower()}-{mark}@{domain}"


def thread_of(request: ServiceRequest) -> str:
    return f"request-{request.key}"


def numbered(request: ServiceRequest, subject: str) -> str:
    return f"[{request.reference}] {subject}"


# -- To whoever works on it ---------------------------------------------------------------------------------------


def assigned(message: outbox.Message) -> outbox.Mail | None:
    """None where somebody else has it meanwhile, or took it on by themselves."""
    entry = RequestEntry.objects.select_related("request").filter(pk=message.about).first()
    if entry is None or (entry.request.assigned_to_id or 0) != message.to:
        return None
    return _to_holder(entry, gettext("New request: %(subject)s"))


def heard(message: outbox.Message) -> outbox.Mail | None:
    """To whoever has it now."""
    entry = RequestEntry.objects.select_related("request").filter(pk=message.about).first()
    if entry is None:
        return None
    is_withdrawn = entry.state_after == RequestState.WITHDRAWN
    return _to_holder(entry, gettext("Withdrawn: %(subject)s") if is_withdrawn else gettext("New message: %(subject)s"))


def _to_holder(entry: RequestEntry, subject: str) -> outbox.Mail | None:
    request = ServiceRequest.objects.with_details().select_related("assigned_to__person__user").get(pk=entry.request_id)
    post = request.assigned_to
    if post and post.person.user_id and post.person.user_id == entry.by_id:
        return None
    address = holder_of(request)
    if not address:
        return None
    return outbox.Mail(
        address,
        numbered(request, subject % {"subject": request.subject}),
        {"request": request, "entry": entry, "link": settings.PUBLIC_URL + request.get_absolute_url()},
        thread=thread_of(request),
    )


def holder_of(request: ServiceRequest) -> str:
    """The address of whoever has it, else the office's; "" where neither has any. May query person and account."""
    person = request.assigned_to.person if request.assigned_to else None
    address = (person.email or (person.user.email if person.user else "")) if person else ""
    return address or request.office.email

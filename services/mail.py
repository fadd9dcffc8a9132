"""Mail about requests, composed at the moment of delivery: to whoever asked, and to whoever works on it.

Every mail about a request has its number in the subject and belongs to one thread. What is internal is in none.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import outbox
from common.periods import today
from contacts.models import Handover, OfficeMembership
from contacts.models.handover import has_left
from services import links, wording
from services.models import RequestEntry, RequestState, ServiceRequest
from services.models.requests import (
    ASK_FEEDBACK,
    ASSIGNED,
    ASSIGNED_LEAD,
    CONFIRM,
    HANDED_OVER,
    HANDED_OVER_LEAD,
    HEARD,
    HEARD_LEAD,
    READDRESSED,
    TOLD,
)
from services.routing import Because
from services.timeline import add_writers


def join() -> None:
    compose: outbox.Compose
    for occasion, compose, label, managed_by in (
        (TOLD, told, _("A request: what the office says, to whoever asked"), _entries_managed_by),
        (
            READDRESSED,
            readdressed,
            _("A request: its way in, to a mail address that was put right"),
            _entries_managed_by,
        ),
        (CONFIRM, to_confirm, _("A request without account: to be confirmed"), _requests_managed_by),
        (ASK_FEEDBACK, to_give_feedback, _("A request is completed: how was it?"), _requests_managed_by),
    ):
        outbox.register(occasion, compose, label=label, about_managed_by=managed_by, language_of=_language_of_requester)
    for occasion, compose, label in (
        (ASSIGNED, assigned, _("A request: to whoever gets it")),
        (HEARD, heard, _("A request: what the requester wrote, to whoever works on it")),
        (ASSIGNED_LEAD, assigned_lead, _("A request: to the office's leads, as nobody else has an address")),
        (HEARD_LEAD, heard_lead, _("A request: what the requester wrote, to the office's leads")),
    ):
        outbox.register(occasion, compose, label=label, about_managed_by=_entries_managed_by)
    for occasion, compose, label in (
        (HANDED_OVER, handed_over, _("Requests pass on in a hand-over: to whoever gets them")),
        (HANDED_OVER_LEAD, handed_over_lead, _("Requests pass on in a hand-over: to the office's leads")),
    ):
        outbox.register(occasion, compose, label=label, about_managed_by=_handovers_managed_by)


def _entries_managed_by(user: Any) -> Any:
    return RequestEntry.objects.administered_by(user).values("pk")


def _handovers_managed_by(user: Any) -> Any:
    return Handover.objects.administered_by(user).values("pk")


def _requests_managed_by(user: Any) -> Any:
    return ServiceRequest.objects.administered_by(user).values("pk")


# -- To whoever asked ---------------------------------------------------------------------------------------------


def _language_of_requester(message: outbox.Message) -> str:
    """In which they asked; accounts keep none."""
    language = ServiceRequest.objects.filter(pk=message.to).values_list("language", flat=True).first()
    return language or settings.LANGUAGE_CODE


def told(message: outbox.Message) -> outbox.Mail | outbox.Dropped | None:
    """What an entry says; None where it is internal or nobody is known any more."""
    entry: Any = RequestEntry.objects.public().select_related("request").filter(pk=message.about).first()
    request = ServiceRequest.objects.with_details().select_related("account").filter(pk=message.to).first()
    if entry is None or request is None or request.forgotten_at:
        return None
    if not request.requester_email:
        return outbox.NO_ADDRESS
    reader = request.account or AnonymousUser()
    add_writers([entry], request, reader)
    subjects = {
        RequestState.SUBMITTED: gettext("Your request was received: %(subject)s"),
        RequestState.ACCEPTED: gettext("Your request was accepted: %(subject)s"),
        RequestState.WAITING: gettext("A question about your request: %(subject)s"),
        RequestState.SCHEDULED: gettext("A date for your request: %(subject)s"),
        RequestState.COMPLETED: gettext("Your request is completed: %(subject)s"),
        RequestState.DECLINED: gettext("Your request cannot be met: %(subject)s"),
        RequestState.PASSED_ON: gettext("Your request was passed on: %(subject)s"),
        RequestState.WITHDRAWN: gettext("Your request was withdrawn: %(subject)s"),
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
        {
            "entry": entry,
            "is_received": entry.state_after == RequestState.SUBMITTED,
            "files": entry.files.all(),
            "next_step": wording.next_step(request, reader, today()),
            "date": request.date_to_keep(timezone.now()),
        },
    )


def to_confirm(message: outbox.Message) -> outbox.Mail | None:
    """None where it was confirmed meanwhile, or another mail follows because the address was mended.

    It goes to whatever address somebody typed, so nothing else that they typed stands in it.
    """
    request = ServiceRequest.objects.with_details().filter(pk=message.about, state=RequestState.UNCONFIRMED).first()
    follows = outbox.Message.objects.filter(occasion=CONFIRM, about=message.about, pk__gt=message.pk)
    if request is None or follows.exists():
        return None
    return outbox.Mail(
        request.requester_email,
        gettext("Please confirm your request: %(offering)s") % {"offering": request.offering},
        {
            "request": request,
            "days": links.CONFIRMED_WITHIN.days,
            "link": links.address_of(links.CONFIRM_LINK, request, timezone.now()),
        },
        sender_name=str(request.office),
        reply_to=request.office.email,
        thread=thread_of(request),
    )


def readdressed(message: outbox.Message) -> outbox.Mail | None:
    """None where nobody is known any more."""
    request = ServiceRequest.objects.with_details().filter(pk=message.to).exclude(requester_email="").first()
    return _to_requester(request, gettext("Your way to your request: %(subject)s"), {}) if request else None


def to_give_feedback(message: outbox.Message) -> outbox.Mail | None:
    """None where it was given, or the request was opened again, whether or not it was completed once more."""
    rows = ServiceRequest.objects.with_details().filter(state=RequestState.COMPLETED, feedback=None)
    request = rows.filter(pk=message.to).first()
    if request is None or not request.requester_email or request.closing != message.version:
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


def assigned(message: outbox.Message) -> outbox.Mail | outbox.Dropped | None:
    """None where somebody else has it meanwhile, or took it on by themselves."""
    entry = _entry(message)
    if entry is None or (entry.request.assigned_to_id or 0) != message.to:
        return None
    return _to_holder(entry, ASSIGNED_LEAD)


def heard(message: outbox.Message) -> outbox.Mail | outbox.Dropped | None:
    """To whoever has it now."""
    entry = _entry(message)
    return _to_holder(entry, HEARD_LEAD) if entry else None


def assigned_lead(message: outbox.Message) -> outbox.Mail | None:
    return _to_lead(message)


def heard_lead(message: outbox.Message) -> outbox.Mail | None:
    return _to_lead(message)


def _entry(message: outbox.Message) -> RequestEntry | None:
    return RequestEntry.objects.select_related("request").filter(pk=message.about).first()


def _to_holder(entry: RequestEntry, for_leads: str) -> outbox.Mail | outbox.Dropped | None:
    request = _with_holder(entry)
    post = request.assigned_to
    if post and post.person.user_id and post.person.user_id == entry.by_id:
        return None
    address = holder_of(request)
    return _about(entry, request, address) if address else to_leads(for_leads, request, about=entry.pk)


def _to_lead(message: outbox.Message) -> outbox.Mail | None:
    """None where the account no longer leads the office."""
    entry = _entry(message)
    request = _with_holder(entry) if entry else None
    account = lead_of(request, message) if request else None
    return _about(entry, request, account.email) if entry and request and account else None


def _with_holder(entry: RequestEntry) -> ServiceRequest:
    return ServiceRequest.objects.with_details().select_related("assigned_to__person__user").get(pk=entry.request_id)


def _about(entry: RequestEntry, request: ServiceRequest, address: str) -> outbox.Mail:
    if entry.state_after == RequestState.WITHDRAWN:
        subject = gettext("Withdrawn: %(subject)s")
    elif entry.kind == RequestEntry.Kind.REPLY:
        subject = gettext("New message: %(subject)s")
    else:
        subject = gettext("New request: %(subject)s")
    return outbox.Mail(
        address,
        numbered(request, subject % {"subject": request.subject}),
        {
            "request": request,
            "entry": entry,
            "because": wording.assigned_in_words(request, None),
            "link": settings.PUBLIC_URL + request.get_absolute_url(),
        },
        thread=thread_of(request),
    )


def handed_over(message: outbox.Message) -> outbox.Mail | outbox.Dropped | None:
    """None where whoever got them has none of them any more."""
    requests = _handed_over(message).filter(assigned_to=message.to)
    if not requests:
        return None
    if address := holder_of(requests[0]):
        return _about_handed_over(message, requests, address)
    return to_leads(HANDED_OVER_LEAD, requests[0], about=message.about, version=message.version)


def handed_over_lead(message: outbox.Message) -> outbox.Mail | None:
    """None where the account no longer leads the office, or whoever got them has none of them any more."""
    requests = _handed_over(message)
    account = lead_of(requests[0], message) if requests else None
    return _about_handed_over(message, requests, account.email) if account else None


def _handed_over(message: outbox.Message) -> "QuerySet[ServiceRequest]":
    """The open requests that one hand-over gave to somebody at one moment, and that they still have."""
    given = Q(
        entries__because=Because.HANDED_OVER,
        entries__at=datetime.datetime.fromisoformat(message.version),
        entries__post=F("assigned_to"),
    )
    requests = ServiceRequest.objects.open().filter(given, office__handovers=message.about).with_details()
    return requests.select_related("assigned_to__person__user").order_by("due_on", "pk")


def _about_handed_over(message: outbox.Message, requests: "QuerySet[ServiceRequest]", address: str) -> outbox.Mail:
    leaver = Handover.objects.with_details().get(pk=message.about).leaver.person.name
    count = len(requests)
    subject = ngettext(
        "Hand-over by %(person)s: %(count)d open request", "Hand-over by %(person)s: %(count)d open requests", count
    )
    return outbox.Mail(
        address,
        subject % {"person": leaver, "count": count},
        {
            "requests": [(request, settings.PUBLIC_URL + request.get_absolute_url()) for request in requests],
            "leaver": leaver,
            "receiver": requests[0].assigned_to,
        },
    )


def holder_of(request: ServiceRequest) -> str:
    """The address of whoever has it and still works there, else the office's; "" where neither has any.

    May query person and account.
    """
    post = request.assigned_to
    person = post.person if post and not has_left(post, today()) else None
    address = (person.email or (person.user.email if person.user else "")) if person else ""
    return address or request.office.email


def leads(offices: Collection[int], on: datetime.date) -> dict[int, list[User]]:
    """By office the accounts that lead it on that day. One query."""
    memberships = OfficeMembership.objects.filter(office__in=offices, role=OfficeMembership.Role.LEAD)
    found: dict[int, list[User]] = defaultdict(list)
    for membership in memberships.current(on).filter(user__is_active=True).select_related("user").order_by("user"):
        found[membership.office_id].append(membership.user)
    return found


def lead_of(request: ServiceRequest, message: outbox.Message) -> User | None:
    """The message's account, where it leads the request's office today."""
    accounts = leads([request.office_id], today())[request.office_id]
    return next((account for account in accounts if account.pk == message.to), None)


def to_leads(occasion: str, request: ServiceRequest, *, about: int, version: str = "") -> outbox.Dropped:
    """Tell those who lead the office, as nobody else can be reached."""
    for account in leads([request.office_id], today())[request.office_id]:
        outbox.post(occasion, about=about, to=account.pk, version=version)
    return outbox.NO_ADDRESS

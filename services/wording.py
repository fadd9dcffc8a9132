"""Where a request stands and why it lies there, in sentences for whoever reads them.

The viewer is an account or a visitor, who may not read every contact person's name; None is the office itself.
"""

import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.words import in_words
from contacts.models import ContactPerson, FieldOfAction
from contacts.rules import standing
from services.models import RequestEntry, RequestState, ServiceRequest
from services.routing import Because


def name_of(request: ServiceRequest, post: ContactPerson | None, viewer: Any) -> str:
    """The person, for whom the viewer may read the name of; else the office. Without a viewer the office reads."""
    return str(post.person if post and _is_named(request, post, viewer) else request.office)


def _is_named(request: ServiceRequest, post: ContactPerson, viewer: Any) -> bool:
    return viewer is None or post.is_published or standing(viewer).sees_inside(request.office_id)


NEXT = {
    RequestState.DRAFT: _("You have not sent the request yet."),
    RequestState.UNCONFIRMED: _("Please confirm the request by the link in the mail that you got."),
    RequestState.SUBMITTED: _("%(who)s looks at your request and answers."),
    RequestState.ACCEPTED: _("%(who)s takes care of it and gets in touch with you."),
    RequestState.IN_PROGRESS: _("%(who)s works on it."),
    RequestState.WAITING: _("%(who)s asked you something and waits for your reply."),
    RequestState.SCHEDULED: _("A date is agreed."),
    RequestState.COMPLETED: _("Everything is done."),
    RequestState.DECLINED: _("The office cannot help with this and says why."),
    RequestState.PASSED_ON: _("%(body)s takes care of it now."),
    RequestState.WITHDRAWN: _("The request was withdrawn."),
}


def next_step(request: ServiceRequest, viewer: Any, on: datetime.date) -> str:
    """What happens next, said to whoever asked; may query the office's terms."""
    who = name_of(request, request.assigned_to, viewer)
    taken_up = (RequestState.SUBMITTED, RequestState.ACCEPTED)
    if request.state in taken_up and request.answered_at and not request.unread_since:
        return gettext("%(who)s has answered you.") % {"who": who}
    sentence = str(NEXT[RequestState(request.state)]) % {"who": who, "body": capfirst(request.passed_on_to)}
    if request.state in (*taken_up, RequestState.IN_PROGRESS):
        sentence += _promise(request, on)
    return sentence


def _promise(request: ServiceRequest, on: datetime.date) -> str:
    """By when there is an answer, or that it is overdue; nothing where the office promised no day."""
    if request.answered_at or request.due_on is None or not request.is_day_promised:
        return ""
    if request.due_on < on:
        sentence = gettext("The answer was to come by %(day)s and is overdue.")
    else:
        sentence = gettext("You will have an answer by %(day)s.")
    return " " + sentence % {"day": in_words(request.due_on)}


def assigned_in_words(request: ServiceRequest, viewer: Any) -> str:
    """Why it lies where it lies, in one sentence, as the viewer may read it; without one as the office does.

    May query town, field and who is away.
    """
    via, away = request.assigned_via, request.assigned_instead_of
    field = via.field if via else None
    return _because(request, viewer, request.assigned_to, request.assigned_because, field=field, away=away)


def received_in_words(entry: RequestEntry, viewer: Any) -> str:
    """The same of when it was received. Once it was given on it is not kept for which field, nor who was away."""
    request = entry.request
    if (entry.because, entry.post_id) == (request.assigned_because, request.assigned_to_id):
        return assigned_in_words(request, viewer)
    return _because(request, viewer, entry.post, entry.because)


def _because(
    request: ServiceRequest,
    viewer: Any,
    post: ContactPerson | None,
    because: str,
    *,
    field: FieldOfAction | None = None,
    away: ContactPerson | None = None,
) -> str:
    reasons = {
        Because.FIELD: gettext("Assigned because %(who)s is responsible for %(field)s in %(town)s."),
        Because.TOWN: gettext("Assigned because %(who)s is responsible for %(town)s."),
        Because.OFFERING: gettext("Assigned because %(who)s gets the requests for this offering."),
        Because.STANDS_IN: gettext("Assigned because %(who)s stands in for %(away)s."),
        Because.AWAY: gettext("In the office's inbox because %(away)s is away and nobody stands in."),
        Because.LEFT: gettext("Who got this offering's requests has left; %(who)s is responsible for %(town)s.")
        if post
        else gettext("In the office's inbox because who got this offering's requests has left."),
        Because.NOBODY: gettext("In the office's inbox because nobody is named for %(town)s."),
        Because.NO_TOWN: gettext("In the office's inbox because the request names no municipality."),
        Because.INBOX: gettext("In the office's inbox, as all requests for this offering."),
        Because.BY_HAND: gettext("Assigned by hand.") if post else gettext("Put into the office's inbox by hand."),
        Because.HANDED_OVER: gettext("Assigned because %(who)s took it over."),
        "": "",
    }
    return reasons[because] % {
        "who": name_of(request, post, viewer),
        "town": request.municipality or gettext("the town"),
        "field": field or gettext("the field of action"),
        "away": away.person if away and _is_named(request, away, viewer) else gettext("who is responsible"),
    }

"""Where a request may stand, and where it may go from there."""

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RequestState(models.TextChoices):
    DRAFT = "draft", _("draft")
    UNCONFIRMED = "unconfirmed", _("not confirmed yet")
    SUBMITTED = "submitted", _("received")
    ACCEPTED = "accepted", _("accepted")
    IN_PROGRESS = "in_progress", pgettext_lazy("request", "in progress")
    WAITING = "waiting", _("waiting for reply")
    SCHEDULED = "scheduled", _("scheduled")
    COMPLETED = "completed", _("completed")
    DECLINED = "declined", _("declined")
    PASSED_ON = "passed_on", _("passed on")
    WITHDRAWN = "withdrawn", _("withdrawn")


FEEDBACK_WITHIN = datetime.timedelta(days=60)  # of the completion; figures look no further back for it

CLOSING = (RequestState.COMPLETED, RequestState.DECLINED, RequestState.PASSED_ON, RequestState.WITHDRAWN)
# Where a request may go from where; the database refuses everything else.
WAYS: dict[RequestState, tuple[RequestState, ...]] = {
    RequestState.DRAFT: (RequestState.UNCONFIRMED, RequestState.SUBMITTED),
    RequestState.UNCONFIRMED: (RequestState.SUBMITTED,),
    RequestState.SUBMITTED: (
        RequestState.ACCEPTED,
        RequestState.IN_PROGRESS,
        RequestState.WAITING,
        RequestState.SCHEDULED,
        *CLOSING,
    ),
    RequestState.ACCEPTED: (RequestState.IN_PROGRESS, RequestState.WAITING, RequestState.SCHEDULED, *CLOSING),
    RequestState.IN_PROGRESS: (RequestState.WAITING, RequestState.SCHEDULED, *CLOSING),
    RequestState.WAITING: (RequestState.IN_PROGRESS, RequestState.SCHEDULED, *CLOSING),
    RequestState.SCHEDULED: (RequestState.IN_PROGRESS, RequestState.WAITING, *CLOSING),
    RequestState.COMPLETED: (RequestState.IN_PROGRESS,),
    RequestState.DECLINED: (RequestState.IN_PROGRESS,),
    RequestState.PASSED_ON: (),
    RequestState.WITHDRAWN: (),
}
BEFORE = (RequestState.DRAFT, RequestState.UNCONFIRMED)  # the office does not see it yet
OPEN = (
    RequestState.SUBMITTED,
    RequestState.ACCEPTED,
    RequestState.IN_PROGRESS,
    RequestState.WAITING,
    RequestState.SCHEDULED,
)

# The same for the database's trigger.
WAYS_IN_SQL = ", ".join(f"('{a}', '{b}')" for a, following in WAYS.items() for b in (a, *following))

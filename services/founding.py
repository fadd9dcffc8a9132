"""A completed request for a forum fills in the new forum's form."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext

from forums.founding import Cause
from services.models import ServiceRequest


def by_request(reference: str, user: Any) -> Cause:
    """404 for who does not work at the office, and where no forum was asked for or one was set up already."""
    rows: QuerySet[ServiceRequest] = ServiceRequest.objects.worked_by(user).with_details().filter(forum=None)
    request = get_object_or_404(
        rows, reference=reference.replace("\x00", ""), state="completed", offering__kind="forum"
    )
    offering = request.offering
    return Cause(
        office=request.office,
        said=gettext("Filled in from request %(reference)s.") % {"reference": request.reference},
        initial={
            "name": request.subject,
            "purpose": request.concern,
            "towns": [request.municipality] if request.municipality else [],
            "fields": list(offering.fields.all()),
            "target_groups": list(offering.target_groups.all()),
            "task": offering.task_id,
        },
        founded=lambda forum: request.found(forum, timezone.now(), by=user),
    )

"""What an office put into a meeting, shown at the meeting to those who work at the office."""

import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from common.kept_queries import KeptQuery
from contacts.page_parts import Part
from contacts.rules import standing
from forums.models import Meeting
from services.models import MeetingEffort


@KeptQuery
def efforts_for(user: Any, meeting: int) -> "QuerySet[MeetingEffort]":
    return MeetingEffort.objects.visible_to(user).filter(meeting=meeting).select_related("office")


def of_meeting(meeting: Meeting, user: Any, on: datetime.date) -> Part | None:
    """The efforts that the account may know of, and the way to note its own. At most two queries."""
    if not user.is_authenticated or meeting.state != Meeting.State.HELD:
        return None
    efforts = efforts_for(user, meeting.pk)
    may_note = notes_for(meeting, user) is not None
    if not efforts and not may_note:
        return None
    address = reverse("meeting_effort", args=[meeting.forum_id, meeting.pk]) if may_note else ""
    return Part("services/meeting_effort_part.html", {"efforts": efforts, "address": address})


def notes_for(meeting: Meeting, user: Any) -> int | None:
    """The office for which the account notes its effort: its own that runs the forum, the leading one first."""
    known = standing(user)
    leading = meeting.forum.office_id
    if known.is_superuser or leading in known.offices:
        return leading
    if not known.offices:
        return None
    return meeting.forum.partner_links.filter(office__in=known.offices).values_list("office", flat=True).first()

"""Two entries of one human become one: memberships of a forum at the same time, and lines of one meeting, do too."""

from collections.abc import Iterator

from django.utils.translation import gettext

from common import periods
from common.triggers import pointed_elsewhere
from contacts import merging
from contacts.models import Person
from forums.models import Attendance, Membership


def join() -> None:
    merging.join_doubles(merging.Doubles(_found, _join))


def _found(kept: Person, gone: Person) -> list[str]:
    memberships = (
        gettext("Membership: %(forum)s") % {"forum": one.forum} for one, _others in _memberships_at_once(kept, gone)
    )
    lines = (
        gettext("Attendance: %(meeting)s, %(forum)s") % {"meeting": line.meeting, "forum": line.meeting.forum}
        for line, _other in _lines_of_one_meeting(kept, gone)
    )
    return [*memberships, *lines]


def _join(kept: Person, gone: Person) -> None:
    for stays, others in _memberships_at_once(kept, gone):
        for other in others:
            merging.point_elsewhere(other, stays)
            other.delete()
            stays.period = periods.together(stays.period, other.period)
            stays.role = max(stays.role, other.role, key=Membership.RANK.index)
            stays.organisation_id = stays.organisation_id or other.organisation_id
        stays.save()
    for line, gone_line in _lines_of_one_meeting(kept, gone):
        _join_lines(line, gone_line)


def _memberships_at_once(kept: Person, gone: Person) -> Iterator[tuple[Membership, list[Membership]]]:
    """Each group of memberships of one forum that overlap, as the one that stays and those that go."""
    rows = Membership.objects.filter(person__in=[kept, gone]).select_related("forum")
    groups: list[list[Membership]] = []
    for row in sorted(rows, key=lambda row: (row.forum_id, row.period.lower is not None, row.period.lower, row.pk)):
        last = groups[-1] if groups else []
        if any(row.forum_id == one.forum_id and periods.overlap(row.period, one.period) for one in last):
            last.append(row)
        else:
            groups.append([row])
    for group in groups:
        if len(group) > 1:
            stays = min(group, key=lambda row: (row.person_id != kept.pk, row.pk))
            yield stays, [row for row in group if row != stays]


def _lines_of_one_meeting(kept: Person, gone: Person) -> Iterator[tuple[Attendance, Attendance]]:
    lines = Attendance.objects.select_related("meeting__forum").order_by("meeting__starts_at", "pk")
    of_gone = {line.meeting_id: line for line in lines.filter(person=gone)}
    for line in lines.filter(person=kept, meeting__in=of_gone):
        yield line, of_gone[line.meeting_id]


def _join_lines(line: Attendance, other: Attendance) -> None:
    """What either of them says stays; where both do, the reply given last, and presence before absence."""
    if other.replied_at and (line.replied_at is None or other.replied_at > line.replied_at):
        for name in ("reply", "substitute", "remark", "replied_at"):
            setattr(line, name, getattr(other, name))
    if other.presence == Attendance.Presence.PRESENT or not line.presence:
        line.presence = other.presence or line.presence
    line.is_for_one_meeting |= other.is_for_one_meeting
    line.invited_at = min(filter(None, (line.invited_at, other.invited_at)), default=None)
    line.role = max(line.role, other.role, key=Membership.RANK.index)
    line.organisation_id = line.organisation_id or other.organisation_id
    # Approved minutes keep what they say; only the rows beside them become one.
    with pointed_elsewhere(Attendance):
        merging.point_elsewhere(other, line)
        other.delete()
        line.save()

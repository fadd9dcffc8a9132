"""Who may do what with forums, meetings, minutes and tasks; who may read what is in `querysets.py`.

The staff of the leading office does everything. Partner offices edit the content and delete nothing. Whoever chairs or
moderates a forum and has an account runs its meetings too. Django itself says yes to superusers.
"""

from typing import TYPE_CHECKING, Any

import rules

from contacts.rules import begins_today_or_later, is_administrator, standing
from forums.belonging import belonging

if TYPE_CHECKING:
    from forums.models import ActionItem, Forum


def forum_of(obj: Any) -> "Forum":
    """The forum that a row belongs to; may query."""
    name = obj._meta.model_name
    if name == "forum":
        return obj
    if name in ("addendum", "comment"):
        return obj.minutes.meeting.forum
    if name in ("agendaitem", "attendance", "minutes"):
        return obj.meeting.forum
    return obj.forum


def _partners(forum: "Forum") -> set[int]:
    """The ids of its partner offices, asked for once for each forum object."""
    if not hasattr(forum, "_partner_ids"):
        forum._partner_ids = set(forum.partner_links.values_list("office", flat=True))  # type: ignore[attr-defined]
    return forum._partner_ids  # type: ignore[attr-defined]


@rules.predicate
def works_for_leading_office(user: Any, obj: Any = None) -> bool:
    offices = standing(user).offices
    return bool(offices) if obj is None else forum_of(obj).office_id in offices


@rules.predicate
def works_for_forum(user: Any, obj: Any = None) -> bool:
    """Staff of the leading office or of a partner."""
    offices = standing(user).offices
    if obj is None or not offices:
        return bool(offices)
    forum = forum_of(obj)
    return forum.office_id in offices or bool(offices & _partners(forum))


@rules.predicate
def runs_forum(user: Any, obj: Any = None) -> bool:
    """Who chairs or moderates it today."""
    run = belonging(user).run
    return bool(run) if obj is None else forum_of(obj).pk in run


@rules.predicate
def is_own_task(user: Any, task: "ActionItem | None" = None) -> bool:
    """The account is that of the person who does it."""
    if task is None:
        return standing(user).is_signed_in
    return task.person is not None and task.person.user_id is not None and task.person.user_id == user.pk


@rules.predicate
def is_before_minutes(user: Any, obj: Any = None) -> bool:
    """The meeting, or the one in which the task was given, has no minutes that went out; queries."""
    meeting = obj and (obj if obj._meta.model_name == "meeting" else obj.item and obj.item.meeting)
    if not meeting:
        return False
    sent = type(meeting)._base_manager.filter(pk=meeting.pk, record__state__in=["circulated", "approved"])
    return not sent.exists()


rules.add_perm("forums", is_administrator)

# A forum and its circle are set up by the offices.
for _model in ("forum", "forumtown", "forumfield", "forumtargetgroup", "membership", "templateitem"):
    rules.add_perm(f"forums.view_{_model}", works_for_forum)
    rules.add_perm(f"forums.add_{_model}", works_for_forum)
    rules.add_perm(f"forums.change_{_model}", works_for_forum)
    rules.add_perm(f"forums.delete_{_model}", works_for_leading_office)
rules.set_perm("forums.add_forum", works_for_leading_office)
rules.add_perm("forums.end_forum", works_for_leading_office)
rules.set_perm("forums.delete_membership", works_for_leading_office & begins_today_or_later)
for _verb in ("view", "add", "change", "delete"):
    rules.add_perm(f"forums.{_verb}_forumpartner", works_for_leading_office)

# Meetings are run by the offices and by whoever chairs or moderates.
_runs = works_for_forum | runs_forum
for _model in (
    "meeting",
    "agendaitem",
    "attendance",
    "decision",
    "document",
    "topic",
    "minutes",
    "addendum",
    "comment",
):
    rules.add_perm(f"forums.view_{_model}", _runs)
    rules.add_perm(f"forums.add_{_model}", _runs)
    rules.add_perm(f"forums.change_{_model}", _runs)
    rules.add_perm(f"forums.delete_{_model}", works_for_leading_office)
# What is for the offices only, also in minutes, beside what members and chairs see.
rules.add_perm("forums.see_internal", works_for_forum)
# Lines of an agenda that somebody is still writing go as they came.
for _model in ("agendaitem", "attendance", "decision"):
    rules.set_perm(f"forums.delete_{_model}", works_for_leading_office | runs_forum)

# To approve minutes for good, to publish them and to take them back is not a partner's.
rules.add_perm("forums.settle_minutes", works_for_leading_office | runs_forum)

rules.add_perm("forums.view_actionitem", _runs | is_own_task)
rules.add_perm("forums.add_actionitem", _runs)
rules.add_perm("forums.change_actionitem", _runs)
rules.add_perm("forums.close_actionitem", _runs | is_own_task)  # say that it is begun, done or dropped
rules.add_perm("forums.delete_actionitem", works_for_leading_office | (runs_forum & is_before_minutes))

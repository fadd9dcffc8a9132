"""What somebody leaves open in an office's forums, for hand-overs: tasks, memberships, meetings to chair and minutes.

What belongs to a forum about a single town goes with the town.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from common import periods
from contacts import open_work
from contacts.models import ContactPerson, Handover
from contacts.open_work import Thing
from forums import action_items
from forums.models import ActionItem, Forum, ForumPartner, Meeting, Membership
from forums.querysets import of_offices

RUNNING = (Membership.Role.CHAIR, Membership.Role.MODERATION)


def join() -> None:
    for kind in (
        open_work.Kind("forums.tasks", _("Tasks of forums"), open_tasks, pass_on_tasks, told_of_tasks),
        open_work.Kind(
            "forums.chairs", _("Chairs and moderations of forums"), chairs, pass_on_memberships, told_of_chairs
        ),
        open_work.Kind("forums.memberships", _("Memberships of forums"), memberships, pass_on_memberships),
        open_work.Kind("forums.chaired", _("Meetings to chair"), meetings_to_chair, pass_on_chairing),
        open_work.Kind("forums.minutes", _("Minutes to write"), minutes_to_write, pass_on_minutes),
    ):
        open_work.join(kind)


def town_of(forums: Iterable[int]) -> dict[int, int]:
    """The town of each of these forums that is about a single one."""
    rows = Forum.objects.filter(pk__in=list(forums), district=None).order_by()
    counted = rows.annotate(count=Count("town_links"), town=Min("town_links__municipality")).filter(count=1)
    return dict(counted.values_list("pk", "town"))


def _things(rows: Iterable[Any], label: Any, url: Any) -> list[Thing]:
    rows = list(rows)
    towns = town_of({row.forum_id for row in rows})
    return [Thing(row.pk, label(row), url(row), towns.get(row.forum_id)) for row in rows]


def _of_office(post: ContactPerson) -> Q:
    """What lies in the forums that the post's office leads or is a partner of."""
    return of_offices([post.office_id], "forum__")


def _counted(posts: Collection[int], rows: QuerySet[Any]) -> Iterable[tuple[int, int]]:
    """How many of these rows of people each post has in the forums of its office, if any; one query."""
    partners = ForumPartner.objects.filter(office=OuterRef(OuterRef("office"))).values("forum")
    of_office = Q(forum__office=OuterRef("office")) | Q(forum__in=partners)
    own = rows.filter(of_office, person=OuterRef("person")).order_by().values("person")
    count = Subquery(own.annotate(count=Count("pk")).values("count"))
    return ContactPerson.objects.filter(pk__in=posts).annotate(n=count).exclude(n=None).values_list("pk", "n")


# -- Tasks --------------------------------------------------------------------------------------------------------


def open_tasks(post: ContactPerson) -> list[Thing]:
    tasks = ActionItem.objects.open().filter(_of_office(post), person=post.person_id).with_details()
    return _things(
        tasks,
        lambda task: gettext("%(task)s (%(forum)s)") % {"task": task.what, "forum": task.forum},
        lambda task: task.get_absolute_url(),
    )


def told_of_tasks(posts: Collection[int]) -> dict[int, str]:
    return {
        post: ngettext("%(count)d task of forums", "%(count)d tasks of forums", count) % {"count": count}
        for post, count in _counted(posts, ActionItem.objects.open())
    }


def pass_on_tasks(ids: Collection[int], post: ContactPerson, handover: Handover) -> None:
    tasks = ActionItem.objects.filter(pk__in=ids)
    tasks.update(person=post.person_id)
    action_items.tell(tasks.given())


# -- Memberships --------------------------------------------------------------------------------------------------


def chairs(post: ContactPerson) -> list[Thing]:
    return _memberships(post, Q(role__in=RUNNING))


def told_of_chairs(posts: Collection[int]) -> dict[int, str]:
    rows = Membership.objects.upcoming(periods.today()).filter(role__in=RUNNING)
    return {
        post: ngettext("chair or moderation of %(count)d forum", "chair or moderation of %(count)d forums", count)
        % {"count": count}
        for post, count in _counted(posts, rows)
    }


def memberships(post: ContactPerson) -> list[Thing]:
    return _memberships(post, ~Q(role__in=RUNNING))


def _memberships(post: ContactPerson, roles: Q) -> list[Thing]:
    rows = Membership.objects.upcoming(periods.today()).filter(_of_office(post), roles, person=post.person_id)
    return _things(
        rows.select_related("forum").order_by("forum__sort_key", "pk"),
        lambda membership: f"{membership.forum}: {membership.get_role_display()}",
        lambda membership: membership.forum.get_absolute_url(),
    )


def pass_on_memberships(ids: Collection[int], post: ContactPerson, handover: Handover) -> None:
    """End them with yesterday, and let the other follow today; of one that is to begin yet, the other has it whole."""
    on = periods.today()
    for membership in Membership.objects.filter(pk__in=ids).select_for_update().order_by("pk"):
        follows = periods.common_days(membership.period, periods.period(on))
        if membership.period.lower is not None and membership.period.lower >= on:
            membership.delete()
        else:
            membership.end_on(on - periods.ONE_DAY)
        _add(membership, follows, post)


def _add(before: Membership, follows: DateRange, post: ContactPerson) -> None:
    """The other's membership for these days; with the one that the other has it becomes one, in the higher role."""
    own = list(Membership.objects.filter(forum=before.forum_id, person=post.person_id, period__overlap=follows))
    role = max([before.role, *(one.role for one in own)], key=Membership.RANK.index)
    if any(one.role == role and periods.encloses(one.period, follows) for one in own):
        return
    ends = [follows.upper, *(one.period.upper for one in own)]
    for one in own:
        if one.period.lower is None or one.period.lower < follows.lower:
            one.end_on(follows.lower - periods.ONE_DAY)
        else:
            one.delete()
    Membership.objects.create(
        forum_id=before.forum_id,
        person_id=post.person_id,
        organisation_id=own[0].organisation_id if own else before.organisation_id,
        role=role,
        period=DateRange(follows.lower, None if None in ends else max(ends)),
    )


# -- Meetings -----------------------------------------------------------------------------------------------------


def meetings_to_chair(post: ContactPerson) -> list[Thing]:
    return _meetings(post, _ahead() & Q(chaired_by=post.person_id))


def minutes_to_write(post: ContactPerson) -> list[Thing]:
    """Of meetings to come, and of those held whose minutes have not gone out."""
    unwritten = Q(state=Meeting.State.HELD) & (Q(record=None) | Q(record__state="draft"))
    return _meetings(post, (_ahead() | unwritten) & Q(minutes_by=post.person_id))


def _ahead() -> Q:
    return Q(state__in=[Meeting.State.DRAFT, Meeting.State.PLANNED, Meeting.State.INVITED], ends_at__gte=timezone.now())


def _meetings(post: ContactPerson, condition: Q) -> list[Thing]:
    rows = Meeting.objects.filter(_of_office(post), condition).with_details().order_by("starts_at", "pk")
    return _things(rows, lambda meeting: f"{meeting.forum}: {meeting}", lambda meeting: meeting.get_absolute_url())


def pass_on_chairing(ids: Collection[int], post: ContactPerson, handover: Handover) -> None:
    Meeting.objects.filter(pk__in=ids).update(chaired_by=post.person_id)


def pass_on_minutes(ids: Collection[int], post: ContactPerson, handover: Handover) -> None:
    Meeting.objects.filter(pk__in=ids).update(minutes_by=post.person_id)

"""What other pages show of forums: those of a town, district, office or person with their next meetings, what an
office's meetings and tasks still need, and what is going on in one's own forums."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from common.kept_queries import KeptQuery, counted, numbers_in
from common.periods import midnight
from contacts.models import ContactPerson, Office
from contacts.page_parts import Part
from forums.belonging import about_district, belonging, forums_about, forums_of
from forums.models import ActionItem, Forum, Meeting, Membership, Minutes
from forums.querysets import SOON, among, lacking
from municipalities.models import District, Municipality

MOST = 6  # forums on a page of something else
NEXT_MEETINGS, LATEST_MINUTES = 5, 5


# -- Parts of pages -----------------------------------------------------------------------------------------------


def _seen(forums: Any, user: Any, on: Any, at: Any) -> Any:
    """Those of these forums that the account may see on a day, with the next meeting from its first moment on."""
    seen = Forum.objects.filter(pk__in=forums).visible_to(user).upcoming(on).with_next_meeting(user, at)
    return seen.order_by(F("next_meeting_at").asc(nulls_last=True), "sort_key", "pk")[: MOST + 1]


@KeptQuery
def _about(towns: list[int], districts: list[int], user: Any, on: datetime.date, at: datetime.datetime) -> Any:
    return _seen(forums_about(towns, districts), user, on, at)


def of_town(town: Municipality, user: Any, on: datetime.date) -> Part | None:
    """The forums about a town, or about its whole district. One query."""
    return _part(_about([town.pk], [town.district_id], user, on, midnight(on)), f"?kreis={town.district.ags}")


def of_district(district: District, user: Any, on: datetime.date) -> Part | None:
    """The forums about a district or one of its towns. One query."""
    return _part(list(_seen(about_district(district.ags), user, on, midnight(on))), f"?kreis={district.ags}")


def of_office(office: Office, user: Any, on: datetime.date) -> Part | None:
    """The forums that an office leads or is a partner of. One query."""
    return _part(list(_seen(forums_of([office.pk]), user, on, midnight(on))), f"?stelle={office.slug}")


def _part(rows: list[Any], query: str) -> Part | None:
    if not rows:
        return None
    more = reverse("forum_list") + query if len(rows) > MOST else ""
    return Part("forums/forums_part.html", {"forums": rows[:MOST], "more": more})


def of_person(post: ContactPerson, user: Any, on: datetime.date) -> Part | None:
    """To which forums somebody belongs, as far as the account may know: visitors may not. One query."""
    if not user.is_authenticated:
        return None
    meetings = Meeting.objects.visible_to(user).not_cancelled().upcoming(midnight(on))
    next_meeting = Subquery(meetings.filter(forum=OuterRef("forum")).values("starts_at")[:1])
    memberships = Membership.objects.visible_to(user).filter(person=post.person_id).current(on)
    rows = list(memberships.annotate(next_meeting_at=next_meeting).select_related("forum").order_by("forum__sort_key"))
    return Part("forums/memberships_part.html", {"memberships": rows}) if rows else None


# -- The start page -----------------------------------------------------------------------------------------------


@KeptQuery
def next_meetings(user: Any, at: datetime.datetime) -> "QuerySet[Meeting]":
    """The next meetings that the account may know of, from that moment on."""
    return Meeting.objects.visible_to(user).upcoming(at).not_cancelled().with_details()[:NEXT_MEETINGS]


@dataclass(frozen=True)
class OwnForums:
    """What is going on in one's own forums, as a member or in the town hall, and one's tasks."""

    tasks: int
    overdue: int
    meetings: list[Meeting]
    minutes: list[Minutes]

    def __bool__(self) -> bool:
        return bool(self.tasks or self.meetings or self.minutes)


@KeptQuery
def _tasks_counted(user: Any, on: datetime.date) -> Any:
    tasks = ActionItem.objects.visible_to(user).of_account(user).open()
    return counted(tasks, {"tasks": None, "overdue": Q(due_on__lt=on)})


@KeptQuery
def _own_meetings(user: Any, at: datetime.datetime) -> "QuerySet[Meeting]":
    own = belonging(user)
    meetings = Meeting.objects.visible_to(user).upcoming(at).exclude(state__in=["draft", "cancelled"])
    return meetings.filter(among("forum__", own.now, own.concerning)).with_details()[:NEXT_MEETINGS]


@KeptQuery
def _latest_minutes(user: Any) -> "QuerySet[Minutes]":
    own = belonging(user)
    minutes = Minutes.objects.visible_to(user).exclude(circulated_at=None).order_by("-circulated_at").as_lines()
    found = minutes.filter(among("meeting__forum__", own.now, own.concerning))
    return found.select_related("meeting__forum")[:LATEST_MINUTES]


def own_forums(user: Any, on: datetime.date) -> OwnForums:
    """At most three queries; none for who belongs to no forum and speaks for no town hall."""
    numbers = numbers_in(_tasks_counted(user, on))
    return OwnForums(
        tasks=numbers["tasks"],
        overdue=numbers["overdue"],
        meetings=_own_meetings(user, midnight(on)),
        minutes=_latest_minutes(user),
    )


@dataclass(frozen=True)
class Figure:
    """A number that leads to the rows it counts."""

    count: int
    text: str
    url: str


@KeptQuery
def _with_forums(offices: list[int]) -> Any:
    return Forum.objects.filter(office__in=offices).order_by().values_list("office", "office__slug").distinct()


@KeptQuery
def _meetings_counted(offices: list[int], at: datetime.datetime) -> Any:
    meetings = Meeting.objects.filter(forum__office__in=offices).order_by().values("forum__office")
    return meetings.annotate(**{key: Count("pk", filter=condition) for key, condition in lacking(at).items()})


@KeptQuery
def _work_counted(offices: list[int], on: datetime.date, last: datetime.date) -> Any:
    tasks = ActionItem.objects.open().filter(forum__office__in=offices).order_by().values("forum__office")
    return tasks.annotate(
        overdue=Count("pk", filter=Q(due_on__lt=on)), soon=Count("pk", filter=Q(due_on__range=(on, last)))
    )


def office_work(offices: Collection[int], on: datetime.date) -> dict[int, list[Figure]]:
    """What meetings and tasks of these offices' forums still need; offices without forums are left out.

    Three queries, whatever the number of offices.
    """
    found = dict(_with_forums(list(offices)))
    meetings: dict[int, Any] = {row["forum__office"]: row for row in _meetings_counted(list(found), timezone.now())}
    tasks: dict[int, Any] = {row["forum__office"]: row for row in _work_counted(list(found), on, on + SOON)}
    return {office: _figures(slug, meetings.get(office, {}), tasks.get(office, {})) for office, slug in found.items()}


def _figures(slug: str, meetings: dict[str, int], tasks: dict[str, int]) -> list[Figure]:
    uninvited, unanswered = meetings.get("einladung", 0), meetings.get("antworten", 0)
    unwritten, unapproved = meetings.get("protokoll", 0), meetings.get("genehmigung", 0)
    overdue, soon = tasks.get("overdue", 0), tasks.get("soon", 0)
    of_meetings, of_tasks = f"{reverse('meeting_list')}?stelle={slug}", f"{reverse('action_item_list')}?stelle={slug}"
    figures = [
        Figure(
            uninvited,
            ngettext("meeting soon without invitation", "meetings soon without invitation", uninvited),
            f"{of_meetings}&arbeit=einladung",
        ),
        Figure(
            unanswered,
            ngettext("meeting with replies missing", "meetings with replies missing", unanswered),
            f"{of_meetings}&arbeit=antworten",
        ),
        Figure(
            unwritten,
            ngettext("meeting without minutes", "meetings without minutes", unwritten),
            f"{of_meetings}&arbeit=protokoll",
        ),
        Figure(
            unapproved,
            ngettext("meeting whose minutes await approval", "meetings whose minutes await approval", unapproved),
            f"{of_meetings}&arbeit=genehmigung",
        ),
        Figure(overdue, ngettext("overdue task", "overdue tasks", overdue), f"{of_tasks}&faellig=ueberfaellig"),
        Figure(soon, ngettext("task due within a week", "tasks due within a week", soon), f"{of_tasks}&faellig=bald"),
    ]
    return [figure for figure in figures if figure.count]

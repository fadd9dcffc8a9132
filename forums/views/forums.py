"""The list of forums, and the page of one."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.kept_queries import KeptQuery
from common.lists import Alphabetical, Column, LongList, both_ways
from common.periods import day_of, last_day, midnight, today
from contacts.links import RowLinks
from forums.filters import ForumFilter
from forums.models import ActionItem, Document, Forum, ForumTown, Meeting, Membership
from forums.views.of_forum import OfForum

TOWNS_NAMED = 3  # in a line of the list
UPCOMING, PAST, DOCUMENTS = 3, 5, 10  # on the forum's page; the rest is behind a link


@dataclass(frozen=True)
class Listed:
    """A forum in a list, with what belongs to it fetched for all of them together."""

    forum: Any
    has_ended: bool
    towns: list[str]

    @property
    def kind(self) -> str:
        return str(Forum.Kind(self.forum.kind).label)

    @property
    def place(self) -> str:
        """The whole district, or the first of the towns."""
        if self.forum.district:
            return str(self.forum.district.full_name)
        more = len(self.towns) - TOWNS_NAMED
        names = ", ".join(self.towns[:TOWNS_NAMED])
        if more <= 0:
            return names
        text = ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", more)
        return text % {"names": names, "count": more}


def yes_or_no(value: bool) -> str:
    return gettext("yes") if value else gettext("no")


@KeptQuery
def forums_of_keys(keys: list[int], user: Any, at: datetime.datetime) -> "QuerySet[Forum]":
    return Forum.objects.filter(pk__in=keys).with_details().with_next_meeting(user, at).order_by()


@KeptQuery
def towns_of(forums: list[int]) -> "QuerySet[ForumTown, tuple[int, str]]":
    links = ForumTown.objects.filter(forum__in=forums).order_by("municipality__sort_key", "municipality")
    return links.values_list("forum", "municipality__name")


class ForumList(Alphabetical, LongList):
    """All forums that one may see; those that ended only where asked for."""

    template_name = "forums/forum_list.html"
    filterset_class = ForumFilter
    orders = (
        *both_ways("name", _("Name"), "sort_key", "pk"),
        *both_ways("stelle", _("Office"), "office__sort_key", "sort_key", "pk"),
        *both_ways("termin", _("Next meeting"), "next_meeting_at", "sort_key", "pk"),
    )
    columns = (
        Column(_("Forum"), lambda row: row.forum.name),
        Column(_("Kind"), lambda row: row.forum.get_kind_display()),
        Column(_("Office"), lambda row: row.forum.office.name),
        Column(_("Partner offices"), lambda row: ", ".join(office.name for office in row.forum.partners.all())),
        Column(_("District"), lambda row: row.forum.district.full_name if row.forum.district else ""),
        Column(_("Towns"), lambda row: ", ".join(row.towns)),
        Column(_("Fields of action"), lambda row: ", ".join(field.name for field in row.forum.fields.all())),
        Column(_("Rhythm"), lambda row: row.forum.get_rhythm_display()),
        Column(_("Run by"), lambda row: row.forum.organiser),
        Column(_("Public"), lambda row: yes_or_no(row.forum.is_public)),
        Column(_("First day"), lambda row: row.forum.period.lower),
        Column(_("Last day"), lambda row: last_day(row.forum.period)),
        Column(_("Next meeting"), lambda row: row.forum.next_meeting_at and day_of(row.forum.next_meeting_at)),
    )
    file_name = "foren"

    def rows(self) -> QuerySet[Forum]:
        on = today()
        forums = Forum.objects.visible_to(self.request.user).with_details()
        if not self.request.GET.get("zeit"):
            forums = forums.upcoming(on)
        return self.of_letter(forums.with_next_meeting(self.request.user, midnight(on)))

    def complete(self, rows: list[Forum]) -> list[Listed]:
        on = today()
        towns: dict[int, list[str]] = defaultdict(list)
        for forum, town in towns_of([forum.pk for forum in rows]):
            towns[forum].append(town)
        return [Listed(forum, forum.has_ended(on), towns[forum.pk]) for forum in rows]

    def rows_of(self, keys: list[int]) -> list[Forum]:
        return forums_of_keys(keys, self.request.user, midnight(today()))

    def lines(self, rows: list[Listed]) -> list[Listed]:
        prefetch_related_objects([row.forum for row in rows], "fields", "partners")
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        may_add = user.is_authenticated and user.has_perm("forums.add_forum")
        return super().get_context_data(may_add=may_add, **kwargs)


@KeptQuery
def upcoming_meetings(user: Any, forum: int, at: datetime.datetime) -> "QuerySet[Meeting]":
    return Meeting.objects.visible_to(user).filter(forum=forum).with_details().upcoming(at)[:UPCOMING]


@KeptQuery
def past_meetings(user: Any, forum: int, at: datetime.datetime) -> "QuerySet[Meeting]":
    return Meeting.objects.visible_to(user).filter(forum=forum).with_details().past(at)[:PAST]


@KeptQuery
def current_members(user: Any, forum: int, on: datetime.date) -> "QuerySet[Membership]":
    return Membership.objects.visible_to(user).filter(forum=forum).current(on).with_details().in_order()


@KeptQuery
def documents_of_forum(user: Any, forum: int) -> "QuerySet[Document]":
    return Document.objects.visible_to(user).filter(forum=forum, meeting=None)[:DOCUMENTS]


@KeptQuery
def opened_forum(user: Any, forum: int) -> "QuerySet[Forum]":
    """The forum itself, where it is open inside to the account."""
    return Forum.objects.open_inside_to(user).filter(pk=forum).order_by().only("pk")


class ForumPage(OfForum, RowLinks, TemplateView):
    """What a forum is for, when it meets, and, for those inside, who belongs to it and what it works on."""

    template_name = "forums/forum.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        forum, on = self.forum, today()
        # Meetings of today are not past yet: a page that visitors see depends on the day, not on the minute.
        now = midnight(on)
        is_inside = bool(opened_forum(user, forum.pk))
        return super().get_context_data(
            towns=forum.towns.order_by("sort_key"),
            partners=forum.partners.order_by("sort_key"),
            fields=forum.fields.all(),
            target_groups=forum.target_groups.all(),
            has_ended=forum.has_ended(on),
            upcoming=upcoming_meetings(user, forum.pk, now),
            past=past_meetings(user, forum.pk, now),
            is_inside=is_inside,
            members=current_members(user, forum.pk, on) if is_inside else (),
            documents=documents_of_forum(user, forum.pk),
            open_tasks=ActionItem.objects.visible_to(user).open().filter(forum=forum).count() if is_inside else 0,
            may_give_task=user.has_perm("forums.add_actionitem", forum),
            may_change=user.has_perm("forums.change_forum", forum),
            may_plan=user.has_perm("forums.add_meeting", forum),
            may_see_attendance=user.has_perm("forums.view_attendance", forum),
            may_add_documents=user.has_perm("forums.add_document", forum),
            may_change_documents=user.has_perm("forums.change_document", forum),
            may_delete_documents=user.has_perm("forums.delete_document", forum),
            **kwargs,
        )

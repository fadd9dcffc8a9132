"""What hits, decisions and attendance can be narrowed by. Parameter names are part of the addresses."""

import datetime
from collections.abc import Callable
from typing import Any

from django.db.models import Case, Max, Min, QuerySet, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.choices import Choices
from common.kept_queries import KeptQuery
from common.periods import day_of
from common.sort_keys import sort_key
from contacts.filters import MOST_CHOICES, PortalFilter, TextFilter, select
from contacts.models import Office
from forums.models import Decision, Forum, Meeting, SearchEntry


@KeptQuery
def _first_day(user: Any) -> "QuerySet[SearchEntry, datetime.date]":
    return SearchEntry.objects.visible_to(user).order_by("day", "pk").values_list("day", flat=True)[:1]


@KeptQuery
def _last_day(user: Any) -> "QuerySet[SearchEntry, datetime.date]":
    return SearchEntry.objects.visible_to(user).order_by("-day", "-pk").values_list("day", flat=True)[:1]


class SearchFilter(PortalFilter):
    """What meetings said: by words, kind of hit, forum, office and year."""

    q = TextFilter(label=_("Words in agendas, minutes, decisions and tasks"), method="saying")
    art = select(pgettext_lazy("hit", "Where"), _("Everywhere"), field_name="kind", choices=SearchEntry.Kind.choices)
    stelle = select(_("Office"), _("All offices"), method="of_office")
    forum = select(_("Forum"), _("All forums"), method="of_forum")
    jahr = select(_("Year"), _("All years"), method="in_year")

    @property
    def forums(self) -> QuerySet[Forum]:
        return Forum.objects.visible_to(self.request.user).order_by()

    def stelle_choices(self) -> Choices:
        offices = Office.objects.filter(pk__in=self.forums.values("office"))
        return self.few(offices)

    def forum_choices(self) -> Choices:
        """Those of the chosen office; without one the first of all."""
        forums = self.forums.filter(office__slug=office) if (office := self.chosen("stelle")) else self.forums
        chosen = int(key) if (key := self.chosen("forum")).isdecimal() and len(key) < 19 else 0
        chosen_first = Case(When(pk=chosen, then=0), default=1)
        found = list(forums.order_by(chosen_first, "sort_key", "pk").values_list("pk", "name")[:MOST_CHOICES])
        if chosen and chosen not in dict(found):
            found += self.forums.filter(pk=chosen).values_list("pk", "name")
        return [(str(pk), name) for pk, name in sorted(found, key=lambda forum: sort_key(forum[1]))]

    def jahr_choices(self) -> Choices:
        """From the year of the first text that one may find to that of the last."""
        # Not as an aggregate, which would read all of them.
        days = [day for query in (_first_day, _last_day) for day in query(self.request.user)]
        return [(str(year), str(year)) for year in range(days[1].year, days[0].year - 1, -1)] if days else []

    def saying(self, entries: QuerySet[SearchEntry], name: str, text: str) -> QuerySet[SearchEntry]:
        is_narrow = bool(self.chosen("forum") or self.chosen("stelle"))
        return entries.saying(text, of_few=is_narrow)  # type: ignore[attr-defined]

    def of_office(self, entries: QuerySet[SearchEntry], name: str, slug: str) -> QuerySet[SearchEntry]:
        return entries.filter(forum__in=list(self.forums.filter(office__slug=slug).values_list("pk", flat=True)))

    def of_forum(self, entries: QuerySet[SearchEntry], name: str, key: str) -> QuerySet[SearchEntry]:
        return entries.filter(forum=int(key))

    def in_year(self, entries: QuerySet[SearchEntry], name: str, year: str) -> QuerySet[SearchEntry]:
        return entries.filter(day__year=int(year))


@KeptQuery
def first_and_last_held(user: Any, forum: int) -> "QuerySet[Meeting, tuple[datetime.datetime, datetime.datetime]]":
    """When the first and the last held meeting of a forum began that the account may see; nothing without any."""
    held = Meeting.objects.visible_to(user).filter(forum=forum, state="held").order_by().values("forum")
    return held.annotate(first=Min("starts_at"), last=Max("starts_at")).values_list("first", "last")


class OfForumFilter(PortalFilter):
    """Filters within the forum of the address."""

    @property
    def forum_id(self) -> int:
        return self.request.resolver_match.kwargs["pk"]

    def _kept(self, name: str, choices: Callable[[], Choices]) -> Choices:
        """Never kept: the choices are this forum's."""
        return choices()

    def jahr_choices(self) -> Choices:
        """The years in which the forum met."""
        for first, last in first_and_last_held(self.request.user, self.forum_id):
            return [(str(year), str(year)) for year in range(day_of(last).year, day_of(first).year - 1, -1)]
        return []


class DecisionFilter(OfForumFilter):
    """The decisions of a forum: by words and year."""

    q = TextFilter(label=_("Words in the decision"), method="saying")
    jahr = select(_("Year"), _("All years"), method="in_year")

    def saying(self, decisions: QuerySet[Decision], name: str, text: str) -> QuerySet[Decision]:
        entries = SearchEntry.objects.filter(kind=SearchEntry.Kind.DECISION, forum=self.forum_id)
        return decisions.filter(pk__in=entries.saying(text, of_few=True).values("source_id"))

    def in_year(self, decisions: QuerySet[Decision], name: str, year: str) -> QuerySet[Decision]:
        return decisions.filter(item__meeting__starts_at__year=int(year))


class AttendanceFilter(OfForumFilter):
    """The meetings whose attendance is shown: the latest, or those of one year."""

    jahr = select(_("Year"), _("The latest meetings"), method="in_year")

    def in_year(self, meetings: QuerySet[Meeting], name: str, year: str) -> QuerySet[Meeting]:
        return meetings.filter(starts_at__year=int(year))

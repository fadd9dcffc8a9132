"""What a forum decided, who came, and how often it met about which town."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.kept_queries import KeptQuery
from common.lists import FILES, FORMAT, Column, LongList, Order, both_ways
from common.periods import today
from contacts.links import RowLinks
from contacts.models import Office
from contacts.rules import standing
from forums import attendance_over_time, meetings_per_town
from forums.models import Attendance, Decision, Meeting, Membership
from forums.querysets import MeetingQuerySet
from forums.record_filters import AttendanceFilter, DecisionFilter
from forums.views.of_forum import NeedsRight, OfForum
from municipalities.models import Municipality

LATEST = 12  # meetings of which attendance is shown at first
YEARS = 5


@KeptQuery
def visible_decisions(user: Any, forum: int) -> "QuerySet[Decision, int]":
    return Decision.objects.visible_to(user).filter(forum=forum).order_by().values_list("pk", flat=True)


@KeptQuery
def decisions_of_keys(keys: list[int]) -> "QuerySet[Decision]":
    return Decision.objects.filter(pk__in=keys).select_related("item__meeting").order_by()


def held(user: Any, forum: int) -> MeetingQuerySet:
    """The meetings of a forum that were held, the last first."""
    meetings = Meeting.objects.visible_to(user).filter(forum=forum, state=Meeting.State.HELD)
    return meetings.order_by("-starts_at", "-pk")


@KeptQuery
def latest_held(user: Any, forum: int) -> "QuerySet[Meeting]":
    return held(user, forum)[:LATEST]


@KeptQuery
def attendances_of(meetings: list[int]) -> "QuerySet[Attendance]":
    """Who was to come and who came, guests apart, whoever asks: the page's right is asked before."""
    attendances = Attendance.objects.filter(meeting__in=meetings).exclude(role=Membership.Role.GUEST)
    return attendances.select_related("person", "organisation").order_by()


@KeptQuery
def members_to_mark(forum: int, on: datetime.date) -> "QuerySet[Membership]":
    """Those who have a line in the picture, whoever asks: the page's right is asked before."""
    members = Membership.objects.filter(forum=forum).current(on).exclude(role=Membership.Role.GUEST)
    return members.select_related("person", "organisation").order_by()


class DecisionRegister(OfForum, LongList):
    """The decisions of a forum by number; to visitors those of minutes that were released."""

    template_name = "forums/decisions.html"
    filterset_class = DecisionFilter
    orders = (
        Order("-nummer", _("Number"), (F("number").desc(nulls_first=True), "-pk")),
        Order("nummer", _("Number"), (F("number").asc(nulls_last=True), "pk")),
        *both_ways("datum", _("Date"), "item__meeting__starts_at", "number", "pk"),
    )
    columns = (
        Column(_("Number"), lambda decision: decision.number),
        Column(_("Date"), lambda decision: decision.item.meeting.day),
        Column(_("Meeting"), lambda decision: decision.item.meeting.name),
        Column(_("Agenda item"), lambda decision: decision.item.title),
        Column(_("Wording"), lambda decision: decision.wording),
        Column(_("Yes"), lambda decision: decision.votes_for),
        Column(_("No"), lambda decision: decision.votes_against),
        Column(_("Abstentions"), lambda decision: decision.abstentions),
    )
    file_name = "beschluesse"
    of_keys = decisions_of_keys

    def rows(self) -> QuerySet[Decision]:
        # By their ids: a forum has some hundreds, and what makes them visible takes long to put into a statement.
        decisions = Decision.objects.filter(pk__in=visible_decisions(self.request.user, self.forum.pk))
        return decisions.select_related("item__meeting")

    def complete(self, rows: list[Decision]) -> list[Decision]:
        for decision in rows:
            decision.item.meeting.forum = self.forum
        return rows


class AttendanceOverTime(NeedsRight, OfForum, TemplateView):
    """Who came to the latest meetings, or to those of a year: for those who run the forum."""

    permission = "forums.view_attendance"
    template_name = "forums/attendance.html"

    def judged_by(self) -> Any:
        return self.forum

    @cached_property
    def filterset(self) -> AttendanceFilter:
        return AttendanceFilter(self.request.GET, queryset=held(self.request.user, self.forum.pk), request=self.request)

    @cached_property
    def picture(self) -> attendance_over_time.Picture:
        if not self.filterset.is_valid():
            chosen = []
        elif self.request.GET.get("jahr"):
            chosen = list(self.filterset.qs)
        else:
            chosen = latest_held(self.request.user, self.forum.pk)
        for meeting in chosen:
            meeting.forum = self.forum
        attendances = attendances_of([meeting.pk for meeting in chosen])
        return attendance_over_time.picture(chosen[::-1], attendances, members_to_mark(self.forum.pk, today()))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (file_format := request.GET.get(FORMAT)) in FILES:
            return self.as_file(file_format)
        return self.render_to_response(self.get_context_data(**kwargs))

    def as_file(self, file_format: str) -> HttpResponse:
        columns, lines = self.picture.columns, self.picture.lines
        header = [_("Name"), *(f"{column.meeting.name}, {column.meeting.day:%d.%m.%Y}" for column in columns)]
        rows = ([line.name, *(mark.words for mark in line.marks), line.present, line.listed] for line in lines)
        return file_answer([*header, _("present"), _("of meetings")], rows, "teilnahme", file_format)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            filterset=self.filterset, picture=self.picture, key=attendance_over_time.key_marks(), **kwargs
        )


def file_answer(header: list[Any], rows: Iterable[Iterable[object]], name: str, file_format: str) -> HttpResponse:
    kind = FILES[file_format]
    return HttpResponse(
        kind.written(header, rows),
        content_type=kind.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.{file_format}"'},
    )


def _years() -> range:
    this_year = today().year
    return range(this_year - YEARS + 1, this_year + 1)


class OfOwnOffice(LoginRequiredMixin):
    """The office of the address, or the first of one's own: 403 for who works at none, 404 for another's."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_perm("forums.view_forum"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def offices(self) -> list[Office]:
        """One's own; an operator looks at any."""
        known = standing(self.request.user)
        offices = Office.objects.order_by("sort_key", "pk")
        return list(offices if known.is_superuser else offices.filter(pk__in=known.offices))

    @cached_property
    def office(self) -> Office:
        asked = self.request.GET.get("stelle")
        found = [office for office in self.offices if asked in (None, "", office.slug)]
        if not found:
            raise Http404
        return found[0]


class MeetingsPerTown(OfOwnOffice, RowLinks, TemplateView):
    """How many meetings were held about each town of an office in the last years."""

    template_name = "forums/meetings_per_town.html"

    @cached_property
    def table(self) -> meetings_per_town.Table:
        return meetings_per_town.table(self.office, _years(), today())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (file_format := request.GET.get(FORMAT)) in FILES:
            return self.as_file(file_format)
        return self.render_to_response(self.get_context_data(**kwargs))

    def as_file(self, file_format: str) -> HttpResponse:
        header = [_("AGS"), _("Municipality"), *self.table.years, _("together")]
        rows = [[row.town.ags, row.town.name, *row.counts, row.total] for row in self.table.rows if row.town]
        last = ["", _("All meetings, each once"), *self.table.all.counts, self.table.all.total]
        return file_answer(header, [*rows, last], "sitzungen-je-kommune", file_format)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        table = self.table
        return super().get_context_data(
            office=self.office,
            offices=self.offices,
            table=table,
            rows=[(row, list(zip(table.years, row.counts, strict=True))) for row in table.rows],
            all=list(zip(table.years, table.all.counts, strict=True)),
            **kwargs,
        )


class MeetingsOfTown(OfOwnOffice, RowLinks, TemplateView):
    """The meetings that one number of the table counts."""

    template_name = "forums/meetings_of_town.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        meetings = meetings_per_town.held_meetings([self.office.pk]).with_details().order_by("starts_at", "pk")
        town = None
        if ags := self.request.GET.get("kommune"):
            town = Municipality.objects.filter(ags=ags).first() if ags.isdecimal() else None
            if town is None:
                raise Http404
            meetings = meetings_per_town.about(meetings, town)
        years = _years()
        asked = self.request.GET.get("jahr", "")
        if asked:
            if asked not in map(str, years):
                raise Http404
            years = range(int(asked), int(asked) + 1)
        found = list(meetings.filter(starts_at__year__range=(years[0], years[-1])))
        return super().get_context_data(office=self.office, town=town, year=asked, meetings=found, **kwargs)

"""When forums meet: as a list, as a month, and as calendars to subscribe to."""

import calendar
import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import TemplateView, View

from common.calendars import CONTENT_TYPE
from common.kept_queries import KeptQuery
from common.lists import ORDER, Column, LongList, both_ways
from common.periods import ONE_DAY, last_of_month, midnight, today
from forums import calendars
from forums.filters import CalendarFilter
from forums.models import Forum, Meeting
from forums.querysets import MeetingQuerySet
from municipalities.models import District

# -- To subscribe to ------------------------------------------------------------------------------------------------


def public_meetings() -> MeetingQuerySet:
    return Meeting.objects.visible_to(AnonymousUser())


@KeptQuery
def public_meetings_about(district: str) -> "QuerySet[Meeting]":
    return calendars.in_feed(public_meetings().about_district(district))


@KeptQuery
def public_meetings_of(forum: int) -> "QuerySet[Meeting]":
    return calendars.in_feed(public_meetings().filter(forum=forum))


@KeptQuery
def public_forum(forum: int) -> "QuerySet[Forum]":
    return Forum.objects.visible_to(AnonymousUser()).filter(pk=forum)


class Feed(View):
    """Meetings as a file for calendar programs, whoever asks: what a visitor may see."""

    file_name = "kalender"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            self.content(),
            content_type=CONTENT_TYPE,
            headers={"Content-Disposition": f'inline; filename="{self.file_name}.ics"'},
        )

    def content(self) -> bytes:
        raise NotImplementedError


LOOKS_BACK = datetime.timedelta(days=365)


class PublicFeed(Feed):
    """All public meetings to come, and those of the last year; the other feeds hold all time."""

    def content(self) -> bytes:
        lately = public_meetings().upcoming(midnight(today() - LOOKS_BACK))
        return calendars.feed(calendars.in_feed(lately), gettext("Public meetings"))


class DistrictFeed(Feed):
    """The public meetings about a district or its towns."""

    def content(self) -> bytes:
        district = get_object_or_404(District, ags=self.kwargs["ags"])
        name = gettext("Public meetings: %(place)s") % {"place": district.full_name}
        return calendars.feed(public_meetings_about(district.ags), name)


class ForumFeed(Feed):
    """The meetings of a public forum; those of an internal one stand in the feeds of its own people."""

    def content(self) -> bytes:
        forum = public_forum.or_404(self.kwargs["pk"])
        return calendars.feed(public_meetings_of(forum.pk), forum.name)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class OwnFeed(Feed):
    """The meetings of an account's forums, offices and town hall, for whoever has the address."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = super().get(request, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    def content(self) -> bytes:
        account = calendars.account_of(self.kwargs["token"], timezone.now())
        if account is None:
            raise Http404
        own = Meeting.objects.of_own(account)
        with_link = set(own.with_link_for(account).order_by().values_list("pk", flat=True))
        return calendars.feed(calendars.in_feed(own), gettext("My meetings"), with_link=with_link)


class OwnCalendar(LoginRequiredMixin, TemplateView):
    """The address of one's own feed: make one, make another one, or withdraw it."""

    template_name = "forums/own_calendar.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(address=calendars.own_address(self.request.user, timezone.now()), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        if "withdraw" in request.POST:
            calendars.withdraw_own_address(request.user, now)
            messages.success(request, gettext("The address is withdrawn. Calendar programs read nothing more by it."))
        else:
            calendars.make_own_address(request.user, now)
            messages.success(request, gettext("The address is ready."))
        return redirect("own_calendar")


# -- On the site ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """A day of the month shown, or of a neighbouring one to fill the week."""

    date: datetime.date
    is_of_month: bool
    is_today: bool
    meetings: list[Meeting]


def asked_month(text: str, on: datetime.date) -> datetime.date:
    """The first day of a month given as 2026-03; of the present one for anything else."""
    try:
        month = datetime.date.fromisoformat(f"{text}-01")
    except ValueError:
        month = on.replace(day=1)
    return month if 1900 <= month.year <= 2200 else on.replace(day=1)


@KeptQuery
def meetings_of_keys(keys: list[int]) -> "QuerySet[Meeting]":
    return Meeting.objects.filter(pk__in=keys).with_details().order_by()


class CalendarPage(LongList):
    """The meetings one may see, as a list or, with `?ansicht=monat`, as a month."""

    filterset_class = CalendarFilter
    orders = (
        *both_ways("beginn", _("Date"), "starts_at", "pk"),
        *both_ways("forum", _("Forum"), "forum__sort_key", "starts_at", "pk"),
    )
    columns = (
        Column(_("Begins"), lambda meeting: meeting.starts_at),
        Column(_("Ends"), lambda meeting: meeting.ends_at),
        Column(_("Forum"), lambda meeting: meeting.forum.name),
        Column(_("Meeting"), lambda meeting: meeting.name),
        Column(_("Place"), lambda meeting: meeting.place),
        Column(_("Address"), lambda meeting: meeting.address),
        Column(pgettext_lazy("meeting", "State"), lambda meeting: meeting.get_state_display()),
    )
    file_name = "termine"
    of_keys = meetings_of_keys
    kept = (ORDER, "ansicht", "monat")

    @property
    def is_month(self) -> bool:
        return self.request.GET.get("ansicht") == "monat"

    def get_template_names(self) -> list[str]:
        return ["forums/calendar_month.html" if self.is_month else "forums/calendar.html"]

    def rows(self) -> QuerySet[Meeting]:
        meetings = Meeting.objects.visible_to(self.request.user).with_details()
        if self.is_month:
            return meetings.filter(starts_at__date__range=(self.month, last_of_month(self.month)))
        # Meetings of today are still to come: the list that visitors see depends on the day, not on the minute.
        return meetings if self.request.GET.get("zeit") else meetings.upcoming(midnight(today()))

    @property
    def month(self) -> datetime.date:
        return asked_month(self.request.GET.get("monat", ""), today())

    def sorted(self, found: Any) -> Any:
        if not self.request.GET.get(ORDER) and self.request.GET.get("zeit") == "vergangen" and not self.is_month:
            self.order = self.orders[1]  # the last one first
        return super().sorted(found)

    def get_context_data(self, *, found: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(found=found, **kwargs)
        chosen = {name: self.filterset.chosen(name) for name in ("kreis", "forum")}
        public = Forum.objects.visible_to(AnonymousUser())
        return context | {
            **(self.month_context(found) if self.is_month else {}),
            "district": District.objects.filter(ags=chosen["kreis"]).first() if chosen["kreis"] else None,
            "forum": public.filter(pk=chosen["forum"]).first() if chosen["forum"].isdecimal() else None,
        }

    def month_context(self, found: Any) -> dict[str, Any]:
        by_day: dict[datetime.date, list[Meeting]] = {}
        for meeting in found:
            by_day.setdefault(meeting.day, []).append(meeting)
        weeks = calendar.Calendar().monthdatescalendar(self.month.year, self.month.month)
        return {
            "month": self.month,
            "previous": self.month - ONE_DAY,
            "next": last_of_month(self.month) + ONE_DAY,
            "weekdays": [(date_format(day, "D"), date_format(day, "l")) for day in weeks[0]],
            "weeks": [
                [Day(day, day.month == self.month.month, day == today(), by_day.get(day, [])) for day in week]
                for week in weeks
            ],
            "count": sum(len(meetings) for meetings in by_day.values()),
        }

"""Towns: the lookup with its list, and the page that says who is responsible."""

import datetime
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.lists import ListPage, both_ways
from common.periods import today
from contacts import linked_data
from contacts.days import ShowsDay
from contacts.exports import Line, lines, listed, stand, town_columns
from contacts.filters import LONGEST_QUERY, TownFilter
from contacts.links import RowLinks
from contacts.models import Assignment, OfficeArea
from contacts.responsibility import Responsibility, responsibilities
from forums.overview import of_town
from integration_portal.timeline import Timeline, state_of
from municipalities.lookup import only_answer
from municipalities.models import Municipality
from municipalities.town_page import Place
from services import catalogue_parts
from services.overview import of_town as requests_of_town

MOST_OF_HISTORY = 200  # rows
STATES = (("past", _("past")), ("current", _("current")), ("future", _("to come")))


class TownList(RowLinks, ListPage):
    """All municipalities; with a question, those that it may mean, best first."""

    template_name = "municipalities/list.html"
    filterset_class = TownFilter
    orders = (
        *both_ways("name", _("Name"), "sort_key", "ags"),
        *both_ways("kreis", _("District"), "district__sort_key", "sort_key", "ags"),
        *both_ways("einwohner", _("Inhabitants"), "population", "sort_key", "ags"),
    )
    columns = town_columns
    file_name = "kommunen"

    def rows(self) -> QuerySet[Municipality]:
        # A former town is found by its name, and its page leads on.
        towns = Municipality.objects
        return listed(towns.all() if self.request.GET.get("q") else towns.existing(today()))

    def only_answer(self, found: Any) -> str | None:
        answer = only_answer(found) if self.asked else None
        return answer.get_absolute_url() if answer else None

    def sorted(self, found: Any) -> Any:
        """What was asked for comes in the lookup's own order, the best answer first."""
        if not self.asked:
            return super().sorted(found)
        towns: list[Any] = looked_up(found, self.asked)
        for town in towns:
            town.district_name, town.state_name = town.district.full_name, town.district.state.name
        return towns

    @cached_property
    def asked(self) -> str:
        return self.filterset.form.cleaned_data.get("q", "") if self.filterset.is_valid() else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(asked=self.asked, **kwargs)

    def complete(self, rows: list[Municipality]) -> list[tuple[Municipality, list[Responsibility]]]:
        found = responsibilities(rows, today(), self.request.user)
        return [(town, found[town.pk]) for town in rows]

    def stand(self, rows: list[Any]) -> datetime.date | None:
        return stand(found for _town, found in rows)

    def lines(self, rows: list[Any]) -> Iterator[Line]:
        return lines(rows)


class Suggestions(RowLinks, TemplateView):
    """The places that a half-typed name may mean, as links to put below the field; nothing about people."""

    template_name = "municipalities/suggestions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        question = LookupForm(self.request.GET)
        text = question.cleaned_data["q"] if question.is_valid() else ""
        towns = looked_up(Municipality.objects.all(), text, limit=8) if text else []
        return super().get_context_data(towns=towns, **kwargs)


class TownPage(ShowsDay, RowLinks, TemplateView):
    """Who is responsible for a town, how to reach them, and what there is to know about it."""

    template_name = "municipalities/detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.place = place_of(kwargs["ags"])
        self.check_day(self.place.town)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        town = self.place.town
        found = responsibilities([town], self.on, self.request.user)[town.pk]
        return super().get_context_data(
            town=town,
            place=self.place,
            exists=town.exists(self.on),
            is_own_district=town.district.full_name == town.name,  # a city without a district
            offices=by_office(found),
            services=catalogue_parts.of_town(town, {r.office.pk for r in found}, self.request.user, self.on),
            forums=of_town(town, self.request.user, self.on),
            requests=requests_of_town(town, self.request.user, self.on),
            is_invented=any(responsibility.office.is_invented for responsibility in found),
            stand=stand([found]),
            linked_data="" if self.request.user.is_authenticated else linked_data.of_town(town, found),
            **kwargs,
        )


class TownHistory(LoginRequiredMixin, RowLinks, TemplateView):
    """Who was, is and will be responsible for a town, as a line of time and as a table; for office and town hall."""

    template_name = "municipalities/history.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.place = place_of(kwargs["ags"])
        if not request.user.has_perm("contacts.view_other_days", self.place.town):
            raise PermissionDenied
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        town = self.place.town
        assignments = Assignment.objects.visible_to(self.request.user).for_municipality(town)
        rows = list(assignments.with_details().order_by("-starts_on", "role")[:MOST_OF_HISTORY])
        changes = [*self.place.successions, *self.place.predecessors]
        return super().get_context_data(
            town=town,
            place=self.place,
            rows=[(row, state_of(row.valid, today())) for row in rows],
            states=STATES,
            is_cut=len(rows) == MOST_OF_HISTORY,
            timeline=Timeline.of(rows, [change.took_effect_on for change in changes], today()) if rows else None,
            changes=changes,
            **kwargs,
        )


def place_of(ags: str) -> Place:
    place = Place.of(ags)
    if place is None:
        raise Http404
    return place


def looked_up(towns: Any, text: str, limit: int = 50) -> list[Municipality]:
    """What the text may mean among these towns; those in the area of the portal's offices before the rest."""
    return towns.search(text, preferred=OfficeArea.objects.district_ids(), on=today(), limit=limit)


class LookupForm(forms.Form):
    q = forms.CharField(max_length=LONGEST_QUERY)


def by_office(found: list[Responsibility]) -> list[tuple[Responsibility, list[Responsibility]]]:
    """For each office who is responsible in general, with those who are for single fields of action."""
    offices: dict[int, list[Responsibility]] = {}
    for responsibility in found:
        offices.setdefault(responsibility.office.pk, []).append(responsibility)
    return [(first, rest) for first, *rest in offices.values()]

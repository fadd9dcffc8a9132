"""The inbox: the requests one may see, looked at for what is to be done, and the filters that one keeps."""

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.kept_queries import KeptQuery, counted, numbers_in
from common.lists import FORMAT, ORDER, PAGE, Column, LongList, both_ways
from common.periods import today
from common.words import in_words
from forums.views.acting import FormPage
from services.filters import RequestFilter
from services.forms.inbox import RemovalForm, SavedFilterForm
from services.models import SavedFilter, ServiceRequest
from services.querysets import views_of

VIEW = "ansicht"
VIEWS: dict[str, str | Promise] = {
    "meine": pgettext_lazy("requests", "Mine"),
    "offen": pgettext_lazy("requests", "All open"),
    "nicht-zugewiesen": pgettext_lazy("requests", "Not assigned"),
    "ueberfaellig": pgettext_lazy("requests", "Overdue"),
    "faellig": pgettext_lazy("requests", "Due within a week"),
    "nachrichten": pgettext_lazy("requests", "New messages"),
    "wartet": pgettext_lazy("requests", "Waiting for reply"),
    "ohne-durchfuehrung": pgettext_lazy("requests", "Completed without a record"),
    "abgeschlossen": pgettext_lazy("requests", "Closed"),
    "alle": pgettext_lazy("requests", "All"),
}
FIRST = "offen"
NEWEST_FIRST = ("ohne-durchfuehrung", "abgeschlossen", "alle")


@dataclass(frozen=True)
class View:
    """A view of the list as a link with its number."""

    label: str | Promise
    count: int
    address: str
    is_current: bool


OF_ALL = ("ohne-durchfuehrung", "abgeschlossen", "alle")  # views that show what is closed too
OF_OPEN = tuple(key for key in VIEWS if key not in OF_ALL)


def _of(views: tuple[str, ...], user: Any, on: datetime.date) -> dict[str, Q]:
    conditions = views_of(user, on)
    return {key: conditions[key] for key in views}


@KeptQuery
def counts_of_open(user: Any, on: datetime.date) -> Any:
    """Of the views that show only what is open: an office's few, found by an index of their own."""
    return counted(ServiceRequest.objects.worked_by(user).open(), _of(OF_OPEN, user, on))


@KeptQuery
def counts_of_all(user: Any, on: datetime.date) -> Any:
    """Of the other views: an index holds all that they ask of a request."""
    return counted(ServiceRequest.objects.worked_by(user), _of(OF_ALL, user, on))


@KeptQuery
def lines_of_keys(keys: list[int]) -> "QuerySet[ServiceRequest]":
    """With what a line shows, and no more: the rows have two hundred columns."""
    rows = ServiceRequest.objects.filter(pk__in=keys).order_by()
    return rows.select_related("office", "offering", "municipality", "assigned_to__person").only(
        *("reference", "subject", "requester_body", "state", "submitted_at", "due_on", "answered_at", "unread_since"),
        *("office__is_invented", "offering__title", "municipality__name"),
        *(f"assigned_to__person__{name}" for name in ("title", "given_name", "family_name")),
    )


@KeptQuery
def one_asked(user: Any) -> "QuerySet[ServiceRequest]":
    return ServiceRequest.objects.asked_by(user).order_by().only("pk")[:1]


@KeptQuery
def saved_filters(user: Any) -> "QuerySet[SavedFilter]":
    return SavedFilter.objects.visible_to(user)


class Inbox(LoginRequiredMixin, LongList):
    """Of the offices in which one works; whoever only asks has a list of their own."""

    template_name = "services/request_list.html"
    filterset_class = RequestFilter
    by_due = (
        *both_ways("faellig", _("Due on"), "due_on", "submitted_at", "pk"),
        *both_ways("eingang", _("Received"), "submitted_at", "pk"),
        *both_ways("kommune", _("Municipality"), "municipality__sort_key", "pk"),
        *both_ways("leistung", _("Offering"), "offering__sort_key", "pk"),
        *both_ways("wer", _("Who takes care of it"), "assigned_to__person__sort_key", "due_on", "pk"),
        *both_ways("nummer", _("Reference number"), "office__code", "year", "number"),
    )
    columns = (
        Column(_("Reference number"), lambda row: row.reference),
        Column(_("Subject"), lambda row: row.subject),
        Column(_("Municipality"), lambda row: row.municipality.name if row.municipality else ""),
        Column(_("Official key"), lambda row: row.municipality.ags if row.municipality else ""),
        Column(_("Offering"), lambda row: row.offering.title),
        Column(_("Kind"), lambda row: row.offering.get_kind_display()),
        Column(_("Office"), lambda row: row.office.name),
        Column(pgettext_lazy("request", "State"), lambda row: row.get_state_display()),
        Column(_("Received"), lambda row: row.submitted_at),
        Column(_("Due on"), lambda row: row.due_on),
        Column(_("overdue"), lambda row: in_words(row.is_late)),
        Column(_("First answered"), lambda row: row.answered_at),
        Column(_("Date agreed"), lambda row: in_words(row.scheduled_for) if row.scheduled_for else ""),
        Column(_("Closed on"), lambda row: row.closed_at),
        Column(_("Who takes care of it"), lambda row: str(row.assigned_to.person) if row.assigned_to else ""),
        Column(_("Who asks"), lambda row: row.requester_name),
        Column(_("Department or organisation"), lambda row: row.requester_body),
        Column(_("Came"), lambda row: row.get_channel_display()),
    )
    file_name = "anfragen"
    of_keys = lines_of_keys
    kept = (ORDER, VIEW)

    @cached_property
    def view(self) -> str:
        asked = self.request.GET.get(VIEW, "")
        if asked in VIEWS:
            return asked
        # Whoever looks for a number, a state or a year means closed ones too.
        return "alle" if any(self.request.GET.get(name) for name in ("q", "stand", "zeit")) else FIRST

    def rows(self) -> "QuerySet[ServiceRequest]":
        seen = ServiceRequest.objects.worked_by(self.request.user)
        return seen.filter(views_of(self.request.user, today())[self.view]).with_details()

    def complete(self, rows: list[Any]) -> list[Any]:
        on = today()
        for row in rows:
            row.is_late = row.is_overdue(on)
        return rows

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_perm("services.work_servicerequest"):
            return redirect(f"{reverse('own_requests')}?{urlencode({'q': request.GET.get('q', '')})}")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        orders = self.by_due
        newest = next(order for order in orders if order.key == "-eingang")
        self.orders = (newest, *(o for o in orders if o != newest)) if self.view in NEWEST_FIRST else orders  # type: ignore[misc]
        return super().get(request, *args, **kwargs)

    def views(self) -> list[View]:
        """Each with the number of rows to which it leads. Two queries."""
        user, path = self.request.user, reverse("requests")
        of_open, of_all = numbers_in(counts_of_open(user, today())), numbers_in(counts_of_all(user, today()))
        return [
            View(label, (of_all if key in OF_ALL else of_open)[key], f"{path}?{VIEW}={key}", key == self.view)
            for key, label in VIEWS.items()
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        narrowing = self.address_without(PAGE, FORMAT)
        return super().get_context_data(
            views=self.views(),
            view_label=VIEWS[self.view],
            has_asked=bool(one_asked(self.request.user)),
            saved_filters=saved_filters(self.request.user),
            keep_address=f"{reverse('request_filter_add')}?{narrowing}" if narrowing else "",
            reset_url=f"{reverse('requests')}?{VIEW}={self.view}",
            **kwargs,
        )


KNOWN = (*RequestFilter.base_filters, ORDER, VIEW)


class KeepFilter(LoginRequiredMixin, FormPage):
    """Keeps the filters of the address under a name of one's own."""

    template_name = "services/filter_page.html"
    heading = _("Keep this filter")
    said = _("The filter was kept.")
    form_class = SavedFilterForm

    def back(self) -> str:
        return f"{reverse('requests')}?{self.request.GET.urlencode()}"

    def get_initial(self) -> dict[str, Any]:
        return {"query": self.request.GET.urlencode()}

    def get_form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_form_kwargs() | {"instance": SavedFilter(user=user), "known": KNOWN}

    def carry_out(self, form: Any) -> str:
        return form.save().get_absolute_url()


class RemoveFilter(LoginRequiredMixin, FormPage):
    """Asks, and by its button removes a filter of one's own."""

    template_name = "services/filter_page.html"
    heading = _("Remove this filter?")
    said = _("The filter was removed.")
    form_class = RemovalForm

    @cached_property
    def saved(self) -> SavedFilter:
        return get_object_or_404(SavedFilter.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    def back(self) -> str:
        return self.saved.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(saved=self.saved, **kwargs)

    def carry_out(self, form: Any) -> str:
        self.saved.delete()
        return reverse("requests")

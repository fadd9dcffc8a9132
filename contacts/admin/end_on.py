"""*End on …*: give several responsibilities or posts their last day at once, all or none, after a preview.

Whatever is open with a post stays there when it ends; of requests, tasks and chairs that is said, here and where its
end is entered by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from common import periods
from common.database_errors import checked
from contacts import open_work
from contacts.forms.posts import EndOnForm
from contacts.models import Assignment, ContactPerson

MOST_AT_ONCE = 300


@dataclass
class Ending:
    """What ending does to one entry; `errors` say why it cannot."""

    entry: Assignment | ContactPerson
    before: str
    after: str
    errors: list[str]
    leaves_open: str = ""  # what stays with somebody whose post ends
    hand_over_url: str = ""


class _Undone(Exception):
    """Takes a trial's changes back."""


class EndsOn:
    """For a ModelAdmin of rows with a version and the verb `end_on(last)`."""

    actions = ["end_on"]

    @admin.action(description=_("End on …"), permissions=["change"])
    def end_on(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        ids = list(queryset.order_by().values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(ids) > MOST_AT_ONCE:
            text = gettext("Please choose at most %(count)d entries at once.") % {"count": MOST_AT_ONCE}
            messages.error(request, text)
            return None
        step = request.POST.get("step", "")
        form = EndOnForm(request.POST if step else None)
        endings = [_as_it_is(entry) for entry in self._entries(ids)]
        is_ready = False
        if step and form.is_valid():
            is_ready = step == "carry_out" and form.cleaned_data["last_day"] == form.cleaned_data["previewed"]
            endings = self._end(request, ids, form, for_good=is_ready)
            if not any(ending.errors for ending in endings):
                if is_ready:
                    self._tell(request, len(endings), form)
                    return None
                is_ready = True
            else:
                is_ready = False
        return self._page(request, form, endings, is_ready)

    def _entries(self, ids: Iterable[int]) -> QuerySet[Any]:
        related = [name for name in self.list_select_related if name not in ("field", "office")]
        return (
            self.model._default_manager.filter(pk__in=ids).select_related(*related).order_by(*self.model._meta.ordering)
        )

    def _end(self, request: HttpRequest, ids: list[int], form: EndOnForm, *, for_good: bool) -> list[Ending]:
        """Try it, and keep it only if all of it can be."""
        last, seen = form.cleaned_data["last_day"], form.cleaned_data["seen"]
        endings = []
        try:
            with transaction.atomic():
                for entry in self._entries(ids).select_for_update(of=("self",), no_key=True):
                    ending = _as_it_is(entry)
                    endings.append(ending)
                    if not self.has_change_permission(request, entry):
                        ending.errors.append(gettext("You may not change this entry."))
                    elif entry.version != seen.get(entry.pk, entry.version):
                        ending.errors.append(gettext("Somebody changed this entry meanwhile. Please look at it again."))
                    else:
                        ending.errors += _refusals(entry, last)
                    ending.after = periods.in_words(_days(entry))
                if not for_good or any(ending.errors for ending in endings):
                    raise _Undone
        except _Undone:
            pass
        return endings

    def _tell(self, request: HttpRequest, count: int, form: EndOnForm) -> None:
        day = date_format(form.cleaned_data["last_day"], "SHORT_DATE_FORMAT")
        text = ngettext("%(count)d entry ends on %(day)s.", "%(count)d entries end on %(day)s.", count)
        messages.success(request, text % {"count": count, "day": day})

    def _page(self, request: HttpRequest, form: EndOnForm, endings: list[Ending], is_ready: bool) -> HttpResponseBase:
        _add_open_work(request, endings)
        context = self.admin_site.each_context(request) | {
            "title": gettext("End on …"),
            "opts": self.opts,
            "form": form,
            "endings": endings,
            "seen": ",".join(f"{ending.entry.pk}:{ending.entry.version}" for ending in endings),
            "has_refusals": any(ending.errors for ending in endings),
            "is_previewed": form.is_bound and form.is_valid(),
            "is_ready": is_ready,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/contacts/end_on.html", context)


class TellsWhatStaysOpen:
    """For a ModelAdmin whose form or inlines may end posts."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            self._tell_open_work(request, [(obj, form.changed_data)])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        self._tell_open_work(request, formset.changed_objects)

    def _tell_open_work(self, request: HttpRequest, changed: Iterable[tuple[Any, Any]]) -> None:
        ended = [
            row
            for row, fields in changed
            if isinstance(row, ContactPerson) and "period" in fields and row.period.upper is not None
        ]
        told = open_work.told_of([post.pk for post in ended])
        for post in (post for post in ended if post.pk in told):
            text = gettext("Still open with %(person)s: %(work)s. It stays there until somebody takes it over.")
            said = text % {"person": post.person, "work": told[post.pk]}
            url = _hand_over_url(request, post)
            link = format_html(' <a href="{}">{}</a>', url, gettext("Plan who takes it over")) if url else ""
            messages.warning(request, format_html("{}{}", said, link))


def _add_open_work(request: HttpRequest, endings: list[Ending]) -> None:
    posts = [ending.entry.pk for ending in endings if isinstance(ending.entry, ContactPerson)]
    told = open_work.told_of(posts)
    for ending in endings:
        if isinstance(ending.entry, ContactPerson) and ending.entry.pk in told:
            ending.leaves_open = told[ending.entry.pk]
            ending.hand_over_url = _hand_over_url(request, ending.entry)


def _hand_over_url(request: HttpRequest, post: ContactPerson) -> str:
    """Where all that somebody leaves open is handed over; "" for who may not."""
    user: Any = request.user
    return reverse("plan_leaving", args=[post.pk]) if user.has_perm("contacts.plan_leaving", post) else ""


def _days(entry: Any) -> Any:
    return entry.valid if isinstance(entry, Assignment) else entry.period


def _as_it_is(entry: Any) -> Ending:
    words = periods.in_words(_days(entry))
    return Ending(entry, words, words, [])


def _refusals(entry: Any, last: Any) -> list[str]:
    try:
        with checked():
            entry.end_on(last)
    except ValidationError as error:
        return error.messages
    return []

"""Pages that show another day than today, to those who may see it: `?am=01.03.2026`."""

import datetime
from typing import Any

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from django.views.generic.base import ContextMixin

from common.forms import DayField
from common.lists import FORMAT, PAGE
from common.periods import today

DAY = "am"


class DayForm(forms.Form):
    """The day that is asked for."""

    am = DayField(label=_("Another day"))


def day_form(request: HttpRequest) -> DayForm:
    return DayForm(request.GET if DAY in request.GET else None, initial={DAY: today()})


def asked_day(request: HttpRequest) -> datetime.date:
    """The day that the address asks for; today where it asks for none, or for one that does not exist."""
    form = day_form(request)
    return form.cleaned_data[DAY] if form.is_valid() else today()


class ShowsDay(ContextMixin, View):
    """For a page that can show another day. A visitor who asks for one is sent to sign in, whatever the address.

    The page calls `check_day` once it knows its place, and shows `self.on`.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if DAY in request.GET and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return super().dispatch(request, *args, **kwargs)

    def check_day(self, place: Any = None) -> None:
        """Refuse another day to those who may not see any of the place."""
        self.place_of_day = place
        if DAY in self.request.GET and not self.sees_other_days:
            raise PermissionDenied

    @cached_property
    def sees_other_days(self) -> bool:
        user = self.request.user
        return user.is_authenticated and user.has_perm("contacts.view_other_days", self.place_of_day)

    @cached_property
    def on(self) -> datetime.date:
        return asked_day(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not self.sees_other_days:
            return super().get_context_data(on=self.on, is_today=True, **kwargs)
        query = self.request.GET.copy()
        for name in (DAY, PAGE, FORMAT):
            query.pop(name, None)
        return super().get_context_data(
            on=self.on,
            is_today=self.on == today(),
            is_past=self.on < today(),
            day_form=day_form(self.request),
            beside_day=[(name, value) for name, values in query.lists() for value in values],
            today_url=f"{self.request.path}{'?' if query else ''}{query.urlencode()}",
            # The day for links to pages of the same kind.
            day_query=f"?{DAY}={self.on:%Y-%m-%d}" if self.on != today() else "",
            **kwargs,
        )

"""Pages of an office for those who work there."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic.base import ContextMixin

from contacts.models import Office
from contacts.rules import standing


class ForStaff(LoginRequiredMixin):
    """Asks for a right that comes with working at an office: 403 for who has it at none."""

    permission: ClassVar[str]
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class OfOwnOffice(ForStaff, ContextMixin):
    """The office of the address, or the first of one's own: 404 for another's."""

    @cached_property
    def offices(self) -> list[Office]:
        """One's own in which one has the right; an operator looks at any."""
        known = standing(self.request.user)
        offices = Office.objects.order_by("sort_key", "pk")
        own = list(offices if known.is_superuser else offices.filter(pk__in=known.offices))
        user: Any = self.request.user
        return [office for office in own if user.has_perm(self.permission, Of(office))]

    @cached_property
    def office(self) -> Office:
        asked = self.request.GET.get("stelle")
        found = [office for office in self.offices if asked in (None, "", office.slug)]
        if not found:
            raise Http404
        return found[0]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"office": self.office, "offices": self.offices, **kwargs})


class OfNamedOffice(LoginRequiredMixin, ContextMixin):
    """The office of the address: 404 where there is none, 403 without the right to something of it."""

    permission: ClassVar[str]
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def office(self) -> Office:
        office: Office = get_object_or_404(Office.objects.visible_to(self.request.user), slug=self.kwargs["slug"])
        return office

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        if user.is_authenticated and not user.has_perm(self.permission, Of(self.office)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"office": self.office, **kwargs})


class Of:
    """Something of an office that is not there yet, for the question whether one may make it."""

    def __init__(self, office: Office) -> None:
        self.office_id = office.pk

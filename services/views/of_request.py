"""What the pages below a request's address share: the request one may see, and the right one needs."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.generic.base import ContextMixin

from common.kept_queries import KeptQuery
from services.models import ServiceRequest


@KeptQuery
def requests_of_keys(keys: list[int]) -> "QuerySet[ServiceRequest]":
    return ServiceRequest.objects.filter(pk__in=keys).with_details().order_by()


@KeptQuery
def seen_request(user: Any, reference: str) -> "QuerySet[ServiceRequest]":
    return ServiceRequest.objects.visible_to(user).received().with_details().filter(reference=reference)


class OfRequest(LoginRequiredMixin, ContextMixin):
    """The request of the address: sign-in for visitors, 404 where one may not see it, 403 without the right."""

    permission: ClassVar[str] = ""
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def service_request(self) -> ServiceRequest:
        return seen_request.or_404(self.request.user, self.kwargs["reference"])

    def may(self, permission: str) -> bool:
        return self.request.user.has_perm(permission, self.service_request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and self.service_request and self.permission and not self.may(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"service_request": self.service_request})

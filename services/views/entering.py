"""Entering a request that came by phone, by mail or in a conversation."""

from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.periods import today
from services.forms.entering import EnterForm
from services.models import ServiceOffering, ServiceRequest
from services.views.asking import MakesOneRequest, row_with

OFFERING = "leistung"


class Enter(PermissionRequiredMixin, MakesOneRequest):
    """First what it is about, then what is known; submitted at once, and assigned as if it had come by the portal."""

    permission_required = "services.add_servicerequest"
    template_name = "services/request_enter.html"
    heading = _("Enter a request")
    said = _("The request was entered.")
    form_class = EnterForm

    @cached_property
    def offerings(self) -> QuerySet[ServiceOffering]:
        return ServiceOffering.objects.worked_by(self.request.user).offered(today()).select_related("office")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if OFFERING not in request.GET:
            offerings = self.offerings.order_by("office__sort_key", "sort_key")
            return render(request, "services/request_enter_choose.html", {"offerings": offerings})
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().post(request, *args, **kwargs) if OFFERING in request.GET else self.get(request)

    @cached_property
    def offering(self) -> ServiceOffering:
        asked = self.request.GET.get(OFFERING, "")
        return get_object_or_404(self.offerings, pk=asked if asked.isdecimal() else 0)

    def back(self) -> str:
        return reverse("requests")

    def row(self) -> ServiceRequest:
        user: Any = self.request.user
        new = ServiceRequest(offering=self.offering, office=self.offering.office, entered_by=user)
        return row_with(self.request.POST.get("key", ""), new)

    def sent(self, request: ServiceRequest) -> str:
        return request.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(offering=self.offering, **kwargs)

    def carry_out(self, form: Any) -> str:
        request = form.save(commit=False).begin(timezone.now())
        request.tell(form.replies())
        request.submit(timezone.now())
        return self.sent(request)

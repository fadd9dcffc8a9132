"""Entering a request that came by phone, by mail or in a conversation."""

from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.periods import today
from forums.views.acting import FormPage
from services.forms.entering import EnterForm
from services.models import RequestState, ServiceOffering, ServiceRequest

OFFERING = "leistung"


class Enter(PermissionRequiredMixin, FormPage):
    """First what it is about, then what is known; submitted at once, and assigned as if it had come by the portal."""

    permission_required = "services.add_servicerequest"
    template_name = "services/request_enter.html"
    heading = _("Enter a request")
    said = _("The request was entered.")
    form_class = EnterForm

    @cached_property
    def offerings(self) -> QuerySet[ServiceOffering]:
        return ServiceOffering.objects.worked_by(self.request.user).offered(today()).select_related("office")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if OFFERING not in request.GET:
            offerings = self.offerings.order_by("office__sort_key", "sort_key")
            return render(request, "services/request_enter_choose.html", {"offerings": offerings})
        return super().get(request, *args, **kwargs)

    @cached_property
    def offering(self) -> ServiceOffering:
        asked = self.request.GET.get(OFFERING, "")
        return get_object_or_404(self.offerings, pk=asked if asked.isdecimal() else 0)

    def back(self) -> str:
        return reverse("requests")

    def get_form_kwargs(self) -> dict[str, Any]:
        request = ServiceRequest(offering=self.offering, office=self.offering.office)
        return super().get_form_kwargs() | {"instance": request, "on": today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(offering=self.offering, **kwargs)

    def carry_out(self, form: Any) -> str:
        request = form.save(commit=False)
        request.key, request.entered_by = form.cleaned_data["key"], self.request.user
        request = request.begin(timezone.now())
        if request.state == RequestState.DRAFT:
            request.tell(form.replies())
            request.submit(timezone.now())
        return request.get_absolute_url()

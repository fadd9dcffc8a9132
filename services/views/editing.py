"""Leads and administrators add offerings to the catalogue and edit them, with the questions they ask."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.generic import TemplateView

from common.database_errors import add_refusal, checked
from common.periods import today
from contacts.models import Office
from services.forms.catalogue import OfferingForm, Questions
from services.models import ServiceOffering


class OfferingFormPage(LoginRequiredMixin, TemplateView):
    """One form for an offering and its questions."""

    template_name = "services/offering_form.html"

    def stored(self) -> ServiceOffering:
        """What is edited."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(*self.forms())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            form, questions = self.forms(request.POST)
            if form.is_valid() & questions.is_valid():
                is_new = form.instance.pk is None
                try:
                    with checked():
                        questions.instance = offering = form.save()
                        questions.save()
                except ValidationError as refusal:
                    if is_new:
                        form.instance.pk = None
                    add_refusal(form, refusal)
                else:
                    said = gettext("The service stands in the catalogue.") if is_new else gettext("Saved.")
                    messages.success(request, said)
                    return redirect(offering)
            return self.show(form, questions)

    def forms(self, data: Any = None) -> tuple[OfferingForm, Any]:
        offering = self.stored()
        cancel_url = offering.get_absolute_url() if offering.pk else reverse("offerings")
        form = OfferingForm(data, instance=offering, on=today(), cancel_url=cancel_url)
        return form, Questions(data, instance=offering, prefix="fragen")

    def show(self, form: OfferingForm, questions: Any) -> HttpResponse:
        # The form writes into its instance; the page is still called what is stored.
        called = self.stored() if form.instance.pk else None
        office = form.instance.office
        return self.render_to_response(
            self.get_context_data(form=form, questions=questions, called=called, office=office)
        )


class NewOffering(OfferingFormPage):
    """A new offering; who answers for several offices first says for which."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            if not request.user.has_perm("services.add_serviceoffering"):
                raise PermissionDenied
            if self.office is None:
                self.template_name = "services/offering_office.html"
                return self.render_to_response(self.get_context_data(offices=self.offices.order_by("sort_key")))
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def offices(self) -> Any:
        return Office.objects.answered_for_by(self.request.user)

    @cached_property
    def office(self) -> Office | None:
        """The one asked for, or the only one there is."""
        if slug := self.request.GET.get("stelle"):
            office: Office = get_object_or_404(self.offices, slug=slug.replace("\x00", ""))
            return office
        first = list(self.offices[:2])
        return first[0] if len(first) == 1 else None

    def stored(self) -> ServiceOffering:
        return ServiceOffering(office=self.office)


class OfferingChange(OfferingFormPage):
    """Edit an offering: 404 where one may not see it, 403 where one may not edit it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            offering = self.stored()
            if not request.user.has_perm("services.change_serviceoffering", offering):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def stored(self) -> ServiceOffering:
        rows = ServiceOffering.objects.visible_to(self.request.user).select_related("office")
        offering: ServiceOffering = get_object_or_404(rows, pk=self.kwargs["pk"])
        return offering

"""Asking an office for something: with an account as a draft that is sent, without one confirmed by mail."""

import uuid
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.periods import today
from common.versions import SEEN_VERSION
from contacts.models import ContactPerson, Office
from forums.views.acting import Ask as AskFirst
from forums.views.acting import FormPage
from municipalities.models import Municipality
from services import asking, links
from services.forms.asking import SAVE, AskForm, CorrectionForm, RequestForm
from services.models import RequestState, ServiceOffering, ServiceRequest

MOST_DRAFTS = 3


class RequestPage(FormPage):
    """A form that makes one request, however often it is sent: all that carry its key take turns.

    What fails leaves the files that came with it in a draft, as a browser does not send them again by itself.
    """

    def row(self) -> ServiceRequest:
        """The request that the form is about, new or begun."""
        raise NotImplementedError

    def new_row(self, **fields: Any) -> ServiceRequest:
        """One with the form's key, or what was begun with it by the same account for the same offering."""
        user: Any = self.request.user
        account = user if user.is_authenticated else None
        row = ServiceRequest(account=account, **fields)
        try:
            key = uuid.UUID(self.request.POST.get("key", ""))
        except ValueError:
            return row
        found = ServiceRequest.made_with(key)
        if found is None:
            row.key = key
            return row
        is_same = found.account_id == row.account_id and found.offering_id == row.offering_id
        return found if is_same else row

    is_draft = False  # whether it is only to be kept

    @property
    def wants_data(self) -> bool:
        """Whether a script asks, which saves while somebody types."""
        return self.request.headers.get("Accept") == "application/json"

    def get_form_kwargs(self) -> dict[str, Any]:
        known = super().get_form_kwargs() | {
            "instance": self.row_of_form,
            "user": self.request.user,
            "address": self.request.META["REMOTE_ADDR"],
            "on": today(),
        }
        if "data" in known:
            known["data"] = known["data"].copy()
            known["data"]["key"] = str(self.row_of_form.key)
        return known

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            self.row_of_form = self.row()
            if self.row_of_form.state != RequestState.DRAFT:
                return redirect(self.sent(self.row_of_form))
            return super().post(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.row_of_form = self.row()
        if self.row_of_form.state != RequestState.DRAFT:
            return redirect(self.sent(self.row_of_form))
        return super().get(request, *args, **kwargs)

    def carry_out(self, form: RequestForm) -> str:
        request = self.kept = form.keep(timezone.now())
        if self.is_draft:
            if not self.wants_data:
                messages.success(self.request, gettext("Your draft is saved. It has not been sent yet."))
            return reverse("request_draft", args=[request.pk])
        if request.account_id is None:
            request.ask_to_confirm()
        else:
            request.submit(timezone.now())
            wording = gettext("Your request was sent under the number %(number)s. %(assigned)s")
            said = {"number": request.reference, "assigned": request.assigned_in_words(self.request.user)}
            messages.success(self.request, wording % said)
        return self.sent(request)

    def sent(self, request: ServiceRequest) -> str:
        """Where to go once it is sent."""
        return request.get_absolute_url() if request.account_id else reverse("request_sent")

    def form_valid(self, form: RequestForm) -> HttpResponseBase:
        response: HttpResponseBase = super().form_valid(form)
        if self.wants_data and response.status_code == 302:
            self.kept.refresh_from_db(fields=["version"])
            return JsonResponse({"url": response.headers["Location"], "version": self.kept.version})
        return response

    def form_invalid(self, form: RequestForm) -> HttpResponse:
        if self.wants_data:
            return JsonResponse({"errors": form.errors}, status=422)
        if form.cleaned_data.get("files"):
            self.keep_files(form)
        response: HttpResponse = super().form_invalid(form)
        return response

    def keep_files(self, form: RequestForm) -> None:
        kwargs = self.get_form_kwargs()
        draft = self.get_form_class()(**kwargs | {"is_draft": True})
        if not draft.is_valid():
            form.add_error("files", _("The files were not kept. Please choose them again."))
            return
        self.row_of_form = draft.keep(timezone.now())
        self.row_of_form.refresh_from_db(fields=["version"])
        sent: Any = form.data
        data = sent.copy()
        data[SEEN_VERSION] = str(self.row_of_form.version)
        form.data = data

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.row_of_form
        files = request.files.filter(entry=None) if request.pk else ()
        return super().get_context_data(office=request.office, row=request, brought=files, **kwargs)


class RequestForOffering(RequestPage):
    """A request for an offering, with what the portal knows already."""

    form_class = AskForm
    template_name = "services/ask.html"
    heading = _("Send a request")

    def back(self) -> str:
        return self.row_of_form.offering.get_absolute_url()

    @property
    def is_draft(self) -> bool:
        return self.request.user.is_authenticated and SAVE in self.request.POST

    @cached_property
    def own_towns(self) -> list[Any]:
        return asking.own_towns(self.request.user, self.row_of_form.office, today())

    def get_initial(self) -> dict[str, Any]:
        row = self.row_of_form
        if self.request.method == "POST" or row.pk:
            return {}
        known = asking.known_of(self.request.user, self.own_towns)
        asked_for = asking.towns_of(row.office, today()).filter(ags=self.request.GET.get("kommune", "")[:8])
        if "kommune" in self.request.GET and (town := asked_for.first()):
            known["municipality"] = town
        return known

    def get_form_kwargs(self) -> dict[str, Any]:
        row, found = self.row_of_form, []
        if self.request.method == "GET":
            towns = [row.municipality] if row.municipality else self.own_towns
            found = asking.similar(self.request.user, row.offering, towns, row.subject)
        return super().get_form_kwargs() | {"is_draft": self.is_draft, "similar": found}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, user = self.row_of_form, self.request.user
        drafts = ServiceRequest.objects.none()
        if user.is_authenticated:
            drafts = ServiceRequest.objects.drafts_of(user).filter(offering=row.offering_id).exclude(pk=row.pk)
        return super().get_context_data(
            offering=row.offering,
            days=row.offering.promised_days(),
            drafts=drafts.order_by("-created_at")[:MOST_DRAFTS],
            **kwargs,
        )


class AskPage(RequestForOffering):
    """A new request; what is saved as one types goes on as a draft."""

    @cached_property
    def offering(self) -> ServiceOffering:
        offerings = ServiceOffering.objects.visible_to(self.request.user).offered(today())
        return get_object_or_404(offerings.select_related("office__request_terms"), pk=self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.offering.is_correction:
            return redirect("propose_correction", self.offering.office.slug)
        return super().dispatch(request, *args, **kwargs)

    def row(self) -> ServiceRequest:
        return self.new_row(offering=self.offering, office=self.offering.office)


class Draft(LoginRequiredMixin, RequestForOffering):
    """A draft of one's own, until it is sent."""

    def row(self) -> ServiceRequest:
        own = ServiceRequest.objects.filter(account=self.request.user.pk).select_related(
            "offering__office__request_terms", "office", "municipality"
        )
        return get_object_or_404(own, pk=self.kwargs["pk"])


class DraftDeletion(LoginRequiredMixin, AskFirst):
    template_name = "services/ask_first.html"
    heading = _("Delete the draft")
    button = _("Delete")
    said = _("The draft is deleted.")
    is_dangerous = True

    def row(self) -> ServiceRequest:
        drafts = ServiceRequest.objects.drafts_of(self.request.user).with_details()
        return get_object_or_404(drafts, pk=self.kwargs["pk"])

    def points(self) -> list[str]:
        return [
            gettext("“%(subject)s” was not sent; text and files are lost.") % {"subject": self.row().subject or "–"}
        ]

    def back(self) -> str:
        return reverse("request_draft", args=[self.kwargs["pk"]])

    def act(self) -> str:
        self.row().discard()
        return reverse("own_requests")


class ProposeCorrection(RequestPage):
    """Say what is wrong on a page about an office or one of its contact persons."""

    form_class = CorrectionForm
    template_name = "services/propose_correction.html"
    heading = _("Something is wrong on this page")

    @cached_property
    def office(self) -> Office:
        return get_object_or_404(Office.objects.visible_to(self.request.user), slug=self.kwargs["slug"])

    @cached_property
    def about(self) -> ContactPerson | None:
        posts = ContactPerson.objects.visible_to(self.request.user).filter(office=self.office)
        key = self.request.GET.get("zu", "")
        return posts.select_related("person").filter(pk=key).first() if key.isdecimal() and len(key) < 10 else None

    def row(self) -> ServiceRequest:
        offering = ServiceOffering.for_corrections(self.office)
        subject = gettext("Correction: %(what)s") % {"what": self.about.person if self.about else self.office}
        return self.new_row(
            offering=offering.stored() if self.request.method == "POST" else offering,
            office=self.office,
            about_post=self.about,
            subject=subject[:200],
            asks_for=ServiceRequest.AsksFor.ONESELF,
        )

    @cached_property
    def town(self) -> Municipality | None:
        """Whose page it was, where it was one's."""
        ags = self.request.GET.get("kommune", "")
        return asking.towns_of(self.office, today()).filter(ags=ags).first() if ags.isdecimal() else None

    def back(self) -> str:
        return (self.town or self.about or self.office).get_absolute_url()

    def get_initial(self) -> dict[str, Any]:
        return asking.known_of(self.request.user, []) | ({"municipality": self.town} if self.town else {})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(about=self.about, **kwargs)


class Sent(TemplateView):
    """A mail is on its way, to be confirmed."""

    template_name = "services/request_sent.html"
    extra_context = {"days": links.CONFIRMED_WITHIN.days}

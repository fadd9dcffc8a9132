"""Asking an office for something: with an account as a draft that is sent, without one confirmed by mail."""

import datetime
import uuid
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.limits import TooManyAttempts
from common.database_errors import add_refusal, checked
from common.files import ask_again
from common.forms import error_links
from common.kept_queries import KeptQuery
from common.periods import today
from common.versions import SEEN_VERSION
from contacts.models import ContactPerson, Office
from forums.views.acting import Ask as AskFirst
from forums.views.acting import FormPage
from municipalities.models import Municipality
from services import asking, links, wording
from services.forms.asking import ABOUT, FURTHER, SAVE, WHO, AskForm, CorrectionForm, RequestForm
from services.forms.questions import QUESTION
from services.models import RequestState, ServiceOffering, ServiceRequest
from services.models.states import BEFORE

MOST_DRAFTS = 3
WRITTEN = [name for name in (*ABOUT, *WHO, *FURTHER) if name not in ("municipality", "asks_for")]


def row_with(key: str, new: ServiceRequest) -> ServiceRequest:
    """The new request with the form's key, or what was made with it by the same people for the same offering.

    Within a transaction: what was made stays locked.
    """
    try:
        given = uuid.UUID(key)
    except ValueError:
        return new
    found = ServiceRequest.made_with(given)
    if found is None:
        new.key = given
        return new
    same = ("account_id", "entered_by_id", "offering_id")
    return found if all(getattr(found, name) == getattr(new, name) for name in same) else new


class MakesOneRequest(FormPage):
    """A form that makes one request, however often it is sent: all that carry its key take turns.

    Sent again it leads to what it made; where it says something else by then, it comes back and says what became of it.
    """

    def row(self) -> ServiceRequest:
        """The request that the form is about, new or begun; on POST locked."""
        raise NotImplementedError

    def may_still_change(self, request: ServiceRequest) -> bool:
        """Whether what the form says goes in place of what it said before."""
        return request.pk is None

    def sent(self, request: ServiceRequest) -> str:
        """Where to go once it is sent."""
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        known = super().get_form_kwargs() | {"instance": self.row_of_form, "on": today()}
        if "data" in known:
            known["data"] = known["data"].copy()
            known["data"]["key"] = str(self.row_of_form.key)
        return known

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            row = self.row_of_form = self.row()
            form = self.get_form()
            if row.pk and row.state != RequestState.DRAFT and form.repeats():
                return redirect(self.sent(row))
            if not self.may_still_change(row):
                return self.too_late(form)
            return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.row_of_form = self.row()
        if not self.may_still_change(self.row_of_form):
            return redirect(self.sent(self.row_of_form))
        return super().get(request, *args, **kwargs)

    def too_late(self, form: Any) -> HttpResponseBase:
        """The form as it was typed, and that the request had been sent before."""
        row = self.row_of_form
        write_address = ""
        if row.account_id or row.entered_by_id:
            is_own_to_write = row.account_id and row.is_open
            write_address = reverse("request_write", args=[row.reference]) if is_own_to_write else self.sent(row)
        form.errors.clear()  # what would stand in the way of sending it is no longer of interest
        return self.render_to_response(self.get_context_data(form=form, sent_before=row, write_address=write_address))


class RequestPage(MakesOneRequest):
    """What visitors and accounts ask for.

    What fails leaves the files that came with it in a draft, as a browser does not send them again by itself.
    """

    is_draft = False  # whether it is only to be kept

    @property
    def wants_data(self) -> bool:
        """Whether a script asks, which saves while somebody types."""
        return self.request.headers.get("Accept") == "application/json"

    def new_row(self, **fields: Any) -> ServiceRequest:
        user: Any = self.request.user
        row = ServiceRequest(account=user if user.is_authenticated else None, **fields)
        return row_with(self.request.POST.get("key", ""), row)

    def may_still_change(self, request: ServiceRequest) -> bool:
        return request.state in BEFORE

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "address": self.request.META["REMOTE_ADDR"]}

    def carry_out(self, form: RequestForm) -> str:
        request = self.kept = form.keep(timezone.now())
        if self.is_draft:
            if not self.wants_data:
                messages.success(self.request, gettext("Your draft is saved. It has not been sent yet."))
            return reverse("request_draft", args=[request.pk])
        if request.account_id is None:
            if request.state == RequestState.DRAFT or "requester_email" in form.changed_data:
                request.ask_to_confirm()
        else:
            request.submit(timezone.now())
            sentence = gettext("Your request was sent under the number %(number)s. %(assigned)s")
            said = {"number": request.reference, "assigned": wording.assigned_in_words(request, self.request.user)}
            messages.success(self.request, sentence % said)
        return self.sent(request)

    def sent(self, request: ServiceRequest) -> str:
        return request.get_absolute_url() if request.account_id else reverse("request_sent")

    def too_late(self, form: RequestForm) -> HttpResponseBase:
        if self.wants_data:
            said = gettext("This request was sent already; what you typed since is not saved.")
            return JsonResponse({"message": said}, status=409)
        return super().too_late(form)

    def form_valid(self, form: RequestForm) -> HttpResponseBase:
        response: HttpResponseBase = super().form_valid(form)
        if self.wants_data and response.status_code == 302:
            self.kept.refresh_from_db(fields=["version"])
            return JsonResponse({"url": response.headers["Location"], "version": self.kept.version})
        return response

    def form_invalid(self, form: RequestForm) -> HttpResponse:
        if self.wants_data:
            return self.not_saved(form)
        if form.cleaned_data.get("files"):
            self.keep_files(form)
        response: HttpResponse = super().form_invalid(form)
        return response

    def not_saved(self, form: RequestForm) -> HttpResponse:
        """For the script: which fields have to be mended, or that another window was quicker."""
        if form.newer:
            said = gettext("Not saved: another window changed the draft. “Save as draft” shows both texts.")
            return JsonResponse({"message": said}, status=409)
        named = " ".join(f"{link.label}: {link.message}" if link.label else link.message for link in error_links(form))
        return JsonResponse({"message": gettext("Not saved yet. %(errors)s") % {"errors": named}}, status=422)

    def keep_files(self, form: RequestForm) -> None:
        kwargs = self.get_form_kwargs()
        draft = self.get_form_class()(**kwargs | {"is_draft": True})
        try:
            with checked():
                if not draft.is_valid():
                    return  # the form then asks for them again
                self.row_of_form = draft.keep(timezone.now())
        except TooManyAttempts:
            return
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return
        self.row_of_form.refresh_from_db(fields=["version"])
        sent: Any = form.data
        data = sent.copy()
        data[SEEN_VERSION] = str(self.row_of_form.version)
        form.data, form.files = data, MultiValueDict()
        form.show_kept_files(self.row_of_form)  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(office=self.row_of_form.office, row=self.row_of_form, **kwargs)


def signed_out() -> HttpResponse:
    """For the script; the page has the words."""
    return JsonResponse({}, status=401)


@KeptQuery
def other_drafts(user: Any, offering: int, draft: Any) -> "QuerySet[ServiceRequest]":
    """Those for the offering beside the one, the newest first."""
    drafts = ServiceRequest.objects.drafts_of(user).filter(offering=offering).exclude(pk=draft)
    return drafts.order_by("-created_at")[:MOST_DRAFTS]


class RequestForOffering(RequestPage):
    """A request for an offering, with what the portal knows already."""

    form_class = AskForm
    template_name = "services/ask.html"
    heading = _("Send a request")

    def back(self) -> str:
        return self.row_of_form.offering.get_absolute_url()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.wants_data:
            return super().get(request, *args, **kwargs)
        if not request.user.is_authenticated:
            return signed_out()
        return JsonResponse({"token": get_token(request)})  # the form's ends where somebody signs in anew

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated or SAVE not in request.POST:
            return super().post(request, *args, **kwargs)
        return signed_out() if self.wants_data else self.ask_to_sign_in()

    def ask_to_sign_in(self) -> HttpResponseBase:
        """The form as it was typed, by somebody whose session is over."""
        with transaction.atomic():
            self.row_of_form = self.row()
            form = self.get_form()
        form.errors.clear()
        said = gettext("You are no longer signed in, so nothing was saved.")
        what_now = gettext("Copy what you want to keep and sign in in a new tab, or send the request without account.")
        form.add_error(None, f"{said} {what_now}")
        ask_again(form)
        return self.render_to_response(self.get_context_data(form=form, is_signed_out=True))

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
        ags = self.request.GET.get("kommune", "")
        if ags.isdecimal() and (town := asking.towns_of(row.office, today()).filter(ags=ags).first()):
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
        return super().get_context_data(
            offering=row.offering,
            is_offered=row.offering.is_offered(today()),
            days=row.offering.promised_days(),
            drafts=other_drafts(user, row.offering_id, row.pk) if user.is_authenticated else [],
            **kwargs,
        )


@KeptQuery
def offering_on(user: Any, offering: int, on: datetime.date) -> "QuerySet[ServiceOffering]":
    seen = ServiceOffering.objects.visible_to(user).offered(on)
    return seen.select_related("office__request_terms").filter(pk=offering)


class AskPage(RequestForOffering):
    """A new request; what is saved as one types goes on as a draft."""

    @cached_property
    def offering(self) -> ServiceOffering:
        return offering_on.or_404(self.request.user, self.kwargs["pk"], today())

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.offering.is_correction:
            return redirect("propose_correction", self.offering.office.slug)
        return super().dispatch(request, *args, **kwargs)

    def row(self) -> ServiceRequest:
        return self.new_row(offering=self.offering, office=self.offering.office)


class Draft(LoginRequiredMixin, RequestForOffering):
    """A draft of one's own, until it is sent."""

    def handle_no_permission(self) -> Any:
        """Who is signed out meanwhile loses nothing that they typed."""
        if self.wants_data:
            return signed_out()
        typed = self.request.POST
        if "key" not in typed:
            return super().handle_no_permission()
        labels = {name: AskForm.base_fields[name].label for name in WRITTEN}
        asked = {name: _("Your reply") for name in typed if name.startswith(QUESTION)}
        texts = [(label, typed[name]) for name, label in (labels | asked).items() if typed.get(name)]
        return render(self.request, "services/signed_out.html", {"texts": texts}, status=401)

    def row(self) -> ServiceRequest:
        own = ServiceRequest.objects.filter(account=self.request.user.pk)
        if self.request.method == "POST":
            own = own.select_for_update(no_key=True)  # whoever sends it a second time waits, and finds it sent
        else:
            own = own.select_related("offering__office__request_terms", "office", "municipality")
        return get_object_or_404(own, pk=self.kwargs["pk"])

    def back(self) -> str:
        return super().back() if self.row_of_form.offering.is_offered(today()) else reverse("own_requests")


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

"""Following a request: one's own requests, and reading, writing, withdrawing and rating by account or by link."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from accounts import limits
from common.files import as_attachment
from common.lists import Column, LongList, Order, both_ways
from common.periods import today
from contacts.responsibility import office_contact
from forums.views.acting import Ask, FormPage
from services import asking, links, wording
from services.forms.following import FeedbackForm, MessageForm
from services.models import Feedback, RequestFile, ServiceRequest
from services.models.states import FEEDBACK_WITHIN
from services.requester_actions import actions_of
from services.requester_filters import OwnRequestFilter
from services.timeline import attached, files_asked_with, timeline
from services.views.by_link import OpenedByLink
from services.views.of_request import requests_of_keys

# -- My requests --------------------------------------------------------------------------------------------------


class OwnRequests(LoginRequiredMixin, LongList):
    """One's own requests and those of one's town hall; drafts first, then the newest."""

    template_name = "services/own_requests.html"
    filterset_class = OwnRequestFilter
    orders = (
        Order(
            "datum", _("Received"), (F("submitted_at").desc(nulls_first=True), F("created_at").desc(), F("pk").desc())
        ),
        Order("-datum", _("Received"), (F("submitted_at").asc(nulls_last=True), F("pk").asc())),
        *both_ways("betreff", _("Subject"), "subject", "pk"),
        *both_ways("stelle", _("Office"), "office__sort_key", "pk"),
    )
    columns = (
        Column(_("Reference number"), lambda request: request.reference),
        Column(_("Subject"), lambda request: request.subject),
        Column(_("Offering"), lambda request: request.offering.title),
        Column(_("Office"), lambda request: request.office.name),
        Column(_("Municipality"), lambda request: request.municipality.name if request.municipality else ""),
        Column(_("Asked by"), lambda request: request.requester_name),
        Column(_("Received"), lambda request: request.submitted_at),
        Column(pgettext_lazy("request", "State"), lambda request: request.get_state_display()),
        Column(_("What happens next"), lambda request: request.next_in_words),
    )
    file_name = "meine-anfragen"
    of_keys = requests_of_keys

    def rows(self) -> QuerySet[ServiceRequest]:
        return ServiceRequest.objects.asked_by(self.request.user).with_details()

    def complete(self, rows: list[Any]) -> list[Any]:
        on = today()
        for row in rows:
            row.next_in_words = wording.next_step(row, self.request.user, on)
        return rows


# -- What whoever asked may do, by account or by link -------------------------------------------------------------


class OfOwnRequest(LoginRequiredMixin, View):
    """The request of the address for who asked: 404 where one does not see it, 403 where one only works on it."""

    is_by_link = False

    @cached_property
    def asked(self) -> ServiceRequest:
        seen = ServiceRequest.objects.visible_to(self.request.user).with_details()
        return get_object_or_404(seen, reference=self.kwargs["reference"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_perm("services.follow_servicerequest", self.asked):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def page(self) -> str:
        return self.asked.get_absolute_url()

    @property
    def account(self) -> Any:
        return self.request.user


class OfLink(OpenedByLink):
    """The request of the link by which it is followed."""

    purpose = links.FOLLOW_LINK
    account = None

    def page(self) -> str:
        return reverse("follow_request", args=[self.kwargs["token"]])


class StepOfRequester(FormPage):
    """A form of whoever asked."""

    template_name = "services/requester_form.html"
    asked: ServiceRequest
    is_by_link: bool
    account: Any
    page: Callable[[], str]

    def back(self) -> str:
        return self.page()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"is_by_link": self.is_by_link}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=self.asked, **kwargs)


class WritePage(StepOfRequester):
    """A message to the office, files, or both; once, however often it is sent."""

    form_class = MessageForm
    heading = _("Write to the office")
    said = _("Your message was sent.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"service_request": self.asked}

    def carry_out(self, form: MessageForm) -> str:
        asked, cleaned, now = self.asked, form.cleaned_data, timezone.now()
        ServiceRequest.objects.select_for_update(no_key=True).get(pk=asked.pk)
        if not form.was_sent():
            if self.is_by_link:
                address = self.request.META["REMOTE_ADDR"]
                limits.begin(asked.requester_email, address, now, "request", limits=asking.LIMITS)
            asked.reply(cleaned["text"].strip(), now, by=self.account, uploads=cleaned["files"])
        return self.back()


class FeedbackPage(StepOfRequester):
    """Three questions about how it was; what was replied may be changed."""

    form_class = FeedbackForm
    heading = _("How was it?")
    said = _("Thank you for your feedback.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Whoever comes too early or too late reads so; whoever sends it then gets what they typed back."""
        if self.asked.takes_feedback(timezone.now()):
            return super().get(request, *args, **kwargs)
        about = {"row": self.asked, "heading": self.heading, "days": FEEDBACK_WITHIN.days, "page": self.back()}
        return TemplateResponse(request, "services/no_feedback.html", about)

    def get_form_kwargs(self) -> dict[str, Any]:
        given = Feedback.objects.filter(request=self.asked).first()
        return super().get_form_kwargs() | {"instance": given or Feedback(request=self.asked)}

    def carry_out(self, form: Any) -> str:
        said = {name: form.cleaned_data[name] for name in ("helped", "went_well", "remark")}
        Feedback.give(self.asked, timezone.now(), **said)
        return self.back()


class WithdrawPage(Ask):
    template_name = "services/ask_first.html"
    heading = _("Withdraw the request")
    button = _("Withdraw")
    said = _("Your request is withdrawn.")
    is_dangerous = True
    asked: ServiceRequest
    is_by_link: bool
    account: Any
    page: Callable[[], str]

    def row(self) -> ServiceRequest:
        return self.asked

    def points(self) -> list[str]:
        return [
            gettext("%(office)s then does nothing more about it, and is told.") % {"office": self.asked.office},
            gettext("It cannot be taken up again; you may send a new request at any time."),
        ]

    def back(self) -> str:
        return self.page()

    def act(self) -> str:
        self.asked.withdraw(timezone.now(), by=self.account)
        return self.back()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(is_by_link=self.is_by_link, **kwargs)


class Write(OfOwnRequest, WritePage):
    pass


class Withdraw(OfOwnRequest, WithdrawPage):
    pass


class GiveFeedback(OfOwnRequest, FeedbackPage):
    pass


class WriteByLink(OfLink, WritePage):
    pass


class WithdrawByLink(OfLink, WithdrawPage):
    pass


class FeedbackOfLink(OfLink, FeedbackPage):
    """From the page by link."""


class FeedbackByLink(OpenedByLink, FeedbackPage):
    """By the link of the mail that asks, or once more by the same; then on to the request."""

    purpose = links.FEEDBACK_LINK
    account = None

    def page(self) -> str:
        return links.path_of(links.FOLLOW_LINK, self.asked, timezone.now())


class ByLink(OfLink, TemplateView):
    """Where a request stands, what was said, and what one may do."""

    template_name = "services/follow_request.html"

    def address_of(self, page: str) -> str:
        return reverse(f"follow_{page}", args=[self.kwargs["token"]])

    def file_address(self, file: RequestFile) -> str:
        return reverse("follow_file", args=[self.kwargs["token"], file.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, files = self.asked, list(self.asked.files.public())
        entries = asked.entries.public().select_related("post__person")
        return super().get_context_data(
            service_request=asked,
            office=asked.office,
            entries=timeline(asked, entries, files, self.request.user, self.file_address),
            because=wording.assigned_in_words(asked, self.request.user),
            next_step=wording.next_step(asked, self.request.user, today()),
            date=asked.date_to_keep(timezone.now()),
            files=attached(files_asked_with(files), self.file_address),
            details=asked.details.all(),
            requester_actions=actions_of(asked, self.address_of, timezone.now()),
            office_contact=office_contact(asked.office),
            **kwargs,
        )


class FileByLink(OfLink):
    """A file of the request that is not the office's alone."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        file = get_object_or_404(RequestFile.objects.public(), pk=kwargs["file"], request=self.asked)
        return as_attachment(file.name, file.file_name, file.content_type)

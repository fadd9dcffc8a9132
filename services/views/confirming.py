"""Confirming a request by the link of a mail: the page shows it, one button hands it in."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import TemplateView

from common.periods import today
from services import links, wording
from services.models import RequestState
from services.views.by_link import OpenedByLink


class Confirm(OpenedByLink, TemplateView):
    """Pressed again, or opened once it is done, it shows the number and where to follow the request."""

    purpose = links.CONFIRM_LINK
    template_name = "services/confirm_request.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.asked.submit(timezone.now())
        return redirect(request.path)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.asked
        is_confirmed = asked.state != RequestState.UNCONFIRMED
        viewer = self.request.user
        return super().get_context_data(
            service_request=asked,
            may_ask_again=asked.offering.is_offered(today()) and not asked.offering.is_correction,
            office=asked.office,
            is_confirmed=is_confirmed,
            because=wording.assigned_in_words(asked, viewer),
            next_step=wording.next_step(asked, viewer, today()),
            follow_url=links.path_of(links.FOLLOW_LINK, asked, timezone.now()) if is_confirmed else "",
            details=asked.details.all(),
            brought=asked.files.filter(entry=None),
            **kwargs,
        )

"""Pages that a link opens to whoever holds it: kept nowhere, and nothing happens before a button is pressed."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from common.audit import acting_by_link
from services import links
from services.models import ServiceRequest


@method_decorator(
    # The token is what a forged request would have to know; `no-referrer` makes browsers hide the origin that Django
    # would check.
    [csrf_exempt, never_cache, sensitive_post_parameters()],
    name="dispatch",
)
class OpenedByLink(View):
    """The request of an open link. Links that are over, replaced or invented look the same."""

    purpose: ClassVar[str]
    is_by_link = True
    asked: ServiceRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = links.opened(self.purpose, kwargs["token"], timezone.now())
        response: HttpResponseBase
        if found:
            self.asked = found
            with acting_by_link(found):
                response = super().dispatch(request, *args, **kwargs)
        else:
            response = TemplateResponse(request, "services/link_ended.html", status=404)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

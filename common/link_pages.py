"""Pages for whoever holds the link of a mail: no account is asked for, and nothing of the address is given away."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.base import TemplateResponseMixin, View


class ByLink(TemplateResponseMixin, View):
    """Mixed in before a page; `ended_template` is shown in its place where the link opens nothing."""

    ended_template: ClassVar[str]

    def open(self, token: str) -> bool:
        """Whether the link is open; keeps on the view what it opens."""
        raise NotImplementedError

    # The token is what a forged request would have to know; `no-referrer` makes browsers hide the origin that Django
    # would check.
    @method_decorator([csrf_exempt, never_cache, sensitive_post_parameters()])
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        if self.open(kwargs["token"]):
            with self.acting():
                response = super().dispatch(request, *args, **kwargs)
        else:
            response = self.ended()
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def acting(self) -> AbstractContextManager[Any]:
        """Within it changes are on record as made by whoever holds the link; for pages that change something."""
        return nullcontext()

    def ended(self) -> HttpResponse:
        """Expired, used, revoked and invented links look the same."""
        return self.response_class(self.request, [self.ended_template], status=404)

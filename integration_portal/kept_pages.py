"""Pages for visitors, made once and given out as long as nothing in the database changes and the day is the same."""

from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import get_conditional_response

from common.periods import today
from common.unchanged import Unchanged, snapshot

MOST_BYTES = 8_000_000  # in each worker
# What is asked to learn whether the database answers must not depend on its answer.
MONITORED = ("/healthz", "/readyz")


class Page(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    def weight(self) -> int:
        return len(self.content) + 1_000  # the headers, roughly


class KeptPages:
    """Stands outside what makes, compresses and labels a page; inside what checks who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if settings.DEBUG:
            raise MiddlewareNotUsed  # templates change without the database
        self.get_response = get_response
        self.pages = Unchanged(MOST_BYTES, Page.weight)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # A cookie may mean a session.
        is_visitor = request.method == "GET" and not request.COOKIES and request.path not in MONITORED
        seen = snapshot() if is_visitor else None
        if seen is None:
            return self.get_response(request)
        key = (request.get_host(), request.scheme, request.get_full_path(), _encoding(request), today())
        if page := self.pages.get(seen, key):
            response = HttpResponse(page.content, status=page.status, headers=page.headers)
            return get_conditional_response(request, etag=page.headers.get("ETag"), response=response) or response
        answer = self.get_response(request)
        if isinstance(answer, HttpResponse) and _may_be_kept(answer):
            self.pages.keep(seen, key, Page(answer.status_code, dict(answer.headers), answer.content))
        return answer


def _encoding(request: HttpRequest) -> bool:
    """Whether the answer is compressed: all that it depends on besides the address."""
    return bool(re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")))


def _may_be_kept(answer: HttpResponse) -> bool:
    """Pages and redirects that say nothing else themselves; one that sets a cookie is somebody's own."""
    return answer.status_code in (200, 302) and answer.get("Cache-Control") == "no-cache" and not answer.cookies

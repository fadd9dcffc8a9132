"""Where to report a weakness: RFC 9116."""

import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from common.periods import today


def security_txt(request: HttpRequest) -> HttpResponse:
    """The file, if the operator has named a contact; it is valid until the end of the next half year."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    lines = {
        "Contact": settings.SECURITY_CONTACT,
        "Expires": f"{_end_of_next_half_year(today()).isoformat()}T23:59:59Z",
        "Preferred-Languages": "de, en",
        "Canonical": settings.PUBLIC_URL + reverse("security_txt"),
    }
    text = "".join(f"{field}: {value}\n" for field, value in lines.items())
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _end_of_next_half_year(on: datetime.date) -> datetime.date:
    """Between six and twelve months ahead, and the same for months, so that caches keep the file."""
    return datetime.date(on.year, 12, 31) if on.month <= 6 else datetime.date(on.year + 1, 6, 30)

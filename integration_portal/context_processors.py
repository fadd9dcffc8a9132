"""What every page's frame shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from integration_portal.frame import Frame


def portal(request: HttpRequest) -> dict[str, Any]:
    return {
        "is_demo": settings.DEMO,
        "public_url": settings.PUBLIC_URL,
        "frame": Frame(request),
        # Visitors without cookies have neither session nor messages: asking for them would touch the session.
        "has_cookies": bool(request.COOKIES),
    }

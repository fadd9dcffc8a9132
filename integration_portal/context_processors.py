"""What every page's frame shows: navigation, the other language, whether this is a demonstration."""

from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

NAVIGATION = (
    ("municipality_list", _("Municipalities")),
    ("directory", _("Contact persons")),
    ("office_list", _("Offices")),
)
FOOTER = (
    ("imprint", _("Imprint")),
    ("privacy", pgettext_lazy("page", "Privacy")),
    ("accessibility", _("Accessibility")),
    ("sources", _("Data and licences")),
)
ENGLISH_PREFIX = "/en"


class Entry(NamedTuple):
    address: str
    label: str | Promise


@lru_cache
def entries(names: tuple[tuple[str, str | Promise], ...], language: str) -> list[Entry]:
    """The pages' addresses in this language, looked up once per process; pages that are not installed are left out."""
    found = []
    for name, label in names:
        try:
            found.append(Entry(reverse(name), label))
        except NoReverseMatch:
            continue
    return found


def other_language(path: str) -> str:
    """The same page in the other language: English is the same address under /en/."""
    if path == ENGLISH_PREFIX or path.startswith(f"{ENGLISH_PREFIX}/"):
        return path.removeprefix(ENGLISH_PREFIX) or "/"
    return ENGLISH_PREFIX + path


def portal(request: HttpRequest) -> dict[str, Any]:
    language = get_language() or settings.LANGUAGE_CODE
    query = request.META.get("QUERY_STRING", "")
    return {
        "is_demo": settings.DEMO,
        "public_url": settings.PUBLIC_URL,
        "navigation": entries(NAVIGATION, language),
        "footer_links": entries(FOOTER, language),
        "other_language": iri_to_uri(other_language(request.path) + (f"?{query}" if query else "")),
        # Visitors without cookies have neither session nor messages: asking for them would touch the session.
        "has_cookies": bool(request.COOKIES),
    }

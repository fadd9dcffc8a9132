"""The frame of every page: brand, navigation, account and language above; help and legal pages below.

For visitors it depends on code, settings and translations alone, so it is kept rendered for each language and
section: nothing in it can go stale while the process runs, and a page costs little more than its content.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple, ParamSpec, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User

NAVIGATION = (
    ("municipality_list", _("Municipalities")),
    ("directory", _("Contact persons")),
    ("office_list", _("Offices")),
    ("offerings", _("Services")),
    ("forum_list", _("Forums")),
    ("calendar", _("Calendar")),
)
LEGAL = (
    ("imprint", _("Imprint")),
    ("privacy", pgettext_lazy("page", "Privacy")),
    ("accessibility", _("Accessibility")),
    ("sources", _("Data and licences")),
)
ENGLISH_PREFIX = "/en"
# Stands in the kept header where each page has an address of its own.
_OTHER_ADDRESS = "address-in-the-other-language"

Given = ParamSpec("Given")
Made = TypeVar("Made")


def _kept(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """Made once per process for the same arguments, except while templates are being written."""
    if settings.DEBUG:
        return make
    return cast("Callable[Given, Made]", cache(make))


class Entry(NamedTuple):
    """A link of the frame; `current` is "page" on that very page, "true" on the pages below it."""

    address: str
    label: str | Promise
    current: str = ""


class Frame:
    """What `base.html` shows around a page; each part is rendered when it is asked for."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.language = get_language() or settings.LANGUAGE_CODE

    def assets(self) -> SafeString:
        """Links to style sheets, font and icon."""
        return _assets()

    def header(self) -> SafeString:
        path = self.request.path
        section = next((address for address in _sections(self.language) if path.startswith(address)), "")
        user = getattr(self.request, "user", None)
        if user is not None and user.is_authenticated:
            return _header(section, path, self.other_address(), user)
        kept = _visitors_header(self.language, section, path == section)
        return SafeString(kept.replace(_OTHER_ADDRESS, escape(self.other_address())))

    def footer(self) -> SafeString:
        return _footer(self.language, settings.DEMO)

    def other_address(self) -> str:
        """This page, with its filters, in the other language."""
        query = self.request.META.get("QUERY_STRING", "")
        return iri_to_uri(other_language(self.request.path) + (f"?{query}" if query else ""))


def other_language(path: str) -> str:
    """The same page in the other language: English is the same address under /en/."""
    if path == ENGLISH_PREFIX or path.startswith(f"{ENGLISH_PREFIX}/"):
        return "/" + path.removeprefix(ENGLISH_PREFIX).lstrip("/")  # two slashes would name another host
    return ENGLISH_PREFIX + path


@_kept
def _sections(language: str) -> list[str]:
    """Where the navigation leads in the active language, which the caller names."""
    return [reverse(name) for name in (*(name for name, _label in NAVIGATION), "account_login")]


def _header(section: str, path: str, other_address: str, user: User | None) -> SafeString:
    def entry(name: str, label: str | Promise) -> Entry:
        address = reverse(name)
        return Entry(address, label, "page" if address == path else "true" if address == section else "")

    account = [entry("account_login", _("Sign in"))]
    if user:
        account = [entry("account_logout", _("Sign out"))]
        if user.has_perm("accounts.access_admin"):
            account.insert(0, entry("admin:index", _("Administration")))
        account.insert(0, entry("action_item_list", _("Tasks")))
        account.insert(
            0, entry("requests" if user.has_perm("services.work_servicerequest") else "own_requests", _("Requests"))
        )
    return render_to_string(
        "components/header.html",
        {
            "navigation": [entry(*link) for link in NAVIGATION],
            "profile": entry("profile", user.name) if user else None,
            "account": account,
            "other_address": other_address,
        },
    )


@_kept
def _visitors_header(language: str, section: str, is_itself: bool) -> SafeString:
    return _header(section, section if is_itself else "", _OTHER_ADDRESS, None)


@_kept
def _footer(language: str, is_demo: bool) -> SafeString:
    links = [Entry(reverse(name), label) for name, label in LEGAL]
    if is_demo:
        links.append(Entry(reverse("styleguide"), _("Style guide")))
    return render_to_string("components/footer.html", {"offices": reverse("office_list"), "links": links})


@_kept
def _assets() -> SafeString:
    return render_to_string("components/assets.html")

"""What every request and answer passes through besides Django's own."""

import ipaddress
from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_cache_control

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """Believes X-Forwarded-For and X-Forwarded-Proto of the proxies in TRUSTED_PROXIES, and of nobody else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.networks = networks(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self._is_trusted(request.META.get("REMOTE_ADDR", "")):
            self._believe(request)
        for header in [name for name in request.META if name.startswith("HTTP_X_FORWARDED_")]:
            del request.META[header]
        return self.get_response(request)

    def _believe(self, request: HttpRequest) -> None:
        """Take over the scheme, and the last address that is not itself a trusted proxy's."""
        if request.META.get("HTTP_X_FORWARDED_PROTO", "").strip() == "https":
            request.META["wsgi.url_scheme"] = "https"
        for address in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            if not is_address(address.strip()):
                return
            request.META["REMOTE_ADDR"] = address.strip()
            if not self._is_trusted(address.strip()):
                return

    def _is_trusted(self, address: str) -> bool:
        return is_address(address) and any(ipaddress.ip_address(address) in network for network in self.networks)


def networks(addresses: Iterable[str]) -> list[Network]:
    try:
        return [ipaddress.ip_network(address.strip()) for address in addresses]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES holds addresses or networks such as 10.0.0.0/24: {error}"
        ) from None


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class CacheHeaders:
    """Public pages may be kept but are asked for anew each time; what signed-in people see is kept nowhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.has_header("Cache-Control"):
            return response
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies:
            patch_cache_control(response, private=True, no_store=True)
        else:
            patch_cache_control(response, no_cache=True)
        return response


class AddressLanguage(LocaleMiddleware):
    """The address alone says the language, so answers do not vary by the browser's."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Language", translation.get_language())
        return response

"""Pages that a link opens to whoever holds it: kept nowhere, and nothing happens before a button is pressed."""

from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.utils import timezone

from common.audit import acting_by_link
from common.link_pages import ByLink
from services import links
from services.models import ServiceRequest


class OpenedByLink(ByLink):
    """The request of an open link."""

    purpose: ClassVar[str]
    ended_template = "services/link_ended.html"
    is_by_link = True
    asked: ServiceRequest

    def open(self, token: str) -> bool:
        found = links.opened(self.purpose, token, timezone.now())
        if found:
            self.asked = found
        return found is not None

    def acting(self) -> AbstractContextManager[Any]:
        return acting_by_link(self.asked)

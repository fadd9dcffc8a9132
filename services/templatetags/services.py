"""What pages about requests and deliveries show in many rows, written in one go instead of by many tags for each."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from django.template import Library
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from common.templatetags.portal import badge
from services.models import RequestState, ServiceRequest

register = Library()

KINDS = {RequestState.COMPLETED: "success", RequestState.SUBMITTED: "info", RequestState.WAITING: "info"}


@register.simple_tag
def request_state(request: ServiceRequest, is_overdue: bool = False, names_unread: bool = False) -> SafeString:
    """Where a request stands, as badges."""
    is_unread = bool(names_unread and request.unread_since and request.is_open)
    return _badges(request.state, bool(is_overdue), is_unread, get_language())


@cache
def _badges(key: str, is_overdue: bool, is_unread: bool, language: str | None) -> SafeString:
    """In the page's language, which is here to tell them apart."""
    state = RequestState(key)
    badges = [badge(state.label, KINDS.get(state, ""))]
    if is_overdue:
        badges.append(badge(gettext("overdue"), "warning"))
    if is_unread:
        badges.append(badge(gettext("new message"), "info"))
    return SafeString(" ".join(badges))


@register.simple_tag
def all_invented(rows: Iterable[Any]) -> bool:
    """Whether there are any, all of them invented offices or of such; the offices must be loaded."""
    offices = [getattr(row, "office", row) for row in rows]
    return bool(offices) and all(office.is_invented for office in offices)


@register.filter
def numeric_cells(numbers: Iterable[str]) -> SafeString:
    """The cells of a row of a table of figures; a page of them has several hundred."""
    return format_html_join("", '<td class="numeric">{}</td>', ((number,) for number in numbers))


@register.filter
def hours(amount: Decimal) -> str:
    """1 as "1 hour", 2.50 as "2.5 hours"."""
    number = number_format(Decimal(f"{amount.normalize():f}"))
    return ngettext("%(hours)s hour", "%(hours)s hours", 1 if amount == 1 else 2) % {"hours": number}

"""Small tags and filters that every template may use."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Page
from django.db.backends.postgresql.psycopg_any import DateRange
from django.forms import BaseForm, BoundField
from django.template import Context, Library
from django.template.defaulttags import querystring
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common import periods
from common.forms import ErrorLink, Shape, error_links, shape
from common.lists import ORDER, PAGE
from common.phones import e164
from common.words import in_words

register = Library()


@register.filter
def day(value: datetime.date | datetime.datetime | None) -> str:
    """The day as 24.11.2026, in Berlin's time; "" where there is none."""
    if not value:
        return ""
    if isinstance(value, datetime.datetime):
        value = (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return in_words(value)


@register.filter
def first_day(days: DateRange | None) -> str:
    """The first day of a period as 24.11.2026; "" where it has always begun."""
    return day(days.lower) if days else ""


@register.filter
def last_day(days: DateRange | None) -> str:
    """The last day inside a period as 24.11.2026; "" where it is open."""
    return day(periods.last_day(days)) if days else ""


@register.filter
def period(days: DateRange | None) -> str:
    """A period in words, its last day included: "01.03.2026 to 30.11.2026", "from 01.03.2026", "without limit"."""
    return periods.in_words(days) if days else _("without limit")


@register.simple_tag
def tel(phone: str, number: str | None = None) -> SafeString | str:
    """The phone as typed, as a link to dial where it can be dialled; `number` is its E.164 form where it is stored."""
    number = e164(phone) if number is None else number
    if not number:
        return phone
    return format_html('<a class="tel" href="tel:{}">{}</a>', number, phone)


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[str | int]:
    """The page numbers worth a link, with an ellipsis for each gap."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.simple_tag(takes_context=True)
def sort_header(context: Context, label: str, ascending: str, descending: str = "", css: str = "") -> SafeString:
    """A column heading that sorts the list; the keys are those of the list page's orders.

    With both keys a second click turns the order round. The list page gives the order in use as `order`.
    """
    used = context["order"].key
    direction = "ascending" if used == ascending else "descending" if descending and used == descending else ""
    address = querystring(
        context, None, **{ORDER: descending if used == ascending and descending else ascending, PAGE: None}
    )
    return format_html(
        '<th scope="col"{}{}><a href="{}">{}{}</a></th>',
        format_html(' class="{}"', css) if css else "",
        format_html(' aria-sort="{}"', direction) if direction else "",
        address,
        label,
        format_html('<span class="sort-mark" aria-hidden="true">{}</span>', "▲" if direction == "ascending" else "▼")
        if direction
        else "",
    )


@register.simple_tag
def badge(text: Any, kind: str = "") -> SafeString:
    """A short state beside a name, always in words; kind: info, success, warning, danger or none."""
    return format_html('<span class="badge{}">{}</span>', f" badge--{kind}" if kind else "", text)


@register.simple_tag
def field_shape(field: BoundField, hides_optional: bool = False) -> Shape:
    """How the template pack shows a field."""
    return shape(field, hides_optional=bool(hides_optional))


@register.simple_tag
def error_summary_links(form: BaseForm) -> list[ErrorLink]:
    """The form's errors, each with the address of its field on the page."""
    return error_links(form)

"""The cells and rows of towns and contacts in tables: which town, who, phone and mail.

They stand in lists of fifty, so they are written in one go instead of by twenty tags for each row. All that goes into
them is escaped here.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from django.template import Library
from django.utils.formats import get_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.templatetags.portal import day
from contacts.links import offices_begin, persons_begin, towns_begin
from contacts.responsibility import Contact, Responsibility, StandIn
from municipalities.models import Municipality

register = Library()


@register.filter
def town_link(town: Municipality) -> SafeString:
    return SafeString(f'<a href="{towns_begin()}{town.ags}/">{escape(town.name)}</a>')


def _town_cells(town: Any) -> str:
    """Two cells of a listed town: its name, with the other name it was found by, and its district."""
    found_by = town.__dict__.get("matched_name")
    also = f' <span class="muted">({escape(found_by)})</span>' if found_by else ""
    return f'<th scope="row">{town_link(town)}{also}</th><td>{escape(town.district_name)}</td>'


@register.filter
def town_rows(rows: Iterable[tuple[Any, list[Responsibility]]], inhabitants_label: str) -> SafeString:
    """Towns with who is responsible in general, and their inhabitants."""
    label = escape(inhabitants_label)
    return SafeString(
        "\n".join(
            f"<tr>{_town_cells(town)}<td>{generally(found)}</td>"
            f'<td class="numeric" data-label="{label}">{count(town.population)}</td></tr>'
            for town, found in rows
        )
    )


@register.filter
def directory_rows(rows: Iterable[tuple[Any, list[Responsibility]]]) -> SafeString:
    """A row for each responsibility; the town is seen in its first one, and read out in all."""
    lines = []
    for town, found in rows:
        cells = _town_cells(town)
        for responsibility in found:
            lines.append(f"<tr>{cells}{contact_cells(responsibility)}</tr>")
            cells = f'<th scope="row"><span class="kern-sr-only">{escape(town.name)}</span></th><td></td>'
    return SafeString("\n".join(lines))


@register.filter
def count(number: int | None) -> str:
    """A number as the page's language groups its digits."""
    return "–" if number is None else f"{number:,}".replace(",", get_format("THOUSAND_SEPARATOR"))


@register.filter
def link(contact: Contact) -> SafeString:
    """The contact person, or the office, as a link."""
    if contact.post_id is None:
        return SafeString(f'<a href="{offices_begin()}{contact.office.slug}/">{escape(contact.name)}</a>')
    return SafeString(f'<a href="{persons_begin()}{contact.post_id}/{contact.day_query}">{escape(contact.name)}</a>')


@register.filter
def who(responsibility: Responsibility) -> SafeString:
    """Who is responsible; with the field of action and whoever stands in."""
    found = str(link(responsibility.primary))
    if responsibility.field:
        found += f" ({escape(responsibility.field.name)})"
    if responsibility.stand_in:
        found += f", {escape(represented(responsibility.stand_in))}"
    return SafeString(found)


@register.filter
def generally(found: list[Responsibility]) -> SafeString:
    """Who is responsible in general, one below the other where several offices serve the town."""
    if not found:
        return SafeString(f'<span class="muted">{escape(_("no office"))}</span>')
    return SafeString("<br>".join(link(r.primary) for r in found if r.field is None))


@register.filter
def represented(stand_in: StandIn) -> str:
    """Who stands in and until when, in words."""
    name, until = stand_in.contact.name, day(stand_in.until)
    if until:
        return _("represented by %(name)s until %(until)s") % {"name": name, "until": until}
    return _("represented by %(name)s") % {"name": name}


@register.filter
def breakable(mail: str) -> SafeString:
    """A mail address that breaks behind its @ where the line is too short."""
    return SafeString(escape(mail).replace("@", "@<wbr>"))


@register.filter
def contact_cells(responsibility: Responsibility, names_office: bool = False) -> SafeString:
    """Three cells: who is responsible, with the office where that has to be said, phone and mail."""
    office = ""
    if names_office and responsibility.is_assigned:
        office = f' <span class="muted small">({escape(responsibility.office.name)})</span>'
    return SafeString(f"<td>{who(responsibility)}{office}</td>{ways(responsibility.contact)}")


@register.filter
def ways(contact: Contact, is_labelled: bool = False) -> SafeString:
    """Two cells: phone and mail, each a link where it can be one; labelled for a table that stacks its cells."""
    phone, mail = contact.phone, escape(contact.email)
    number = escape(phone.printed) if phone else ""
    if phone and phone.href:
        number = f'<a class="tel" href="{escape(phone.href)}">{number}</a>'
    if mail:
        mail = f'<a href="mailto:{mail}">{mail}</a>'
    if not is_labelled:
        return SafeString(f"<td>{number}</td><td>{mail}</td>")
    phone_label, mail_label = escape(_("Phone")), escape(_("Mail"))
    return SafeString(f'<td data-label="{phone_label}">{number}</td><td data-label="{mail_label}">{mail}</td>')

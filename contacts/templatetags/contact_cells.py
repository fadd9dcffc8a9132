"""The cells of a contact in the tables of towns, people and offices: who, phone and mail.

They stand in every row of lists of fifty, so they are written in one go instead of by twenty tags each.
"""

from django.template import Library
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from common.templatetags.portal import day
from contacts.links import offices_begin, persons_begin, towns_begin
from contacts.responsibility import Contact, Responsibility, StandIn
from municipalities.models import Municipality

register = Library()


@register.filter
def who(responsibility: Responsibility) -> SafeString:
    """The contact person, or the office, as a link; with the field of action and whoever stands in."""
    linked = link(responsibility.primary)
    if responsibility.field:
        linked = format_html("{} ({})", linked, responsibility.field.name)
    if responsibility.stand_in:
        return format_html("{}, {}", linked, represented(responsibility.stand_in))
    return linked


@register.filter
def represented(stand_in: StandIn) -> str:
    """Who stands in and until when, in words."""
    if stand_in.until:
        return _("represented by %(name)s until %(until)s") % {
            "name": stand_in.contact.name,
            "until": day(stand_in.until),
        }
    return _("represented by %(name)s") % {"name": stand_in.contact.name}


@register.filter
def town_link(town: Municipality) -> SafeString:
    return format_html('<a href="{}{}/">{}</a>', towns_begin(), town.ags, town.name)


@register.filter
def generally(found: list[Responsibility]) -> SafeString:
    """Who is responsible in general, one below the other where several offices serve the town."""
    if not found:
        return format_html('<span class="muted">{}</span>', _("no office"))
    return format_html_join(mark_safe("<br>"), "{}", ((link(r.primary),) for r in found if r.field is None))  # noqa: S308


@register.filter
def link(contact: Contact) -> SafeString:
    if contact.post_id is None:
        return format_html('<a href="{}{}/">{}</a>', offices_begin(), contact.office.slug, contact.name)
    return format_html('<a href="{}{}/">{}</a>', persons_begin(), contact.post_id, contact.name)


@register.filter
def ways(contact: Contact) -> SafeString:
    """Two cells: phone and mail, each a link where it can be one."""
    phone = contact.phone
    if phone and phone.href:
        phone_cell = f'<a class="tel" href="{escape(phone.href)}">{escape(phone.printed)}</a>'
    else:
        phone_cell = escape(phone.printed) if phone else ""
    mail = escape(contact.email)
    mail_cell = f'<a href="mailto:{mail}">{mail}</a>' if mail else ""
    return mark_safe(f"<td>{phone_cell}</td><td>{mail_cell}</td>")  # noqa: S308 each part is escaped above

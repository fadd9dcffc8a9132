"""Contacts to take along into an address book: what the viewer may see of them, as vCards."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from common.phones import Phone
from common.vcards import Card, Version
from contacts.models import Assignment, ContactPerson, Office
from contacts.responsibility import Contact, StandIn
from contacts.templatetags.contact_cells import represented

COUNTRY = "Deutschland"


def person_card(
    contact: Contact, post: ContactPerson, assignments: Iterable[Assignment], stand_in: StandIn | None, version: Version
) -> Card:
    """A contact person; the note says for which towns, and who stands in until when."""
    assignments = list(assignments)
    office = contact.office
    changed = [post.changed_at, post.person.changed_at, office.changed_at, *(row.changed_at for row in assignments)]
    card = Card(version)
    if version == Version.FOUR:
        card.text("KIND", "individual")
    card.text("UID", _uid(post)).text("FN", contact.name)
    card.structure("N", contact.family_name, contact.given_name, "", contact.title, "")
    card.text("ORG", office.name).text("TITLE", contact.function).text("ROLE", _("Contact person"))
    _ways(card, contact)
    _address(card, office, contact.room)
    if version == Version.FOUR:
        card.text("LANG", "de", PREF="1")
        for language in contact.languages:
            card.text("LANG", language)
    _links(card, contact)
    spoken = contact.language_names if version == Version.THREE else []
    card.text("NOTE", "\n".join(_note(office, assignments, stand_in, spoken)))
    return card.moment("REV", max(changed))


def office_card(contact: Contact, version: Version) -> Card:
    """An office, from the contact that it is itself."""
    office = contact.office
    card = Card(version)
    if version == Version.FOUR:
        card.text("KIND", "org")
    else:
        card.structure("N", office.name, "", "", "", "").text("X-ABSHOWAS", "COMPANY")
    card.text("UID", _uid(office)).text("FN", office.name).text("ORG", office.name)
    _ways(card, contact)
    _address(card, office)
    if version == Version.FOUR:
        card.text("LANG", "de", PREF="1")
    _links(card, contact)
    card.text("NOTE", "\n".join(_hours(office)))
    return card.moment("REV", office.changed_at)


def compact_card(contact: Contact) -> Card:
    """What a QR code holds, which has to stay small: name, office, phone, mail, and where the rest is found."""
    card = Card(Version.THREE)
    card.structure("N", contact.family_name, contact.given_name, "", contact.title, "").text("FN", contact.name)
    card.text("ORG", contact.office.name)
    _ways(card, contact)
    return card.uri("URL", settings.PUBLIC_URL + contact.get_absolute_url())


def _uid(row: Any) -> str:
    """The same in every language and version, so that an address book replaces what it has."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.PUBLIC_URL} {row._meta.model_name} {row.pk}").urn


def _ways(card: Card, contact: Contact) -> None:
    if contact.phone:
        _phone(card, contact.phone)
    card.text("EMAIL", contact.email, TYPE="work" if card.version == Version.FOUR else "INTERNET,WORK")


def _phone(card: Card, phone: Phone) -> None:
    if card.version == Version.THREE:
        card.text("TEL", phone.e164 or phone.printed, TYPE="WORK,VOICE")
    elif phone.href:
        card.uri("TEL", phone.href, VALUE="uri", TYPE="work")
    else:
        card.text("TEL", phone.printed, TYPE="work")


def _address(card: Card, office: Office, room: str = "") -> None:
    """The room goes with the street: the parts meant for it are to stay empty."""
    if not office.street and not office.town:
        return
    street = ", ".join(part for part in (office.street, _("room %(room)s") % {"room": room} if room else "") if part)
    kind = "work" if card.version == Version.FOUR else "WORK"
    card.structure("ADR", "", "", street, office.town, "", office.postal_code, COUNTRY, TYPE=kind)


def _links(card: Card, contact: Contact) -> None:
    page = settings.PUBLIC_URL + contact.get_absolute_url()
    card.uri("URL", page)
    if contact.is_office and contact.office.website:
        card.uri("URL", contact.office.website)
    version = "?version=3" if card.version == Version.THREE else ""
    card.uri("SOURCE", f"{page.removesuffix('/')}.vcf{version}")


def _note(office: Office, assignments: list[Assignment], stand_in: StandIn | None, spoken: list[str]) -> Iterable[str]:
    if stand_in:
        phone = f" ({stand_in.contact.phone})" if stand_in.contact.phone else ""
        yield f"{capfirst(represented(stand_in))}{phone}"
    roles = ((Assignment.Role.PRIMARY, _("Responsible for")), (Assignment.Role.DEPUTY, _("Deputy for")))
    for role, heading in roles:
        towns = [
            f"{row.municipality.name} ({row.field.name})" if row.field else row.municipality.name
            for row in assignments
            if row.role == role
        ]
        if towns:
            yield f"{heading}: {', '.join(towns)}"
    if spoken:
        yield f"{_('Languages')}: {', '.join(spoken)}"
    yield from _hours(office)


def _hours(office: Office) -> Iterable[str]:
    if office.office_hours:
        yield f"{_('Office hours')}: {office.office_hours}"
    if office.is_by_appointment:
        yield _("Also by appointment") if office.office_hours else _("By appointment")
    if office.is_invented:
        yield _("Invented example: office, people and responsibilities")

"""What machines read of offices and their contacts: schema.org as JSON-LD, as everyone sees it.

Pages of signed-in people carry none: they may show more, and no search engine reads them.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts.links import offices_begin, persons_begin, towns_begin
from contacts.models import Office, OfficeArea
from contacts.responsibility import Contact, Responsibility, office_contact
from municipalities.models import Municipality

Thing = dict[str, Any]

_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def of_town(town: Municipality, found: Iterable[Responsibility]) -> SafeString:
    """The offices that serve the town, each with whom to call there today; "" where none does. Asks nothing."""
    place = _place(town.name, f"{towns_begin()}{town.ags}/") | {"identifier": town.ags}
    offices: dict[int, Thing] = {}
    for responsibility in found:
        office = responsibility.office
        thing = offices.get(office.pk)
        if thing is None:
            thing = offices[office.pk] = office_thing(office_contact(office)) | {
                "areaServed": place,
                "contactPoint": [],
            }
        kind = responsibility.field.name if responsibility.field else _("Contact person")
        thing["contactPoint"].append(_point(responsibility.contact, kind, place))
        thing["contactPoint"] += [_point(deputy, _("Deputy"), place) for deputy in responsibility.deputies]
    return written(list(offices.values())) if offices else SafeString("")


def of_office(contact: Contact, areas: Iterable[OfficeArea], people: Iterable[Contact]) -> SafeString:
    """An office with its area and its people."""
    places = [_place(str(area)) for area in areas]
    points = [_point(person, person.function or _("Contact person"), places) for person in people]
    more = filled(description=contact.office.introduction, areaServed=places, contactPoint=points)
    return written([office_thing(contact) | more])


def written(things: list[Thing]) -> SafeString:
    text = _WRITER.encode({"@context": "https://schema.org", "@graph": things})
    # So that no text ends the element that the data stands in.
    return SafeString(text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026"))


def filled(**properties: Any) -> Thing:
    return {name: value for name, value in properties.items() if value}


def _place(name: str, path: str = "") -> Thing:
    return {"@type": "AdministrativeArea"} | filled(name=name, url=path and settings.PUBLIC_URL + path)


def office_thing(contact: Contact) -> Thing:
    office = contact.office
    address = f"{settings.PUBLIC_URL}{offices_begin()}{office.slug}/"
    return {"@type": "GovernmentOffice", "@id": address} | filled(
        name=office.name,
        url=address,
        sameAs=office.website,
        **_ways(contact),
        address=_address(office),
    )


def _address(office: Office) -> Thing:
    parts = filled(streetAddress=office.street, postalCode=office.postal_code, addressLocality=office.town)
    return {"@type": "PostalAddress", **parts, "addressCountry": "DE"} if parts else {}


def _point(contact: Contact, kind: str, area: Any) -> Thing:
    path = f"{offices_begin()}{contact.office.slug}/" if contact.is_office else f"{persons_begin()}{contact.post_id}/"
    return {"@type": "ContactPoint", "contactType": kind} | filled(
        name=contact.name,
        url=settings.PUBLIC_URL + path,
        **_ways(contact),
        availableLanguage=["de", *contact.languages],
        areaServed=area,
    )


def _ways(contact: Contact) -> Thing:
    phone = contact.phone
    return {"telephone": phone and (phone.e164 or phone.printed), "email": contact.email}

"""A small district with two towns and an office, as the pages show it."""

from dataclasses import dataclass

from contacts.models import ContactPerson, Office
from municipalities import search_names
from municipalities.models import District, Municipality
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    DistrictFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
    StateFactory,
)


@dataclass
class World:
    district: District
    town: Municipality
    other_town: Municipality
    office: Office
    post: ContactPerson


def small_world() -> World:
    """Dornbach has a contact person of the office, Lindental has none."""
    MunicipalityFactory.reset_sequence(100)  # keys of towns made later are none of those named here
    state = StateFactory(ags="20", name="Musterland")
    district = DistrictFactory(ags="20001", name="Muster", full_name="Kreis Muster", state=state)
    town = MunicipalityFactory(ags="20001001", name="Dornbach", district=district, population=8412)
    other_town = MunicipalityFactory(ags="20001002", name="Lindental", district=district, population=14077)
    office = OfficeFactory(slug="muster", code="MUS", name="Integrationszentrum Muster", areas=[district])
    person = PersonFactory(
        given_name="Mira", family_name="Beispiel", phone="05555 100-12", email="mira.beispiel@example.org"
    )
    post = ContactPersonFactory(person=person, office=office, function="Koordination", languages=["ar"])
    AssignmentFactory(contact_person=post, municipality=town)
    search_names.refresh()
    return World(district, town, other_town, office, post)

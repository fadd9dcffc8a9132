"""A page costs the same number of queries with one row and with fifty, whoever looks."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from municipalities import search_names
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    LocalityFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db

BUDGETS = {  # address: queries for visitors
    "/kommunen/": 7,
    "/kommunen/?kreis=20001": 8,
    "/kommunen/?format=csv": 4,
    "/kommunen/20001001/": 6,
    "/kommunen/vorschlaege/?q=muster": 2,
    "/kreise/20001/": 6,
    "/kreise/20001/kontakte/": 6,
    "/ansprechpersonen/": 9,
    "/ansprechpersonen/?nach=person": 9,
    "/ansprechpersonen/?nach=stelle": 10,
    "/stellen/": 4,
    "/stellen/muster/": 9,
    "/stellen/muster.vcf": 5,
    "/foren/": 5,
    "/suche/?q=muster": 7,
    "/daten/": 1,
    "/impressum/": 1,
}
OF_SIGNED_IN = 6  # session, account, its memberships, and, where forums are shown, those it has to do with


def many_rows(world: World) -> None:
    field = FieldOfActionFactory(office=world.office)
    deputy = ContactPersonFactory(office=world.office)
    for _ in range(49):
        OfficeFactory(areas=[world.town])
        town = MunicipalityFactory(district=world.district)
        post = ContactPersonFactory(office=world.office)
        AssignmentFactory(contact_person=post, municipality=town)
        AssignmentFactory(contact_person=deputy, municipality=town, role="deputy")
        AssignmentFactory(contact_person=post, municipality=town, field=field)
        AssignmentFactory(contact_person=post, municipality=world.town, role="deputy")
        AbsenceFactory(contact_person=post, substitute=deputy)
        LocalityFactory(municipality=world.town)
    search_names.refresh()


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def first_row(world: World) -> World:
    """One of everything, so that no query is left out for want of rows."""
    field = FieldOfActionFactory(office=world.office)
    deputy = ContactPersonFactory(office=world.office)
    AssignmentFactory(contact_person=deputy, municipality=world.town, role="deputy")
    AssignmentFactory(contact_person=deputy, municipality=world.town, field=field)
    AbsenceFactory(contact_person=world.post, substitute=deputy)
    MunicipalityFactory(name="Musterstadt", district=world.district)
    search_names.refresh()
    return world


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_queries_do_not_grow_with_the_rows(client: Client, first_row: World, is_signed_in: bool) -> None:
    if is_signed_in:
        client.force_login(OfficeMembershipFactory(office=first_row.office, role="lead").user)
    addresses = [*BUDGETS, f"/ansprechpersonen/{first_row.post.pk}/", f"/ansprechpersonen/{first_row.post.pk}.vcf"]
    few = {address: queries(client, address) for address in addresses}
    many_rows(first_row)
    assert {address: queries(client, address) for address in addresses} == few


@pytest.mark.parametrize("address", BUDGETS)
def test_page_keeps_its_budget(client: Client, first_row: World, address: str) -> None:
    assert queries(client, address) <= BUDGETS[address]
    client.force_login(OfficeMembershipFactory(office=first_row.office, role="lead").user)
    assert queries(client, address) <= BUDGETS[address] + OF_SIGNED_IN + ("20001001" in address)  # its history

"""schema.org on town and office pages: what machines read is what visitors see."""

import json
from typing import Any

import pytest
from django.test import Client

from common.periods import period, today
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db

BREAKING = "</script><script>alert(1)</script> & <!--"


def offices(client: Client, address: str) -> list[dict[str, Any]]:
    """The offices of the page's only data block."""
    page = client.get(address).content.decode()
    assert page.count('type="application/ld+json"') == 1
    block = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    data = json.loads(block)
    assert data["@context"] == "https://schema.org"
    for office in data["@graph"]:
        assert office["@type"] == "GovernmentOffice"
        assert office["@id"] == office["url"]
        for point in office["contactPoint"]:
            assert point["@type"] == "ContactPoint"
            assert {"contactType", "name", "url", "areaServed"} <= point.keys()
    return data["@graph"]


def test_town_says_which_office_serves_it_and_whom_to_call(client: Client, world: World) -> None:
    world.office.phone, world.office.street, world.office.town = "05555 100-0", "Am Markt 1", "Dornbach"
    world.office.save()

    [office] = offices(client, "/kommunen/20001001/")

    town = {
        "@type": "AdministrativeArea",
        "name": "Dornbach",
        "url": "http://testserver/kommunen/20001001/",
        "identifier": "20001001",
    }
    assert (office["name"], office["url"]) == ("Integrationszentrum Muster", "http://testserver/stellen/muster/")
    assert (office["telephone"], office["areaServed"]) == ("+4955551000", town)
    assert office["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "Am Markt 1",
        "addressLocality": "Dornbach",
        "addressCountry": "DE",
    }
    assert office["contactPoint"] == [
        {
            "@type": "ContactPoint",
            "contactType": "Ansprechperson",
            "name": "Mira Beispiel",
            "url": f"http://testserver/ansprechpersonen/{world.post.pk}/",
            "telephone": "+49555510012",
            "email": "mira.beispiel@example.org",
            "availableLanguage": ["de", "ar"],
            "areaServed": town,
        }
    ]


def test_town_names_who_stands_in_and_deputies(client: Client, world: World) -> None:
    deputy = ContactPersonFactory(office=world.office, person=PersonFactory(given_name="Ada", family_name="Muster"))
    AssignmentFactory(contact_person=deputy, municipality=world.town, role="deputy")
    AbsenceFactory(contact_person=world.post, substitute=deputy, days=period(today(), today()))

    [office] = offices(client, "/kommunen/20001001/")

    assert [(point["contactType"], point["name"]) for point in office["contactPoint"]] == [
        ("Ansprechperson", "Ada Muster"),
        ("Stellvertretung", "Ada Muster"),
    ]


def test_every_office_of_a_town_is_named(client: Client, world: World) -> None:
    OfficeFactory(slug="andere", name="Andere Stelle", areas=[world.town])
    assert [office["name"] for office in offices(client, "/kommunen/20001001/")] == [
        "Andere Stelle",
        "Integrationszentrum Muster",
    ]


def test_office_says_its_area_and_people(client: Client, world: World) -> None:
    ContactPersonFactory(office=world.office, is_published=False)
    [office] = offices(client, "/stellen/muster/")
    assert office["areaServed"] == [{"@type": "AdministrativeArea", "name": "Kreis Muster"}]
    assert [point["name"] for point in office["contactPoint"]] == ["Mira Beispiel"]
    assert office["contactPoint"][0]["contactType"] == "Koordination"


def test_office_names_who_stands_in_instead_of_whom_nobody_reaches(client: Client, world: World) -> None:
    colleague = ContactPersonFactory(office=world.office, person=PersonFactory(given_name="Ada", family_name="Muster"))
    AbsenceFactory(contact_person=world.post, substitute=colleague, days=period(today(), today()))
    [office] = offices(client, "/stellen/muster/")
    assert [point["name"] for point in office["contactPoint"]] == ["Ada Muster"]


@pytest.mark.parametrize("address", ["/kommunen/20001001/", "/stellen/muster/"])
def test_no_text_ends_the_block(client: Client, world: World, address: str) -> None:
    world.post.person.family_name = world.office.introduction = BREAKING
    world.post.person.save()
    world.office.save()

    [office] = offices(client, address)

    assert office.get("description", BREAKING) == BREAKING
    assert office["contactPoint"][0]["name"] == f"Mira {BREAKING}"
    assert BREAKING not in client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/kommunen/20001001/", "/stellen/muster/"])
def test_pages_of_signed_in_people_carry_none(client: Client, world: World, address: str) -> None:
    client.force_login(OfficeMembershipFactory(office=world.office).user)
    assert "ld+json" not in client.get(address).content.decode()


def test_town_without_an_office_carries_none(client: Client, world: World) -> None:
    world.office.areas.all().delete()
    world.post.assignments.all().delete()
    assert "ld+json" not in client.get("/kommunen/20001002/").content.decode()

"""What is not published is shown to staff of the office only: on no page, file or suggestion to others."""

import pytest
from django.test import Client

from tests.factories import AssignmentFactory, ContactPersonFactory, OfficeMembershipFactory, PersonFactory
from tests.pages.world import World

pytestmark = pytest.mark.django_db

NAME, PHONE, MAIL = "Geheimnis", "05555 999-8", "geheim@example.org"

ADDRESSES = [
    "/",
    "/kommunen/",
    "/kommunen/?q=geheimnis",
    "/kommunen/?format=csv",
    "/kommunen/vorschlaege/?q=geheimnis",
    "/kommunen/20001001/",
    "/kommunen/20001002/",
    "/kreise/20001/",
    "/kreise/20001/kontakte/",
    "/ansprechpersonen/",
    "/ansprechpersonen/?format=csv",
    "/ansprechpersonen/?nach=person",
    "/ansprechpersonen/?nach=person&q=geheim",
    "/ansprechpersonen/?nach=person&format=csv",
    "/ansprechpersonen/?nach=stelle",
    "/ansprechpersonen/?nach=stelle&format=csv",
    "/stellen/",
    "/stellen/muster/",
    "/stellen/muster.vcf",
    "/suche/?q=geheimnis",
]


@pytest.fixture
def unpublished(world: World) -> ContactPersonFactory:
    person = PersonFactory(family_name=NAME, phone=PHONE, email=MAIL)
    post = ContactPersonFactory(person=person, office=world.office, is_published=False, languages=["vi"])
    AssignmentFactory(contact_person=post, municipality=world.other_town)
    AssignmentFactory(contact_person=post, municipality=world.town, role="deputy")
    return post


def leaked(client: Client, address: str) -> list[str]:
    text = client.get(address).content.decode()
    asked = address.partition("q=")[2]
    return [secret for secret in (NAME, PHONE, "+4955559998", MAIL) if secret in text and secret.lower() not in asked]


@pytest.mark.parametrize("address", ADDRESSES)
def test_unpublished_person_is_nowhere_for_visitors(client: Client, unpublished: object, address: str) -> None:
    assert leaked(client, address) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_unpublished_person_is_nowhere_for_another_office(client: Client, unpublished: object, address: str) -> None:
    client.force_login(OfficeMembershipFactory(role="administrator").user)
    assert leaked(client, address) == []


def test_unpublished_person_has_no_page_for_visitors(client: Client, unpublished: ContactPersonFactory) -> None:
    assert client.get(f"/ansprechpersonen/{unpublished.pk}/").status_code == 404


def test_unpublished_language_finds_nothing(client: Client, unpublished: object) -> None:
    for view in ("kommune", "person", "stelle"):
        assert client.get(f"/ansprechpersonen/?nach={view}&sprache=vi").context["rows"] == []


@pytest.mark.parametrize(
    "address",
    ["/kommunen/20001002/", "/kreise/20001/", "/ansprechpersonen/?nach=person", "/stellen/muster/", "/suche/?q=geheim"],
)
def test_unpublished_person_is_shown_to_the_offices_own_staff(
    client: Client, world: World, unpublished: object, address: str
) -> None:
    client.force_login(OfficeMembershipFactory(office=world.office).user)
    assert NAME in client.get(address).content.decode()


@pytest.mark.parametrize("address", [*ADDRESSES, "person"])
def test_unpublished_phone_and_mail_are_nowhere(client: Client, world: World, address: str) -> None:
    post = ContactPersonFactory(
        person=PersonFactory(family_name="Offen", phone=PHONE, email=MAIL),
        office=world.office,
        is_phone_published=False,
        is_email_published=False,
    )
    AssignmentFactory(contact_person=post, municipality=world.other_town)
    address = f"/ansprechpersonen/{post.pk}/" if address == "person" else address
    assert leaked(client, address) == []

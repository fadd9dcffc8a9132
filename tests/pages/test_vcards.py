"""Contacts to take along: the vCard of a person and of an office, and what the QR code holds."""

import datetime
from typing import Any

import pytest
import time_machine
import vobject
from django.test import Client

from common.periods import period
from common.vcards import written
from contacts.responsibility import contact_of
from contacts.vcards import compact_card
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    OfficeMembershipFactory,
    PersonFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db

INVENTED = "Erfundenes Beispiel: Stelle, Personen und Zuständigkeiten"


def cards(client: Client, address: str) -> list[Any]:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/vcard; charset=utf-8"
    return list(vobject.readComponents(response.content.decode()))


def values(card: Any, name: str) -> list[Any]:
    return [line.value for line in card.contents.get(name, [])]


@pytest.fixture
def filled_in(world: World) -> World:
    office, person = world.office, world.post.person
    office.street, office.postal_code, office.town = "Am Markt 1, Hof", "32756", "Detmold"
    office.phone, office.email, office.website = "05555 100-0", "iz@example.org", "https://example.org/iz"
    office.office_hours = "Mo 9–12 Uhr\nDi 9–12 Uhr"
    office.save()
    person.title = "Dr."
    person.save()
    world.post.room = "12"
    world.post.languages = ["ar", "prs"]
    world.post.save()
    return world


def test_card_of_a_person_says_how_to_reach_them(client: Client, filled_in: World) -> None:
    post = filled_in.post
    [card] = cards(client, f"/ansprechpersonen/{post.pk}.vcf")

    assert (card.version.value, card.kind.value) == ("4.0", "individual")
    assert card.fn.value == "Dr. Mira Beispiel"
    name = card.n.value
    assert (name.prefix, name.given, name.family) == ("Dr.", "Mira", "Beispiel")
    assert card.org.value == ["Integrationszentrum Muster"]
    assert (card.title.value, card.role.value) == ("Koordination", "Ansprechperson")
    assert (card.tel.value, card.tel.params) == ("tel:+49555510012", {"VALUE": ["uri"], "TYPE": ["work"]})
    assert card.email.value == "mira.beispiel@example.org"
    address = card.adr.value
    assert (address.street, address.code, address.city) == ("Am Markt 1, Hof, Raum 12", "32756", "Detmold")
    assert values(card, "lang") == ["de", "ar", "prs"]
    assert card.url.value == f"http://testserver/ansprechpersonen/{post.pk}/"
    assert card.source.value == f"http://testserver/ansprechpersonen/{post.pk}.vcf"
    assert card.uid.value.startswith("urn:uuid:")
    assert datetime.datetime.strptime(card.rev.value, "%Y%m%dT%H%M%S%z")
    assert card.note.value.splitlines() == [
        "Zuständig für: Dornbach",
        "Sprechzeiten: Mo 9–12 Uhr",
        "Di 9–12 Uhr",
        INVENTED,
    ]


def test_version_3_says_the_same_as_outlook_reads_it(client: Client, filled_in: World) -> None:
    [card] = cards(client, f"/ansprechpersonen/{filled_in.post.pk}.vcf?version=3")

    assert card.version.value == "3.0"
    assert not {"kind", "lang"} & card.contents.keys()
    assert (card.tel.value, card.tel.params) == ("+49555510012", {"TYPE": ["WORK", "VOICE"]})
    assert card.n.value.family == "Beispiel"
    assert "Sprachen: Arabisch, Dari" in card.note.value
    card.validate()


def test_address_book_knows_the_same_person_again(client: Client, filled_in: World) -> None:
    address = f"/ansprechpersonen/{filled_in.post.pk}.vcf"
    other = ContactPersonFactory(office=filled_in.office)
    found = [cards(client, path)[0].uid.value for path in (address, f"/en{address}", f"{address}?version=3")]
    assert len(set(found)) == 1
    assert cards(client, f"/ansprechpersonen/{other.pk}.vcf")[0].uid.value != found[0]


def test_revision_is_the_last_change_of_what_the_card_says(client: Client, world: World) -> None:
    address = f"/ansprechpersonen/{world.post.pk}.vcf"
    before = cards(client, address)[0].rev.value
    with time_machine.travel(datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC), tick=False):
        assert cards(client, address)[0].rev.value == before
    world.post.person.phone = "05555 100-99"
    world.post.person.save()
    assert cards(client, address)[0].rev.value >= before


def test_note_names_who_stands_in_until_when_and_deputies_and_fields(client: Client, world: World) -> None:
    deputy = ContactPersonFactory(
        office=world.office, person=PersonFactory(given_name="Ada", family_name="Muster", phone="05555 100-13")
    )
    AssignmentFactory(contact_person=world.post, municipality=world.other_town, role="deputy")
    field = FieldOfActionFactory(office=world.office, name="Sprache")
    AssignmentFactory(contact_person=world.post, municipality=world.other_town, field=field)
    today = datetime.datetime.now(datetime.UTC).date()
    until = today + datetime.timedelta(days=6)
    AbsenceFactory(contact_person=world.post, substitute=deputy, days=period(today - datetime.timedelta(1), until))

    note = cards(client, f"/ansprechpersonen/{world.post.pk}.vcf")[0].note.value

    assert note.splitlines() == [
        f"Vertreten durch Ada Muster bis {until:%d.%m.%Y} (05555 100-13)",
        "Zuständig für: Dornbach, Lindental (Sprache)",
        "Stellvertretend für: Lindental",
        INVENTED,
    ]


def test_card_of_an_office_holds_it_and_its_published_people(client: Client, filled_in: World) -> None:
    ContactPersonFactory(office=filled_in.office, is_published=False)
    ContactPersonFactory()
    for version, kind in (("", "org"), ("?version=3", None)):
        office, person = cards(client, f"/stellen/muster.vcf{version}")
        assert values(office, "kind") == ([kind] if kind else [])
        assert (office.fn.value, office.org.value) == ("Integrationszentrum Muster", ["Integrationszentrum Muster"])
        assert values(office, "url") == ["http://testserver/stellen/muster/", "https://example.org/iz"]
        assert office.adr.value.city == "Detmold"
        assert person.fn.value == "Dr. Mira Beispiel"


def test_colleagues_do_not_pass_on_whom_the_office_does_not_publish(client: Client, world: World) -> None:
    hidden = ContactPersonFactory(office=world.office, is_published=False)
    client.force_login(OfficeMembershipFactory(office=world.office).user)
    assert [card.fn.value for card in cards(client, "/stellen/muster.vcf")[1:]] == ["Mira Beispiel"]
    assert cards(client, f"/ansprechpersonen/{hidden.pk}.vcf")[0].fn.value == hidden.person.name


def test_visitors_get_what_is_published_and_else_the_office(client: Client, filled_in: World) -> None:
    filled_in.post.is_phone_published = filled_in.post.is_email_published = False
    filled_in.post.save()
    [card] = cards(client, f"/ansprechpersonen/{filled_in.post.pk}.vcf")
    assert (card.tel.value, card.email.value) == ("tel:+4955551000", "iz@example.org")


def test_who_may_not_be_seen_has_no_card(client: Client, world: World) -> None:
    world.post.is_published = False
    world.post.save()
    for pk in (world.post.pk, 10**9):
        assert client.get(f"/ansprechpersonen/{pk}.vcf").status_code == 404
    assert client.get("/stellen/gibt-es-nicht.vcf").status_code == 404


def test_compact_card_stays_small(filled_in: World) -> None:
    filled_in.post.refresh_from_db()
    contact = contact_of(filled_in.post, OfficeMembershipFactory().user)
    assert contact is not None
    content = written([compact_card(contact)])
    assert len(content) < 300
    [card] = vobject.readComponents(content.decode())
    assert set(card.contents) == {"version", "n", "fn", "org", "tel", "email", "url"}


def test_page_of_a_person_shows_the_code_and_links_to_both_versions(client: Client, world: World) -> None:
    page = client.get(f"/ansprechpersonen/{world.post.pk}/").content.decode()
    assert 'role="img" aria-label="QR-Code mit den Kontaktdaten von Mira Beispiel"><svg' in page
    for version in ("", "?version=3"):
        assert f'href="/ansprechpersonen/{world.post.pk}.vcf{version}"' in page
        assert f'href="/stellen/muster.vcf{version}"' in client.get("/stellen/muster/").content.decode()

"""Offices, people and the legal texts."""

from io import StringIO
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client

from common.markup import rendered
from common.periods import today
from contacts.models import LegalText
from municipalities.loading import files
from municipalities.models import RegisterLoad
from tests.factories import (
    ContactPersonFactory,
    FieldOfActionFactory,
    LegalTextFactory,
    OfficeTaskFactory,
    TargetGroupFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_office_shows_area_people_and_lists(client: Client, world: World) -> None:
    FieldOfActionFactory(office=world.office, name="Wohnen")
    FieldOfActionFactory(office=world.office, name="Früheres", is_active=False)
    OfficeTaskFactory(office=world.office, name="Netzwerke pflegen")
    TargetGroupFactory(office=world.office, name="Vereine")
    text = page(client, "/stellen/muster/")
    for shown in ("Kreis Muster", "Mira Beispiel", "Wohnen", "Netzwerke pflegen", "Vereine"):
        assert shown in text
    assert "Früheres" not in text


@pytest.mark.parametrize(
    "address",
    ["/en/stellen/muster/", "/en/stellen/muster/impressum/", "/en/kreise/20001/", "/en/kreise/20001/kontakte/"],
)
def test_invented_office_says_so_on_every_page(client: Client, world: World, address: str) -> None:
    assert "Invented example" in page(client, address)


def test_person_page_names_the_towns(client: Client, world: World) -> None:
    text = page(client, f"/ansprechpersonen/{world.post.pk}/")
    assert "Mira Beispiel" in text
    assert 'href="/kommunen/20001001/"' in text


def test_person_whose_post_has_ended_is_gone(client: Client, world: World) -> None:
    from common.periods import ONE_DAY, period, today
    from tests.factories import LONG_AGO

    ended = ContactPersonFactory(office=world.office, period=period(LONG_AGO, today() - ONE_DAY))
    assert client.get(f"/ansprechpersonen/{ended.pk}/").status_code == 404


@pytest.mark.parametrize("kind", LegalText.Kind.values)
def test_legal_text_of_the_operator_and_of_an_office_stand_at_their_addresses(
    client: Client, world: World, kind: str
) -> None:
    LegalTextFactory(office=world.office, kind=kind, body="## Angaben der Stelle")
    LegalTextFactory(office=None, kind=kind, body="## Angaben des Betriebs")
    assert "<h2>Angaben der Stelle</h2>" in page(client, f"/stellen/muster/{kind}/")
    assert "<h2>Angaben des Betriebs</h2>" in page(client, f"/{kind}/")


@pytest.mark.parametrize("address", ["/en/impressum/", "/en/stellen/muster/datenschutz/"])
def test_empty_legal_text_is_said_to_be_missing(client: Client, world: World, address: str) -> None:
    assert "has not filled in this page yet" in page(client, address)


def test_check_names_every_missing_legal_text(world: World) -> None:
    LegalTextFactory(office=world.office, kind="impressum")
    messages = {str(message.msg) for message in run_checks(databases=["default"]) if message.id == "contacts.W001"}
    assert messages == {
        "Not filled in yet: impressum, datenschutz, barrierefreiheit of the operator.",
        "Not filled in yet: datenschutz, barrierefreiheit of Integrationszentrum Muster.",
    }


def test_preparing_a_start_says_which_legal_texts_are_missing(world: World, settings: Any) -> None:
    settings.DEMO, settings.DEBUG = False, True
    data = settings.BASE_DIR / "data"
    RegisterLoad.objects.create(checksum=files.checksum(data), state_on=today())  # as if all were loaded
    said = StringIO()
    call_command("prepare", stdout=said)
    assert "Not filled in yet: impressum, datenschutz, barrierefreiheit of the operator." in said.getvalue()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("[x](javascript:alert(1))", "[x](javascript"),
        ("# Titel", "<h2>Titel</h2>"),
        ("Straße 1\nOrt", "Straße 1<br"),
        ("- eins\n- zwei", "<li>eins</li>"),
    ],
)
def test_markup_shows_structure_and_never_html(typed: str, shown: str) -> None:
    html = rendered(typed)
    assert shown in html
    assert "<script" not in html


def test_markup_shows_no_pictures_from_elsewhere() -> None:
    assert "<img" not in rendered("![Bild](https://example.org/x.png)")

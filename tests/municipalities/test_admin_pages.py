"""The admin of places opens for everybody who may, and keeps official keys as they are."""

import datetime

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from common.periods import last_day
from municipalities.models import (
    Association,
    DataSource,
    District,
    Locality,
    Municipality,
    PostalCode,
    RegisterLoad,
    State,
    Succession,
)
from tests.factories import (
    AssignmentFactory,
    AssociationFactory,
    ContactPersonFactory,
    LocalityFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

MODELS = [State, District, Association, Municipality, Succession, PostalCode, Locality, DataSource, RegisterLoad]


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(UserFactory(is_superuser=True), backend="accounts.backends.SignInBackend")
    return client


@pytest.fixture
def rows() -> None:
    town = MunicipalityFactory(association=AssociationFactory())
    LocalityFactory(municipality=town)
    PostalCode.objects.create(code="99901", municipality=town, place="Adorf", kind="area")
    Succession.objects.create(
        predecessor=town, successor=MunicipalityFactory(), took_effect_on=datetime.date(2020, 1, 1), kind="merged"
    )
    DataSource.objects.create(file="x", title="X", licence="frei", attribution="X", state_on=datetime.date(2025, 1, 1))
    RegisterLoad.objects.create(state_on=datetime.date(2025, 1, 1), checksum="x")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.usefixtures("rows")
def test_list_search_and_form_open(client: Client, model: type) -> None:
    name = f"admin:municipalities_{model._meta.model_name}"
    assert model in admin.site._registry
    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.get(reverse(f"{name}_changelist"), {"q": "dorf"}).status_code == 200
    row = model.objects.first()
    assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("choice", ["today", "ended"])
def test_places_can_be_narrowed_to_those_of_today(client: Client, choice: str) -> None:
    MunicipalityFactory(name="Adorf")
    answer = client.get(reverse("admin:municipalities_municipality_changelist"), {"existence": choice})
    assert ("Adorf" in answer.content.decode()) == (choice == "today")


def test_the_official_key_cannot_be_edited(client: Client) -> None:
    town = MunicipalityFactory()
    page = client.get(reverse("admin:municipalities_municipality_change", args=[town.pk])).content.decode()
    assert 'name="ags"' not in page
    assert town.ags in page


def test_entering_a_succession_ends_the_predecessor(client: Client) -> None:
    town, successor = MunicipalityFactory(name="Adorf"), MunicipalityFactory(name="Bedorf")
    serve(town)
    answer = client.post(
        reverse("admin:municipalities_succession_add"),
        {"predecessor": town.pk, "successor": successor.pk, "took_effect_on": "01.01.2026", "kind": "merged"},
        follow=True,
    )
    town.refresh_from_db()
    assert last_day(town.period) == datetime.date(2025, 12, 31)
    assert "Adorf besteht mit dieser Gebietsänderung nicht mehr." in answer.content.decode()
    assert "Noch offen bei Adorf: Zuständigkeit von Erika Zander" in answer.content.decode()


def serve(town: Municipality) -> None:
    person = PersonFactory(given_name="Erika", family_name="Zander")
    AssignmentFactory(
        municipality=town,
        contact_person=ContactPersonFactory(office=OfficeFactory(areas=[town.district]), person=person),
    )


def ended_on_its_own_page(client: Client, **succession: object) -> str:
    """What is said after the change was entered on the page of Adorf."""
    town = succession["predecessor"] = MunicipalityFactory(name="Adorf", ags="20009001", district__ags="20009")
    serve(town)
    answer = client.post(
        reverse("admin:municipalities_municipality_change", args=[town.pk]),
        {
            "name": town.name,
            "designation": town.designation,
            "district": town.district_id,
            "seen_version": town.version,
            "localities-TOTAL_FORMS": "0",
            "localities-INITIAL_FORMS": "0",
            "succeeded_by-TOTAL_FORMS": "1",
            "succeeded_by-INITIAL_FORMS": "0",
            **{f"succeeded_by-0-{name}": getattr(value, "pk", value) for name, value in succession.items()},
        },
        follow=True,
    )
    return answer.text


def test_a_succession_entered_on_the_page_of_the_town_ends_it_and_says_what_is_still_open(client: Client) -> None:
    said = ended_on_its_own_page(client, successor=MunicipalityFactory(), took_effect_on="01.01.2026", kind="merged")
    assert last_day(Municipality.objects.get(ags="20009001").period) == datetime.date(2025, 12, 31)
    assert "Adorf besteht mit dieser Gebietsänderung nicht mehr." in said
    assert "Noch offen bei Adorf: Zuständigkeit von Erika Zander" in said


def test_a_succession_from_before_the_end_says_nothing_twice() -> None:
    town = MunicipalityFactory()
    first, second = (
        Succession.objects.create(
            predecessor=town, successor=MunicipalityFactory(), took_effect_on=datetime.date(2026, 1, 1), kind="divided"
        )
        for _ in range(2)
    )
    assert first.end_predecessor() == []
    assert second.end_predecessor() is None


def test_a_town_entered_here_is_found(client: Client) -> None:
    district = MunicipalityFactory().district
    answer = client.post(
        reverse("admin:municipalities_municipality_add"),
        {
            "ags": f"{district.ags}999",
            "name": "Xanten-Neu",
            "designation": "Stadt",
            "district": district.pk,
            "localities-TOTAL_FORMS": "0",
            "localities-INITIAL_FORMS": "0",
            "succeeded_by-TOTAL_FORMS": "0",
            "succeeded_by-INITIAL_FORMS": "0",
        },
    )
    assert answer.status_code == 302, answer.context["errors"]
    assert [town.name for town in Municipality.objects.search("xanten neu")] == ["Xanten-Neu"]

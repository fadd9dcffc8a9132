"""The administrators' pages open, cost the same however many rows, and show one's own office only."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import ContactPerson, Person
from tests.contacts.admin_pages import Setting, address, filled_in, setting, superuser_client  # noqa: F401
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactImportFactory,
    ContactPersonFactory,
    DataProtectionFactory,
    FieldOfActionFactory,
    HandoverFactory,
    LegalTextFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeMembershipFactory,
    OrganisationFactory,
)

MODELS = [model for model in admin.site._registry if model._meta.app_label == "contacts"]
names = [model._meta.model_name for model in MODELS]


@pytest.mark.parametrize("name", names)
@pytest.mark.parametrize("who", ["administrator", "superuser"])
def test_lists_and_forms_open(setting: Setting, name: str, who: str) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.01.2020")
    AbsenceFactory(contact_person=setting.ada, substitute=setting.ben)
    field = FieldOfActionFactory(office=setting.office)
    setting.ada.field_links.create(field=field)
    LegalTextFactory(office=setting.office)
    MunicipalStaffFactory(municipality=setting.town)
    OrganisationFactory(municipality=setting.town)
    ContactImportFactory(office=setting.office)
    DataProtectionFactory(office=setting.office)
    HandoverFactory(leaver=setting.ada)
    client = setting.client() if who == "administrator" else superuser_client()
    model = next(model for model in MODELS if model._meta.model_name == name)
    row = model.objects.administered_by(setting.administrator).first()

    assert client.get(address(f"{name}_changelist")).status_code == 200
    assert client.get(address(f"{name}_change", row.pk)).status_code == 200
    assert client.get(address(f"{name}_history", row.pk)).status_code == 200
    may_add = name != "handover" and (who == "superuser" or name != "office")
    assert client.get(address(f"{name}_add")).status_code == (200 if may_add else 403)


@pytest.mark.parametrize("name", names)
def test_rows_of_another_office_do_not_exist(setting: Setting, name: str) -> None:  # noqa: F811
    elsewhere = setting.elsewhere
    office = elsewhere.office
    rows = {
        "office": office,
        "assignment": elsewhere,
        "contactperson": elsewhere.contact_person,
        "person": elsewhere.contact_person.person,
        "fieldofaction": FieldOfActionFactory(office=office),
        "legaltext": LegalTextFactory(office=office),
        "officemembership": OfficeMembershipFactory(office=office),
        "municipalstaff": MunicipalStaffFactory(municipality=elsewhere.municipality),
        "organisation": OrganisationFactory(municipality=elsewhere.municipality),
        "contactimport": ContactImportFactory(office=office),
        "dataprotection": DataProtectionFactory(office=office),
        "handover": HandoverFactory(leaver=elsewhere.contact_person),
    }
    client = setting.client()
    for page in ("change", "delete", "history"):
        # Offices are the operator's to delete, hand-overs nobody's; that is said whether or not there is such a row.
        expected = 403 if page == "delete" and name in ("office", "handover") else 404
        assert client.get(address(f"{name}_{page}", rows[name].pk)).status_code == expected, page
    listed = client.get(address(f"{name}_changelist")).context["cl"].queryset

    assert not listed.filter(pk=rows[name].pk).exists()


def _many(setting: Setting, count: int) -> None:  # noqa: F811
    for _ in range(count):
        town = MunicipalityFactory(district=setting.district)
        post = ContactPersonFactory(office=setting.office)
        AssignmentFactory(contact_person=post, municipality=town, field=FieldOfActionFactory(office=setting.office))
        OfficeMembershipFactory(office=setting.office)
        MunicipalStaffFactory(municipality=town)
        OrganisationFactory(municipality=town)
        LegalTextFactory(office__areas=[town])


@pytest.mark.parametrize("name", names)
def test_list_costs_the_same_with_one_and_with_fifty_rows(setting: Setting, name: str) -> None:  # noqa: F811
    client = superuser_client()
    _many(setting, 1)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address(f"{name}_changelist")).status_code == 200
        return len(queries)

    cost()
    with_few = cost()
    _many(setting, 50)

    assert cost() <= with_few


def test_page_of_a_post_costs_the_same_with_one_and_with_fifty_assignments(setting: Setting) -> None:  # noqa: F811
    client = setting.client()
    field = FieldOfActionFactory(office=setting.office)

    def assign(count: int) -> None:
        for _ in range(count):
            town = MunicipalityFactory(district=setting.district)
            AssignmentFactory(contact_person=setting.ada, municipality=town, field=field)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address("contactperson_change", setting.ada.pk)).status_code == 200
        return len(queries)

    assign(1)
    cost()
    with_few = cost()
    assign(50)

    assert cost() <= with_few


def suggestions(client, model: str, field: str, term: str) -> list[str]:  # type: ignore[no-untyped-def]
    query = {"app_label": "contacts", "model_name": model, "field_name": field, "term": term}
    response = client.get(reverse("admin:autocomplete"), query)
    assert response.status_code == 200
    return [result["text"] for result in response.json()["results"]]


def test_suggestions_hold_only_towns_of_the_area_and_people_of_the_office(setting: Setting) -> None:  # noqa: F811
    client = setting.client()

    assert suggestions(client, "assignment", "municipality", "dorf") == [
        f"Adorf ({setting.district})",
        f"Bedorf ({setting.district})",
    ]
    assert suggestions(client, "assignment", "municipality", setting.elsewhere.municipality.name) == []
    posts = suggestions(client, "assignment", "contact_person", "")
    assert len(posts) == ContactPerson.objects.filter(office=setting.office).count()
    offices = suggestions(client, "contactperson", "office", "")
    assert offices == [setting.office.name]


def test_person_just_added_is_found_by_who_adds_the_post_next_and_by_no_other_office(setting: Setting) -> None:  # noqa: F811
    client, other = setting.client(), Client()
    stranger = OfficeMembershipFactory(office=setting.elsewhere.office, role="administrator").user
    other.force_login(stranger, backend="accounts.backends.SignInBackend")
    data = filled_in(client.get(address("person_add"))) | {"given_name": "Cem", "family_name": "Neuling"}

    assert client.post(address("person_add"), data).status_code == 302

    person = Person.objects.get(family_name="Neuling")
    assert suggestions(client, "contactperson", "person", "neuling") == ["Cem Neuling"]
    assert client.get(address("person_change", person.pk)).status_code == 200
    assert client.get(address("person_changelist"), {"q": "neuling"}).context["cl"].result_count == 1
    assert suggestions(other, "contactperson", "person", "neuling") == []
    assert other.get(address("person_change", person.pk)).status_code == 404
    assert other.get(address("person_changelist"), {"q": "neuling"}).context["cl"].result_count == 0


@pytest.mark.parametrize("typed", ["Luegde", "luegde", "Lugde", "LÜGDE", "lüg"])
def test_lists_find_umlauts_however_they_are_typed(setting: Setting, typed: str) -> None:  # noqa: F811
    town = MunicipalityFactory(name="Lügde", district=setting.district)
    setting.assign(setting.ada, town, "01.01.2020")
    setting.assign(setting.ada, setting.town, "01.01.2020")

    listed = setting.client().get(address("assignment_changelist"), {"q": typed}).context["cl"].queryset

    assert [assignment.municipality for assignment in listed] == [town]


@pytest.mark.parametrize("typed", ["%", "_", "🙂", "ا", "'; --"])
def test_odd_search_finds_nothing_and_does_not_fail(setting: Setting, typed: str) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.01.2020")

    response = setting.client().get(address("assignment_changelist"), {"q": typed})

    assert response.status_code == 200
    assert not response.context["cl"].queryset.exists()


@pytest.mark.parametrize(("time", "towns"), [("current", ["Adorf"]), ("future", ["Bedorf"]), ("past", ["Cedorf"])])
def test_assignments_are_filtered_by_time(setting: Setting, time: str, towns: list[str]) -> None:  # noqa: F811
    third = MunicipalityFactory(name="Cedorf", district=setting.district)
    setting.assign(setting.ada, setting.town, "01.01.2020")
    setting.assign(setting.ada, setting.second_town, "01.01.2090")
    setting.assign(setting.ada, third, "01.01.2020", "31.12.2020")

    listed = setting.client().get(address("assignment_changelist"), {"time": time}).context["cl"].queryset

    assert [str(assignment.municipality) for assignment in listed] == towns


def test_assignments_are_found_by_the_year_they_began(setting: Setting) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.03.2020")
    setting.assign(setting.ada, setting.second_town, "01.04.2021")

    page = setting.client().get(address("assignment_changelist"))
    assert "?starts_on__year=2020" in page.content.decode()
    listed = setting.client().get(address("assignment_changelist"), {"starts_on__year": "2020"}).context["cl"].queryset

    assert [str(assignment.municipality) for assignment in listed] == ["Adorf"]


def test_history_names_who_changed_what(setting: Setting) -> None:  # noqa: F811
    assignment = setting.assign(setting.ada, setting.town, "01.01.2026")
    client = setting.client()
    client.post(
        address("assignment_change", assignment.pk),
        {
            "contact_person": setting.ada.pk,
            "municipality": setting.town.pk,
            "role": "deputy",
            "valid_0": "01.01.2026",
            "seen_version": assignment.version,
        },
    )

    page = client.get(address("contactperson_history", setting.ada.pk)).content.decode()

    assert setting.administrator.name in page
    assert "stellvertretend" in page or "deputy" in page


@pytest.mark.parametrize("time", ["current", "future", "past", "nonsense"])
@pytest.mark.parametrize("name", ["assignment", "contactperson", "officemembership", "municipalstaff"])
def test_every_list_with_periods_can_be_filtered_by_time(setting: Setting, name: str, time: str) -> None:  # noqa: F811
    assert setting.client().get(address(f"{name}_changelist"), {"time": time}).status_code == 200

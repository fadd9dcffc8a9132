"""What administrators change: refused with a reason beside the field, never by a failure; nobody overwrites another."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from common.periods import period
from contacts.models import Absence, Assignment, ContactPerson, Office, OfficeArea, Person
from tests.contacts.admin_pages import Setting, address, day, filled_in, setting, superuser_client  # noqa: F401
from tests.factories import AbsenceFactory, ContactPersonFactory, FieldOfActionFactory, MunicipalityFactory, UserFactory


def new_assignment(setting: Setting, **changes: Any) -> dict[str, Any]:  # noqa: F811
    return {
        "contact_person": setting.ben.pk,
        "municipality": setting.town.pk,
        "field": "",
        "role": "primary",
        "valid_0": "01.03.2026",
        "valid_1": "",
    } | changes


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200, response.headers.get("Location")
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}


def inline(response: Any, model: type) -> Any:
    return next(f.formset for f in response.context["inline_admin_formsets"] if f.formset.model is model)


def test_assignment_is_added_with_its_last_day_inclusive(setting: Setting) -> None:  # noqa: F811
    response = setting.client().post(address("assignment_add"), new_assignment(setting, valid_1="31.05.2026"))

    assert response.status_code == 302
    assert Assignment.objects.get(office=setting.office).valid == period(day("01.03.2026"), day("31.05.2026"))


def test_conflict_names_person_and_period_beside_the_field(setting: Setting) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.01.2026", "31.12.2026")

    response = setting.client().post(address("assignment_add"), new_assignment(setting))

    assert errors(response) == {"valid": ["Bereits hauptzuständig: Ada Beispiel, 01.01.2026 bis 31.12.2026."]}
    assert Assignment.objects.filter(office=setting.office).count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"valid_0": "31.02.2026"}, "valid", "Diesen Tag gibt es nicht"),
        ({"valid_0": "01.05.2026", "valid_1": "30.04.2026"}, "valid", "Der letzte Tag liegt vor dem ersten"),
        ({"valid_0": ""}, "valid", "zwingend erforderlich"),
        ({"valid_0": "", "valid_1": "30.04.2026"}, "valid", "ersten Tag"),
        ({"valid_0": "0\x00"}, "valid", "Diesen Tag gibt es nicht"),
        ({"valid_0": "01.01.2010"}, "valid", "nur"),
    ],
)
def test_impossible_period_is_refused_and_stays_in_the_field(
    setting: Setting,  # noqa: F811
    changes: dict[str, str],
    field: str,
    says: str,
) -> None:
    response = setting.client().post(address("assignment_add"), new_assignment(setting, **changes))

    assert says in " ".join(errors(response)[field])
    for name, typed in changes.items():
        assert typed.replace("\x00", "") in response.content.decode().replace("\x00", ""), name
    assert not Assignment.objects.filter(office=setting.office).exists()


def test_town_outside_the_area_is_refused(setting: Setting) -> None:  # noqa: F811
    outside = MunicipalityFactory()

    for client in (setting.client(), superuser_client()):
        response = client.post(address("assignment_add"), new_assignment(setting, municipality=outside.pk))
        assert "municipality" in errors(response)
    assert not Assignment.objects.filter(office=setting.office).exists()


def test_ids_of_another_office_are_refused(setting: Setting) -> None:  # noqa: F811
    elsewhere = setting.elsewhere
    client = setting.client()
    theirs = new_assignment(setting, contact_person=elsewhere.contact_person.pk, municipality=elsewhere.municipality.pk)
    assert set(errors(client.post(address("assignment_add"), theirs))) == {"contact_person", "municipality"}
    field = FieldOfActionFactory(office=elsewhere.office)
    assert set(errors(client.post(address("assignment_add"), new_assignment(setting, field=field.pk)))) == {"field"}
    post = {"person": setting.ada.person.pk, "office": elsewhere.office.pk, "period_0": "01.01.2030"}
    page = client.get(address("contactperson_add"))
    assert "office" in errors(client.post(address("contactperson_add"), filled_in(page) | post))
    theirs = {
        "office": elsewhere.office.pk,
        "user": UserFactory().pk,
        "role": "administrator",
        "period_0": "01.01.2026",
    }
    assert "office" in errors(client.post(address("officemembership_add"), theirs))
    assert client.post(address("assignment_change", elsewhere.pk), new_assignment(setting)).status_code == 404
    assert client.post(address("assignment_delete", elsewhere.pk), {"post": "yes"}).status_code == 404
    elsewhere.refresh_from_db()


def test_post_cannot_be_given_to_another_office(setting: Setting) -> None:  # noqa: F811
    client = superuser_client()
    page = client.get(address("contactperson_change", setting.ada.pk))

    client.post(
        address("contactperson_change", setting.ada.pk), filled_in(page) | {"office": setting.elsewhere.office.pk}
    )

    setting.ada.refresh_from_db()
    assert setting.ada.office == setting.office


def test_row_of_another_post_cannot_be_slipped_into_the_inline(setting: Setting) -> None:  # noqa: F811
    own = setting.assign(setting.ada, setting.town, "01.01.2026")
    client = setting.client()
    data = filled_in(client.get(address("contactperson_change", setting.ada.pk)))
    data |= {"assignments-0-id": setting.elsewhere.pk, "assignments-0-valid_1": "31.12.2026"}

    response = client.post(address("contactperson_change", setting.ada.pk), data)

    assert response.status_code == 200
    before = setting.elsewhere.valid
    setting.elsewhere.refresh_from_db()
    own.refresh_from_db()
    assert (setting.elsewhere.valid, own.valid.upper) == (before, None)


def test_boundary_between_two_assignments_moves_in_one_save(setting: Setting) -> None:  # noqa: F811
    first = setting.assign(setting.ada, setting.town, "01.01.2026", "30.06.2026")
    second = setting.assign(setting.ada, setting.town, "01.07.2026")
    client = setting.client()
    data = filled_in(client.get(address("contactperson_change", setting.ada.pk)))
    place = {data[f"assignments-{n}-id"]: n for n in range(2)}
    data[f"assignments-{place[str(first.pk)]}-valid_1"] = "31.08.2026"
    data[f"assignments-{place[str(second.pk)]}-valid_0"] = "01.09.2026"

    response = client.post(address("contactperson_change", setting.ada.pk), data)

    assert response.status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.valid.upper, second.valid.lower) == (day("01.09.2026"), day("01.09.2026"))


def test_conflict_of_two_rows_in_one_save_is_told_beside_them(setting: Setting) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.01.2026", "30.06.2026")
    setting.assign(setting.ada, setting.town, "01.07.2026")
    client = setting.client()
    data = filled_in(client.get(address("contactperson_change", setting.ada.pk)))
    data |= {"assignments-0-valid_0": "01.01.2026", "assignments-0-valid_1": "31.08.2026"}
    data |= {"assignments-1-valid_0": "01.07.2026", "assignments-1-valid_1": ""}

    response = client.post(address("contactperson_change", setting.ada.pk), data)

    told = [error for form in inline(response, Assignment).forms for error in form.errors.get("valid", [])]
    assert told
    assert all("Ada Beispiel" in error and "2026" in error for error in told)


def test_shortening_a_post_below_its_assignments_is_refused(setting: Setting) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.01.2026")
    client = setting.client()
    data = filled_in(client.get(address("contactperson_change", setting.ada.pk)))

    response = client.post(address("contactperson_change", setting.ada.pk), data | {"period_1": "30.06.2026"})

    assert response.status_code == 200
    assert response.context["errors"]
    setting.ada.refresh_from_db()
    assert setting.ada.period.upper is None


def test_giving_up_a_part_of_the_area_with_open_assignments_is_refused(setting: Setting) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.01.2026")
    client = superuser_client()
    data = filled_in(client.get(address("office_change", setting.office.pk)))

    response = client.post(address("office_change", setting.office.pk), data | {"areas-0-DELETE": "on"})

    assert response.status_code == 200
    assert response.context["errors"]
    assert setting.office.areas.exists()


def test_area_is_the_operators_to_set(setting: Setting) -> None:  # noqa: F811
    client = setting.client()
    data = filled_in(client.get(address("office_change", setting.office.pk)))
    taken = {"areas-TOTAL_FORMS": "2", "areas-1-district": setting.elsewhere.municipality.district.pk}

    client.post(address("office_change", setting.office.pk), data | taken | {"areas-0-DELETE": "on"})

    assert [part.district for part in setting.office.areas.all()] == [setting.district]


def test_staff_of_town_halls_elsewhere_cannot_be_added(setting: Setting) -> None:  # noqa: F811
    client = setting.client()
    staff = {
        "user": setting.administrator.pk,
        "municipality": setting.elsewhere.municipality.pk,
        "period_0": "01.01.2026",
    }

    assert "municipality" in errors(client.post(address("municipalstaff_add"), staff))


def test_absence_that_leaves_towns_alone_names_them_and_is_saved_when_sent_again(setting: Setting) -> None:  # noqa: F811
    setting.assign(setting.ada, setting.town, "01.01.2026")
    client = setting.client()
    data = filled_in(client.get(address("contactperson_change", setting.ada.pk)))
    data |= {"absences-TOTAL_FORMS": "1", "absences-0-contact_person": setting.ada.pk, "absences-0-substitute": ""}
    data |= {"absences-0-days_0": "15.03.2026", "absences-0-days_1": "15.04.2026"}

    response = client.post(address("contactperson_change", setting.ada.pk), data)
    assert "Adorf" in " ".join(inline(response, Absence).forms[0].non_field_errors())
    assert not setting.ada.absences.exists()

    client.post(address("contactperson_change", setting.ada.pk), filled_in(response))
    assert setting.ada.absences.exists()


def test_second_absence_at_the_same_time_is_refused_with_the_first_ones_period(setting: Setting) -> None:  # noqa: F811
    AbsenceFactory(contact_person=setting.ada, days=period(day("01.03.2026"), day("31.03.2026")))
    client = setting.client()
    data = filled_in(client.get(address("contactperson_change", setting.ada.pk)))
    data |= {"absences-TOTAL_FORMS": "2", "absences-1-contact_person": setting.ada.pk}
    data |= {
        "absences-1-days_0": "15.03.2026",
        "absences-1-days_1": "15.04.2026",
        "absences-1-substitute": setting.ben.pk,
    }

    response = client.post(address("contactperson_change", setting.ada.pk), data)

    assert "01.03.2026 bis 31.03.2026" in " ".join(
        inline(response, type(setting.ada.absences.first())).forms[1].errors["days"]
    )


def test_second_administrator_sees_both_texts_and_loses_nothing(setting: Setting) -> None:  # noqa: F811
    page = setting.client().get(address("person_change", setting.ada.person.pk))
    first, second = filled_in(page) | {"given_name": "Adele"}, filled_in(page) | {"given_name": "Adelheid"}
    setting.client().post(address("person_change", setting.ada.person.pk), first)

    client = setting.client()
    response = client.post(address("person_change", setting.ada.person.pk), second)

    told = " ".join(errors(response)["given_name"])
    assert "Adele" in told
    assert "Adelheid" in told
    assert filled_in(response)["given_name"] == "Adelheid"
    assert Person.objects.get(pk=setting.ada.person.pk).given_name == "Adele"

    again = client.post(address("person_change", setting.ada.person.pk), filled_in(response))
    assert again.status_code == 302
    assert Person.objects.get(pk=setting.ada.person.pk).given_name == "Adelheid"


def test_second_administrator_of_an_inline_row_sees_both_texts(setting: Setting) -> None:  # noqa: F811
    assignment = setting.assign(setting.ada, setting.town, "01.01.2026")
    page = setting.client().get(address("contactperson_change", setting.ada.pk))
    setting.client().post(
        address("contactperson_change", setting.ada.pk), filled_in(page) | {"assignments-0-valid_1": "30.06.2026"}
    )

    client = setting.client()
    response = client.post(
        address("contactperson_change", setting.ada.pk), filled_in(page) | {"assignments-0-valid_1": "31.08.2026"}
    )

    told = " ".join(inline(response, Assignment).forms[0].errors["valid"])
    assert "30.06.2026" in told
    assert "31.08.2026" in told
    assignment.refresh_from_db()
    assert assignment.valid.upper == day("01.07.2026")
    assert client.post(address("contactperson_change", setting.ada.pk), filled_in(response)).status_code == 302
    assignment.refresh_from_db()
    assert assignment.valid.upper == day("01.09.2026")


def test_what_has_begun_is_not_deleted(setting: Setting) -> None:  # noqa: F811
    begun = setting.assign(setting.ada, setting.town, "01.01.2020")
    client = setting.client()
    data = filled_in(client.get(address("contactperson_change", setting.ada.pk)))

    response = client.post(address("contactperson_change", setting.ada.pk), data | {"assignments-0-DELETE": "on"})

    assert "Adorf: Ada Beispiel" in " ".join(inline(response, Assignment).non_form_errors())
    assert client.post(address("assignment_delete", begun.pk), {"post": "yes"}).status_code == 403
    assert Assignment.objects.filter(pk=begun.pk).exists()


def test_delete_preview_does_not_name_posts_of_another_office(setting: Setting) -> None:  # noqa: F811
    ContactPersonFactory(person=setting.ada.person, office=setting.elsewhere.office, function="Geheimes")

    page = setting.client().get(address("person_delete", setting.ada.person.pk))

    assert page.status_code == 200
    protected = page.context["protected"]
    assert len(protected) == 2
    assert "Einträge, die anderen gehören" in protected


def test_account_that_one_could_not_choose_may_stay(setting: Setting) -> None:  # noqa: F811
    setting.ada.person.user = UserFactory(is_superuser=True)
    setting.ada.person.save()
    client = setting.client()
    data = filled_in(client.get(address("person_change", setting.ada.person.pk))) | {"given_name": "Adele"}

    assert client.post(address("person_change", setting.ada.person.pk), data).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_at_once_one_wins_and_the_other_is_told() -> None:
    setting = Setting()  # noqa: F811
    responses: list[Any] = []
    together = threading.Barrier(2)

    def assign(post: ContactPerson) -> None:
        client: Client = setting.client()
        together.wait()
        try:
            responses.append(client.post(address("assignment_add"), new_assignment(setting, contact_person=post.pk)))
        finally:
            connection.close()

    threads = [threading.Thread(target=assign, args=[post]) for post in (setting.ada, setting.ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(response.status_code for response in responses) == [200, 302]
    told = next(response for response in responses if response.status_code == 200)
    assert "hauptzuständig" in told.content.decode()
    assert Assignment.objects.filter(office=setting.office).count() == 1


def test_office_keeps_its_code(setting: Setting) -> None:  # noqa: F811
    client = setting.client()
    data = filled_in(client.get(address("office_change", setting.office.pk)))

    client.post(address("office_change", setting.office.pk), data | {"code": "XYZ", "slug": "other", "town": "Adorf"})

    office = Office.objects.get(pk=setting.office.pk)
    assert (office.code, office.slug, office.town) == (setting.office.code, setting.office.slug, "Adorf")


def test_part_of_an_area_changed_meanwhile_is_not_overwritten(setting: Setting) -> None:  # noqa: F811
    client, page = superuser_client(), address("office_change", setting.office.pk)
    part = setting.office.areas.create(municipality=MunicipalityFactory(name="Cedorf"))
    data = filled_in(client.get(page))
    [prefix] = [
        name.removesuffix("-id")
        for name, value in data.items()
        if name.startswith("areas-") and name.endswith("-id") and value == str(part.pk)
    ]
    part.municipality = MunicipalityFactory(name="Dedorf")
    part.save()

    response = client.post(page, data | {f"{prefix}-municipality": str(MunicipalityFactory(name="Edorf").pk)})

    [form] = [form for form in inline(response, OfficeArea).forms if form.instance == part]
    assert form.errors["municipality"] == ["Inzwischen gespeichert: „Dedorf“. Ihre Angabe: „Edorf“."]
    part.refresh_from_db()
    assert part.municipality.name == "Dedorf"

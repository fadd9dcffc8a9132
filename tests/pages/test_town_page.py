"""The town page says who is responsible today, how to reach them, and who stands in."""

import datetime

import pytest
from django.test import Client

from common.periods import ONE_DAY, period, today
from municipalities.models import Succession
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    LocalityFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_contact_stands_there_with_name_phone_mail_and_languages(client: Client, world: World) -> None:
    text = page(client, "/en/kommunen/20001001/")
    assert "Mira Beispiel" in text
    assert 'href="tel:+49555510012"' in text
    assert "05555 100-12" in text
    assert 'href="mailto:mira.beispiel@example.org"' in text
    assert "Koordination" in text
    assert "Arabic" in text


def test_office_hours_and_appointments_are_two_facts(client: Client, world: World) -> None:
    world.office.office_hours, world.office.is_by_appointment = "Montag 9 bis 12 Uhr", True
    world.office.save()
    text = page(client, "/en/kommunen/20001001/")
    assert "Montag 9 bis 12 Uhr" in text
    assert "Also by appointment" in text


def test_stand_in_is_named_with_the_last_day_and_their_phone(client: Client, world: World) -> None:
    other = ContactPersonFactory(
        office=world.office, person=PersonFactory(given_name="Jan", family_name="Muster", phone="05555 100-77")
    )
    last = today() + datetime.timedelta(days=6)
    AbsenceFactory(contact_person=world.post, substitute=other, days=period(today(), last))
    text = page(client, "/en/kommunen/20001001/")
    assert "Represented by <strong>Jan Muster</strong> until" in text
    assert 'href="tel:+49555510077"' in text
    assert 'href="tel:+49555510012"' not in text


def test_stand_in_for_a_field_is_named_without_a_day_where_no_end_is_known(client: Client, world: World) -> None:
    other = ContactPersonFactory(office=world.office, person=PersonFactory(given_name="Jan", family_name="Muster"))
    field = FieldOfActionFactory(office=world.office)
    post = ContactPersonFactory(office=world.office)
    AssignmentFactory(contact_person=post, municipality=world.town, field=field)
    AbsenceFactory(contact_person=post, substitute=other, days=period(today()))
    assert "(vertreten durch Jan Muster)" in page(client, "/kommunen/20001001/")


def test_town_without_contact_leads_to_its_office(client: Client, world: World) -> None:
    text = page(client, "/en/kommunen/20001002/")
    assert "Nobody is named for Lindental" in text
    assert 'href="tel:+4955551000"' in text
    assert "/en/stellen/muster/" in text


def test_town_no_office_serves_says_so_names_the_district_and_is_not_indexed(client: Client, world: World) -> None:
    MunicipalityFactory(ags="20002001", name="Fernau", district__full_name="Kreis Fern", district__ags="20002")
    text = page(client, "/en/kommunen/20002001/")
    assert "No office of this portal serves Fernau (Kreis Fern) yet." in text
    assert '<meta name="robots" content="noindex">' in text


def test_served_town_may_be_indexed(client: Client, world: World) -> None:
    assert "noindex" not in page(client, "/kommunen/20001001/")


def test_two_offices_are_both_shown(client: Client, world: World) -> None:
    OfficeFactory(name="Stadt Dornbach, Integrationsbüro", areas=[world.town])
    text = page(client, "/kommunen/20001001/")
    assert "Mira Beispiel" in text
    assert "Stadt Dornbach, Integrationsbüro" in text


def test_field_of_action_shows_its_own_contact(client: Client, world: World) -> None:
    field = FieldOfActionFactory(office=world.office, name="Wohnen")
    post = ContactPersonFactory(office=world.office, person=PersonFactory(given_name="Olena", family_name="Fiktiv"))
    AssignmentFactory(contact_person=post, municipality=world.town, field=field)
    text = page(client, "/kommunen/20001001/")
    assert "Wohnen" in text
    assert "Olena Fiktiv" in text


def test_former_town_says_what_happened_and_leads_on(client: Client, world: World) -> None:
    ended = MunicipalityFactory(
        ags="20001009", name="Altdorf", district=world.district, period=period(None, today() - ONE_DAY)
    )
    Succession.objects.create(predecessor=ended, successor=world.town, took_effect_on=today(), kind="merged")
    text = page(client, "/en/kommunen/20001009/")
    assert "Altdorf was a municipality of its own until" in text
    assert 'href="/en/kommunen/20001001/"' in text


def test_localities_are_named(client: Client, world: World) -> None:
    LocalityFactory(name="Hinterdorn", municipality=world.town)
    assert "Hinterdorn" in page(client, "/kommunen/20001001/")


def test_invented_office_is_said_to_be_invented(client: Client, world: World) -> None:
    assert "Invented example" in page(client, "/en/kommunen/20001001/")


def test_visitor_asking_for_another_day_is_sent_to_sign_in(client: Client, world: World) -> None:
    response = client.get("/kommunen/20001001/?am=2026-03-01")
    assert response.status_code == 302
    assert "next=/kommunen/20001001/" in response["Location"]


def test_other_days_are_not_for_staff_of_another_office(client: Client, world: World) -> None:
    client.force_login(OfficeMembershipFactory(role="lead").user)
    assert client.get("/kommunen/20001001/?am=2026-03-01").status_code == 403
    assert client.get("/kommunen/20001001/").status_code == 200


@pytest.mark.parametrize("who", ["office", "town hall"])
def test_staff_see_who_was_responsible_on_another_day(client: Client, world: World, who: str) -> None:
    user = UserFactory()
    if who == "office":
        OfficeMembershipFactory(user=user, office=world.office)
    else:
        MunicipalStaffFactory(user=user, municipality=world.other_town)
    former = ContactPersonFactory(office=world.office, person=PersonFactory(given_name="Ute", family_name="Vormals"))
    AssignmentFactory(
        contact_person=former,
        municipality=world.other_town,
        valid=period(datetime.date(2024, 1, 1), datetime.date(2024, 12, 31)),
    )
    client.force_login(user)
    assert "Ute Vormals" in page(client, "/kommunen/20001002/?am=01.07.2024")
    assert "01.01.2024 bis 31.12.2024" in page(client, "/kommunen/20001002/verlauf/")


def test_impossible_day_is_said_to_be_one(client: Client, world: World) -> None:
    client.force_login(OfficeMembershipFactory(office=world.office).user)
    response = client.get("/en/kommunen/20001001/?am=31.02.2026")
    assert response.status_code == 200
    assert "There is no such day" in response.content.decode()


@pytest.mark.parametrize("key", ["2000100", "200010011", "abcdefgh", "２０００１００１", "99999999"])
def test_malformed_or_unknown_key_is_not_found(client: Client, world: World, key: str) -> None:
    assert client.get(f"/kommunen/{key}/").status_code == 404


def test_somebody_for_one_field_only_fills_no_gap_on_any_page(client: Client, world: World) -> None:
    field = FieldOfActionFactory(office=world.office, name="Wohnen")
    AssignmentFactory(contact_person=world.post, municipality=world.other_town, field=field)

    general, own = client.get("/kommunen/20001002/").context["offices"][0][0], page(client, "/kommunen/20001002/")
    listed = client.get("/kommunen/?kontakt=ohne").context["rows"]
    district = client.get("/kreise/20001/").context

    assert not general.is_assigned
    assert "Mira Beispiel" in own
    assert [town for town, _found in listed] == [world.other_town]
    assert district["unassigned"] == 1
    assert [row.town for row in district["rows"] if "Mira" not in row.label] == [world.other_town]

"""Staff see who was and will be responsible on any day; visitors see today."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.periods import ONE_DAY, last_day, period, today
from contacts.models import ContactPerson
from integration_portal.timeline import NAMES, WIDTH, Timeline
from municipalities.models import Succession
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db

ASKED = "?am=2024-07-01"
YEAR = period(datetime.date(2024, 1, 1), datetime.date(2024, 12, 31))
DIRECTORY = [
    "/ansprechpersonen/",
    "/ansprechpersonen/?nach=person",
    "/ansprechpersonen/?nach=stelle",
    "/kreise/20001/",
    "/kreise/20001/kontakte/",
]


def on_day(address: str, day: str = "2024-07-01") -> str:
    return f"{address}{'&' if '?' in address else '?'}am={day}"


@pytest.fixture
def former(world: World) -> ContactPerson:
    """Somebody who looked after Lindental in 2024, and has left since."""
    person = PersonFactory(given_name="Ute", family_name="Vormals")
    post = ContactPersonFactory(office=world.office, person=person, period=YEAR)
    AssignmentFactory(contact_person=post, municipality=world.other_town, valid=YEAR)
    return post


def sign_in(client: Client, user: User) -> None:
    client.force_login(user, backend="accounts.backends.SignInBackend")


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.mark.parametrize("address", [*DIRECTORY, "/kommunen/20001001/", "/ansprechpersonen/99999999/"])
def test_visitor_is_sent_to_sign_in_for_existing_and_missing_alike(client: Client, world: World, address: str) -> None:
    for path in (address, "/kommunen/99999999/", "/kreise/99999/", f"/ansprechpersonen/{world.post.pk}/"):
        response = client.get(on_day(path))
        assert response.status_code == 302
        assert response["Location"].startswith("/konto/anmelden/?next=")


@pytest.mark.parametrize("address", DIRECTORY)
def test_office_sees_lists_and_maps_as_they_were(
    client: Client, world: World, former: ContactPerson, address: str
) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    assert "Ute Vormals" not in page(client, address)
    text = page(client, on_day(address))
    assert "Ute Vormals" in text
    assert "So war es am 01.07.2024" in text
    assert "Zurück zu heute" in text


@pytest.mark.parametrize("address", DIRECTORY)
def test_another_office_sees_nothing_of_other_days(
    client: Client, world: World, former: ContactPerson, address: str
) -> None:
    sign_in(client, OfficeMembershipFactory(role="lead").user)
    assert "Vormals" not in page(client, on_day(address))


def test_town_hall_sees_its_own_town_alone(client: Client, world: World, former: ContactPerson) -> None:
    AssignmentFactory(contact_person=former, municipality=MunicipalityFactory(district=world.district), valid=YEAR)
    sign_in(client, MunicipalStaffFactory(municipality=world.other_town).user)
    assert page(client, on_day("/kreise/20001/")).count("Ute Vormals</a></td>") == 1


@pytest.mark.parametrize("address", DIRECTORY)
def test_account_without_a_role_may_not_ask(client: Client, world: World, address: str) -> None:
    sign_in(client, UserFactory())
    assert client.get(address).status_code == 200
    assert client.get(on_day(address)).status_code == 403


@pytest.mark.parametrize("address", [*DIRECTORY, "/kommunen/20001001/"])
def test_impossible_day_is_said_beside_the_field(client: Client, world: World, address: str) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    text = page(client, on_day(address, "31.02.2026"))
    assert "Diesen Tag gibt es nicht" in text
    assert 'value="31.02.2026"' in text
    assert "So war es" not in text


def test_filters_stay_when_the_day_changes_and_the_other_way_round(client: Client, world: World) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    text = page(client, "/ansprechpersonen/?nach=person&q=mira&am=2024-07-01")
    assert '<input type="hidden" name="q" value="mira">' in text
    assert '<input type="hidden" name="am" value="2024-07-01">' in text


def test_file_of_another_day_holds_that_days_rows(client: Client, world: World, former: ContactPerson) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    assert "Ute Vormals" in page(client, on_day("/ansprechpersonen/?format=csv"))


def test_person_is_shown_as_on_that_day(client: Client, world: World, former: ContactPerson) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    AbsenceFactory(contact_person=former, substitute=world.post, days=YEAR)
    address = former.get_absolute_url()
    assert client.get(address).status_code == 404  # has left
    text = page(client, on_day(address))
    assert "Lindental" in text
    assert "Vertreten durch <strong>Mira Beispiel</strong> bis 31.12.2024" in text
    assert "hatte die Person diese Funktion nicht" in page(client, on_day(address, "2025-07-01"))


@pytest.mark.parametrize("address", [*DIRECTORY, "/kommunen/20001002/"])
def test_links_to_who_is_not_there_today_keep_the_day(
    client: Client, world: World, former: ContactPerson, address: str
) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    link = f'href="{former.get_absolute_url()}{ASKED}"'
    text = page(client, on_day(address))
    assert text.count(link) == text.count(f'href="{former.get_absolute_url()}') >= 1
    assert client.get(f"{former.get_absolute_url()}{ASKED}").status_code == 200


def test_page_of_who_has_left_leads_neither_to_today_nor_to_new_absences(
    client: Client, world: World, former: ContactPerson
) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office, role="lead").user)
    text = page(client, on_day(former.get_absolute_url()))
    assert "Zurück zu heute" not in text
    assert reverse("absence_add", args=[former.pk]) not in text
    assert reverse("absence_add", args=[world.post.pk]) in page(client, on_day(world.post.get_absolute_url()))
    assert "Zurück zu heute" in page(client, on_day(world.post.get_absolute_url()))


def test_town_hall_sees_who_was_there_for_its_town_on_days_on_which_they_were(
    client: Client, world: World, former: ContactPerson
) -> None:
    AbsenceFactory(contact_person=former, substitute=world.post, days=YEAR)
    sign_in(client, MunicipalStaffFactory(municipality=world.other_town).user)
    address = former.get_absolute_url()
    assert f'href="{address}{ASKED}"' in page(client, on_day("/kommunen/20001002/"))
    assert "Vertreten durch <strong>Mira Beispiel</strong> bis 31.12.2024" in page(client, on_day(address))
    assert client.get(on_day(address, "2025-07-01")).status_code == 404
    assert client.get(address).status_code == 404
    sign_in(client, MunicipalStaffFactory(municipality=world.town).user)
    assert client.get(on_day(address)).status_code == 404


@pytest.mark.parametrize("address", DIRECTORY)
def test_other_offices_see_no_absence_of_another_day(client: Client, world: World, address: str) -> None:
    begins = today() + 400 * ONE_DAY
    absence = AbsenceFactory(
        contact_person=world.post,
        substitute=ContactPersonFactory(office=world.office, person=PersonFactory(family_name="Vertretung")),
        days=period(begins, begins + 9 * ONE_DAY),
    )
    asked = on_day(address, f"{begins:%Y-%m-%d}")
    told = f"bis {last_day(absence.days):%d.%m.%Y}"
    sign_in(client, OfficeMembershipFactory().user)
    assert told not in page(client, asked)
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    assert told in page(client, asked)


def test_person_of_another_office_is_shown_today_only(client: Client, world: World) -> None:
    sign_in(client, OfficeMembershipFactory(office=OfficeFactory()).user)
    address = world.post.get_absolute_url()
    assert client.get(address).status_code == 200
    assert client.get(on_day(address)).status_code == 403


def test_town_hall_in_the_area_may_ask_about_the_offices_people(client: Client, world: World) -> None:
    sign_in(client, MunicipalStaffFactory(municipality=world.other_town).user)
    assert client.get(on_day(world.post.get_absolute_url())).status_code == 200


# -- History -------------------------------------------------------------------------------------------------------


def test_history_says_in_the_table_what_the_line_shows(client: Client, world: World, former: ContactPerson) -> None:
    sign_in(client, OfficeMembershipFactory(office=world.office).user)
    tomorrow = AssignmentFactory(
        contact_person=world.post, municipality=world.other_town, valid=period(today() + ONE_DAY)
    )
    gone = MunicipalityFactory(name="Altdorf", district=world.district, period=period(None, today() - ONE_DAY))
    Succession.objects.create(predecessor=gone, successor=world.other_town, took_effect_on=today(), kind="merged")
    response = client.get("/kommunen/20001002/verlauf/")
    text = response.content.decode()
    assert [(row, state) for row, state in response.context["rows"]] == [
        (tomorrow, "future"),
        (former.assignments.get(), "past"),
    ]
    assert text.count('class="timeline__bar timeline__bar--past"') == 2  # with the key
    assert text.count('class="timeline__bar timeline__bar--future"') == 2
    assert "Altdorf" in text
    assert "style=" not in text


def test_visitor_is_sent_to_sign_in_before_any_history(client: Client, world: World) -> None:
    for ags in ("20001001", "99999999"):
        assert client.get(f"/kommunen/{ags}/verlauf/")["Location"].startswith("/konto/anmelden/")


def test_bars_follow_one_another_on_the_scale(world: World, former: ContactPerson) -> None:
    later = AssignmentFactory(
        contact_person=world.post, municipality=world.other_town, valid=period(datetime.date(2025, 1, 1))
    )
    line = Timeline.of([former.assignments.get(), later], [], datetime.date(2026, 3, 1))
    [group] = line.groups
    [[first], [second]] = [entry.bars for entry in group.lines]
    assert first.x == NAMES
    assert abs(first.x + first.width - second.x) <= 1
    assert second.x + second.width == WIDTH
    assert [mark.label for mark in line.years] == ["2024", "2025", "2026"]
    assert second.x < line.today.x < WIDTH

"""Coverage says what is missing: each number beside its rows, for the people of the office."""

import datetime
import re

import pytest
from django.test import Client

from common.periods import ONE_DAY, period, today
from contacts.coverage import totals
from tests.common.html import Document
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)
from tests.pages.test_query_budget import many_rows, queries
from tests.pages.world import World

pytestmark = pytest.mark.django_db

ADDRESS = "/abdeckung/"
KEYS = ["heute", "bald", "spaeter", "endet", "vertretung", "verteilung", "unbestaetigt", "unvollstaendig"]


@pytest.fixture
def lead(client: Client, world: World) -> Client:
    client.force_login(OfficeMembershipFactory(office=world.office, role="lead").user)
    return client


def rows(client: Client, key: str) -> list[list[str]]:
    sections = client.get(ADDRESS).context["sections"]
    [section] = [section for section in sections if section.key == key]
    return [[cell.text for cell in row] for row in section.rows]


def test_gaps_of_today_and_to_come_stand_apart(lead: Client, world: World) -> None:
    last = today() + 10 * ONE_DAY
    ending = MunicipalityFactory(name="Endheim", district=world.district)
    AssignmentFactory(contact_person=world.post, municipality=ending, valid=period(datetime.date(2020, 1, 1), last))
    assert rows(lead, "heute") == [["Lindental", "offen", "14.077"]]  # since when is not known
    [[town, begins, until, _inhabitants]] = rows(lead, "bald")
    assert (town, begins, until) == ("Endheim", f"{last + ONE_DAY:%d.%m.%Y}", "offen")
    assert rows(lead, "spaeter") == []
    assert rows(lead, "endet")[0][4] == "noch keine Nachfolge"


def test_absence_whose_substitute_is_away_too_is_named_from_that_day(lead: Client, world: World) -> None:
    colleague = ContactPersonFactory(office=world.office)
    AbsenceFactory(contact_person=world.post, substitute=colleague, days=period(today(), today() + 9 * ONE_DAY))
    assert rows(lead, "vertretung") == []
    tomorrow = today() + ONE_DAY
    AbsenceFactory(contact_person=colleague, substitute=world.post, days=period(tomorrow, tomorrow))
    assert [row[-1] for row in rows(lead, "vertretung")] == [f"{tomorrow:%d.%m.%Y}"] * 2


def test_absences_count_while_the_post_is_held(lead: Client, world: World) -> None:
    gone = ContactPersonFactory(office=world.office, period=period(None, today() - ONE_DAY))
    leaving = ContactPersonFactory(office=world.office, period=period(None, today()))
    coming = ContactPersonFactory(office=world.office, period=period(today() + 5 * ONE_DAY))
    for post in (gone, leaving, coming):
        AbsenceFactory(contact_person=post, days=period(today() - 9 * ONE_DAY))
    began, now, later = (f"{today() + n * ONE_DAY:%d.%m.%Y}" for n in (-9, 0, 5))
    assert sorted([row[0], row[1], row[2], row[4]] for row in rows(lead, "vertretung")) == sorted(
        [[str(leaving), began, now, now], [str(coming), later, "offen", later]]
    )
    assert str(gone) not in lead.get("/").content.decode()
    assert totals([world.office.pk], today(), lead.get("/").wsgi_request.user)[world.office.pk].alone == 2


def test_people_who_are_not_there_today_are_linked_on_a_day_on_which_they_are(lead: Client, world: World) -> None:
    world.post.assignments.update(valid=period(datetime.date(2020, 1, 1), today()))
    follows = ContactPersonFactory(office=world.office, period=period(today() + ONE_DAY))
    AssignmentFactory(contact_person=follows, municipality=world.town, valid=period(today() + ONE_DAY))
    gone = ContactPersonFactory(
        office=world.office, period=period(datetime.date(2020, 1, 1), datetime.date(2021, 12, 31))
    )
    AbsenceFactory(contact_person=world.post, substitute=gone, days=period(today(), today()))
    links = [link.attrs["href"] for link in Document(lead.get(ADDRESS).content.decode()).all("a")]
    people = {address for address in links if re.match(r"/ansprechpersonen/\d+/($|\?)", address)}
    tomorrow = f"{today() + ONE_DAY:%Y-%m-%d}"
    assert f"{follows.get_absolute_url()}?am={tomorrow}" in people
    assert f"{gone.get_absolute_url()}?am=2020-01-01" in people
    assert {lead.get(address).status_code for address in people} == {200}


def test_contacts_that_need_care_are_named(lead: Client, world: World) -> None:
    world.post.confirmed_on = today() - 366 * ONE_DAY
    world.post.save()
    person = PersonFactory(given_name="Ohne", family_name="Telefon", phone="", email="")
    ContactPersonFactory(office=world.office, person=person, confirmed_on=today() - 364 * ONE_DAY)
    assert [row[0] for row in rows(lead, "unbestaetigt")] == ["Mira Beispiel"]
    assert rows(lead, "unvollstaendig") == [["Ohne Telefon", "Telefon, E-Mail"]]


def test_towns_and_inhabitants_of_each_person(lead: Client, world: World) -> None:
    AssignmentFactory(contact_person=world.post, municipality=world.other_town)
    assert rows(lead, "verteilung") == [["Mira Beispiel", "2", "22.489", "Dornbach, Lindental", "Übergeben"]]


def test_leads_are_led_to_the_hand_over_of_each_person_and_coordinators_are_not(
    lead: Client, client: Client, world: World
) -> None:
    link = f'href="/ansprechpersonen/{world.post.pk}/uebergabe/"'
    assert link in lead.get(ADDRESS).content.decode()
    client.force_login(OfficeMembershipFactory(office=world.office).user)
    assert link not in client.get(ADDRESS).content.decode()


def test_every_number_links_to_as_many_rows(lead: Client, world: World) -> None:
    page = Document(lead.get(ADDRESS).content.decode())
    for section in lead.get(ADDRESS).context["sections"]:
        [link] = page.all("a", href=f"#{section.key}")
        assert link.text.split()[0] == str(len(section.rows))
        assert page.by_id(section.key).text.endswith(f"({len(section.rows)})")


@pytest.mark.parametrize("key", KEYS)
def test_file_holds_the_rows_of_its_section(lead: Client, world: World, key: str) -> None:
    response = lead.get(f"{ADDRESS}?teil={key}&format=csv")
    assert response["Content-Type"].startswith("text/csv")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(rows(lead, key))


def test_unknown_section_has_no_file(lead: Client) -> None:
    assert lead.get(f"{ADDRESS}?teil=alles&format=csv").status_code == 404


def test_other_offices_and_unknown_ones_are_not_found_alike(lead: Client) -> None:
    other = OfficeFactory()
    for slug in (other.slug, "gibt-es-nicht"):
        assert lead.get(f"{ADDRESS}?stelle={slug}").status_code == 404


def test_who_works_at_several_offices_chooses(lead: Client, client: Client, world: World) -> None:
    second = OfficeFactory(name="Zweite Stelle")
    OfficeMembershipFactory(user=UserFactory(), office=second)
    user = OfficeMembershipFactory(office=second).user
    OfficeMembershipFactory(user=user, office=world.office)
    client.force_login(user)
    text = client.get(ADDRESS).content.decode()
    assert "Zweite Stelle" in text
    assert f'href="/abdeckung/?stelle={world.office.slug}#heute"' in text
    assert client.get(f"{ADDRESS}?format=csv").content.decode("utf-8-sig").count("\r\n") == 3
    assert client.get(f"{ADDRESS}?stelle={second.slug}").context["office"] == second


def test_operator_sees_all_offices(client: Client, world: World) -> None:
    OfficeFactory(name="Ferne Stelle")
    client.force_login(UserFactory(is_superuser=True))
    text = client.get(ADDRESS).content.decode()
    assert "Ferne Stelle" in text
    assert world.office.name in text


def test_numbers_of_the_table_are_those_of_the_offices_page(client: Client, world: World) -> None:
    colleague = ContactPersonFactory(office=world.office, person=PersonFactory(phone=""), confirmed_on=today())
    AssignmentFactory(
        contact_person=colleague, municipality=world.other_town, valid=period(datetime.date(2020, 1, 1), today())
    )
    AbsenceFactory(contact_person=world.post, days=period(today(), today()))
    client.force_login(UserFactory(is_superuser=True))
    [row] = client.get(ADDRESS).context["table"].rows
    sections = client.get(f"{ADDRESS}?stelle={world.office.slug}").context["sections"]
    counted = {section.key: len(section.rows) for section in sections}
    assert [cell.value for cell in row[3:]] == [counted[cell.url.partition("#")[2]] for cell in row[3:]]
    assert sum(cell.value for cell in row[3:]) == 5


def test_start_page_leads_to_the_rows_it_counts(lead: Client, world: World) -> None:
    assert f'href="/abdeckung/?stelle={world.office.slug}#heute"' in lead.get("/").content.decode()


def test_queries_do_not_grow_with_the_rows(lead: Client, client: Client, world: World) -> None:
    few = queries(lead, ADDRESS)
    many_rows(world)
    assert queries(lead, ADDRESS) == few <= 15
    client.force_login(UserFactory(is_superuser=True))
    assert queries(client, ADDRESS) <= 10

"""The start page, as each role finds it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.periods import ONE_DAY, period, today
from contacts.models import Assignment, ContactPerson, Office, Person
from contacts.overview import SOON
from municipalities.models import Municipality
from tests import roles
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    AssociationFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    UserFactory,
)
from tests.roles import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return roles.world()


def blocks(client: Client) -> dict[str, dict]:
    return {block.template: block.context for block in client.get("/").context["blocks"]}


# -- Visitor ------------------------------------------------------------------------------------------------------


def test_visitor_sees_one_question_whose_answer_needs_no_script(world: World, client: Client) -> None:
    page = client.get("/").content.decode()
    assert page.count("<form") == 1
    assert 'action="/kommunen/" method="get"' in page
    assert 'name="q"' in page


def test_examples_are_towns_of_the_portals_offices(world: World, client: Client) -> None:
    MunicipalityFactory(name="Ohne Stelle", population=1_000_000)
    examples = client.get("/").context["examples"]
    assert world.this[Municipality] in examples
    assert "Ohne Stelle" not in {town.name for town in examples}


def test_offices_are_cards_and_many_lead_to_their_list(world: World, client: Client) -> None:
    assert set(client.get("/").context["offices"]) == set(Office.objects.all())
    OfficeFactory.create_batch(15)
    response = client.get("/")
    assert len(response.context["offices"]) == 12
    assert response.context["has_more_offices"]


def test_visitors_page_costs_the_same_with_many_offices(world: World, client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/")
        return len(asked)

    before = queries()
    for _ in range(9):
        OfficeFactory(areas=[MunicipalityFactory(), AssociationFactory()])
    assert queries() == before == 5


# -- Municipal staff ----------------------------------------------------------------------------------------------


def test_municipal_staff_see_their_towns_contact_and_deputies(world: World) -> None:
    deputy = ContactPersonFactory(office=world.this[Office])
    AssignmentFactory(contact_person=deputy, municipality=world.this[Municipality], role=Assignment.Role.DEPUTY)
    client = world.client("town_hall")
    [(town, [responsibility])] = blocks(client)["start/town_hall.html"]["towns"]
    assert town == world.this[Municipality]
    assert responsibility.primary.name == world.this[Person].name
    assert [contact.name for contact in responsibility.deputies] == [deputy.person.name]
    assert deputy.person.name in client.get("/").content.decode()


def test_town_hall_of_an_association_sees_all_its_towns(client: Client) -> None:
    association = AssociationFactory()
    towns = MunicipalityFactory.create_batch(3, association=association, district=association.district)
    user = MunicipalStaffFactory(municipality=None, association=association).user
    client.force_login(user, backend="accounts.backends.SignInBackend")
    assert [town for town, _ in blocks(client)["start/town_hall.html"]["towns"]] == towns


# -- Offices ------------------------------------------------------------------------------------------------------


def link_person(user: User, post: ContactPerson) -> None:
    post.person.user = user
    post.person.save()


def test_coordinator_sees_their_own_towns(world: World) -> None:
    link_person(world.users["coordinator"], world.this[ContactPerson])
    own = blocks(world.client("coordinator"))["start/coordinator.html"]["own"]
    assert [row.municipality for row in own] == [world.this[Municipality]]


def test_towns_of_colleagues_are_not_ones_own(world: World) -> None:
    assert blocks(world.client("coordinator"))["start/coordinator.html"]["own"] == []


@pytest.mark.usefixtures("kept_queries_compared")
def test_every_number_leads_to_exactly_the_rows_it_counts(world: World) -> None:
    district = world.this[Municipality].district
    _one, _two, for_one_field = MunicipalityFactory.create_batch(3, district=district)
    field = FieldOfActionFactory(office=world.this[Office])
    AssignmentFactory(contact_person=world.this[ContactPerson], municipality=for_one_field, field=field)
    client = world.client("lead")
    overview = blocks(client)["start/lead.html"]["overview"]
    page = client.get("/").content.decode()
    for query, number in (
        ("", len(overview.towns)),
        ("&amp;kontakt=mit", overview.covered),
    ):
        address = f"/kommunen/?stelle={world.this[Office].slug}{query}"
        assert f'href="{address}"><strong>{number}</strong>' in page
        found = client.get(address.replace("&amp;", "&")).context["page"].paginator.count
        assert found == number
    address = f"/abdeckung/?stelle={world.this[Office].slug}"
    assert f'href="{address}#heute"><strong>{len(overview.gaps)}</strong>' in page
    [today, *_others] = client.get(address).context["sections"]
    assert len(today.rows) == len(overview.gaps) == len(overview.towns) - 1


def test_load_of_a_person_leads_to_the_person_with_as_many_towns(world: World) -> None:
    client = world.client("lead")
    [(post, assignments)] = blocks(client)["start/lead.html"]["overview"].carried.items()
    assert len(client.get(post.get_absolute_url()).context["primary"]) == len(assignments)


def ends(world: World, days: int) -> Assignment:
    return AssignmentFactory(
        contact_person=world.this[ContactPerson],
        municipality=MunicipalityFactory(district=world.this[Municipality].district),
        valid=period(today() - ONE_DAY, today() + days * ONE_DAY),
    )


@pytest.mark.parametrize(("days", "is_soon"), [(0, True), (SOON.days, True), (SOON.days + 1, False)])
def test_what_ends_within_sixty_days_is_named(world: World, days: int, is_soon: bool) -> None:
    assignment = ends(world, days)
    ending = blocks(world.client("coordinator"))["start/coordinator.html"]["overview"].ending
    assert [entry.assignment for entry in ending] == ([assignment] if is_soon else [])


def test_who_follows_is_named_and_who_comes_later_does_not_count(world: World) -> None:
    followed, gap = ends(world, 10), ends(world, 11)
    successor = ContactPersonFactory(office=world.this[Office])
    begins = period(today() + 11 * ONE_DAY)
    AssignmentFactory(contact_person=successor, municipality=followed.municipality, valid=begins)
    later = period(today() + 20 * ONE_DAY)
    AssignmentFactory(contact_person=successor, municipality=gap.municipality, valid=later)
    ending = blocks(world.client("lead"))["start/lead.html"]["overview"].ending
    assert [(entry.assignment, entry.successor) for entry in ending] == [(followed, successor), (gap, None)]


def test_somebody_for_another_field_does_not_follow(world: World) -> None:
    ending = ends(world, 10)
    field = FieldOfActionFactory(office=world.this[Office])
    AssignmentFactory(
        contact_person=ContactPersonFactory(office=world.this[Office]),
        municipality=ending.municipality,
        field=field,
        valid=period(today() + 11 * ONE_DAY),
    )
    [entry] = blocks(world.client("lead"))["start/lead.html"]["overview"].ending
    assert entry.successor is None


def test_absences_without_an_end_are_shown_and_former_ones_not(world: World) -> None:
    post = ContactPersonFactory(office=world.this[Office])
    AbsenceFactory(contact_person=post, days=period(today() - 9 * ONE_DAY, today() - ONE_DAY))
    absences = blocks(world.client("coordinator"))["start/coordinator.html"]["overview"].absences
    assert [absence.contact_person for absence in absences] == [world.this[ContactPerson]]


def test_administrator_finds_the_way_into_the_administration(world: World) -> None:
    links = dict(blocks(world.client("administrator"))["start/administrator.html"]["links"])
    assert "/verwaltung/accounts/user/" in links
    client = world.client("administrator")
    assert {client.get(address).status_code for address in links} == {200}


@pytest.mark.usefixtures("kept_queries_compared")
def test_each_membership_has_its_block(world: World, client: Client) -> None:
    user = world.users["coordinator"]
    OfficeMembershipFactory(user=user, office=world.this[Office], role="lead")
    OfficeMembershipFactory(user=user, office=world.other[Office], role="coordinator")
    MunicipalStaffFactory(user=user, municipality=world.this[Municipality])
    response = world.client("coordinator").get("/")
    assert [block.template for block in response.context["blocks"]] == [
        "start/town_hall.html",
        "start/own_requests.html",
        "start/request_work.html",
        "start/request_work.html",
        "start/coordinator.html",
        "start/coordinator.html",
        "start/lead.html",
        "start/forum_work.html",
        "start/forum_work.html",
    ]


def test_ended_membership_has_no_block(client: Client) -> None:
    membership = OfficeMembershipFactory(period=period(today() - 9 * ONE_DAY, today() - ONE_DAY))
    OfficeMembershipFactory(user=membership.user, period=period(today() + ONE_DAY))  # keeps the account open
    client.force_login(membership.user, backend="accounts.backends.SignInBackend")
    assert blocks(client) == {}
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("role", ["town_hall", "coordinator", "lead", "administrator"])
def test_page_costs_the_same_with_many_towns_people_and_absences(world: World, role: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            world.client(role).get("/")
        return len(asked)

    before = queries()
    district = world.this[Municipality].district
    for _ in range(10):
        post = ContactPersonFactory(office=world.this[Office])
        AssignmentFactory(contact_person=post, municipality=MunicipalityFactory(district=district))
        AbsenceFactory(contact_person=post)
    assert queries() == before


def test_account_without_any_role_is_told_so(client: Client) -> None:
    client.force_login(UserFactory(), backend="accounts.backends.SignInBackend")
    assert client.get("/").context["blocks"] == []


def test_superuser_finds_everything(world: World) -> None:
    assert list(blocks(world.client("superuser"))) == ["start/portal.html"]


# -- Profile ------------------------------------------------------------------------------------------------------


def test_profile_shows_ones_roles_with_their_periods(world: World) -> None:
    user = world.users["coordinator"]
    OfficeMembershipFactory(user=user, office=world.other[Office], role="lead", period=period(today() + 5 * ONE_DAY))
    OfficeMembershipFactory(
        user=user, office=world.other[Office], period=period(today() - 9 * ONE_DAY, today() - ONE_DAY)
    )
    context = world.client("coordinator").get("/konto/").context
    assert [row.role for row in context["running"]] == ["coordinator"]
    assert [row.role for row in context["later"]] == ["lead"]
    assert [row.role for row in context["ended"]] == ["coordinator"]


def test_profile_shows_the_person_of_the_directory(world: World) -> None:
    link_person(world.users["coordinator"], world.this[ContactPerson])
    page = world.client("coordinator").get("/konto/").content.decode()
    assert world.this[Person].name in page
    assert world.this[Person].email in page


def test_profile_needs_the_sign_in(client: Client) -> None:
    assert client.get("/konto/").url == "/konto/anmelden/?next=/konto/"

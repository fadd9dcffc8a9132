"""Who belongs to a forum: seen inside, entered by the offices, ended rather than deleted."""

import datetime
from typing import Any

import pytest

from common.periods import last_day, period, today
from contacts.models import Organisation, Person
from forums.models import Membership
from tests.factories import (
    ContactPersonFactory,
    MembershipFactory,
    MunicipalStaffFactory,
    OfficeMembershipFactory,
    OrganisationFactory,
    PersonFactory,
    UserFactory,
)
from tests.forums.pages import Setting, errors, signed_in
from tests.pages.test_lists import as_csv

pytestmark = pytest.mark.django_db

TOMORROW = today() + datetime.timedelta(days=1)


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


def sent(**fields: Any) -> dict[str, Any]:
    given = {"person": "", "organisation": "", "role": "member", "period_0": "01.01.2026", "period_1": ""}
    return given | fields


def shown(response: Any) -> list[str]:
    return [member.membership.name for member in response.context["rows"]]


def test_known_person_is_chosen_and_speaks_for_an_organisation(setting: Setting) -> None:
    forum, person = setting.forum(), ContactPersonFactory(office=setting.office).person
    club = OrganisationFactory(municipality=setting.town)
    client = signed_in(setting.coordinator)
    client.post(f"/foren/{forum.pk}/mitglieder/neu/", sent(person=person.pk, organisation=club.pk, role="chair"))
    membership = Membership.objects.get()
    assert (membership.person, membership.organisation, membership.role) == (person, club, "chair")
    assert membership.period == period(datetime.date(2026, 1, 1))


def test_new_person_with_organisation_is_entered_on_the_same_form(setting: Setting) -> None:
    forum = setting.forum()
    new = {"given_name": "Neda", "family_name": "Neu", "email": "neda@example.org", "new_organisation": "Verein Neu"}
    signed_in(setting.coordinator).post(f"/foren/{forum.pk}/mitglieder/neu/", sent(**new))
    membership = Membership.objects.get()
    assert (str(membership.person), membership.email) == ("Neda Neu", "neda@example.org")
    assert membership.organisation == membership.person.organisation == Organisation.objects.get(name="Verein Neu")
    assert membership.person.user is None


def test_organisation_alone_belongs_to_a_forum(setting: Setting) -> None:
    forum, club = setting.forum(), OrganisationFactory(municipality=setting.town, name="Verein Alt")
    address = f"/foren/{forum.pk}/mitglieder/neu/"
    signed_in(setting.coordinator).post(address, sent(new_organisation="verein alt"))
    assert Membership.objects.get().organisation == club
    assert Membership.objects.get().person is None


def test_new_person_is_linked_to_the_account_of_a_town_hall_concerned(setting: Setting) -> None:
    account = MunicipalStaffFactory(municipality=setting.town).user
    stranger = UserFactory(email="fremd@example.org")
    forum, client = setting.forum(), signed_in(setting.coordinator)
    for email in (account.email.upper(), stranger.email):
        new = {"given_name": "Rita", "family_name": "Rathaus", "email": email}
        client.post(f"/foren/{forum.pk}/mitglieder/neu/", sent(**new))
    assert {membership.person.user for membership in Membership.objects.all()} == {account, None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "person"),
        ({"given_name": "Neda"}, "family_name"),
        ({"family_name": "Neu"}, "given_name"),
        ({"email": "kaputt"}, "email"),
        ({"person": "999999999"}, "person"),
        ({"organisation": "999999999"}, "organisation"),
        ({"person": "x"}, "person"),
        ({"given_name": "Neda", "family_name": "Neu", "period_0": "31.02.2026"}, "period"),
    ],
)
def test_mistakes_are_said_and_nothing_is_written(setting: Setting, change: dict[str, str], field: str) -> None:
    people = Person.objects.count()
    forum = setting.forum()
    response = signed_in(setting.coordinator).post(f"/foren/{forum.pk}/mitglieder/neu/", sent(**change))
    assert field in errors(response)
    assert Person.objects.count() == people
    assert not Membership.objects.exists()


def test_somebody_already_there_is_refused_and_no_double_is_left(setting: Setting) -> None:
    person = ContactPersonFactory(office=setting.office, person__email="mira@example.org").person
    forum, client = setting.forum(), signed_in(setting.coordinator)
    MembershipFactory(forum=forum, person=person)
    address, people = f"/foren/{forum.pk}/mitglieder/neu/", Person.objects.count()
    assert list(errors(client.post(address, sent(person=person.pk)))) == ["period"]
    double = {"given_name": "Mira", "family_name": "Doppelt", "email": "MIRA@example.org"}
    assert list(errors(client.post(address, sent(**double)))) == ["email"]
    club = OrganisationFactory(municipality=setting.town)
    MembershipFactory(forum=forum, person=None, organisation=club)
    assert list(errors(client.post(address, sent(organisation=club.pk, new_organisation="Noch eine")))) != []
    assert Person.objects.count() == people
    assert not Organisation.objects.filter(name="Noch eine").exists()


def test_people_one_may_not_see_cannot_be_chosen(setting: Setting) -> None:
    unseen = ContactPersonFactory(is_published=False).person
    forum, client = setting.forum(), signed_in(setting.coordinator)
    address = f"/foren/{forum.pk}/mitglieder/neu/"
    assert list(errors(client.post(address, sent(person=unseen.pk)))) == ["person"]
    assert unseen.sorted_name not in client.get(f"{address}?q={unseen.family_name}").content.decode()


def test_people_of_other_offices_are_found_by_name(setting: Setting) -> None:
    person = ContactPersonFactory(person=PersonFactory(given_name="Ferne", family_name="Öztürk")).person
    forum, client = setting.forum(), signed_in(setting.coordinator)
    address = f"/foren/{forum.pk}/mitglieder/neu/"
    assert "Öztürk, Ferne" not in client.get(address).content.decode()
    assert "Öztürk, Ferne" in client.get(f"{address}?q=ozturk").content.decode()
    client.post(address, sent(person=person.pk))
    assert Membership.objects.get().person == person


def test_members_of_ones_forums_can_be_chosen_for_others(setting: Setting) -> None:
    member = MembershipFactory(forum=setting.forum()).person
    other = setting.forum(name="Zweites")
    signed_in(setting.coordinator).post(f"/foren/{other.pk}/mitglieder/neu/", sent(person=member.pk))
    assert other.memberships.get().person == member


def test_membership_is_changed_and_ended(setting: Setting) -> None:
    membership = MembershipFactory(forum=setting.forum())
    client = signed_in(setting.coordinator)
    address = f"/foren/{membership.forum.pk}/mitglieder/{membership.pk}/"
    version = client.get(address).context["form"].initial["seen_version"]
    client.post(address, sent(role="moderation", seen_version=version))
    client.post(f"{address}beenden/", {"last_day": today().strftime("%d.%m.%Y")})
    membership.refresh_from_db()
    assert (membership.role, last_day(membership.period)) == ("moderation", today())


def test_second_writer_of_a_membership_is_shown_both(setting: Setting) -> None:
    membership = MembershipFactory(forum=setting.forum())
    client = signed_in(setting.coordinator)
    address = f"/foren/{membership.forum.pk}/mitglieder/{membership.pk}/"
    version = client.get(address).context["form"].initial["seen_version"]
    Membership.objects.update(role="guest")
    response = client.post(address, sent(role="chair", seen_version=version))
    assert "Gast" in errors(response)["role"][0]


def test_end_before_the_first_day_is_refused(setting: Setting) -> None:
    membership = MembershipFactory(forum=setting.forum(), period=period(TOMORROW))
    address = f"/foren/{membership.forum.pk}/mitglieder/{membership.pk}/beenden/"
    response = signed_in(setting.coordinator).post(address, {"last_day": today().strftime("%d.%m.%Y")})
    assert list(errors(response)) == ["last_day"]


def deletion(client: Any, membership: Membership) -> int:
    address = f"/foren/{membership.forum.pk}/mitglieder/{membership.pk}/loeschen/"
    status: int = client.post(address, {"version": membership.version}).status_code
    return status


def test_only_what_has_not_begun_is_deleted_and_only_by_the_leading_office(setting: Setting) -> None:
    forum = setting.forum(partner_offices=[setting.other_office])
    begun = MembershipFactory(forum=forum)
    coming = MembershipFactory(forum=forum, period=period(TOMORROW))
    leading, partner = signed_in(setting.coordinator), signed_in(setting.neighbour)
    assert deletion(leading, begun) == 403
    assert deletion(partner, coming) == 403
    assert coming.name in leading.get(f"/foren/{forum.pk}/mitglieder/{coming.pk}/loeschen/").content.decode()
    assert deletion(leading, coming) == 302
    assert list(Membership.objects.all()) == [begun]


def test_deletion_shows_what_was_changed_meanwhile(setting: Setting) -> None:
    coming = MembershipFactory(forum=setting.forum(), period=period(TOMORROW))
    Membership.objects.update(role="chair")
    assert deletion(signed_in(setting.coordinator), coming) == 200
    assert Membership.objects.exists()


def test_partner_adds_members(setting: Setting) -> None:
    forum = setting.forum(partner_offices=[setting.other_office])
    person = ContactPersonFactory(office=setting.other_office).person
    signed_in(setting.neighbour).post(f"/foren/{forum.pk}/mitglieder/neu/", sent(person=person.pk))
    assert forum.memberships.get().person == person


def test_list_shows_former_members_apart(setting: Setting) -> None:
    forum = setting.forum()
    current = MembershipFactory(forum=forum)
    former = MembershipFactory(forum=forum, period=period(datetime.date(2020, 1, 1), datetime.date(2020, 12, 31)))
    coming = MembershipFactory(forum=forum, period=period(TOMORROW))
    client = signed_in(setting.coordinator)
    response = client.get(f"/foren/{forum.pk}/mitglieder/?sortierung=beginn")
    assert shown(response) == [current.name, coming.name]
    assert list(response.context["former"]) == [former]
    assert shown(client.get(f"/foren/{forum.pk}/mitglieder/?zeit=ehemalig")) == [former.name]


def test_addresses_are_for_those_who_write_to_members(setting: Setting) -> None:
    account = UserFactory()
    membership = MembershipFactory(forum=setting.forum(), person__user=account, person__email="mit@example.org")
    address = f"/foren/{membership.forum.pk}/mitglieder/"
    assert "mit@example.org" in signed_in(setting.coordinator).get(address).content.decode()
    assert "mit@example.org" not in signed_in(account).get(address).content.decode()
    [line] = as_csv(signed_in(setting.coordinator), f"{address}?format=csv")
    assert (line["Name"], line["E-Mail"]) == (str(membership.person), "mit@example.org")
    assert as_csv(signed_in(account), f"{address}?format=csv")[0]["E-Mail"] == ""


def test_who_is_not_inside_does_not_see_the_members(setting: Setting) -> None:
    public, internal = setting.forum(is_public=True), setting.forum(name="Intern")
    stranger = signed_in(OfficeMembershipFactory().user)
    assert stranger.get(f"/foren/{public.pk}/mitglieder/").status_code == 403
    assert stranger.get(f"/foren/{internal.pk}/mitglieder/").status_code == 404


def test_list_costs_the_same_for_one_member_and_for_forty(
    setting: Setting, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    forum = setting.forum()
    MembershipFactory(forum=forum, organisation=OrganisationFactory())
    client, address = signed_in(setting.coordinator), f"/foren/{forum.pk}/mitglieder/"
    client.get(address)
    with django_assert_max_num_queries(15) as one:
        client.get(address)
    queries = len(one)
    for _ in range(39):
        MembershipFactory(forum=forum, organisation=OrganisationFactory(), person__user=UserFactory())
    with django_assert_num_queries(queries):
        client.get(address)

"""Who may see and do what, answered from today's memberships."""

import datetime

import pghistory
import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from common.periods import period, today
from contacts.models import (
    Absence,
    Assignment,
    ContactPerson,
    MunicipalStaff,
    OfficeArea,
    OfficeMembership,
    Organisation,
    Person,
)
from contacts.querysets import accounts_managed_by, in_area_of, with_contact
from contacts.rules import standing
from municipalities.models import Municipality
from tests.factories import (
    LONG_AGO,
    AbsenceFactory,
    AssignmentFactory,
    AssociationFactory,
    ContactPersonFactory,
    DistrictFactory,
    FieldOfActionFactory,
    LocalityFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    OrganisationFactory,
    PersonFactory,
    TargetGroupFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

ONE_DAY = datetime.timedelta(days=1)
ROLES = ["coordinator", "lead", "administrator"]


@pytest.fixture
def town():
    return MunicipalityFactory()


@pytest.fixture
def office(town):
    return OfficeFactory(areas=[town.district])


@pytest.fixture
def foreign_office():
    return OfficeFactory(areas=[DistrictFactory()])


def member(office, role="administrator", **kwargs):
    return OfficeMembershipFactory(office=office, role=role, **kwargs).user


def clerk(town):
    return MunicipalStaffFactory(municipality=town).user


class TestMemberships:
    @pytest.mark.parametrize("role", ROLES)
    def test_only_administrators_open_the_admin(self, office, role):
        assert member(office, role).has_perm("accounts.access_admin") is (role == "administrator")

    @pytest.mark.parametrize(
        ("days", "counts"),
        [
            (lambda on: period(None, on - ONE_DAY), False),
            (lambda on: period(on, on), True),
            (lambda on: period(on + ONE_DAY), False),
        ],
    )
    def test_membership_counts_on_its_days_only(self, office, days, counts):
        user = member(office, period=days(today()))
        assert (office.pk in standing(user).offices) is counts
        assert user.has_perm("contacts.change_office", office) is counts

    def test_rights_are_the_union_of_todays_memberships(self, office, foreign_office):
        user = member(office)
        OfficeMembershipFactory(user=user, office=foreign_office, role="lead")
        assert standing(user).offices == {office.pk, foreign_office.pk}
        assert standing(user).offices_in("administrator") == {office.pk}

    def test_switched_off_account_has_no_rights(self, office):
        user = member(office)
        user.is_active = False
        assert not user.has_perm("accounts.access_admin")

    def test_visitors_have_no_rights(self, office):
        assert not AnonymousUser().has_perm("contacts.change_office", office)
        assert standing(AnonymousUser()).offices == frozenset()

    def test_memberships_are_asked_for_once(self, office, django_assert_num_queries):
        user = member(office)
        rows = [ContactPersonFactory(office=office) for _ in range(5)]
        with django_assert_num_queries(1):
            assert all(user.has_perm("contacts.change_contactperson", row) for row in rows)
            # A page asks about town halls only where its rows are served by an office; that must cost no more.
            assert standing(user).town_ids == frozenset()


class TestOwnOfficeOnly:
    @pytest.fixture(params=["assignment", "absence", "contactperson", "fieldofaction", "officemembership"])
    def row(self, request, office, town):
        post = ContactPersonFactory(office=office)
        return {
            "assignment": lambda: AssignmentFactory(contact_person=post, municipality=town),
            "absence": lambda: AbsenceFactory(contact_person=post),
            "contactperson": lambda: post,
            "fieldofaction": lambda: FieldOfActionFactory(office=office),
            "officemembership": lambda: OfficeMembershipFactory(office=office),
        }[request.param]()

    def test_administrator_changes_the_rows_of_the_own_office(self, row, office):
        assert member(office).has_perm(f"contacts.change_{row._meta.model_name}", row)
        assert type(row).objects.administered_by(member(office)).filter(pk=row.pk).exists()

    def test_administrator_of_another_office_does_not(self, row, foreign_office):
        user = member(foreign_office)
        name = row._meta.model_name
        assert user.has_perm(f"contacts.change_{name}")
        assert not user.has_perm(f"contacts.change_{name}", row)
        assert not user.has_perm(f"contacts.view_{name}", row)
        assert not type(row).objects.administered_by(user).filter(pk=row.pk).exists()

    @pytest.mark.parametrize("role", ["coordinator", "lead"])
    def test_coordinators_and_leads_see_but_do_not_change(self, row, office, role):
        user = member(office, role)
        name = row._meta.model_name
        assert user.has_perm(f"contacts.view_{name}", row)
        may_enter = name == "absence" and role == "lead"
        assert user.has_perm(f"contacts.change_{name}", row) == may_enter
        assert user.has_perm(f"contacts.add_{name}", row) == may_enter
        assert type(row).objects.visible_to(user).filter(pk=row.pk).exists()


@pytest.mark.parametrize(("begins", "deletable"), [(-1, False), (0, True), (1, True)])
def test_what_has_begun_is_ended_not_deleted(office, town, begins, deletable):
    first = today() + begins * ONE_DAY
    post = ContactPersonFactory(office=office)
    assignment = AssignmentFactory(contact_person=post, municipality=town, valid=period(first))
    user = member(office)
    assert user.has_perm("contacts.delete_assignment", assignment) is deletable
    assert user.has_perm("contacts.delete_assignment")
    assert not user.has_perm("contacts.delete_contactperson", post)


class TestPeople:
    def test_office_of_the_first_running_post_keeps_the_person(self, office, foreign_office):
        person = PersonFactory()
        ContactPersonFactory(person=person, office=foreign_office, period=period(LONG_AGO, today() - ONE_DAY))
        ContactPersonFactory(person=person, office=office)
        latest = OfficeFactory()
        ContactPersonFactory(person=person, office=latest)
        keepers = {o: member(o).has_perm("contacts.change_person", person) for o in (office, foreign_office, latest)}
        assert keepers == {office: True, foreign_office: False, latest: False}
        assert list(Person.objects.administered_by(member(office))) == [person]
        assert not Person.objects.administered_by(member(latest)).exists()

    def kept_by(self, administrator, person):
        answer = administrator.has_perm("contacts.change_person", person)
        assert administrator.has_perm("contacts.view_person", person) is answer
        assert Person.objects.administered_by(administrator).filter(pk=person.pk).exists() is answer
        assert Person.objects.visible_to(administrator).filter(pk=person.pk).exists() is answer
        return answer

    def test_person_without_a_post_is_nobodys_but_the_operators(self, office):
        person = PersonFactory()
        assert not self.kept_by(member(office), person)
        assert self.kept_by(UserFactory(is_superuser=True), person)
        assert person not in Person.objects.visible_to(AnonymousUser())

    @pytest.mark.parametrize("tie", ["account", "organisation", "entered"])
    def test_person_without_a_post_is_kept_by_the_office_it_has_to_do_with(self, office, town, foreign_office, tie):
        colleague = member(office, "coordinator")
        if tie == "account":
            person = PersonFactory(user=colleague)
        elif tie == "organisation":
            person = PersonFactory(organisation=OrganisationFactory(municipality=town))
        else:
            with pghistory.context(user=colleague.pk):
                person = PersonFactory()
        assert self.kept_by(member(office), person)
        assert not self.kept_by(member(foreign_office), person)
        assert person not in Person.objects.visible_to(member(office, "coordinator"))

    def test_who_has_left_the_office_enters_people_for_it_no_longer(self, office, foreign_office):
        colleague = OfficeMembershipFactory(office=office, period=period(LONG_AGO, today() - ONE_DAY)).user
        with pghistory.context(user=colleague.pk):
            person = PersonFactory()
        assert not self.kept_by(member(office), person)

    def test_a_post_elsewhere_outweighs_who_entered_the_person(self, office, foreign_office):
        with pghistory.context(user=member(office).pk):
            person = PersonFactory()
        ContactPersonFactory(person=person, office=foreign_office, is_published=False)
        assert not self.kept_by(member(office), person)
        assert self.kept_by(member(foreign_office), person)

    def test_visitors_see_people_with_a_published_post_of_today(self, office):
        shown = ContactPersonFactory(office=office)
        ContactPersonFactory(office=office, is_published=False)
        ContactPersonFactory(office=office, period=period(None, today() - ONE_DAY))
        ContactPersonFactory(office=office, period=period(today() + ONE_DAY))
        assert list(ContactPerson.objects.visible_to(AnonymousUser())) == [shown]
        assert list(Person.objects.visible_to(AnonymousUser())) == [shown.person]
        assert ContactPerson.objects.visible_to(member(office, "coordinator")).count() == 4


class TestAssignmentsSeen:
    @pytest.fixture
    def rows(self, office, town):
        on = today()
        post = ContactPersonFactory(office=office)
        return {
            "past": AssignmentFactory(contact_person=post, municipality=town, valid=period(LONG_AGO, on - ONE_DAY)),
            "today": AssignmentFactory(contact_person=post, municipality=town, valid=period(on, on)),
            "hidden": AssignmentFactory(
                contact_person=ContactPersonFactory(office=office, is_published=False),
                municipality=town,
                role="deputy",
            ),
        }

    def seen(self, rows, user):
        visible = set(Assignment.objects.visible_to(user))
        return {name for name, row in rows.items() if row in visible}

    def test_visitors_see_today_and_published_people(self, rows):
        assert self.seen(rows, AnonymousUser()) == {"today"}

    def test_staff_of_the_office_see_all(self, rows, office):
        assert self.seen(rows, member(office, "coordinator")) == {"past", "today", "hidden"}

    def test_staff_of_the_town_see_other_days(self, rows, town):
        assert self.seen(rows, clerk(town)) == {"past", "today"}

    def test_staff_of_other_offices_and_towns_see_what_visitors_see(self, rows, foreign_office):
        assert self.seen(rows, member(foreign_office)) == {"today"}
        assert self.seen(rows, clerk(MunicipalityFactory())) == {"today"}

    def test_superuser_sees_all(self, rows):
        assert self.seen(rows, UserFactory(is_superuser=True)) == {"past", "today", "hidden"}


def test_other_days_of_a_town_are_for_its_offices_and_its_town_hall(office, foreign_office, town):
    association = AssociationFactory(district=town.district)
    town.association = association
    town.save()
    of_association = MunicipalStaffFactory(municipality=None, association=association).user
    allowed = [member(office, "coordinator"), clerk(town), of_association, UserFactory(is_superuser=True)]
    others = [AnonymousUser(), member(foreign_office), clerk(MunicipalityFactory()), UserFactory()]
    assert all(user.has_perm("contacts.view_other_days", town) for user in allowed)
    assert not any(user.has_perm("contacts.view_other_days", town) for user in others)


def test_absences_are_for_the_office(office, foreign_office):
    absence = AbsenceFactory(contact_person=ContactPersonFactory(office=office))
    assert list(Absence.objects.visible_to(member(office, "lead"))) == [absence]
    for user in (AnonymousUser(), member(foreign_office), UserFactory()):
        assert not Absence.objects.visible_to(user).exists()


@pytest.mark.parametrize("factory", [FieldOfActionFactory, OfficeTaskFactory, TargetGroupFactory])
def test_lists_of_an_office_are_public_and_what_is_out_of_use_is_for_the_office(office, factory):
    in_use, former = factory(office=office), factory(office=office, is_active=False)
    assert set(type(in_use).objects.visible_to(member(office, "coordinator"))) == {in_use, former}
    assert set(type(in_use).objects.visible_to(AnonymousUser())) == {in_use}


def test_memberships_are_for_oneself_and_the_office(office, foreign_office):
    own = OfficeMembershipFactory(office=office, role="coordinator")
    OfficeMembershipFactory(office=foreign_office)
    assert list(OfficeMembership.objects.visible_to(own.user)) == [own]
    assert not OfficeMembership.objects.visible_to(AnonymousUser()).exists()


def test_town_halls_are_kept_by_the_office_that_serves_them(office, town, foreign_office):
    staff = MunicipalStaffFactory(municipality=town)
    ours, theirs = member(office), member(foreign_office)
    assert ours.has_perm("contacts.change_municipalstaff", staff)
    assert not theirs.has_perm("contacts.change_municipalstaff", staff)
    assert list(MunicipalStaff.objects.administered_by(ours)) == [staff]
    assert not MunicipalStaff.objects.administered_by(theirs).exists()
    assert list(MunicipalStaff.objects.visible_to(staff.user)) == [staff]


def test_organisations_are_kept_where_they_are(office, town, foreign_office):
    organisation = OrganisationFactory(municipality=town)
    assert member(office).has_perm("contacts.change_organisation", organisation)
    assert not member(foreign_office).has_perm("contacts.change_organisation", organisation)
    assert not Organisation.objects.administered_by(member(foreign_office)).exists()
    assert not Organisation.objects.visible_to(AnonymousUser()).exists()


def test_organisations_without_a_town_are_kept_by_who_entered_them(office, foreign_office):
    administrator = member(office)
    OrganisationFactory(municipality=None)
    with pghistory.context(user=administrator.pk):
        entered = OrganisationFactory(municipality=None)
    assert list(Organisation.objects.administered_by(administrator)) == [entered]
    assert administrator.has_perm("contacts.change_organisation", entered)
    for stranger in (member(foreign_office), member(office, "coordinator")):
        assert not stranger.has_perm("contacts.change_organisation", entered)
        assert not Organisation.objects.administered_by(stranger).exists()


def test_localities_are_kept_by_offices_that_serve_the_town(office, town, foreign_office):
    locality = LocalityFactory(municipality=town)
    assert member(office).has_perm("municipalities.change_locality", locality)
    assert not member(foreign_office).has_perm("municipalities.change_locality", locality)
    assert not member(office).has_perm("municipalities.change_municipality", town)


class TestAccounts:
    def managed(self, administrator, account):
        answer = administrator.has_perm("accounts.change_user", account)
        assert accounts_managed_by(administrator).filter(pk=account.pk).exists() is answer
        return answer

    def test_administrator_manages_accounts_of_the_own_office_and_its_towns(self, office, town):
        administrator = member(office)
        assert self.managed(administrator, member(office, "coordinator"))
        assert self.managed(administrator, clerk(town))
        assert not self.managed(administrator, UserFactory())

    def test_account_with_rights_elsewhere_is_out_of_reach(self, office, foreign_office):
        administrator = member(office)
        colleague = member(office, "coordinator")
        OfficeMembershipFactory(user=colleague, office=foreign_office)
        assert not self.managed(administrator, colleague)
        assert not self.managed(administrator, member(foreign_office))
        assert not self.managed(administrator, clerk(MunicipalityFactory()))

    def test_rights_that_ended_elsewhere_do_not_count(self, office, foreign_office):
        colleague = member(office, "coordinator")
        over = period(LONG_AGO, today() - ONE_DAY)
        OfficeMembershipFactory(user=colleague, office=foreign_office, period=over)
        assert self.managed(member(office), colleague)

    def test_superusers_are_out_of_reach(self, office):
        assert not self.managed(member(office), UserFactory(is_superuser=True))

    def test_nobody_else_manages_accounts(self, office, town):
        for user in (member(office, "lead"), clerk(town)):
            assert not self.managed(user, UserFactory())
        assert User.objects.exists()


class TestAreas:
    def test_area_holds_towns_by_district_association_and_by_themselves(self, town):
        association = AssociationFactory()
        in_association = MunicipalityFactory(district=association.district, association=association)
        single = MunicipalityFactory()
        MunicipalityFactory(district=association.district)
        office = OfficeFactory(areas=[town.district, association, single])
        assert set(office.municipalities(today())) == {town, in_association, single}
        assert set(Municipality.objects.filter(in_area_of({office.pk}))) == {town, in_association, single}

    def test_districts_of_the_offices_come_from_all_kinds_of_places(self, town):
        association, single = AssociationFactory(), MunicipalityFactory()
        OfficeFactory(areas=[town.district, association, single])
        expected = {town.district_id, association.district_id, single.district_id}
        assert set(OfficeArea.objects.district_ids()) == expected

    def test_towns_know_whether_somebody_is_there_for_them(self, office, town):
        served = MunicipalityFactory(district=town.district)
        unserved = MunicipalityFactory()
        hidden = MunicipalityFactory(district=town.district)
        AssignmentFactory(contact_person=ContactPersonFactory(office=office), municipality=town)
        post = ContactPersonFactory(office=office, is_published=False)
        AssignmentFactory(contact_person=post, municipality=hidden)
        AssignmentFactory(
            contact_person=ContactPersonFactory(office=office),
            municipality=served,
            field=FieldOfActionFactory(office=office),
        )

        def known(user):
            towns = with_contact(Municipality.objects.all(), today(), user)
            return {row.pk: (row.has_contact, row.is_served) for row in towns}

        assert known(AnonymousUser()) == {
            town.pk: (True, True),
            served.pk: (False, True),
            hidden.pk: (False, True),
            unserved.pk: (False, False),
        }
        assert known(member(office, "coordinator"))[hidden.pk] == (True, True)


@pytest.mark.parametrize("count", [1, 30])
def test_directory_by_person_costs_the_same_for_any_number(office, town, count, django_assert_num_queries):
    for _ in range(count):
        post = ContactPersonFactory(office=office)
        AssignmentFactory(contact_person=post, municipality=MunicipalityFactory(district=town.district))
    with django_assert_num_queries(1):
        posts = ContactPerson.objects.visible_to(AnonymousUser()).for_directory(today(), AnonymousUser())
        for post in posts:
            assert post.town_names
            assert post.field_names == []


class TestDays:
    @pytest.fixture
    def rows(self, office, town):
        on, post = today(), ContactPersonFactory(office=office)
        days = {
            "past": period(LONG_AGO, on - 2 * ONE_DAY),
            "today": period(on - ONE_DAY, on),
            "future": period(on + ONE_DAY),
        }
        return {
            name: (
                AssignmentFactory(contact_person=post, municipality=town, valid=valid),
                AbsenceFactory(contact_person=post, days=valid),
            )
            for name, valid in days.items()
        }

    @pytest.mark.parametrize(
        ("which", "names"),
        [("current", {"today"}), ("past", {"past"}), ("future", {"future"}), ("upcoming", {"today", "future"})],
    )
    def test_assignments_are_told_apart_by_their_days(self, rows, which, names):
        found = getattr(Assignment.objects, which)(today())
        assert {name for name, (row, _) in rows.items() if row in found} == names

    @pytest.mark.parametrize(("which", "names"), [("on", {"today"}), ("upcoming", {"today", "future"})])
    def test_absences_are_told_apart_by_their_days(self, rows, which, names):
        found = getattr(Absence.objects, which)(today())
        assert {name for name, (_, row) in rows.items() if row in found} == names

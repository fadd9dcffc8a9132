"""Who is responsible for a town on a day, as visitors and the office's staff see it."""

import datetime

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser

from common.periods import period
from contacts.models import Assignment
from contacts.responsibility import contact_of, for_field, responsibilities, stand_ins
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    AssociationFactory,
    ContactPersonFactory,
    DistrictFactory,
    FieldOfActionFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
)

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 11, 24)
WEEK = datetime.timedelta(days=7)
VISITOR = AnonymousUser()


@pytest.fixture(autouse=True)
def on_the_day():
    """Who may see another day depends on which day it is."""
    with time_machine.travel(datetime.datetime.combine(DAY, datetime.time(12), datetime.UTC)):
        yield


@pytest.fixture
def town():
    return MunicipalityFactory()


@pytest.fixture
def office(town):
    return OfficeFactory(areas=[town.district])


def named(town, on=DAY, viewer=None):
    return responsibilities([town], on, viewer or AnonymousUser())[town.pk]


def post_at(office, **kwargs):
    return ContactPersonFactory(office=office, **kwargs)


def assign(office, town, **kwargs):
    return AssignmentFactory(contact_person=kwargs.pop("post", None) or post_at(office), municipality=town, **kwargs)


def test_primary_and_deputy_of_the_day_are_named(town, office):
    primary, deputy = assign(office, town), assign(office, town, role=Assignment.Role.DEPUTY)
    [found] = named(town)
    assert found.primary.name == found.contact.name == primary.contact_person.person.name
    assert [contact.name for contact in found.deputies] == [deputy.contact_person.person.name]
    assert found.is_assigned
    assert found.stand_in is None


def test_responsibility_ends_after_its_last_day(town, office):
    assign(office, town, valid=period(DAY - WEEK, DAY))
    assert named(town)[0].is_assigned
    assert not named(town, DAY + datetime.timedelta(days=1))[0].is_assigned


def test_served_town_without_assignment_has_the_office_as_contact(town, office):
    [found] = named(town)
    assert found.contact.is_office
    assert found.contact.name == office.name
    assert found.contact.email == office.email
    assert found.contact.phone.href == "tel:+4955551000"
    assert not found.is_assigned


def test_town_that_no_office_serves_has_an_empty_list(town):
    assert named(town) == []


@pytest.mark.parametrize("part", ["district", "association", "itself"])
def test_office_serves_by_district_association_or_single_town(part):
    district = DistrictFactory()
    town = MunicipalityFactory(district=district, association=AssociationFactory(district=district))
    place = {"district": district, "association": town.association, "itself": town}[part]
    office = OfficeFactory(areas=[place])
    MunicipalityFactory(district=district)
    assert [found.office for found in named(town)] == [office]


def test_two_offices_serving_a_town_are_both_shown(town, office):
    own = OfficeFactory(areas=[town])
    assign(office, town)
    assert {found.office for found in named(town)} == {office, own}


def test_fields_own_primary_goes_before_the_general_one(town, office):
    housing, language = FieldOfActionFactory.create_batch(2, office=office)
    general, special = assign(office, town), assign(office, town, field=housing)
    found = named(town)
    assert [(f.field, f.primary.name) for f in found] == [
        (None, general.contact_person.person.name),
        (housing, special.contact_person.person.name),
    ]
    assert for_field(found, housing.name) == [found[1]]
    assert for_field(found, language.name) == [found[0]]


def test_field_with_deputies_only_has_the_general_primary(town, office):
    housing = FieldOfActionFactory(office=office)
    general = assign(office, town)
    assign(office, town, field=housing, role=Assignment.Role.DEPUTY)
    assert named(town)[1].primary.name == general.contact_person.person.name


def test_unpublished_primary_appears_as_the_office_to_visitors(town, office):
    post = post_at(office, is_published=False)
    assign(office, town, post=post)
    AbsenceFactory(contact_person=post, substitute=post_at(office))
    [found] = named(town)
    assert found.primary.is_office
    assert found.stand_in is None


def test_unpublished_primary_appears_by_name_to_staff_of_the_office(town, office):
    post = post_at(office, is_published=False)
    assign(office, town, post=post)
    staff = OfficeMembershipFactory(office=office).user
    stranger = OfficeMembershipFactory().user
    assert named(town, viewer=staff)[0].primary.name == post.person.name
    assert not named(town, viewer=staff)[0].primary.is_published
    assert named(town, viewer=stranger)[0].primary.is_office


def test_unpublished_deputy_is_left_out_for_visitors(town, office):
    assign(office, town)
    assign(office, town, post=post_at(office, is_published=False), role=Assignment.Role.DEPUTY)
    assert named(town)[0].deputies == ()


def test_unpublished_phone_and_mail_give_way_to_those_of_the_office(office):
    post = post_at(office, is_phone_published=False, is_email_published=False)
    contact = contact_of(post, VISITOR)
    assert (contact.phone, contact.is_office_phone) == (office.telephone, True)
    assert (contact.email, contact.is_office_email) == (office.email, True)
    assert post.person.email not in repr(contact)
    assert post.person.phone not in repr(contact)


def test_staff_of_the_office_see_what_is_not_published(office):
    post = post_at(office, is_phone_published=False)
    contact = contact_of(post, OfficeMembershipFactory(office=office).user)
    assert contact.phone == post.person.telephone
    assert not contact.is_phone_published


def test_person_without_phone_is_reached_through_the_office(office):
    contact = contact_of(post_at(office, person=PersonFactory(phone="", email="")), VISITOR)
    assert contact.phone == office.telephone
    assert contact.email == office.email


def test_substitute_stands_in_with_the_last_day_of_the_absence(town, office):
    post, substitute = post_at(office), post_at(office)
    assign(office, town, post=post)
    AbsenceFactory(contact_person=post, substitute=substitute, days=period(DAY, DAY + WEEK))
    [found] = named(town)
    assert found.primary.name == post.person.name
    assert found.primary.is_absent
    assert found.contact.name == substitute.person.name
    assert found.stand_in.until == DAY + WEEK
    assert named(town, DAY + WEEK)[0].stand_in
    assert named(town, DAY + WEEK + datetime.timedelta(days=1))[0].stand_in is None


def test_chain_of_substitutes_is_followed_to_the_first_one_present(town, office):
    first, second, third = (post_at(office) for _ in range(3))
    assign(office, town, post=first)
    AbsenceFactory(contact_person=first, substitute=second)
    AbsenceFactory(contact_person=second, substitute=third)
    assert named(town)[0].contact.name == third.person.name


def test_substitute_is_named_until_somebody_before_them_is_back(town, office):
    first, second, third = (post_at(office) for _ in range(3))
    back = DAY + datetime.timedelta(days=1)
    assign(office, town, post=first)
    AbsenceFactory(contact_person=first, substitute=second, days=period(DAY, DAY + WEEK))
    AbsenceFactory(contact_person=second, substitute=third, days=period(DAY, DAY))
    [found] = named(town)
    assert (found.contact.name, found.stand_in.until) == (third.person.name, DAY)
    staff = OfficeMembershipFactory(office=office).user
    [found] = named(town, back, staff)
    assert (found.contact.name, found.stand_in.until) == (second.person.name, DAY + WEEK)


def test_substitute_is_named_until_their_post_ends(town, office):
    away = post_at(office)
    assign(office, town, post=away)
    leaving = post_at(office, period=period(None, DAY))
    AbsenceFactory(contact_person=away, substitute=leaving, days=period(DAY, DAY + WEEK))
    stand_in = named(town)[0].stand_in
    assert (stand_in.until, stand_in.away_until) == (DAY, DAY + WEEK)


@pytest.mark.parametrize("offset", [-30, 30])
def test_absences_of_other_days_are_for_the_office_and_the_town_hall(town, office, offset):
    on, post = DAY + datetime.timedelta(days=offset), post_at(office)
    assign(office, town, post=post)
    AbsenceFactory(contact_person=post, substitute=post_at(office), days=period(on, on))
    insiders = (OfficeMembershipFactory(office=office).user, MunicipalStaffFactory(municipality=town).user)
    assert all(named(town, on, viewer)[0].stand_in for viewer in insiders)
    neighbour = MunicipalStaffFactory(municipality=MunicipalityFactory(district=town.district)).user
    for viewer in (OfficeMembershipFactory().user, neighbour):
        [found] = named(town, on, viewer)
        assert found.is_assigned
        assert found.stand_in is None
        assert not found.primary.is_absent
        assert stand_ins([post], on, viewer) == {}


def test_absence_of_today_is_shown_to_everyone_on_its_other_days_too(town, office):
    post = post_at(office)
    assign(office, town, post=post)
    AbsenceFactory(contact_person=post, substitute=post_at(office), days=period(DAY, DAY + WEEK))
    assert named(town, DAY + WEEK, OfficeMembershipFactory().user)[0].stand_in


def test_office_stands_in_where_substitutes_run_in_a_circle(town, office):
    first, second = post_at(office), post_at(office)
    assign(office, town, post=first)
    AbsenceFactory(contact_person=first, substitute=second)
    AbsenceFactory(contact_person=second, substitute=first)
    assert named(town)[0].contact.is_office


@pytest.mark.parametrize("substitute", [None, {"is_published": False}, {"period": period(None, DAY - WEEK)}])
def test_office_stands_in_where_nobody_present_may_be_named(town, office, substitute):
    post = post_at(office)
    assign(office, town, post=post)
    AbsenceFactory(contact_person=post, substitute=substitute and post_at(office, **substitute))
    assert named(town)[0].contact.is_office


def test_absent_deputy_says_so(town, office):
    deputy = post_at(office)
    assign(office, town)
    assign(office, town, post=deputy, role=Assignment.Role.DEPUTY)
    AbsenceFactory(contact_person=deputy, days=period(DAY, DAY))
    [contact] = named(town)[0].deputies
    assert contact.is_absent
    assert contact.absent_until == DAY


def test_stand_ins_names_absent_posts_only(office):
    away, there = post_at(office), post_at(office)
    AbsenceFactory(contact_person=away, substitute=there)
    found = stand_ins([away, there], DAY, VISITOR)
    assert list(found) == [away.pk]
    assert found[away.pk].contact.name == there.person.name


@pytest.mark.parametrize("count", [1, 50])
def test_any_number_of_towns_costs_three_queries(office, town, count, django_assert_num_queries):
    for _ in range(count):
        other = MunicipalityFactory(district=town.district)
        post = post_at(office)
        assign(office, other, post=post)
        AbsenceFactory(contact_person=post, substitute=post_at(office))
        OfficeFactory(areas=[other])
    towns = list(type(town).objects.all())
    with django_assert_num_queries(3):
        responsibilities(towns, DAY, VISITOR)


def test_stand_is_the_last_change_or_confirmation(town, office):
    future = datetime.date(2999, 1, 1)
    post = post_at(office, confirmed_on=future)
    assert contact_of(post, VISITOR).as_of == future


def test_town_with_a_field_only_has_the_office_for_everything_else(town, office):
    assign(office, town, field=FieldOfActionFactory(office=office))
    general, own = named(town)
    assert general.field is None
    assert general.contact.is_office
    assert own.is_assigned


class TestOtherDays:
    """Rule 4: visitors see today; other days are for staff of the office and of the town."""

    FUTURE = DAY + 10 * WEEK

    @pytest.fixture
    def colleague(self, office, town):
        """Responsible from a later day on."""
        return assign(office, town, valid=period(self.FUTURE)).contact_person.person.name

    def seen_by(self, viewer, town):
        return [found.primary.name for found in named(town, self.FUTURE, viewer) if found.is_assigned]

    def test_office_and_town_hall_see_who_will_be_responsible(self, office, town, colleague):
        assert self.seen_by(OfficeMembershipFactory(office=office, role="coordinator").user, town) == [colleague]
        assert self.seen_by(MunicipalStaffFactory(municipality=town).user, town) == [colleague]

    def test_another_office_of_the_town_does_not(self, office, town, colleague):
        other = OfficeFactory(areas=[town])
        assert self.seen_by(OfficeMembershipFactory(office=other, role="lead").user, town) == []

    def test_phone_and_mail_of_a_former_post_are_the_offices(self, office, town):
        former = post_at(office, person=PersonFactory(phone="05555 1001"), period=period(DAY - 9 * WEEK, DAY - WEEK))
        assign(office, town, post=former, valid=period(DAY - 9 * WEEK, DAY - WEEK))
        clerk = MunicipalStaffFactory(municipality=town).user
        [found] = named(town, DAY - 2 * WEEK, clerk)
        assert found.primary.name == former.person.name
        assert found.primary.is_office_phone
        assert found.primary.is_office_email

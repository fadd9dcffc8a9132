"""What the database promises on every way into the data: forms, bulk inserts, raw SQL, two at once."""

import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from common.database_errors import as_validation_error, check_now, checked
from common.periods import period
from contacts.models import Absence, Assignment, ContactPerson, ContactPersonField, Office, OfficeArea, Person
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
    PersonFactory,
)

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 3, 1)
BEFORE = DAY - datetime.timedelta(days=1)
JANUARY = datetime.date(2026, 1, 1)
JUNE = datetime.date(2026, 6, 30)


@pytest.fixture
def town():
    return MunicipalityFactory()


@pytest.fixture
def office(town):
    return OfficeFactory(areas=[town.district])


@pytest.fixture
def post(office):
    return ContactPersonFactory(office=office)


@pytest.fixture
def other_post(office):
    return ContactPersonFactory(office=office)


def refused(constraint, save):
    """The sentence with which the database refuses what `save` does."""

    def save_and_check():
        with transaction.atomic():
            save()
            check_now()

    with pytest.raises(DatabaseError) as refusal:
        save_and_check()
    assert refusal.value.__cause__.diag.constraint_name == constraint
    [message] = as_validation_error(refusal.value).messages
    return message


def in_bulk(**kwargs):
    return lambda: Assignment.objects.bulk_create([Assignment(**kwargs)])


def test_second_primary_on_same_day_is_refused(town, post, other_post):
    AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY, DAY))
    second = in_bulk(contact_person=other_post, municipality=town, valid=period(DAY))
    assert refused("contacts_assignment_one_primary", second) == (
        "In diesem Zeitraum ist bereits jemand anderes hauptzuständig."
    )


def test_primary_from_the_day_after_is_accepted(town, post, other_post):
    AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY, BEFORE))
    with checked():
        AssignmentFactory(contact_person=other_post, municipality=town, valid=period(DAY))


def test_primaries_in_general_and_in_a_field_do_not_exclude_each_other(town, office, post, other_post):
    AssignmentFactory(contact_person=post, municipality=town)
    with checked():
        AssignmentFactory(contact_person=other_post, municipality=town, field=FieldOfActionFactory(office=office))


def test_second_primary_in_the_same_field_is_refused(town, office, post, other_post):
    field = FieldOfActionFactory(office=office)
    AssignmentFactory(contact_person=post, municipality=town, field=field)
    second = in_bulk(contact_person=other_post, municipality=town, field=field, valid=period(DAY))
    refused("contacts_assignment_one_primary", second)


def test_primaries_of_two_offices_are_accepted(town, post):
    AssignmentFactory(contact_person=post, municipality=town)
    own = ContactPersonFactory(office=OfficeFactory(areas=[town]))
    with checked():
        AssignmentFactory(contact_person=own, municipality=town)


def test_same_post_as_primary_and_deputy_of_a_town_is_refused(town, post):
    AssignmentFactory(contact_person=post, municipality=town)
    deputy = in_bulk(contact_person=post, municipality=town, role="deputy", valid=period(DAY))
    refused("contacts_assignment_post_once", deputy)


def test_boundary_between_two_assignments_moves_in_one_transaction(town, post, other_post):
    first = AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY, BEFORE))
    second = AssignmentFactory(contact_person=other_post, municipality=town, valid=period(DAY))
    later = DAY + datetime.timedelta(days=30)
    with checked():
        Assignment.objects.filter(pk=first.pk).update(valid=period(JANUARY, later))
        Assignment.objects.filter(pk=second.pk).update(valid=period(later + datetime.timedelta(days=1)))


@pytest.mark.parametrize("valid", [DateRange(DAY, DAY), DateRange(empty=True), period(None, DAY)])
def test_assignment_without_first_day_or_any_day_is_refused(town, post, valid):
    refused("contacts_assignment_period", in_bulk(contact_person=post, municipality=town, valid=valid))


def test_inverted_period_is_refused_by_postgresql(town, post):
    with pytest.raises(DatabaseError), transaction.atomic():
        in_bulk(contact_person=post, municipality=town, valid=DateRange(DAY, JANUARY))()


def test_town_outside_the_area_is_refused(post):
    outside = in_bulk(contact_person=post, municipality=MunicipalityFactory(), valid=period(DAY))
    assert refused("contacts_assignment_in_area", outside) == "Die Stelle ist für diese Kommune nicht zuständig."


def test_assignment_that_ended_may_stay_outside_the_area_but_not_be_reopened(town, office, post):
    assignment = AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY, JUNE))
    with checked():
        office.areas.all().delete()
        Assignment.objects.filter(pk=assignment.pk).update(valid=period(JANUARY, DAY))
    reopen = Assignment.objects.filter(pk=assignment.pk)
    refused("contacts_assignment_in_area", lambda: reopen.update(valid=period(JANUARY)))


def test_part_of_the_area_with_assignments_without_end_is_kept(town, office, post):
    AssignmentFactory(contact_person=post, municipality=town)
    refused("contacts_officearea_still_served", lambda: office.areas.all().delete())


def test_part_of_the_area_may_be_exchanged_for_a_larger_one(town, post):
    office = OfficeFactory(areas=[town])
    AssignmentFactory(contact_person=ContactPersonFactory(office=office), municipality=town)
    with checked():
        office.areas.all().delete()
        OfficeArea.objects.create(office=office, district=town.district)


def test_assignment_beyond_the_post_is_refused(town, office):
    post = ContactPersonFactory(office=office, period=period(JANUARY, JUNE))
    beyond = in_bulk(contact_person=post, municipality=town, valid=period(DAY))
    refused("contacts_assignment_within_post", beyond)


def test_post_cannot_end_before_its_assignments(town, post):
    with checked():
        AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY))
    end = ContactPerson.objects.filter(pk=post.pk)
    refused("contacts_contactperson_holds_assignments", lambda: end.update(period=period(None, DAY)))


def test_post_and_assignments_end_together(town, post):
    AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY))
    with checked():
        ContactPerson.objects.filter(pk=post.pk).update(period=period(None, DAY))
        post.assignments.update(valid=period(JANUARY, DAY))


def test_assignment_takes_the_office_of_its_post(town, office, post):
    [assignment] = in_bulk(contact_person=post, municipality=town, valid=period(DAY))()
    assert assignment.office == office


def test_assignment_with_another_office_than_its_post_is_refused(town, post):
    other = OfficeFactory(areas=[town])
    wrong = in_bulk(contact_person=post, office=other, municipality=town, valid=period(DAY))
    refused("contacts_assignment_post_of_office", wrong)


def test_assignment_in_a_field_of_another_office_is_refused(town, post):
    foreign = FieldOfActionFactory()
    refused(
        "contacts_assignment_field_of_office",
        in_bulk(contact_person=post, field=foreign, municipality=town, valid=period(DAY)),
    )


def test_contact_person_in_a_field_of_another_office_is_refused(post):
    foreign = FieldOfActionFactory()
    refused(
        "contacts_contactpersonfield_of_office",
        lambda: ContactPersonField.objects.bulk_create([ContactPersonField(contact_person=post, field=foreign)]),
    )


def test_post_never_changes_office(post):
    other = OfficeFactory()
    move = ContactPerson.objects.filter(pk=post.pk)
    refused("contacts_contactperson_office_kept", lambda: move.update(office=other))


def test_code_of_an_office_never_changes(office):
    refused("contacts_office_code_kept", lambda: Office.objects.filter(pk=office.pk).update(code="NEU"))


def test_two_posts_of_a_person_at_one_office_do_not_overlap(post):
    refused(
        "contacts_contactperson_once",
        lambda: ContactPersonFactory(person=post.person, office=post.office, period=period(DAY)),
    )


def absence(**kwargs):
    return lambda: Absence.objects.bulk_create([Absence(**kwargs)])


def test_substitute_of_another_office_is_refused(post):
    stranger = ContactPersonFactory()
    refused(
        "contacts_absence_substitute_of_office",
        absence(contact_person=post, substitute=stranger, days=period(DAY, JUNE)),
    )


def test_nobody_stands_in_for_themselves(post):
    refused("contacts_absence_another", absence(contact_person=post, substitute=post, days=period(DAY, JUNE)))


def test_absences_of_a_person_do_not_overlap(post):
    AbsenceFactory(contact_person=post, days=period(JANUARY, DAY))
    refused("contacts_absence_once", absence(contact_person=post, days=period(DAY, JUNE)))


@pytest.mark.parametrize("days", [DateRange(DAY, DAY), period(None, DAY)])
def test_absence_without_first_day_or_any_day_is_refused(post, days):
    refused("contacts_absence_days", absence(contact_person=post, days=days))


def test_part_of_the_area_is_one_place(office, town):
    refused(
        "contacts_officearea_one_place",
        lambda: OfficeArea.objects.create(office=office, district=town.district, municipality=town),
    )


def test_part_of_the_area_stands_there_once(office, town):
    refused(
        "contacts_officearea_once",
        lambda: OfficeArea.objects.bulk_create([OfficeArea(office=office, district=town.district)]),
    )


def test_memberships_with_the_same_role_do_not_overlap(office):
    membership = OfficeMembershipFactory(office=office, period=period(JANUARY, DAY))
    refused(
        "contacts_officemembership_once",
        lambda: OfficeMembershipFactory(user=membership.user, office=office, period=period(DAY)),
    )
    OfficeMembershipFactory(user=membership.user, office=office, role="lead", period=period(DAY))


def test_one_account_works_once_in_a_town_hall_at_a_time(town):
    staff = MunicipalStaffFactory(municipality=town, period=period(JANUARY, DAY))
    refused(
        "contacts_municipalstaff_once",
        lambda: MunicipalStaffFactory(user=staff.user, municipality=town, period=period(DAY)),
    )
    association = AssociationFactory(district=town.district)
    MunicipalStaffFactory(user=staff.user, municipality=None, association=association, period=period(DAY))


def test_town_hall_is_a_municipality_or_an_association(town):
    refused("contacts_municipalstaff_one_town_hall", lambda: MunicipalStaffFactory(municipality=None))


def test_names_are_stored_composed():
    decomposed = "Ame\u0301lie"
    person = PersonFactory(given_name=decomposed, family_name="  Łuczak\u00a0 Öz ")
    person.refresh_from_db()
    assert (person.given_name, person.family_name) == ("Amélie", "Łuczak Öz")
    assert Person.objects.filter(given_name=decomposed).exists()


def test_every_change_raises_the_version_whoever_makes_it(office):
    post = ContactPersonFactory(office=office, changed_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contacts_contactperson SET room = 'A 1' WHERE id = %s", [post.pk])
    changed = ContactPerson.objects.get(pk=post.pk)
    assert changed.version == post.version + 1
    assert changed.changed_at > post.changed_at
    changed.save()
    assert ContactPerson.objects.get(pk=post.pk).version == changed.version


class TestInWords:
    """What forms say beside the field before the database has to refuse."""

    def errors(self, row):
        with pytest.raises(ValidationError) as refusal:
            row.full_clean()
        return refusal.value.message_dict

    def test_primary_in_the_way_is_named_with_its_period(self, town, office, post):
        erika = PersonFactory(given_name="Erika", family_name="Beispiel")
        AssignmentFactory(
            contact_person=ContactPersonFactory(person=erika, office=office),
            municipality=town,
            valid=period(JANUARY, JUNE),
        )
        row = Assignment(contact_person=post, municipality=town, valid=period(DAY))
        assert self.errors(row) == {"valid": ["Bereits hauptzuständig: Erika Beispiel, 01.01.2026 bis 30.06.2026."]}

    def test_town_outside_the_area(self, post):
        row = Assignment(contact_person=post, municipality=MunicipalityFactory(), valid=period(DAY))
        assert self.errors(row) == {"municipality": [f"{post.office} ist für diese Kommune nicht zuständig."]}

    def test_period_beyond_the_post(self, town, office):
        post = ContactPersonFactory(office=office, period=period(JANUARY, JUNE))
        row = Assignment(contact_person=post, municipality=town, valid=period(DAY))
        assert self.errors(row) == {"valid": [f"{post.person} hat diese Funktion nur 01.01.2026 bis 30.06.2026."]}

    def test_field_of_another_office(self, town, post):
        row = Assignment(contact_person=post, municipality=town, field=FieldOfActionFactory(), valid=period(DAY))
        assert self.errors(row) == {"field": ["Dieses Handlungsfeld gehört zu einer anderen Stelle."]}

    def test_absence_that_overlaps_another(self, post):
        AbsenceFactory(contact_person=post, days=period(JANUARY, DAY))
        row = Absence(contact_person=post, days=period(DAY, JUNE))
        assert self.errors(row) == {"days": ["Bereits abwesend: 01.01.2026 bis 01.03.2026."]}

    def test_good_assignment_passes(self, town, post):
        Assignment(contact_person=post, municipality=town, valid=period(DAY)).full_clean()


class TestVerbs:
    def test_assignment_ends_with_its_last_day(self, town, post):
        assignment = AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY))
        assignment.end_on(DAY)
        assignment.refresh_from_db()
        assert assignment.is_current(DAY)
        assert not assignment.is_current(DAY + datetime.timedelta(days=1))

    @pytest.mark.parametrize("last", [JANUARY, JUNE])
    def test_end_before_the_beginning_or_after_the_end_is_refused(self, town, post, last):
        assignment = AssignmentFactory(contact_person=post, municipality=town, valid=period(BEFORE, DAY))
        with pytest.raises(ValidationError):
            assignment.end_on(last)

    def test_post_ends_with_its_running_assignments(self, town, post):
        assignment = AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY))
        with checked():
            post.end_on(DAY)
        assignment.refresh_from_db()
        assert assignment.valid == period(JANUARY, DAY)
        assert post.period.upper == DAY + datetime.timedelta(days=1)

    def test_post_with_assignments_to_come_is_not_ended(self, town, post):
        AssignmentFactory(contact_person=post, municipality=town, valid=period(JUNE))
        with pytest.raises(ValidationError, match=town.name):
            post.end_on(DAY)

    def test_absence_names_the_towns_it_leaves_without_anybody(self, town, post, other_post):
        AssignmentFactory(contact_person=post, municipality=town, valid=period(JANUARY))
        AbsenceFactory(contact_person=post, substitute=other_post, days=period(JANUARY, JUNE))
        harmless = Absence(contact_person=other_post, days=period(JUNE + datetime.timedelta(days=1), None))
        breaking = Absence(contact_person=other_post, days=period(DAY, DAY))
        assert harmless.broken_chains() == []
        assert breaking.broken_chains() == [town]


@pytest.mark.django_db(transaction=True)
def test_two_administrators_assigning_the_same_town_at_once(town, post, other_post):
    together, outcomes = threading.Barrier(2, timeout=20), []

    def assign(chosen):
        try:
            with checked():
                together.wait()
                AssignmentFactory(contact_person=chosen, municipality=town, valid=period(DAY))
            outcomes.append("gespeichert")
        except ValidationError as error:
            outcomes.extend(error.messages)
        finally:
            connection.close()

    threads = [threading.Thread(target=assign, args=[chosen]) for chosen in (post, other_post)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["In diesem Zeitraum ist bereits jemand anderes hauptzuständig.", "gespeichert"]
    assert Assignment.objects.count() == 1


def test_error_without_a_known_meaning_stays_an_error():
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert as_validation_error(refusal.value) is None


def test_taken_unique_value_is_said_beside_its_field(office):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        OfficeFactory(code=office.code, slug="andere")
    assert as_validation_error(refusal.value).message_dict == {"code": ["Einen solchen Eintrag gibt es bereits."]}

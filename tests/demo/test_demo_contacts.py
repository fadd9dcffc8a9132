"""What the demonstration says of real offices and people is what the documents say, and no more."""

import datetime

import pytest

from accounts.models import User
from common.periods import today
from contacts.models import Absence, Assignment, ContactPerson, Handover, LegalText, Office, OfficeMembership, Person
from municipalities.models import Municipality

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]

# As the first document assigns them.
LIPPE = {
    "Barntrup": "Anne Grit Bangura",
    "Blomberg": "Anne Grit Bangura",
    "Dörentrup": "Anne Grit Bangura",
    "Extertal": "Anne Grit Bangura",
    "Leopoldshöhe": "Anne-Kathrin Edler",
    "Lügde": "Anne-Kathrin Edler",
    "Schieder-Schwalenberg": "Anne-Kathrin Edler",
    "Schlangen": "Anne-Kathrin Edler",
    "Detmold": "Tim Emmerling",
    "Lemgo": "Tim Emmerling",
    "Kalletal": "Tim Emmerling",
    "Bad Salzuflen": "Linda Heidenreich",
    "Lage": "Linda Heidenreich",
    "Augustdorf": "Jessica Keitel",
    "Horn-Bad Meinberg": "Jessica Keitel",
    "Oerlinghausen": "Jessica Keitel",
}


@pytest.fixture
def day() -> datetime.date:
    return today()


def test_the_sixteen_towns_of_lippe_have_the_five_contact_persons_of_the_document(day: datetime.date) -> None:
    assignments = Assignment.objects.filter(office__code="LIP").current(day)

    assert {str(row.municipality): str(row.contact_person) for row in assignments} == LIPPE
    assert assignments.count() == Municipality.objects.filter(district__ags="05766").count() == 16


def test_bielefeld_has_its_contact_person_with_the_phone_of_the_document(day: datetime.date) -> None:
    assignment = Assignment.objects.current(day).get(office__code="BI")

    assert (str(assignment.contact_person), assignment.contact_person.person.phone) == (
        "Margarita Bergen",
        "(0521) 51 8123",
    )
    assert assignment.municipality.ags == "05711000"


def test_detmold_is_served_by_its_own_office_and_by_that_of_the_district() -> None:
    detmold = Municipality.objects.get(ags="05766020")

    assert {office.code for office in Office.objects.all() if detmold in office.municipalities_ever()} == {"LIP", "DET"}


def test_fields_of_action_are_those_of_the_documents() -> None:
    fields = {
        office.code: [field.name for field in office.fieldofactions.order_by("position")]
        for office in Office.objects.filter(is_invented=False)
    }

    assert fields == {
        "LIP": [],
        "DET": [],
        "BI": ["Arbeit", "Wirtschaft", "Sport", "Kultur", "Gesundheit"],
        "FRI": [],
        "HM": ["Gesellschaftlicher Zusammenhalt", "Wohnen", "Sprache", "Schulbildung", "Ausbildung und Arbeit"],
    }


def test_nothing_is_invented_about_real_people(day: datetime.date) -> None:
    posts = ContactPerson.objects.filter(office__is_invented=False)

    assert posts.count() == 6
    for post in posts:
        assert (post.function, post.room, post.languages, post.confirmed_on) == ("", "", [], None)
        assert not post.fields.exists()
        assert (post.person.title, post.person.email) == ("", "")
        assert (post.person.user, post.person.organisation) == (None, None)
        assert post.person.phone == ("(0521) 51 8123" if post.person.family_name == "Bergen" else "")
        assert post.period.upper is None
    assert not Absence.objects.filter(office__is_invented=False).exists()


def test_responsibilities_of_real_people_begin_on_the_day_of_loading_and_have_no_past(day: datetime.date) -> None:
    assignments = Assignment.objects.filter(office__is_invented=False)

    assert {row.valid.lower for row in assignments} == {day}
    assert {(row.role, row.field, row.valid.upper) for row in assignments} == {("primary", None, None)}


def test_nothing_is_invented_about_real_offices() -> None:
    for office in Office.objects.filter(is_invented=False):
        assert office.source
        assert not any(
            (office.email, office.phone, office.website, office.street, office.postal_code, office.town,
             office.office_hours, office.is_by_appointment)
        )  # fmt: skip
        assert not office.memberships.exists()
        assert not office.legal_texts.exists()


def test_invented_people_are_at_example_org_with_numbers_that_nobody_has() -> None:
    for person in Person.objects.filter(posts__office__is_invented=True):
        assert person.email.endswith("@example.org")
        assert person.phone_e164.startswith("+493023125")


def test_the_invented_office_shows_life(day: datetime.date) -> None:
    office = Office.objects.get(is_invented=True)
    soon = day + datetime.timedelta(days=60)
    assignments = Assignment.objects.filter(office=office)
    served = set(assignments.current(day).primary().values_list("municipality__name", flat=True))
    towns = set(Municipality.objects.filter(district__ags="03255").values_list("name", flat=True))

    assert Absence.objects.filter(office=office).on(day).filter(substitute__isnull=False).exists()
    assert assignments.filter(valid__fully_lt=(day, None)).exists()
    assert assignments.filter(valid__startswith__gt=day).exists()
    assert assignments.filter(valid__endswith__range=(day, soon)).exists()
    assert assignments.filter(role="deputy").exists()
    assert assignments.filter(field__isnull=False, role="primary").exists()
    assert towns - served == {"Vahlbruch", "Wangelnstedt"}
    assert ContactPerson.objects.filter(office=office, is_published=False).exists()


def test_the_invented_office_alone_shows_hand_overs(day: datetime.date) -> None:
    planned, carried_out = Handover.objects.order_by("-day")

    assert {planned.office.is_invented, carried_out.office.is_invented} == {True}
    assert (planned.state, planned.can_be_cancelled(day), planned.towns.count()) == ("planned", True, 4)
    assert (carried_out.state, carried_out.is_leaving) == ("carried_out", True)
    towns = carried_out.towns.select_related("assignment")
    assert {(town.given_at is None, town.received_at is None) for town in towns if town.receiver} == {(False, False)}
    assert {town.assignment.valid.upper for town in towns} == {carried_out.day}


def test_demonstration_accounts_are_marked_and_belong_to_the_invented_office() -> None:
    assert set(User.objects.values_list("is_demo", flat=True)) == {True}
    assert set(OfficeMembership.objects.values_list("office__is_invented", "role")) == {
        (True, "coordinator"),
        (True, "lead"),
        (True, "administrator"),
    }


def test_texts_of_the_operator_say_that_they_are_a_demonstration() -> None:
    texts = LegalText.objects.filter(office=None)

    assert {text.kind for text in texts} == {"impressum", "datenschutz", "barrierefreiheit"}
    assert all("Vorführung" in text.body for text in texts)


def test_the_audit_names_the_command() -> None:
    contexts = Assignment.pgh_event_model.objects.values_list("pgh_context__metadata", flat=True)

    assert all("load_demo" in context.values() for context in contexts)

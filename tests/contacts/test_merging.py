"""Two entries of one human become one: everything moves, nothing is lost, and what is in the way is said before."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.messages import get_messages
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.utils import timezone

from common import personal_data
from common.audit import history, history_of
from common.erasure import erase
from common.links import Link
from common.periods import period, today
from contacts import confirmation
from contacts.merging import Merge, pointing_to
from contacts.models import (
    Absence,
    Assignment,
    ContactPerson,
    ContactPersonField,
    FormerPerson,
    Handover,
    Person,
)
from contacts.models.people import CONFIRMATION_LINK
from tests.contacts.admin_pages import Setting, address, day, setting, superuser_client  # noqa: F401
from tests.factories import (
    AbsenceFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    OfficeFactory,
    OrganisationFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def double(setting: Setting) -> Person:  # noqa: F811
    """Ada once more, under another spelling, with a phone number."""
    return PersonFactory(given_name="Ada", family_name="Beispiel-Muster", phone="05555 100-7", email="")


@pytest.fixture
def colleague(setting: Setting, double: Person) -> Person:  # noqa: F811
    """The double, who had a post at the office long ago, so that its administration keeps the entry."""
    ContactPersonFactory(person=double, office=setting.office, period=period(day("01.01.2010"), day("31.12.2015")))
    return double


def send(client: Client, one: Person, other: Person, step: str = "", **fields: str) -> Any:
    data = {"action": "merge", "_selected_action": [one.pk, other.pk], "step": step, **fields}
    if not step:
        data["index"] = "0"
    return client.post(address("person_changelist"), data)


def carry_out(client: Client, one: Person, other: Person, **fields: str) -> Any:
    """As a browser goes through it: choose both, look at the page, confirm."""
    page = send(client, one, other)
    return send(client, one, other, "carry_out", seen=page.context["seen"], **fields)


def obstacles(one: Person, other: Person) -> str:
    return " ".join(Merge(one, other).obstacles())


# -- What moves -------------------------------------------------------------------------------------------------------


def test_posts_with_towns_and_absences_move_and_keep_their_addresses(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double)
    absence = AbsenceFactory(contact_person=post)

    kept = Merge(setting.ada.person, double).carry_out({})

    assert kept == setting.ada.person
    assert not Person.objects.filter(pk=double.pk).exists()
    assert set(kept.posts.all()) == {setting.ada, post}
    assert Absence.objects.get().pk == absence.pk


def test_link_mailed_to_the_entry_that_went_confirms_nothing(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double)
    token = Link.objects.issue(CONFIRMATION_LINK, post.pk, at=timezone.now(), valid_for=confirmation.LINK_VALID_FOR)
    assert confirmation.opened(token, timezone.now())
    Merge(setting.ada.person, double).carry_out({})
    assert not confirmation.opened(token, timezone.now())


def test_whatever_points_to_a_person_in_any_app_moves() -> None:
    fields = {f"{field.model._meta.label}.{field.name}" for field in pointing_to(Person)}
    every = {
        f"{model._meta.label}.{field.name}"
        for model in models_of_all_apps()
        for field in model._meta.concrete_fields
        if field.remote_field and field.remote_field.model is Person
    }
    assert fields == every >= {"contacts.ContactPerson.person", "contacts.FormerPerson.person"}


def models_of_all_apps() -> list[type[models.Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if getattr(model, "pgh_tracked_model", None) is None]


def test_values_are_chosen_field_by_field(setting: Setting, double: Person) -> None:  # noqa: F811
    organisation = OrganisationFactory()
    double.organisation = organisation
    double.save()
    kept = Merge(double, setting.ada.person).carry_out({"family_name": True, "phone": False})
    kept.refresh_from_db()
    assert (kept.given_name, kept.family_name) == ("Ada", "Beispiel-Muster")
    assert kept.phone == setting.ada.person.phone
    assert kept.organisation == organisation  # where only one has a value it stays


def test_account_goes_along(setting: Setting, double: Person) -> None:  # noqa: F811
    account = UserFactory()
    double.user = account
    double.save()
    kept = Merge(setting.ada.person, double).carry_out({})
    account.refresh_from_db()
    assert account.person == kept


def test_history_of_both_stays_and_is_found_from_the_one_that_stayed(
    setting: Setting,  # noqa: F811
    colleague: Person,
) -> None:
    colleague.phone = "05555 100-8"
    colleague.save()
    before = len(history(Person, pgh_obj=colleague.pk))
    assert carry_out(setting.client(), setting.ada.person, colleague).status_code == 302

    page = setting.client().get(address("person_history", setting.ada.person.pk))

    changes = [change for change in page.context["page"] if change.object_id == colleague.pk]
    assert len(changes) >= before + 1
    assert {change.kind for change in changes} == {"insert", "update", "delete"}
    assert any(change.actor == str(setting.administrator) for change in changes)
    assert history_of(setting.ada.person)


def test_entry_merged_twice_is_found_from_the_last(setting: Setting, double: Person) -> None:  # noqa: F811
    third = PersonFactory()
    Merge(double, third).carry_out({})
    kept = Merge(setting.ada.person, Person.objects.get(pk=double.pk)).carry_out({})
    assert set(kept.former_entries.values_list("key", flat=True)) == {double.pk, third.pk}


def test_erasing_reaches_the_history_of_the_merged_entry(setting: Setting) -> None:  # noqa: F811
    one, other = PersonFactory(), PersonFactory(family_name="Zweitschreibung", email="zweite@example.org")
    Merge(one, other).carry_out({"email": False})
    erase(personal_data.people("contacts.Person", [one.pk]), today())
    events = Person.pgh_event_model.objects.filter(pgh_obj=other.pk)
    assert events.exists()
    assert not events.exclude(family_name="", email="").exists()
    assert not FormerPerson.objects.exists()


# -- Posts at one office at the same time -----------------------------------------------------------------------------


def test_two_posts_at_one_office_become_one_with_all_they_hold(setting: Setting, double: Person) -> None:  # noqa: F811
    setting.ada.period = period(day("01.01.2020"), day("31.12.2024"))
    setting.ada.languages = ["ar"]
    setting.ada.save()
    post = ContactPersonFactory(
        person=double,
        office=setting.office,
        period=period(day("01.06.2024")),
        languages=["ar", "tr"],
        room="12",
        is_phone_published=False,
    )
    old = setting.assign(setting.ada, setting.town, "01.01.2021", "31.05.2024")
    new = setting.assign(post, setting.town, "01.06.2024")
    other = setting.assign(post, setting.second_town, "01.06.2024")
    both = FieldOfActionFactory(office=setting.office)
    ContactPersonField.objects.create(contact_person=setting.ada, field=both)
    ContactPersonField.objects.create(contact_person=post, field=both)
    ContactPersonField.objects.create(contact_person=post, field=FieldOfActionFactory(office=setting.office))

    kept = Merge(setting.ada.person, double).carry_out({})

    [stays] = kept.posts.all()
    assert stays.pk == setting.ada.pk
    assert stays.period == period(day("01.01.2020"))
    assert set(stays.assignments.all()) == {old, new, other}
    assert (stays.languages, stays.room) == (["ar", "tr"], "12")
    assert not stays.is_phone_published
    assert stays.fields.count() == 2


def test_hand_over_of_a_post_that_became_one_goes_along(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    planned = Handover.objects.create(office=setting.office, leaver=post, day=today(), rest_to=setting.ben)
    kept = Merge(setting.ada.person, double).carry_out({})
    planned.refresh_from_db()
    assert planned.leaver == kept.posts.get()
    with pytest.raises(DatabaseError), transaction.atomic():  # else it stays as it was planned
        Handover.objects.update(leaver=setting.ben)


def test_posts_one_after_the_other_stay_two(setting: Setting, double: Person) -> None:  # noqa: F811
    setting.ada.period = period(day("01.01.2020"), day("31.12.2024"))
    setting.ada.save()
    post = ContactPersonFactory(person=double, office=setting.office, period=period(day("01.01.2025")))
    kept = Merge(setting.ada.person, double).carry_out({})
    assert set(kept.posts.all()) == {setting.ada, post}


def test_address_of_a_post_that_became_one_leads_to_it(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    Merge(setting.ada.person, double).carry_out({})
    client = Client()
    for ending in ("/", ".vcf"):
        response = client.get(f"/ansprechpersonen/{post.pk}{ending}")
        assert (response.status_code, response["Location"]) == (301, f"/ansprechpersonen/{setting.ada.pk}{ending}")
    ContactPerson.objects.update(is_published=False)
    assert client.get(f"/ansprechpersonen/{post.pk}/").status_code == 404


# -- What is in the way -----------------------------------------------------------------------------------------------


def test_two_accounts_are_in_the_way(setting: Setting, double: Person) -> None:  # noqa: F811
    for person in (setting.ada.person, double):
        person.user = UserFactory()
        person.save()
    said = obstacles(setting.ada.person, double)
    assert "Beide Einträge haben ein Konto" in said
    assert double.user.email in said


def test_same_town_at_the_same_time_is_in_the_way(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    setting.assign(setting.ada, setting.town, "01.01.2026")
    setting.assign(post, setting.town, "01.06.2026", role="deputy")
    said = obstacles(setting.ada.person, double)
    assert "Adorf" in said
    assert "hauptzuständig ab 01.01.2026" in said
    assert "stellvertretend ab 01.06.2026" in said


def test_absences_that_meet_are_in_the_way(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    days = period(day("01.12.2026"), day("10.12.2026"))
    AbsenceFactory(contact_person=setting.ada, days=days)
    AbsenceFactory(contact_person=post, days=days, substitute=None)
    assert "Beide sind zur selben Zeit abwesend" in obstacles(setting.ada.person, double)


def test_standing_in_for_oneself_is_in_the_way(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    AbsenceFactory(contact_person=setting.ada, substitute=post)
    assert "vertritt" in obstacles(setting.ada.person, double)


def test_looking_changes_nothing(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    events = Person.pgh_event_model.objects.count()
    assert send(setting.client(), setting.ada.person, double).status_code == 200
    assert ContactPerson.objects.get(pk=post.pk).person == double
    assert Person.pgh_event_model.objects.count() == events


# -- The page in the admin --------------------------------------------------------------------------------------------


def test_administrator_merges_two_people(setting: Setting, colleague: Person) -> None:  # noqa: F811
    page = send(setting.client(), colleague, setting.ada.person)
    text = page.content.decode()
    assert page.context["obstacles"] == []
    assert "Beispiel-Muster" in text
    response = carry_out(setting.client(), colleague, setting.ada.person, family_name="gone")
    assert response["Location"] == address("person_change", setting.ada.person.pk)
    assert Person.objects.get(pk=setting.ada.person.pk).family_name == "Beispiel-Muster"


def test_page_names_what_moves_and_what_is_in_the_way(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    setting.assign(setting.ada, setting.town, "01.01.2026")
    setting.assign(post, setting.town, "01.06.2026", role="deputy")
    page = send(setting.client(), setting.ada.person, double)
    assert [(kind.label, len(kind.rows)) for kind in page.context["moving"]] == [("Ansprechpersonen", 1)]
    assert "Adorf" in page.content.decode()
    assert 'value="carry_out"' not in page.content.decode()
    assert carry_out(setting.client(), setting.ada.person, double).status_code == 200
    assert Person.objects.filter(pk=double.pk).exists()


def test_entry_changed_meanwhile_is_looked_at_again(setting: Setting, colleague: Person) -> None:  # noqa: F811
    seen = send(setting.client(), setting.ada.person, colleague).context["seen"]
    colleague.phone = "05555 100-9"
    colleague.save()
    page = send(setting.client(), setting.ada.person, colleague, "carry_out", seen=seen)
    assert page.status_code == 200
    assert Person.objects.filter(pk=colleague.pk).exists()


def test_person_kept_by_another_office_is_left_alone(setting: Setting) -> None:  # noqa: F811
    other = setting.elsewhere.contact_person.person
    response = send(setting.client(), setting.ada.person, other)
    assert "genau zwei" in str(next(iter(get_messages(response.wsgi_request))))
    assert Person.objects.filter(pk=other.pk).exists()


def test_posts_at_an_office_of_others_are_not_joined_and_not_shown(setting: Setting, double: Person) -> None:  # noqa: F811
    elsewhere = OfficeFactory(name="Fremde Stelle")
    ContactPersonFactory(person=double, office=setting.office)
    for person in (setting.ada.person, double):
        ContactPersonFactory(person=person, office=elsewhere)
    page = send(setting.client(), setting.ada.person, double)
    assert "Fremde Stelle" in " ".join(page.context["obstacles"])
    [kind] = page.context["moving"]
    assert (len(kind.rows), kind.others) == (1, "und 1 weiterer")
    assert send(superuser_client(), setting.ada.person, double).context["obstacles"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_exactly_two_are_merged(setting: Setting, count: int) -> None:  # noqa: F811
    people = [setting.ada.person, *(PersonFactory() for _ in range(2))][:count]
    data = {"action": "merge", "_selected_action": [person.pk for person in people], "index": "0"}
    response = setting.client().post(address("person_changelist"), data)
    assert "genau zwei" in str(next(iter(get_messages(response.wsgi_request))))


def test_assignments_know_their_person_afterwards(setting: Setting, double: Person) -> None:  # noqa: F811
    post = ContactPersonFactory(person=double, office=setting.office)
    setting.assign(post, setting.town, "01.01.2026")
    Merge(setting.ada.person, double).carry_out({})
    assert Assignment.objects.get(municipality=setting.town).contact_person == setting.ada

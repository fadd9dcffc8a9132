"""Being away: entered in a minute by those who may, warned of and never refused, over by itself."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.periods import ONE_DAY, in_words, period, today
from contacts.models import Absence, ContactPerson
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    OfficeMembershipFactory,
    PersonFactory,
)
from tests.pages.world import World, small_world

pytestmark = pytest.mark.django_db

DAY = datetime.date(2031, 5, 1)
WEEK = period(DAY, DAY + 6 * ONE_DAY)


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def colleague(world: World) -> ContactPerson:
    person = PersonFactory(given_name="Jan", family_name="Muster", phone="05555 100-77")
    return ContactPersonFactory(office=world.office, person=person)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def member(world: World, role: str) -> Client:
    return signed_in(OfficeMembershipFactory(office=world.office, role=role).user)


def themselves(world: World) -> Client:
    """The contact person, working at the office as a coordinator."""
    user = OfficeMembershipFactory(office=world.office).user
    world.post.person.user = user
    world.post.person.save()
    return signed_in(user)


def entry(first: str, last: str, substitute: ContactPerson | None = None, **more: Any) -> dict[str, Any]:
    return {"days_0": first, "days_1": last, "substitute": substitute.pk if substitute else "", **more}


def add_url(post: ContactPerson) -> str:
    return reverse("absence_add", args=[post.pk])


@pytest.mark.parametrize("who", ["themselves", "lead", "administrator"])
def test_absence_with_substitute_is_entered_on_one_page(world: World, colleague: ContactPerson, who: str) -> None:
    client = themselves(world) if who == "themselves" else member(world, who)
    response = client.post(add_url(world.post), entry("01.05.2031", "07.05.2031", colleague), follow=True)
    assert response.redirect_chain == [(world.post.get_absolute_url(), 302)]
    [absence] = Absence.objects.all()
    assert (absence.contact_person, absence.substitute, absence.days) == (world.post, colleague, WEEK)
    assert "01.05.2031 bis 07.05.2031" in response.content.decode()


def test_colleague_may_not_enter_somebody_elses_absence(world: World, colleague: ContactPerson) -> None:
    assert themselves(world).get(add_url(colleague)).status_code == 403


def test_person_who_works_at_the_office_no_longer_enters_nothing(world: World) -> None:
    user = OfficeMembershipFactory(office=world.office, period=period(None, today() - ONE_DAY)).user
    world.post.person.user = user
    world.post.person.save()
    assert signed_in(user).get(add_url(world.post)).status_code == 302  # the account's access ended with the role
    OfficeMembershipFactory(user=user)
    assert signed_in(user).get(add_url(world.post)).status_code == 403


def test_broken_chain_names_the_towns_first_and_is_saved_on_the_second_click(world: World) -> None:
    client = member(world, "lead")
    typed = entry("01.05.2031", "07.05.2031")
    response = client.post(add_url(world.post), typed)
    text = response.content.decode()
    assert "Dornbach" in " ".join(response.context["form"].warnings)
    assert "Trotzdem speichern" in text
    assert 'value="07.05.2031"' in text
    assert not Absence.objects.exists()
    confirmed = response.context["form"]["confirmed"].value()
    client.post(add_url(world.post), typed | {"confirmed": confirmed})
    assert Absence.objects.get().days == WEEK


def test_other_warnings_than_those_confirmed_are_shown_first(world: World, colleague: ContactPerson) -> None:
    client = member(world, "lead")
    confirmed = client.post(add_url(world.post), entry("01.05.2031", "07.05.2031")).context["form"]["confirmed"].value()
    AbsenceFactory(contact_person=colleague, days=WEEK)
    response = client.post(add_url(world.post), entry("01.05.2031", "07.05.2031", colleague, confirmed=confirmed))
    assert response.status_code == 200
    assert not world.post.absences.exists()


def test_substitute_who_is_away_too_is_said(world: World, colleague: ContactPerson) -> None:
    AbsenceFactory(contact_person=colleague, days=period(DAY, DAY), substitute=world.post)
    absence = Absence(contact_person=world.post, substitute=colleague, days=WEEK)
    assert f"Jan Muster ist ebenfalls abwesend: {in_words(period(DAY, DAY))}." in absence.warnings()


def test_substitute_whose_post_ends_meanwhile_is_said(world: World, colleague: ContactPerson) -> None:
    colleague.period = period(None, DAY)
    colleague.save()
    warnings = Absence(contact_person=world.post, substitute=colleague, days=WEEK).warnings()
    assert any("Jan Muster" in warning and "01.05.2031" in warning for warning in warnings)


def test_towns_that_have_nobody_without_this_absence_too_are_not_named(world: World, colleague: ContactPerson) -> None:
    AbsenceFactory(contact_person=world.post, days=WEEK)
    third = ContactPersonFactory(office=world.office)
    assert Absence(contact_person=colleague, substitute=third, days=WEEK).warnings() == []
    AssignmentFactory(contact_person=colleague, municipality=world.other_town)
    assert Absence(contact_person=colleague, days=WEEK).broken_chains() == [world.other_town]


def test_towns_of_whom_the_person_stands_in_for_are_named(world: World, colleague: ContactPerson) -> None:
    AbsenceFactory(contact_person=world.post, substitute=colleague, days=WEEK)
    assert Absence(contact_person=colleague, days=period(DAY, DAY)).broken_chains() == [world.town]


def test_absence_of_somebody_who_stands_in_for_another_is_said(world: World, colleague: ContactPerson) -> None:
    AbsenceFactory(contact_person=colleague, days=WEEK, substitute=world.post)
    third = ContactPersonFactory(office=world.office)
    [warning] = Absence(contact_person=world.post, substitute=third, days=period(DAY, DAY)).warnings()
    assert "vertritt Jan Muster, 01.05.2031 bis 07.05.2031" in warning


def test_unbroken_absence_warns_of_nothing(world: World, colleague: ContactPerson) -> None:
    assert Absence(contact_person=world.post, substitute=colleague, days=WEEK).warnings() == []


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("07.05.2031", "01.05.2031", "Der letzte Tag liegt vor dem ersten."),
        ("31.02.2031", "01.05.2031", "Diesen Tag gibt es nicht."),
        ("", "01.05.2031", "Bitte geben Sie den ersten Tag an."),
    ],
)
def test_days_that_cannot_be_are_said_beside_the_field_and_kept(
    world: World, colleague: ContactPerson, first: str, last: str, message: str
) -> None:
    response = member(world, "lead").post(add_url(world.post), entry(first, last, colleague))
    form = response.context["form"]
    assert message in " ".join(form.errors["days"])
    assert form["days"].value() == [first, last]
    assert form["substitute"].value() == str(colleague.pk)
    assert not Absence.objects.exists()


def test_overlapping_absence_names_the_other_ones_days(world: World, colleague: ContactPerson) -> None:
    AbsenceFactory(contact_person=world.post, days=WEEK)
    response = member(world, "lead").post(add_url(world.post), entry("03.05.2031", "09.05.2031", colleague))
    assert "01.05.2031 bis 07.05.2031" in " ".join(response.context["form"].errors["days"])
    assert Absence.objects.count() == 1


@pytest.mark.parametrize("which", ["another office", "former", "oneself", "nonsense"])
def test_substitute_who_cannot_be_is_refused_beside_the_field(world: World, which: str) -> None:
    chosen = {
        "another office": lambda: ContactPersonFactory().pk,
        "former": lambda: ContactPersonFactory(office=world.office, period=period(None, today() - ONE_DAY)).pk,
        "oneself": lambda: world.post.pk,
        "nonsense": lambda: "-1'",
    }[which]()
    data = entry("01.05.2031", "07.05.2031") | {"substitute": chosen}
    response = member(world, "lead").post(add_url(world.post), data)
    assert "Bitte wählen Sie eine Person dieser Stelle" in " ".join(response.context["form"].errors["substitute"])
    assert not Absence.objects.exists()


def test_absence_is_shortened_and_lengthened(world: World, colleague: ContactPerson) -> None:
    absence = AbsenceFactory(contact_person=world.post, substitute=colleague, days=WEEK)
    client, url = themselves(world), reverse("absence", args=[absence.pk])
    for last in ("03.05.2031", "20.05.2031"):
        version = client.get(url).context["form"]["seen_version"].value()
        client.post(url, entry("01.05.2031", last, colleague, seen_version=version))
        absence.refresh_from_db()
        assert in_words(absence.days) == f"01.05.2031 bis {last}"


def test_second_writer_sees_both_texts(world: World, colleague: ContactPerson) -> None:
    absence = AbsenceFactory(contact_person=world.post, substitute=colleague, days=WEEK)
    client, url = member(world, "lead"), reverse("absence", args=[absence.pk])
    version = client.get(url).context["form"]["seen_version"].value()
    absence.end_on(DAY + ONE_DAY)
    response = client.post(url, entry("01.05.2031", "20.05.2031", colleague, seen_version=version))
    said = " ".join(response.context["form"].errors["days"])
    assert "02.05.2031" in said
    assert "20.05.2031" in said
    absence.refresh_from_db()
    assert absence.days.upper == DAY + 2 * ONE_DAY


def test_back_today_ends_the_absence_yesterday(world: World, client: Client) -> None:
    absence = AbsenceFactory(contact_person=world.post, days=period(today() - 5 * ONE_DAY, today() + 5 * ONE_DAY))
    url = reverse("absence_back", args=[absence.pk])
    signed = themselves(world)
    assert signed.get(url).status_code == 200
    absence.refresh_from_db()
    assert absence.days.upper == today() + 6 * ONE_DAY  # a look changes nothing
    signed.post(url)
    absence.refresh_from_db()
    assert absence.days.upper == today()
    assert "Vertreten durch" not in client.get("/kommunen/20001001/").content.decode()


def test_back_on_the_first_day_deletes_the_absence(world: World) -> None:
    absence = AbsenceFactory(contact_person=world.post, days=period(today(), today() + ONE_DAY))
    member(world, "lead").post(reverse("absence_back", args=[absence.pk]))
    assert not Absence.objects.exists()


def test_back_changes_nothing_before_the_absence_has_begun(world: World) -> None:
    absence = AbsenceFactory(contact_person=world.post, days=WEEK)
    response = member(world, "lead").post(reverse("absence_back", args=[absence.pk]), follow=True)
    assert "wieder da" not in " ".join(str(message) for message in response.context["messages"])
    absence.refresh_from_db()
    assert absence.days == WEEK


def test_absence_is_deleted_before_it_began_and_not_after(world: World) -> None:
    later = AbsenceFactory(contact_person=world.post, days=WEEK)
    begun = AbsenceFactory(contact_person=world.post, days=period(today() - ONE_DAY, today()))
    client = themselves(world)
    address, seen = reverse("absence_delete", args=[later.pk]), {"version": later.version}
    later.end_on(later.days.lower)
    again = client.post(address, seen)
    assert "wurde inzwischen geändert" in again.text
    later.refresh_from_db()
    assert client.post(address, {"version": later.version}).status_code == 302
    assert client.post(reverse("absence_delete", args=[begun.pk])).status_code == 403
    assert list(Absence.objects.all()) == [begun]


def test_list_shows_the_own_offices_absences_by_time(world: World) -> None:
    AbsenceFactory()
    running = AbsenceFactory(contact_person=world.post, days=period(today(), today()))
    past = AbsenceFactory(contact_person=world.post, days=period(today() - 9 * ONE_DAY, today() - 8 * ONE_DAY))
    later = AbsenceFactory(contact_person=world.post, days=WEEK)
    client, url = member(world, "coordinator"), reverse("absence_list")

    def listed(query: str) -> list[Absence]:
        return list(client.get(f"{url}?{query}").context["rows"])

    assert listed("") == [running, later]
    assert listed("zeit=heute") == [running]
    assert listed("zeit=vergangen") == [past]
    assert listed("zeit=alle") == [past, running, later]
    assert listed("zeit=irgendwann") == []
    assert "01.05.2031" in client.get(f"{url}?format=csv").content.decode()


def test_queries_do_not_grow_with_the_absences(world: World, django_assert_num_queries: Any) -> None:
    client, url = member(world, "lead"), reverse("absence_list")
    AbsenceFactory(contact_person=world.post, days=WEEK)
    client.get(url)
    with django_assert_num_queries(7):
        client.get(url)
    for _ in range(20):
        post = ContactPersonFactory(office=world.office)
        AssignmentFactory(contact_person=post, municipality=world.other_town, role="deputy")
        AbsenceFactory(contact_person=post, substitute=world.post, days=WEEK)
    with django_assert_num_queries(7):
        client.get(url)

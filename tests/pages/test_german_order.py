"""Every list of names stands in German alphabetical order, also where no key is kept for it."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Value
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.periods import today
from common.sort_keys import SortKey, sort_key
from contacts.confirmation import kept_by_office
from contacts.models import ContactPerson, ContactPersonField
from forums.forms.action_items import organisations_of
from services.models import AnswerTemplate, SavedFilter
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    FieldOfActionFactory,
    ForumFactory,
    MembershipFactory,
    OfficeFactory,
    OfficeTaskFactory,
    OrganisationFactory,
    PersonFactory,
    ServiceOfferingFactory,
    TargetGroupFactory,
    TopicFactory,
    UserFactory,
)
from tests.pages.world import World

pytestmark = pytest.mark.django_db

NAMES = ["Zander", "Öffentlichkeit", "anders", "Ämter"]
IN_ORDER = ["Ämter", "anders", "Öffentlichkeit", "Zander"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


@pytest.mark.parametrize("text", ["Straße & Größe", "Łódź", "ÅLESUND, Øst", "Œuvre-Æsop", "ẞ ﬁ ½", "  – ", "Dvořák’s"])
def test_the_database_makes_the_same_key(text: str) -> None:
    UserFactory()
    assert User.objects.values_list(SortKey(Value(text)), flat=True).get() == sort_key(text)


def test_legend_of_the_map(client: Client, world: World) -> None:
    for family_name in ("Zander", "Özdemir"):
        post = ContactPersonFactory(office=world.office, person=PersonFactory(family_name=family_name))
        AssignmentFactory(contact_person=post, municipality__district=world.district)
    keys = client.get("/kreise/20001/").context["keys"]
    assert [key.contact.family_name for key in keys] == ["Beispiel", "Özdemir", "Zander"]


@pytest.mark.parametrize(
    ("factory", "shown_as"),
    [(FieldOfActionFactory, "fields"), (OfficeTaskFactory, "tasks"), (TargetGroupFactory, "target_groups")],
)
def test_what_an_office_keeps(client: Client, world: World, factory: Any, shown_as: str) -> None:
    for name in NAMES:
        factory(office=world.office, name=name)
    assert [entry.name for entry in client.get("/stellen/muster/").context[shown_as]] == IN_ORDER


@pytest.fixture
def post(world: World) -> ContactPerson:
    for name in NAMES:
        ContactPersonField.objects.create(
            contact_person=world.post, field=FieldOfActionFactory(office=world.office, name=name)
        )
    return world.post


def test_fields_of_a_person_in_the_directory(post: ContactPerson) -> None:
    assert ContactPerson.objects.for_directory(today(), AnonymousUser()).get().field_names == IN_ORDER


def test_fields_of_a_person_asked_to_confirm(post: ContactPerson) -> None:
    assert ", ".join(IN_ORDER) in dict(kept_by_office(post, today())).values()


@pytest.mark.parametrize(("order", "towns"), [("ort", IN_ORDER), ("-ort", IN_ORDER[::-1])])
def test_offices_by_town(client: Client, order: str, towns: list[str]) -> None:
    for town in NAMES:
        OfficeFactory(town=town)
    page = client.get("/stellen/", {"sortierung": order})
    assert [office.town for office, _contact in page.context["rows"]] == towns


@pytest.mark.parametrize("order", ["", "1"])
def test_accounts_in_the_administration(order: str) -> None:
    for name in NAMES:
        UserFactory(name=name)
    client = signed_in(UserFactory(name="aaa", is_superuser=True))
    answer = client.get(reverse("admin:accounts_user_changelist"), {"o": order} if order else {})
    assert [account.name for account in answer.context["cl"].result_list] == ["aaa", *IN_ORDER]


def test_organisations_that_may_be_given_a_task() -> None:
    forum = ForumFactory()
    for name in NAMES:
        MembershipFactory(forum=forum, person=None, organisation=OrganisationFactory(name=name))
    assert [organisation.name for organisation in organisations_of(forum, today())] == IN_ORDER


def test_topics_of_a_forum(world: World) -> None:
    forum = ForumFactory(office=world.office)
    for title in NAMES:
        TopicFactory(forum=forum, title=title)
    client = signed_in(UserFactory(is_superuser=True))
    page = client.get(reverse("topic_list", args=[forum.pk]), {"sortierung": "thema"})
    assert [topic.title for topic in page.context["rows"]] == IN_ORDER


def test_templates_of_answers(world: World) -> None:
    offering = ServiceOfferingFactory(office=world.office)
    for title in NAMES:
        AnswerTemplate.objects.create(office=world.office, title=title, text="Guten Tag")
    assert [template.title for template in AnswerTemplate.objects.for_offering(offering)] == IN_ORDER
    assert [template.title for template in AnswerTemplate.objects.all()] == IN_ORDER


def test_filters_that_somebody_keeps() -> None:
    user = UserFactory()
    for name in NAMES:
        SavedFilter.objects.create(user=user, name=name, query="stand=offen")
    assert [kept.name for kept in SavedFilter.objects.visible_to(user)] == IN_ORDER

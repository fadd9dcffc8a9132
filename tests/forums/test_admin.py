"""Forums in the administration: with all that belongs to them on one page, and only what the office may choose."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from forums.models import Forum, Membership
from tests.contacts.admin_pages import filled_in, superuser_client
from tests.factories import (
    ContactPersonFactory,
    MembershipFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    TopicFactory,
)
from tests.forums.pages import Setting, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


# What nobody types and what is made from rows that are on record themselves.
DERIVED = {
    "SearchEntry": "made by triggers from the texts that are found",
    "Announcement": "what the members were told of a meeting, to say in the next mail what changed since",
}


def test_all_of_forums_is_on_record_and_in_the_administration_but_what_is_derived() -> None:
    tracked = {model.pgh_event_model for model in apps.get_models() if hasattr(model, "pgh_event_model")}
    models = set(apps.get_app_config("forums").get_models()) - tracked
    shown = set(admin.site._registry)
    shown |= {inline.model for each in admin.site._registry.values() for inline in each.inlines}
    assert {model.__name__ for model in models if not hasattr(model, "pgh_event_model")} == set(DERIVED)
    assert {model.__name__ for model in models - shown} == set(DERIVED)


def administrator(setting: Setting) -> Any:
    return signed_in(OfficeMembershipFactory(office=setting.office, role="administrator").user)


def change(forum: Forum) -> str:
    return reverse("admin:forums_forum_change", args=[forum.pk])


def added(data: dict[str, Any], prefix: str, **values: Any) -> dict[str, Any]:
    """The form with one more row in an inline."""
    number = int(data[f"{prefix}-TOTAL_FORMS"])
    return data | {f"{prefix}-TOTAL_FORMS": number + 1} | {f"{prefix}-{number}-{k}": v for k, v in values.items()}


def test_page_sent_back_unchanged_changes_nothing(setting: Setting) -> None:
    forum = setting.forum(partner_offices=[setting.other_office])
    MembershipFactory(forum=forum)
    client = administrator(setting)
    forum.refresh_from_db()
    assert client.post(change(forum), filled_in(client.get(change(forum)))).status_code == 302
    version = forum.version
    forum.refresh_from_db()
    assert forum.version == version


def test_partner_town_and_member_are_added_on_the_forums_page(setting: Setting) -> None:
    forum, client = setting.forum(), administrator(setting)
    person = ContactPersonFactory(office=setting.office).person
    data = filled_in(client.get(change(forum)))
    data = added(data, "partner_links", office=setting.other_office.pk)
    data = added(data, "town_links", municipality=setting.second_town.pk)
    data = added(data, "memberships", person=person.pk, role="chair", period_0="01.01.2026", period_1="")
    assert client.post(change(forum), data).status_code == 302
    assert forum.partners.get() == setting.other_office
    assert setting.second_town in forum.towns.all()
    assert forum.memberships.get().person == person


def test_town_that_no_office_of_the_forum_serves_is_refused_in_words(setting: Setting) -> None:
    forum, client = setting.forum(), superuser_client()
    data = added(filled_in(client.get(change(forum))), "town_links", municipality=setting.other_town.pk)
    response = client.post(change(forum), data)
    assert response.status_code == 200
    assert "Weder die federführende noch eine Partnerstelle ist für Cedorf zuständig." in response.content.decode()


def test_task_of_another_office_is_refused(setting: Setting) -> None:
    forum, client = setting.forum(), administrator(setting)
    data = filled_in(client.get(change(forum))) | {"task": OfficeTaskFactory(office=setting.other_office).pk}
    assert "task" in client.post(change(forum), data).context["adminform"].form.errors


def test_history_of_a_forum_tells_of_its_members(setting: Setting) -> None:
    membership = MembershipFactory(forum=setting.forum())
    Membership.objects.update(role="chair")
    page = administrator(setting).get(reverse("admin:forums_forum_history", args=[membership.forum.pk]))
    assert "Vorsitz" in page.content.decode()


def test_forums_are_found_without_umlauts_and_by_office(setting: Setting) -> None:
    setting.forum(name="Arbeitskreis Ölmühle")
    setting.forum(name="Netzwerk", kind="network")
    client, address = administrator(setting), reverse("admin:forums_forum_changelist")
    for query, found in (("?q=olmuhle", ["Arbeitskreis Ölmühle"]), ("?kind__exact=network", ["Netzwerk"])):
        assert [forum.name for forum in client.get(address + query).context["cl"].result_list] == found


def test_what_became_of_a_topic_is_only_shown(setting: Setting) -> None:
    topic = TopicFactory(forum=setting.forum())
    client, address = administrator(setting), reverse("admin:forums_topic_change", args=[topic.pk])
    data = filled_in(client.get(address)) | {"state": "taken", "title": "Neu gefasst"}
    assert client.post(address, data).status_code == 302
    topic.refresh_from_db()
    assert (topic.title, topic.state) == ("Neu gefasst", "open")

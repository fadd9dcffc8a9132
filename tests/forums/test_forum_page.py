"""A forum's page: what everyone sees of a public one, and what is added for those inside."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from common.periods import period, today
from tests.factories import (
    DocumentFactory,
    MeetingFactory,
    MembershipFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OrganisationFactory,
)
from tests.forums.pages import Setting, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


def text_of(client: Client, forum: Any) -> str:
    return client.get(forum.get_absolute_url()).content.decode()


def test_everyone_sees_what_a_public_forum_is(client: Client, setting: Setting) -> None:
    forum = setting.forum(
        is_public=True,
        purpose="Sich absprechen.",
        rhythm="quarterly",
        is_elsewhere=True,
        organiser="Quartiersverein",
        source="Handlungskonzept, Seite 7",
        partner_offices=[setting.other_office],
    )
    forum.field_links.create(field=setting.field)
    forum.target_group_links.create(target_group=setting.group)
    text = text_of(client, forum)
    for shown in (
        "Arbeitskreis", "Sich absprechen.", "Stelle Muster", "Stelle Nebenan", "Adorf", "Sprache", str(setting.group),
        "vierteljährlich", "Quartiersverein", "Handlungskonzept, Seite 7", "Es ist keine Sitzung geplant.",
    ):  # fmt: skip
        assert shown in text
    assert 'id="members"' not in text
    assert "Dokument hinzufügen" not in text
    assert "/bearbeiten/" not in text


def test_whole_district_stands_in_place_of_towns(client: Client, setting: Setting) -> None:
    forum = setting.forum(is_public=True, about=[], district=setting.district)
    assert setting.district.get_absolute_url() in text_of(client, forum)


def test_page_tells_next_and_past_meetings_apart(client: Client, setting: Setting) -> None:
    forum = setting.forum(is_public=True)
    now = timezone.now()
    past = MeetingFactory(forum=forum, starts_at=now - datetime.timedelta(days=9))
    coming = MeetingFactory(forum=forum, starts_at=now + datetime.timedelta(days=9))
    draft = MeetingFactory(forum=forum, starts_at=now + datetime.timedelta(days=10))
    for meeting in (past, coming):
        meeting.plan()
    context = client.get(forum.get_absolute_url()).context
    assert (list(context["upcoming"]), list(context["past"])) == ([coming], [past])
    assert draft in signed_in(setting.coordinator).get(forum.get_absolute_url()).context["upcoming"]


def test_forum_that_ended_says_so(client: Client, setting: Setting) -> None:
    forum = setting.forum(is_public=True, period=period(None, datetime.date(2025, 12, 31)))
    assert "Dieses Forum endete am 31.12.2025." in text_of(client, forum)


def test_those_inside_see_members_of_today_and_documents(setting: Setting) -> None:
    forum = setting.forum()
    club = OrganisationFactory(name="Verein Brücken")
    chair = MembershipFactory(forum=forum, organisation=club, role="chair")
    former = MembershipFactory(forum=forum, period=period(None, today() - datetime.timedelta(days=1)))
    DocumentFactory(forum=forum, title="Geschäftsordnung")
    DocumentFactory(forum=forum, title="Notiz der Stelle", audience="offices")
    town_hall = signed_in(MunicipalStaffFactory(municipality=setting.town).user)
    text = text_of(town_hall, forum)
    assert f"{chair.person} (Verein Brücken)" in text
    assert str(former.person) not in text
    assert "Geschäftsordnung" in text
    assert "Notiz der Stelle" not in text
    assert "Mitglied hinzufügen" not in text
    assert "Notiz der Stelle" in text_of(signed_in(setting.coordinator), forum)


def test_coordinator_finds_the_next_steps_of_an_empty_forum(setting: Setting) -> None:
    forum = setting.forum()
    text = text_of(signed_in(setting.coordinator), forum)
    for step in ("bearbeiten", "mitglieder/neu", "dokumente/neu", "sitzungen/neu"):
        assert f'href="/foren/{forum.pk}/{step}/"' in text


def test_visitors_page_is_cacheable(client: Client, setting: Setting) -> None:
    forum = setting.forum(is_public=True)
    response = client.get(forum.get_absolute_url())
    assert response["Cache-Control"] == "no-cache"
    again = client.get(forum.get_absolute_url(), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.cookies) == (304, {})


@pytest.mark.parametrize("is_inside", [False, True])
def test_page_costs_the_same_however_much_belongs_to_the_forum(
    setting: Setting, is_inside: bool, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    forum = setting.forum(is_public=True)

    def more() -> None:
        forum.town_links.create(municipality=MunicipalityFactory(district=setting.district))
        MembershipFactory(forum=forum, organisation=OrganisationFactory())
        DocumentFactory(forum=forum, audience="everyone")
        for days in (-5, 5):
            MeetingFactory(forum=forum, starts_at=timezone.now() + datetime.timedelta(days=days)).plan()

    more()
    client = signed_in(setting.coordinator) if is_inside else Client()
    client.get(forum.get_absolute_url())
    with django_assert_max_num_queries(24 if is_inside else 11) as one:
        client.get(forum.get_absolute_url())
    queries = len(one)
    for _ in range(12):
        more()
    with django_assert_num_queries(queries):
        client.get(forum.get_absolute_url())

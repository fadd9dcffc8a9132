"""Setting up, editing and ending a forum: by the office's own staff, of what is theirs to choose."""

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from common.periods import in_words, last_day, today
from forums.models import Forum, ForumTown
from tests.factories import (
    FieldOfActionFactory,
    MeetingFactory,
    MembershipFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    UserFactory,
)
from tests.forums.pages import Setting, errors, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


def names(rows: Any) -> list[str]:
    return [str(row) for row in rows.all()]


def test_coordinator_sets_up_a_forum_in_one_form(setting: Setting) -> None:
    response = signed_in(setting.coordinator).post("/foren/neu/", setting.sent(), follow=True)
    forum = Forum.objects.get()
    assert response.redirect_chain == [(forum.get_absolute_url(), 302)]
    assert (forum.office, forum.kind, forum.rhythm) == (setting.office, "round_table", "quarterly")
    assert names(forum.towns) == ["Adorf"]
    assert names(forum.fields) == ["Sprache"]
    assert list(forum.target_groups.all()) == [setting.group]
    assert list(forum.partners.all()) == [setting.other_office]
    assert forum.task == setting.task
    assert forum.period.lower == datetime.date(2026, 1, 1)
    assert not forum.is_public


def test_forum_without_days_is_always_active(setting: Setting) -> None:
    signed_in(setting.coordinator).post("/foren/neu/", setting.sent(period_0=""))
    assert in_words(Forum.objects.get().period) == "unbefristet"


def test_forum_of_the_whole_district_run_by_others(setting: Setting) -> None:
    sent = setting.sent(towns=[], district=setting.district.pk, is_elsewhere="on", organiser="Quartiersverein")
    signed_in(setting.coordinator).post("/foren/neu/", sent)
    forum = Forum.objects.get()
    assert (forum.district, forum.organiser) == (setting.district, "Quartiersverein")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "stammtisch"}, "kind"),
        ({"is_elsewhere": "on"}, "organiser"),
        ({"organiser": "Verein"}, "organiser"),
        ({"publishes_minutes": "on"}, "publishes_minutes"),
        ({"period_0": "02.01.2026", "period_1": "01.01.2026"}, "period"),
        ({"period_0": "31.02.2026"}, "period"),
    ],
)
def test_mistakes_are_said_beside_the_field_and_nothing_is_lost(
    setting: Setting, change: dict[str, str], field: str
) -> None:
    response = signed_in(setting.coordinator).post("/foren/neu/", setting.sent(**change))
    assert list(errors(response)) == [field]
    assert "Wer in Adorf mit Ankommenden zu tun hat" in response.content.decode()
    assert not Forum.objects.exists()


def test_district_and_single_towns_exclude_each_other(setting: Setting) -> None:
    response = signed_in(setting.coordinator).post("/foren/neu/", setting.sent(district=setting.district.pk))
    assert list(errors(response)) == ["towns"]


def test_name_is_given_once_in_an_office(setting: Setting) -> None:
    setting.forum(name="Runder Tisch Adorf")
    response = signed_in(setting.coordinator).post("/foren/neu/", setting.sent())
    assert errors(response) == {"name": ["Die Stelle hat bereits ein Forum dieses Namens."]}


@pytest.mark.parametrize("field", ["towns", "partners", "fields", "target_groups", "task", "district"])
def test_what_belongs_to_others_is_refused(setting: Setting, field: str) -> None:
    far = OfficeFactory()
    foreign = {
        "towns": [setting.far_town.pk],
        "partners": [setting.office.pk],
        "fields": [FieldOfActionFactory(office=far).pk],
        "target_groups": [10**9],
        "task": OfficeTaskFactory(office=far).pk,
        "district": setting.other_district.pk,
    }
    response = signed_in(setting.coordinator).post("/foren/neu/", setting.sent(**{field: foreign[field]}))
    assert list(errors(response)) == [field]
    assert not Forum.objects.exists()


def test_towns_of_a_partner_office_can_be_chosen_once_it_is_one(setting: Setting) -> None:
    client = signed_in(setting.coordinator)
    forum = setting.forum()
    sent = setting.sent(towns=[setting.town.pk, setting.other_town.pk])
    first = sent | {"seen_version": seen(client, forum)}
    assert list(errors(client.post(f"/foren/{forum.pk}/bearbeiten/", first))) == ["towns"]
    client.post(f"/foren/{forum.pk}/bearbeiten/", setting.sent() | {"seen_version": seen(client, forum)})
    client.post(f"/foren/{forum.pk}/bearbeiten/", sent | {"seen_version": seen(client, forum)})
    assert names(forum.towns.order_by("name")) == ["Adorf", "Cedorf"]


def seen(client: Any, forum: Forum) -> int:
    return client.get(f"/foren/{forum.pk}/bearbeiten/").context["form"].initial["seen_version"]


def test_model_says_which_town_is_not_served(setting: Setting) -> None:
    link = ForumTown(forum=setting.forum(), municipality=setting.far_town)
    with pytest.raises(Exception, match="Fernau"):
        link.full_clean()


def test_who_works_at_several_offices_says_which_one_leads(setting: Setting) -> None:
    second = OfficeFactory(slug="zweite", name="Zweite Stelle")
    OfficeMembershipFactory(user=setting.coordinator, office=second)
    client = signed_in(setting.coordinator)
    assert "Zweite Stelle" in client.get("/foren/neu/").content.decode()
    assert client.get("/foren/neu/?stelle=zweite").context["form"].instance.office == second
    client.post(f"/foren/neu/?stelle={setting.office.slug}", setting.sent())
    assert Forum.objects.get().office == setting.office


def test_another_office_cannot_be_named_as_leading(setting: Setting) -> None:
    address = f"/foren/neu/?stelle={setting.other_office.slug}"
    assert signed_in(setting.coordinator).post(address, setting.sent()).status_code == 404


@pytest.mark.parametrize("query", ["", "?stelle=muster"])
def test_who_works_at_no_office_sets_up_nothing(setting: Setting, query: str) -> None:
    assert signed_in(UserFactory()).get(f"/foren/neu/{query}").status_code == 403


def test_coordinator_edits_and_takes_away(setting: Setting) -> None:
    client, forum = signed_in(setting.coordinator), setting.forum(about=[setting.town, setting.second_town])
    sent = setting.sent(towns=[setting.second_town.pk], partners=[], seen_version=seen(client, forum))
    client.post(f"/foren/{forum.pk}/bearbeiten/", sent)
    forum.refresh_from_db()
    assert (forum.name, names(forum.towns)) == ("Runder Tisch Adorf", ["Bedorf"])


def test_partner_edits_the_content_and_takes_nothing_away(setting: Setting) -> None:
    forum = setting.forum(partner_offices=[setting.other_office])
    client = signed_in(setting.neighbour)
    form = client.get(f"/foren/{forum.pk}/bearbeiten/").context["form"]
    assert not {"partners", "is_public", "publishes_minutes", "task", "period"} & set(form.fields)
    sent = setting.sent(fields=[], towns=[setting.other_town.pk], seen_version=seen(client, forum))
    response = client.post(f"/foren/{forum.pk}/bearbeiten/", sent)
    assert errors(response) == {"towns": ["Entfernen kann nur die federführende Stelle: Adorf."]}
    sent |= {"towns": [setting.town.pk, setting.other_town.pk], "is_public": "on"}
    client.post(f"/foren/{forum.pk}/bearbeiten/", sent)
    forum.refresh_from_db()
    assert (forum.name, names(forum.towns.order_by("name"))) == ("Runder Tisch Adorf", ["Adorf", "Cedorf"])
    assert not forum.is_public
    assert names(forum.partners) == ["Stelle Nebenan"]


def test_second_writer_is_shown_both_and_loses_nothing(setting: Setting) -> None:
    client, forum = signed_in(setting.coordinator), setting.forum()
    version = seen(client, forum)
    forum.town_links.create(municipality=setting.second_town)
    Forum.objects.filter(pk=forum.pk).update(purpose="Inzwischen anders.")
    response = client.post(f"/foren/{forum.pk}/bearbeiten/", setting.sent(seen_version=version))
    found = errors(response)
    assert {"towns", "purpose"} <= set(found)
    assert "Adorf, Bedorf" in found["towns"][0]
    assert "Inzwischen anders." in found["purpose"][0]
    assert response.context["form"]["name"].value() == "Runder Tisch Adorf"
    again = response.context["form"].data["seen_version"]
    client.post(f"/foren/{forum.pk}/bearbeiten/", setting.sent(seen_version=again))
    assert names(forum.towns) == ["Adorf"]


def test_towns_changed_by_somebody_else_alone_are_noticed(setting: Setting) -> None:
    client, forum = signed_in(setting.coordinator), setting.forum()
    version = seen(client, forum)
    forum.town_links.create(municipality=setting.second_town)
    sent = setting.sent(seen_version=version)
    assert "towns" in errors(client.post(f"/foren/{forum.pk}/bearbeiten/", sent))


def test_forum_stays_with_its_leading_office(setting: Setting) -> None:
    forum = setting.forum()
    with pytest.raises(DatabaseError), transaction.atomic():
        Forum.objects.filter(pk=forum.pk).update(office=setting.other_office)


def test_forum_ends_on_a_day_and_later_meetings_are_named(setting: Setting) -> None:
    client, forum = signed_in(setting.coordinator), setting.forum()
    soon = datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(days=9)
    meeting = MeetingFactory(forum=forum, starts_at=soon)
    address = f"/foren/{forum.pk}/beenden/"
    assert meeting.get_absolute_url() in client.get(address).content.decode()
    assert list(errors(client.post(address, {"last_day": "31.02.2026"}))) == ["last_day"]
    client.post(address, {"last_day": today().strftime("%d.%m.%Y")})
    forum.refresh_from_db()
    assert last_day(forum.period) == today()
    assert list(errors(client.post(address, {"last_day": "01.01.2190"}))) == ["last_day"]


@pytest.mark.parametrize("page", ["bearbeiten", "beenden"])
def test_only_the_offices_edit_and_only_the_leading_one_ends(setting: Setting, page: str) -> None:
    forum = setting.forum(partner_offices=[setting.other_office], is_public=True)
    member = UserFactory()
    MembershipFactory(forum=forum, person__user=member, role="chair")
    address = f"/foren/{forum.pk}/{page}/"
    found = [signed_in(user).get(address).status_code for user in (setting.coordinator, setting.neighbour, member)]
    assert found == [200, 200 if page == "bearbeiten" else 403, 403]

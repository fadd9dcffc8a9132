"""A hand-over passes on what its giver leaves open in forums: previewed, on its day, once."""

import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.outbox import Message
from common.periods import ONE_DAY, period
from contacts import open_work
from contacts.handover_plan import Plan, Wish
from contacts.models import ContactPerson
from contacts.tasks import carry_out_handovers
from forums import action_items
from forums.models import ActionItem, Forum, ForumPartner, Meeting, Membership
from municipalities import dependants
from tests.contacts.admin_pages import Setting, day, setting  # noqa: F401
from tests.contacts.test_admin_end_on import send
from tests.factories import (
    LONG_AGO,
    ActionItemFactory,
    ContactPersonFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
)

pytestmark = pytest.mark.django_db

TODAY, DAY = day("24.11.2026"), day("01.12.2026")
NEXT_YEAR = datetime.datetime(2027, 2, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def on_the_day() -> Any:
    with time_machine.travel(datetime.datetime(2026, 12, 1, 7, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def forum(setting: Setting) -> Forum:  # noqa: F811
    return ForumFactory(office=setting.office, name="Arbeitskreis Muster")


def leave(setting: Setting) -> None:  # noqa: F811
    Plan(setting.ada, DAY, [], is_leaving=True, rest_to=setting.ben).save(None)
    carry_out_handovers(DAY)


def ahead(forum: Forum, **fields: Any) -> Meeting:
    return MeetingFactory(forum=forum, starts_at=NEXT_YEAR, **fields)


def labels(post: ContactPerson) -> dict[str, list[str]]:
    return {
        kind.key: [thing.label for thing in kind.open_of(post)]
        for kind in open_work.kinds()
        if kind.key.startswith("forums.")
    }


def test_preview_names_what_is_open_in_forums_of_the_office(setting: Setting, forum: Forum) -> None:  # noqa: F811
    ada = setting.ada.person
    ActionItemFactory(forum=forum, person=ada, what="Raum buchen")
    ActionItemFactory(forum=forum, person=ada, state="done", closed_on=TODAY)
    ActionItemFactory(person=ada, what="bei einer anderen Stelle")
    MembershipFactory(forum=forum, person=ada, role="chair")
    MembershipFactory(forum=ForumFactory(office=setting.office, name="Netzwerk"), person=ada)
    MembershipFactory(forum=ForumFactory(office=setting.office), person=ada, period=period(LONG_AGO, LONG_AGO))
    ahead(forum, chaired_by=ada, minutes_by=ada, title="Frühjahrstreffen")
    MeetingFactory(forum=forum, chaired_by=ada)
    held = MinutesFactory(meeting=MeetingFactory(forum=forum, title="Ohne Protokoll", minutes_by=ada))

    assert labels(setting.ada) == {
        "forums.tasks": ["Raum buchen (Arbeitskreis Muster)"],
        "forums.chairs": ["Arbeitskreis Muster: Vorsitz"],
        "forums.memberships": ["Netzwerk: Mitglied"],
        "forums.chaired": ["Arbeitskreis Muster: Frühjahrstreffen, 01.02.2027"],
        "forums.minutes": [
            f"Arbeitskreis Muster: Ohne Protokoll (Nr. 1), {held.meeting.day:%d.%m.%Y}",
            "Arbeitskreis Muster: Frühjahrstreffen, 01.02.2027",
        ],
    }
    plan = Plan(setting.ada, DAY, [], is_leaving=True, rest_to=setting.ben)
    assert {receiver for _kind, _thing, receiver in plan.open_things()} == {setting.ben}


def test_ending_a_post_tells_of_tasks_and_chairs_in_forums_of_its_office(
    setting: Setting,  # noqa: F811
    forum: Forum,
    django_assert_num_queries: Any,
) -> None:
    ada, ben = setting.ada.person, setting.ben.person
    led_by_others = ForumFactory()
    ForumPartner.objects.create(forum=led_by_others, office=setting.office)
    ActionItemFactory(forum=forum, person=ada)
    ActionItemFactory(forum=led_by_others, person=ada)
    ActionItemFactory(forum=forum, person=ada, state="done", closed_on=TODAY)
    ActionItemFactory(person=ada)
    MembershipFactory(forum=forum, person=ada, role="chair")
    MembershipFactory(forum=led_by_others, person=ben, role="moderation")
    MembershipFactory(forum=forum, person=ben)
    MembershipFactory(person=ben, role="chair")
    posts = [setting.ada.pk, setting.ben.pk, ContactPersonFactory(office=setting.office).pk]
    with django_assert_num_queries(3):
        told = open_work.told_of(posts)
    assert told == {
        setting.ada.pk: "2 Aufgaben aus Foren, Vorsitz oder Moderation in 1 Forum",
        setting.ben.pk: "Vorsitz oder Moderation in 1 Forum",
    }


def test_preview_of_ending_names_what_is_open_in_forums(setting: Setting, forum: Forum) -> None:  # noqa: F811
    ActionItemFactory(forum=forum, person=setting.ada.person)
    page = send(setting.client(), [setting.ada], "preview", name="contactperson", last_day="31.12.2026").text
    assert "Noch offen: 1 Aufgabe aus Foren. Das bleibt dort, bis es jemand übernimmt." in page


def test_leaver_passes_on_tasks_chairs_memberships_and_meetings(setting: Setting, forum: Forum) -> None:  # noqa: F811
    ada, ben = setting.ada.person, setting.ben.person
    task = ActionItemFactory(forum=forum, person=ada)
    MembershipFactory(forum=forum, person=ada, role="moderation", period=period(LONG_AGO))
    meeting = ahead(forum, chaired_by=ada, minutes_by=ada)

    leave(setting)

    task.refresh_from_db()
    meeting.refresh_from_db()
    assert (task.person, meeting.chaired_by, meeting.minutes_by) == (ben, ben, ben)
    assert set(Membership.objects.values_list("person", "role", "period")) == {
        (ada.pk, "moderation", period(LONG_AGO, DAY - ONE_DAY)),
        (ben.pk, "moderation", period(DAY)),
    }
    assert not any(labels(setting.ada).values())
    [told] = Message.objects.filter(occasion=action_items.GIVEN)
    assert (told.about, told.to) == (task.pk, ben.pk)


@pytest.mark.parametrize(
    ("own", "after"),
    [
        ({"role": "member"}, {("member", period(LONG_AGO, DAY - ONE_DAY)), ("chair", period(DAY))}),
        ({"role": "chair"}, {("chair", period(LONG_AGO))}),
        (
            {"role": "member", "period": period(day("01.01.2027"), day("31.12.2027"))},
            {("chair", period(DAY))},
        ),
    ],
)
def test_receiver_who_belongs_to_the_forum_already_has_one_membership(
    setting: Setting,  # noqa: F811
    forum: Forum,
    own: dict[str, Any],
    after: set[Any],
) -> None:
    MembershipFactory(forum=forum, person=setting.ada.person, role="chair")
    MembershipFactory(forum=forum, person=setting.ben.person, **own)
    leave(setting)
    assert set(Membership.objects.filter(person=setting.ben.person).values_list("role", "period")) == after


def test_membership_that_begins_later_passes_whole(setting: Setting, forum: Forum) -> None:  # noqa: F811
    later = period(day("01.02.2027"), day("31.12.2028"))
    MembershipFactory(forum=forum, person=setting.ada.person, period=later)
    leave(setting)
    assert list(Membership.objects.values_list("person", "period")) == [(setting.ben.person_id, later)]


def test_what_a_forum_about_one_town_holds_goes_with_the_town(setting: Setting) -> None:  # noqa: F811
    ada = setting.ada
    adorf = setting.assign(ada, setting.town, "01.01.2026")
    carl = ContactPersonFactory(office=setting.office)
    of_town = ForumFactory(office=setting.office, about=[setting.town])
    of_both = ForumFactory(office=setting.office, about=[setting.town, setting.second_town])
    of_district = ForumFactory(office=setting.office, district=setting.district)
    tasks = [ActionItemFactory(forum=forum, person=ada.person) for forum in (of_town, of_both, of_district)]

    Plan(ada, DAY, [Wish(adorf, carl)], rest_to=setting.ben, kinds=[]).save(None)
    carry_out_handovers(DAY)

    holders = [ActionItem.objects.get(pk=task.pk).person_id for task in tasks]
    assert holders == [carl.person_id, ada.person_id, ada.person_id]


def test_preview_takes_the_same_queries_for_one_row_and_for_twenty(setting: Setting) -> None:  # noqa: F811
    def fill() -> None:
        for role in ("chair", "member"):
            forum = ForumFactory(office=setting.office, about=[setting.town])
            MembershipFactory(forum=forum, person=setting.ada.person, role=role)
            ActionItemFactory(forum=forum, person=setting.ada.person)
            ahead(forum, chaired_by=setting.ada.person, minutes_by=setting.ada.person)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            labels(setting.ada)
        return len(captured)

    fill()
    few = queries()
    for _ in range(10):
        fill()
    assert queries() == few <= 12


def test_forums_of_a_town_that_ends_are_named(setting: Setting) -> None:  # noqa: F811
    ForumFactory(office=setting.office, name="Runder Tisch Adorf", about=[setting.town])
    ForumFactory(about=[setting.town], name="Beendet", period=period(LONG_AGO, LONG_AGO))
    found = [sentence for _town, sentence in dependants.of([setting.town, setting.second_town], TODAY)]
    assert found == [f"Forum Runder Tisch Adorf, {setting.office}"]

"""The store of topics, and topics that members propose by a link of their own."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common import outbox
from common.links import Link
from common.outbox import Message
from common.periods import ONE_DAY, period, today
from contacts.models import Person
from forums import topics
from forums.models import Meeting, Membership, Topic
from integration_portal.logs import clean
from tests.contacts.own_entry import sent_by
from tests.factories import (
    MeetingFactory,
    MembershipFactory,
    OfficeMembershipFactory,
    OrganisationFactory,
    TopicFactory,
    UserFactory,
)
from tests.forums.people import coordinator, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def meeting() -> Any:
    """In four weeks; Mira Beispiel is a member, topics can be proposed for two."""
    meeting = MeetingFactory(starts_at=timezone.now() + 28 * ONE_DAY, topics_until=today() + 14 * ONE_DAY)
    meeting.plan()
    MembershipFactory(
        forum=meeting.forum,
        person__given_name="Mira",
        person__family_name="Beispiel",
        person__email="mira.beispiel@example.org",
    )
    return meeting


def called(meeting: Meeting, mailoutbox: list[Any]) -> str:
    """The path of the link that Mira got."""
    topics.call(meeting, today())
    outbox.deliver_due()
    found = re.search(r"https?://[^/\s]+(/themenvorschlag/\S+)", mailoutbox[-1].body)
    assert found
    return found[1]


PROPOSAL = {"title": "Wohnraum für Familien", "text": "Was tun die Kommunen?", "minutes": "20"}


# -- Asking -------------------------------------------------------------------------------------------------------


def test_page_asks_each_member_once_by_a_mail_of_their_own(meeting: Meeting, mailoutbox: list[Any]) -> None:
    MembershipFactory(forum=meeting.forum, person__email="", person__user=UserFactory(email="konto@example.org"))
    MembershipFactory(forum=meeting.forum, person__email="", person__family_name="Ohnepost")
    MembershipFactory(forum=meeting.forum, person=None, organisation=OrganisationFactory())
    MembershipFactory(forum=meeting.forum, period=period(None, today() - ONE_DAY))
    client, address = coordinator(meeting.forum), reverse("topic_call", args=[meeting.forum_id, meeting.pk])
    assert "Ohnepost" in client.get(address).content.decode()
    assert not Message.objects.exists()
    until = (today() + 7 * ONE_DAY).strftime("%d.%m.%Y")
    for _ in range(2):
        client.post(address, sent_by(client, address) | {"topics_until": until})
    outbox.deliver_due()
    assert sorted(mail.to[0] for mail in mailoutbox) == ["konto@example.org", "mira.beispiel@example.org"]
    mail = mailoutbox[0]
    assert until in mail.body
    assert mail.reply_to == [meeting.forum.office.email]
    assert meeting.attendances.count() == 3


@pytest.mark.parametrize("state", ["draft", "cancelled", "held"])
def test_nobody_is_asked_about_a_meeting_that_is_no_plan(state: str) -> None:
    meeting = MeetingFactory(starts_at=timezone.now() + 28 * ONE_DAY, topics_until=today() + ONE_DAY)
    MembershipFactory(forum=meeting.forum)
    if state != "draft":
        {"cancelled": meeting.cancel, "held": meeting.hold}[state]()
    client, address = coordinator(meeting.forum), reverse("topic_call", args=[meeting.forum_id, meeting.pk])
    until = {"topics_until": (today() + ONE_DAY).strftime("%d.%m.%Y")}
    assert "die geplant ist" in client.post(address, sent_by(client, address) | until).content.decode()
    assert not Message.objects.exists()


def test_mail_that_waits_is_dropped_when_the_day_was_moved(meeting: Meeting, mailoutbox: list[Any]) -> None:
    topics.call(meeting, today())
    Meeting.objects.update(topics_until=today() + ONE_DAY)
    outbox.deliver_due()
    assert mailoutbox == []
    assert Message.objects.get().state == "dropped"


# -- Proposing ----------------------------------------------------------------------------------------------------


def test_opening_the_link_changes_nothing_and_sending_proposes_as_often_as_one_likes(
    meeting: Meeting, mailoutbox: list[Any]
) -> None:
    path, client = called(meeting, mailoutbox), Client()
    response = client.get(path)
    assert (response.headers["Referrer-Policy"], "no-store" in response.headers["Cache-Control"]) == (
        "no-referrer",
        True,
    )
    assert not response.cookies
    assert not Topic.objects.exists()
    text = client.post(path, PROPOSAL, follow=True).content.decode()
    assert "Ihr Vorschlag ist eingegangen" in text
    client.post(path, PROPOSAL | {"title": "Sprachkurse"})
    first, second = Topic.objects.order_by("pk")
    assert (first.title, first.minutes, first.proposed_for, first.state) == (PROPOSAL["title"], 20, meeting, "open")
    assert (str(first.proposed_by), second.title) == ("Mira Beispiel", "Sprachkurse")
    assert first.pgh_event_model.objects.filter(pgh_obj=first).get().pgh_context.metadata["link_holder"]


def test_proposal_without_a_topic_is_refused_and_kept(meeting: Meeting, mailoutbox: list[Any]) -> None:
    text = Client().post(called(meeting, mailoutbox), PROPOSAL | {"title": ""}).content.decode()
    assert "Was tun die Kommunen?" in text
    assert not Topic.objects.exists()


def test_one_member_proposes_so_many_and_no_more(meeting: Meeting, mailoutbox: list[Any]) -> None:
    path = called(meeting, mailoutbox)
    person = Membership.objects.get().person
    for _ in range(topics.MOST):
        TopicFactory(forum=meeting.forum, proposed_by=person, proposed_for=meeting)
    assert "Mehr Themen" in Client().post(path, PROPOSAL).content.decode()
    assert Topic.objects.count() == topics.MOST


def test_link_works_through_the_closing_day_and_no_longer(meeting: Meeting, mailoutbox: list[Any]) -> None:
    path = called(meeting, mailoutbox)
    last = datetime.datetime.combine(meeting.topics_until, datetime.time(12), datetime.UTC)
    with time_machine.travel(last, tick=False):
        assert Client().get(path).status_code == 200
    with time_machine.travel(last + ONE_DAY, tick=False):
        assert Client().post(path, PROPOSAL).status_code == 404
        Meeting.objects.update(topics_until=meeting.topics_until + 3 * ONE_DAY)
        assert Client().get(path).status_code == 200
    assert not Topic.objects.exists()


def test_link_ends_with_the_membership_and_with_the_meeting(meeting: Meeting, mailoutbox: list[Any]) -> None:
    path = called(meeting, mailoutbox)
    Membership.objects.update(period=period(None, today() - ONE_DAY))
    assert Client().get(path).status_code == 404
    Membership.objects.update(period=period(None))
    assert Client().get(path).status_code == 200
    Meeting.objects.get().cancel("Sturm")
    assert Client().post(path, PROPOSAL).status_code == 404


def test_link_ends_with_the_mail_address_it_was_sent_to(meeting: Meeting, mailoutbox: list[Any]) -> None:
    path = called(meeting, mailoutbox)
    Person.objects.update(email="neu@example.org")
    assert Client().get(path).status_code == 404
    assert Client().post(path, PROPOSAL).status_code == 404
    assert not Topic.objects.exists()


def test_token_is_neither_stored_nor_logged(meeting: Meeting, mailoutbox: list[Any]) -> None:
    path = called(meeting, mailoutbox)
    token = path.split("/")[-2]
    assert token not in clean(f"GET {path} 200")
    assert token not in repr(list(Link.objects.values()))


# -- Deciding -----------------------------------------------------------------------------------------------------


def decided(client: Client, topic: Topic, **sent: Any) -> Any:
    return client.post(reverse("topic_answer", args=[topic.forum_id, topic.pk]), sent)


def proposal(meeting: Meeting) -> Topic:
    person = Membership.objects.filter(person__family_name="Beispiel").get().person
    return TopicFactory(forum=meeting.forum, title="Wohnraum", proposed_by=person, proposed_for=meeting)


@pytest.mark.parametrize("who", [coordinator, lambda forum: member(forum, "chair")])
def test_topic_is_taken_and_its_proposer_told(meeting: Meeting, mailoutbox: list[Any], who: Any) -> None:
    topic = proposal(meeting)
    decided(who(meeting.forum), topic, verdict="aufnehmen", meeting=meeting.pk, answer="Gern.")
    assert [item.title for item in meeting.items.all()] == ["Wohnraum"]
    outbox.deliver_due()
    [mail] = mailoutbox
    assert mail.to == ["mira.beispiel@example.org"]
    assert f"Es steht auf der Tagesordnung vom {meeting.day:%d.%m.%Y}." in mail.body
    assert "Gern." in mail.body


def test_topic_is_put_off_and_its_proposer_told(meeting: Meeting, mailoutbox: list[Any]) -> None:
    topic = proposal(meeting)
    decided(coordinator(meeting.forum), topic, verdict="vertagen", meeting=meeting.pk)
    outbox.deliver_due()
    assert "Es wurde vertagt" in mailoutbox[0].body
    topic.refresh_from_db()
    assert (topic.state, topic.put_off_after) == ("open", meeting.day)


def test_topic_is_put_off_also_where_no_meeting_is_to_come(meeting: Meeting, mailoutbox: list[Any]) -> None:
    topic, client = proposal(meeting), coordinator(meeting.forum)
    meeting.cancel()
    text = client.get(reverse("topic_answer", args=[topic.forum_id, topic.pk])).content.decode()
    assert 'value="vertagen"' in text
    assert 'value="aufnehmen"' not in text
    decided(client, topic, verdict="vertagen")
    outbox.deliver_due()
    assert "Es wurde vertagt" in mailoutbox[0].body
    topic.refresh_from_db()
    assert topic.state == "open"
    later = MeetingFactory.build(forum=meeting.forum, starts_at=timezone.now() + 60 * ONE_DAY)
    later.add()
    assert later.items.get().title == topic.title


@pytest.mark.parametrize("verdict", ["aufnehmen", "vertagen"])
def test_mail_says_nothing_of_a_meeting_that_is_still_a_draft(
    meeting: Meeting, mailoutbox: list[Any], verdict: str
) -> None:
    topic, client = proposal(meeting), coordinator(meeting.forum)
    draft = MeetingFactory(forum=meeting.forum, starts_at=timezone.now() + 60 * ONE_DAY)
    chosen = draft if verdict == "aufnehmen" else meeting
    decided(client, topic, verdict=verdict, meeting=chosen.pk)
    assert draft.items.get().title == "Wohnraum"
    outbox.deliver_due()
    assert f"{draft.day:%d.%m.%Y}" not in mailoutbox[0].body


def test_topic_is_declined_with_an_answer_only(meeting: Meeting, mailoutbox: list[Any]) -> None:
    topic, client = proposal(meeting), coordinator(meeting.forum)
    assert "begründen" in decided(client, topic, verdict="ablehnen").content.decode()
    decided(client, topic, verdict="ablehnen", answer="Gehört in den Arbeitskreis Sprache.")
    outbox.deliver_due()
    assert "nicht aufgenommen" in mailoutbox[0].body
    assert "Arbeitskreis Sprache" in mailoutbox[0].body
    topic.refresh_from_db()
    assert topic.state == "declined"


def test_administrators_see_the_answers_about_their_own_offices_topics(meeting: Meeting) -> None:
    topic = proposal(meeting)
    other = TopicFactory(proposed_by=topic.proposed_by)
    for one in (topic, other):
        topics.tell(one, topics.DECLINED)
    administrator = OfficeMembershipFactory(office=meeting.forum.office, role="administrator").user
    assert [message.about for message in Message.objects.administered_by(administrator)] == [topic.pk]


def test_answer_that_waits_is_dropped_when_it_is_no_longer_so(meeting: Meeting, mailoutbox: list[Any]) -> None:
    topic = proposal(meeting)
    decided(coordinator(meeting.forum), topic, verdict="aufnehmen", meeting=meeting.pk)
    Meeting.objects.get().cancel("Sturm")
    outbox.deliver_due()
    assert mailoutbox == []


def test_second_decision_is_refused(meeting: Meeting) -> None:
    topic, client = proposal(meeting), coordinator(meeting.forum)
    decided(client, topic, verdict="aufnehmen", meeting=meeting.pk)
    text = decided(client, topic, verdict="ablehnen", answer="Nein.").content.decode()
    assert "schon entschieden" in text


def test_topics_of_another_forum_are_not_there(meeting: Meeting) -> None:
    other = TopicFactory()
    client = coordinator(meeting.forum)
    for name in ("topic", "topic_answer"):
        assert client.get(reverse(name, args=[meeting.forum_id, other.pk])).status_code == 404


# -- The store ----------------------------------------------------------------------------------------------------


def test_store_shows_what_is_open_and_the_rest_where_asked_for(meeting: Meeting) -> None:
    for title, state in (("Wohnraum", "open"), ("Sprachkurse", "declined")):
        TopicFactory(forum=meeting.forum, title=title, state=state)
    client, address = coordinator(meeting.forum), reverse("topic_list", args=[meeting.forum_id])
    text = client.get(address).content.decode()
    assert ("Wohnraum" in text, "Sprachkurse" in text) == (True, False)
    assert "Sprachkurse" in client.get(address, {"stand": "declined"}).content.decode()
    assert "Wohnraum" not in client.get(address, {"q": "sprach", "stand": "alle"}).content.decode()
    assert "Wohnraum" in client.get(address, {"format": "csv"}).content.decode()


def test_topic_is_kept_and_changed_by_office_and_chair(meeting: Meeting) -> None:
    chair, office = member(meeting.forum, "chair"), coordinator(meeting.forum)
    typed = {"title": "Ehrenamt", "kind": "discussion"}
    chair.post(reverse("topic_add", args=[meeting.forum_id]), typed)
    topic = Topic.objects.get()
    address = reverse("topic", args=[meeting.forum_id, topic.pk])
    office.post(address, sent_by(office, address) | typed | {"is_internal": "on"})
    topic.refresh_from_db()
    assert (topic.title, topic.is_internal, topic.created_on) == ("Ehrenamt", True, today())
    assert chair.get(address).status_code == 404
    assert member(meeting.forum).get(reverse("topic_list", args=[meeting.forum_id])).status_code == 403


def test_store_costs_the_same_with_many_topics(meeting: Meeting, django_assert_max_num_queries: Any) -> None:
    client, address = coordinator(meeting.forum), reverse("topic_list", args=[meeting.forum_id])
    for _ in range(30):
        TopicFactory(forum=meeting.forum, proposed_by=Membership.objects.get().person, proposed_for=meeting)
    client.get(address)
    with django_assert_max_num_queries(12):
        client.get(address, {"stand": "alle"})

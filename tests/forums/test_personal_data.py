"""Erasing somebody who belonged to a forum: the forum's history stays and says "Name gelöscht", frozen or not."""

import datetime
from io import BytesIO

import pytest
from django.db import connection
from django.utils import timezone

from common import erasure, personal_data
from common.periods import period
from contacts.models import DataProtection, Person
from forums.models import ActionItem, Addendum, AgendaItem, Attendance, Comment, Decision, Membership, Minutes, Topic
from tests.factories import (
    LONG_AGO,
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    DecisionFactory,
    DocumentFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    PersonFactory,
    TopicFactory,
    UserFactory,
)
from tests.forums.test_promises import approve

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 11, 24)
OVER = period(LONG_AGO, datetime.date(2026, 5, 31))
MARKER = "Zyxmarke"


def erase(person: Person) -> None:
    erasure.erase(personal_data.people("contacts.Person", [person.pk]), TODAY)


def dump() -> str:
    """Everything in the tables of forums and of their history."""
    content = BytesIO()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_name LIKE 'forums_%%'"
        )
        for (table,) in cursor.fetchall():
            cursor.cursor.copy_expert(f"COPY {table} TO STDOUT", content)
    return content.getvalue().decode()


def test_name_is_nowhere_in_forums_and_their_history_once_erased() -> None:
    account = UserFactory(name=f"Ada {MARKER}")
    person = PersonFactory(given_name="Ada", family_name=MARKER, user=account, email="zyxmarke@example.org")
    membership = MembershipFactory(person=person, period=OVER)
    forum = membership.forum
    meeting = MeetingFactory(forum=forum, chaired_by=person, minutes_by=person)
    item = AgendaItemFactory(
        meeting=meeting,
        title=f"Bericht von Ada {MARKER}",
        presenter=f"Ada {MARKER}",
        result=f"Frau Dr. {MARKER} berichtet. Fragen an zyxmarke@example.org. Frau Zyxmarkenbach dankt.",
    )
    AttendanceFactory(meeting=meeting, person=person, remark=f"{MARKER} kommt später")
    AttendanceFactory(meeting=meeting, reply="substitute", substitute=f"Ada {MARKER}")
    AttendanceFactory(meeting=meeting, person=None, name=f"Ada {MARKER}", role="guest")
    decision = DecisionFactory(item=item, wording=f"Herr {MARKER} lädt ein.")
    task = ActionItemFactory(forum=forum, item=item, person=person, what=f"Ada {MARKER} anrufen", note="offen")
    task.note = f"Ada {MARKER} krank"
    task.move_to("dropped", TODAY)
    task.save()
    task.note = ""
    task.save()
    TopicFactory(forum=forum, proposed_by=person, text=f"Vorschlag von Ada {MARKER}")
    TopicFactory(forum=forum, title=f"Frage an Ada {MARKER}").delete()
    DocumentFactory(forum=forum, title=f"Folien Ada {MARKER}", uploaded_by=account)
    minutes = MinutesFactory(meeting=meeting)
    Comment.objects.create(minutes=minutes, person=person, text=f"{MARKER} sagte das nicht", written_at=timezone.now())
    approve(minutes)
    Addendum.objects.create(minutes=minutes, text=f"Ada {MARKER} fehlte.", written_on=TODAY, written_by=account)
    assert dump().count(MARKER) > 20

    erase(person)

    text = dump()
    assert [line for line in text.splitlines() if MARKER in line.replace("Zyxmarkenbach", "")] == []
    assert "zyxmarke@" not in text
    item.refresh_from_db()
    assert item.presenter == "Name gelöscht"
    assert item.title == "Bericht von Name gelöscht"
    assert item.result == "Name gelöscht berichtet. Fragen an Name gelöscht. Frau Zyxmarkenbach dankt."
    decision.refresh_from_db()
    assert decision.wording == "Name gelöscht lädt ein."
    assert Addendum.objects.get().text == "Name gelöscht fehlte."
    assert {str(one) for one in Attendance.objects.filter(meeting=meeting)} >= {"Name gelöscht"}
    assert str(Membership.objects.get(pk=membership.pk).person) == "Name gelöscht"
    assert ActionItem.objects.get().who == "Name gelöscht"
    assert not Comment.objects.exists()
    assert Topic.objects.get().text == "Vorschlag von Name gelöscht"
    assert Minutes.objects.get().state == "approved"


def test_somebody_of_the_same_name_in_another_offices_minutes_stays() -> None:
    person = PersonFactory(given_name="Bo", family_name="Klein")
    MembershipFactory(person=person, period=OVER)
    elsewhere = AgendaItemFactory(result="Bo Klein und Frau Klein berichten.")
    erase(person)
    elsewhere.refresh_from_db()
    assert elsewhere.result == "Bo Klein und Frau Klein berichten."


def test_word_that_is_also_a_family_name_stays_in_minutes() -> None:
    person = PersonFactory(given_name="Bo", family_name="Klein")
    item = AgendaItemFactory(result="Der Kreis ist klein. Herr Klein stimmt zu. Bo  Klein auch, Bo Kleinert nicht.")
    MembershipFactory(forum=item.meeting.forum, person=person, period=OVER)
    erase(person)
    item.refresh_from_db()
    assert item.result == "Der Kreis ist klein. Name gelöscht stimmt zu. Name gelöscht auch, Bo Kleinert nicht."


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (lambda person: MembershipFactory(person=person), "Mitgliedschaft"),
        (lambda person: ActionItemFactory(person=person), "Offene Aufgabe"),
        (
            lambda person: MeetingFactory(
                chaired_by=person,
                starts_at=timezone.now() + datetime.timedelta(days=9),
                ends_at=timezone.now() + datetime.timedelta(days=10),
            ),
            "Sitzung",
        ),
    ],
)
def test_who_still_belongs_to_a_forum_is_not_erased(hold, words: str) -> None:
    person = PersonFactory()
    hold(person)
    with pytest.raises(erasure.StillNeeded, match=words):
        erase(person)


def untouched(**fields) -> Person:
    person = PersonFactory(**fields)
    Person.objects.filter(pk=person.pk).update(changed_at=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    return person


MONTHS_24_AGO = datetime.datetime(2024, 11, 24, 12, tzinfo=datetime.UTC)


def meeting_on(at: datetime.datetime, **fields):
    return MeetingFactory(starts_at=at, ends_at=at + datetime.timedelta(hours=1), **fields)


@pytest.mark.parametrize(
    "had",
    [
        lambda person, last: MembershipFactory(person=person, period=period(LONG_AGO, last)),
        lambda person, last: AttendanceFactory(
            person=person, meeting=meeting_on(MONTHS_24_AGO.replace(year=last.year, day=last.day))
        ),
        lambda person, last: ActionItemFactory(person=person, state="done", closed_on=last),
        lambda person, last: meeting_on(MONTHS_24_AGO.replace(year=last.year, day=last.day), chaired_by=person),
    ],
)
def test_people_of_a_forum_stay_24_months_after_what_they_had_to_do_with_it(had) -> None:
    gone, stays = untouched(), untouched()
    had(gone, datetime.date(2024, 11, 23))
    had(stays, datetime.date(2024, 11, 25))
    erasure.purge(TODAY)
    assert Person.objects.get(pk=gone.pk).name == "Name gelöscht"
    assert Person.objects.get(pk=stays.pk).family_name
    assert [kind.what for kind in erasure.due(TODAY)] == []


def test_leading_offices_own_period_counts() -> None:
    forum = ForumFactory()
    DataProtection.objects.create(office=forum.office, people_months=6)
    gone, stays = untouched(), untouched()
    last = datetime.date(2026, 4, 30)
    MembershipFactory(forum=forum, person=gone, period=period(LONG_AGO, last))
    MembershipFactory(person=stays, period=period(LONG_AGO, last))
    erasure.purge(TODAY)
    assert not Person.objects.get(pk=gone.pk).family_name
    assert Person.objects.get(pk=stays.pk).family_name


def test_name_in_running_text_of_minutes_stays_when_time_alone_is_over() -> None:
    item = AgendaItemFactory(result="Ada Beispiel berichtet.")
    person = untouched(given_name="Ada", family_name="Beispiel")
    MembershipFactory(forum=item.meeting.forum, person=person, period=period(LONG_AGO, LONG_AGO))
    erasure.purge(TODAY)
    assert not Person.objects.get(pk=person.pk).family_name
    assert AgendaItem.objects.get(pk=item.pk).result == "Ada Beispiel berichtet."
    assert Decision.objects.count() == 0

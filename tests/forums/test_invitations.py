"""Members are invited once, hear once of what changed, and of what is called off."""

import datetime
import re
from typing import Any

import dj_email_url
import icalendar
import pytest
from django.core import mail
from django.utils import timezone

from common import duties, outbox, personal_data
from common.links import Link
from common.outbox import Message
from common.periods import period, today
from common.verbs import NotPossible
from contacts.models import Person
from forums import invitations
from forums.models import Announcement, Attendance, Meeting
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    DocumentFactory,
    MeetingFactory,
    MembershipFactory,
    PersonFactory,
)
from tests.forums.circle import IN_A_MONTH, TEN_MINUTES, a_forum, a_meeting, invited, left, line_of, member
from tests.mail_server import NOBODY, MailServer

pytestmark = pytest.mark.django_db


def told_later(minutes: float = 11) -> None:
    """The duty runs now, and again when the meeting was left alone for so long; what is due is delivered."""
    invitations.keep_told(today())
    for waiting in Announcement.objects.filter(announced_at=None):
        waiting.noticed_at -= datetime.timedelta(minutes=minutes)
        waiting.save()
    invitations.keep_told(today())
    outbox.deliver_due()


def event_in(message: Any) -> icalendar.Event:
    return calendar_in(message).events[0]


def calendar_in(message: Any) -> Any:
    [content] = [content for content, kind in message.alternatives if kind.startswith("text/calendar")]
    return icalendar.Calendar.from_ical(content)


def to(address: str) -> list[Any]:
    return [message for message in mail.outbox if message.to == [address]]


# -- The invitation -----------------------------------------------------------------------------------------------


def test_no_mail_goes_out_while_a_meeting_is_a_draft_or_only_planned() -> None:
    meeting = a_meeting()
    meeting.place = "Anderswo"
    meeting.save()
    told_later()
    assert Message.objects.count() == 0


def test_everyone_gets_a_mail_of_their_own() -> None:
    invited()
    assert sorted(message.to for message in mail.outbox) == [["ada@example.org"], ["ben@example.org"]]
    assert all(not message.cc and not message.bcc for message in mail.outbox)


def test_inviting_gives_a_number_and_a_line_for_every_member_with_the_role() -> None:
    meeting = a_meeting()
    without = member(meeting.forum, "Cem Ohne", email="")
    left(member(meeting.forum, "Dora Weg"), meeting)
    invitations.invite(meeting, timezone.now())
    meeting.refresh_from_db()
    assert (meeting.state, meeting.number) == ("invited", 1)
    lines = {str(line.person.given_name): line for line in meeting.attendances.all() if line.person}
    assert {name: line.role for name, line in lines.items()} == {"Ada": "chair", "Ben": "member", "Cem": "member"}
    assert lines["Cem"].person == without.person
    assert {name for name, line in lines.items() if line.invited_at} == {"Ada", "Ben"}


def test_mail_says_what_an_invitation_has_to_say() -> None:
    meeting = a_meeting(
        address="Markt 1, 32657 Musterstadt",
        access="Aufzug im Hof",
        link="https://video.example.org/7",
        reply_until=(IN_A_MONTH - datetime.timedelta(days=7)).date(),
    )
    AgendaItemFactory(meeting=meeting, title="Begrüßung", minutes=15, presenter="Ada Muster", kind="information")
    AgendaItemFactory(meeting=meeting, title="Nur für die Stelle", minutes=30, is_internal=True)
    AgendaItemFactory(meeting=meeting, title="Wohnraum", kind="decision")
    DocumentFactory(forum=meeting.forum, meeting=meeting, title="Vorlage Wohnraum")
    DocumentFactory(forum=meeting.forum, meeting=meeting, title="Vermerk", audience="offices")
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    [message] = to("ben@example.org")
    day = IN_A_MONTH.strftime("%d.%m.%Y")
    assert message.subject == f"Einladung: Runder Tisch Musterstadt, 1. Sitzung, {day}"
    assert message.reply_to == ["stelle@example.org"]
    assert message.from_email.startswith("Beispielstelle <")
    for text in (
        "Guten Tag Ben Beispiel,",
        f"{day}, 14:00 bis 16:00 Uhr",
        "Rathaus Musterstadt, Raum 12, Markt 1, 32657 Musterstadt",
        "Aufzug im Hof",
        "https://video.example.org/7",
        "14:00  TOP 1: Begrüßung (Information, Ada Muster)",
        "14:45  TOP 2: Wohnraum (Beschluss)",
        "- Vorlage Wohnraum",
        "Bitte geben Sie Ihre Rückmeldung bis",
        "nicht in Ihrem Kalender",
        "Beispielstelle, Telefon 05555 100, stelle@example.org",
    ):
        assert text in message.body
    for text in ("Nur für die Stelle", "Vermerk", "ada@example.org"):
        assert text not in message.body
    answers = re.findall(r"http://testserver/rueckmeldung/(\w+)/\?antwort=(\w+)", message.body)
    assert [answer for _token, answer in answers] == ["zusage", "absage", "vertretung"]
    assert len({token for token, _answer in answers}) == 1


def test_mail_names_what_the_members_still_have_to_do() -> None:
    meeting = a_meeting()
    ada = Person.objects.get(given_name="Ada")
    ActionItemFactory(forum=meeting.forum, what="Raum suchen", person=ada, due_on=datetime.date(2026, 12, 1))
    ActionItemFactory(forum=meeting.forum, what="Erledigt", state="done", closed_on=today())
    ActionItemFactory(forum=meeting.forum, what="Vermerk schreiben", is_internal=True)
    earlier = MeetingFactory(forum=meeting.forum, starts_at=timezone.now() - datetime.timedelta(days=30))
    internal = AgendaItemFactory(meeting=earlier, is_internal=True)
    ActionItemFactory(forum=meeting.forum, what="Aus internem Punkt", item=internal)
    ActionItemFactory(forum=meeting.forum, what="Noch im Entwurf", item=AgendaItemFactory(meeting=earlier))
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    [message] = to("ben@example.org")
    assert "Offene Aufgaben\n- Raum suchen, Ada Muster, bis 01.12.2026\n" in message.body
    for text in ("Erledigt", "Vermerk", "Aus internem Punkt", "Noch im Entwurf"):
        assert text not in message.body


def test_who_is_invited_to_one_meeting_learns_of_no_tasks() -> None:
    meeting = invited()
    ActionItemFactory(forum=meeting.forum, what="Raum suchen")
    guest = PersonFactory(email="gast@example.org")
    invitations.add_guest(Attendance(meeting=meeting, person=guest), timezone.now())
    outbox.deliver_due()
    [message] = to("gast@example.org")
    assert "Raum suchen" not in message.body


def test_informal_forum_is_never_said_to_hold_a_sitzung() -> None:
    meeting = a_meeting(forum=a_forum(is_informal=True))
    DocumentFactory(forum=meeting.forum, meeting=meeting)
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    meeting.refresh_from_db()
    for line in meeting.attendances.all():
        outbox.post(invitations.REMINDER, about=meeting.pk, to=line.pk)
    outbox.deliver_due()
    meeting.cancel()
    told_later()
    assert len(to("ben@example.org")) == 3
    for message in to("ben@example.org"):
        assert "1. Treffen" in message.subject
        assert "Sitzung" not in message.subject + message.body


def test_link_is_one_persons_own() -> None:
    invited()
    tokens = {message.to[0]: set(re.findall(r"rueckmeldung/(\w+)/", message.body)) for message in mail.outbox}
    assert len(set.union(*tokens.values())) == 2


def test_calendar_entry_is_a_request_to_one_person() -> None:
    meeting = invited()
    [message] = to("ben@example.org")
    calendar = calendar_in(message)
    assert calendar["METHOD"] == "REQUEST"
    assert [str(zone["TZID"]) for zone in calendar.timezones] == ["Europe/Berlin"]
    event = event_in(message)
    assert (str(event["UID"]), event["SEQUENCE"], event["STATUS"]) == (str(meeting.uid), 0, "CONFIRMED")
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (meeting.starts_at, meeting.ends_at)
    assert "DTSTAMP" in event
    assert str(event["SUMMARY"]) == "Runder Tisch Musterstadt: 1. Sitzung"
    assert str(event["LOCATION"]) == "Rathaus Musterstadt, Raum 12"
    assert event["URL"] == f"http://testserver/foren/{meeting.forum_id}/sitzungen/{meeting.pk}/"
    assert str(event["ORGANIZER"]) == "mailto:stelle@example.org"
    assert str(event["ATTENDEE"]) == "mailto:ben@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert "Link in der E-Mail" in str(event["DESCRIPTION"])
    assert "rueckmeldung" not in str(event["DESCRIPTION"])  # calendars are shared with colleagues
    [(name, content, kind)] = message.attachments
    assert (name, kind) == ("einladung.ics", "application/ics")
    assert icalendar.Calendar.from_ical(content) == calendar


def test_pressing_twice_sends_nothing_twice() -> None:
    meeting = invited()
    invitations.invite(Meeting.objects.get(pk=meeting.pk), timezone.now())
    told_later()
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    "given", [{"is_elsewhere": True, "organiser": "Die Stadt"}, {"starts_at": -1}, {"cancel": True}]
)
def test_what_nobody_is_invited_to(given: dict[str, Any]) -> None:
    ago = {"starts_at": timezone.now() - datetime.timedelta(days=1)} if given.pop("starts_at", None) else {}
    is_cancelled = given.pop("cancel", False)
    meeting = a_meeting(forum=a_forum(**given), **ago)
    if is_cancelled:
        meeting.cancel()
    with pytest.raises(NotPossible):
        invitations.invite(meeting, timezone.now())
    assert Message.objects.count() == 0


def test_who_joins_later_gets_the_invitation() -> None:
    meeting = invited()
    member(meeting.forum, "Cem Später")
    told_later()
    [message] = to("cem@example.org")
    assert message.subject.startswith("Einladung: ")
    assert len(mail.outbox) == 3


def test_address_entered_later_brings_the_invitation() -> None:
    meeting = a_meeting()
    person = member(meeting.forum, "Cem Ohne", email="").person
    invitations.invite(meeting, timezone.now())
    person.email = "cem@example.org"
    person.save()
    told_later()
    assert len(to("cem@example.org")) == 1


def test_who_leaves_before_the_meeting_hears_nothing_more() -> None:
    meeting = a_meeting()
    leaver = member(meeting.forum, "Dora Weg")
    invitations.invite(meeting, timezone.now())
    left(leaver, meeting)
    outbox.deliver_due()
    assert to("dora@example.org") == []
    assert Message.objects.get(to=line_of(meeting, "Dora").pk).state == "dropped"
    meeting.cancel()
    told_later()
    assert to("dora@example.org") == []


def test_guest_is_invited_to_one_meeting_alone() -> None:
    meeting = invited()
    guest = PersonFactory(given_name="Gast", email="gast@example.org")
    invitations.add_guest(Attendance(meeting=meeting, person=guest), timezone.now())
    outbox.deliver_due()
    assert len(to("gast@example.org")) == 1
    assert line_of(meeting, "Gast").role == "guest"
    assert not meeting.forum.memberships.filter(person=guest).exists()


def test_former_guest_of_the_forum_is_invited_to_one_meeting_alone() -> None:
    meeting = invited()
    past = period(datetime.date(2020, 1, 1), datetime.date(2020, 12, 31))
    former = member(meeting.forum, "Gast Früher", role="guest", period=past).person
    invitations.add_guest(Attendance(meeting=meeting, person=former), timezone.now())
    outbox.deliver_due()
    assert len(to("gast@example.org")) == 1
    assert any(line.is_expected and line.attendance.person == former for line in invitations.replies_to(meeting).lines)


def test_guest_of_the_forum_who_leaves_hears_nothing_more() -> None:
    meeting = a_meeting()
    guest = member(meeting.forum, "Gast Weg", role="guest")
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    left(guest, meeting)
    meeting.cancel()
    told_later()
    assert len(to("gast@example.org")) == 1


# -- Changes ------------------------------------------------------------------------------------------------------


def test_several_changes_shortly_after_one_another_go_out_as_one_mail() -> None:
    meeting = invited()
    mail.outbox.clear()
    meeting.place = "Bürgerhaus"
    meeting.save()
    invitations.keep_told(today())
    meeting.starts_at += datetime.timedelta(hours=1)
    meeting.ends_at += datetime.timedelta(hours=1)
    meeting.save()
    invitations.keep_told(today())
    outbox.deliver_due()
    assert mail.outbox == []  # ten minutes are not over
    told_later()
    [message] = to("ben@example.org")
    assert message.subject.startswith("Geändert: Runder Tisch Musterstadt")
    top = message.body.partition("Tagesordnung")[0]
    assert "Ort: Bürgerhaus (bisher: Rathaus Musterstadt, Raum 12)" in top
    assert re.search(r"Beginn: \d\d\.\d\d\.\d{4} 15:00 \(bisher: \d\d\.\d\d\.\d{4} 14:00\)", top)
    event = event_in(message)
    assert (str(event["UID"]), event["SEQUENCE"]) == (str(meeting.uid), 1)
    assert event["DTSTART"].dt == meeting.starts_at
    assert len(mail.outbox) == 2


def test_change_waits_ten_minutes_from_the_last_one() -> None:
    meeting = invited()
    meeting.place = "Bürgerhaus"
    meeting.save()
    told_later(minutes=9)
    assert len(mail.outbox) == 2
    told_later(minutes=1)
    assert len(mail.outbox) == 4


@pytest.mark.parametrize("change", ["reply date", "item", "order", "item gone", "document", "link"])
def test_what_else_is_told(change: str) -> None:
    meeting = a_meeting()
    first = AgendaItemFactory(meeting=meeting, position=1, title="Begrüßung")
    AgendaItemFactory(meeting=meeting, position=2, title="Wohnraum")
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    mail.outbox.clear()
    expected = {
        "reply date": "Rückmeldung bis: ",
        "item": "Neu auf der Tagesordnung: Verschiedenes",
        "order": "Reihenfolge oder Zeiten der Tagesordnung",
        "item gone": "Nicht mehr auf der Tagesordnung: Begrüßung",
        "document": "Neue Anlage: Beispielpapier",
        "link": "https://video.example.org/7",
    }[change]
    if change == "reply date":
        meeting.reply_until = meeting.day - datetime.timedelta(days=3)
    elif change == "link":
        meeting.link = "https://video.example.org/7"
    elif change == "item":
        AgendaItemFactory(meeting=meeting, position=3, title="Verschiedenes")
    elif change == "order":
        first.position = 3
        first.save()
    elif change == "item gone":
        first.delete()
    else:
        DocumentFactory(forum=meeting.forum, meeting=meeting)
    meeting.save()
    told_later()
    [message] = to("ben@example.org")
    assert expected in message.body


@pytest.mark.parametrize("change", ["internal item", "internal document", "topics", "minute taker", "back again"])
def test_what_is_no_members_concern_is_not_told(change: str) -> None:
    meeting = invited()
    if change == "internal item":
        AgendaItemFactory(meeting=meeting, is_internal=True)
    elif change == "internal document":
        DocumentFactory(forum=meeting.forum, meeting=meeting, item=AgendaItemFactory(meeting=meeting, is_internal=True))
    elif change == "topics":
        meeting.topics_until = meeting.day
    elif change == "minute taker":
        meeting.minutes_by = PersonFactory()
    else:
        meeting.place, place = "Bürgerhaus", meeting.place
        meeting.save()
        invitations.keep_told(today())
        meeting.place = place
    meeting.save()
    told_later()
    assert len(mail.outbox) == 2
    meeting.refresh_from_db()
    assert meeting.sequence == 0


def test_rerun_after_a_change_sends_nothing_twice() -> None:
    meeting = invited()
    meeting.place = "Bürgerhaus"
    meeting.save()
    for _ in range(3):
        told_later()
    assert len(mail.outbox) == 4


def test_whom_the_first_mail_did_not_reach_gets_an_invitation_instead_of_a_change() -> None:
    meeting = a_meeting()
    invitations.invite(meeting, timezone.now())  # no worker ran
    meeting.place = "Bürgerhaus"
    meeting.save()
    told_later()
    assert [message.subject.partition(":")[0] for message in mail.outbox] == ["Einladung", "Einladung"]
    assert all(event_in(message)["SEQUENCE"] == 1 for message in mail.outbox)


def test_mail_about_a_change_says_what_was_answered_so_far() -> None:
    meeting = invited()
    Attendance.objects.filter(pk=line_of(meeting, "Ben").pk).update(reply="accepted", replied_at=timezone.now())
    meeting.place = "Bürgerhaus"
    meeting.save()
    told_later()
    assert "Ihre Rückmeldung bisher: Zusage" in to("ben@example.org")[-1].body
    assert event_in(to("ben@example.org")[-1])["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


def test_link_stays_the_same_in_every_mail() -> None:
    meeting = invited()
    meeting.place = "Bürgerhaus"
    meeting.save()
    told_later()
    found = {frozenset(re.findall(r"rueckmeldung/(\w+)/", message.body)) for message in to("ben@example.org")}
    assert len(found) == 1
    assert Link.objects.filter(purpose=invitations.REPLY_LINK).count() == 2


# -- Calling off --------------------------------------------------------------------------------------------------


def test_cancelled_meeting_is_called_off_at_once_and_once() -> None:
    meeting = invited()
    mail.outbox.clear()
    meeting.place = "Bürgerhaus"
    meeting.save()
    invitations.keep_told(today())
    meeting.cancel("Die Moderation ist erkrankt.")
    for _ in range(2):
        invitations.keep_told(today())
        outbox.deliver_due()
    [message] = to("ben@example.org")
    assert message.subject.startswith("Abgesagt: Runder Tisch Musterstadt, 1. Sitzung")
    assert "Die Moderation ist erkrankt." in message.body
    assert "rueckmeldung" not in message.body
    event = event_in(message)
    assert calendar_in(message)["METHOD"] == "CANCEL"
    assert (str(event["UID"]), event["SEQUENCE"], event["STATUS"]) == (str(meeting.uid), 1, "CANCELLED")
    assert str(event["ATTENDEE"]) == "mailto:ben@example.org"
    assert len(mail.outbox) == 2


def test_nothing_is_called_off_for_whom_no_invitation_reached() -> None:
    meeting = a_meeting()
    invitations.invite(meeting, timezone.now())
    meeting.cancel()
    told_later()
    assert mail.outbox == []
    assert {message.state for message in Message.objects.all()} == {"dropped"}


def test_meeting_whose_agenda_was_erased_is_called_off_all_the_same() -> None:
    meeting = invited()
    mail.outbox.clear()
    meeting.announcements.update(content={})
    meeting.cancel()
    for _ in range(2):
        told_later()
    assert [message.subject.partition(":")[0] for message in mail.outbox] == ["Abgesagt", "Abgesagt"]


# -- Moved beyond a member's last day -----------------------------------------------------------------------------


def moved(meeting: Meeting, days: int) -> None:
    meeting.starts_at += datetime.timedelta(days=days)
    meeting.ends_at += datetime.timedelta(days=days)
    meeting.save()


@pytest.fixture
def leaver() -> Any:
    """Dora, who was invited to a meeting on her last day."""
    meeting = a_meeting()
    leaver = member(meeting.forum, "Dora Weg", period=period(datetime.date(2020, 1, 1), meeting.day))
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    mail.outbox.clear()
    return leaver


def test_who_no_longer_belongs_to_the_forum_on_the_new_day_is_told_once(leaver: Any) -> None:
    meeting = Meeting.objects.get()
    old_day = meeting.day
    meeting.link = "https://video.example.org/7"
    moved(meeting, 7)
    for _ in range(2):
        told_later()
    [message] = to("dora@example.org")
    assert message.subject.startswith("Verschoben: Runder Tisch Musterstadt")
    assert f"{old_day:%d.%m.%Y}" in message.body
    assert "rueckmeldung" not in message.body
    event = event_in(message)
    assert calendar_in(message)["METHOD"] == "CANCEL"
    assert (str(event["UID"]), event["SEQUENCE"], event["STATUS"]) == (str(meeting.uid), 1, "CANCELLED")
    assert "video.example.org" not in str(event["DESCRIPTION"])
    assert to("ben@example.org")[0].subject.startswith("Geändert: ")
    Meeting.objects.get().cancel()
    told_later()
    assert len(to("dora@example.org")) == 1


def test_moved_and_called_off_at_once_is_told_as_well(leaver: Any) -> None:
    meeting = Meeting.objects.get()
    moved(meeting, 7)
    meeting.cancel()
    told_later()
    assert len(to("dora@example.org")) == 1


def test_who_had_left_before_the_meeting_was_moved_hears_nothing(leaver: Any) -> None:
    meeting = Meeting.objects.get()
    left(leaver, meeting)
    moved(meeting, 7)
    told_later()
    assert to("dora@example.org") == []


@pytest.mark.parametrize("again", ["moved back", "membership goes on"])
def test_who_belongs_to_the_forum_again_on_that_day_is_invited_anew(leaver: Any, again: str) -> None:
    meeting = Meeting.objects.get()
    moved(meeting, 7)
    told_later()
    mail.outbox.clear()
    meeting = Meeting.objects.get()
    if again == "moved back":
        moved(meeting, -7)
    else:
        MembershipFactory(forum=meeting.forum, person=leaver.person, period=period(meeting.day))
    told_later()
    assert to("dora@example.org")[0].subject.startswith("Einladung: ")
    assert event_in(to("dora@example.org")[-1])["STATUS"] == "CONFIRMED"


# -- The reminder -------------------------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Meeting:
    """Both were invited long ago and are to answer in three days."""
    meeting = invited(reply_until=today() + datetime.timedelta(days=3))
    Attendance.objects.update(invited_at=timezone.now() - datetime.timedelta(days=14))
    mail.outbox.clear()
    return meeting


def test_who_did_not_answer_is_reminded_once(silent: Meeting) -> None:
    Attendance.objects.filter(pk=line_of(silent, "Ada").pk).update(reply="declined", replied_at=timezone.now())
    for days in (-1, 0, 1, 2, 3, 4):
        invitations.remind(today() + datetime.timedelta(days=days))
        outbox.deliver_due()
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]
    [message] = mail.outbox
    assert message.subject.startswith("Erinnerung an Ihre Rückmeldung: Runder Tisch Musterstadt")
    assert "antwort=zusage" in message.body


def test_where_no_day_is_named_the_silent_are_reminded_shortly_before_the_meeting() -> None:
    meeting = invited()
    Attendance.objects.update(invited_at=timezone.now() - datetime.timedelta(days=14))
    invitations.remind(meeting.day - datetime.timedelta(days=6))
    assert not Message.objects.filter(occasion=invitations.REMINDER).exists()
    invitations.remind(meeting.day - datetime.timedelta(days=5))
    assert Message.objects.filter(occasion=invitations.REMINDER).count() == 2


def test_nobody_is_reminded_too_early(silent: Meeting) -> None:
    invitations.remind(today() - datetime.timedelta(days=1))
    assert not Message.objects.filter(occasion=invitations.REMINDER).exists()


def test_nobody_is_reminded_of_what_came_yesterday(silent: Meeting) -> None:
    Attendance.objects.update(invited_at=timezone.now() - datetime.timedelta(days=1))
    invitations.remind(today())
    assert not Message.objects.filter(occasion=invitations.REMINDER).exists()


def test_who_answers_meanwhile_is_not_reminded(silent: Meeting) -> None:
    invitations.remind(today())
    Attendance.objects.update(reply="accepted", replied_at=timezone.now())
    outbox.deliver_due()
    assert mail.outbox == []


# -- By the worker, over a real mail server -----------------------------------------------------------------------


def test_worker_invites_changes_and_calls_off_over_smtp(settings: Any) -> None:
    meeting = a_meeting()
    member(meeting.forum, "Nora Niemand", email=NOBODY)
    with MailServer() as server:
        for name, value in dj_email_url.parse(server.url).items():
            setattr(settings, name, value)
        invitations.invite(meeting, timezone.now())
        outbox.deliver_due()
        outbox.deliver_due()
        meeting.place = "Bürgerhaus"
        meeting.save()
        assert any(line.startswith("forums.keep_told:") for line in duties.run_due())
        meeting.announcements.filter(announced_at=None).update(noticed_at=timezone.now() - TEN_MINUTES)
        invitations.keep_told(today())
        outbox.deliver_due()
        outbox.deliver_due()
        meeting.cancel()
        invitations.keep_told(today())
        outbox.deliver_due()
        outbox.deliver_due()
        received = server.to("ben@example.org")
    assert [message["Subject"].partition(":")[0].strip() for message in received] == [
        "Einladung",
        "Geändert",
        "Abgesagt",
    ]
    parts = [
        {part.get_content_type(): part for part in message.walk() if not part.is_multipart()} for message in received
    ]
    assert [set(kinds) for kinds in parts] == [{"text/plain", "text/html", "text/calendar", "application/ics"}] * 3
    calendars = [kinds["text/calendar"] for kinds in parts]
    assert [part.get_param("method") for part in calendars] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [icalendar.Calendar.from_ical(part.get_content()).events[0] for part in calendars]
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert len({str(event["UID"]) for event in events}) == 1
    assert all(icalendar.Calendar.from_ical(kinds["application/ics"].get_content()) for kinds in parts)
    replies = invitations.replies_to(meeting)
    fate = {str(line.attendance): line.mail.state for line in replies.lines if line.mail}
    assert fate == {"Ada Muster": "sent", "Ben Beispiel": "sent", "Nora Niemand": "refused"}


# -- What is kept -------------------------------------------------------------------------------------------------


def test_what_was_told_is_kept_no_longer_than_the_meeting() -> None:
    meeting = invited()
    [told] = [one for one in personal_data.registered() if one.model is Announcement]
    assert told.due is not None
    assert not told.due(meeting.day).exists()
    assert told.due(meeting.day + datetime.timedelta(days=1)).get().meeting == meeting


def test_name_erased_from_what_was_told_brings_no_mail() -> None:
    meeting = invited()
    meeting.announcements.update(content={})
    told_later()
    assert len(mail.outbox) == 2
    meeting.place = "Bürgerhaus"
    meeting.save()
    told_later()
    assert len(mail.outbox) == 4

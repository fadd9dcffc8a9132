"""Who is invited answers by the mail's link or signed in; the office sees at once who comes."""

import datetime
import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common import outbox
from common.audit import history_of
from common.links import Link
from forums import invitations
from forums.models import Attendance, Meeting
from tests.factories import OfficeMembershipFactory, PersonFactory, UserFactory
from tests.forums.circle import a_meeting, invited, left, line_of, member

pytestmark = pytest.mark.django_db


def link_of(address: str, answer: str = "zusage") -> str:
    [message] = [message for message in mail.outbox if message.to == [address]]
    return str(re.findall(rf"http://testserver(/rueckmeldung/\S+antwort={answer})", message.body)[0])


def send(client: Client, address: str, **typed: str) -> Any:
    """Open the page, and send what it holds with what was typed."""
    seen = client.get(address).context["form"]["seen_version"].value()
    return client.post(address, {"seen_version": seen, **typed})


def colleague(meeting: Meeting, **given: Any) -> Client:
    client = Client()
    client.force_login(OfficeMembershipFactory(office=meeting.forum.office, **given).user)
    return client


def page(meeting: Meeting, name: str = "") -> str:
    return f"{meeting.get_absolute_url()}{name}"


# -- By link ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reply"), [("zusage", "accepted"), ("absage", "declined"), ("vertretung", "substitute")]
)
def test_page_opens_with_the_answer_chosen_and_one_button_sends_it(client: Client, answer: str, reply: str) -> None:
    meeting = invited()
    address = link_of("ben@example.org", answer)
    response = client.get(address)
    html = response.content.decode()
    assert response.context["form"]["reply"].value() == reply
    assert html.partition('method="post"')[2].partition("</form>")[0].count("<button") == 1
    assert line_of(meeting, "Ben").reply == ""  # scanners that follow links answer nothing
    response = send(client, address, reply=reply)
    assert response.status_code == 302
    assert "Ihre Rückmeldung ist gespeichert" in client.get(response["Location"]).content.decode()
    line = line_of(meeting, "Ben")
    assert line.reply == reply
    assert line.replied_at is not None
    assert line_of(meeting, "Ada").reply == ""


def test_answer_may_be_changed_until_the_meeting_begins(client: Client) -> None:
    meeting = invited()
    address = link_of("ben@example.org")
    send(client, address, reply="accepted")
    send(client, address, reply="substitute", substitute="Cem Vertretung", remark="Komme aus Lage")
    line = line_of(meeting, "Ben")
    assert (line.reply, line.substitute, line.remark) == ("substitute", "Cem Vertretung", "Komme aus Lage")
    send(client, address, reply="declined", substitute="", remark="")
    line.refresh_from_db()
    assert (line.reply, line.substitute, line.remark) == ("declined", "", "")
    Meeting.objects.update(starts_at=timezone.now() - datetime.timedelta(minutes=1))
    assert client.post(address, {"reply": "accepted"}).status_code == 404
    line.refresh_from_db()
    assert line.reply == "declined"


def test_substitute_goes_with_that_answer_alone(client: Client) -> None:
    meeting = invited()
    response = send(client, link_of("ben@example.org"), reply="accepted", substitute="Cem Vertretung")
    assert list(response.context["form"].errors) == ["substitute"]
    assert "Cem Vertretung" in response.content.decode()
    assert line_of(meeting, "Ben").reply == ""


def test_answer_is_on_record_as_given_by_link(client: Client) -> None:
    meeting = invited()
    send(client, link_of("ben@example.org"), reply="accepted")
    [change] = [change for change in history_of(line_of(meeting, "Ben")) if change.actor.startswith("Ben Beispiel")]
    assert "Link" in change.actor


@pytest.mark.parametrize("over", ["cancelled", "begun", "left", "another address", "invented", "held"])
def test_link_that_is_over_says_what_to_do_and_reveals_nothing(client: Client, over: str) -> None:
    meeting = a_meeting()
    leaver = member(meeting.forum, "Dora Weg")
    invitations.invite(meeting, timezone.now())
    outbox.deliver_due()
    address = link_of("dora@example.org")
    if over == "cancelled":
        meeting.cancel()
    elif over == "held":
        meeting.hold()
    elif over == "begun":
        Meeting.objects.update(starts_at=timezone.now() - datetime.timedelta(minutes=1))
    elif over == "left":
        left(leaver, meeting)
    elif over == "another address":
        leaver.person.email = "neu@example.org"
        leaver.person.save()
    else:
        address = "/rueckmeldung/erfunden/"
    for method in (client.get, client.post):
        response = method(address, {"reply": "accepted"})
        html = response.content.decode()
        assert response.status_code == 404
        assert "Was Sie tun können" in html
        for secret in ("Runder Tisch", "Dora", "Rathaus"):
            assert secret not in html
    assert line_of(meeting, "Dora").reply == ""


def test_page_by_link_is_kept_nowhere_and_tells_nobody_its_address(client: Client) -> None:
    invited()
    response = client.get(link_of("ben@example.org"))
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies


def test_second_mail_address_gets_a_link_of_its_own(client: Client) -> None:
    meeting = invited()
    person = line_of(meeting, "Ben").person
    assert person is not None
    person.email = "neu@example.org"
    person.save()
    meeting.place = "Bürgerhaus"
    meeting.save()
    invitations.keep_told(meeting.day)
    meeting.announcements.filter(announced_at=None).update(noticed_at=timezone.now() - datetime.timedelta(hours=1))
    invitations.keep_told(meeting.day)
    outbox.deliver_due()
    assert client.get(link_of("neu@example.org")).status_code == 200
    assert client.get(link_of("ben@example.org")).status_code == 404
    assert Link.objects.filter(revoked_at=None).count() == 2


# -- Signed in ----------------------------------------------------------------------------------------------------


def test_member_with_an_account_answers_on_the_meetings_page(client: Client) -> None:
    meeting = a_meeting()
    user = UserFactory()
    member(meeting.forum, "Cem Konto", person__user=user)
    invitations.invite(meeting, timezone.now())
    client.force_login(user)
    assert page(meeting, "rueckmeldung/") in client.get(page(meeting)).content.decode()
    response = send(client, page(meeting, "rueckmeldung/"), reply="accepted")
    assert response["Location"] == page(meeting)
    assert line_of(meeting, "Cem").reply == "accepted"
    assert "rueckmeldungen/" not in client.get(page(meeting)).content.decode()  # others' answers are not a member's


def test_who_is_not_invited_does_not_answer(client: Client) -> None:
    meeting = invited()
    assert colleague(meeting).post(page(meeting, "rueckmeldung/"), {"reply": "accepted"}).status_code == 403


# -- The office and the chair -------------------------------------------------------------------------------------


def test_invitation_shows_the_mail_and_who_is_not_reached() -> None:
    meeting = a_meeting()
    member(meeting.forum, "Cem Ohne", email="")
    office = colleague(meeting)
    assert page(meeting, "einladen/") in office.get(page(meeting)).content.decode()
    response = office.get(page(meeting, "einladen/"))
    html = response.content.decode()
    assert "2 Personen bekommen die E-Mail" in html
    assert [str(membership) for membership in response.context["not_reached"]] == ["Cem Ohne"]
    assert "wir laden Sie herzlich ein: Runder Tisch Musterstadt" in html
    assert not Attendance.objects.exists()
    until = (meeting.day - datetime.timedelta(days=5)).strftime("%d.%m.%Y")
    response = send(office, page(meeting, "einladen/"), reply_until=until)
    assert response["Location"] == page(meeting, "rueckmeldungen/")
    outbox.deliver_due()
    assert len(mail.outbox) == 2
    assert f"Bitte geben Sie Ihre Rückmeldung bis {until}." in mail.outbox[0].body


def test_reply_date_after_the_meeting_is_refused_beside_the_field() -> None:
    meeting = a_meeting()
    late = (meeting.day + datetime.timedelta(days=1)).strftime("%d.%m.%Y")
    response = send(colleague(meeting), page(meeting, "einladen/"), reply_until=late)
    assert list(response.context["form"].errors) == ["reply_until"]
    assert not Attendance.objects.exists()


def test_chair_with_an_account_invites_too() -> None:
    meeting = a_meeting()
    user = UserFactory()
    member(meeting.forum, "Cem Vorsitz", role="chair", person__user=user)
    client = Client()
    client.force_login(user)
    assert client.post(page(meeting, "einladen/"), {"reply_until": ""}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.state == "invited"


def test_who_comes_is_visible_at_once() -> None:
    meeting = invited()
    Attendance.objects.filter(pk=line_of(meeting, "Ben").pk).update(
        reply="substitute", substitute="Cem Vertretung", replied_at=timezone.now()
    )
    office = colleague(meeting)
    text = re.sub(r"<[^>]+>", "", office.get(page(meeting)).content.decode())
    assert "1 kommt · 0 kommen nicht · 1 ohne Rückmeldung" in text
    html = office.get(page(meeting, "rueckmeldungen/")).content.decode()
    assert "Cem Vertretung" in html
    assert "gesendet" in html


def test_answer_by_phone_is_noted_and_taken_back() -> None:
    meeting = invited()
    office = colleague(meeting)
    line = line_of(meeting, "Ben")
    address = page(meeting, f"rueckmeldungen/{line.pk}/")
    send(office, address, reply="declined", remark="rief an")
    line.refresh_from_db()
    assert (line.reply, line.remark) == ("declined", "rief an")
    send(office, address, reply="")
    line.refresh_from_db()
    assert (line.reply, line.replied_at) == ("", None)


def test_two_answers_at_once_are_both_shown(client: Client) -> None:
    meeting = invited()
    line = line_of(meeting, "Ben")
    client.post(link_of("ben@example.org"), {"reply": "accepted", "seen_version": line.version})
    address = page(meeting, f"rueckmeldungen/{line.pk}/")
    response = colleague(meeting).post(address, {"reply": "declined", "seen_version": line.version})
    assert "reply" in response.context["form"].errors
    line.refresh_from_db()
    assert line.reply == "accepted"


def test_one_more_person_is_invited() -> None:
    meeting = invited()
    known = PersonFactory(given_name="Gast", email="gast@example.org")
    stranger = PersonFactory()
    meeting.forum.memberships.create(person=known, period="[2020-01-01,2021-01-01)")
    office = colleague(meeting)
    address = page(meeting, "rueckmeldungen/einladen/")
    assert list(office.post(address, {"person": stranger.pk}).context["form"].errors) == ["person"]
    assert list(office.post(address, {"person": line_of(meeting, "Ben").person_id}).context["form"].errors) == [
        "person"
    ]
    assert office.post(address, {"person": known.pk}).status_code == 302
    outbox.deliver_due()
    assert mail.outbox[-1].to == ["gast@example.org"]


def test_change_that_waits_is_announced_to_the_office() -> None:
    meeting = invited()
    meeting.place = "Bürgerhaus"
    meeting.save()
    invitations.keep_told(meeting.day)
    html = colleague(meeting).get(page(meeting, "rueckmeldungen/")).content.decode()
    assert "Änderungen sind noch nicht mitgeteilt." in html


@pytest.mark.parametrize("name", ["", "rueckmeldungen/", "einladen/"])
def test_queries_do_not_grow_with_the_members(name: str) -> None:
    meeting = invited()
    office = colleague(meeting)
    office.get(page(meeting, name))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert office.get(page(meeting, name)).status_code == 200
        return len(captured)

    few = queries()
    for number in range(8):
        member(meeting.forum, f"Mitglied{number} Muster")
    invitations.keep_told(meeting.day)
    assert queries() == few

"""Planning meetings on their pages: one, a series, moved, copied, called off; and what the page of one shows."""

import datetime
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.periods import BERLIN, ONE_DAY, today
from forums import invitations
from forums.models import Forum, Meeting
from tests.contacts.own_entry import sent_by
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    DistrictFactory,
    DocumentFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeTaskFactory,
    StateFactory,
    TemplateItemFactory,
    UserFactory,
)
from tests.forums.people import coordinator, former_chair, member, partner, signed_in
from tests.forums.test_promises import approve

pytestmark = pytest.mark.django_db

DAY = datetime.date(2031, 5, 6)


@pytest.fixture
def forum() -> Any:
    return ForumFactory(district=DistrictFactory(state=StateFactory(ags="05")), rhythm="weekly")


def at(day: datetime.date, hour: int, minute: int = 0) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(hour, minute), BERLIN)


def to_come(forum: Forum, **more: Any) -> Meeting:
    meeting = MeetingFactory(forum=forum, starts_at=at(DAY, 14), **more)
    meeting.plan()
    return meeting


def page(meeting: Meeting, name: str) -> str:
    return reverse(name, args=[meeting.forum_id, meeting.pk])


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


TYPED = {"day": "06.05.2031", "starts_at": "14.30", "ends_at": "16 Uhr", "place": "Rathaus", "address": "Markt 1"}


# -- One meeting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [coordinator, partner, lambda forum: member(forum, "chair")])
def test_meeting_is_planned_by_offices_and_chair_with_times_of_berlin(forum: Forum, who: Any) -> None:
    TemplateItemFactory(forum=forum, title="Begrüßung")
    response = who(forum).post(reverse("meeting_add", args=[forum.pk]), TYPED, follow=True)
    meeting = Meeting.objects.get()
    assert response.redirect_chain == [(meeting.get_absolute_url(), 302)]
    assert (meeting.starts_at, meeting.ends_at) == (at(DAY, 14, 30), at(DAY, 16))
    assert (meeting.state, meeting.items.get().title) == ("draft", "Begrüßung")
    assert "Rathaus" in response.content.decode()


@pytest.mark.parametrize("who", [member, former_chair, lambda forum: member(forum, "guest")])
def test_members_plan_nothing(forum: Forum, who: Any) -> None:
    Forum.objects.update(is_public=True)
    assert who(forum).post(reverse("meeting_add", args=[forum.pk]), TYPED).status_code == 403
    meeting = to_come(forum)
    for name in ("meeting_change", "meeting_plan", "meeting_cancel", "meeting_copy", "agenda", "topic_call"):
        assert who(forum).post(page(meeting, name), TYPED).status_code == 403, name


def test_meeting_of_several_days_keeps_its_end_when_something_else_is_saved(forum: Forum) -> None:
    client = coordinator(forum)
    client.post(reverse("meeting_add", args=[forum.pk]), TYPED | {"last_day": "08.05.2031"})
    meeting = Meeting.objects.get()
    last = DAY + 2 * ONE_DAY
    assert (meeting.starts_at, meeting.ends_at) == (at(DAY, 14, 30), at(last, 16))
    address = page(meeting, "meeting_change")
    [offered] = re.findall(r'name="last_day" value="([^"]*)"', shown(client, address))
    client.post(address, TYPED | sent_by(client, address) | {"last_day": offered, "place": "Bürgerhaus"})
    meeting.refresh_from_db()
    assert (meeting.place, meeting.ends_at) == ("Bürgerhaus", at(last, 16))
    when = "Dienstag, 06.05.2031, 14:30 bis Donnerstag, 08.05.2031, 16:00 Uhr"
    assert when in invitations.preview(meeting)
    for name in ("meeting", "meeting_copy", "sign_in_sheet"):
        assert when in shown(client, page(meeting, name)), name


def test_meeting_may_be_planned_at_once(forum: Forum) -> None:
    coordinator(forum).post(reverse("meeting_add", args=[forum.pk]), TYPED | {"is_planned": "on"})
    assert Meeting.objects.get().state == "planned"


def test_form_offers_time_and_place_of_the_last_meeting(forum: Forum) -> None:
    to_come(forum, address="Markt 7")
    text = shown(coordinator(forum), reverse("meeting_add", args=[forum.pk]))
    assert 'value="14:00"' in text
    assert 'value="Markt 7"' in text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"ends_at": "14:30"}, "Die Sitzung muss nach ihrem Beginn enden."),
        ({"starts_at": "25:00"}, "Diese Uhrzeit gibt es nicht"),
        ({"day": "31.02.2031"}, "Diesen Tag gibt es nicht"),
        ({"topics_until": "07.05.2031"}, "nicht nach der Sitzung"),
        ({"last_day": "05.05.2031"}, "Der letzte Tag liegt vor dem ersten."),
        ({"last_day": "06.07.2031"}, "weniger als einen Monat"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_typed_is_lost(
    forum: Forum, typed: dict[str, str], message: str
) -> None:
    text = coordinator(forum).post(reverse("meeting_add", args=[forum.pk]), TYPED | typed).content.decode()
    assert message in text
    assert all(f'value="{value}"' in text for value in (TYPED | typed).values())
    assert not Meeting.objects.exists()


def test_forum_run_by_others_has_no_invitation_and_goes_on_with_its_log(forum: Forum) -> None:
    Forum.objects.update(is_elsewhere=True, organiser="Stadtteilbüro")
    client = coordinator(forum)
    assert "reply_until" not in shown(client, reverse("meeting_add", args=[forum.pk]))
    meeting = to_come(Forum.objects.get())
    text = shown(client, meeting.get_absolute_url())
    assert "noch nicht eingeladen" not in text
    assert "wer da ist" in text
    assert meeting.next_step(at(DAY, 9)) == "log"


def test_two_writers_lose_nothing(forum: Forum) -> None:
    meeting = to_come(forum)
    client = coordinator(forum)
    seen = sent_by(client, page(meeting, "meeting_change"))
    Meeting.objects.update(place="Bürgerhaus")
    text = client.post(page(meeting, "meeting_change"), TYPED | seen).content.decode()
    assert "Bürgerhaus" in text
    assert 'value="Rathaus"' in text
    assert Meeting.objects.get().place == "Bürgerhaus"


def test_meeting_is_moved(forum: Forum) -> None:
    meeting = to_come(forum)
    client = coordinator(forum)
    client.post(page(meeting, "meeting_change"), TYPED | sent_by(client, page(meeting, "meeting_change")))
    meeting.refresh_from_db()
    assert (meeting.starts_at, meeting.address, meeting.state) == (at(DAY, 14, 30), "Markt 1", "planned")


def test_of_a_meeting_whose_minutes_are_approved_only_the_office_task_changes(forum: Forum) -> None:
    task = OfficeTaskFactory(office=forum.office)
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum, starts_at=at(DAY, 14)))
    client, address = coordinator(forum), page(minutes.meeting, "meeting_change")
    assert "Termin und Ort ändern" in shown(client, minutes.meeting.get_absolute_url())
    approve(minutes)
    assert "Termin und Ort ändern" not in shown(client, minutes.meeting.get_absolute_url())
    text = shown(client, address)
    assert 'name="day"' not in text
    assert "Das Protokoll ist genehmigt" in text
    client.post(address, sent_by(client, address) | {"task": task.pk})
    stored = Meeting.objects.get()
    assert (stored.task, stored.starts_at, stored.place) == (task, at(DAY, 14), minutes.meeting.place)


def test_form_opened_before_the_minutes_were_approved_saves_nothing_and_says_so(forum: Forum) -> None:
    task = OfficeTaskFactory(office=forum.office)
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum, starts_at=at(DAY, 14)))
    client, address = coordinator(forum), page(minutes.meeting, "meeting_change")
    opened = TYPED | sent_by(client, address) | {"day": "07.05.2031", "task": task.pk}
    approve(minutes)
    answer = client.post(address, opened)
    assert "Das Protokoll ist inzwischen genehmigt" in answer.text
    stored = Meeting.objects.get()
    assert (stored.task, stored.starts_at, stored.place) == (None, at(DAY, 14), minutes.meeting.place)
    assert f'value="{task.pk}" selected' in answer.text


def test_draft_is_planned_by_a_button(forum: Forum) -> None:
    meeting = MeetingFactory(forum=forum, starts_at=at(DAY, 14))
    client = coordinator(forum)
    assert page(meeting, "meeting_plan") in shown(client, meeting.get_absolute_url())
    seen = sent_by(client, page(meeting, "meeting_plan"))
    assert Meeting.objects.get().state == "draft"
    client.post(page(meeting, "meeting_plan"), seen)
    assert Meeting.objects.get().state == "planned"


def test_calling_off_asks_for_the_reason_and_says_it(forum: Forum) -> None:
    meeting = to_come(forum)
    client = coordinator(forum)
    client.get(page(meeting, "meeting_cancel"))
    client.post(page(meeting, "meeting_cancel"), {})
    assert Meeting.objects.get().state == "planned"
    text = client.post(page(meeting, "meeting_cancel"), {"reason": "Sturmwarnung"}, follow=True).content.decode()
    assert Meeting.objects.get().state == "cancelled"
    assert "Sturmwarnung" in text


def test_unnumbered_draft_is_deleted_and_a_planned_meeting_is_not(forum: Forum) -> None:
    draft, planned = MeetingFactory(forum=forum), to_come(forum)
    client = coordinator(forum)
    for meeting in (draft, planned):
        client.post(page(meeting, "meeting_delete"), sent_by(client, page(meeting, "meeting_delete")))
    assert Meeting.objects.get() == planned


def test_partner_deletes_nothing(forum: Forum) -> None:
    draft = MeetingFactory(forum=forum)
    assert partner(forum).post(page(draft, "meeting_delete")).status_code == 403


def test_button_pressed_on_a_page_that_is_out_of_date_asks_again(forum: Forum) -> None:
    draft = MeetingFactory(forum=forum)
    client = coordinator(forum)
    seen = sent_by(client, page(draft, "meeting_delete"))
    Meeting.objects.update(place="Bürgerhaus")
    assert "inzwischen geändert" in client.post(page(draft, "meeting_delete"), seen).content.decode()
    assert Meeting.objects.exists()


# -- A copy -------------------------------------------------------------------------------------------------------


def test_copy_says_what_is_copied_and_copies_exactly_that(forum: Forum) -> None:
    meeting = to_come(forum, address="Markt 7", access="Aufzug links", title="Klausur", reply_until=DAY - ONE_DAY)
    AgendaItemFactory(meeting=meeting, title="Wohnraum", result="Besprochen.")
    client = coordinator(forum)
    text = shown(client, page(meeting, "meeting_copy"))
    for copied in ("14:00–16:00", "Markt 7", "Aufzug links", "Klausur", "Wohnraum"):
        assert copied in text
    assert "Protokoll, Beschlüsse und Aufgaben" in text
    assert "Punkte nur für die Stellen" not in text
    client.post(page(meeting, "meeting_copy"), {"day": "13.05.2031", "starts_at": "15:00"})
    copy = Meeting.objects.exclude(pk=meeting.pk).get()
    assert (copy.starts_at, copy.ends_at) == (at(DAY + 7 * ONE_DAY, 15), at(DAY + 7 * ONE_DAY, 17))
    assert (copy.address, copy.access, copy.title) == ("Markt 7", "Aufzug links", "Klausur")
    assert (copy.state, copy.number, copy.reply_until, copy.uid == meeting.uid) == ("draft", None, None, False)
    assert [(item.title, item.result) for item in copy.items.all()] == [("Wohnraum", "")]


def test_copy_page_lists_what_was_put_off_apart_and_from_which_day_on_it_is_taken(forum: Forum) -> None:
    meeting = to_come(forum)
    AgendaItemFactory(meeting=meeting, title="Verkehr").postpone(today())
    text = " ".join(shown(coordinator(forum), page(meeting, "meeting_copy")).split())
    assert text.count("Verkehr") == 1
    assert "wenn die Kopie nach dem 06.05.2031 liegt" in text


def test_copy_page_tells_a_chair_that_internal_items_go_along_and_names_none(forum: Forum) -> None:
    meeting = to_come(forum)
    AgendaItemFactory(meeting=meeting, title="Personalfrage", is_internal=True)
    chair = MembershipFactory(forum=forum, person__user=UserFactory(), role="chair").person.user
    text = shown(signed_in(chair), page(meeting, "meeting_copy"))
    assert "Punkte nur für die Stellen werden mitkopiert, falls es sie gibt." in text
    assert "Personalfrage" not in text


# -- A series -----------------------------------------------------------------------------------------------------

SERIES = {
    "day": "29.05.2031",
    "last_day": "19.06.2031",
    "starts_at": "14",
    "ends_at": "16",
    "rhythm": "weekly",
    "on_holiday": "auslassen",
    "place": "Rathaus",
}


def days(forum: Forum) -> list[str]:
    return [f"{meeting.day:%d.%m.}" for meeting in forum.meetings.order_by("starts_at")]


def confirmed(client: Client, address: str, typed: dict[str, str], termin: list[str]) -> Any:
    """What the preview's form sends when it is confirmed with these dates ticked."""
    preview = client.post(address, typed)
    seen = preview.context["form"].digest
    return client.post(address, typed | {"gesehen": seen, "schritt": "verbindlich", "termin": termin}, follow=True)


def test_series_is_previewed_and_says_which_holiday_is_left_out(forum: Forum) -> None:
    """Corpus Christi is a holiday in North Rhine-Westphalia."""
    client, address = coordinator(forum), reverse("meeting_series", args=[forum.pk])
    text = client.post(address, SERIES).content.decode()
    assert "Fronleichnam: ausgelassen" in " ".join(text.split())
    assert not Meeting.objects.exists()
    confirmed(client, address, SERIES, ["2031-05-29", "2031-06-05", "2031-06-12", "2031-06-19"])
    assert days(forum) == ["29.05.", "05.06.", "19.06."]
    assert {meeting.place for meeting in Meeting.objects.all()} == {"Rathaus"}


def test_series_moves_a_holiday_to_the_next_working_day(forum: Forum) -> None:
    client, address = coordinator(forum), reverse("meeting_series", args=[forum.pk])
    typed = SERIES | {"on_holiday": "verschieben", "is_planned": "on"}
    text = client.post(address, typed).content.decode()
    assert "Fronleichnam: verschoben vom 12.06.2031" in " ".join(text.split())
    confirmed(client, address, typed, ["2031-06-13"])
    assert days(forum) == ["13.06."]
    assert Meeting.objects.get().state == "planned"


def test_series_sent_twice_makes_no_doubles(forum: Forum) -> None:
    client, address = coordinator(forum), reverse("meeting_series", args=[forum.pk])
    sent = SERIES | {
        "gesehen": client.post(address, SERIES).context["form"].digest,
        "schritt": "verbindlich",
        "termin": ["2031-06-05"],
    }
    client.post(address, sent)
    assert "inzwischen" in client.post(address, sent).content.decode().lower()
    assert days(forum) == ["05.06."]


@pytest.mark.parametrize(("last_day", "message"), [("01.05.2031", "liegt vor"), ("01.05.2040", "mehr als 60")])
def test_series_that_cannot_be_is_refused(forum: Forum, last_day: str, message: str) -> None:
    text = coordinator(forum).post(reverse("meeting_series", args=[forum.pk]), SERIES | {"last_day": last_day})
    assert message in text.content.decode()


# -- The page -----------------------------------------------------------------------------------------------------


def test_page_shows_place_agenda_and_times(forum: Forum) -> None:
    Forum.objects.update(is_public=True)
    meeting = to_come(forum, address="Markt 7", access="Aufzug links", link="https://video.example.org/x")
    AgendaItemFactory(meeting=meeting, title="Begrüßung", minutes=10, kind="information")
    AgendaItemFactory(meeting=meeting, title="Haushalt der Stelle", minutes=20, is_internal=True)
    AgendaItemFactory(meeting=meeting, title="Wohnraum", minutes=45, presenter="Mira Beispiel", text="Zum Stand.")
    visitor, inside = shown(Client(), meeting.get_absolute_url()), shown(member(forum), meeting.get_absolute_url())
    for text in (visitor, inside):
        assert all(known in text for known in ("Markt 7", "Aufzug links", "TOP 2", "14:30", "Zum Stand."))
        assert "Haushalt der Stelle" not in text
    assert "Mira Beispiel" not in visitor
    assert "Mira Beispiel" in inside
    office = shown(coordinator(forum), meeting.get_absolute_url())
    assert "Haushalt der Stelle" in office
    assert "Nächster Schritt" in office
    assert "Nächster Schritt" not in inside


def test_link_to_take_part_is_shown_to_whoever_is_invited_or_runs_the_meeting(forum: Forum) -> None:
    town = MunicipalityFactory()
    forum.town_links.create(municipality=town)
    Forum.objects.update(is_public=True)
    meeting = to_come(forum, link="https://video.example.org/x")
    clients = {
        "visitor": Client(),
        "town hall": signed_in(MunicipalStaffFactory(municipality=town).user),
        "member": member(forum),
        "chair": member(forum, "chair"),
        "office": coordinator(forum),
    }

    def told() -> set[str]:
        pages = {name: shown(client, meeting.get_absolute_url()) for name, client in clients.items()}
        return {name for name, text in pages.items() if "video.example.org" in text}

    assert told() == {"chair", "office"}
    invitations.invite(meeting, timezone.now())
    assert told() == {"member", "chair", "office"}


def test_open_tasks_stand_on_the_agenda_of_every_meeting_to_come(forum: Forum) -> None:
    first, second = to_come(forum), MeetingFactory(forum=forum, starts_at=at(DAY + ONE_DAY, 14))
    held = MeetingFactory(forum=forum)
    held.hold()
    task = ActionItemFactory(forum=forum, what="Raumliste schreiben")
    ActionItemFactory(forum=forum, what="Erledigtes", state="done", closed_on=today())
    client = coordinator(forum)
    for meeting in (first, second):
        text = shown(client, meeting.get_absolute_url())
        assert task.what in text
        assert "Erledigtes" not in text
    assert task.what not in shown(client, held.get_absolute_url())
    assert task.what in shown(member(forum), first.get_absolute_url())
    Forum.objects.update(is_public=True)
    assert task.what not in shown(Client(), first.get_absolute_url())


def test_attachment_of_an_item_stands_beside_it_for_whoever_may_read_it(forum: Forum) -> None:
    meeting = to_come(forum)
    item = AgendaItemFactory(meeting=meeting)
    DocumentFactory(forum=forum, meeting=meeting, item=item, title="Vorlage Wohnraum", audience="offices")
    assert "Anlage: <a" in shown(coordinator(forum), meeting.get_absolute_url())
    assert "Vorlage Wohnraum" not in shown(member(forum), meeting.get_absolute_url())


def test_next_step_follows_the_state(forum: Forum) -> None:
    meeting = MeetingFactory(forum=forum, starts_at=at(DAY, 14))
    before, after = at(DAY, 9), at(DAY, 15)
    assert (meeting.next_step(before), meeting.next_step(after)) == ("plan", "log")
    meeting.plan()
    assert (meeting.next_step(before), meeting.next_step(after)) == ("invite", "log")
    meeting.mark_invited()
    assert meeting.next_step(before) == "log"
    meeting.hold()
    assert meeting.next_step(after) == "minutes"
    other = MeetingFactory(forum=forum)
    other.cancel()
    assert other.next_step(after) == ""


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_pages_cost_the_same_with_many_rows(forum: Forum) -> None:
    meeting = to_come(forum)
    client = coordinator(forum)
    addresses = [
        meeting.get_absolute_url(),
        page(meeting, "agenda"),
        page(meeting, "meeting_copy"),
        page(meeting, "topic_call"),
        reverse("template_agenda", args=[forum.pk]),
    ]

    def rows(count: int) -> None:
        for number in range(count):
            AgendaItemFactory(meeting=meeting, position=number, minutes=5)
            ActionItemFactory(forum=forum)
            TemplateItemFactory(forum=forum)
        for item in meeting.items.filter(put_off_as=None)[:count]:
            item.postpone(DAY)

    rows(1)
    few = {address: queries(client, address) for address in addresses}
    rows(10)
    assert {address: queries(client, address) for address in addresses} == few
    assert max(few.values()) <= 22

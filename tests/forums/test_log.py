"""Logging a meeting: the page without scripts, what is saved while somebody types, and the sign-in sheet."""

import datetime
import re
import uuid
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.periods import BERLIN, period
from forums.models import ActionItem, AgendaItem, Attendance, Decision, Meeting, Membership, Minutes
from tests.common.html import Document
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    DecisionFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OrganisationFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def meeting() -> Meeting:
    """A planned meeting of the past with two members and two items."""
    meeting = MeetingFactory()
    meeting.plan()
    MembershipFactory(forum=meeting.forum, person=PersonFactory(given_name="Ada", family_name="Anders"))
    MembershipFactory(forum=meeting.forum, person=PersonFactory(given_name="Bela", family_name="Berg"))
    AgendaItemFactory(meeting=meeting, title="Wohnraum")
    AgendaItemFactory(meeting=meeting, title="Sprachkurse")
    return meeting


@pytest.fixture
def client(meeting: Meeting) -> Client:
    client = Client()
    client.force_login(OfficeMembershipFactory(office=meeting.forum.office).user)
    return client


def address(meeting: Meeting, name: str = "meeting_log") -> str:
    return reverse(name, args=[meeting.forum_id, meeting.pk])


def page(client: Client, meeting: Meeting, query: str = "") -> Document:
    response = client.get(address(meeting) + query)
    assert response.status_code == 200
    return Document(response.content.decode())


def fields(shown: Document) -> dict[str, Any]:
    """What a browser would send of the page's form."""
    sent: dict[str, Any] = {"piece": []}
    for element in shown.elements:
        name, tags = element.attrs.get("name", ""), [parent.tag for parent in element.parents]
        if not name or "template" in tags or "form" not in tags or element.tag == "button":
            continue
        if name == "piece":
            sent["piece"].append(element.attrs["value"])
        elif element.attrs.get("type") != "radio" or "checked" in element.attrs:
            sent[name] = (
                element.text.removeprefix("\n") if element.tag == "textarea" else element.attrs.get("value", "")
            )
        if element.tag == "select":
            chosen = [one for one in shown.all("option") if element in one.parents and "selected" in one.attrs]
            sent[name] = chosen[0].attrs["value"] if chosen else ""
    return sent


def send(client: Client, meeting: Meeting, shown: Document, **typed: str) -> Any:
    """Press a button of the page after typing; hyphens of names are written as __."""
    return client.post(
        address(meeting), fields(shown) | {name.replace("__", "-"): text for name, text in typed.items()}
    )


def piece(client: Client, meeting: Meeting, name: str, version: int | str = "", /, **typed: str) -> Any:
    """Save one piece as the script does."""
    sent = {f"{name}-{field}": text for field, text in typed.items() if field != "remove"}
    removes = {"remove": "1"} if "remove" in typed else {}
    return client.post(
        address(meeting, "meeting_log_save"), {"piece": name, f"{name}-seen_version": version, **sent, **removes}
    )


def item_of(meeting: Meeting, title: str = "Wohnraum") -> AgendaItem:
    return meeting.items.get(title=title)


def person_of(meeting: Meeting, name: str) -> Any:
    return Membership.objects.get(forum=meeting.forum, person__family_name=name).person


# -- The page, without scripts --------------------------------------------------------------------------------------


def test_first_save_gives_the_meeting_its_number(client: Client, meeting: Meeting) -> None:
    assert send(client, meeting, page(client, meeting)).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.state, meeting.number) == ("held", 1)


@time_machine.travel(datetime.datetime(2026, 3, 1, 12, tzinfo=BERLIN))
def test_before_its_day_what_is_typed_is_kept_and_the_meeting_is_not_held(client: Client, meeting: Meeting) -> None:
    key = item_of(meeting).key
    send(client, meeting, page(client, meeting), **{f"item-{key}-result": "Vorbereitet."})
    meeting.refresh_from_db()
    assert (meeting.state, item_of(meeting).result) == ("planned", "Vorbereitet.")


def test_everything_typed_on_the_page_is_saved_by_one_button(client: Client, meeting: Meeting) -> None:
    key, ada, bela = item_of(meeting).key, person_of(meeting, "Anders"), person_of(meeting, "Berg")
    send(
        client,
        meeting,
        page(client, meeting),
        **{
            f"person-{ada.pk}-presence": "present",
            f"person-{bela.pk}-presence": "excused",
            "meeting-began": "14.05",
            "meeting-closed": "16",
            "meeting-chaired_by": str(ada.pk),
            "meeting-minutes_by": str(bela.pk),
            f"item-{key}-result": "Es fehlt an **Wohnraum**.",
        },
    )
    meeting.refresh_from_db()
    assert dict(meeting.attendances.values_list("person", "presence")) == {ada.pk: "present", bela.pk: "excused"}
    assert (meeting.began_at, meeting.closed_at) == (
        datetime.datetime(2026, 3, 2, 14, 5, tzinfo=BERLIN),
        datetime.datetime(2026, 3, 2, 16, 0, tzinfo=BERLIN),
    )
    assert (meeting.chaired_by, meeting.minutes_by) == (ada, bela)
    assert item_of(meeting).result == "Es fehlt an **Wohnraum**."


def test_a_meeting_may_end_after_midnight(client: Client, meeting: Meeting) -> None:
    send(client, meeting, page(client, meeting), **{"meeting-began": "22:00", "meeting-closed": "00:30"})
    meeting.refresh_from_db()
    assert meeting.closed_at == datetime.datetime(2026, 3, 3, 0, 30, tzinfo=BERLIN)


def test_a_meeting_of_several_days_is_closed_on_the_last_one(client: Client, meeting: Meeting) -> None:
    Meeting.objects.update(ends_at=datetime.datetime(2026, 3, 4, 12, tzinfo=BERLIN))
    send(client, meeting, page(client, meeting), **{"meeting-began": "14:10", "meeting-closed": "12:45"})
    meeting.refresh_from_db()
    assert meeting.began_at == datetime.datetime(2026, 3, 2, 14, 10, tzinfo=BERLIN)
    assert meeting.closed_at == datetime.datetime(2026, 3, 4, 12, 45, tzinfo=BERLIN)


def test_guest_decision_task_and_item_are_added_by_buttons_that_lose_nothing(client: Client, meeting: Meeting) -> None:
    key, ada = str(item_of(meeting).key), person_of(meeting, "Anders")
    response = send(client, meeting, page(client, meeting), add="guest", **{f"item-{key}-result": "Schon getippt."})
    guest_page = Document(client.get(response["Location"]).content.decode())
    assert item_of(meeting).result == "Schon getippt."

    guest = next(name for name in fields(guest_page)["piece"] if name.startswith("guest-"))
    typed = {f"{guest}-name": "Gerda Gast", f"{guest}-organisation_name": "Nachbarschaftstreff"}
    response = send(client, meeting, guest_page, add=f"decision-{key}", **typed)
    decision_page = Document(client.get(response["Location"]).content.decode())
    decision = next(name for name in fields(decision_page)["piece"] if name.startswith("decision-"))
    typed = {f"{decision}-wording": "Wir gründen eine Gruppe.", f"{decision}-votes_for": "7"}
    typed |= {f"{decision}-votes_against": "0", f"{decision}-abstentions": "1"}
    response = send(client, meeting, decision_page, add=f"task-{key}", **typed)
    task_page = Document(client.get(response["Location"]).content.decode())
    task = next(name for name in fields(task_page)["piece"] if name.startswith("task-"))
    typed = {f"{task}-what": "Einladung schreiben", f"{task}-who": str(ada), f"{task}-due_on": "24.03.2026"}
    response = send(client, meeting, task_page, add="item", **typed)
    item_page = Document(client.get(response["Location"]).content.decode())
    stored = {f"item-{one.key}" for one in meeting.items.all()}
    item = next(name for name in fields(item_page)["piece"] if name.startswith("item-") and name not in stored)
    send(client, meeting, item_page, **{f"{item}-title": "Verschiedenes", f"{item}-result": "Nichts weiter."})

    guest_row = meeting.attendances.get(role="guest")
    assert (guest_row.name, guest_row.organisation_name, guest_row.presence) == (
        "Gerda Gast",
        "Nachbarschaftstreff",
        "present",
    )
    decided = Decision.objects.get(item=item_of(meeting))
    assert (decided.wording, decided.votes_for, decided.votes_against, decided.abstentions) == (
        "Wir gründen eine Gruppe.",
        7,
        0,
        1,
    )
    to_do = ActionItem.objects.get(item=item_of(meeting))
    assert (to_do.what, to_do.person, to_do.due_on) == ("Einladung schreiben", ada, datetime.date(2026, 3, 24))
    assert item_of(meeting, "Verschiedenes").result == "Nichts weiter."
    assert meeting.items.last().title == "Verschiedenes"


def test_what_is_refused_stays_typed_beside_its_error_and_the_rest_is_saved(client: Client, meeting: Meeting) -> None:
    key = str(item_of(meeting).key)
    shown = page(client, meeting, f"?neu=task-{key}")
    task = next(name for name in fields(shown)["piece"] if name.startswith("task-"))
    typed = {f"{task}-what": "Nachfragen", f"{task}-who": "Wer auch immer", f"item-{key}-result": "Gesprochen."}
    response = send(client, meeting, shown, **typed)
    answered = Document(response.content.decode())
    assert answered.by_id(f"id_{task}-who").attrs["value"] == "Wer auch immer"
    assert answered.by_id(f"id_{task}-what").attrs["value"] == "Nachfragen"
    assert "Person oder Organisation" in answered.by_id(f"id_{task}-who_error").text
    assert item_of(meeting).result == "Gesprochen."
    assert not ActionItem.objects.exists()


def test_button_shows_the_text_as_it_will_look(client: Client, meeting: Meeting) -> None:
    key = str(item_of(meeting).key)
    typed = {f"item-{key}-result": "# Stand\n\n- **viel**\n- <script>böse</script>"}
    response = send(client, meeting, page(client, meeting), preview=key, **typed)
    shown = client.get(response["Location"]).content.decode()
    assert re.search(r"<h4>Stand</h4>\s*<ul>\s*<li><strong>viel</strong></li>\s*<li>&lt;script&gt;", shown)


def test_item_is_put_off_to_the_next_meeting_and_its_minutes_stay(client: Client, meeting: Meeting) -> None:
    key = str(item_of(meeting).key)
    send(client, meeting, page(client, meeting), postpone=key, **{f"item-{key}-result": "Keine Zeit mehr."})
    topic = meeting.forum.topics.get()
    assert (topic.title, topic.postponed_from) == ("Wohnraum", item_of(meeting))
    assert item_of(meeting).result == "Keine Zeit mehr."
    assert not page(client, meeting).all("button", name="postpone", value=key)


def test_who_declined_is_excused_until_something_else_is_noted(client: Client, meeting: Meeting) -> None:
    ada = person_of(meeting, "Anders")
    AttendanceFactory(meeting=meeting, person=ada, reply="declined")
    send(client, meeting, page(client, meeting))
    assert Attendance.objects.get(person=ada).presence == "excused"


def test_known_people_and_organisations_are_taken_as_such(client: Client, meeting: Meeting) -> None:
    verein = OrganisationFactory(name="Musterverein Nord")
    MembershipFactory(forum=meeting.forum, person=None, organisation=verein)
    colleague = PersonFactory(given_name="Cora", family_name="Amt")
    AttendanceFactory(meeting=meeting, person=colleague, role="guest")
    key = str(item_of(meeting).key)
    task, guest = f"task-{uuid.uuid4()}", f"guest-{uuid.uuid4()}"
    assert piece(client, meeting, task, what="Räume suchen", who="musterverein nord", item=key).status_code == 200
    assert ActionItem.objects.get().organisation == verein
    answer = piece(client, meeting, guest, name="Gerda Gast", organisation_name="Musterverein Nord", presence="present")
    assert answer.status_code == 200
    assert Attendance.objects.get(name="Gerda Gast").organisation == verein
    again = piece(client, meeting, f"guest-{uuid.uuid4()}", name="Cora Amt", presence="present")
    assert again.status_code == 422
    assert "bereits auf der Liste" in again.json()["message"]


def test_organisation_without_a_person_is_noted_once(client: Client, meeting: Meeting) -> None:
    verein = OrganisationFactory(name="Musterverein Nord")
    MembershipFactory(forum=meeting.forum, person=None, organisation=verein)
    name = f"organisation-{verein.pk}"
    assert name in fields(page(client, meeting))["piece"]
    first = piece(client, meeting, name, presence="excused")
    piece(client, meeting, name, first.json()["version"], presence="absent")
    row = meeting.attendances.get(organisation=verein)
    assert (row.name, row.presence, row.role) == ("Musterverein Nord", "absent", "member")
    assert fields(page(client, meeting))["piece"].count(name) == 1


def test_last_decision_and_open_tasks_stand_beside_the_item(client: Client, meeting: Meeting) -> None:
    earlier = MeetingFactory(forum=meeting.forum, starts_at=datetime.datetime(2025, 12, 1, 14, tzinfo=BERLIN))
    before = AgendaItemFactory(meeting=earlier, title="wohnraum")
    DecisionFactory(item=before, wording="Zuerst sprechen wir mit der Wohnungsgesellschaft.")
    ActionItemFactory(forum=meeting.forum, item=before, what="Wohnungsgesellschaft anrufen")
    ActionItemFactory(forum=meeting.forum, item=before, what="Längst getan", state="done", closed_on="2026-01-01")
    ActionItemFactory(forum=meeting.forum, item=None, what="Etwas ganz anderes")
    shown = page(client, meeting)
    beside = shown.by_id(f"item-{item_of(meeting).key}")
    assert "Zuerst sprechen wir" in beside.text
    assert "Wohnungsgesellschaft anrufen" in beside.text
    assert "Längst getan" not in beside.text
    assert "Etwas ganz anderes" not in beside.text
    assert any("Etwas ganz anderes" in one.text for one in shown.all("details"))


def test_forum_run_by_others_is_logged_on_the_same_page(meeting: Meeting) -> None:
    forum = ForumFactory(is_elsewhere=True, organiser="Quartiersbüro")
    conference = MeetingFactory(forum=forum)
    item = AgendaItemFactory(meeting=conference, title="Stadtteil")
    office = OfficeMembershipFactory(office=forum.office)
    client = Client()
    client.force_login(office.user)
    shown = page(client, conference)
    assert "Wer teilgenommen hat" in [one.text for one in shown.all("h2")]
    piece(client, conference, f"guest-{uuid.uuid4()}", name="Dina Dienst", presence="present")
    piece(client, conference, f"item-{item.key}", 1, result="Es ging um Wege.")
    assert conference.attendances.get().name == "Dina Dienst"
    assert AgendaItem.objects.get(pk=item.pk).result == "Es ging um Wege."


def test_whoever_left_the_forum_meanwhile_keeps_nothing_else_from_being_saved(client: Client, meeting: Meeting) -> None:
    shown, key = page(client, meeting), item_of(meeting).key
    Membership.objects.get(person=person_of(meeting, "Berg")).delete()
    send(client, meeting, shown, **{f"item-{key}-result": "Getippt."})
    assert item_of(meeting).result == "Getippt."


# -- While somebody types -------------------------------------------------------------------------------------------


def test_piece_is_saved_and_its_version_answered(client: Client, meeting: Meeting) -> None:
    item = item_of(meeting)
    answer = piece(client, meeting, f"item-{item.key}", 1, result="Erster *Satz*.")
    assert answer.status_code == 200
    assert answer.json()["version"] == 2
    assert re.fullmatch(r"Gespeichert um \d\d:\d\d", answer.json()["said"])
    assert "<em>Satz</em>" in answer.json()["preview"]
    meeting.refresh_from_db()
    assert (meeting.state, item_of(meeting).result) == ("held", "Erster *Satz*.")


@pytest.mark.parametrize("kind", ["guest", "decision", "task", "item"])
def test_save_repeated_after_a_lost_answer_makes_no_second_row(client: Client, meeting: Meeting, kind: str) -> None:
    typed: dict[str, dict[str, str]] = {
        "guest": {"name": "Gerda Gast", "presence": "present"},
        "decision": {"wording": "So sei es.", "item": str(item_of(meeting).key)},
        "task": {"what": "Anrufen", "item": str(item_of(meeting).key)},
        "item": {"title": "Verschiedenes", "result": "Nichts."},
    }
    models: dict[str, Any] = {"guest": Attendance, "decision": Decision, "task": ActionItem, "item": AgendaItem}
    before = models[kind].objects.count()
    name = f"{kind}-{uuid.uuid4()}"
    first, second = (piece(client, meeting, name, **typed[kind]) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["version"] == second.json()["version"] == 1
    assert models[kind].objects.count() == before + 1


def test_blank_piece_makes_no_row(client: Client, meeting: Meeting) -> None:
    answer = piece(client, meeting, f"decision-{uuid.uuid4()}", wording="", item=str(item_of(meeting).key))
    assert (answer.status_code, answer.json()["version"]) == (200, None)
    assert not Decision.objects.exists()


def test_second_writer_is_shown_both_texts_and_loses_nothing(client: Client, meeting: Meeting) -> None:
    name = f"item-{item_of(meeting).key}"
    piece(client, meeting, name, 1, result="Zuerst gespeichert.")
    answer = piece(client, meeting, name, 1, result="Gleichzeitig getippt.")
    assert answer.status_code == 409
    assert answer.json()["newer"] == {"result": "Zuerst gespeichert."}
    assert item_of(meeting).result == "Zuerst gespeichert."
    assert piece(client, meeting, name, answer.json()["version"], result="Beides.").status_code == 200
    assert item_of(meeting).result == "Beides."


def test_second_writer_without_scripts_is_shown_both_texts(client: Client, meeting: Meeting) -> None:
    key = item_of(meeting).key
    shown = page(client, meeting)
    piece(client, meeting, f"item-{key}", 1, result="Zuerst gespeichert.")
    response = send(client, meeting, shown, **{f"item-{key}-result": "Gleichzeitig getippt."})
    answered = Document(response.content.decode())
    assert answered.by_id(f"id_item-{key}-result").text.strip() == "Gleichzeitig getippt."
    assert "Zuerst gespeichert." in answered.by_id(f"id_item-{key}-result_error").text
    send(client, meeting, answered)
    assert item_of(meeting).result == "Gleichzeitig getippt."


def test_changing_the_agenda_meanwhile_is_no_conflict(client: Client, meeting: Meeting) -> None:
    item = item_of(meeting)
    AgendaItem.objects.filter(pk=item.pk).update(position=99)
    assert piece(client, meeting, f"item-{item.key}", 1, result="Getippt.").status_code == 200
    assert item_of(meeting).position == 99


def test_what_somebody_else_deleted_is_entered_anew_only_when_asked(client: Client, meeting: Meeting) -> None:
    decision = DecisionFactory(item=item_of(meeting))
    decision.delete()
    typed = {"wording": "Mein Wortlaut.", "item": str(item_of(meeting).key)}
    answer = piece(client, meeting, f"decision-{decision.key}", 1, **typed)
    assert (answer.status_code, answer.json()["version"]) == (409, "")
    assert piece(client, meeting, f"decision-{decision.key}", "", **typed).status_code == 200
    assert Decision.objects.get().wording == "Mein Wortlaut."


def test_line_ends_of_browsers_are_no_change(client: Client, meeting: Meeting) -> None:
    name = f"item-{item_of(meeting).key}"
    piece(client, meeting, name, 1, result="Eins\r\nZwei")
    answer = piece(client, meeting, name, 1, result="Eins\nZwei")
    assert (answer.status_code, item_of(meeting).result) == (200, "Eins\nZwei")


def test_half_the_votes_are_refused_in_words(client: Client, meeting: Meeting) -> None:
    typed = {"wording": "So sei es.", "votes_for": "3", "item": str(item_of(meeting).key)}
    answer = piece(client, meeting, f"decision-{uuid.uuid4()}", **typed)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["votes_for"]


def test_entry_is_removed_and_can_be_brought_back(client: Client, meeting: Meeting) -> None:
    decision = DecisionFactory(item=item_of(meeting), wording="Doch nicht.")
    name, typed = f"decision-{decision.key}", {"wording": "Doch nicht.", "item": str(item_of(meeting).key)}
    assert piece(client, meeting, name, 1, remove="1", **typed).status_code == 200
    assert not Decision.objects.exists()
    assert piece(client, meeting, name, **typed).status_code == 200
    assert Decision.objects.get().key == decision.key


def test_nothing_is_removed_that_somebody_changed_or_that_has_a_number(client: Client, meeting: Meeting) -> None:
    decision = DecisionFactory(item=item_of(meeting), wording="Alt.")
    name = f"decision-{decision.key}"
    Decision.objects.update(wording="Neu.")
    assert piece(client, meeting, name, 1, remove="1", wording="Alt.").status_code == 409
    Decision.objects.update(number=1)
    decision.refresh_from_db()
    assert piece(client, meeting, name, decision.version, remove="1", wording="Neu.").status_code == 422
    assert Decision.objects.exists()


def test_partner_office_writes_and_removes_nothing(meeting: Meeting) -> None:
    partner = OfficeFactory()
    meeting.forum.partner_links.create(office=partner)
    client = Client()
    client.force_login(OfficeMembershipFactory(office=partner).user)
    name = f"decision-{uuid.uuid4()}"
    typed = {"wording": "So sei es.", "item": str(item_of(meeting).key)}
    assert piece(client, meeting, name, **typed).status_code == 200
    assert piece(client, meeting, name, 1, remove="1", **typed).status_code == 422
    assert Decision.objects.exists()


@pytest.mark.parametrize("name", ["", "meeting-1", "person-x", "person-0", "guest-1", "office-1", "item"])
def test_invented_pieces_are_refused(client: Client, meeting: Meeting, name: str) -> None:
    assert piece(client, meeting, name, result="x").status_code == 400
    assert client.post(address(meeting), {"piece": name, f"{name}-result": "x"}).status_code == 302


def test_pieces_of_another_meeting_are_not_reached(client: Client, meeting: Meeting) -> None:
    other = AgendaItemFactory(title="Fremd")
    answer = piece(client, meeting, f"item-{other.key}", 1, title="Meins", result="x")
    assert answer.status_code == 409
    assert piece(client, meeting, f"item-{other.key}", title="Meins", result="x").status_code == 422
    assert AgendaItem.objects.get(pk=other.pk).result == ""


def test_whoever_is_signed_out_is_told_so_and_goes_on_with_a_new_token(client: Client, meeting: Meeting) -> None:
    user = OfficeMembershipFactory(office=meeting.forum.office).user
    strict = Client(enforce_csrf_checks=True)
    save = address(meeting, "meeting_log_save")
    assert strict.get(save).status_code == 401
    strict.force_login(user)
    known = strict.get(save).json()
    assert known["user"] == str(user.pk)
    name = f"item-{item_of(meeting).key}"
    sent = {"piece": name, f"{name}-seen_version": "1", f"{name}-result": "Getippt."}
    assert strict.post(save, sent).status_code == 403
    assert strict.post(save, sent | {"csrfmiddlewaretoken": known["token"]}).status_code == 200


# -- Who may, and when ----------------------------------------------------------------------------------------------


def test_chair_with_an_account_writes_but_sees_no_internal_items(meeting: Meeting) -> None:
    chair = UserFactory()
    MembershipFactory(forum=meeting.forum, person__user=chair, role="chair")
    internal = AgendaItemFactory(meeting=meeting, title="Vertraulich", is_internal=True)
    client = Client()
    client.force_login(chair)
    assert "Vertraulich" not in client.get(address(meeting)).content.decode()
    assert piece(client, meeting, f"item-{item_of(meeting).key}", 1, result="Getippt.").status_code == 200
    assert piece(client, meeting, f"item-{internal.key}", 1, result="Getippt.").status_code == 409
    assert AgendaItem.objects.get(pk=internal.pk).result == ""


def test_chair_with_an_account_goes_on_with_the_tasks_they_typed(meeting: Meeting) -> None:
    chair = UserFactory()
    MembershipFactory(forum=meeting.forum, person__user=chair, role="chair")
    client = Client()
    client.force_login(chair)
    ActionItemFactory(forum=meeting.forum, item=item_of(meeting), what="Einladung schreiben")
    assert "Einladung schreiben" in client.get(address(meeting)).content.decode()


def test_chair_takes_a_task_back_out_until_the_minutes_go_out(meeting: Meeting) -> None:
    chair = UserFactory()
    MembershipFactory(forum=meeting.forum, person__user=chair, role="chair")
    client = Client()
    client.force_login(chair)
    first, second = (ActionItemFactory(forum=meeting.forum, item=item_of(meeting)) for _ in range(2))
    assert piece(client, meeting, f"task-{first.key}", 1, remove="1", what=first.what).status_code == 200
    Minutes.objects.create(meeting=Meeting.objects.get(pk=meeting.pk), state="circulated")
    assert piece(client, meeting, f"task-{second.key}", 1, remove="1", what=second.what).status_code == 422
    assert ActionItem.objects.get() == second
    assert not chair.has_perm("forums.delete_actionitem", ActionItemFactory(forum=meeting.forum, item=None))


def approve(meeting: Meeting) -> None:
    MinutesFactory(meeting=meeting)
    now = datetime.datetime(2026, 4, 1, 12, tzinfo=BERLIN)
    Minutes.objects.update(state="approved", approved_at=now, snapshot={}, pdf=b"%PDF", checksum="0" * 64)


def test_approved_minutes_are_shown_and_locked(client: Client, meeting: Meeting) -> None:
    AgendaItem.objects.filter(meeting=meeting, title="Wohnraum").update(result="So war es.")
    before = page(client, meeting)
    approve(meeting)
    shown = page(client, meeting)
    assert "So war es." in shown.by_id(f"id_item-{item_of(meeting).key}-result").text
    assert "disabled" in next(one for one in shown.all("fieldset") if one.attrs.get("class") == "log-all").attrs
    assert any("Protokoll ist genehmigt" in one.text for one in shown.all("p"))
    answer = piece(client, meeting, f"item-{item_of(meeting).key}", 2, result="Anders.")
    assert "genehmigt" in answer.json()["message"]
    assert piece(client, meeting, "meeting", meeting.version, began="10:00").status_code == 422
    typed = {f"item-{item_of(meeting).key}-result": "Zu spät getippt."}
    response = send(client, meeting, before, **typed)
    assert "Zu spät getippt." in response.content.decode()
    assert item_of(meeting).result == "So war es."


def test_cancelled_meeting_is_not_logged_and_the_page_says_so(client: Client, meeting: Meeting) -> None:
    shown = page(client, meeting)
    meeting.cancel("Sturm")
    response = client.get(address(meeting))
    assert response.status_code == 403
    assert "abgesagt" in response.content.decode()
    assert send(client, meeting, shown).status_code == 403
    assert piece(client, meeting, f"item-{item_of(meeting).key}", 1, result="x").status_code == 422
    assert item_of(meeting).result == ""


def fill(meeting: Meeting, people: int, items: int) -> None:
    for _ in range(people):
        AttendanceFactory(meeting=meeting, presence="present")
        MembershipFactory(forum=meeting.forum, organisation=OrganisationFactory())
    for number in range(items):
        item = AgendaItemFactory(meeting=meeting, title=f"Punkt {number}")
        DecisionFactory(item=item)
        ActionItemFactory(forum=meeting.forum, item=item)
        earlier = AgendaItemFactory(meeting__forum=meeting.forum, title=f"Punkt {number}")
        begin = datetime.datetime(2025, 1, 1, tzinfo=BERLIN)
        Meeting.objects.filter(pk=earlier.meeting_id).update(
            starts_at=begin, ends_at=begin + datetime.timedelta(hours=2)
        )
        DecisionFactory(item=earlier)
        ActionItemFactory(forum=meeting.forum, item=earlier)


def queries(verb: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert verb().status_code in (200, 302)
    return len(captured)


def test_page_and_save_cost_the_same_with_fifty_people_and_thirty_items(client: Client, meeting: Meeting) -> None:
    def costs() -> tuple[int, int, int]:
        version = item_of(meeting).version
        return (
            queries(lambda: client.get(address(meeting))),
            queries(lambda: piece(client, meeting, f"item-{item_of(meeting).key}", version, result=f"Text {version}")),
            queries(lambda: client.get(address(meeting, "sign_in_sheet"))),
        )

    fill(meeting, 1, 1)
    costs()
    few = costs()
    fill(meeting, 49, 29)
    assert costs() == few


# -- The sign-in sheet ----------------------------------------------------------------------------------------------


def test_sign_in_sheet_names_who_is_expected_and_leaves_lines_for_guests(client: Client, meeting: Meeting) -> None:
    verein = OrganisationFactory(name="Musterverein Nord")
    cora = PersonFactory(given_name="Cora", family_name="Amt")
    MembershipFactory(forum=meeting.forum, person=cora, organisation=verein)
    dina = PersonFactory(given_name="Dina", family_name="Dorf")
    MembershipFactory(forum=meeting.forum, person=dina)
    AttendanceFactory(meeting=meeting, person=dina, reply="substitute", substitute="Egon Ersatz")
    shown = Document(client.get(address(meeting, "sign_in_sheet")).content.decode())
    cells = [*shown.all("th"), *shown.all("td")]
    rows = [[cell.text for cell in cells if cell.parents[-1] is row] for row in shown.all("tr")]
    assert rows[0] == ["Name", "Organisation", "Unterschrift"]
    assert rows[1:5] == [
        ["Cora Amt", "Musterverein Nord", ""],
        ["Ada Anders", "", ""],
        ["Bela Berg", "", ""],
        ["Egon Ersatz, in Vertretung für Dina Dorf", "", ""],
    ]
    assert rows[5:] == [["", "", ""]] * 6


def test_whoever_left_the_forum_is_neither_on_the_sheet_nor_in_the_log_unless_they_came(
    client: Client, meeting: Meeting
) -> None:
    for family_name, more in (
        ("Gegangen", {"invited_at": meeting.starts_at}),
        ("Gekommen", {"presence": "present"}),
        ("Gebeten", {"role": "guest", "is_for_one_meeting": True, "invited_at": meeting.starts_at}),
    ):
        person = PersonFactory(family_name=family_name)
        MembershipFactory(forum=meeting.forum, person=person, period=period(None, datetime.date(2026, 3, 1)))
        AttendanceFactory(meeting=meeting, person=person, **more)
    for name, where in (("meeting_log", "legend"), ("sign_in_sheet", "th")):
        shown = Document(client.get(address(meeting, name)).content.decode())
        listed = " ".join(one.text for one in shown.all(where))
        names = ("Gegangen", "Gekommen", "Gebeten", "Anders")
        assert [one for one in names if one in listed] == ["Gekommen", "Gebeten", "Anders"], name

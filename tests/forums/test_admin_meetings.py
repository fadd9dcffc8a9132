"""Meetings, minutes, decisions and tasks in the administration: what may be mended there, and what stays as it is."""

import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.outbox import Message
from common.periods import BERLIN, today
from forums.models import ActionItem, AgendaItem, Attendance, Decision, Meeting, Minutes
from tests.contacts.admin_pages import filled_in
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    CommentFactory,
    ContactPersonFactory,
    DecisionFactory,
    ForumFactory,
    MeetingFactory,
    MinutesFactory,
    OfficeMembershipFactory,
    OfficeTaskFactory,
    OrganisationFactory,
    PersonFactory,
    TemplateItemFactory,
)
from tests.forums.minutes_world import NOW, UNTIL, Held, held
from tests.forums.test_promises import approve

pytestmark = pytest.mark.django_db

FROZEN = "Das Protokoll ist genehmigt"


def administrator(office: Any) -> Client:
    client = Client()
    account = OfficeMembershipFactory(office=office, role="administrator").user
    client.force_login(account, backend="accounts.backends.SignInBackend")
    return client


def address(row: Any, page: str = "change") -> str:
    return reverse(
        f"admin:forums_{row._meta.model_name}_{page}", args=[] if page in ("add", "changelist") else [row.pk]
    )


def listed(client: Client, model: Any, query: str = "") -> list[Any]:
    response = client.get(reverse(f"admin:forums_{model._meta.model_name}_changelist") + query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


@pytest.fixture
def approved() -> Held:
    world = held()
    minutes = Minutes.of(world.meeting)
    minutes.circulate(UNTIL, NOW)
    Minutes.of(world.meeting).approve(world.colleague, NOW)
    return world


# -- Meetings -------------------------------------------------------------------------------------------------------


def new_meeting(client: Client, **values: Any) -> Any:
    path = reverse("admin:forums_meeting_add")
    typed = {"starts_at_0": "02.03.2026", "starts_at_1": "14:00", "ends_at_0": "02.03.2026", "ends_at_1": "16:00"}
    return client.post(path, filled_in(client.get(path)) | typed | values)


def test_new_meeting_has_the_template_and_what_was_put_off_on_its_agenda() -> None:
    earlier = MeetingFactory(starts_at=datetime.datetime(2026, 1, 12, 14, 0, tzinfo=BERLIN))
    earlier.hold()
    AgendaItemFactory(meeting=earlier, title="Vertagtes").postpone(today())
    TemplateItemFactory(forum=earlier.forum, title="Begrüßung")
    assert new_meeting(administrator(earlier.forum.office), forum=earlier.forum.pk).status_code == 302
    meeting = Meeting.objects.exclude(pk=earlier.pk).get()
    assert meeting.state == "draft"
    assert meeting.starts_at == datetime.datetime(2026, 3, 2, 14, 0, tzinfo=BERLIN)
    assert {item.title for item in meeting.items.all()} == {"Begrüßung", "Vertagtes"}


def test_meeting_that_ends_before_it_begins_is_refused_beside_the_field() -> None:
    forum = ForumFactory()
    response = new_meeting(administrator(forum.office), forum=forum.pk, ends_at_1="13:00")
    assert response.context["adminform"].form.errors["ends_at"] == ["Die Sitzung muss nach ihrem Beginn enden."]


def test_office_task_without_a_forum_is_told_as_a_missing_forum() -> None:
    task = OfficeTaskFactory()
    errors = new_meeting(administrator(task.office), task=task.pk).context["adminform"].form.errors
    assert list(errors) == ["forum"]


def test_meeting_sent_back_unchanged_changes_nothing() -> None:
    world = held()
    client = administrator(world.forum.office)
    rows = (Meeting, AgendaItem, Attendance)
    before = [list(model.objects.order_by("pk").values_list("version")) for model in rows]
    page = client.get(address(world.meeting))
    assert client.post(address(world.meeting), filled_in(page)).status_code == 302
    assert [list(model.objects.order_by("pk").values_list("version")) for model in rows] == before


def test_state_number_and_identifier_are_only_shown() -> None:
    meeting = MeetingFactory()
    client = administrator(meeting.forum.office)
    data = filled_in(client.get(address(meeting))) | {"state": "held", "number": "7", "title": "Auftakt"}
    assert client.post(address(meeting), data).status_code == 302
    stored = Meeting.objects.get()
    assert (stored.title, stored.state, stored.number, stored.uid) == ("Auftakt", "draft", None, meeting.uid)


def test_meeting_invited_to_while_it_was_edited_keeps_its_number() -> None:
    meeting = MeetingFactory()
    client = administrator(meeting.forum.office)
    data = filled_in(client.get(address(meeting))) | {"place": "Bürgerhaus"}
    meeting.mark_invited()
    assert client.post(address(meeting), data).status_code == 302
    stored = Meeting.objects.get()
    assert (stored.place, stored.state, stored.number) == ("Bürgerhaus", "invited", 1)


def test_of_a_meeting_whose_minutes_are_approved_only_the_office_task_is_typed() -> None:
    minutes = MinutesFactory()
    approve(minutes)
    client = administrator(minutes.meeting.forum.office)
    fields = client.get(address(minutes.meeting)).context["adminform"].form.fields
    assert set(fields) == {"task", "seen_version"}


def test_item_and_guest_are_added_on_the_meetings_page() -> None:
    meeting = MeetingFactory()
    client = administrator(meeting.forum.office)
    data = filled_in(client.get(address(meeting)))
    data |= {"items-TOTAL_FORMS": 1, "items-0-position": 1, "items-0-kind": "decision", "items-0-title": "Haushalt"}
    data |= {"attendances-TOTAL_FORMS": 1, "attendances-0-name": "Gerda Gast", "attendances-0-role": "guest"}
    assert client.post(address(meeting), data).status_code == 302
    assert meeting.items.get().title == "Haushalt"
    assert str(meeting.attendances.get()) == "Gerda Gast"


def test_cancelled_meeting_is_only_read() -> None:
    meeting = MeetingFactory()
    client = administrator(meeting.forum.office)
    data = filled_in(client.get(address(meeting)))
    meeting.cancel("Krankheit")
    assert "Krankheit" in client.get(address(meeting)).content.decode()
    assert client.post(address(meeting), data | {"title": "Doch"}).status_code == 403


def test_meetings_are_found_by_state_month_and_words() -> None:
    meeting = MeetingFactory(title="Auftakt im Sommer")
    meeting.plan()
    later = MeetingFactory(forum=meeting.forum, starts_at=datetime.datetime(2026, 5, 4, 14, 0, tzinfo=BERLIN))
    client = administrator(meeting.forum.office)
    for query, found in (
        ("?state__exact=planned", [meeting]),
        ("?starts_at__year=2026&starts_at__month=5", [later]),
        ("?q=sommer", [meeting]),
    ):
        assert listed(client, Meeting, query) == found


def test_history_of_a_meeting_tells_of_its_agenda() -> None:
    item = AgendaItemFactory(title="Wohnraum")
    page = administrator(item.meeting.forum.office).get(address(item.meeting, "history"))
    assert "Wohnraum" in page.content.decode()


# -- What minutes hold, once they are approved -----------------------------------------------------------------------


def test_agenda_of_approved_minutes_is_refused_in_words(approved: Held) -> None:
    client = administrator(approved.forum.office)
    data = filled_in(client.get(address(approved.meeting)))
    response = client.post(address(approved.meeting), data | {"items-0-result": "Ganz anders."})
    assert response.status_code == 200
    assert FROZEN in str(response.context["adminform"].form.non_field_errors())
    assert not AgendaItem.objects.filter(result="Ganz anders.").exists()


def test_attendance_of_approved_minutes_stays(approved: Held) -> None:
    client = administrator(approved.forum.office)
    data = filled_in(client.get(address(approved.meeting)))
    response = client.post(address(approved.meeting), data | {"attendances-0-DELETE": "on"})
    assert FROZEN in str(response.context["adminform"].form.non_field_errors())
    assert approved.meeting.attendances.count() == 4


def test_decision_of_approved_minutes_is_refused_in_words(approved: Held) -> None:
    client = administrator(approved.forum.office)
    data = filled_in(client.get(address(approved.decision))) | {"wording": "Das Gegenteil."}
    response = client.post(address(approved.decision), data)
    assert FROZEN in str(response.context["adminform"].form.non_field_errors())
    page = client.post(address(approved.decision, "delete"), {"post": "yes"}, follow=True)
    assert "Nichts wurde geändert." in page.content.decode()
    assert Decision.objects.get().wording == approved.decision.wording


# -- Minutes --------------------------------------------------------------------------------------------------------


def test_minutes_are_read_with_their_checksum_and_addenda_and_never_with_the_document(approved: Held) -> None:
    minutes = Minutes.of(approved.meeting)
    minutes.add("Es fehlte ein Name.", approved.colleague, today())
    client = administrator(approved.forum.office)
    for path in (address(minutes), address(minutes, "changelist"), address(minutes, "history")):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(path).content.decode()
        assert not [query["sql"] for query in queries if '"forums_minutes"."pdf"' in query["sql"]]
        assert not [query["sql"] for query in queries if '"forums_minutes"."snapshot"' in query["sql"]]
        if path == address(minutes):
            assert minutes.checksum in page
            assert "Es fehlte ein Name." in page
    assert client.post(address(minutes), {}).status_code == 403


def test_comments_stand_on_the_page_and_in_the_history_of_the_minutes() -> None:
    comment = CommentFactory(text="Ich war nicht dort.", is_objection=True)
    client = administrator(comment.minutes.meeting.forum.office)
    for page in ("change", "history"):
        assert "Ich war nicht dort." in client.get(address(comment.minutes, page)).content.decode()


def test_minutes_are_found_by_state_and_forum() -> None:
    minutes = MinutesFactory(meeting__forum__name="Runder Tisch Wohnen")
    client = administrator(minutes.meeting.forum.office)
    assert listed(client, Minutes, "?state__exact=draft&q=wohnen") == [minutes]
    assert listed(client, Minutes, "?state__exact=approved") == []


# -- Decisions ------------------------------------------------------------------------------------------------------


def test_decisions_are_found_by_their_words_and_mended_before_the_minutes_go_out() -> None:
    decision = DecisionFactory(wording="Ein Konzept wird geschrieben.")
    client = administrator(decision.forum.office)
    assert listed(client, Decision, "?q=konzept&number__isempty=1") == [decision]
    assert listed(client, Decision, "?number__isempty=0") == []
    data = filled_in(client.get(address(decision))) | {"wording": "Ein Konzept wird erbeten.", "number": "9"}
    assert client.post(address(decision), data).status_code == 302
    decision.refresh_from_db()
    assert (decision.wording, decision.number) == ("Ein Konzept wird erbeten.", None)


def test_votes_are_given_whole() -> None:
    decision = DecisionFactory()
    client = administrator(decision.forum.office)
    response = client.post(address(decision), filled_in(client.get(address(decision))) | {"votes_for": "3"})
    assert "votes_for" in response.context["adminform"].form.errors


# -- Tasks ----------------------------------------------------------------------------------------------------------


@time_machine.travel(NOW, tick=False)
def test_tasks_are_found_by_state_and_due_day() -> None:
    late = ActionItemFactory(due_on=datetime.date(2026, 3, 3))
    soon = ActionItemFactory(forum=late.forum, due_on=datetime.date(2026, 3, 6))
    done = ActionItemFactory(forum=late.forum, state="done", closed_on=datetime.date(2026, 3, 1))
    client = administrator(late.forum.office)
    assert listed(client, ActionItem, "?due=overdue") == [late]
    assert listed(client, ActionItem, "?due=due_soon") == [soon]
    assert listed(client, ActionItem, "?state__exact=done") == [done]


def test_state_of_a_task_is_not_called_like_a_part_of_germany() -> None:
    task = ActionItemFactory()
    page = administrator(task.forum.office).get(address(task, "changelist")).content.decode()
    assert "Nach Stand" in page
    assert "Nach Land" not in page


@time_machine.travel(NOW, tick=False)
def test_task_is_closed_and_opened_again_with_its_day() -> None:
    task = ActionItemFactory()
    client = administrator(task.forum.office)
    for state, closed_on in (("done", datetime.date(2026, 3, 4)), ("in_progress", None)):
        assert client.post(address(task), filled_in(client.get(address(task))) | {"state": state}).status_code == 302
        task.refresh_from_db()
        assert (task.state, task.closed_on) == (state, closed_on)


@time_machine.travel(NOW, tick=False)
def test_tasks_are_closed_together_and_those_closed_before_stay() -> None:
    task = ActionItemFactory()
    dropped = ActionItemFactory(forum=task.forum, state="dropped", closed_on=datetime.date(2026, 1, 7))
    data = {"action": "report_done", "_selected_action": [task.pk, dropped.pk]}
    page = administrator(task.forum.office).post(address(task, "changelist"), data, follow=True)
    assert "1 Aufgabe wurde abgeschlossen." in page.content.decode()
    states = {row.pk: (row.state, row.closed_on) for row in ActionItem.objects.all()}
    assert states[task.pk] == ("done", datetime.date(2026, 3, 4))
    assert states[dropped.pk] == ("dropped", datetime.date(2026, 1, 7))


def test_whoever_is_given_a_task_is_told() -> None:
    forum = ForumFactory()
    person = ContactPersonFactory(office=forum.office).person
    client, path = administrator(forum.office), reverse("admin:forums_actionitem_add")
    data = filled_in(client.get(path)) | {"forum": forum.pk, "what": "Konzept entwerfen", "person": person.pk}
    assert client.post(path, data).status_code == 302
    task = ActionItem.objects.get()
    assert task.created_on == today()
    assert Message.objects.get().about == task.pk


# -- Cost -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Meeting, Minutes, Decision, ActionItem])
def test_lists_cost_the_same_with_many_rows(model: Any) -> None:
    world = held()
    Minutes.objects.create(meeting=world.meeting)
    client = administrator(world.forum.office)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert listed(client, model)
        return len(queries)

    few = cost()
    for _number in range(3):
        item = AgendaItemFactory(meeting=MinutesFactory(meeting__forum=world.forum).meeting)
        DecisionFactory(item=item)
        ActionItemFactory(forum=world.forum, organisation=OrganisationFactory())
    assert cost() == few


def test_page_of_a_meeting_costs_the_same_with_many_rows() -> None:
    world = held()
    client = administrator(world.forum.office)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address(world.meeting))
        return len(queries)

    few = cost()
    for _number in range(3):
        AgendaItemFactory(meeting=world.meeting)
        person = PersonFactory(organisation=OrganisationFactory())
        AttendanceFactory(meeting=world.meeting, person=person, organisation=person.organisation)
    assert cost() == few

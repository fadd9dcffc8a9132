"""Tasks: who sees and changes which, the list and its file, mail to whoever does one, and its link."""

import csv
import datetime
import io
import re
import threading
import time
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from common import duties, erasure, outbox, personal_data
from common.audit import history_of
from common.csv import BOM
from common.links import Link
from common.outbox import Message
from common.periods import ONE_DAY, today
from contacts.merging import Merge
from contacts.models import Person
from forums import action_items
from forums.action_items import TASK_LINK
from forums.models import ActionItem, Forum, Minutes
from integration_portal.logs import clean
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    ContactPersonFactory,
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
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

WEEK = 7 * ONE_DAY


@pytest.fixture
def forum() -> Forum:
    return ForumFactory(name="Arbeitskreis Muster", office=OfficeFactory(slug="muster", email="muster@example.org"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def coordinator(forum: Forum) -> Client:
    return signed_in(OfficeMembershipFactory(office=forum.office).user)


def task(forum: Forum, **fields: Any) -> ActionItem:
    return ActionItemFactory(forum=forum, **fields)


def names(client: Client, query: str = "") -> list[str]:
    return [row.what for row in client.get(f"/aufgaben/{query}").context["rows"]]


# -- The list -----------------------------------------------------------------------------------------------------


@pytest.fixture
def several(forum: Forum) -> Client:
    """Tasks of two forums of one office, and the account of whoever does one of them."""
    me = PersonFactory(user=OfficeMembershipFactory(office=forum.office).user, family_name="Ährig")
    other = ForumFactory(name="Netzwerk Beispiel", office=forum.office)
    task(forum, what="Meine", person=me, due_on=today() - ONE_DAY)
    task(forum, what="Bald", due_on=today() + WEEK, person__family_name="Zett")
    task(other, what="Fern", due_on=today() + 8 * ONE_DAY, state="in_progress", person__family_name="Berg")
    task(other, what="Offen", person=None, note="ohne Namen")
    task(forum, what="Fertig", person=me, state="done", closed_on=today(), due_on=today() - WEEK)
    task(forum, what="Entfallen", state="dropped", closed_on=today())
    ActionItemFactory(what="Fremd")
    return signed_in(me.user)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Meine", "Bald", "Fern", "Offen"]),
        ("?wer=meine", ["Meine"]),
        ("?wer=meine&stand=alle", ["Fertig", "Meine"]),
        ("?wer=niemand", ["Offen"]),
        ("?stand=erledigt", ["Fertig"]),
        ("?stand=entfallen", ["Entfallen"]),
        ("?stand=in_arbeit", ["Fern"]),
        ("?faellig=ueberfaellig", ["Meine"]),
        ("?faellig=ueberfaellig&stand=alle", ["Meine"]),
        ("?faellig=bald", ["Bald"]),
        ("?faellig=offen", ["Offen"]),
        ("?stelle=muster&q=ährig", ["Meine"]),
        ("?q=ohne+namen", ["Offen"]),
        ("?sortierung=-faellig", ["Fern", "Bald", "Meine", "Offen"]),
        ("?sortierung=wer", ["Meine", "Fern", "Bald", "Offen"]),
        ("?sortierung=forum", ["Meine", "Bald", "Fern", "Offen"]),
        ("?stand=unsinn", []),
        ("?forum=99999999999", []),
    ],
)
def test_list_is_narrowed_and_sorted(several: Client, query: str, found: list[str]) -> None:
    assert names(several, query) == found


def test_list_is_narrowed_to_a_forum(several: Client) -> None:
    forum = Forum.objects.get(name="Netzwerk Beispiel")
    assert names(several, f"?forum={forum.pk}") == ["Fern", "Offen"]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_list_comes_as_a_file(several: Client, file_format: str) -> None:
    response = several.get(f"/aufgaben/?format={file_format}&wer=meine")
    assert f'filename="aufgaben.{file_format}"' in response["Content-Disposition"]
    if file_format == "csv":
        text = response.content.decode().removeprefix(BOM)
        [row] = csv.DictReader(io.StringIO(text), delimiter=";")
        assert row["Aufgabe"] == "Meine"
        assert row["Forum"] == "Arbeitskreis Muster"
        assert row["Wer erledigt sie"] == "Erika Ährig"


def test_queries_do_not_grow_with_the_tasks(several: Client, forum: Forum) -> None:
    def queries(path: str) -> int:
        several.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert several.get(path).status_code == 200
        return len(captured)

    def given(count: int) -> None:
        for _ in range(count):
            item = AgendaItemFactory(meeting=MeetingFactory(forum=forum))
            task(forum, item=item, organisation=OrganisationFactory())

    paths = ("/aufgaben/", "/aufgaben/?format=csv", f"/foren/{forum.pk}/")
    given(1)
    few = [queries(path) for path in paths]
    given(40)
    assert [queries(path) for path in paths] == few
    assert few[0] <= 9


def test_member_sees_the_forums_tasks_and_not_internal_ones(forum: Forum) -> None:
    member = MembershipFactory(forum=forum, person__user=UserFactory()).person
    task(forum, what="Für alle")
    task(forum, what="Intern", is_internal=True)
    own = task(forum, what="Intern, aber meine", is_internal=True, person=member)
    client = signed_in(member.user)
    assert names(client) == ["Für alle", "Intern, aber meine"]
    assert client.get(own.get_absolute_url()).status_code == 200


def test_who_does_a_task_without_belonging_to_the_forum_sees_it_alone(forum: Forum) -> None:
    person = PersonFactory(user=UserFactory())
    own = task(forum, person=person)
    client = signed_in(person.user)
    page = client.get(own.get_absolute_url())
    assert own.what in page.content.decode()
    assert f'href="/foren/{forum.pk}/"' not in page.content.decode()
    assert client.get(f"/foren/{forum.pk}/").status_code == 404
    assert client.get(task(forum).get_absolute_url()).status_code == 404


# -- Entering, changing, saying how far ---------------------------------------------------------------------------


def enter(client: Client, forum: Forum, **typed: Any) -> Any:
    return client.post(f"/foren/{forum.pk}/aufgaben/neu/", {"what": "Raum buchen"} | typed)


def test_task_is_given_to_a_member(forum: Forum) -> None:
    member = MembershipFactory(forum=forum).person
    response = enter(coordinator(forum), forum, person=member.pk, due_on="24.12.2026")
    [given] = ActionItem.objects.all()
    assert response.url == given.get_absolute_url()
    assert (given.person, given.due_on, given.created_on, given.state) == (
        member,
        datetime.date(2026, 12, 24),
        today(),
        "open",
    )


def test_only_members_and_staff_may_be_given_a_task(forum: Forum) -> None:
    post, stranger = ContactPersonFactory(office=forum.office), PersonFactory()
    client = coordinator(forum)
    refused = enter(client, forum, person=stranger.pk)
    assert "person" in refused.context["form"].errors
    assert refused.context["form"]["what"].value() == "Raum buchen"
    assert enter(client, forum, person=post.person.pk).status_code == 302


def test_moderation_with_an_account_gives_tasks_and_a_member_does_not(forum: Forum) -> None:
    moderation, member = (
        MembershipFactory(forum=forum, person__user=UserFactory(), role=role) for role in ("moderation", "member")
    )
    assert enter(signed_in(moderation.person.user), forum).status_code == 302
    assert enter(signed_in(member.person.user), forum).status_code == 403


def test_chair_marks_no_task_internal_and_leaves_what_the_offices_marked(forum: Forum) -> None:
    chair = MembershipFactory(forum=forum, person__user=UserFactory(), role="chair").person
    client = signed_in(chair.user)
    assert "Nur für die Stellen" not in client.get(f"/foren/{forum.pk}/aufgaben/neu/").content.decode()
    response = enter(client, forum, is_internal="on")
    assert client.get(response.url).status_code == 200
    own = task(forum, person=chair, is_internal=True)
    client.post(f"/aufgaben/{own.pk}/aendern/", {"what": "Anders", "person": chair.pk, "seen_version": own.version})
    own.refresh_from_db()
    assert (own.what, own.is_internal) == ("Anders", True)
    assert "Nur für die Stellen" in coordinator(forum).get(f"/foren/{forum.pk}/aufgaben/neu/").content.decode()


def test_chair_who_gives_an_internal_task_of_their_own_away_is_led_to_the_tasks_and_told_why(forum: Forum) -> None:
    chair = MembershipFactory(forum=forum, person__user=UserFactory(), role="chair").person
    other = MembershipFactory(forum=forum).person
    client, own = signed_in(chair.user), task(forum, person=chair, is_internal=True)
    typed = {"what": own.what, "person": other.pk, "seen_version": own.version}
    response = client.post(f"/aufgaben/{own.pk}/aendern/", typed, follow=True)
    assert response.redirect_chain == [("/aufgaben/", 302)]
    assert "Sie sehen sie nicht mehr" in response.content.decode()
    own.refresh_from_db()
    assert own.person == other


@pytest.mark.parametrize(("state", "closed"), [("in_progress", False), ("done", True), ("dropped", True)])
def test_who_does_it_says_how_far_it_is(forum: Forum, state: str, closed: bool) -> None:
    own = task(forum, person=PersonFactory(user=UserFactory()))
    response = signed_in(own.person.user).post(
        f"/aufgaben/{own.pk}/stand/", {"state": state, "note": "Läuft", "seen_version": own.version}
    )
    assert response.url == own.get_absolute_url()
    own.refresh_from_db()
    assert (own.state, own.note, own.closed_on) == (state, "Läuft", today() if closed else None)


def test_office_opens_a_closed_task_again(forum: Forum) -> None:
    closed = task(forum, state="done", closed_on=today() - WEEK)
    coordinator(forum).post(f"/aufgaben/{closed.pk}/stand/", {"state": "open", "seen_version": closed.version})
    closed.refresh_from_db()
    assert (closed.state, closed.closed_on) == ("open", None)


def test_other_members_change_nothing(forum: Forum) -> None:
    member = MembershipFactory(forum=forum, person__user=UserFactory()).person
    client, other = signed_in(member.user), task(forum)
    assert client.get(other.get_absolute_url()).status_code == 200
    for page in ("stand", "aendern"):
        assert client.post(f"/aufgaben/{other.pk}/{page}/", {"state": "done"}).status_code == 403


def test_second_writer_is_shown_what_the_first_saved(forum: Forum) -> None:
    own = task(forum, person=PersonFactory(user=UserFactory()))
    client = coordinator(forum)
    client.post(f"/aufgaben/{own.pk}/stand/", {"state": "done", "note": "Erster", "seen_version": 1})
    second = client.post(f"/aufgaben/{own.pk}/stand/", {"state": "dropped", "note": "Zweite", "seen_version": 1})
    assert "Erster" in second.content.decode()
    own.refresh_from_db()
    assert own.note == "Erster"


def test_button_opens_the_form_with_done_chosen(forum: Forum) -> None:
    own = task(forum)
    form = coordinator(forum).get(f"/aufgaben/{own.pk}/stand/?stand=erledigt").context["form"]
    assert form["state"].value() == "done"


# -- Mail ---------------------------------------------------------------------------------------------------------


def asked() -> set[tuple[str, int]]:
    return set(Message.objects.values_list("occasion", "to"))


def test_who_is_given_a_task_is_told_once(forum: Forum) -> None:
    member, other = MembershipFactory(forum=forum).person, MembershipFactory(forum=forum).person
    client = coordinator(forum)
    enter(client, forum, person=member.pk)
    given = ActionItem.objects.get()
    for person in (member, other, other):
        given.refresh_from_db()
        typed = {"what": "Raum buchen", "person": person.pk, "seen_version": given.version}
        client.post(f"/aufgaben/{given.pk}/aendern/", typed)
    action_items.remind(today())
    assert asked() == {(action_items.GIVEN, member.pk), (action_items.GIVEN, other.pk)}
    assert Message.objects.count() == 2


def test_administrators_see_the_mails_of_their_own_offices_tasks(forum: Forum) -> None:
    person, other = PersonFactory(), ForumFactory()
    for one in (forum, other):
        MembershipFactory(forum=one, person=person)
        enter(coordinator(one), one, person=person.pk)
    administrator = OfficeMembershipFactory(office=forum.office, role="administrator").user
    assert Message.objects.count() == 2
    seen = Message.objects.administered_by(administrator)
    assert [message.about for message in seen] == [ActionItem.objects.get(forum=forum).pk]


def test_who_gives_a_task_to_themselves_is_not_told(forum: Forum) -> None:
    role = OfficeMembershipFactory(office=forum.office)
    post = ContactPersonFactory(office=forum.office, person__user=role.user)
    enter(signed_in(role.user), forum, person=post.person.pk)
    action_items.remind(today())
    assert not Message.objects.exists()


def test_task_of_a_meeting_is_told_when_its_minutes_have_gone_out(forum: Forum) -> None:
    minutes = MinutesFactory(meeting=MeetingFactory(forum=forum))
    given = task(forum, item=AgendaItemFactory(meeting=minutes.meeting), due_on=today() - WEEK)
    action_items.remind(today())
    assert not Message.objects.exists()
    Minutes.objects.update(state="circulated")
    for _ in range(2):
        action_items.remind(today())
    assert asked() == {(action_items.GIVEN, given.person.pk), (action_items.OVERDUE, given.person.pk)}


def test_task_is_told_at_once_when_the_minutes_are_sent(forum: Forum) -> None:
    meeting = MeetingFactory(forum=forum)
    meeting.hold()
    given = task(forum, item=AgendaItemFactory(meeting=meeting))
    for _ in range(2):  # a corrected version tells nobody again
        Minutes.of(meeting).circulate(today() + WEEK, timezone.now())
    assert [message.to for message in Message.objects.filter(occasion=action_items.GIVEN)] == [given.person_id]


def test_links_about_a_persons_tasks_are_erased_with_them(forum: Forum) -> None:
    due, _link = mailed(forum)
    ActionItem.objects.filter(pk=due.pk).update(state="done", closed_on=today())
    assert Link.objects.filter(purpose=TASK_LINK).exists()
    erasure.erase(personal_data.people("contacts.Person", [due.person_id]), today())
    assert not Link.objects.filter(purpose=TASK_LINK).exists()


@pytest.mark.parametrize(
    ("days", "occasion"),
    [(8, None), (7, action_items.DUE), (0, action_items.DUE), (-1, action_items.OVERDUE), (-99, action_items.OVERDUE)],
)
def test_reminded_once_before_and_once_after_the_due_day(forum: Forum, days: int, occasion: str | None) -> None:
    due = task(forum, due_on=today() + days * ONE_DAY)
    for later in range(3):
        action_items.remind(min(today() + later * ONE_DAY, due.due_on) if occasion != action_items.OVERDUE else today())
    expected = {(occasion, due.person.pk)} if occasion else {(action_items.DUE, due.person.pk)}
    assert asked() == expected
    assert Message.objects.count() == 1


def test_both_reminders_come_over_the_weeks_and_again_for_another_due_day(forum: Forum) -> None:
    due = task(forum, due_on=today() + 10 * ONE_DAY)
    for day in range(20):
        action_items.remind(today() + day * ONE_DAY)
    assert Message.objects.count() == 2
    ActionItem.objects.update(due_on=today() + 40 * ONE_DAY)
    for day in range(20, 60):
        action_items.remind(today() + day * ONE_DAY)
    assert (
        sorted(Message.objects.values_list("occasion", flat=True))
        == [action_items.DUE] * 2 + [action_items.OVERDUE] * 2
    )
    assert due.person_id


def test_task_noted_at_a_forum_run_by_others_is_told_and_seen_though_no_minutes_go_out() -> None:
    forum = ForumFactory(is_elsewhere=True, organiser="Stadtteilbüro")
    me = PersonFactory(user=UserFactory(), email="ich@example.org")
    noted = task(forum, item=AgendaItemFactory(meeting__forum=forum), person=me)
    action_items.remind(today())
    assert asked() == {(action_items.GIVEN, me.pk)}
    assert names(signed_in(me.user)) == [noted.what]


def test_closed_tasks_and_people_without_address_are_not_written_to(forum: Forum) -> None:
    task(forum, due_on=today() - WEEK, state="done", closed_on=today())
    task(forum, due_on=today() - WEEK, person__email="")
    task(forum, due_on=today() - WEEK, person=None, organisation=OrganisationFactory())
    action_items.remind(today())
    assert not Message.objects.exists()


def test_what_is_given_within_the_week_before_it_is_due_is_not_reminded_of_at_once(forum: Forum) -> None:
    task(forum, due_on=today() + 3 * ONE_DAY, created_on=today())
    action_items.remind(today())
    assert not Message.objects.exists()


@pytest.mark.parametrize(("given", "reminded"), [(7, [1]), (3, [1]), (1, [0]), (0, [])])
def test_what_is_due_within_a_week_is_reminded_of_on_the_last_day_before(
    forum: Forum, given: int, reminded: list[int]
) -> None:
    """Days before the due day: on the day on which a task is given its person has just been told."""
    due = today() + 7 * ONE_DAY
    task(forum, due_on=due, created_on=due - given * ONE_DAY)
    came = []
    for before in range(given, -1, -1):
        action_items.remind(due - before * ONE_DAY)
        came += [before] * (Message.objects.count() - len(came))
    assert came == reminded


def test_message_is_dropped_where_the_task_is_done_or_due_on_another_day_by_now(forum: Forum) -> None:
    done, moved = (task(forum, due_on=today() - WEEK) for _ in range(2))
    action_items.remind(today())
    ActionItem.objects.filter(pk=done.pk).update(state="done", closed_on=today())
    ActionItem.objects.filter(pk=moved.pk).update(due_on=today() + 30 * ONE_DAY)
    outbox.deliver_due()
    assert set(Message.objects.values_list("state", flat=True)) == {"dropped"}
    assert mail.outbox == []


def test_duty_is_registered_and_survives_a_missed_day(forum: Forum) -> None:
    task(forum, due_on=today() - 3 * ONE_DAY)
    assert "forums.remind_of_tasks" in duties._registered
    assert action_items.remind(today()) == "0 told, 0 reminded before and 1 after the due day"


# -- The link -----------------------------------------------------------------------------------------------------


def link_in_mail(text: str) -> str:
    [path] = re.findall(r"https?://[^/\s]+(/aufgabe/\S+)", text)
    return str(path)


def mailed(forum: Forum, **fields: Any) -> tuple[ActionItem, str]:
    """A task that is overdue, and the link of the mail about it."""
    due = task(forum, due_on=today() - WEEK, **fields)
    action_items.remind(today())
    outbox.deliver_due()
    return due, link_in_mail(str(mail.outbox[-1].body))


def test_mail_arrives_at_a_real_server_with_a_working_link(forum: Forum, settings: Any) -> None:
    due = task(forum, due_on=today() - WEEK, what="Einladung übersetzen", person__email="mira@example.org")
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        action_items.remind(today())
        outbox.deliver_due()
        [arrived] = server.to("mira@example.org")
    text = arrived.get_body(("plain",)).get_content()
    assert "Einladung übersetzen" in arrived["Subject"]
    assert arrived["Reply-To"] == "muster@example.org"
    assert "Arbeitskreis Muster" in text
    assert Client().get(link_in_mail(text)).status_code == 200
    assert due.is_open


def test_opening_the_link_changes_nothing_and_the_button_reports_the_task_done(forum: Forum) -> None:
    due, link = mailed(forum)
    visitor = Client(enforce_csrf_checks=True)
    page = visitor.get(link)
    assert due.what in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    due.refresh_from_db()
    assert due.is_open

    assert visitor.post(link, {"note": "Liegt vor"}).url == "/aufgabe/danke/"

    due.refresh_from_db()
    assert (due.state, due.note, due.closed_on) == ("done", "Liegt vor", today())
    assert history_of(due)[0].actor == f"{due.person.name}, per Link"
    assert visitor.get(link).status_code == 404
    assert visitor.post(link, {"note": "Noch einmal"}).status_code == 404
    due.refresh_from_db()
    assert due.note == "Liegt vor"


def test_what_is_too_long_is_said_beside_the_field_and_kept(forum: Forum) -> None:
    due, link = mailed(forum)
    page = Client().post(link, {"note": "x" * 301})
    assert "note" in page.context["form"].errors
    assert "x" * 301 in page.content.decode()
    due.refresh_from_db()
    assert due.is_open


def test_link_ends_when_somebody_else_gets_the_task_or_it_is_closed(forum: Forum) -> None:
    passed, first = mailed(forum)
    ActionItem.objects.filter(pk=passed.pk).update(person=PersonFactory())
    closed, second = mailed(forum)
    ActionItem.objects.filter(pk=closed.pk).update(state="dropped", closed_on=today())
    for link in (first, second):
        assert Client().get(link).status_code == 404
        assert Client().post(link).status_code == 404
    passed.refresh_from_db()
    assert passed.is_open


def test_link_ends_with_the_mail_address_it_was_sent_to(forum: Forum) -> None:
    due, link = mailed(forum)
    Person.objects.filter(pk=due.person_id).update(email="neu@example.org")
    assert Client().get(link).status_code == 404
    assert Client().post(link).status_code == 404
    due.refresh_from_db()
    assert due.is_open


def test_two_entries_that_become_one_keep_the_link_and_are_not_written_to_again(forum: Forum) -> None:
    kept = PersonFactory(email="mira@example.org")  # the older entry
    due, _link = mailed(forum, person__email="mira@example.org")
    action_items.tell(ActionItem.objects.all())
    outbox.deliver_due()
    Merge(kept, due.person).carry_out({})
    action_items.remind(today())
    action_items.tell(ActionItem.objects.all())
    outbox.deliver_due()
    assert len(mail.outbox) == 2
    assert Client().get(link_in_mail(str(mail.outbox[-1].body))).status_code == 200


def test_mail_that_waits_reaches_the_entry_that_stays(forum: Forum) -> None:
    kept = PersonFactory(email="bleibt@example.org")
    due = task(forum, due_on=today() - WEEK)
    action_items.remind(today())
    Merge(kept, due.person).carry_out({"email": False})
    outbox.deliver_due()
    assert [message.to for message in mail.outbox] == [["bleibt@example.org"]]


@pytest.mark.django_db(transaction=True)
def test_reporting_a_task_done_undoes_nothing_that_is_saved_at_that_moment(forum: Forum) -> None:
    due, link = mailed(forum)

    def report() -> None:
        Client().post(link, {"note": "Liegt vor"})
        connection.close()

    reporting = threading.Thread(target=report)
    with transaction.atomic():
        ActionItem.objects.filter(pk=due.pk).update(what="Geändert")
        reporting.start()
        wait_until_somebody_waits()
    reporting.join()
    due.refresh_from_db()
    assert (due.what, due.state, due.note) == ("Geändert", "done", "Liegt vor")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["stand", "aendern"])
def test_saving_a_task_undoes_nothing_that_is_saved_at_that_moment(forum: Forum, page: str) -> None:
    due, other = task(forum, what="Vorher"), PersonFactory()
    member, client = MembershipFactory(forum=forum, person=due.person), coordinator(forum)
    sent = {
        "stand": {"state": "in_progress", "note": "Begonnen"},
        "aendern": {"what": "Nachher", "person": member.person_id},
    }[page]

    def save() -> None:
        client.post(f"/aufgaben/{due.pk}/{page}/", sent | {"seen_version": due.version})
        connection.close()

    saving = threading.Thread(target=save)
    meanwhile = {"stand": {"person": other}, "aendern": {"note": "Inzwischen"}}[page]
    with transaction.atomic():
        ActionItem.objects.filter(pk=due.pk).update(**meanwhile)
        saving.start()
        wait_until_somebody_waits()
    saving.join()
    stored = ActionItem.objects.get()
    for name, value in (sent | meanwhile).items():
        assert getattr(stored, name) == (member.person if name == "person" and page == "aendern" else value), name


def wait_until_somebody_waits() -> None:
    """Until another connection waits for what this transaction holds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("Nobody waits.")


def test_mail_names_the_page_only_to_whoever_has_an_account(forum: Forum) -> None:
    due, _link = mailed(forum)
    assert f"/aufgaben/{due.pk}/" not in mail.outbox[-1].body
    own, _link = mailed(forum, person__user=UserFactory(), person__email="")
    assert f"/aufgaben/{own.pk}/" in mail.outbox[-1].body
    assert mail.outbox[-1].to == [own.person.user.email]


def test_token_is_not_logged() -> None:
    assert clean("GET /aufgabe/geheim/ 200") == "GET /aufgabe/…/ 200"

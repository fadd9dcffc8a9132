"""The demonstration's forums: real offices have those that documents name, the invented one shows life."""

import datetime
from typing import Any

import pytest
from django.db.models import Count
from django.utils import timezone

from accounts.demo import COORDINATION, TOWN_HALL
from accounts.models import User
from common.outbox import Message
from common.periods import ONE_DAY, today
from contacts.models import Organisation, Person
from forums.invitations import INVITATION
from forums.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    Forum,
    Meeting,
    Membership,
    Minutes,
    TemplateItem,
    Topic,
)
from forums.models.minutes import CIRCULATED
from forums.planning import state_of
from integration_portal.demo_facts import facts
from municipalities.working_days import public_holidays

NAMED_BY_DOCUMENTS = {
    "LIP": {
        "Arbeitskreis der Verantwortlichen für Integration",
        "Arbeitskreise in Kommunen",
        "Runde Tische in Kommunen",
    },
    "BI": {
        "Örtliche Migrationskonferenz",
        "Info- und Austauschtreffen mit Migrantenorganisationen",
        "Stadtteilkonferenzen",
    },
    "FRI": {"Arbeitskreise zur Integration"},
    "HM": {"Interreligiöser Dialog", "Netzwerkarbeit des Landkreises"},
}


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]
INVENTED = {"office__is_invented": True}


def test_real_offices_have_the_forums_that_documents_name() -> None:
    found: dict[str, set[str]] = {}
    for forum in Forum.objects.filter(office__is_invented=False).select_related("office"):
        found.setdefault(forum.office.code, set()).add(forum.name)
        assert forum.source == forum.office.source
    assert found == NAMED_BY_DOCUMENTS


def test_nothing_is_invented_about_forums_of_real_offices() -> None:
    real = Forum.objects.filter(office__is_invented=False)
    for forum in real:
        assert (forum.rhythm, forum.period.lower, forum.period.upper, forum.publishes_minutes) == (
            "",
            None,
            None,
            False,
        )
        assert forum.organiser in ("", "in der Quelle nicht genannt")
        assert not forum.towns.exists()
    for model in (Meeting, Membership, TemplateItem, Topic, ActionItem, Decision):
        assert not model._default_manager.filter(forum__in=real).exists()


def test_the_invented_office_has_forums_of_every_kind() -> None:
    forums = Forum.objects.filter(**INVENTED)
    assert {forum.kind for forum in forums} == set(Forum.Kind.values)
    assert forums.filter(publishes_minutes=True).exists()
    assert forums.filter(is_public=False, is_elsewhere=False).exists()
    assert forums.filter(is_elsewhere=True).exclude(organiser="").exists()
    assert [forum.name for forum in forums.past(today())] == ["Begleitkreis Sommerschule"]


def test_its_meetings_span_two_years_in_every_state() -> None:
    days = [meeting.day for meeting in Meeting.objects.all()]
    assert min(days) < today() - 600 * ONE_DAY
    assert max(days) > today() + 150 * ONE_DAY
    assert set(Meeting.objects.values_list("state", flat=True)) == set(Meeting.State.values)


def test_meetings_fall_on_working_days() -> None:
    for meeting in Meeting.objects.select_related("forum__district__state", "forum__office"):
        assert meeting.day.weekday() < 5
        assert meeting.day not in public_holidays(state_of(meeting.forum))
        assert (meeting.day < today()) == (meeting.state == "held") or meeting.state in ("invited", "cancelled")


def test_numbers_run_on_without_gaps() -> None:
    for forum in Forum.objects.filter(**INVENTED):
        numbers = list(forum.meetings.exclude(number=None).order_by("starts_at").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


def test_whoever_is_named_at_a_meeting_was_on_its_list() -> None:
    meetings = iter(Meeting.objects.order_by("pk"))
    for entry in facts("forum_meetings"):
        meeting = next(meetings)
        lines = {str(line) for line in meeting.attendances.select_related("person")}
        named = {*entry.get("excused", []), *entry.get("absent", []), *entry.get("accepts", [])}
        named |= {line["person"] for key in ("declines", "sends") for line in entry.get(key, [])}
        assert named <= lines, meeting


def test_what_was_held_has_results_for_every_item() -> None:
    assert not AgendaItem.objects.filter(meeting__state="held", result="").exists()
    assert Meeting.objects.filter(state="held").annotate(count=Count("items")).filter(count__gte=4).exists()


def test_decisions_have_votes_and_some_were_taken_without_counting() -> None:
    assert Decision.objects.filter(votes_against__gt=0).exists()
    assert Decision.objects.filter(votes_for=None).exists()


def test_no_more_votes_than_members_present() -> None:
    too_many = []
    for decision in Decision.objects.exclude(votes_for=None).select_related("item__meeting"):
        present = decision.item.meeting.attendances.filter(presence="present").exclude(role="guest").count()
        votes = (decision.votes_for or 0) + (decision.votes_against or 0) + (decision.abstentions or 0)
        if votes > present:
            too_many.append((str(decision.item.meeting), votes, present))
    assert too_many == []


def test_tasks_are_done_open_overdue_and_due_soon() -> None:
    tasks = ActionItem.objects.all()
    assert set(tasks.values_list("state", flat=True)) == set(ActionItem.State.values)
    assert tasks.overdue(today()).exists()
    assert tasks.open().filter(due_on__range=(today(), today() + 7 * ONE_DAY)).exists()
    assert not tasks.filter(closed_on__gt=today()).exists()
    assert tasks.exclude(organisation=None).exists()


def test_the_town_hall_is_a_member_with_something_to_do() -> None:
    user = User.objects.get(email=TOWN_HALL.email)
    assert Membership.objects.current(today()).filter(person__user=user).count() > 1
    assert ActionItem.objects.open().filter(person__user=user, due_on__gte=today()).exists()


def test_the_coordinator_has_a_meeting_to_log_and_misses_replies() -> None:
    user = User.objects.get(email=COORDINATION.email)
    meetings = Meeting.objects.led_by(user).filter(state="invited")
    over, coming = meetings.order_by("starts_at")
    assert over.starts_at < timezone.now()
    assert over.next_step(timezone.now()) == "log"
    assert not over.attendances.exclude(presence="").exists()
    assert over.chaired_by is not None
    assert over.chaired_by.user == user
    assert coming.attendances.filter(reply="").exists()
    assert set(coming.attendances.values_list("reply", flat=True)) == set(Attendance.Reply.values)
    assert coming.reply_until is not None
    assert today() < coming.reply_until < coming.day


def test_what_was_put_off_stands_on_the_next_agenda() -> None:
    topic = Topic.objects.get(postponed_from__isnull=False)
    assert (topic.postponed_from.meeting.state, topic.item.meeting.state) == ("held", "invited")


def test_minutes_are_approved_circulated_and_still_to_be_written() -> None:
    states = {state: Minutes.objects.filter(state=state) for state in Minutes.State.values}
    assert states["approved"].filter(released_at=None, meeting__forum__publishes_minutes=True).count() == 1
    assert states["approved"].exclude(released_at=None).count() > 5
    assert states["approved"].exclude(approved_in=None).exists()
    [circulated] = states["circulated"]
    assert circulated.takes_comments(today())
    assert circulated.comments.filter(is_objection=True).exists()
    assert not circulated.is_changed_since_sent()
    [unwritten] = Meeting.objects.filter(state="held", record=None, forum__is_elsewhere=False)
    assert today() - unwritten.day < 21 * ONE_DAY
    assert not Minutes.objects.exclude(meeting__forum__office__is_invented=True).exists()


def test_no_minutes_were_sent_or_approved_in_the_future() -> None:
    for minutes in Minutes.objects.all():
        assert minutes.meeting.ends_at < minutes.circulated_at < timezone.now()
        assert minutes.approved_at is None or minutes.circulated_at < minutes.approved_at < timezone.now()
        assert minutes.approved_in is None or minutes.approved_in.state == "held"


def test_decisions_are_numbered_through_each_forum() -> None:
    for forum in Forum.objects.filter(**INVENTED):
        numbered = forum.decisions.exclude(number=None).order_by("item__meeting__starts_at", "item__position")
        assert list(numbered.values_list("number", flat=True)) == list(range(1, numbered.count() + 1))


def test_the_mail_waiting_is_of_these_days() -> None:
    about = Message.objects.filter(occasion=CIRCULATED).values_list("about", flat=True)
    assert {minutes.state for minutes in Minutes.objects.filter(pk__in=about)} == {"circulated"}
    invited = Attendance.objects.filter(pk__in=Message.objects.filter(occasion=INVITATION).values("to"))
    assert {line.meeting.state for line in invited} == {"invited"}
    assert min(line.meeting.starts_at for line in invited) > timezone.now()


def test_members_are_invented_and_reached_at_example_org_or_not_at_all() -> None:
    people = Person.objects.filter(posts=None)
    assert people.filter(email="").exists()
    for person in people:
        assert person.email == "" or person.email.endswith("@example.org")
        assert person.phone == "" or person.phone_e164.startswith("+493023125")
        assert person.organisation is not None
    assert set(Organisation.objects.values_list("kind", flat=True)) == set(Organisation.Kind.values)


def test_the_days_of_memberships_and_meetings_fit() -> None:
    for line in Attendance.objects.exclude(person=None).select_related("meeting__forum"):
        belongs = line.meeting.forum.memberships.current(line.meeting.day).filter(person=line.person)
        assert belongs.exists(), line


def test_visitors_see_what_is_coming(client: Any) -> None:
    public = Meeting.objects.filter(forum__is_public=True, starts_at__gt=timezone.now()).exclude(state="draft")
    assert public.count() >= 4
    assert client.get("/foren/").status_code == 200
    for meeting in public:
        assert client.get(meeting.get_absolute_url()).status_code == 200


def test_the_past_of_a_leaver_ends_with_the_post(client: Any) -> None:
    ended = Membership.objects.filter(person__family_name="Schablone", period__endswith__isnull=False)
    assert {membership.period.upper - today() for membership in ended} == {datetime.timedelta(days=-59)}

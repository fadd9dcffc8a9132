"""The demonstration's requests: real offices have none, the invented one has two years of them in every state."""

import datetime
from typing import Any

import pytest

from accounts.demo import COORDINATION, LEAD, PORTAL_ADMINISTRATION, TOWN_HALL
from accounts.models import User
from common.outbox import Message
from common.periods import ONE_DAY, day_of, today
from integration_portal.demo_facts import facts
from municipalities.working_days import public_holidays
from services.models import (
    Delivery,
    Feedback,
    MeetingEffort,
    Report,
    RequestDetail,
    RequestEntry,
    RequestState,
    ServiceRequest,
)
from services.querysets import views_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]


def user(sign_in: Any) -> User:
    return User.objects.get(email=sign_in.email)


def test_nothing_is_invented_at_real_offices() -> None:
    for model in (ServiceRequest, Delivery, MeetingEffort, Report):
        assert not model._default_manager.exclude(office__is_invented=True).exists()


def test_requests_are_in_every_state_that_lasts() -> None:
    """Unconfirmed ones go by themselves after some days."""
    assert ServiceRequest.objects.count() == len(facts("requests"))
    states = set(ServiceRequest.objects.values_list("state", flat=True))
    assert states == set(RequestState.values) - {RequestState.UNCONFIRMED}


def test_everybody_is_reached_at_example_org() -> None:
    assert not ServiceRequest.objects.exclude(requester_email__endswith="@example.org").exists()


def test_numbers_follow_the_days_without_gaps() -> None:
    for year in range(today().year - 2, today().year + 1):
        rows = ServiceRequest.objects.filter(year=year).order_by("submitted_at")
        assert list(rows.values_list("number", flat=True)) == list(range(1, rows.count() + 1))


def test_everything_happens_on_working_days_before_today() -> None:
    closed = public_holidays(ServiceRequest.objects.first().office.state)
    moments = [*RequestEntry.objects.values_list("at", flat=True), *Feedback.objects.values_list("given_at", flat=True)]
    for day in {day_of(moment) for moment in moments}:
        assert day < today()
        assert day.weekday() < 5
        assert day not in closed


def test_timelines_hold_all_kinds_but_files_in_order() -> None:
    kinds = set(RequestEntry.objects.values_list("kind", flat=True))
    assert kinds == set(RequestEntry.Kind.values) - {RequestEntry.Kind.FILE}
    for request in ServiceRequest.objects.received():
        moments = list(request.entries.order_by("pk").values_list("at", flat=True))
        assert moments == sorted(moments)
        assert moments[0] == request.submitted_at


def test_no_old_mail_is_sent() -> None:
    assert not Message.objects.filter(occasion__startswith="services.").exists()


@pytest.mark.parametrize("view", ["meine", "offen", "nicht-zugewiesen", "ueberfaellig", "wartet", "nachrichten"])
def test_coordination_finds_something_in_each_view_of_the_inbox(view: str) -> None:
    account = user(COORDINATION)
    assert ServiceRequest.objects.worked_by(account).filter(views_of(account, today())[view]).exists()


def test_lead_has_requests_of_her_own() -> None:
    account = user(LEAD)
    assert ServiceRequest.objects.worked_by(account).filter(views_of(account, today())["meine"]).exists()


def test_town_hall_has_requests_of_its_own_a_draft_and_one_to_say_how_it_was() -> None:
    account = user(TOWN_HALL)
    own = ServiceRequest.objects.filter(account=account)
    assert own.filter(state="draft").count() == 1
    assert own.open().exists()
    assert own.filter(state="completed", feedback=None).exists()
    assert own.filter(feedback__isnull=False).exists()


def test_town_hall_sees_no_draft_or_note_of_others() -> None:
    seen = ServiceRequest.objects.visible_to(user(TOWN_HALL))
    assert seen.exists()
    assert not seen.exclude(municipality__name="Holzminden").exists()
    assert not RequestEntry.objects.visible_to(user(TOWN_HALL)).filter(is_internal=True).exists()


def test_whoever_runs_the_portal_sees_all_but_the_draft() -> None:
    seen = ServiceRequest.objects.visible_to(user(PORTAL_ADMINISTRATION))
    assert seen.count() == ServiceRequest.objects.received().count()


def test_a_request_founded_a_forum_and_another_may() -> None:
    founding = ServiceRequest.objects.exclude(forum=None)
    assert set(founding.values_list("forum__name", flat=True)) == {"Runder Tisch Ankommen", "Netzwerk Ehrenamt"}
    assert ServiceRequest.objects.open().filter(offering__kind="forum").exists()


def test_one_town_without_contact_person_left_its_request_unassigned() -> None:
    [request] = ServiceRequest.objects.filter(municipality__name="Wangelnstedt")
    assert (request.assigned_to, request.assigned_because) == (None, "nobody")


def test_what_offerings_ask_was_answered() -> None:
    for request in ServiceRequest.objects.received():
        required = request.offering.questions.filter(is_required=True)
        assert {detail.question_id for detail in request.details.all()} >= {question.pk for question in required}
    assert not RequestDetail.objects.filter(reply="").exists()


def test_all_that_was_done_has_hours_and_belongs_to_what_was_completed() -> None:
    completed = ServiceRequest.objects.filter(state="completed")
    assert set(Delivery.objects.values_list("request", flat=True)) == set(completed.values_list("pk", flat=True))
    assert not Delivery.objects.filter(hours=0).exists()
    for delivery in Delivery.objects.all():
        assert delivery.request.submitted_at.date() < delivery.held_on < today()
        delivery.full_clean()
    assert MeetingEffort.objects.filter(hours__gt=0).count() > 5


def test_last_years_report_is_frozen_with_figures_and_words() -> None:
    [report] = Report.objects.all()
    assert (report.year, report.is_frozen, report.frozen_by) == (today().year - 1, True, user(LEAD))
    assert report.as_of == min(datetime.date(today().year, 1, 20), today())
    words = {part["heading"]: part["text"].strip() for part in facts("report_parts")}
    assert words.items() <= dict(report.blocks.values_list("heading", "text")).items()
    assert report.document(today() + ONE_DAY).startswith(b"%PDF")

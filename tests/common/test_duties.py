"""Duties run when they are due, by one worker, and tell what came of them."""

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from common import duties
from common.duties import Duty

pytestmark = pytest.mark.django_db

DUTY = "tests.duty"


@pytest.fixture
def ran_on(monkeypatch: pytest.MonkeyPatch) -> list[datetime.date]:
    """The only duty, daily at 5 past midnight; filled with the days on which it ran."""
    days: list[datetime.date] = []
    only(monkeypatch, lambda on: days.append(on) or "done")
    return days


def only(monkeypatch: pytest.MonkeyPatch, run: Callable[[datetime.date], str], **when: Any) -> None:
    monkeypatch.setattr(duties, "_registered", {})
    duties.register(DUTY, run, **when)


def run_at(moment: str) -> list[str]:
    with time_machine.travel(f"{moment}+01:00", tick=False):
        return duties.run_due()


def test_daily_duty_runs_once_a_day_of_berlin(ran_on: list[datetime.date]) -> None:
    for moment in ("2026-03-01 00:06", "2026-03-01 23:00", "2026-03-02 00:04", "2026-03-02 00:05", "2026-03-02 12:00"):
        run_at(moment)
    assert ran_on == [datetime.date(2026, 3, 1), datetime.date(2026, 3, 2)]


def test_missed_duty_is_made_up_for_once(ran_on: list[datetime.date]) -> None:
    for moment in ("2026-03-01 00:06", "2026-03-05 09:00", "2026-03-05 09:01"):
        run_at(moment)
    assert ran_on == [datetime.date(2026, 3, 1), datetime.date(2026, 3, 5)]


def test_duty_may_come_back_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[datetime.date] = []
    only(monkeypatch, lambda on: runs.append(on) or "", every=datetime.timedelta(minutes=10))
    for minute in (0, 9, 10, 15, 20):
        run_at(f"2026-03-01 12:{minute:02}")
    assert len(runs) == 3


def test_duty_notes_what_it_did(ran_on: list[datetime.date]) -> None:
    assert run_at("2026-03-01 12:00") == ["tests.duty: done"]
    noted = Duty.objects.get(pk=DUTY)
    assert (noted.outcome, noted.failures) == ("done", 0)
    assert noted.done_at == noted.tried_at is not None


def test_failing_duty_is_tried_again_after_a_pause_and_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(on: datetime.date) -> str:
        raise ValueError("erika@example.org")

    only(monkeypatch, fail)
    duties.register("tests.other", lambda on: "done")
    assert run_at("2026-03-01 12:00:00") == ["tests.duty: ValueError", "tests.other: done"]
    assert run_at("2026-03-01 12:00:30") == []
    assert run_at("2026-03-01 12:01:00") == ["tests.duty: ValueError"]
    assert run_at("2026-03-01 12:02:00") == []
    noted = Duty.objects.get(pk=DUTY)
    assert (noted.failures, noted.done_at) == (2, None)
    assert "erika" not in caplog.text + noted.outcome


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_run_a_duty_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, may_end = threading.Event(), threading.Event()
    runs: list[int] = []

    def slow(on: datetime.date) -> str:
        runs.append(1)
        running.set()
        may_end.wait(10)
        return "done"

    def work() -> None:
        duties.run_due()
        connection.close()

    only(monkeypatch, slow)
    first = threading.Thread(target=work)
    first.start()
    running.wait(10)
    assert duties.run_due() == []
    may_end.set()
    first.join()
    assert duties.run_due() == []
    assert len(runs) == 1


def test_once_does_what_is_due_and_says_so(ran_on: list[datetime.date], capsys: Any) -> None:
    call_command("work", "--once")
    assert capsys.readouterr().out == "tests.duty: done\n0 messages\n"

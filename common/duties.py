"""Duties that come back: one list, run by `manage.py work`, each noting its last run; a missed one is made up for.

An app registers a duty in its `apps.py`. `run(on)` does what is open up to and including that day, however long ago
it last ran, and says in one line, which names nobody, what it did. It may be killed at any moment and run again.
"""

import datetime
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.audit import acting_as
from common.outbox import PAUSES, fault

logger = logging.getLogger(__name__)

WORKER = "common.work"  # delivering mail is noted like a duty; so one sees that a worker lives
WORKER_NOTES_EVERY = datetime.timedelta(seconds=30)

Run = Callable[[datetime.date], str]


class RegisteredDuty(NamedTuple):
    """Runs once a day from a time in Berlin on, or every so often."""

    name: str
    run: Run
    label: Any
    at: datetime.time
    every: datetime.timedelta | None

    def is_due(self, done_at: datetime.datetime | None, now: datetime.datetime) -> bool:
        """Whether it has to run now, having last succeeded then."""
        if done_at is None:
            return True
        if self.every:
            return done_at + self.every <= now
        local = timezone.localtime(now)
        begin = timezone.make_aware(datetime.datetime.combine(local.date(), self.at))
        if begin > now:
            begin = timezone.make_aware(datetime.datetime.combine(local.date() - datetime.timedelta(days=1), self.at))
        return done_at < begin


_registered: dict[str, RegisteredDuty] = {}


def register(
    name: str,
    run: Run,
    *,
    label: Any = "",
    at: datetime.time = datetime.time(0, 5),
    every: datetime.timedelta | None = None,
) -> None:
    """Make a duty, named `<app>.<duty>`, known: daily from `at` on, or `every` so often."""
    _registered[name] = RegisteredDuty(name, run, label or name, at, every)


class Duty(models.Model):
    """When a duty last ran, and what came of it."""

    name = models.CharField(_("recurring duty"), max_length=60, primary_key=True)
    done_at = models.DateTimeField(_("last done"), null=True)
    tried_at = models.DateTimeField(_("last tried"), null=True)
    failures = models.PositiveIntegerField(_("failures since"), default=0)
    outcome = models.CharField(_("outcome"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("recurring duty")
        verbose_name_plural = _("recurring duties")
        ordering = ["name"]

    def __str__(self) -> str:
        if self.name == WORKER:
            return gettext("Deliver mail")
        known = _registered.get(self.name)
        return str(known.label) if known else self.name

    def may_try(self, now: datetime.datetime) -> bool:
        """Whether the pause after a failure is over."""
        if not self.failures or self.tried_at is None:
            return True
        return self.tried_at + PAUSES[min(self.failures, len(PAUSES)) - 1] <= now


def note_worker(problem: str, now: datetime.datetime) -> None:
    """Note that a worker lives, and what keeps it from delivering mail."""
    noted = {"tried_at": now, "failures": 1 if problem else 0, "outcome": problem}
    Duty.objects.update_or_create(pk=WORKER, defaults=noted if problem else {**noted, "done_at": now})


def run_due(is_stopping: Callable[[], bool] = lambda: False) -> list[str]:
    """Run what is due, one after another; a line for each."""
    lines = []
    for duty in list(_registered.values()):
        if is_stopping():
            break
        if _is_due(duty, timezone.now()):
            with _alone(duty.name) as is_alone:
                # Another worker may have done it meanwhile.
                if is_alone and _is_due(duty, timezone.now()):
                    lines.append(f"{duty.name}: {_run(duty)}")
    return lines


def _is_due(duty: RegisteredDuty, now: datetime.datetime) -> bool:
    noted = Duty.objects.filter(pk=duty.name).first() or Duty(pk=duty.name)
    return duty.is_due(noted.done_at, now) and noted.may_try(now)


def _run(duty: RegisteredDuty) -> str:
    now = timezone.now()
    try:
        with acting_as(duty.name):
            outcome = duty.run(timezone.localdate(now))
    except Exception as error:  # whatever it is, the other duties are done
        logger.error("Duty %s failed: %s", duty.name, fault(error))
        noted, _created = Duty.objects.get_or_create(pk=duty.name)
        noted.tried_at, noted.failures, noted.outcome = now, noted.failures + 1, type(error).__name__
        noted.save()
        return noted.outcome
    logger.info("Duty %s: %s", duty.name, outcome)
    done = {"done_at": now, "tried_at": now, "failures": 0, "outcome": outcome[:200]}
    Duty.objects.update_or_create(pk=duty.name, defaults=done)
    return outcome


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """Whether no other worker runs the duty; the database forgets the lock with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"duty {name}"])
        is_alone = cursor.fetchone()[0]
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"duty {name}"])

import datetime
import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from common import duties, outbox
from common.audit import acting_as

logger = logging.getLogger(__name__)

LOOK_FOR_MAIL_EVERY, LOOK_FOR_DUTIES_EVERY, WAIT_FOR_SERVER = 1.0, 30.0, 5.0  # seconds


class Command(BaseCommand):
    help = (
        "Delivers mail and runs the recurring duties until it is told to stop (SIGTERM, Ctrl-C). "
        "Several may run beside each other; each message and duty is taken by one of them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, say what was done, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        self.noted_at: datetime.datetime | None = None
        self.noted_problem = ""
        if options["once"]:
            self.once()
        else:
            self.until_stopped()

    def once(self) -> None:
        for line in duties.run_due():
            self.stdout.write(line)
        taken = 0
        try:
            while more := outbox.deliver_due():
                taken += more
        except outbox.MailServerSilent as silent:
            raise CommandError(f"The mail server does not answer ({silent}).") from None
        self.stdout.write(f"{taken} messages")

    def until_stopped(self) -> None:
        """Mail in this thread, duties in one of their own: a long duty keeps no mail waiting."""
        self.stop, self.has_failed = threading.Event(), False
        for asked_to_stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asked_to_stop, self.on_signal)
        beside = threading.Thread(target=self.repeat, args=[self.do_duties], daemon=True)
        beside.start()
        self.repeat(self.deliver)
        beside.join()
        if self.has_failed:
            raise CommandError("The worker ended because of a fault; it stands above.")

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()

    def repeat(self, step: Callable[[], float]) -> None:
        """The step, which says how long to wait before the next one; a database that is away is waited for."""
        try:
            while not self.stop.is_set():
                try:
                    close_old_connections()
                    pause = step()
                except Error as error:
                    logger.error("The database does not answer (%s).", type(error).__name__)
                    connection.close()
                    pause = WAIT_FOR_SERVER
                self.stop.wait(pause)
        except Exception:
            logger.exception("Fault in the worker")
            self.has_failed = True
            self.stop.set()
        finally:
            connection.close()

    def deliver(self) -> float:
        problem, taken = "", 0
        try:
            with acting_as("work"):
                taken = outbox.deliver_due(self.stop.is_set)
        except outbox.MailServerSilent as silent:
            problem = f"The mail server does not answer ({silent})."
        self.note(problem)
        if problem:
            return WAIT_FOR_SERVER
        return 0 if taken else LOOK_FOR_MAIL_EVERY

    def note(self, problem: str) -> None:
        now = timezone.now()
        is_fresh = self.noted_at is not None and now - self.noted_at < duties.WORKER_NOTES_EVERY
        if not is_fresh or problem != self.noted_problem:
            if problem and problem != self.noted_problem:
                logger.error(problem)
            duties.note_worker(problem, now)
            self.noted_at, self.noted_problem = now, problem

    def do_duties(self) -> float:
        duties.run_due(self.stop.is_set)
        return LOOK_FOR_DUTIES_EVERY

"""Delivers a full outbox to a mail server on this machine. By itself: `python -m benchmarks.mail`."""

import datetime
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from benchmarks.client import HOST
from common.processes import end_with_parent

MESSAGES, SLOWEST = 1_000, 50  # a second
OCCASION = "benchmarks.notice"

Say = Callable[[str], None]


def measure_mail(say: Say) -> None:
    from django.conf import settings
    from django.db import transaction

    from common import outbox
    from common.outbox import Mail, Message

    def compose(message: Message) -> Mail:
        return Mail(f"person{message.to}@example.org", f"Nachricht {message.about}", {"about": message.about})

    outbox.register(OCCASION, compose)
    with _mail_server() as port, _timed_notes(Message) as noting:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = HOST, port
        Message.objects.all().delete()
        started = time.perf_counter()
        with transaction.atomic():
            for recipient in range(MESSAGES):
                outbox.post(OCCASION, about=1, to=recipient)
        posting = time.perf_counter() - started
        started, cpu = time.perf_counter(), time.process_time()
        while outbox.deliver_due():
            pass
        delivering, cpu = time.perf_counter() - started, time.process_time() - cpu
        sent = Message.objects.filter(state=Message.State.SENT).count()
    rate = sent / delivering
    window = sorted(noting)
    say("## Mail")
    say("")
    say(f"- {MESSAGES} messages posted in one transaction: {posting / MESSAGES * 1000:.1f} ms each.")
    say(
        f"- {sent} of {MESSAGES} delivered to a server on this machine by one worker, over one connection for each "
        f"{outbox.PER_CONNECTION}: {rate:.0f} a second (aim: {SLOWEST}, {'met' if rate >= SLOWEST else '**missed**'}); "
        f"{cpu / sent * 1000:.1f} ms of the worker's CPU each."
    )
    say(
        "- From the server's acceptance to our note, in which a killed worker doubles the message: "
        f"{statistics.median(window) * 1000:.1f} ms median, {window[len(window) * 95 // 100] * 1000:.1f} ms p95."
    )


@contextmanager
def _timed_notes(message: Any) -> Iterator[list[float]]:
    """How many seconds each note of an outcome takes."""
    seconds: list[float] = []
    note = message._note

    def timed(*args: Any, **fields: Any) -> None:
        started = time.perf_counter()
        note(*args, **fields)
        seconds.append(time.perf_counter() - started)

    message._note = timed
    try:
        yield seconds
    finally:
        message._note = note


@contextmanager
def _mail_server() -> Iterator[int]:
    """In a process of its own, which throws away what it accepts; gives its port."""
    with closing(socket.socket()) as any_free:
        any_free.bind((HOST, 0))
        port = any_free.getsockname()[1]
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"{HOST}:{port}", "-c", "aiosmtpd.handlers.Sink"]
    process = subprocess.Popen(command, preexec_fn=end_with_parent)  # noqa: PLW1509 - no thread of ours runs yet
    try:
        for _ in range(200):
            with closing(socket.socket()) as client:
                if client.connect_ex((HOST, port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    from benchmarks.__main__ import DATABASE, RESULTS

    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "EMBEDDED_DATABASE_NAME": f"{DATABASE}_mail",
        "PUBLIC_URL": f"http://{HOST}",
        "DEBUG": "0",
        "DEMO": "0",
    }
    os.environ.pop("DATABASE_URL", None)
    import django

    from benchmarks import building
    from common import embedded_database

    lines: list[str] = []
    with embedded_database.running():
        building.empty_database(os.environ["EMBEDDED_DATABASE_NAME"])
        django.setup()
        building.call_command("migrate", verbosity=0)
        now = datetime.datetime.now(datetime.UTC)
        lines.append(f"# Benchmark of {now:%Y-%m-%d %H:%M} UTC, mail alone\n")
        lines.append(
            f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f} before the start, "
            f"Python {platform.python_version()}, Django {django.get_version()}.\n"
        )
        measure_mail(lines.append)
    print("\n".join(lines))
    (RESULTS / f"{now:%Y-%m-%d}-mail.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Real worker processes and a real mail server: nothing is lost, and what may come twice is known.

A message comes twice only where a worker dies between the server's acceptance and its own note; then with the same
Message-ID. docs/decisions/0016-outbox.md says how wide that window is.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from common import outbox
from common.duties import WORKER, Duty
from common.outbox import Message
from tests.common.outbox_world import OCCASION, occasion
from tests.common.worker import worker
from tests.mail_server import NOBODY, MailServer

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST = 120  # seconds, on a machine that is busy with other tests


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server, occasion():
        yield server


def wait_until(is_true: Callable[[], object]) -> None:
    end = time.monotonic() + LONGEST
    while not is_true():
        assert time.monotonic() < end, "It took too long."
        time.sleep(0.05)


def post(number: int) -> None:
    for recipient in range(number):
        outbox.post(OCCASION, about=7, to=recipient)


def all_sent() -> bool:
    return not Message.objects.exclude(state="sent").exists()


def end_leases() -> None:
    """As if the minutes of the lease had passed."""
    Message.objects.exclude(claimed_until=None).update(claimed_until=timezone.now())


def test_worker_delivers_soon_and_ends_when_told(mail_server: MailServer) -> None:
    with worker(mail_server) as process:
        wait_until(lambda: Duty.objects.filter(pk=WORKER).exists())
        post(1)
        wait_until(all_sent)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert Duty.objects.filter(pk="common.purge", failures=0).exists()


def test_worker_outlives_a_database_that_was_away(mail_server: MailServer) -> None:
    with worker(mail_server) as process:
        wait_until(lambda: Duty.objects.filter(pk=WORKER).exists())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        post(1)
        wait_until(all_sent)
        assert process.poll() is None


def test_mail_server_that_was_away_delays_and_loses_nothing() -> None:
    server = MailServer()
    with occasion(), worker(server):
        post(3)
        wait_until(lambda: Duty.objects.filter(pk=WORKER, failures=1).exists())
        assert set(Message.objects.values_list("state", "tries")) == {("waiting", 0)}
        with server:
            wait_until(all_sent)
    assert len(server.received) == 3


def test_unknown_mailbox_is_refused_and_the_others_get_theirs(mail_server: MailServer, settings: Any) -> None:
    def compose(message: Message) -> outbox.Mail | None:
        return outbox.Mail(NOBODY if message.to == 1 else "person@example.org", "Nachricht", {})

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    with occasion(compose):
        post(3)
        while outbox.deliver_due():
            pass
    assert Message.objects.get(to=1).state == "refused"
    assert Message.objects.get(to=1).error == "SMTPRecipientsRefused 550"
    assert Message.objects.filter(state="sent").count() == len(mail_server.received) == 2


def test_two_workers_deliver_each_message_once(mail_server: MailServer) -> None:
    with worker(mail_server), worker(mail_server):
        post(100)
        wait_until(all_sent)
    assert len(mail_server.received) == len(set(mail_server.message_ids)) == 100


def test_worker_killed_before_the_server_accepts_doubles_nothing(mail_server: MailServer) -> None:
    post(3)
    with worker(mail_server) as process:
        mail_server.on_recipient = process.kill
        process.wait(LONGEST)
    mail_server.on_recipient = lambda: None
    assert not mail_server.received
    end_leases()
    with worker(mail_server):
        wait_until(all_sent)
    assert len(mail_server.received) == 3


def test_worker_killed_in_the_window_doubles_one_message_with_the_same_id(mail_server: MailServer) -> None:
    post(3)
    with worker(mail_server) as process:
        mail_server.on_accepted = process.kill
        process.wait(LONGEST)
    mail_server.on_accepted = lambda: None
    assert len(mail_server.received) == 1
    end_leases()
    with worker(mail_server):
        wait_until(all_sent)
    assert sorted(Counter(mail_server.message_ids).values()) == [1, 1, 2]


def test_workers_killed_at_any_moment_lose_nothing_and_double_one_message_at_most_each(
    mail_server: MailServer,
) -> None:
    kills, number, moments = 5, 400, random.Random(7)
    post(number)
    for _ in range(kills):
        before = len(mail_server.received)
        with worker(mail_server) as process:
            wait_until(lambda before=before: len(mail_server.received) > before)
            time.sleep(moments.uniform(0, 0.3))
            process.kill()
            process.wait()
        end_leases()
    with worker(mail_server):
        wait_until(all_sent)
    times = Counter(mail_server.message_ids)
    doubles = len(mail_server.received) - number
    print(f"{kills} workers killed, {number} messages, {doubles} came twice")
    assert len(times) == number
    assert max(times.values()) <= 2
    assert doubles <= kills

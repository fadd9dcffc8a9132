"""Messages are asked for once, delivered once, and their fate is known."""

import datetime
import smtplib
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils import timezone

from common import erasure, outbox
from common.outbox import LEASE, PAUSES, Mail, Message
from tests.common.outbox_world import OCCASION, notice, occasion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    with occasion():
        yield


@pytest.fixture
def failing(settings: Any) -> type["Failing"]:
    settings.EMAIL_BACKEND = "tests.common.test_outbox.Failing"
    Failing.error = None
    return Failing


class Failing(EmailBackend):
    """A mail server that answers with the error given."""

    error: Exception | None = None

    def send_messages(self, messages: Any) -> int:
        if self.error:
            raise self.error
        return super().send_messages(messages)


def post(**given: Any) -> Message:
    outbox.post(OCCASION, **{"about": 7, "to": 3, **given})
    return Message.objects.get(**{"about": 7, "to": 3, **given})


def make_due() -> None:
    Message.objects.update(next_try_at=timezone.now())


def test_message_is_a_row_of_ids_until_it_is_delivered(mailoutbox: list[Any]) -> None:
    message = post()
    assert (message.state, message.address, message.subject) == ("waiting", "", "")
    assert not mailoutbox
    assert outbox.deliver_due() == 1
    message.refresh_from_db()
    assert (message.state, message.address, message.subject) == ("sent", "person3@example.org", "Nachricht 7")
    assert message.sent_at is not None
    assert [mail.to for mail in mailoutbox] == [["person3@example.org"]]


def test_asking_again_changes_nothing(mailoutbox: list[Any]) -> None:
    for _ in range(2):
        post()
        outbox.deliver_due()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("other", [{"about": 8}, {"to": 4}, {"version": "2026"}])
def test_other_object_recipient_or_version_is_another_message(other: dict[str, Any], mailoutbox: list[Any]) -> None:
    post()
    post(**other)
    outbox.deliver_due()
    assert len(mailoutbox) == 2


def test_message_is_undone_with_its_transaction() -> None:
    with transaction.atomic():
        post()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_unknown_occasion_is_refused() -> None:
    with pytest.raises(LookupError):
        outbox.post("tests.unknown", about=1, to=1)


def test_mail_is_plain_text_and_simple_html_and_says_that_a_machine_sent_it(mailoutbox: list[Any]) -> None:
    message = post()
    outbox.deliver_due()
    [mail] = mailoutbox
    assert "Neues & <Wichtiges> zu 7:\n\nhttp://testserver/neues/7/\n" in mail.body
    [(html, kind)] = mail.alternatives
    assert kind == "text/html"
    assert "Neues &amp; &lt;Wichtiges&gt;" in html
    assert '<a href="http://testserver/neues/7/"' in html
    sent = mail.message()
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["Message-ID"] == message.message_id
    assert sent["From"] == "Integrationsportal <portal@testserver>"


def test_mail_comes_in_the_name_of_the_office(mailoutbox: list[Any]) -> None:
    with occasion(
        lambda message: Mail("a@example.org", "Ä\nB", {}, sender_name="Büro, Muster", reply_to="b@example.org")
    ):
        post()
        outbox.deliver_due()
    sent = message_from_bytes(mailoutbox[0].message().as_bytes(), policy=policy.default)
    [sender] = sent["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Büro, Muster", "portal@testserver")
    assert (mailoutbox[0].subject, sent["Reply-To"]) == ("Ä B", "b@example.org")
    assert "Büro, Muster\nhttp://testserver/" in mailoutbox[0].body


def test_message_no_longer_wanted_is_dropped(mailoutbox: list[Any]) -> None:
    with occasion(lambda message: None):
        message = post()
        outbox.deliver_due()
    message.refresh_from_db()
    assert message.state == "dropped"
    assert not mailoutbox


# -- Failing ------------------------------------------------------------------------------------------------------


TEMPORARY = [
    smtplib.SMTPRecipientsRefused({"person3@example.org": (450, b"person3@example.org is busy")}),
    smtplib.SMTPServerDisconnected("gone"),
    smtplib.SMTPDataError(451, b"later"),
    smtplib.SMTPSenderRefused(550, b"not from you", "portal@testserver"),
    TimeoutError("too slow"),
]
FINAL = [
    smtplib.SMTPRecipientsRefused({"person3@example.org": (550, b"5.1.1 person3@example.org is unknown")}),
    smtplib.SMTPDataError(554, b"too big"),
]


@pytest.mark.parametrize("error", TEMPORARY, ids=lambda error: type(error).__name__)
def test_temporary_failure_waits_longer_each_time_and_is_given_up_at_last(
    failing: type[Failing], error: Exception
) -> None:
    failing.error = error
    message = post()
    for pause in PAUSES:
        before = timezone.now()
        assert outbox.deliver_due() == 1
        message.refresh_from_db()
        assert message.state == "waiting"
        assert pause <= message.next_try_at - before < pause + datetime.timedelta(minutes=1)
        assert outbox.deliver_due() == 0
        make_due()
    outbox.deliver_due()
    message.refresh_from_db()
    assert message.state == "given_up"
    assert list(PAUSES) == sorted(PAUSES)


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
def test_what_the_server_refuses_for_good_is_not_tried_again(failing: type[Failing], error: Exception) -> None:
    failing.error = error
    message = post()
    outbox.deliver_due()
    message.refresh_from_db()
    assert (message.state, message.tries) == ("refused", 1)


@pytest.mark.parametrize("error", [*TEMPORARY, *FINAL], ids=lambda error: type(error).__name__)
def test_last_error_names_nobody(failing: type[Failing], error: Exception, caplog: Any) -> None:
    failing.error = error
    message = post()
    outbox.deliver_due()
    message.refresh_from_db()
    assert type(error).__name__ in message.error
    assert "@" not in message.error
    assert "person3@" not in caplog.text


def test_message_that_cannot_be_composed_keeps_no_other_waiting(mailoutbox: list[Any], caplog: Any) -> None:
    def compose(message: Message) -> Mail | None:
        if message.to == 1:
            raise ValueError("erika@example.org")
        return notice(message)

    with occasion(compose):
        broken, fine = post(to=1), post(to=2)
        outbox.deliver_due()
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, broken.error, fine.state) == ("waiting", "composing: ValueError", "sent")
    assert "erika" not in caplog.text


def test_server_that_cannot_be_reached_delays_and_counts_no_try(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = post()
    with pytest.raises(outbox.MailServerSilent, match="ConnectionRefusedError"):
        outbox.deliver_due()
    message.refresh_from_db()
    assert (message.state, message.tries, message.claimed_until) == ("waiting", 0, None)


# -- Claims -------------------------------------------------------------------------------------------------------


def test_claimed_message_is_free_again_when_the_lease_is_over() -> None:
    message, now = post(), timezone.now()
    assert Message.objects.claim(now) == message
    assert Message.objects.claim(now + LEASE / 2) is None
    assert Message.objects.claim(now + LEASE) == message


def test_message_that_ends_the_worker_each_time_is_given_up(mailoutbox: list[Any]) -> None:
    message, now = post(), timezone.now()
    for number in range(len(PAUSES) + 1):
        assert Message.objects.claim(now + number * LEASE)
    Message.objects.update(claimed_until=now)
    outbox.deliver_due()
    message.refresh_from_db()
    assert message.state == "given_up"
    assert not mailoutbox


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_take_the_same() -> None:
    for number in range(60):
        post(to=number)
    taken: list[int] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        while message := Message.objects.claim(timezone.now()):
            taken.append(message.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == len(set(taken)) == 60


def test_late_outcome_does_not_overwrite_who_took_over(mailoutbox: list[Any]) -> None:
    post()
    late = Message.objects.claim(timezone.now())
    other = Message.objects.claim(timezone.now() + LEASE)
    assert late is not None
    assert other is not None
    late._fail("TimeoutError")
    other.refresh_from_db()
    assert other.claimed_until is not None
    assert other.error == ""


# -- Afterwards ---------------------------------------------------------------------------------------------------


def test_sent_again_is_another_mail_to_the_recipients_program(mailoutbox: list[Any]) -> None:
    message = post()
    outbox.deliver_due()
    assert message.send_again(timezone.now())
    outbox.deliver_due()
    first, second = (mail.message()["Message-ID"] for mail in mailoutbox)
    assert first != second


def test_message_on_its_way_cannot_be_sent_again() -> None:
    post()
    message = Message.objects.claim(timezone.now())
    assert message is not None
    assert not message.send_again(timezone.now())


def test_addresses_are_forgotten_after_90_days_and_the_message_stays_sent(mailoutbox: list[Any]) -> None:
    old, young = post(to=1), post(to=2)
    outbox.deliver_due()
    Message.objects.filter(pk=old.pk).update(posted_at=timezone.now() - datetime.timedelta(days=92))
    erasure.purge(timezone.localdate())
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.address, old.subject, old.state) == ("", "", "sent")
    assert young.address
    post(to=1)
    assert outbox.deliver_due() == 0


def test_mail_carries_other_forms_and_files(mailoutbox: list[Any]) -> None:
    def with_calendar(message: Message) -> Mail:
        return Mail(
            "person3@example.org",
            "Einladung",
            {"about": 7},
            alternatives=[("BEGIN:VCALENDAR", "text/calendar; method=REQUEST")],
            attachments=[("einladung.ics", b"BEGIN:VCALENDAR", "application/ics")],
        )

    outbox.register(OCCASION, with_calendar)
    post()
    outbox.deliver_due()
    [mail] = mailoutbox
    parsed = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    kinds = [part.get_content_type() for part in parsed.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar", "application/ics"]
    [calendar] = [part for part in parsed.walk() if part.get_content_type() == "text/calendar"]
    assert (calendar.get_param("method"), calendar.get_content_charset()) == ("REQUEST", "utf-8")
    [attached] = parsed.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("einladung.ics", b"BEGIN:VCALENDAR")

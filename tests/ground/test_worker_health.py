"""`/readyz` tells when mail and duties do not get done, and the portal serves nevertheless."""

import datetime
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from common import duties, outbox
from common.duties import Duty
from common.outbox import Message
from tests.common.outbox_world import OCCASION, occasion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    with occasion():
        yield


def ago(minutes: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(minutes=minutes)


def assert_warns(client: Client, *words: str) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert len(response.json()["warnings"]) == len(words)
    for warning, word in zip(response.json()["warnings"], words, strict=True):
        assert word in warning
    assert client.get("/readyz?strict").status_code == (503 if words else 200)


def test_working_worker_gives_no_warning(client: Client) -> None:
    duties.note_worker("", timezone.now())
    assert_warns(client)


def test_portal_without_a_worker_serves_and_says_so(client: Client) -> None:
    assert_warns(client, "No worker")


def test_silent_worker_is_told(client: Client) -> None:
    duties.note_worker("", ago(3))
    assert_warns(client, "No worker")


def test_mail_server_that_cannot_be_reached_is_told(client: Client) -> None:
    duties.note_worker("The mail server does not answer (TimeoutError).", timezone.now())
    assert_warns(client, "mail server does not answer")


def test_mail_that_waits_too_long_is_told(client: Client) -> None:
    duties.note_worker("", timezone.now())
    outbox.post(OCCASION, about=1, to=1)
    assert_warns(client)
    Message.objects.update(posted_at=ago(20))
    assert_warns(client, "waiting for more than 15 minutes: 1")


def test_mail_given_up_is_told_for_a_week(client: Client) -> None:
    duties.note_worker("", timezone.now())
    outbox.post(OCCASION, about=1, to=1)
    Message.objects.update(state="given_up")
    assert_warns(client, "given up")
    Message.objects.update(posted_at=ago(8 * 24 * 60))
    assert_warns(client)


def test_failing_duty_is_told(client: Client) -> None:
    duties.note_worker("", timezone.now())
    Duty.objects.create(name="tests.duty", failures=2, outcome="ValueError")
    assert_warns(client, "tests.duty failed 2 times, last with ValueError")

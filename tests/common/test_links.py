"""Links without account, issued from two connections at once."""

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from common.links import Link

AT_ONCE = 4
HOUR = datetime.timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_links_made_at_once_leave_the_last_one_open() -> None:
    together = threading.Barrier(AT_ONCE)
    tokens: list[str] = []

    def issue() -> None:
        together.wait()
        try:
            tokens.append(
                Link.objects.issue("test", 1, at=timezone.now(), valid_for=datetime.timedelta(days=1)),
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=issue) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == AT_ONCE
    assert len([token for token in tokens if Link.objects.find("test", token, timezone.now())]) == 1


@pytest.mark.django_db
def test_lasting_link_is_the_same_each_time_and_is_not_used_up() -> None:
    now = timezone.now()
    until = now + datetime.timedelta(days=1)
    first = Link.objects.lasting("tests", 7, at=now, until=until, holder="ada@example.org")
    assert Link.objects.lasting("tests", 7, at=now + HOUR, until=until + HOUR, holder="ada@example.org") == first
    link = Link.objects.find("tests", first, until)
    assert link is not None  # it lasts as long as was said last
    assert link.was_given_to("ada@example.org")
    assert first not in str(vars(link))


@pytest.mark.django_db
def test_lasting_link_is_another_one_for_another_holder_object_and_after_it_was_revoked() -> None:
    now = timezone.now()
    until = now + datetime.timedelta(days=1)
    first = Link.objects.lasting("tests", 7, at=now, until=until, holder="ada@example.org")
    assert Link.objects.lasting("tests", 8, at=now, until=until, holder="ada@example.org") != first
    second = Link.objects.lasting("tests", 7, at=now + HOUR, until=until, holder="neu@example.org")
    assert second != first
    assert Link.objects.find("tests", first, now) is None
    Link.objects.revoke("tests", 7, now)
    assert Link.objects.lasting("tests", 7, at=now + 2 * HOUR, until=until, holder="neu@example.org") not in (
        first,
        second,
    )

"""Links without account, issued from two connections at once."""

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from common.links import Link

AT_ONCE = 4


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

"""The demonstration's places, and the demonstration itself loaded once for all tests of a module that only look."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction


@pytest.fixture
def places(db: None) -> None:
    _load_places()


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        _load_places()
        call_command("load_demo")
        yield
        transaction.set_rollback(True)


def _load_places() -> None:
    from tests.demo.places import load_places  # this module is imported before the apps are there

    load_places()

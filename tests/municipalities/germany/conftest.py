"""The whole register of Germany, loaded once for the tests of this folder and rolled back after them."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction


@pytest.fixture(scope="package")
def germany(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """All municipalities, as `load_municipalities` loads them. The tests themselves need `db` as always."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_municipalities", stdout=io.StringIO())
        yield
        transaction.set_rollback(True)

"""With the last membership ends everything at once: signing in, what is open in browsers, and links."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.mail import PASSWORD_LINK, PASSWORD_LINK_VALID_FOR
from accounts.models import User
from common.links import Link
from common.periods import ONE_DAY, period, today
from tests.factories import MunicipalStaffFactory, OfficeMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "vier Wörter reichen aus"
YESTERDAY = period(today() - 10 * ONE_DAY, today() - ONE_DAY)


def account(**fields: Any) -> User:
    return UserFactory(email="erika@example.org", password=PASSWORD, **fields)


def sign_in() -> Client:
    client = Client()
    client.post("/konto/anmelden/", {"login": "erika@example.org", "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/konto/").status_code == 200


def end_in_admin(user: Any) -> None:
    user.office_memberships.update(period=YESTERDAY)


def close(user: Any) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def make_demo(user: Any) -> None:
    User.objects.filter(pk=user.pk).update(is_demo=True)


@pytest.mark.parametrize("end", [end_in_admin, close, make_demo])
def test_session_sign_in_and_link_end_at_once(end: Callable[[Any], None]) -> None:
    user = account()
    OfficeMembershipFactory(user=user)
    client = sign_in()
    token = Link.objects.issue(PASSWORD_LINK, user.pk, at=timezone.now(), valid_for=PASSWORD_LINK_VALID_FOR)
    assert is_signed_in(client)
    end(user)
    assert not is_signed_in(client)
    assert not is_signed_in(sign_in())
    assert Client().get(f"/konto/zugang/{token}/").status_code == 404


def test_session_ends_when_the_last_day_is_over() -> None:
    user = account()
    OfficeMembershipFactory(user=user, period=period(None, today()))
    client = sign_in()
    assert is_signed_in(client)
    midnight = datetime.datetime.combine(today() + ONE_DAY, datetime.time(), timezone.get_current_timezone())
    with time_machine.travel(midnight):
        assert not is_signed_in(client)


def test_session_goes_on_while_one_membership_runs() -> None:
    user = account()
    OfficeMembershipFactory(user=user, period=YESTERDAY)
    MunicipalStaffFactory(user=user)
    assert is_signed_in(sign_in())


def test_membership_that_begins_later_keeps_the_account_open() -> None:
    user = account()
    OfficeMembershipFactory(user=user, period=YESTERDAY)
    OfficeMembershipFactory(user=user, period=period(today() + ONE_DAY))
    assert is_signed_in(sign_in())


def test_operator_needs_no_membership() -> None:
    user = account(is_superuser=True)
    OfficeMembershipFactory(user=user, period=YESTERDAY)
    assert is_signed_in(sign_in())


def test_asking_costs_no_query_of_its_own() -> None:
    OfficeMembershipFactory(user=account())
    client = sign_in()
    with CaptureQueriesContext(connection) as queries:
        client.get("/konto/abmelden/")
    assert len([query for query in queries if "accounts_user" in query["sql"]]) == 1

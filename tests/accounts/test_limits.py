"""Guessing gets slower with every failure, and nobody is locked out by others."""

import datetime
import threading
import time

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import limits
from accounts.limits import ACCOUNT, ACCOUNT_FROM_ADDRESS, ADDRESS, Limit, TooManyAttempts, begin
from accounts.models import Attempts, User
from tests.factories import UserFactory

NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)
TOWN_HALL, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def fail(times: int, account: str = "erika@example.org", address: str = TOWN_HALL, at: datetime.datetime = NOW) -> None:
    for _ in range(times):
        begin(account, address, at)


@pytest.mark.django_db
def test_first_failures_are_free() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free)


@pytest.mark.django_db
def test_then_one_has_to_wait() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free)
    with pytest.raises(TooManyAttempts) as refused:
        begin("erika@example.org", TOWN_HALL, NOW)
    assert refused.value.wait == ACCOUNT_FROM_ADDRESS.first_pause


@pytest.mark.django_db
def test_pause_grows_with_each_failure_after_it() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free)
    later = NOW + ACCOUNT_FROM_ADDRESS.first_pause
    fail(1, at=later)
    with pytest.raises(TooManyAttempts) as refused:
        begin("erika@example.org", TOWN_HALL, later)
    assert refused.value.wait == 2 * ACCOUNT_FROM_ADDRESS.first_pause


@given(st.integers(0, 10**9))
def test_no_pause_is_longer_than_the_longest(failures: int) -> None:
    limit = Limit(5, 30 * SECOND, 900 * SECOND)
    assert limit.pause(failures) <= limit.pause(failures + 1) <= limit.longest_pause


@pytest.mark.django_db
def test_asking_while_waiting_does_not_lengthen_the_pause() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free)
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            begin("erika@example.org", TOWN_HALL, NOW + SECOND)
    begin("erika@example.org", TOWN_HALL, NOW + ACCOUNT_FROM_ADDRESS.first_pause)


@pytest.mark.django_db
def test_success_takes_the_count_back() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free - 1)
    begin("erika@example.org", TOWN_HALL, NOW).succeeded(NOW)
    fail(ACCOUNT_FROM_ADDRESS.free)


@pytest.mark.django_db
def test_a_colleague_at_the_same_address_is_not_kept_out() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free)
    begin("max@example.org", TOWN_HALL, NOW)


@pytest.mark.django_db
def test_a_whole_town_hall_can_mistype_in_one_morning() -> None:
    for number in range(60):
        fail(3, account=f"konto{number}@example.org")


@pytest.mark.django_db
def test_who_signed_in_here_before_is_kept_out_neither_by_the_address_nor_by_strangers() -> None:
    begin("erika@example.org", TOWN_HALL, NOW).succeeded(NOW)
    Attempts.objects.filter(succeeded_at=None).update(failures=1000, blocked_until=NOW + datetime.timedelta(hours=1))
    with pytest.raises(TooManyAttempts):
        begin("max@example.org", TOWN_HALL, NOW)
    begin("erika@example.org", TOWN_HALL, NOW)


@pytest.mark.django_db
def test_who_keeps_an_account_blocked_for_days_does_not_keep_out_who_signed_in_before() -> None:
    begin("erika@example.org", TOWN_HALL, NOW).succeeded(NOW)
    for number in range(ACCOUNT.free):
        begin("erika@example.org", f"198.51.{number}.1", NOW)
    later = NOW
    for number in range(2 * 24 * 4):
        later += ACCOUNT.longest_pause
        begin("erika@example.org", f"203.0.{number}.1", later)
    with pytest.raises(TooManyAttempts):
        begin("erika@example.org", ELSEWHERE, later)
    begin("erika@example.org", TOWN_HALL, later).succeeded(later)


@pytest.mark.django_db
def test_a_link_lets_in_who_is_kept_out_by_strangers() -> None:
    for number in range(ACCOUNT.free):
        begin("erika@example.org", f"198.51.{number}.1", NOW)
    limits.remember("erika@example.org", ELSEWHERE, NOW)
    begin("erika@example.org", ELSEWHERE, NOW).succeeded(NOW)


def wait_for_a_lock() -> None:
    """Until another connection waits for a row that this transaction holds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise TimeoutError


@pytest.mark.django_db(transaction=True)
def test_a_count_forgotten_at_the_same_moment_is_begun_anew() -> None:
    fail(1)
    outcome: list[object] = []

    def sign_in() -> None:
        try:
            outcome.append(begin("erika@example.org", TOWN_HALL, NOW + 2 * limits.FORGOTTEN_AFTER))
        finally:
            connection.close()

    second = threading.Thread(target=sign_in)
    with transaction.atomic():
        list(Attempts.objects.select_for_update())
        second.start()
        wait_for_a_lock()  # it has found the rows, and waits to read them
        limits.forgettable(NOW + 2 * limits.FORGOTTEN_AFTER).delete()
    second.join()
    assert len(outcome) == 1
    assert Attempts.objects.count() == 3


@pytest.mark.django_db
def test_guessing_one_account_from_many_addresses_is_slowed_down() -> None:
    for number in range(ACCOUNT.free):
        begin("erika@example.org", f"198.51.{number}.1", NOW)
    with pytest.raises(TooManyAttempts):
        begin("erika@example.org", ELSEWHERE, NOW)


@pytest.mark.django_db
def test_guessing_many_accounts_from_one_address_is_slowed_down() -> None:
    for number in range(ADDRESS.free):
        begin(f"konto{number}@example.org", ELSEWHERE, NOW)
    with pytest.raises(TooManyAttempts) as refused:
        begin("noch-eins@example.org", ELSEWHERE, NOW)
    assert refused.value.wait <= ADDRESS.longest_pause


@pytest.mark.django_db
def test_an_ipv6_network_is_one_address() -> None:
    for number in range(ACCOUNT_FROM_ADDRESS.free):
        begin("erika@example.org", f"2001:db8::{number}", NOW)
    with pytest.raises(TooManyAttempts):
        begin("erika@example.org", "2001:db8::ffff", NOW)


@pytest.mark.django_db
def test_failures_are_forgotten_after_a_day() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free)
    tomorrow = NOW + limits.FORGOTTEN_AFTER + SECOND
    fail(ACCOUNT_FROM_ADDRESS.free, at=tomorrow)


@pytest.mark.django_db
def test_half_of_the_free_ones_are_back_after_half_the_time() -> None:
    fail(ACCOUNT_FROM_ADDRESS.free)
    later = NOW + limits.FORGOTTEN_AFTER / 2
    fail(ACCOUNT_FROM_ADDRESS.free // 2, at=later)
    with pytest.raises(TooManyAttempts):
        begin("erika@example.org", TOWN_HALL, later)


@pytest.mark.django_db
def test_tries_do_not_add_up_over_days_at_an_address_that_many_share() -> None:
    for number in range(2 * ADDRESS.free):
        at = NOW + number * limits.FORGOTTEN_AFTER / ADDRESS.free
        begin(f"konto{number}@example.org", TOWN_HALL, at)
    for number in range(ADDRESS.free - 1):
        begin(f"noch{number}@example.org", TOWN_HALL, at)


@pytest.mark.django_db
def test_old_counts_are_dropped_at_a_sign_in() -> None:
    fail(1, account="alt@example.org", address=ELSEWHERE)
    begin("erika@example.org", TOWN_HALL, NOW + 2 * limits.FORGOTTEN_AFTER).succeeded(NOW + 2 * limits.FORGOTTEN_AFTER)
    assert Attempts.objects.count() == 3


@pytest.mark.django_db
def test_counts_hold_neither_account_nor_address() -> None:
    fail(1)
    stored = " ".join(str(value) for row in Attempts.objects.values_list() for value in row)
    assert "erika" not in stored
    assert TOWN_HALL not in stored


# -- Seen from the page -------------------------------------------------------------------------------------------


def sign_in(client: Client, password: str, address: str = TOWN_HALL):
    return client.post(
        reverse("account_login"), {"login": "erika@example.org", "password": password}, REMOTE_ADDR=address
    )


@pytest.fixture
def erika() -> User:
    return UserFactory(email="erika@example.org", password="vier Wörter reichen aus")


@pytest.mark.django_db
def test_page_says_when_to_try_again_and_the_right_password_has_to_wait_too(client: Client, erika: User) -> None:
    for _ in range(ACCOUNT_FROM_ADDRESS.free):
        sign_in(client, "falsch")
    response = sign_in(client, "vier Wörter reichen aus")
    [message] = response.context["form"].non_field_errors()
    assert "30" in message
    assert client.get("/").context["user"].is_anonymous


@pytest.mark.django_db
def test_limits_are_the_same_for_an_address_without_account(client: Client) -> None:
    for _ in range(ACCOUNT_FROM_ADDRESS.free):
        sign_in(client, "falsch")
    assert sign_in(client, "falsch").context["form"].non_field_errors().data[0].code == "too_many_attempts"


@pytest.mark.django_db
def test_forwarded_addresses_of_nobody_trusted_do_not_count(client: Client, erika: User) -> None:
    for number in range(ACCOUNT_FROM_ADDRESS.free + 1):
        response = client.post(
            reverse("account_login"),
            {"login": erika.email, "password": "falsch"},
            HTTP_X_FORWARDED_FOR=f"203.0.113.{number}",
        )
    assert response.context["form"].non_field_errors().data[0].code == "too_many_attempts"


@pytest.mark.django_db
def test_logs_hold_no_mail_address(client: Client, erika: User, caplog) -> None:
    with caplog.at_level("DEBUG"):
        for _ in range(ACCOUNT_FROM_ADDRESS.free + 1):
            sign_in(client, "falsch")
        sign_in(client, "vier Wörter reichen aus", address=ELSEWHERE)
    logged = " ".join(record.getMessage() for record in caplog.records if record.name != "django.db.backends")
    assert erika.email not in logged
    assert ELSEWHERE not in logged


def test_another_letter_that_folds_to_the_same_is_not_the_same_account(db: None) -> None:
    """PostgreSQL folds the Turkish İ to i, the counters do not; else each i would bring a fresh counter."""
    User.objects.create_user("admin@example.org", "vier Wörter reichen aus", name="Konto Beispiel")
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key("adm\u0130n@example.org")

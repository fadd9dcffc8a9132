"""Who has forgotten their password gets a link by mail; nobody learns who has an account."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import limits
from accounts.mail import PASSWORD_LINK, PASSWORD_LINK_VALID_FOR
from accounts.models import User
from common import outbox
from common.links import Link
from common.outbox import Message
from common.periods import ONE_DAY, period, today
from tests.factories import OfficeMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

FORM, SENT = "/konto/passwort-vergessen/", "/konto/passwort-vergessen/gesendet/"
NEW = {"password1": "ein ganz neues Passwort", "password2": "ein ganz neues Passwort"}


@pytest.fixture
def user() -> User:
    return UserFactory(email="erika@example.org", password="vier Wörter reichen aus")


def ask(email: str = "erika@example.org", **extra: Any) -> Any:
    return Client().post(FORM, {"email": email}, **extra)


def link_in(mailoutbox: list[Any]) -> str:
    [mail] = mailoutbox
    [path] = re.findall(r"http://testserver(/konto/zugang/\S+)", mail.body)
    return path


def test_link_in_the_mail_sets_a_new_password(user: User, mailoutbox: list[Any]) -> None:
    assert ask("Erika@Example.org").url == SENT
    outbox.deliver_due()
    assert mailoutbox[0].to == ["erika@example.org"]
    assert Client().post(link_in(mailoutbox), NEW).url == "/konto/anmelden/"
    user.refresh_from_db()
    assert user.check_password(NEW["password1"])


def test_token_is_made_at_delivery_and_works_for_two_hours(user: User, mailoutbox: list[Any]) -> None:
    ask()
    assert not Link.objects.exists()
    outbox.deliver_due()
    left = Link.objects.get().expires_at - timezone.now()
    assert datetime.timedelta(minutes=119) < left <= datetime.timedelta(hours=2)


def test_unknown_address_gets_the_same_answer_and_no_mail(
    user: User, mailoutbox: list[Any], django_assert_num_queries: Any
) -> None:
    known, unknown = ask(), ask("niemand@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert known.cookies.keys() == unknown.cookies.keys()
    while outbox.deliver_due():
        pass
    assert [mail.to for mail in mailoutbox] == [["erika@example.org"]]


def test_unknown_address_costs_as_many_queries(user: User, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for email in ("erika@example.org", "niemand@example.org"):
        with CaptureQueriesContext(connection) as queries:
            ask(email)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def closed(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def ended(user: User) -> None:
    OfficeMembershipFactory(user=user, period=period(today() - 10 * ONE_DAY, today() - ONE_DAY))


def demonstration(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_demo=True)


@pytest.mark.parametrize("lose_access", [closed, ended, demonstration])
def test_account_without_access_gets_no_link(user: User, mailoutbox: list[Any], lose_access: Any) -> None:
    lose_access(user)
    assert ask().url == SENT
    outbox.deliver_due()
    assert not mailoutbox
    assert Message.objects.get().state == "dropped"


def test_asking_again_within_a_quarter_of_an_hour_sends_no_second_mail(user: User, mailoutbox: list[Any]) -> None:
    now = timezone.now().replace(minute=16)
    from accounts import mail

    for minute in (0, 5, 13):
        mail.ask_for_reset(user.email, now + datetime.timedelta(minutes=minute))
    assert Message.objects.count() == 1
    mail.ask_for_reset(user.email, now + datetime.timedelta(minutes=15))
    assert Message.objects.count() == 2


def test_asking_is_limited_alike_for_known_and_unknown_addresses(user: User) -> None:
    for email in ("erika@example.org", "niemand@example.org"):
        answers = [ask(email).status_code for _ in range(7)]
        assert answers[:5] == [302] * 5
        assert answers[-1] == 200
        assert "zu viele Versuche" in ask(email).content.decode()


def test_asking_does_not_keep_anybody_from_signing_in(user: User) -> None:
    for _ in range(7):
        ask()
    answer = Client().post("/konto/anmelden/", {"login": user.email, "password": "vier Wörter reichen aus"})
    assert answer.status_code == 302


def test_password_stays_and_nothing_is_signed_out_until_the_link_is_used(user: User) -> None:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    ask()
    outbox.deliver_due()
    assert client.get("/konto/").status_code == 200


def test_scanner_that_opens_the_link_changes_nothing(user: User, mailoutbox: list[Any]) -> None:
    ask()
    outbox.deliver_due()
    path = link_in(mailoutbox)
    for method in ("get", "head", "get"):
        assert getattr(Client(), method)(path).status_code == 200
    assert Client().post(path, NEW).status_code == 302


def test_mistyped_address_is_told_beside_the_field(client: Client) -> None:
    response = client.post(FORM, {"email": "erika"})
    assert response.status_code == 200
    assert response.context["form"].errors["email"]


def test_link_that_has_ended_leads_to_a_new_one(client: Client) -> None:
    assert FORM in client.get("/konto/zugang/erfunden/").content.decode()


def test_sign_in_leads_to_it(client: Client) -> None:
    assert FORM in client.get("/konto/anmelden/").content.decode()


def test_no_address_is_kept_in_the_outbox_or_the_log_for_who_has_no_account(caplog: Any) -> None:
    with caplog.at_level("INFO"):
        ask("niemand@example.org")
        outbox.deliver_due()
    assert "niemand" not in caplog.text
    assert "niemand" not in str(list(Message.objects.values()))


def test_asking_in_somebodys_name_does_not_end_their_invitation(user: User, mailoutbox: list[Any]) -> None:
    now = timezone.now()
    token = Link.objects.issue(PASSWORD_LINK, user.pk, at=now, valid_for=PASSWORD_LINK_VALID_FOR)
    ask()
    outbox.deliver_due()
    assert Client().get(f"/konto/zugang/{token}/").status_code == 200
    assert Client().post(link_in(mailoutbox), NEW).status_code == 302
    assert Client().get(f"/konto/zugang/{token}/").status_code == 404  # one password set is enough


def test_asking_is_counted_apart_from_signing_in(user: User) -> None:
    for _ in range(limits.ACCOUNT_FROM_ADDRESS.free + 1):
        ask()
    assert "zu viele Versuche" in ask().text
    response = Client().post("/konto/anmelden/", {"login": user.email, "password": "vier Wörter reichen aus"})
    assert response.status_code == 302

"""An administrator invites by mail."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from common import outbox
from common.outbox import Message
from common.periods import ONE_DAY, period, today
from tests import roles
from tests.roles import World

pytestmark = pytest.mark.django_db

ACCOUNTS = "/verwaltung/accounts/user/"


@pytest.fixture
def world() -> World:
    made = roles.world()
    Message.objects.all().delete()
    return made


def invite(client: Client, *accounts: User) -> Any:
    return client.post(ACCOUNTS, {"action": "invite", "_selected_action": [account.pk for account in accounts]})


def test_invitation_names_who_invites_and_its_link_sets_the_password(world: World, mailoutbox: list[Any]) -> None:
    administrator, account = world.users["administrator"], world.users["coordinator"]
    client = world.client("administrator")
    response = client.post(f"{ACCOUNTS}{account.pk}/zugang/", {"by_mail": "1"})
    assert response.url == f"{ACCOUNTS}{account.pk}/change/"
    outbox.deliver_due()
    [mail] = mailoutbox
    assert mail.to == [account.email]
    assert mail.subject == "Ihr Konto im Integrationsportal"
    assert administrator.name in mail.body
    [path] = re.findall(r"http://testserver(/konto/zugang/\S+)", mail.body)
    answer = Client().post(path, {"password1": "ein ganz neues Passwort", "password2": "ein ganz neues Passwort"})
    assert answer.url == "/konto/anmelden/"


def test_several_are_invited_at_once_each_by_a_mail_of_their_own(world: World, mailoutbox: list[Any]) -> None:
    chosen = [world.users["coordinator"], world.users["lead"]]
    invite(world.client("administrator"), *chosen)
    outbox.deliver_due()
    assert sorted(mail.to for mail in mailoutbox) == sorted([account.email] for account in chosen)


def test_accounts_of_another_office_are_not_invited(world: World) -> None:
    invite(world.client("administrator"), world.users["other_coordinator"], world.users["superuser"])
    assert not Message.objects.exists()


def test_who_may_not_sign_in_is_named_and_not_invited(world: World) -> None:
    account = world.users["coordinator"]
    User.objects.filter(pk=account.pk).update(is_active=False)
    client = world.client("administrator")
    invite(client, account)
    assert not Message.objects.exists()
    assert f"Nicht eingeladen, weil ohne Zugang: {account}" in client.get(ACCOUNTS).content.decode()


def test_invitation_is_dropped_where_the_membership_ended_meanwhile(world: World, mailoutbox: list[Any]) -> None:
    account: Any = world.users["coordinator"]
    invite(world.client("administrator"), account)
    account.office_memberships.update(period=period(today() - 9 * ONE_DAY, today() - ONE_DAY))
    outbox.deliver_due()
    assert not mailoutbox


def test_administrator_sees_the_fate_of_mail_to_their_accounts_only(world: World, mailoutbox: list[Any]) -> None:
    invite(world.client("administrator"), world.users["coordinator"])
    invite(world.client("other_administrator"), world.users["other_coordinator"])
    outbox.deliver_due()
    page = world.client("administrator").get("/verwaltung/common/message/").content.decode()
    assert world.users["coordinator"].email in page
    assert world.users["other_coordinator"].email not in page


def test_message_is_sent_again_from_the_list(world: World, mailoutbox: list[Any]) -> None:
    client = world.client("administrator")
    invite(client, world.users["coordinator"])
    outbox.deliver_due()
    message = Message.objects.get()
    client.post("/verwaltung/common/message/", {"action": "send_again", "_selected_action": [message.pk]})
    outbox.deliver_due()
    assert len(mailoutbox) == 2
    assert "1 Nachricht wird erneut gesendet." in client.get("/verwaltung/common/message/").content.decode()


def test_message_of_another_office_is_not_sent_again(world: World, mailoutbox: list[Any]) -> None:
    invite(world.client("other_administrator"), world.users["other_coordinator"])
    outbox.deliver_due()
    message = Message.objects.get()
    action = {"action": "send_again", "_selected_action": [message.pk]}
    world.client("administrator").post("/verwaltung/common/message/", action)
    message.refresh_from_db()
    assert message.state == "sent"

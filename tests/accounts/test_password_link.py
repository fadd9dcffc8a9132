"""The one-time link with which a person sets a password."""

import datetime
import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.limits import ACCOUNT, begin
from accounts.mail import PASSWORD_LINK, PASSWORD_LINK_VALID_FOR, PASSWORD_LINKS
from accounts.models import User
from common.links import Link
from common.periods import ONE_DAY, period, today
from tests.factories import MunicipalStaffFactory, OfficeMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

NEW = {"password1": "ein ganz neues Passwort", "password2": "ein ganz neues Passwort"}


@pytest.fixture
def user() -> User:
    return UserFactory(email="erika@example.org", password="vier Wörter reichen aus")


def issue(user: User, at: datetime.datetime | None = None) -> str:
    at = at or timezone.now()
    return Link.objects.issue(PASSWORD_LINK, user.pk, at=at, valid_for=PASSWORD_LINK_VALID_FOR)


def assert_ended(client: Client, token: str) -> None:
    for response in (client.get(f"/konto/zugang/{token}/"), client.post(f"/konto/zugang/{token}/", NEW)):
        assert response.status_code == 404
        assert "accounts/link_ended.html" in [template.name for template in response.templates]


def test_link_shows_and_the_button_acts(client: Client, user: User) -> None:
    token = issue(user)
    before = user.password
    assert client.get(f"/konto/zugang/{token}/").status_code == 200
    user.refresh_from_db()
    assert user.password == before
    assert client.post(f"/konto/zugang/{token}/", NEW).url == "/konto/anmelden/"
    user.refresh_from_db()
    assert user.check_password(NEW["password1"])


def test_who_set_the_password_here_is_not_kept_out_by_strangers(client: Client, user: User) -> None:
    for number in range(ACCOUNT.free):
        begin(user.email, f"198.51.{number}.1", timezone.now())
    client.post(f"/konto/zugang/{issue(user)}/", NEW)
    client.post("/konto/anmelden/", {"login": user.email, "password": NEW["password1"]})
    assert client.get("/").context["user"] == user


def test_link_works_once(client: Client, user: User) -> None:
    token = issue(user)
    client.post(f"/konto/zugang/{token}/", NEW)
    assert_ended(client, token)


def test_link_stays_open_while_the_password_is_refused(client: Client, user: User) -> None:
    token = issue(user)
    response = client.post(f"/konto/zugang/{token}/", {"password1": "kurz", "password2": "kurz"})
    assert response.status_code == 200
    assert response.context["form"].errors["password1"]
    assert client.post(f"/konto/zugang/{token}/", NEW).status_code == 302


def test_two_different_passwords_are_refused(client: Client, user: User) -> None:
    response = client.post(f"/konto/zugang/{issue(user)}/", {**NEW, "password2": "etwas ganz anderes"})
    assert response.context["form"].errors["password2"]


def test_expired_link_has_ended(client: Client, user: User) -> None:
    assert_ended(client, issue(user, at=timezone.now() - PASSWORD_LINK_VALID_FOR))


def test_newer_link_ends_the_older(client: Client, user: User) -> None:
    older = issue(user)
    newer = issue(user)
    assert_ended(client, older)
    assert client.get(f"/konto/zugang/{newer}/").status_code == 200


def test_revoked_link_has_ended(client: Client, user: User) -> None:
    token = issue(user)
    Link.objects.revoke(PASSWORD_LINK, user.pk, timezone.now())
    assert_ended(client, token)


@pytest.mark.parametrize("purpose", PASSWORD_LINKS)
def test_link_sent_to_a_former_address_has_ended(client: Client, user: User, purpose: str) -> None:
    token = Link.objects.issue(purpose, user.pk, at=timezone.now(), valid_for=PASSWORD_LINK_VALID_FOR)
    User.objects.filter(pk=user.pk).update(name="Erika Muster", last_login=timezone.now())
    assert client.get(f"/konto/zugang/{token}/").status_code == 200
    User.objects.filter(pk=user.pk).update(email="richtig@example.org")
    assert_ended(client, token)


def test_altered_and_invented_links_look_like_ended_ones(client: Client, user: User) -> None:
    token = issue(user)
    assert_ended(client, token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert_ended(client, "erfunden")


def test_link_for_something_else_sets_no_password(client: Client, user: User) -> None:
    token = Link.objects.issue("other", user.pk, at=timezone.now(), valid_for=ONE_DAY)
    assert_ended(client, token)


def test_link_ends_with_the_account(client: Client, user: User) -> None:
    token = issue(user)
    User.objects.update(is_active=False)
    assert_ended(client, token)


@pytest.mark.parametrize("factory", [OfficeMembershipFactory, MunicipalStaffFactory])
def test_link_ends_with_the_last_membership(client: Client, user: User, factory) -> None:
    token = issue(user)
    factory(user=user, period=period(today() - 10 * ONE_DAY, today() - ONE_DAY))
    assert_ended(client, token)


def test_link_works_before_the_membership_begins(client: Client, user: User) -> None:
    OfficeMembershipFactory(user=user, period=period(today() + ONE_DAY))
    assert client.get(f"/konto/zugang/{issue(user)}/").status_code == 200


def test_demonstration_account_gets_no_password_outside_demonstrations(client: Client, settings, user: User) -> None:
    User.objects.update(is_demo=True)
    token = issue(user)
    assert_ended(client, token)
    settings.DEMO = True
    assert client.get(f"/konto/zugang/{token}/").status_code == 200


def test_token_is_stored_hashed_and_in_no_log(client: Client, user: User, caplog) -> None:
    with caplog.at_level("INFO"):
        token = issue(user)
        client.get(f"/konto/zugang/{token}/")
    assert token not in " ".join(str(value) for row in Link.objects.values_list() for value in row)
    assert token not in caplog.text


@pytest.mark.parametrize("is_open", [True, False])
def test_page_of_a_link_tells_nobody_where_one_came_from_and_is_kept_nowhere(
    client: Client, user: User, is_open: bool
) -> None:
    response = client.get(f"/konto/zugang/{issue(user) if is_open else 'erfunden'}/")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response.headers["Cache-Control"]
    assert "sessionid" not in response.cookies


def test_link_works_where_browsers_hide_the_origin(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(f"/konto/zugang/{issue(user)}/", NEW, HTTP_ORIGIN="null")
    assert response.status_code == 302


def test_new_password_ends_all_sessions(client: Client, user: User) -> None:
    other = Client()
    other.force_login(user, backend="accounts.backends.SignInBackend")
    client.post(f"/konto/zugang/{issue(user)}/", NEW)
    assert other.get("/").context["user"].is_anonymous


# -- In the admin -------------------------------------------------------------------------------------------------


@pytest.fixture
def administrator(client: Client) -> User:
    membership = OfficeMembershipFactory(role="administrator")
    client.force_login(membership.user, backend="accounts.backends.SignInBackend")
    return membership.user


def colleague_of(administrator: User) -> User:
    return OfficeMembershipFactory(office=administrator.office_memberships.get().office, role="coordinator").user


def test_administrator_gets_a_link_shown_once(client: Client, administrator: User) -> None:
    colleague = colleague_of(administrator)
    path = f"/verwaltung/accounts/user/{colleague.pk}/zugang/"
    assert client.get(path).status_code == 200
    assert not Link.objects.exists()
    response = client.post(path)
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    [address] = re.findall(r'value="(http://testserver/konto/zugang/[^"]+)"', response.content.decode())
    assert Client().get(address.removeprefix("http://testserver")).status_code == 200
    assert "zugang/" not in client.get(path).content.decode().split("<main")[-1].replace(path, "")


def test_link_for_somebody_of_another_office_is_not_found(client: Client, administrator: User) -> None:
    stranger = OfficeMembershipFactory().user
    for response in (
        client.get(f"/verwaltung/accounts/user/{stranger.pk}/zugang/"),
        client.post(f"/verwaltung/accounts/user/{stranger.pk}/zugang/"),
    ):
        assert response.status_code == 404
    assert not Link.objects.exists()


def test_link_for_a_superuser_is_the_superusers_business(client: Client, administrator: User) -> None:
    colleague = colleague_of(administrator)
    User.objects.filter(pk=colleague.pk).update(is_superuser=True)
    assert client.post(f"/verwaltung/accounts/user/{colleague.pk}/zugang/").status_code == 404


def test_closed_account_gets_no_link(client: Client, administrator: User) -> None:
    colleague = colleague_of(administrator)
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    assert client.post(f"/verwaltung/accounts/user/{colleague.pk}/zugang/").status_code == 403


def test_ends_when_a_role_is_given_afterwards(client: Client, user: User) -> None:
    """Whoever kept the link would otherwise get at what only the new role opens."""
    token = issue(user)
    OfficeMembershipFactory(user=user)
    assert_ended(client, token)


def test_opens_with_the_roles_that_were_there(client: Client, user: User) -> None:
    OfficeMembershipFactory(user=user)
    assert client.get(f"/konto/zugang/{issue(user)}/").status_code == 200

"""Signing in and out: the whole way through the pages."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from accounts import demo
from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "vier Wörter reichen aus"


@pytest.fixture
def user() -> User:
    return UserFactory(email="erika@example.org", password=PASSWORD)


def sign_in(client: Client, email: str = "erika@example.org", password: str = PASSWORD, **extra: str):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **extra)


def test_mail_address_and_password_open_the_start_page(client: Client, user: User) -> None:
    response = sign_in(client)
    assert response.status_code == 302
    assert response.url == "/"
    assert client.get("/").context["user"] == user


def test_case_of_the_mail_address_does_not_matter(client: Client, user: User) -> None:
    assert sign_in(client, "Erika@EXAMPLE.org").status_code == 302


def test_sign_in_leads_back_to_where_it_was_asked(client: Client, user: User) -> None:
    response = client.post("/konto/anmelden/?next=/verwaltung/", {"login": user.email, "password": PASSWORD})
    assert response.url == "/verwaltung/"


def test_sign_in_leads_nowhere_else(client: Client, user: User) -> None:
    response = client.post("/konto/anmelden/?next=https://boese.example/", {"login": user.email, "password": PASSWORD})
    assert response.url == "/"


def page_after(client: Client, email: str, password: str) -> str:
    text = sign_in(client, email, password).content.decode()
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", text).replace(email, "")


def test_unknown_address_and_wrong_password_look_the_same(client: Client, user: User) -> None:
    assert page_after(client, user.email, "falsch") == page_after(client, "niemand@example.org", "falsch")


def test_account_that_may_not_sign_in_looks_like_a_wrong_password(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    assert page_after(client, user.email, PASSWORD) == page_after(client, "niemand@example.org", PASSWORD)


def test_unknown_address_costs_a_password_hash_too(client: Client, django_assert_num_queries, monkeypatch) -> None:
    hashed = []
    original = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, raw: (hashed.append(raw), original(self, raw)))
    sign_in(client, "niemand@example.org", "geraten")
    assert hashed == ["geraten"]


def test_error_summary_comes_first_and_keeps_the_address(client: Client, user: User) -> None:
    page = sign_in(client, password="falsch").content.decode()
    assert page.index('class="error-summary"') < page.index('name="login"')
    assert 'value="erika@example.org"' in page
    assert "falsch" not in page


def test_session_key_changes_at_sign_in(client: Client, user: User) -> None:
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before


def test_session_ends_with_the_browser_and_after_half_a_day(client: Client, user: User) -> None:
    cookie = sign_in(client).cookies["sessionid"]
    assert cookie["expires"] == ""
    assert cookie["max-age"] == ""
    assert cookie["httponly"]
    stored = Session.objects.get()
    assert stored.expire_date.timestamp() - user.created_at.timestamp() < 13 * 3600


def test_sign_out_asks_and_then_says_so(client: Client, user: User) -> None:
    sign_in(client)
    assert client.get("/konto/abmelden/").status_code == 200
    assert client.get("/").context["user"].is_authenticated
    response = client.post("/konto/abmelden/", follow=True)
    assert response.redirect_chain == [("/konto/abmelden/", 302)]
    assert response.templates[0].name == "account/signed_out.html"
    assert client.get("/").context["user"].is_anonymous


def test_deactivated_account_loses_its_session(client: Client, user: User) -> None:
    sign_in(client)
    User.objects.update(is_active=False)
    assert client.get("/").context["user"].is_anonymous


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password", "account_inactive"])
def test_what_the_portal_does_not_offer_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_nobody_registers_themselves(client: Client) -> None:
    for path in ("/konto/signup/", "/konto/registrieren/", "/accounts/signup/"):
        assert client.get(path).status_code == 404


def test_address_holding_a_null_character_is_refused_politely(client: Client) -> None:
    assert sign_in(client, "a\x00b@example.org").status_code == 200


def test_answers_to_signed_in_people_are_kept_nowhere(client: Client, user: User) -> None:
    sign_in(client)
    for path in ("/", "/konto/", "/konto/passwort/"):
        assert {"private", "no-store"} <= set(client.get(path).headers["Cache-Control"].split(", "))


# -- Demonstration accounts ---------------------------------------------------------------------------------------


@pytest.fixture
def demo_user() -> User:
    return UserFactory(email=demo.COORDINATION.email, password=demo.PASSWORD, is_demo=True)


def test_demonstration_lists_its_sign_ins(client: Client, settings) -> None:
    assert demo.COORDINATION.email not in client.get("/konto/anmelden/").content.decode()
    settings.DEMO = True
    page = client.get("/konto/anmelden/").content.decode()
    assert demo.PASSWORD in page
    assert all(entry.email in page for entry in demo.SIGN_INS)


def test_demonstration_account_signs_in_with_demo_only(client: Client, settings, demo_user: User) -> None:
    assert sign_in(client, demo_user.email, demo.PASSWORD).status_code == 200
    settings.DEMO = True
    assert sign_in(client, demo_user.email, demo.PASSWORD).status_code == 302


def test_session_of_a_demonstration_account_ends_with_the_demonstration(
    client: Client, settings, demo_user: User
) -> None:
    settings.DEMO = True
    sign_in(client, demo_user.email, demo.PASSWORD)
    assert client.get("/").context["user"].is_authenticated
    settings.DEMO = False
    assert client.get("/").context["user"].is_anonymous
    assert client.get("/verwaltung/").status_code == 302


# -- The admin ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/verwaltung/", "/verwaltung/accounts/user/", "/verwaltung/gibt/es/nicht/"])
def test_admin_sends_visitors_to_the_sign_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.url == f"/konto/anmelden/?next={path}"


def test_admin_refuses_who_is_signed_in_without_the_right(client: Client, user: User) -> None:
    sign_in(client)
    assert client.get("/verwaltung/").status_code == 403
    assert client.get("/verwaltung/login/").status_code == 403


def test_admin_has_no_sign_in_of_its_own(client: Client) -> None:
    response = client.post("/verwaltung/login/?next=/verwaltung/", {"username": "a", "password": "b"})
    assert response.url == "/konto/anmelden/?next=/verwaltung/"


def test_admin_leaves_the_password_to_the_portal(client: Client) -> None:
    UserFactory(email="erika@example.org", password=PASSWORD, is_superuser=True)
    sign_in(client)
    assert client.get("/verwaltung/password_change/").url == "/konto/passwort/"
    assert client.post("/verwaltung/logout/").url == "/konto/abmelden/"
    assert client.get("/").context["user"].is_anonymous


def test_account_pages_speak_english_under_their_english_address(client: Client) -> None:
    assert resolve("/konto/anmelden/").url_name == "account_login"
    assert "Sign in" in client.get("/en/konto/anmelden/").content.decode()

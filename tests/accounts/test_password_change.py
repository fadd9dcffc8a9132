"""Changing one's own password."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.limits import ACCOUNT_FROM_ADDRESS
from accounts.mail import PASSWORD_LINK_VALID_FOR, PASSWORD_LINKS
from accounts.models import User
from common.links import Link
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

OLD, NEW = "vier Wörter reichen aus", "ein ganz neues Passwort"


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory(email="erika@example.org", password=OLD)
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return user


def change(client: Client, old: str = OLD, new: str = NEW):
    return client.post("/konto/passwort/", {"oldpassword": old, "password1": new, "password2": new})


def test_changed_password_signs_in(client: Client, user: User) -> None:
    assert change(client).url == "/konto/"
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_other_sessions_end_and_the_own_one_stays(client: Client, user: User) -> None:
    other = Client()
    other.force_login(user, backend="accounts.backends.SignInBackend")
    key = client.session.session_key
    change(client)
    assert other.get("/").context["user"].is_anonymous
    assert client.get("/").context["user"] == user
    assert client.session.session_key != key


@pytest.mark.parametrize("purpose", PASSWORD_LINKS)
def test_open_links_to_set_a_password_end(client: Client, user: User, purpose: str) -> None:
    token = Link.objects.issue(purpose, user.pk, at=timezone.now(), valid_for=PASSWORD_LINK_VALID_FOR)
    change(client)
    assert Client().get(f"/konto/zugang/{token}/").status_code == 404


def test_wrong_current_password_is_refused_beside_its_field(client: Client, user: User) -> None:
    assert change(client, old="geraten").context["form"].errors["oldpassword"]


def test_guessing_the_current_password_is_slowed_down(client: Client, user: User) -> None:
    for _ in range(ACCOUNT_FROM_ADDRESS.free):
        change(client, old="geraten")
    assert change(client).context["form"].errors.as_data()["oldpassword"][0].code == "too_many_attempts"


@pytest.mark.parametrize("weak", ["kurz", "erika@example.org", "qwertyqwerty"])
def test_weak_passwords_are_refused_by_length_and_lists_not_by_pattern(client: Client, user: User, weak: str) -> None:
    assert change(client, new=weak).context["form"].errors["password1"]


def test_visitors_are_sent_to_the_sign_in(client: Client) -> None:
    assert client.get("/konto/passwort/").url == "/konto/anmelden/?next=/konto/passwort/"

"""The accounts in the admin: administrators keep those of their own office, and nobody raises their own rights."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.mail import PASSWORD_LINK, PASSWORD_LINK_VALID_FOR
from accounts.models import User
from common.links import Link
from common.periods import last_day, period, today
from contacts.models import Office, OfficeMembership
from tests import roles
from tests.contacts.admin_pages import filled_in
from tests.factories import UserFactory
from tests.roles import World

pytestmark = pytest.mark.django_db

ADD = "/verwaltung/accounts/user/add/"


@pytest.fixture
def world() -> World:
    return roles.world()


def change(account: User) -> str:
    return f"/verwaltung/accounts/user/{account.pk}/change/"


def add(client: Client, role: dict[str, Any] | None = None, **fields: Any):
    data = filled_in(client.get(ADD)) | {"name": "Neu Hier", "email": "neu@example.org", "is_active": "on"} | fields
    if role:
        data |= {"office_memberships-TOTAL_FORMS": "1"}
        data |= {f"office_memberships-0-{name}": value for name, value in role.items()}
    return client.post(ADD, data)


def test_administrator_adds_an_account_with_a_role_and_comes_to_its_link(world: World) -> None:
    role = {"office": world.this[Office].pk, "role": "coordinator", "period_0": "01.01.2026"}
    response = add(world.client("administrator"), role)
    account = User.objects.get(email="neu@example.org")
    assert response.url == f"/verwaltung/accounts/user/{account.pk}/zugang/"
    assert not account.has_usable_password()
    assert account.office_memberships.get().office == world.this[Office]


def test_account_without_a_role_of_ones_own_office_is_refused_with_a_sentence(world: World) -> None:
    response = add(world.client("administrator"))
    assert response.status_code == 200
    assert response.context["adminform"].form.non_field_errors()
    assert not User.objects.filter(email="neu@example.org").exists()


def test_superuser_adds_accounts_without_a_role(world: World) -> None:
    assert add(world.client("superuser")).status_code == 302


def test_second_account_of_a_mail_address_is_refused_whatever_its_case(world: World) -> None:
    UserFactory(email="Neu@Example.org")
    role = {"office": world.this[Office].pk, "role": "coordinator", "period_0": "01.01.2026"}
    response = add(world.client("administrator"), role)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors


def test_administrator_cannot_make_a_superuser(world: World) -> None:
    role = {"office": world.this[Office].pk, "role": "coordinator", "period_0": "01.01.2026"}
    add(world.client("administrator"), role, is_superuser="on")
    assert not User.objects.get(email="neu@example.org").is_superuser


@pytest.mark.parametrize("role", ["administrator", "superuser"])
def test_nobody_changes_their_own_standing(world: World, role: str) -> None:
    client, own = world.client(role), world.users[role]
    form = client.get(change(own)).context["adminform"].form
    assert not {"is_superuser", "is_active"} & set(form.fields)
    client.post(change(own), filled_in(client.get(change(own))) | {"is_superuser": "on", "is_active": ""})
    own.refresh_from_db()
    assert own.is_active
    assert own.is_superuser == (role == "superuser")


def test_mark_of_demonstration_accounts_is_not_edited(world: World) -> None:
    account = world.this[User]
    client = world.client("superuser")
    client.post(change(account), filled_in(client.get(change(account))) | {"is_demo": "on"})
    account.refresh_from_db()
    assert not account.is_demo


def test_closing_an_account_ends_its_links(world: World) -> None:
    account, client = world.this[User], world.client("administrator")
    token = Link.objects.issue(PASSWORD_LINK, account.pk, at=timezone.now(), valid_for=PASSWORD_LINK_VALID_FOR)
    data = filled_in(client.get(change(account)))
    data.pop("is_active")
    assert client.post(change(account), data).status_code == 302
    User.objects.filter(pk=account.pk).update(is_active=True)
    assert Client().get(f"/konto/zugang/{token}/").status_code == 404


def test_membership_of_another_office_cannot_be_taken_over_by_its_id(world: World) -> None:
    account, client = world.this[User], world.client("administrator")
    foreign = world.other[OfficeMembership]
    data = filled_in(client.get(change(account)))
    data |= {
        "office_memberships-TOTAL_FORMS": "1",
        "office_memberships-INITIAL_FORMS": "1",
        "office_memberships-0-id": str(foreign.pk),
        "office_memberships-0-office": str(world.this[Office].pk),
        "office_memberships-0-role": "administrator",
        "office_memberships-0-period_0": "01.01.2026",
    }
    client.post(change(account), data)
    stored = OfficeMembership.objects.get(pk=foreign.pk)
    assert (stored.user, stored.office, stored.role) == (foreign.user, foreign.office, foreign.role)


def test_superusers_and_strangers_are_not_in_the_list(world: World) -> None:
    response = world.client("administrator").get("/verwaltung/accounts/user/")
    shown = {account.pk for account in response.context["cl"].result_list}
    ours = {world.users[role].pk for role in ("coordinator", "lead", "administrator", "town_hall")}
    assert shown == ours


def test_history_of_an_account_tells_its_roles_but_no_password(world: World) -> None:
    account = world.this[User]
    page = world.client("administrator").get(f"/verwaltung/accounts/user/{account.pk}/history/").content.decode()
    assert world.this[Office].name in page
    assert account.password not in page
    assert "last_login" not in page


def test_history_of_an_account_tells_who_made_a_link_and_what_became_of_it(world: World) -> None:
    account, administrator = world.this[User], world.client("administrator")
    made = administrator.post(f"/verwaltung/accounts/user/{account.pk}/zugang/")
    address = made.context["address"]
    Client().post(address, {"password1": "ein ganz neues Passwort", "password2": "ein ganz neues Passwort"})

    response = administrator.get(f"/verwaltung/accounts/user/{account.pk}/history/")

    changes = [change for change in response.context["page"] if change.subject == "Einmal-Link"]
    assert [(change.kind, change.actor) for change in changes] == [
        ("update", "ohne Anmeldung"),
        ("insert", world.users["administrator"].name),
    ]
    assert [field.label for field in changes[0].fields] == ["Benutzt"]
    told = json.dumps([*Link.pgh_event_model.objects.values()], default=str) + response.content.decode()
    assert Link.objects.get().token_hash not in told
    assert address.rstrip("/").rpartition("/")[2] not in told


def test_createsuperuser_makes_an_account_that_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "vier Wörter reichen aus")
    call_command("createsuperuser", email="betrieb@example.org", name="Betrieb", interactive=False, verbosity=0)
    response = Client().post(
        "/konto/anmelden/", {"login": "betrieb@example.org", "password": "vier Wörter reichen aus"}
    )
    assert response.status_code == 302
    assert User.objects.get(email="betrieb@example.org").is_superuser


def test_stale_form_does_not_open_a_closed_account_again(world: World) -> None:
    account = world.users["coordinator"]
    administrator = world.client("administrator")
    stale = filled_in(administrator.get(change(account))) | {"name": "Neuer Name"}
    User.objects.filter(pk=account.pk).update(is_active=False)
    response = administrator.post(change(account), stale)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert not User.objects.get(pk=account.pk).is_active


class TestOwnRole:
    """Nobody gives a role to themselves, or makes their own last longer."""

    @pytest.fixture
    def own(self, world: World) -> OfficeMembership:
        role = OfficeMembership.objects.get(user=world.users["administrator"])
        role.period = period(role.period.lower, today())
        role.save()
        return role

    def test_is_only_read_on_its_own_page(self, world: World, own: OfficeMembership) -> None:
        page = f"/verwaltung/contacts/officemembership/{own.pk}/change/"
        administrator = world.client("administrator")
        data = {"office": own.office_id, "user": own.user_id, "role": own.role, "period_0": "01.01.2020"}
        assert administrator.post(page, data).status_code == 403
        own.refresh_from_db()
        assert last_day(own.period) == today()

    def test_is_left_as_it_is_on_the_offices_page(self, world: World, own: OfficeMembership) -> None:
        page = f"/verwaltung/contacts/office/{own.office_id}/change/"
        administrator = world.client("administrator")
        data = filled_in(administrator.get(page))
        [prefix] = [
            name.removesuffix("-id")
            for name, value in data.items()
            if name.startswith("memberships-") and name.endswith("-id") and value == str(own.pk)
        ]
        administrator.post(page, data | {f"{prefix}-period_0": "01.01.2020", f"{prefix}-period_1": ""})
        own.refresh_from_db()
        assert last_day(own.period) == today()

    def test_cannot_be_added(self, world: World, own: OfficeMembership) -> None:
        data = {"office": own.office_id, "user": own.user_id, "role": "lead", "period_0": "01.01.2030"}
        response = world.client("administrator").post("/verwaltung/contacts/officemembership/add/", data)
        assert response.context["adminform"].form.errors["user"]
        assert OfficeMembership.objects.filter(user=own.user_id).count() == 1


def test_no_password_is_found_out_by_filtering(world: World) -> None:
    for role in ("administrator", "superuser"):
        response = world.client(role).get("/verwaltung/accounts/user/?password__startswith=scrypt")
        assert response.status_code == 400, role

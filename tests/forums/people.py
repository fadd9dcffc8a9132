"""Who may do something about a forum, signed in."""

from typing import Any

from django.test import Client

from common.periods import ONE_DAY, period, today
from forums.models import Forum
from tests.factories import MembershipFactory, OfficeFactory, OfficeMembershipFactory, UserFactory


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def coordinator(forum: Forum) -> Client:
    return signed_in(OfficeMembershipFactory(office=forum.office).user)


def partner(forum: Forum) -> Client:
    office = OfficeFactory()
    forum.partner_links.create(office=office)
    return signed_in(OfficeMembershipFactory(office=office).user)


def member(forum: Forum, role: str = "member") -> Client:
    user = UserFactory()
    MembershipFactory(forum=forum, person__user=user, role=role)
    return signed_in(user)


def former_chair(forum: Forum) -> Client:
    user = UserFactory()
    MembershipFactory(forum=forum, person__user=user, role="chair", period=period(None, today() - ONE_DAY))
    return signed_in(user)

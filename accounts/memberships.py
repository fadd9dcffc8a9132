"""What accounts must know of memberships. Higher apps keep these, and join here in their `apps.py`."""

import datetime
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User


class Memberships(NamedTuple):
    """What an app with memberships answers of an account.

    `managed_by`: the accounts that it may edit. `have_ended`: the condition that an account had memberships and all
    are over on that day.
    `changed_at`: when one of its memberships was last given or changed; None without any.
    `let_go`: of these accounts those that it has needed for nothing since a day long enough ago.
    """

    managed_by: "Callable[[User], QuerySet[User]]"
    have_ended: "Callable[[datetime.date], Q]"
    changed_at: "Callable[[User], datetime.datetime | None]"
    let_go: "Callable[[QuerySet[User], datetime.date], QuerySet[User]]"


_joined: list[Memberships] = []


def join(memberships: Memberships) -> None:
    _joined.append(memberships)


def managed_by(user: "User") -> "QuerySet[User]":
    """The accounts that every app with memberships lets this one edit."""
    accounts = user.__class__.objects.all()
    for memberships in _joined:
        accounts = accounts.filter(pk__in=memberships.managed_by(user).values("pk"))
    return accounts


def have_ended(on: datetime.date) -> "Q":
    """The condition that an account had memberships and none is left; one that never had any is not meant."""
    return reduce(or_, (memberships.have_ended(on) for memberships in _joined), Q(pk__in=[]))


def let_go(accounts: "QuerySet[User]", on: datetime.date) -> "QuerySet[User]":
    """Of these accounts those that no app needs any more."""
    for memberships in _joined:
        accounts = memberships.let_go(accounts, on)
    return accounts


def changed_at(user: "User") -> datetime.datetime | None:
    """When a membership of the account was last given or changed."""
    return max((at for memberships in _joined if (at := memberships.changed_at(user))), default=None)

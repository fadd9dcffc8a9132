"""What accounts hold about people, for the registry."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import limits, memberships
from accounts.mail import PASSWORD_LINKS
from accounts.models import Attempts, User
from common.links import Link
from common.periods import months_before
from common.personal_data import (
    POINTER,
    Ending,
    People,
    PersonalData,
    Root,
    add_root,
    all_addresses,
    days,
    declare,
    months,
    register,
    said_in_history,
)

USER = "accounts.User"
# Accounts that nobody used and nothing needed for so long are erased.
UNUSED_MONTHS = 24
LINKS_STAY_DAYS = 30
HOLDERS = _("holders of an account: staff of offices and of town halls, operators")


def join() -> None:
    add_root(Root(USER, "account", linked=_linked, addresses=_addresses, found_by=_found_by, names=_names))
    register(
        PersonalData(
            model=User,
            fields={
                "email": "",
                "name": "",
                "password": POINTER,
                "last_login": POINTER,
                "is_active": POINTER,
                "is_superuser": POINTER,
                "created_at": POINTER,
            },
            addresses=("email",),
            not_exported=frozenset({"password"}),
            purpose=_("Signing in, and knowing who changed what."),
            people=HOLDERS,
            rows=lambda people: User.objects.filter(pk__in=people[USER]),
            ending=Ending.DELETE,
            because=_("The history keeps the account's number, without name and address."),
            stays=lambda office: months(
                UNUSED_MONTHS, gettext("after the last use and the end of the last role or post")
            ),
            due=unused,
            recipients=_("the administrators of the offices in which the account has a role"),
        ),
        PersonalData(
            model=Session,
            title=_("sign-in sessions"),
            contents=_("number of the account, end of the session"),
            fields={"session_data": POINTER},
            not_exported=frozenset({"session_key", "session_data"}),
            purpose=_("Staying signed in."),
            people=HOLDERS,
            rows=sessions_of,
            ending=Ending.DELETE,
            stays=lambda office: gettext("12 hours, or until signing out"),
            due=lambda on: Session.objects.filter(expire_date__lt=timezone.now()),
        ),
        PersonalData(
            model=Attempts,
            contents=_("hash of account and network address, number and time of tries"),
            fields={"key": POINTER, "failures": POINTER, "last_at": POINTER, "succeeded_at": POINTER},
            not_exported=frozenset({"key", "failures", "last_at", "blocked_until", "succeeded_at"}),
            purpose=_("Slowing down the guessing of passwords. Account and address are hashed."),
            people=_("whoever tries to sign in"),
            rows=lambda people: Attempts.objects.filter(pk__in=limits.keys_of(people.addresses)),
            ending=Ending.DELETE,
            because=_("What was counted by network address cannot be assigned, and goes after 90 days at the latest."),
            stays=lambda office: gettext("one day; 90 days for an account's usual network address"),
            due=lambda on: limits.forgettable(timezone.now()),
        ),
        *(_password_link(purpose) for purpose in PASSWORD_LINKS),
        PersonalData(
            model=EmailAddress,
            fields={"email": "", "user": POINTER},
            purpose=_("Kept by the library for signing in; the portal writes none."),
            people=HOLDERS,
            rows=lambda people: EmailAddress.objects.filter(user__in=people[USER]),
            ending=Ending.DELETE,
            stays=lambda office: gettext("as long as the account"),
        ),
    )
    declare("account.EmailConfirmation", because=_("The portal writes none."))
    declare("admin.LogEntry", because=_("The portal writes none: its own history tells who changed what."))
    declare("auth.Group", because=_("The portal writes none."))
    declare("auth.Permission", because=_("Names of rights."))


def _password_link(purpose: str) -> PersonalData:
    return PersonalData(
        model=Link,
        contents=_("number of the account, hash of the token, when it was made, used and ends"),
        kind=purpose,
        fields={"object_id": POINTER},
        not_exported=frozenset({"token_hash"}),
        purpose=_("Setting one's password by a link that works once."),
        people=HOLDERS,
        rows=lambda people: Link.objects.filter(purpose=purpose, object_id__in=people[USER]),
        ending=Ending.DELETE,
        stays=lambda office: days(LINKS_STAY_DAYS, gettext("after it ended")),
        due=lambda on: Link.objects.filter(purpose=purpose).ended_before(on, LINKS_STAY_DAYS),
    )


def unused(on: datetime.date) -> QuerySet[User]:
    """The accounts that nobody used and no app has needed for long; never an operator's."""
    since = months_before(on, UNUSED_MONTHS)
    asleep = Q(last_login=None) | Q(last_login__date__lt=since)
    accounts = User.objects.filter(asleep, created_at__date__lt=since, is_superuser=False)
    return memberships.let_go(accounts, on)


def sessions_of(people: People) -> QuerySet[Session]:
    """The sessions of these accounts; reads every session, because the table does not say whose it is."""
    if not people[USER]:
        return Session.objects.none()
    keys = {str(key) for key in people[USER]}
    found = [row.pk for row in Session.objects.iterator() if str(row.get_decoded().get(SESSION_KEY)) in keys]
    return Session.objects.filter(pk__in=found)


def _linked(label: str, keys: Iterable[int]) -> Mapping[str, Any]:
    return {}


def _addresses(keys: Iterable[int]) -> Iterable[str]:
    return all_addresses(User, keys)


def _found_by(address: str) -> Iterable[int]:
    return User.objects.filter(email__iexact=address).values_list("pk", flat=True)


def _names(keys: Iterable[int]) -> Iterable[str]:
    return {name for (name,) in said_in_history(User, keys, "name")}

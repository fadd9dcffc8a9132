"""Limits on signing in: guessing gets slower with every failure, and nobody is locked out by others for long.

What people without account send is counted in the same way, with limits of its own. All counts run down evenly as time
passes, so what many people do at an address they share never adds up over the day.

Counted in the database, so all workers know. Three counts meet: of the account from this address (tight), of the
account from anywhere (looser) and of the address (loose: a whole town hall may share one). Who has signed in to the
account from this address before meets only the first, so neither a colleague's failures nor a stranger's keep them out;
nor are they who set its password here by a one-time link.
"""

import datetime
import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, ngettext

from accounts.models import Attempts

FORGOTTEN_AFTER = datetime.timedelta(days=1)
KNOWN_FOR = datetime.timedelta(days=90)
IPV6_NETWORK = 64  # bits; a household or an authority has at least such a network to itself


class TooManyAttempts(ValidationError):
    """Says in a sentence for the form how long to wait."""

    def __init__(self, wait: datetime.timedelta) -> None:
        seconds = math.ceil(wait.total_seconds())
        minutes = math.ceil(seconds / 60)
        if seconds > 60:
            text = ngettext("Please try again in %(n)s minute.", "Please try again in %(n)s minutes.", minutes)
        else:
            text = ngettext("Please try again in %(n)s second.", "Please try again in %(n)s seconds.", seconds)
        tried = gettext("There were too many attempts.")
        super().__init__(f"{tried} {text}" % {"n": minutes if seconds > 60 else seconds}, code="too_many_attempts")
        self.wait = wait


@dataclass(frozen=True)
class Limit:
    """How many failures are free `within` that time, and how the pause grows with each one after them."""

    free: int
    first_pause: datetime.timedelta
    longest_pause: datetime.timedelta
    within: datetime.timedelta = FORGOTTEN_AFTER  # at most that, as the counts go then

    def pause(self, failures: int) -> datetime.timedelta:
        if failures < self.free:
            return datetime.timedelta(0)
        doublings = min(failures - self.free, 20)
        return min(self.first_pause * 2**doublings, self.longest_pause)

    def forget(self, row: Attempts, at: datetime.datetime) -> None:
        """Take back what time has forgiven since `last_at`: of the free ones one after the other, evenly."""
        step = self.within / self.free
        forgotten = max((at - row.last_at) // step, 0)
        row.last_at = at if forgotten >= row.failures else row.last_at + forgotten * step
        row.failures = max(row.failures - forgotten, 0)


ACCOUNT_FROM_ADDRESS = Limit(5, datetime.timedelta(seconds=30), datetime.timedelta(minutes=15))
ACCOUNT = Limit(50, datetime.timedelta(seconds=30), datetime.timedelta(minutes=15))
ADDRESS = Limit(200, datetime.timedelta(seconds=5), datetime.timedelta(minutes=1))


class Limits(NamedTuple):
    """What holds for one kind of try."""

    own: Limit = ACCOUNT_FROM_ADDRESS
    account: Limit = ACCOUNT
    address: Limit = ADDRESS


SIGN_IN = Limits()


@dataclass(frozen=True)
class Attempt:
    """One try, counted as failed until it says otherwise."""

    own_key: str
    other_keys: frozenset[str]

    def succeeded(self, at: datetime.datetime) -> None:
        """Take the count back, and remember that this account is used from this address."""
        _remember(self.own_key, at)
        Attempts.objects.filter(key__in=self.other_keys, failures__gt=0).update(
            failures=F("failures") - 1, blocked_until=None
        )
        forgettable(at).delete()


def begin(account: str, address: str, at: datetime.datetime, *apart: str, limits: Limits = SIGN_IN) -> Attempt:
    """Count a try, before it is known how it ends; raises TooManyAttempts where it has to wait.

    Tries at something else than signing in are counted `apart`, under its name, and may have other limits.

    `account` is the mail address as typed, whether or not there is such an account: the answer is the same.
    """
    own = _own_key(account, address, *apart)
    by_key = {
        own: limits.own,
        _key("account", _folded(account), *apart): limits.account,
        _key("address", _network(address), *apart): limits.address,
    }
    with transaction.atomic():
        rows: dict[str, Attempts] = {}
        while rows.keys() != by_key.keys():  # another try may drop an old row before it is locked
            Attempts.objects.bulk_create([Attempts(key=key, last_at=at) for key in by_key], ignore_conflicts=True)
            rows = {row.key: row for row in Attempts.objects.select_for_update().filter(key__in=by_key).order_by("key")}
        succeeded_at = rows[own].succeeded_at
        if succeeded_at and at - succeeded_at < KNOWN_FOR:
            rows = {own: rows[own]}
        until = max((row.blocked_until for row in rows.values() if row.blocked_until), default=at)
        if until > at:
            raise TooManyAttempts(until - at)
        for key, row in rows.items():
            by_key[key].forget(row, at)
            row.failures += 1
            row.blocked_until = at + by_key[key].pause(row.failures)
        Attempts.objects.bulk_update(rows.values(), ["failures", "last_at", "blocked_until"])
    return Attempt(own, frozenset(rows) - {own})


def remember(account: str, address: str, at: datetime.datetime) -> None:
    """The account is used from this address: its owner proved it otherwise than by the password."""
    _remember(_own_key(account, address), at)


def _remember(own_key: str, at: datetime.datetime) -> None:
    known = {"failures": 0, "blocked_until": None, "succeeded_at": at}
    Attempts.objects.update_or_create(key=own_key, defaults=known, create_defaults=known | {"last_at": at})


def forgettable(at: datetime.datetime) -> QuerySet[Attempts]:
    """The counts that no longer say anything."""
    is_known = Q(succeeded_at__gt=at - KNOWN_FOR)
    return Attempts.objects.filter(~is_known | Q(succeeded_at=None), last_at__lt=at - FORGOTTEN_AFTER)


def keys_of(accounts: Iterable[str]) -> list[str]:
    """The keys under which tries on these accounts are counted, from anywhere; the others nobody can tell."""
    return [_key("account", _folded(account)) for account in accounts]


def _folded(account: str) -> str:
    return account.strip().lower()


def _own_key(account: str, address: str, *apart: str) -> str:
    return _key("account from address", _folded(account), _network(address), *apart)


def _key(*parts: str) -> str:
    """Tells the same from the same, and neither account nor address to who reads the table."""
    return salted_hmac("accounts.limits", "\n".join(parts), algorithm="sha256").hexdigest()


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, IPV6_NETWORK), strict=False))
    return str(found)

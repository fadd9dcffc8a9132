"""What accounts get by mail: the invitation, and the link to set a forgotten password anew."""

import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import outbox
from common.links import Link
from common.outbox import Mail, Message
from common.periods import today

INVITATION, RESET = "accounts.invitation", "accounts.password_reset"
# Two purposes, so that who asks for a new password in somebody's name does not end their invitation.
PASSWORD_LINK = "password"  # noqa: S105 - the purpose's name
RESET_LINK = "password reset"
PASSWORD_LINKS = (PASSWORD_LINK, RESET_LINK)
PASSWORD_LINK_VALID_FOR = datetime.timedelta(days=7)  # handed out by an administrator
RESET_VALID_FOR = datetime.timedelta(hours=2)  # asked for by anybody
AGAIN_AFTER_MINUTES = 15


def join() -> None:
    for name, compose, label in (
        (INVITATION, invitation, _("Invitation")),
        (RESET, password_reset, _("Forgotten password")),
    ):
        outbox.register(
            name,
            compose,
            label=label,
            recipients_managed_by=lambda user: User.objects.administered_by(user).values("pk"),
        )


def invite(account: User, by: User, at: datetime.datetime) -> None:
    """Send the account's holder a link to set a password, in the name of who invites."""
    outbox.post(INVITATION, about=by.pk, to=account.pk, version=at.isoformat(timespec="seconds"))


def ask_for_reset(email: str, at: datetime.datetime) -> None:
    """Send a link to the account of that address. For an unknown one the same is done, for nobody."""
    account = User.objects.with_address(email).first()
    key = account.pk if account else 0
    quarter = at.replace(minute=at.minute - at.minute % AGAIN_AFTER_MINUTES)
    outbox.post(RESET, about=key, to=key, version=quarter.isoformat(timespec="minutes"))


def invitation(message: Message) -> Mail | None:
    account, inviter = (User.objects.filter(pk=key).first() for key in (message.to, message.about))
    if account is None or not account.has_access(today()):
        return None
    context = {"inviter": inviter, "link": _password_link(account, PASSWORD_LINK, PASSWORD_LINK_VALID_FOR)}
    return Mail(account.email, gettext("Your account at the Integration Portal"), {"account": account, **context})


def password_reset(message: Message) -> Mail | None:
    account = User.objects.filter(pk=message.to).first()
    if account is None or not account.has_access(today()):
        return None
    context = {"account": account, "link": _password_link(account, RESET_LINK, RESET_VALID_FOR)}
    return Mail(account.email, gettext("Set a new password for the Integration Portal"), context)


def revoke_password_links(account: User, at: datetime.datetime) -> None:
    for purpose in PASSWORD_LINKS:
        Link.objects.revoke(purpose, account.pk, at)


def _password_link(account: User, purpose: str, valid_for: datetime.timedelta) -> dict[str, object]:
    """A new link, made only now, so that no token is kept; it ends the account's older one of that purpose."""
    now = timezone.now()
    token = Link.objects.issue(purpose, account.pk, at=now, valid_for=valid_for)
    return {"address": settings.PUBLIC_URL + reverse("password_link", args=[token]), "until": now + valid_for}

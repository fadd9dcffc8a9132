"""How django-allauth behaves here."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import auth
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import limits, mail
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("Mail address and password do not belong together. Please check both."),
        "enter_current_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers themselves: administrators add accounts."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The account, or None: other than the library has it, a closed account is not told from a wrong password."""
        attempt = limits.begin(credentials["email"], request.META["REMOTE_ADDR"], timezone.now())
        user = auth.authenticate(request, **credentials)
        if user:
            attempt.succeeded(timezone.now())
        return user

    def set_password(self, user: User, password: str) -> None:
        """Save nothing else: an administrator may be changing the account meanwhile. Open links would replace it."""
        user.set_password(password)
        user.save(update_fields=["password"])
        mail.revoke_password_links(user, timezone.now())

"""Who can sign in. What a person may do follows from memberships that higher apps keep."""

import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts import memberships
from common.audit import tracked
from common.versions import Versioned, raise_version


class UserQuerySet(models.QuerySet["User"]):
    def administered_by(self, user: "User") -> "UserQuerySet":
        """The accounts that one may see and edit; the right to edit accounts at all is asked for elsewhere."""
        return self.filter(pk__in=memberships.managed_by(user).values("pk"))

    def with_address(self, email: str) -> "UserQuerySet":
        """The account of a mail address; upper and lower case are the same, as for the constraint.

        Folded as the limits on sign-in fold it: PostgreSQL makes an i of a Turkish İ, and each would be counted anew.
        """
        return self.filter(Exact(Lower("email"), Value(email.lower())))

    def with_access(self, on: datetime.date) -> "UserQuerySet":
        """Those that may sign in and stay signed in: open, and not with all their memberships over."""
        accounts = self.filter(is_active=True)
        if not settings.DEMO:  # passwords of demonstrations are known
            accounts = accounts.filter(is_demo=False)
        return accounts.filter(Q(is_superuser=True) | ~memberships.have_ended(on))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.with_address(email or "").get()


# Whoever reads the mail of an address that is no longer the account's sets no password, whatever way it was changed.
ends_links = pgtrigger.Trigger(
    name="ends_links",
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange("email"),
    func="""
        UPDATE common_link SET revoked_at = now()
        WHERE purpose IN ('password', 'password reset') AND object_id = NEW.id
            AND used_at IS NULL AND revoked_at IS NULL;
        RETURN NULL;
    """,
)


@tracked(exclude=["password", "last_login"])
class User(Versioned, AbstractBaseUser, PermissionsMixin):
    """An account; its mail address is the sign-in name."""

    # Rights come from memberships alone: Django's groups and single permissions would be a second way.
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    email = models.EmailField(_("mail address"))
    name = models.CharField(_("name"), max_length=200)
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_demo = models.BooleanField(
        _("demonstration account"), default=False, editable=False, help_text=_("Cannot sign in outside demonstrations.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["email"]
        # What an account does itself is no change that an administrator's form could overwrite.
        triggers = [raise_version(besides=["password", "last_login"]), ends_links]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email",
                violation_error_message=_("There is already an account with this mail address."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Whether Django admin opens; may query today's memberships."""
        return self.has_perm("accounts.access_admin")

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def has_access(self, on: datetime.date) -> bool:
        """Whether the account may sign in at all. One query."""
        return type(self).objects.with_access(on).filter(pk=self.pk).exists()

    def may_set_password_by_link(self, on: datetime.date, issued_at: datetime.datetime | None = None) -> bool:
        """Whether a one-time link may be made, or one made then still opens.

        It ends with the account, with the last membership, and when a role is given or changed: whoever handed it
        out then could otherwise get at what only the new role opens.
        """
        if not self.has_access(on):
            return False
        changed_at = memberships.changed_at(self)
        return issued_at is None or changed_at is None or changed_at <= issued_at


class Attempts(models.Model):
    """Failed tries to sign in, counted under a key that tells neither account nor address; see accounts/limits.py."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()  # up to then the count has run down
    blocked_until = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)

    class Meta:
        # Old counts are dropped by their age.
        indexes = [models.Index(fields=["last_at"], name="accounts_attempts_age")]

    def __str__(self) -> str:
        return self.key[:8]

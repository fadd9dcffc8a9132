"""Links that work without an account: a random token for one purpose and one object, for a while, once.

Only a hash of the token is kept, and not even that in the audit, which tells who made a link. A link shows, a button
acts: views `find` it to show what it is for, and `use` it on POST. Who grants it checks each time that it still may be
used; `revoke` ends it earlier.
"""

import datetime
import hashlib
import secrets

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.audit import tracked


class LinkQuerySet(models.QuerySet["Link"]):
    def open(self, at: datetime.datetime) -> "LinkQuerySet":
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=at)

    def ended_before(self, on: datetime.date, days: int) -> "LinkQuerySet":
        """Those used, revoked or expired more than so many days before that day."""
        day = on - datetime.timedelta(days=days)
        return self.filter(Q(used_at__date__lt=day) | Q(revoked_at__date__lt=day) | Q(expires_at__date__lt=day))

    def find(self, purpose: str, token: str, at: datetime.datetime) -> "Link | None":
        """The open link of that purpose and token; None for one that is used, expired, revoked or invented."""
        return self.open(at).filter(purpose=purpose, token_hash=_hashed(token)).first()

    def issue(self, purpose: str, object_id: int, *, at: datetime.datetime, valid_for: datetime.timedelta) -> str:
        """Make a link and give back its token, which nobody can read again; older ones of its kind end."""
        token = secrets.token_urlsafe(32)
        with transaction.atomic():
            # Two administrators who press the button at once take turns; the later one's link stays.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [purpose, object_id])
            self.revoke(purpose, object_id, at)
            self.create(
                purpose=purpose,
                object_id=object_id,
                token_hash=_hashed(token),
                created_at=at,
                expires_at=at + valid_for,
            )
        return token

    def revoke(self, purpose: str, object_id: int, at: datetime.datetime) -> None:
        unused = self.filter(purpose=purpose, object_id=object_id, used_at=None, revoked_at=None)
        unused.update(revoked_at=at)


@tracked(exclude=["token_hash"])
class Link(models.Model):
    """A link that was handed out."""

    purpose = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-time link")
        verbose_name_plural = _("one-time links")
        constraints = [
            # Two administrators who press the button at once do not leave two open links.
            models.UniqueConstraint(
                fields=["purpose", "object_id"],
                condition=Q(used_at=None, revoked_at=None),
                name="common_link_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.object_id}"

    def use(self, at: datetime.datetime) -> bool:
        """Whether this was the one time; of two at once the database lets one through."""
        return bool(type(self).objects.open(at).filter(pk=self.pk).update(used_at=at))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

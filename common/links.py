"""Links that work without an account: a random token for one purpose and one object, for a while, once.

Only a hash of the token is kept, and not even that in the audit, which tells who made a link. A link shows, a button
acts: views `find` it to show what it is for, and `use` it on POST. Who grants it checks each time that it still may be
used; `revoke` ends it earlier.

A link made by `lasting` is not used up, and every mail about one thing has the same: its token is made with the
portal's secret key, so that what is stored leads to it as little.
"""

import datetime
import hashlib
import secrets

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac
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
            _take_turns(purpose, object_id)
            self.revoke(purpose, object_id, at)
            self.create(
                purpose=purpose,
                object_id=object_id,
                token_hash=_hashed(token),
                created_at=at,
                expires_at=at + valid_for,
            )
        return token

    def lasting(
        self, purpose: str, object_id: int, *, at: datetime.datetime, until: datetime.datetime, holder: str = ""
    ) -> str:
        """The token of the open link, each time the same; a new one for another holder, such as a new mail address."""
        with transaction.atomic():
            _take_turns(purpose, object_id)
            unused = self.filter(purpose=purpose, object_id=object_id, used_at=None, revoked_at=None)
            link = unused.first() or Link(purpose=purpose, object_id=object_id, created_at=at)
            if not link.was_given_to(holder):
                self.revoke(purpose, object_id, at)
                link = Link(purpose=purpose, object_id=object_id, created_at=at)
                link.token_hash = _hashed(link.token_for(holder))
            if link.expires_at != until:
                link.expires_at = until
                link.save()
        return link.token_for(holder)

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

    def token_for(self, holder: str) -> str:
        """The token of a lasting link."""
        given = f"{self.purpose} {self.object_id} {self.created_at.astimezone(datetime.UTC).isoformat()} {holder}"
        return salted_hmac("common.links", given, algorithm="sha256").hexdigest()

    def was_given_to(self, holder: str) -> bool:
        return secrets.compare_digest(self.token_hash, _hashed(self.token_for(holder)))

    def use(self, at: datetime.datetime) -> bool:
        """Whether this was the one time; of two at once the database lets one through."""
        return bool(type(self).objects.open(at).filter(pk=self.pk).update(used_at=at))


def _take_turns(purpose: str, object_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [purpose, object_id])


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

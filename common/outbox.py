"""Mail as rows: asked for inside the caller's transaction, composed and delivered later by `manage.py work`.

An app registers an occasion in its `apps.py` and then asks for messages with `post`. A row holds ids only; address,
text and one-time links are made at the moment of delivery. A row is delivered once, save for one window: between the
mail server's acceptance and our note of it (docs/decisions/0016-outbox.md).
"""

import datetime
import logging
import smtplib
import traceback
from collections.abc import Callable, Mapping, Sequence
from email.utils import formataddr, parseaddr
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import models, transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

logger = logging.getLogger(__name__)

LEASE = datetime.timedelta(minutes=5)  # much longer than a delivery takes, whose every step settings.EMAIL_TIMEOUT ends
PAUSES = tuple(datetime.timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 720, 720))  # two days
PER_CONNECTION = 100  # messages; some servers end longer ones
KEEP_ADDRESSES = datetime.timedelta(days=90)


# -- What apps say ------------------------------------------------------------------------------------------------


class Mail(NamedTuple):
    """What is to be delivered: `templates/mail/<app>/<occasion>.txt`, which extends mail/base.txt, with the context."""

    address: str
    subject: str
    context: Mapping[str, Any]
    sender_name: str = ""  # the office in whose name it comes; the portal's where empty
    reply_to: str = ""
    alternatives: Sequence[tuple[str, str]] = ()  # other forms of the same: text and MIME type
    attachments: Sequence[tuple[str, bytes, str]] = ()  # name, content and MIME type
    thread: str = ""  # the same for all messages about one thing, so that mail programs keep them together


class Dropped(NamedTuple):
    """That a message goes to nobody, and why; kept as its error."""

    why: str


NO_ADDRESS = Dropped("no address")

Compose = Callable[["Message"], Mail | Dropped | None]
ManagedBy = Callable[[Any], "models.QuerySet[Any]"]
LanguageOf = Callable[["Message"], str]


class Occasion(NamedTuple):
    name: str
    compose: Compose
    label: Any
    recipients_managed_by: ManagedBy | None
    about_managed_by: ManagedBy | None
    language_of: LanguageOf


_occasions: dict[str, Occasion] = {}


def register(
    name: str,
    compose: Compose,
    *,
    label: Any = "",
    recipients_managed_by: ManagedBy | None = None,
    about_managed_by: ManagedBy | None = None,
    language_of: LanguageOf = lambda message: settings.LANGUAGE_CODE,
) -> None:
    """Make an occasion, named `<app>.<occasion>`, known.

    `compose` is called at delivery, in the recipient's language and in a transaction, and answers None where the
    message is no longer wanted, `Dropped` where the reason is kept. `label` names the occasion in the admin.
    `recipients_managed_by` gives the recipients (a queryset of ids) whose messages an account may see there,
    `about_managed_by` the objects whose messages it may see, where other offices write to the same recipients; without
    either the operator alone does. `language_of` tells the recipient's language, German where it is not given; links
    then lead to its pages.
    """
    _occasions[name] = Occasion(name, compose, label or name, recipients_managed_by, about_managed_by, language_of)


def occasions() -> Mapping[str, Occasion]:
    return _occasions


def post(occasion: str, *, about: int, to: int, version: str = "") -> None:
    """Ask for a message, once for each occasion, recipient, object and version; asking again changes nothing.

    What the ids mean is the occasion's affair. If the caller's transaction is undone, so is the message.
    """
    if occasion not in _occasions:
        raise LookupError(f"The occasion {occasion} is not registered.")
    now = timezone.now()
    message = Message(occasion=occasion, about=about, to=to, version=version, posted_at=now, next_try_at=now)
    Message.objects.bulk_create([message], ignore_conflicts=True)


# -- The rows -----------------------------------------------------------------------------------------------------


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: datetime.datetime) -> Self:
        """Those to deliver now, which no worker holds, the longest due first."""
        is_free = Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.filter(is_free, state=Message.State.WAITING, next_try_at__lte=at).order_by("next_try_at", "pk")

    def claim(self, at: datetime.datetime) -> "Message | None":
        """Take the next one for a while. The try is counted first, so a message that ends workers is given up too.

        One statement, which nobody else's gets in between; Django's own would be four.
        """
        return next(iter(self.raw(CLAIM, {"at": at, "until": at + LEASE})), None)

    def naming_somebody(self) -> Self:
        """Those that still say to whom and of what they were."""
        return self.exclude(address="", subject="")

    def administered_by(self, user: Any) -> Self:
        """All, for the operator; otherwise those to recipients, or about objects, that the account manages."""
        if user.is_superuser:
            return self
        condition = Q(pk__in=[])
        for occasion in _occasions.values():
            if occasion.recipients_managed_by:
                condition |= Q(occasion=occasion.name, to__in=occasion.recipients_managed_by(user))
            if occasion.about_managed_by:
                condition |= Q(occasion=occasion.name, about__in=occasion.about_managed_by(user))
        return self.filter(condition)


CLAIM = """
    UPDATE common_message SET tries = tries + 1, claimed_until = %(until)s
    WHERE id = (
        SELECT id FROM common_message
        WHERE state = 'waiting' AND next_try_at <= %(at)s AND (claimed_until IS NULL OR claimed_until <= %(at)s)
        ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING *
"""


class Message(models.Model):
    """One mail to one recipient, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused")  # by the recipient's server, for good
        GIVEN_UP = "given_up", _("given up")
        DROPPED = "dropped", _("no longer wanted")

    occasion = models.CharField(_("occasion"), max_length=60)
    to = models.BigIntegerField(_("recipient"))
    about = models.BigIntegerField(_("subject matter"))
    version = models.CharField(_("version"), max_length=60, blank=True)
    state = models.CharField(
        pgettext_lazy("message", "state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    posted_at = models.DateTimeField(_("posted"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"))
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    rounds = models.PositiveSmallIntegerField(_("sent again"), default=0)
    # Known since it was handed over; blanked after KEEP_ADDRESSES, so that the row says that it was sent.
    address = models.CharField(_("mail address"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    error = models.CharField(_("last error"), max_length=100, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("outbox")
        ordering = ["-posted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["occasion", "to", "about", "version"], name="common_message_once"),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="common_message_sent_with_time"
            ),
        ]
        indexes = [
            # What the worker asks for every second.
            models.Index(fields=["next_try_at", "id"], condition=Q(state="waiting"), name="common_message_waiting"),
            # The list in the admin, the newest first.
            models.Index(fields=["-posted_at", "-id"], name="common_message_posted"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion_label} ({self.pk})"

    @property
    def occasion_label(self) -> str:
        known = _occasions.get(self.occasion)
        return str(known.label) if known else self.occasion

    @property
    def message_id(self) -> str:
        """The same at every try, so that whoever gets the mail twice can tell; another one when sent again."""
        digest = salted_hmac("common.outbox", f"{self.pk} {self.posted_at.isoformat()} {self.rounds}").hexdigest()
        return _mail_id(digest)

    def send_again(self, at: datetime.datetime) -> bool:
        """Let it wait anew, from now; False where a worker is just delivering it."""
        free = type(self).objects.filter(Q(claimed_until=None) | Q(claimed_until__lte=at), pk=self.pk)
        return bool(
            free.update(
                state=self.State.WAITING,
                tries=0,
                next_try_at=at,
                claimed_until=None,
                error="",
                rounds=F("rounds") + 1,
                address="",
                subject="",
            )
        )

    # -- Delivering -------------------------------------------------------------------------------------------

    def deliver(self, connection: BaseEmailBackend) -> bool:
        """Try once, having claimed it, and note what came of it; False where the connection may be of no more use."""
        if self.tries > len(PAUSES) + 1:
            self._note(state=self.State.GIVEN_UP, error=self.error or "the worker ended while delivering")
            return True
        try:
            occasion = _occasions[self.occasion]
            with translation.override(occasion.language_of(self)), transaction.atomic():
                mail = occasion.compose(self)
                email = self._email(mail, connection) if isinstance(mail, Mail) else None
        except Exception as error:  # whatever it is, the other messages go out
            self._fail(f"composing: {type(error).__name__}")
            place = traceback.extract_tb(error.__traceback__)[-1]  # without the error's text, which may name people
            logger.error(
                "Message %s could not be composed: %s, %s:%s",
                self.pk,
                type(error).__name__,
                place.filename,
                place.lineno,
            )
            return True
        if not isinstance(mail, Mail) or email is None:
            why = mail.why if isinstance(mail, Dropped) else ""
            self._note(state=self.State.DROPPED, error=why, address="", subject="")
            return True
        handed_over = {"address": mail.address, "subject": email.subject[:250]}
        try:
            connection.send_messages([email])
        except Exception as error:  # the server's, the network's, or an address that cannot be written in a header
            if _is_final(error):
                self._note(state=self.State.REFUSED, error=_code(error), **handed_over)
            else:
                logger.warning("Message %s could not be delivered: %s", self.pk, fault(error))
                self._fail(_code(error))
            return False
        # A worker that is killed here has sent what nobody noted: the message goes out a second time.
        self._note(state=self.State.SENT, sent_at=timezone.now(), error="", **handed_over)
        return True

    def _email(self, mail: Mail, connection: BaseEmailBackend) -> EmailMultiAlternatives:
        portal_name, from_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        text = text_of(self.occasion, mail)
        subject = " ".join(mail.subject.split())
        email = EmailMultiAlternatives(
            subject,
            text,
            formataddr((mail.sender_name or portal_name, from_address)),
            [mail.address],
            connection=connection,
            reply_to=[mail.reply_to] if mail.reply_to else None,
            headers={
                "Message-ID": self.message_id,
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",  # asks Exchange for no absence notes
                **({"References": _mail_id(mail.thread), "In-Reply-To": _mail_id(mail.thread)} if mail.thread else {}),
            },
        )
        email.attach_alternative(render_to_string("mail/base.html", {"subject": subject, "text": text}), "text/html")
        for content, kind in mail.alternatives:
            email.attach_alternative(content, kind)
        for attachment in mail.attachments:
            email.attach(*attachment)
        return email

    def _fail(self, error: str) -> None:
        """Wait for the next try, or give up."""
        if self.tries > len(PAUSES):
            self._note(state=self.State.GIVEN_UP, error=error)
        else:
            self._note(next_try_at=timezone.now() + PAUSES[self.tries - 1], error=error)

    def _note(self, **fields: Any) -> None:
        """Note the outcome and let go of it, unless the lease ran out and another worker has it."""
        ours = type(self).objects.filter(pk=self.pk, claimed_until=self.claimed_until)
        if not ours.update(claimed_until=None, **fields):
            logger.warning("Message %s was taken over by another worker.", self.pk)


def _mail_id(name: str) -> str:
    return f"<{name}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def text_of(occasion: str, mail: Mail) -> str:
    """The mail as plain text, for a preview too; its other forms follow from this one."""
    portal_name, _address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    context = {"portal": settings.PUBLIC_URL, "sender_name": mail.sender_name or portal_name, **mail.context}
    return render_to_string(f"mail/{occasion.replace('.', '/')}.txt", context).strip() + "\n"


class MailServerSilent(Exception):
    """No connection to the mail server; its text names the kind of error only."""


def deliver_due(is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Deliver what is due, over one connection; how many messages were taken.

    While the mail server cannot be reached nothing is taken, so no message comes nearer to being given up.
    """
    if not Message.objects.due(timezone.now()).exists():
        return 0
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerSilent(_code(error)) from error
    taken = 0
    try:
        while taken < PER_CONNECTION and not is_stopping() and (message := Message.objects.claim(timezone.now())):
            taken += 1
            if not message.deliver(connection):
                break
    finally:
        connection.close()
    return taken


def fault(error: Exception) -> str:
    """What kind of error, and where, without its text, which may name people."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}, {place.filename}:{place.lineno}"


def _is_final(error: Exception) -> bool:
    """Whether the server will never take this message; what it holds against the portal itself may be mended."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, answer in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _code(error: Exception) -> str:
    """The error's kind and code. Servers repeat the address in their text, which is left out."""
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((code for code, answer in error.recipients.values()), None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__

"""What `common` itself holds about people, for the registry: mail, as rows and as files."""

import datetime
import email
import email.policy
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.outbox import KEEP_ADDRESSES, Message
from common.personal_data import Ending, People, PersonalData, PersonalFiles, days, declare, register, register_files

FILES_STAY_DAYS = 30
ADDRESSEES = _("whoever the portal writes to")


def join() -> None:
    register(
        PersonalData(
            model=Message,
            fields={"address": "", "subject": ""},
            purpose=_("Delivering a mail once, and knowing what became of it."),
            people=ADDRESSEES,
            rows=_messages,
            ending=Ending.BLANK,
            because=_("The row says that the mail was sent, so that it is not sent again."),
            stays=lambda office: days(KEEP_ADDRESSES.days, gettext("after it was asked for")),
            due=lambda on: Message.objects.naming_somebody().filter(posted_at__date__lt=on - KEEP_ADDRESSES),
            recipients=_("the administrators of the recipient's office"),
        )
    )
    register_files(
        PersonalFiles(
            name=_("Mail files"),
            purpose=_("Keeping mail where no mail server is set."),
            people=ADDRESSEES,
            about=_files_about,
            due=_old_files,
            stays=lambda office: days(FILES_STAY_DAYS, gettext("after it was written")),
            recipients=_("the operator"),
        )
    )
    declare("common.Message", "to", "about", because=_("Numbers of rows."))
    declare("common.Duty", because=_("Names of duties, and lines that name nobody."))
    declare("pghistory.Context", because=_("Numbers of accounts, names of commands and database roles."))


def _messages(people: People) -> QuerySet[Message]:
    """Those to these people, and those whose subject names one of them."""
    messages = Message.objects.alias(lower_address=Lower("address")).naming_somebody()
    maybe = reduce(or_, (Q(subject__icontains=name) for name in people.names), Q(pk__in=[]))
    named = [
        key for key, subject in messages.filter(maybe).values_list("pk", "subject") if people.are_named_in(subject)
    ]
    return messages.filter(Q(lower_address__in=people.addresses) | Q(pk__in=named))


def _mail_files() -> Iterator[Path]:
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    yield from sorted(Path(folder).glob("*.eml")) if folder else ()


def _files_about(people: People) -> Iterable[Path]:
    """Those in which an address or name of these people stands."""
    if not (people.addresses or people.names):
        return []
    return [path for path in _mail_files() if people.are_named_in(_said_in(path))]


def _said_in(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    parts = [str(value) for value in message.values()]
    parts += [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join(parts)


def _old_files(on: datetime.date) -> Iterable[Path]:
    before = timezone.make_aware(
        datetime.datetime.combine(on - datetime.timedelta(days=FILES_STAY_DAYS), datetime.time())
    )
    return [path for path in _mail_files() if path.stat().st_mtime < before.timestamp()]

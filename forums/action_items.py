"""Tasks that get done: telling who is to do one, reminding them once before and once after the due day, and the link
of these mails by which a task is reported done without an account.

Somebody is told of a task when it is entered directly, or when the minutes that hold it go out; of each task once.
"""

import datetime
from typing import Any

from django.conf import settings
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import outbox, periods
from common.links import Link
from contacts.models import FormerPerson
from forums.models import ActionItem
from forums.querysets import SOON

GIVEN, DUE, OVERDUE = "forums.task_given", "forums.task_due", "forums.task_overdue"
TASK_LINK = "forums.task"
LINK_VALID_FOR = datetime.timedelta(days=90)


# -- Whom to write to, and when -----------------------------------------------------------------------------------


def tell(tasks: "QuerySet[ActionItem]", *, by: Any = None) -> int:
    """Tell those who are to do these open tasks, each once; whoever gives one to themselves knows. How many."""
    told = tasks.open().with_address().exclude(Exists(_messages(GIVEN)))  # type: ignore[attr-defined]
    if by is not None and by.is_authenticated:
        told = told.exclude(person__user=by)
    rows = list(told.order_by("pk").values_list("pk", "person"))
    for task, person in rows:
        outbox.post(GIVEN, about=task, to=person)
    return len(rows)


def remind(on: datetime.date) -> str:
    """A duty: tell of tasks whose minutes went out, and remind of what is due soon or overdue, once for each due day.

    Of what falls due within a week from when it was given, its person has just been told, and is reminded on the last
    day before.
    """
    given = ActionItem.objects.open().with_address().given()
    told = tell(given.filter(item__isnull=False))
    in_time = Q(created_on__lt=F("due_on") - SOON) | Q(created_on__lt=on, due_on__lte=on + periods.ONE_DAY)
    due = _post(DUE, given.due_soon(on).filter(in_time))
    overdue = _post(OVERDUE, given.overdue(on))
    return f"{told} told, {due} reminded before and {overdue} after the due day"


def _messages(occasion: str) -> "QuerySet[outbox.Message]":
    """Those to who does a task, or to an entry that became one with theirs."""
    merged = FormerPerson.objects.filter(person=OuterRef(OuterRef("person"))).values("key")
    to = Q(to=OuterRef("person")) | Q(to__in=merged)
    return outbox.Message.objects.filter(to, occasion=occasion, about=OuterRef("pk"))


def _post(occasion: str, tasks: "QuerySet[ActionItem]") -> int:
    """Ask for one message for each due day."""
    sent = _messages(occasion).filter(version=OuterRef("due_text"))
    unsent = tasks.alias(due_text=Cast("due_on", CharField())).exclude(Exists(sent))
    rows = list(unsent.order_by("pk").values_list("pk", "person", "due_on"))
    for task, person, due_on in rows:
        outbox.post(occasion, about=task, to=person, version=str(due_on))
    return len(rows)


# -- The link -----------------------------------------------------------------------------------------------------


def opened(token: str, at: datetime.datetime, *, locked: bool = False) -> tuple[Link, ActionItem] | None:
    """The open link and its task, `locked` for a change; None where the link is over, or the task is closed by now,
    or of somebody at another address."""
    link = Link.objects.find(TASK_LINK, token, at)
    tasks = ActionItem.objects.open().filter(person__isnull=False).with_details().select_related("person__user")
    if locked:
        tasks = tasks.select_for_update(of=("self",), no_key=True)
    task = tasks.filter(pk=link.object_id).first() if link else None
    return (link, task) if link and task and link.was_given_to(task.address) else None


# -- The messages, made at the moment of delivery -----------------------------------------------------------------


def given_mail(message: outbox.Message) -> outbox.Mail | None:
    return _mail(message, gettext("Your task: %(task)s"))


def due_mail(message: outbox.Message) -> outbox.Mail | None:
    return _mail(message, gettext("Due on %(day)s: %(task)s"))


def overdue_mail(message: outbox.Message) -> outbox.Mail | None:
    return _mail(message, gettext("Was due on %(day)s: %(task)s"))


def _mail(message: outbox.Message, subject: str) -> outbox.Mail | None:
    """None where the task is closed, somebody else's or due on another day by now, or nobody can be reached."""
    tasks = ActionItem.objects.open().with_address().with_details().select_related("person__user")
    addressee = Q(person=message.to) | Q(person__former_entries__key=message.to)
    task = tasks.filter(addressee, pk=message.about).first()
    person = task.person if task else None
    if task is None or person is None or (message.version and message.version != str(task.due_on)):
        return None
    now = timezone.now()
    token = Link.objects.lasting(TASK_LINK, task.pk, at=now, until=now + LINK_VALID_FOR, holder=task.address)
    words = {"task": task, "day": date_format(task.due_on, "SHORT_DATE_FORMAT") if task.due_on else ""}
    return outbox.Mail(
        task.address,
        subject % words,
        {
            "task": task,
            "person": person,
            "meeting": task.item.meeting if task.item else None,
            "last_day": periods.day_of(now + LINK_VALID_FOR - periods.ONE_DAY),
            "link": settings.PUBLIC_URL + reverse("task_by_link", args=[token]),
            "page": settings.PUBLIC_URL + task.get_absolute_url() if person.user else "",
        },
        sender_name=str(task.forum.office),
        reply_to=task.forum.office.email,
    )


def managed_by(user: Any) -> "QuerySet[Any]":
    """The tasks whose messages an administrator may see; whoever does them has tasks of other offices too."""
    return ActionItem.objects.administered_by(user).values("pk")

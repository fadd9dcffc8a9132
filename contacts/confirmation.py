"""Asking each contact person once a year whether their entry is right: whom, when, and by which mail and link.

An office chooses the month. From its first day on, whoever confirmed nothing within the year is asked, in the following
months too: whoever confirmed later than the others is asked when that is a year ago. One reminder follows.
"""

import datetime
import hashlib
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from common import outbox, periods
from common.links import Link
from common.sort_keys import SortKey, sort_key
from contacts.models import Assignment, ContactPerson, FormerPost, Office, OfficeMembership, Remark
from contacts.models.people import CONFIRMATION_LINK
from contacts.rules import ADMINISTRATOR

ASK = "contacts.confirmation"
REMARK, REMARK_TO_ADMINISTRATOR = "contacts.remark", "contacts.remark_to_administrator"
REMINDER = "-2"  # follows the year in a message's version
REMINDED_AFTER = datetime.timedelta(days=21)
LINK_VALID_FOR = datetime.timedelta(days=60)

Entry = list[tuple[str, str]]


# -- Whom to ask, and when ----------------------------------------------------------------------------------------


def begin_of_round(month: int, on: datetime.date) -> datetime.date:
    """The latest day, up to that one, on which the month began."""
    return datetime.date(on.year if month <= on.month else on.year - 1, month, 1)


def ask(on: datetime.date) -> str:
    """A duty: ask whom nobody asked since the month last began, and remind once who has not answered."""
    asked = reminded = 0
    for office in Office.objects.asking():
        begin = begin_of_round(office.confirmation_month, on)
        # A month chosen when it was over is meant for the next year.
        if periods.day_of(office.month_chosen_at) <= periods.last_of_month(begin):
            with transaction.atomic():
                asked += _post(_to_ask(office, begin, on), str(begin.year))
                reminded += _post(_to_remind(office, begin, on), f"{begin.year}{REMINDER}")
    return f"{asked} asked, {reminded} reminded"


def _unanswered(office: Office, begin: datetime.date, on: datetime.date) -> "QuerySet[ContactPerson]":
    """The posts that somebody should confirm; those who came after the month have the next one."""
    month_ends = periods.last_of_month(begin)
    was_there = Q(period__startswith=None) | Q(period__startswith__lte=month_ends) | Q(confirmed_on__isnull=False)
    posts = ContactPerson.objects.of_offices([office.pk]).current(on).with_own_address()
    # Who answered in this month a year ago is asked together with the others.
    return posts.filter(was_there).unconfirmed(max(on, month_ends))


def _to_ask(office: Office, begin: datetime.date, on: datetime.date) -> "QuerySet[ContactPerson]":
    return _unanswered(office, begin, on).exclude(Exists(_messages(str(begin.year))))


def _to_remind(office: Office, begin: datetime.date, on: datetime.date) -> "QuerySet[ContactPerson]":
    """Those who got the mail a while ago, and neither confirmed nor wrote to the office."""
    got = _messages(str(begin.year)).filter(state=outbox.Message.State.SENT, sent_at__date__lte=on - REMINDED_AFTER)
    wrote = Remark.objects.filter(contact_person=OuterRef("pk"), written_at__date__gte=begin)
    reminders = _messages(f"{begin.year}{REMINDER}")
    return _unanswered(office, begin, on).filter(Exists(got)).exclude(Exists(wrote)).exclude(Exists(reminders))


def _messages(version: str) -> "QuerySet[outbox.Message]":
    """Those about a post, or about one that became one with it."""
    merged = FormerPost.objects.filter(post=OuterRef(OuterRef("pk"))).values("key")
    about = Q(about=OuterRef("pk")) | Q(about__in=merged)
    return outbox.Message.objects.filter(about, occasion=ASK, version=version)


def _post(posts: "QuerySet[ContactPerson]", version: str) -> int:
    keys = list(posts.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        outbox.post(ASK, about=key, to=key, version=version)
    return len(keys)


# -- What is asked ------------------------------------------------------------------------------------------------


def entry_of(post: ContactPerson, on: datetime.date) -> Entry:
    """What the portal holds about the person in this post, as names and values; needs person and office loaded."""
    name, shown_to, *work = kept_by_office(post, on)
    languages = sorted((str(ContactPerson.Language(code).label) for code in post.languages), key=sort_key)
    return [
        name,
        shown_to,
        (gettext("Function"), post.function or "–"),
        (gettext("Phone"), _published(str(post.person.telephone or ""), post.is_phone_published)),
        (gettext("Mail"), _published(post.person.email, post.is_email_published)),
        (gettext("Room"), post.room or "–"),
        (gettext("Languages besides German"), ", ".join(languages) or "–"),
        *work,
    ]


def kept_by_office(post: ContactPerson, on: datetime.date) -> Entry:
    """The part of the entry that its person cannot change."""
    assignments = post.assignments.current(on).select_related("municipality", "field")
    towns: dict[str, list[str]] = {role: [] for role in Assignment.Role.values}
    for assignment in assignments.order_by("municipality__sort_key", F("field__position").asc(nulls_first=True), "pk"):
        of_field = f" ({assignment.field})" if assignment.field else ""
        towns[assignment.role].append(f"{assignment.municipality.name}{of_field}")
    fields = post.fields.order_by("position", SortKey("name")).values_list("name", flat=True)
    return [
        (gettext("Name"), post.person.name),
        (gettext("Shown to"), gettext("everyone") if post.is_published else gettext("the office's own staff only")),
        (gettext("Fields of action"), ", ".join(fields) or "–"),
        (gettext("Responsible for"), ", ".join(towns[Assignment.Role.PRIMARY]) or "–"),
        (gettext("Deputy for"), ", ".join(towns[Assignment.Role.DEPUTY]) or "–"),
    ]


def _published(value: str, is_published: bool) -> str:
    if not value or is_published:
        return value or "–"
    return gettext("%(value)s (not shown to the public)") % {"value": value}


def fingerprint(entry: Entry) -> str:
    """Tells whether what is confirmed is what was shown."""
    return hashlib.sha256(repr(entry).encode()).hexdigest()[:16]


# -- The link -----------------------------------------------------------------------------------------------------


def opened(token: str, at: datetime.datetime) -> tuple[Link, ContactPerson] | None:
    """The open link and its post; None where the link is over, the post has ended, or it was confirmed meanwhile."""
    link = Link.objects.find(CONFIRMATION_LINK, token, at)
    posts = ContactPerson.objects.current(periods.day_of(at)).select_related("person", "office")
    post = posts.filter(pk=link.object_id).first() if link else None
    if link is None or post is None or post.is_confirmed_since(periods.day_of(link.created_at)):
        return None
    return link, post


# -- The messages, made at the moment of delivery -----------------------------------------------------------------


def ask_mail(message: outbox.Message) -> outbox.Mail | None:
    """The question with a new link; None where it was answered or the person cannot be asked any more."""
    now = timezone.now()
    on = periods.day_of(now)
    posts = ContactPerson.objects.current(on).with_own_address().select_related("person", "office")
    post = posts.filter(pk=message.about).first()
    if post is None or post.is_confirmed_since(periods.day_of(message.posted_at)):
        return None
    token = Link.objects.issue(CONFIRMATION_LINK, post.pk, at=now, valid_for=LINK_VALID_FOR)
    is_reminder = message.version.endswith(REMINDER)
    subject = gettext("Reminder: is your entry still right?") if is_reminder else gettext("Is your entry still right?")
    return outbox.Mail(
        post.person.email,
        subject,
        {
            "post": post,
            "entry": entry_of(post, on),
            "is_reminder": is_reminder,
            "last_day": periods.day_of(now + LINK_VALID_FOR - periods.ONE_DAY),
            "link": settings.PUBLIC_URL + reverse("confirm_by_link", args=[token]),
        },
        sender_name=str(post.office),
        reply_to=post.office.email,
    )


def posts_managed_by(user: Any) -> "QuerySet[Any]":
    return ContactPerson.objects.administered_by(user).values("pk")


# -- What the office has to change --------------------------------------------------------------------------------


def tell_office(remark: Remark, on: datetime.date) -> None:
    """Pass the remark on to the office's general address, or to its administrators where it has none."""
    office = remark.contact_person.office
    if office.email:
        outbox.post(REMARK, about=remark.pk, to=office.pk)
        return
    administrators = OfficeMembership.objects.of_offices([office.pk]).current(on).filter(role=ADMINISTRATOR)
    for membership in administrators:
        outbox.post(REMARK_TO_ADMINISTRATOR, about=remark.pk, to=membership.pk)


def remark_mail(message: outbox.Message) -> outbox.Mail | None:
    remark = Remark.objects.with_details().filter(pk=message.about).first()
    return _remark_mail(remark, remark.contact_person.office.email) if remark else None


def remark_to_administrator_mail(message: outbox.Message) -> outbox.Mail | None:
    """None where the membership is over meanwhile."""
    remark = Remark.objects.with_details().filter(pk=message.about).first()
    memberships = OfficeMembership.objects.current(periods.today()).filter(user__is_active=True)
    membership = memberships.select_related("user").filter(pk=message.to).first()
    return _remark_mail(remark, membership.user.email) if remark and membership else None


def _remark_mail(remark: Remark, address: str) -> outbox.Mail | None:
    if not address:
        return None
    post = remark.contact_person
    return outbox.Mail(
        address,
        gettext("Message of %(person)s about their own entry") % {"person": post.person},
        {
            "remark": remark,
            "post": post,
            "link": settings.PUBLIC_URL + reverse("admin:contacts_contactperson_change", args=[post.pk]),
        },
        reply_to=post.person.email,
    )


def offices_managed_by(user: Any) -> "QuerySet[Any]":
    return Office.objects.administered_by(user).values("pk")


def memberships_managed_by(user: Any) -> "QuerySet[Any]":
    return OfficeMembership.objects.administered_by(user).values("pk")

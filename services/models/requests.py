"""Requests for a service: what a town hall or anybody else asks for, and where it stands."""

import datetime
import uuid
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common import outbox, periods
from common.audit import tracked
from common.fields import NameField
from common.triggers import refused, unchanging
from common.verbs import NotPossible
from common.versions import Versioned
from contacts.models import Assignment, ContactPerson, FieldOfAction, Office, OfficeTask
from forums.models import Forum
from municipalities import working_days
from municipalities.models import Municipality
from services.models.entries import RequestDetail, RequestEntry, RequestFile
from services.models.offerings import Question, ServiceOffering, entry_of_office
from services.models.states import BEFORE, CLOSING, FEEDBACK_WITHIN, OPEN, WAYS, WAYS_IN_SQL, RequestState
from services.querysets import ServiceRequestQuerySet
from services.routing import Because, Route, route

# Occasions for mail; what each says is composed in services/mail.py.
TOLD = "services.told"  # to the requester: what an entry says
ASSIGNED = "services.assigned"  # to who gets the request, or to the office
HEARD = "services.heard"  # to who works on it, or to the office: the requester wrote
# To an account that leads the office, where neither who has the request nor the office has an address.
ASSIGNED_LEAD, HEARD_LEAD = "services.assigned_lead", "services.heard_lead"
CONFIRM = "services.confirm"  # to who asked without an account
ASK_FEEDBACK = "services.feedback"
READDRESSED = "services.readdressed"  # to the mail address that the office put right
OVERDUE = "services.overdue"  # to who has it; 0 is the office
OVERDUE_LEAD = "services.overdue_lead"  # to an account that leads the office, of what nobody has or nobody hears of
HANDED_OVER = "services.handed_over"  # to who gets requests in a hand-over, of all at once; the version is when
HANDED_OVER_LEAD = "services.handed_over_lead"
ABOUT_ENTRIES = (TOLD, ASSIGNED, HEARD, ASSIGNED_LEAD, HEARD_LEAD, READDRESSED)
ABOUT_REQUESTS = (CONFIRM, ASK_FEEDBACK, OVERDUE, OVERDUE_LEAD)


FORGOTTEN = _("What told who asked was erased; the request stays as it is. Please enter a new one.")


class RequestCounter(models.Model):
    """The last number that an office gave in a year. Whoever gives the next one waits for who gives this one."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "year"], name="services_requestcounter_once")]
        triggers = [
            # Within the trigger that gives a number the depth is one.
            refused(
                "pg_trigger_depth() = 0",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                constraint="services_requestcounter_counts_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office} {self.year}: {self.last}"


@tracked(exclude=["key", "forgotten_at"])
class ServiceRequest(Versioned):
    """One request to an office, from its draft to its closing.

    The database gives the number when it is submitted (`LIP-2026-0042`): by office and year, without gaps, as the
    counter's row is locked until the end of the transaction. `key` is made with the form, so that sending it twice
    makes one request. The clock for the answer (§ 187 I BGB, working days of the office's Land) runs until `due_on`;
    while the requester is asked it stands, with `days_left` to go. Once the day is past nothing takes that back. The
    first answer ends it: how many working days it ran is kept then, and whether the answer was late.
    """

    class AsksFor(models.TextChoices):
        TOWN_HALL = "town_hall", _("a town hall")
        ORGANISATION = "organisation", _("an association or organisation")
        ONESELF = "oneself", _("oneself")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("the portal")
        PHONE = "phone", _("by phone")
        MAIL = "mail", _("by mail")
        TALK = "talk", _("in a conversation")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="requests", verbose_name=_("office"), editable=False
    )
    offering = models.ForeignKey(ServiceOffering, models.PROTECT, related_name="requests", verbose_name=_("offering"))
    year = models.PositiveSmallIntegerField(_("year"), null=True, editable=False)
    number = models.PositiveIntegerField(_("number"), null=True, editable=False)
    reference = models.CharField(_("reference number"), max_length=20, blank=True, editable=False)
    state = models.CharField(
        pgettext_lazy("request", "state"),
        max_length=20,
        choices=RequestState,
        default=RequestState.DRAFT,
        editable=False,
    )
    channel = models.CharField(_("came"), max_length=10, choices=Channel, default=Channel.PORTAL)
    created_at = models.DateTimeField(_("begun"), editable=False)
    submitted_at = models.DateTimeField(_("received"), null=True, editable=False)
    closed_at = models.DateTimeField(pgettext_lazy("request", "closed"), null=True, editable=False)

    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("municipality")
    )
    # What the offering counted for when the request came in; the offering may count for something else later.
    task = models.ForeignKey(
        OfficeTask, models.PROTECT, null=True, editable=False, related_name="requests", verbose_name=_("office task")
    )
    field = models.ForeignKey(
        FieldOfAction,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="requests",
        verbose_name=_("field of action"),
    )
    subject = models.CharField(_("what it is about"), max_length=200, help_text=_("In one line."))
    concern = models.TextField(
        _("what you need"), max_length=4000, blank=True, help_text=_("Please name no clients and no case.")
    )
    cause = models.TextField(_("why now"), max_length=2000, blank=True)
    audience = models.CharField(_("for whom"), max_length=300, blank=True)
    head_count = models.PositiveIntegerField(_("how many people"), null=True, blank=True)
    wished_dates = models.CharField(
        _("dates you would like"), max_length=300, blank=True, help_text=_("For example a Tuesday afternoon in March.")
    )
    place = models.CharField(_("where"), max_length=200, blank=True)
    existing = models.TextField(_("what exists already"), max_length=2000, blank=True)
    funding = models.CharField(_("funds available"), max_length=300, blank=True)
    answer_by = models.DateField(_("answer needed until"), null=True, blank=True)

    asks_for = models.CharField(_("asks for"), max_length=20, choices=AsksFor, default=AsksFor.TOWN_HALL)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="requests",
        verbose_name=_("account"),
    )
    requester_name = NameField(_("name"), max_length=200)
    requester_email = models.EmailField(_("mail address"))
    requester_phone = models.CharField(_("phone"), max_length=50, blank=True)
    requester_body = models.CharField(_("department or organisation"), max_length=200, blank=True)
    # In which they asked, and are written to.
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE, editable=False
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("entered by"),
    )
    about_post = models.ForeignKey(
        ContactPerson,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="corrections",
        verbose_name=_("contact person it is about"),
    )

    assigned_to = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("assigned to"),
    )
    assigned_because = models.CharField(_("because"), max_length=20, choices=Because, blank=True, editable=False)
    assigned_via = models.ForeignKey(
        Assignment, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("responsibility")
    )
    assigned_instead_of = models.ForeignKey(
        ContactPerson, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("in place of")
    )

    answer_days = models.PositiveSmallIntegerField(_("working days to answer"), null=True, editable=False)
    due_on = models.DateField(_("answer due on"), null=True, editable=False)
    days_left = models.PositiveSmallIntegerField(_("working days left"), null=True, editable=False)
    answered_at = models.DateTimeField(_("first answered"), null=True, editable=False)
    # Until the first answer, without those on which the requester was asked.
    days_used = models.PositiveSmallIntegerField(_("working days used"), null=True, editable=False)
    was_late = models.BooleanField(_("answered late"), default=False, editable=False)
    # Since when the requester waits for somebody to read what they wrote last.
    unread_since = models.DateTimeField(_("new message since"), null=True, editable=False)
    scheduled_for = models.DateTimeField(_("date agreed"), null=True, blank=True)
    closing_reason = models.TextField(_("reason"), max_length=2000, blank=True, editable=False)
    passed_on_to = models.CharField(_("passed on to"), max_length=200, blank=True, editable=False)
    forum = models.ForeignKey(
        Forum,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="founding_requests",
        verbose_name=_("forum founded"),
    )
    # When all that tells who asked went; figures are left, and nothing is added any more.
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, editable=False)

    objects = ServiceRequestQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("service request")
        verbose_name_plural = _("service requests")
        ordering = ["-submitted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=BEFORE, number=None, year=None, reference="", submitted_at=None)
                | ~Q(state__in=BEFORE)
                & Q(number__isnull=False, year__isnull=False, submitted_at__isnull=False)
                & ~Q(reference=""),
                name="services_servicerequest_binding_with_number",
                violation_error_message=_("A request has a number as soon as it is received."),
            ),
            models.UniqueConstraint(fields=["office", "year", "number"], name="services_servicerequest_number"),
            models.UniqueConstraint(
                fields=["reference"], condition=~Q(reference=""), name="services_servicerequest_reference"
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.PASSED_ON) & ~Q(passed_on_to="")
                | ~Q(state=RequestState.PASSED_ON) & Q(passed_on_to=""),
                name="services_servicerequest_named_body",
                violation_error_message=_("Please name who takes care of it now."),
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.DECLINED) | ~Q(closing_reason=""),
                name="services_servicerequest_reason",
                violation_error_message=_("Please say why the request is declined."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=CLOSING, closed_at__isnull=False) | ~Q(state__in=CLOSING) & Q(closed_at=None),
                name="services_servicerequest_closed_with_time",
                violation_error_message=_("A closed request says when it was closed."),
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, days_used=None, was_late=False)
                | Q(answered_at__isnull=False, days_used__isnull=False),
                name="services_servicerequest_answered_within",
                violation_error_message=_("An answered request says how many working days that took."),
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.SCHEDULED) | Q(scheduled_for__isnull=False),
                name="services_servicerequest_scheduled_with_date",
                violation_error_message=_("Please say for when it is scheduled."),
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at=None)
                | Q(state__in=CLOSING, requester_name="", requester_email="", account=None),
                name="services_servicerequest_forgotten",
                violation_error_message=FORGOTTEN,
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("office", "key", "created_at", constraint="services_servicerequest_origin_kept"),
            refused(
                "OLD.number IS NOT NULL AND (OLD.number, OLD.year, OLD.reference, OLD.submitted_at) "
                "IS DISTINCT FROM (NEW.number, NEW.year, NEW.reference, NEW.submitted_at)",
                operation=pgtrigger.Update,
                constraint="services_servicerequest_number_kept",
            ),
            refused(
                "OLD.number IS NOT NULL",
                operation=pgtrigger.Delete,
                constraint="services_servicerequest_numbered_stays",
            ),
            refused(
                "NEW.state NOT IN ('draft', 'unconfirmed')",
                operation=pgtrigger.Insert,
                constraint="services_servicerequest_begins_unsent",
            ),
            refused(
                f"((OLD.state, NEW.state) NOT IN ({WAYS_IN_SQL}))",
                operation=pgtrigger.Update,
                constraint="services_servicerequest_next_state",
            ),
            # Runs before the others that look at the number, by its name.
            pgtrigger.Trigger(
                name="a_number_is_given",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.number IS NULL AND NEW.state NOT IN ('draft', 'unconfirmed')"),
                func="""
                    IF NEW.number IS NOT NULL OR NEW.year IS NOT NULL OR NEW.reference <> '' THEN
                        RAISE check_violation USING MESSAGE = 'the counter gives the number',
                            CONSTRAINT = 'services_servicerequest_number_brought';
                    END IF;
                    NEW.year := extract(year FROM NEW.submitted_at AT TIME ZONE 'Europe/Berlin');
                    INSERT INTO services_requestcounter AS counter (office_id, year, last)
                        VALUES (NEW.office_id, NEW.year, 1)
                        ON CONFLICT (office_id, year) DO UPDATE SET last = counter.last + 1
                        RETURNING last INTO NEW.number;
                    SELECT format('%s-%s-%s', code, NEW.year,
                            lpad(NEW.number::text, greatest(4, length(NEW.number::text)), '0'))
                        INTO NEW.reference FROM contacts_office WHERE id = NEW.office_id;
                    RETURN NEW;
                """,
            ),
            entry_of_office("contacts_contactperson", "assigned_to_id", "services_servicerequest_assigned_of_office"),
            entry_of_office("services_serviceoffering", "offering_id", "services_servicerequest_offering_of_office"),
            entry_of_office("contacts_officetask", "task_id", "services_servicerequest_task_of_office"),
            entry_of_office("contacts_fieldofaction", "field_id", "services_servicerequest_field_of_office"),
        ]
        indexes = [
            # The inbox of an office: what is open, what is due first, what is unassigned.
            models.Index(fields=["office", "due_on"], condition=Q(state__in=OPEN), name="request_open_of_office"),
            # What is open with somebody; hand-overs ask too.
            models.Index(fields=["assigned_to"], condition=Q(state__in=OPEN), name="request_open_of_post"),
            # All of an office, the newest first as lists sort them; the figures of a year. What the counts and pages of
            # the inbox ask is in it, as reading thousands of requests that lie far apart takes several times as long.
            models.Index(
                "office",
                F("submitted_at").desc(nulls_last=True),
                F("id").desc(nulls_last=True),
                include=["state", "forum", "offering"],
                name="request_counted_of_office",
            ),
            # A town's page and its town hall's list.
            models.Index(fields=["municipality", "-submitted_at", "-id"], name="request_of_town"),
            # One's own.
            models.Index(fields=["account", "-created_at"], name="request_of_account"),
            # What is overdue anywhere, for the reminder.
            models.Index(fields=["due_on"], condition=Q(state__in=OPEN, answered_at=None), name="request_due"),
            # Whose personal data is to go.
            models.Index(fields=["closed_at"], condition=Q(forgotten_at=None), name="request_closed"),
            models.Index(fields=["forgotten_at"], condition=Q(forgotten_at__isnull=False), name="request_forgotten"),
            models.Index(fields=["changed_at"], condition=Q(state=RequestState.DRAFT), name="request_draft_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.subject}".strip()

    def get_absolute_url(self) -> str:
        if self.reference:
            return reverse("request", args=[self.reference])
        return reverse("request_draft", args=[self.pk])

    # -- Questions -----------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSING

    def may_become(self, state: RequestState) -> bool:
        return state in WAYS[RequestState(self.state)]

    def is_overdue(self, on: datetime.date) -> bool:
        """Whether it should have been answered before that day."""
        return self.is_open and self.answered_at is None and self.due_on is not None and self.due_on < on

    @property
    def waits_for_office(self) -> bool:
        """Whether it is the office's turn."""
        return (
            self.is_open
            and self.state != RequestState.WAITING
            and (self.answered_at is None or self.unread_since is not None)
        )

    @property
    def is_to_be_recorded(self) -> bool:
        """Whether what was done is written down: not of a correction, nor of what became a forum with meetings.

        May query the offering.
        """
        return self.state == RequestState.COMPLETED and self.forum_id is None and not self.offering.is_correction

    @property
    def is_to_be_rated(self) -> bool:
        """Whether whoever asked is asked how it was once it is completed; may query the offering."""
        return bool(self.requester_email) and not self.offering.is_correction

    @property
    def may_be_reopened(self) -> bool:
        return self.is_closed and self.may_become(RequestState.IN_PROGRESS)

    def next_step(self, *, is_recorded: bool) -> str:
        """What the office does next, as the name of the verb, or "record"; "" where nothing is left to do.

        `is_recorded`: whether what was done is written down. May query the offering.
        """
        if not self.is_open:
            is_missing = self.is_to_be_recorded and not is_recorded and not self.may_found_forum
            return "record" if is_missing else ""
        if self.state == RequestState.SUBMITTED:
            return "accept"
        if self.state == RequestState.WAITING:
            return "note"
        if self.waits_for_office:
            return "answer"
        return "complete" if self.state == RequestState.SCHEDULED else "schedule"

    def takes_feedback(self, at: datetime.datetime) -> bool:
        """Whether it may be said how it was: no longer than by the mail that asks; may query the offering."""
        is_completed = (
            self.state == RequestState.COMPLETED and not self.forgotten_at and not self.offering.is_correction
        )
        return is_completed and self.closed_at is not None and at < self.closed_at + FEEDBACK_WITHIN

    @property
    def may_found_forum(self) -> bool:
        """Whether a forum was asked for, and is still to be set up; may query the offering."""
        wanted = self.offering.kind == ServiceOffering.Kind.FORUM
        return wanted and self.state == RequestState.COMPLETED and self.forum_id is None

    def date_to_keep(self, at: datetime.datetime) -> datetime.datetime | None:
        """The date agreed: while it is scheduled, and else while the request is open and the date ahead."""
        ahead = self.is_open and self.scheduled_for is not None and self.scheduled_for >= at
        return self.scheduled_for if ahead or self.state == RequestState.SCHEDULED else None

    @property
    def is_day_promised(self) -> bool:
        """Whether office or offering ever said how soon they answer; may query the office's terms."""
        self.offering.office = self.office  # is the same, and loaded already
        return self.offering.promised_days() is not None

    @property
    def closing(self) -> str:
        """What tells this closing from an earlier one; "" while it is open."""
        return self.closed_at.astimezone(datetime.UTC).isoformat() if self.closed_at else ""

    @classmethod
    def made_with(cls, key: uuid.UUID) -> "ServiceRequest | None":
        """The one that the form of this key made; who sends the same form at the same moment waits for its end.

        Within a transaction.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"services.key {key}"])
        return cls.objects.select_for_update(no_key=True).filter(key=key).first()

    # -- Verbs ---------------------------------------------------------------------------------------------------

    def begin(self, at: datetime.datetime) -> "ServiceRequest":
        """Save it as a draft, or find the one that was made with the same key."""
        self.office_id, self.created_at = self.offering.office_id, at
        with transaction.atomic():
            type(self).objects.bulk_create([self], ignore_conflicts=True)
            return type(self).objects.get(key=self.key)

    def bring(self, uploads: Iterable[Any]) -> None:
        """Keep the files that come with the request itself; what came already is not kept twice."""
        new = [upload for upload in uploads if not self.has_brought(upload)]
        RequestFile.require_room(self, new)
        for upload in new:
            RequestFile.keep(self, upload)

    def has_brought(self, upload: Any) -> bool:
        """Whether this very file came with the request itself."""
        return any(file.holds(upload) for file in self.files.filter(entry=None, size=upload.size))

    def take_out(self, keys: Container[str]) -> None:
        """Remove those of the files that came with the request, before the office sees it."""
        for file in self.files.filter(entry=None):
            if str(file.pk) in keys:
                file.remove()

    def tell(self, replies: Iterable[tuple[Question | None, str, str]]) -> None:
        """Keep what was replied, in its order: question, wording and reply.

        A reply stays when the office deletes its question. What belongs to no question is found again by its wording.
        """
        said = list(replies)
        without = [wording for question, wording, _reply in said if question is None]
        self.details.filter(question=None, wording__in=without).delete()
        rows = [
            RequestDetail(request=self, question=question, wording=wording, reply=reply, position=position)
            for position, (question, wording, reply) in enumerate(said)
            if question or reply
        ]
        RequestDetail.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["request", "question"],
            update_fields=["wording", "reply", "position"],
        )

    def discard(self) -> None:
        """Delete what was never sent, with its files."""
        with transaction.atomic():
            for file in self.files.all():
                file.remove()
            self.delete()

    def ask_to_confirm(self) -> None:
        """Of somebody without account: the office sees it once the mail's link is used. Asked again, e.g. of another
        address, another mail goes out."""
        with self._changing():
            if self.state not in BEFORE:
                return
            outbox.post(CONFIRM, about=self.pk, to=self.pk, version=str(self.version))
            if self.state == RequestState.DRAFT:
                self._move(RequestState.UNCONFIRMED)

    def submit(self, at: datetime.datetime) -> None:
        """Hand it in: it gets its number, somebody who takes care of it, and a day to be answered by. Once only."""
        with self._changing():
            if self.state not in BEFORE:
                return
            self.submitted_at = at
            self.task, self.field = self.offering.task, self.offering.counts_for
            self.answer_days = self.offering.days_to_answer()
            self.due_on = working_days.after(periods.day_of(at), self.answer_days, self.holidays())
            self._take(route(self.offering, self.municipality, periods.day_of(at)))
            said: dict[str, Any] = {"post": self.assigned_to, "because": self.assigned_because}
            entry = self._move(RequestState.SUBMITTED, at=at, side=RequestEntry.Side.REQUESTER, **said)
            self.refresh_from_db(fields=["year", "number", "reference"])
            outbox.post(TOLD, about=entry.pk, to=self.pk)
            self._tell_holder(ASSIGNED, entry)

    def assign(self, post: ContactPerson | None, at: datetime.datetime, *, by: Any) -> None:
        """Give it to somebody of the office, or put it into the inbox."""
        with self._changing():
            self._require_open()
            if self.assigned_to != post:
                self._tell_holder(ASSIGNED, self._give(Route(post, Because.BY_HAND), at, by=by))

    def hand_over(self, leaver: ContactPerson, post: ContactPerson, at: datetime.datetime, *, by: Any) -> bool:
        """Give it on with the rest of somebody's work, of all of which the caller tells at once.

        False where it was closed or given to somebody else meanwhile.
        """
        with self._changing():
            goes = self.is_open and self.assigned_to_id == leaver.pk
            if goes:
                self._give(Route(post, Because.HANDED_OVER), at, by=by)
            return goes

    def accept(self, at: datetime.datetime, *, by: Any, text: str = "") -> None:
        self._go(RequestState.ACCEPTED, at, by=by, text=text)

    def start(self, at: datetime.datetime, *, by: Any) -> None:
        """Begin to work on it."""
        self._go(RequestState.IN_PROGRESS, at, by=by)

    def answer(self, text: str, at: datetime.datetime, *, by: Any) -> "RequestEntry":
        """Write to the requester."""
        with self._changing():
            self._require_received()
            self._answered(at)
            self.save()
            return self._told(self._say(RequestEntry.Kind.ANSWER, at, by=by, text=text))

    def ask_back(self, text: str, at: datetime.datetime, *, by: Any) -> None:
        """Ask the requester; the clock stands until they reply, unless the day for the answer is past already."""
        with self._changing():
            self._require(RequestState.WAITING)
            day = periods.day_of(at)
            if self.answered_at is None and self.answer_days and self.due_on and self.due_on >= day:
                self.days_left, self.due_on = self.answer_days - self._days_run(day - periods.ONE_DAY), None
            self.unread_since = None
            self._told(self._move(RequestState.WAITING, at=at, by=by, text=text))

    def note(self, text: str, at: datetime.datetime, *, by: Any) -> "RequestEntry":
        """Write down something for the office alone."""
        with self._changing():
            self._require_received()
            return self._say(RequestEntry.Kind.NOTE, at, by=by, text=text, is_internal=True)

    def correct_requester(self, at: datetime.datetime, *, by: Any, **said: str) -> None:
        """Put right what is known of who asks. With the mail address its links end, and the right one gets new ones."""
        from services import links  # which leads to requests

        with self._changing():
            self._require_received()
            changed = [name for name, value in said.items() if getattr(self, name) != value]
            if not changed:
                return
            for name in changed:
                setattr(self, name, said[name])
            self.save()
            # What stood there and what stands there now is in no entry, which would outlive a second correction.
            with translation.override(settings.LANGUAGE_CODE):
                labels: Any = {field.name: field.verbose_name for field in self._meta.concrete_fields}
                fields = ", ".join(str(labels[name]) for name in changed)
                text = gettext("Corrected about who asks: %(fields)s") % {"fields": fields}
            entry = self._say(RequestEntry.Kind.NOTE, at, by=by, text=text, is_internal=True)
            if "requester_email" in changed:
                links.end(self, at)
                if self.requester_email:
                    outbox.post(READDRESSED, about=entry.pk, to=self.pk)

    def attach(
        self,
        uploads: Iterable[Any],
        at: datetime.datetime,
        *,
        by: Any,
        text: str = "",
        is_internal: bool = False,
    ) -> "RequestEntry":
        """Keep files that the office adds; the requester is told, unless they are internal."""
        with self._changing():
            self._require_received()
            entry = self._say(RequestEntry.Kind.FILE, at, by=by, text=text, is_internal=is_internal)
            for upload in uploads:
                RequestFile.keep(self, upload, entry)
            return entry if is_internal else self._told(entry)

    def schedule(
        self, when: datetime.datetime, at: datetime.datetime, *, by: Any, place: str | None = None, text: str = ""
    ) -> None:
        """Agree on a date, or on another one; None leaves the place as it is."""
        with self._changing():
            if self.state != RequestState.SCHEDULED:
                self._require(RequestState.SCHEDULED)
            self.scheduled_for, self.place = when, self.place if place is None else place
            self._answered(at)
            self._told(self._move(RequestState.SCHEDULED, at=at, by=by, text=text, scheduled_for=when))

    def complete(self, at: datetime.datetime, *, by: Any, text: str = "") -> None:
        """Close it as done, and ask the requester how it was."""
        with transaction.atomic():
            self._close(RequestState.COMPLETED, at, by=by, text=text)
            if self.is_to_be_rated:
                outbox.post(ASK_FEEDBACK, about=self.pk, to=self.pk, version=self.closing)

    def decline(self, reason: str, at: datetime.datetime, *, by: Any) -> None:
        self._close(RequestState.DECLINED, at, by=by, text=reason, closing_reason=reason)

    def pass_on(self, body: str, at: datetime.datetime, *, by: Any, text: str = "") -> None:
        """Say who takes care of it now; without a name nothing is passed on."""
        if not body.strip():
            raise NotPossible(gettext("Please name who takes care of it now."))
        self._close(RequestState.PASSED_ON, at, by=by, text=text, passed_on_to=body.strip())

    def reply(self, text: str, at: datetime.datetime, *, by: Any = None, uploads: Iterable[Any] = ()) -> "RequestEntry":
        """The requester writes or sends files, `by` None without account; the clock runs on where it stood.

        What was scheduled before the office asked is scheduled again. Whoever asked is told what a colleague wrote.
        """
        with self._changing():
            self._require_open()
            RequestFile.require_room(self, uploads)
            entry = self._say(RequestEntry.Kind.REPLY, at, by=by, text=text, side=RequestEntry.Side.REQUESTER)
            for upload in uploads:
                RequestFile.keep(self, upload, entry)
            self.unread_since = self.unread_since or at
            if self.state == RequestState.WAITING:
                if self.days_left is not None:
                    self.due_on = working_days.after(periods.day_of(at), self.days_left, self.holidays())
                    self.days_left = None
                asked = self.entries.filter(state_after=RequestState.WAITING).last()
                was_scheduled = asked is not None and asked.state_before == RequestState.SCHEDULED
                state = RequestState.SCHEDULED if was_scheduled else RequestState.IN_PROGRESS
                self._move(state, at=at, by=by, side=RequestEntry.Side.REQUESTER)
            else:
                self.save()
            self._tell_holder(HEARD, entry)
            if by is not None and by.pk != self.account_id:
                self._told(entry)
            return entry

    def withdraw(self, at: datetime.datetime, *, by: Any = None, text: str = "") -> None:
        """The requester no longer needs it. Whoever asked is told, as a colleague may have withdrawn it."""
        with self._changing():
            self._require(RequestState.WITHDRAWN)
            self.closed_at, self.days_left = at, None
            if not self.is_overdue(periods.day_of(at)):
                self.due_on = None
            entry = self._move(RequestState.WITHDRAWN, at=at, by=by, text=text, side=RequestEntry.Side.REQUESTER)
            self._tell_holder(HEARD, self._told(entry))

    def reopen(self, at: datetime.datetime, *, by: Any, text: str = "") -> None:
        with self._changing():
            if not self.is_closed:
                raise NotPossible(gettext("The request is open."))
            self._require(RequestState.IN_PROGRESS)
            self.closed_at, self.closing_reason = None, ""
            self._told(self._move(RequestState.IN_PROGRESS, at=at, by=by, text=text))

    def found(self, forum: Forum, at: datetime.datetime, *, by: Any) -> None:
        """Remember the forum that was set up because of it."""
        with self._changing():
            if not self.may_found_forum:
                raise NotPossible(gettext("A forum was set up for this request already."))
            self.forum = forum
            self.save()
            with translation.override(settings.LANGUAGE_CODE):
                text = gettext("Forum set up: %(forum)s") % {"forum": forum}
            self._say(RequestEntry.Kind.NOTE, at, by=by, text=text, is_internal=True)

    # -- How the verbs work --------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction, in which the row is locked and as it is stored."""
        with transaction.atomic():
            self.refresh_from_db(from_queryset=type(self).objects.select_for_update(no_key=True))
            self.require_remembered()
            yield

    def require_remembered(self) -> None:
        if self.forgotten_at:
            raise NotPossible(str(FORGOTTEN))

    def holidays(self) -> working_days.Holidays:
        """The public holidays where the office is; queries its area."""
        return working_days.public_holidays(self.office.state)

    def _require(self, state: RequestState) -> None:
        if not self.may_become(state):
            raise NotPossible(
                gettext("The request is “%(now)s”; it cannot become “%(then)s”.")
                % {"now": self.get_state_display(), "then": state.label}
            )

    def _require_received(self) -> None:
        if self.state in BEFORE:
            raise NotPossible(gettext("The request has not been sent yet."))

    def _require_open(self) -> None:
        if not self.is_open:
            raise NotPossible(gettext("The request is closed."))

    def _take(self, found: Route) -> None:
        self.assigned_to, self.assigned_because = found.post, found.because
        self.assigned_via, self.assigned_instead_of = found.via, found.instead_of

    def _give(self, found: Route, at: datetime.datetime, *, by: Any) -> "RequestEntry":
        self._take(found)
        self.save()
        said = {"post": found.post, "because": found.because, "is_internal": True}
        return self._say(RequestEntry.Kind.ASSIGNMENT, at, by=by, **said)

    def _answered(self, at: datetime.datetime) -> None:
        self.unread_since = None
        if self.answered_at is None:
            day = periods.day_of(at)
            self.answered_at, self.days_left, self.days_used = at, None, self._days_run(day)
            self.was_late = self.due_on is not None and self.due_on < day

    def _days_run(self, last: datetime.date) -> int:
        """On how many working days the clock ran until that one: not on the day of receipt, nor from a question to the
        requester to their reply. Queries the steps, and the office's area for its holidays."""
        steps = self.entries.filter(Q(state_before=RequestState.WAITING) | Q(state_after=RequestState.WAITING))
        moments = [periods.day_of(at) for at in steps.order_by("at", "pk").values_list("at", flat=True)]
        if self.state == RequestState.WAITING:
            moments.append(last)
        stood = list(zip(moments[::2], moments[1::2], strict=False))  # from each question to its reply
        received_at: Any = self.submitted_at
        return working_days.left(periods.day_of(received_at) + periods.ONE_DAY, last, self.holidays(), without=stood)

    def _go(self, state: RequestState, at: datetime.datetime, *, by: Any, text: str = "") -> None:
        with self._changing():
            self._require(state)
            self._told(self._move(state, at=at, by=by, text=text))

    def _close(self, state: RequestState, at: datetime.datetime, *, by: Any, text: str, **fields: str) -> None:
        with self._changing():
            self._require(state)
            self._answered(at)
            self.closed_at = at
            for name, value in fields.items():
                setattr(self, name, value)
            self._told(self._move(state, at=at, by=by, text=text))

    def _move(self, state: RequestState, *, at: datetime.datetime | None = None, **said: Any) -> "RequestEntry":
        """Save it in the new state; the entry that says so. Without a time nothing is said."""
        before, self.state = self.state, state
        self.save()
        if at is None:
            return RequestEntry(request=self)
        return self._say(RequestEntry.Kind.STATE, at, state_before=before, state_after=state, **said)

    def _say(self, kind: str, at: datetime.datetime, *, by: Any = None, **said: Any) -> "RequestEntry":
        said.setdefault("side", RequestEntry.Side.OFFICE)
        name = by.get_full_name() or by.email if by else self.requester_name if said["side"] == "requester" else ""
        return self.entries.create(kind=kind, at=at, by=by, by_name=name, **said)

    def _told(self, entry: "RequestEntry") -> "RequestEntry":
        outbox.post(TOLD, about=entry.pk, to=self.pk)
        return entry

    def _tell_holder(self, occasion: str, entry: "RequestEntry") -> None:
        """Whoever has it, or the office where it lies in the inbox (recipient 0)."""
        outbox.post(occasion, about=entry.pk, to=self.assigned_to_id or 0)

"""A meeting: when and where, what is on the agenda and said of it, who was asked, who came."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import F, Max, ProtectedError, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common import periods
from common.audit import tracked
from common.fields import NameField
from common.kept_queries import KeptQuery
from common.triggers import Unchanging, refused, refusing, unchanging
from common.verbs import NotPossible
from common.versions import Versioned
from common.words import formatted
from contacts.models import OfficeTask, Organisation, Person
from forums.models.forums import Forum, Membership
from forums.models.items import LONGEST_ITEM, ItemKind, make_place
from forums.models.search import found_by_search, shown_by_search
from forums.models.topics import Topic
from forums.querysets import LONGEST_MEETING, AgendaItemQuerySet, AttendanceQuerySet, MeetingQuerySet

LONGEST_NAME = 150  # of somebody in a list of attendance


def days_in_words(first: datetime.date, last: datetime.date) -> str:
    words = {"first": date_format(first, "SHORT_DATE_FORMAT"), "last": date_format(last, "SHORT_DATE_FORMAT")}
    return words["first"] if first == last else gettext("%(first)s to %(last)s") % words


def frozen(table: str, meeting: str) -> pgtrigger.Trigger:
    """Keep the rows of a meeting whose minutes are approved as they are; `meeting` finds its id for a row `line`.

    Whoever approves the minutes at this moment has to wait for this change, or it for the approval.
    """
    return Unchanging(
        name="frozen",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("line", table)],
        func=f"""
            line := COALESCE(NEW, OLD);
            PERFORM FROM forums_meeting WHERE id = {meeting} FOR SHARE;
            IF EXISTS (SELECT FROM forums_minutes WHERE meeting_id = {meeting} AND state = 'approved') THEN
                RAISE check_violation USING MESSAGE = 'the minutes are approved', CONSTRAINT = '{table}_frozen';
            END IF;
            RETURN line;
        """,
    )


def called_off(table: str, meeting: str, written: str) -> pgtrigger.Trigger:
    """Let nothing be written of what was said in a meeting that was cancelled; `written` is such a change of a row."""
    return refusing(
        "called_off",
        pgtrigger.Before,
        pgtrigger.Insert | pgtrigger.Update,
        f"{written} AND EXISTS (SELECT FROM forums_meeting WHERE id = {meeting} AND state = 'cancelled')",
        f"{table}_called_off",
        kind=Unchanging,
    )


class Keyed(models.Model):
    """A row typed while a meeting runs. Whoever types makes its key, so that a repeated save makes no second row."""

    key = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)

    class Meta:
        abstract = True


@tracked()
class Meeting(Versioned):
    """One meeting of a forum.

    draft → planned → invited → held; cancelled from any before held. Its number is given when it becomes binding:
    first invited or logged. `uid` and `sequence` make later mail change the same entry in the members' calendars.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PLANNED = "planned", _("planned")
        INVITED = "invited", _("invited")
        HELD = "held", _("held")
        CANCELLED = "cancelled", _("cancelled")

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="meetings", verbose_name=_("forum"))
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, editable=False)
    title = models.CharField(_("title"), max_length=200, blank=True, help_text=_("Empty for an ordinary meeting."))
    state = models.CharField(
        pgettext_lazy("forum", "state"), max_length=20, choices=State, default=State.DRAFT, editable=False
    )
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    place = models.CharField(_("place"), max_length=200, blank=True, help_text=_("For example the town hall, room 12."))
    address = models.CharField(_("address"), max_length=300, blank=True)
    access = models.TextField(
        _("how to get in"), blank=True, max_length=1000, help_text=_("Lift, entrance without steps, interpreters.")
    )
    link = models.URLField(_("link to take part"), blank=True, help_text=_("Seen by those who are invited."))
    reply_until = models.DateField(_("reply until"), null=True, blank=True)
    topics_until = models.DateField(_("topics may be proposed until"), null=True, blank=True)
    task = models.ForeignKey(
        OfficeTask,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("office task"),
        help_text=_("Empty where it is the forum's."),
    )
    chaired_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="chaired_meetings", verbose_name=_("chair")
    )
    minutes_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="minuted_meetings", verbose_name=_("minute taker")
    )
    began_at = models.DateTimeField(_("began"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    cancelled_because = models.CharField(_("reason"), max_length=300, blank=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="forums_meeting_end_after_start",
                violation_error_message=_("The meeting must end after it begins."),
            ),
            # What is still to come is looked for from this long ago on.
            models.CheckConstraint(
                condition=Q(ends_at__lt=F("starts_at") + LONGEST_MEETING),
                name="forums_meeting_no_longer_than_a_month",
                violation_error_message=_("A meeting takes less than a month."),
            ),
            models.CheckConstraint(
                condition=Q(began_at=None) | Q(closed_at=None) | Q(closed_at__gt=F("began_at")),
                name="forums_meeting_closed_after_began",
                violation_error_message=_("The meeting must have been closed after it began."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "planned", "cancelled"]) | Q(number__isnull=False),
                name="forums_meeting_binding_with_number",
                violation_error_message=_("A meeting that was invited or held has a number."),
            ),
            models.UniqueConstraint(
                fields=["forum", "number"],
                name="forums_meeting_number",
                violation_error_message=_("The forum already has a meeting of this number."),
            ),
            # Lets rows of a meeting prove by foreign key that their forum is the meeting's.
            models.UniqueConstraint(fields=["id", "forum"], name="forums_meeting_of_forum"),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("forum", constraint="forums_meeting_forum_kept"),
            refusing(
                "task_of_office",
                pgtrigger.Before,
                pgtrigger.Insert | pgtrigger.Update,
                "NEW.task_id IS NOT NULL AND NOT EXISTS (SELECT FROM contacts_officetask task JOIN forums_forum forum "
                "ON forum.office_id = task.office_id WHERE task.id = NEW.task_id AND forum.id = NEW.forum_id)",
                "forums_meeting_task_of_office",
            ),
            refused(
                "OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number",
                operation=pgtrigger.Update,
                constraint="forums_meeting_number_kept",
            ),
            refused("OLD.number IS NOT NULL", operation=pgtrigger.Delete, constraint="forums_meeting_numbered_stays"),
            refused(
                "((OLD.state, NEW.state) NOT IN (('draft', 'draft'), ('draft', 'planned'), ('draft', 'invited'), "
                "('draft', 'held'), ('draft', 'cancelled'), ('planned', 'planned'), ('planned', 'invited'), "
                "('planned', 'held'), ('planned', 'cancelled'), ('invited', 'invited'), ('invited', 'held'), "
                "('invited', 'cancelled'), ('held', 'held'), ('cancelled', 'cancelled')))",
                operation=pgtrigger.Update,
                constraint="forums_meeting_next_state",
            ),
            refusing(
                "when_kept",
                pgtrigger.Before,
                pgtrigger.UpdateOf("starts_at", "ends_at", "began_at", "closed_at", "place", "address"),
                "(NEW.starts_at, NEW.ends_at, NEW.began_at, NEW.closed_at, NEW.place, NEW.address) IS DISTINCT FROM "
                "(OLD.starts_at, OLD.ends_at, OLD.began_at, OLD.closed_at, OLD.place, OLD.address) "
                "AND EXISTS (SELECT FROM forums_minutes WHERE meeting_id = NEW.id AND state = 'approved')",
                "forums_meeting_when_kept",
            ),
            shown_by_search("id", "state", "starts_at"),
        ]
        indexes = [
            # A forum's page and the calendar of one forum.
            models.Index(fields=["forum", "starts_at"], name="meeting_of_forum"),
            # The month view and the next meetings of all forums.
            models.Index(fields=["starts_at"], name="meeting_by_day"),
        ]

    def __str__(self) -> str:
        """By title and number, as in subjects of mail: "Klausur (Nr. 12), 24.11.2026"."""
        words = {"title": self.title, "number": self.number}
        name = gettext("%(title)s (no. %(number)d)") % words if self.title and self.number else self.name
        return f"{name}, {date_format(periods.day_of(self.starts_at), 'SHORT_DATE_FORMAT')}"

    def get_absolute_url(self) -> str:
        return reverse("meeting", args=self.keys)

    @staticmethod
    def addresses_of(meetings: "Iterable[Meeting]") -> list[str]:
        """`get_absolute_url` of each, by one pattern: Django takes a fifth of a feed's time to look it up for each."""
        # From the right, since what the portal lies under may look alike.
        before, between, after = reverse("meeting", args=[0, 0]).rsplit("/0/", 2)
        return [f"{before}/{one.forum_id}/{between}/{one.pk}/{after}" for one in meetings]

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id

    @property
    def keys(self) -> tuple[int, int]:
        """What names it in addresses."""
        return self.forum_id, self.pk

    @property
    def name(self) -> str:
        """What it is called: its title, else "12. Sitzung", "Sitzung" before it has a number."""
        if self.title:
            return self.title
        word = self.forum.meeting_word
        return f"{self.number}. {word}" if self.number else word

    def key_of(self, organisation: int) -> uuid.UUID:
        """The key of the line of an organisation that is a member itself, without anybody named."""
        return uuid.uuid5(self.uid, f"organisation {organisation}")

    @property
    def day(self) -> datetime.date:
        """The day in Berlin on which it begins."""
        return periods.day_of(self.starts_at)

    @property
    def last_day(self) -> datetime.date:
        """The day in Berlin on which it ends."""
        return periods.day_of(self.ends_at)

    @property
    def days(self) -> str:
        """Its day, or the first and the last one: "24.11.2026 bis 25.11.2026"."""
        return days_in_words(self.day, self.last_day)

    @property
    def when(self) -> str:
        """Day and time as people say them: "Montag, 24.11.2026, 14:00 bis 16:00 Uhr"."""
        begin, end = timezone.localtime(self.starts_at), timezone.localtime(self.ends_at)
        until = formatted(end.time(), "TIME_FORMAT")
        if begin.date() != end.date():
            until = f"{formatted(end.date(), 'l')}, {formatted(end.date(), 'SHORT_DATE_FORMAT')}, {until}"
        words = {
            "weekday": formatted(begin.date(), "l"),
            "day": formatted(begin.date(), "SHORT_DATE_FORMAT"),
            "begin": f"{begin:%H:%M}",
            "end": until,
        }
        return gettext("%(weekday)s, %(day)s, %(begin)s to %(end)s") % words

    def may_be_invited_to(self, at: datetime.datetime) -> bool:
        """Whether the office invites, and may still do so; may query the forum."""
        return self.is_open and at < self.starts_at and not self.forum.is_elsewhere

    def takes_replies(self, at: datetime.datetime) -> bool:
        """Whether who is invited may still say whether they come."""
        return self.state == self.State.INVITED and at < self.starts_at

    def is_settled(self) -> bool:
        """Whether its minutes are approved, so that they hold when and where it was; queries."""
        return bool(_approved(self.pk))

    @property
    def is_open(self) -> bool:
        """Whether it is still to come, by its state."""
        return self.state in (self.State.DRAFT, self.State.PLANNED, self.State.INVITED)

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        errors: dict[str, str] = {}
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            errors["ends_at"] = gettext("The meeting must end after it begins.")
        if self.starts_at and self.ends_at and self.ends_at >= self.starts_at + LONGEST_MEETING:
            errors["ends_at"] = gettext("A meeting takes less than a month.")
        if self.starts_at:
            for field in ("reply_until", "topics_until"):
                until = getattr(self, field)
                if until and until > self.day:
                    errors[field] = gettext("This day must not be after the meeting.")
        if self.task and self.forum_id and self.task.office_id != self.forum.office_id:
            errors["task"] = gettext("This office task belongs to another office.")
        if errors:
            raise ValidationError(errors)

    def next_step(self, at: datetime.datetime) -> str:
        """What is to be done next: plan, invite, log or minutes; "" where nothing is. May query the minutes."""
        if self.state == self.State.CANCELLED:
            return ""
        if self.state == self.State.HELD:
            return "" if self.forum.is_elsewhere or self.is_settled() else "minutes"
        if self.starts_at <= at:
            return "log"
        if self.state == self.State.DRAFT:
            return "plan"
        return "invite" if self.state == self.State.PLANNED and not self.forum.is_elsewhere else "log"

    # -- Verbs ---------------------------------------------------------------------------------------------------

    def add(self, *, agenda_of: "Meeting | None" = None) -> None:
        """Save a new meeting; on its agenda stand the forum's template or the other one's items, and what was put off.

        Of the other meeting's items those that it put off stay behind; nothing is taken that belongs to its minutes.
        """
        with transaction.atomic():
            self.save()
            template = self.forum.template_items.order_by("position", "pk")
            source: Any = agenda_of.items.copied() if agenda_of else template
            items = [
                AgendaItem(
                    meeting=self,
                    position=position,
                    **{name: getattr(row, name) for name in AgendaItem.PLANNED if hasattr(row, name)},
                )
                for position, row in enumerate(source, start=1)
            ]
            AgendaItem.objects.bulk_create(items)
            for topic in self.forum.topics.open().filter(put_off_after__lt=self.day):
                topic.take(self)

    def append(self, *, topic: Topic | None = None, **fields: Any) -> "AgendaItem":
        """Add an item to the agenda, before those that stay at the end."""
        if topic:
            fields = {name: getattr(topic, name) for name in ("kind", "title", "text", "minutes", "is_internal")}
            if topic.postponed_from:
                fields["presenter"] = topic.postponed_from.presenter
        with transaction.atomic():
            if self.locked().state == self.State.CANCELLED:
                raise NotPossible(gettext("The meeting is cancelled; its agenda stays as it is."))
            position = make_place(self.items, at_the_end=fields.get("is_closing", False))
            return self.items.create(position=position, topic=topic, **fields)

    def add_lines(self, memberships: models.QuerySet[Membership]) -> None:
        """Let each person of these memberships have a line of attendance."""
        known = self.attendances.filter(person__isnull=False).values("person")
        missing = memberships.filter(person__isnull=False).exclude(person__in=known).select_related("person")
        lines = [
            Attendance(
                meeting=self,
                person=row.person,
                role=row.role,
                organisation_id=row.organisation_id or (row.person.organisation_id if row.person else None),
            )
            for row in missing
        ]
        Attendance.objects.bulk_create(lines, ignore_conflicts=True)

    def discard(self) -> None:
        """Delete a draft; topics that stood on its agenda go back to the store."""
        with transaction.atomic():
            stored = self.locked()
            if stored.state != self.State.DRAFT or stored.number:
                raise NotPossible(
                    gettext("Only a draft that never had a number can be deleted. Cancel the meeting instead.")
                )
            self._release_topics()
            try:
                self.delete()
            except ProtectedError as error:
                raise NotPossible(
                    gettext("Documents, tasks or topics that were put off belong to this meeting. Cancel it instead.")
                ) from error

    def _release_topics(self) -> None:
        """Let the topics of the agenda go back to the store, those put off to the next agenda."""
        topics = list(Topic.objects.filter(item__meeting=self).select_related("forum", "postponed_from"))
        self.items.exclude(topic=None).update(topic=None)
        for topic in topics:
            topic.state = Topic.State.OPEN
            topic.save(update_fields=["state"])
            following = (
                self.forum.meetings.to_come(self.day).exclude(pk=self.pk).first() if topic.put_off_after else None
            )
            if following:
                topic.take(following, topic.answer)

    def locked(self) -> "Meeting":
        """The row as it is now, held until the caller's transaction ends; its forum's numbers with it."""
        Forum.objects.select_for_update(no_key=True).get(pk=self.forum_id)
        return type(self).objects.select_for_update(no_key=True).select_related("forum").get(pk=self.pk)

    def plan(self) -> None:
        """Let it stand in calendars; nobody is written to yet."""
        self._go_to(self.State.PLANNED, from_states=[self.State.DRAFT])

    def mark_invited(self) -> None:
        """Note that the members are invited; it has a number from now on."""
        self._go_to(
            self.State.INVITED, from_states=[self.State.DRAFT, self.State.PLANNED, self.State.INVITED], numbered=True
        )

    def hold(self) -> None:
        """Note that it takes place or took place; it has a number from now on."""
        self._go_to(
            self.State.HELD,
            from_states=[self.State.DRAFT, self.State.PLANNED, self.State.INVITED, self.State.HELD],
            numbered=True,
        )

    def cancel(self, because: str = "") -> None:
        """Call it off; its number stays its own. Topics of its agenda go back to the store."""
        self.cancelled_because = because
        with transaction.atomic():
            self._go_to(
                self.State.CANCELLED,
                from_states=[self.State.DRAFT, self.State.PLANNED, self.State.INVITED],
                also=["cancelled_because"],
            )
            self._release_topics()

    def _go_to(self, state: str, *, from_states: list[Any], numbered: bool = False, also: list[str] = []) -> None:  # noqa: B006 - read only
        with transaction.atomic():
            stored = self.locked()
            if stored.state not in from_states:
                raise NotPossible(
                    gettext("The meeting is %(state)s; this is no longer possible.")
                    % {"state": stored.get_state_display()}
                )
            self.state = state
            self.number = stored.number
            if numbered and self.number is None:
                last = Meeting.objects.filter(forum=self.forum_id).aggregate(last=Max("number"))["last"]
                self.number = (last or 0) + 1
            self.save(update_fields=["state", "number", *also])


@KeptQuery
def _approved(meeting: int) -> "models.QuerySet[Meeting]":
    return Meeting.objects.filter(pk=meeting, record__state="approved").order_by().only("pk")


@tracked(exclude=["key"])
class AgendaItem(Keyed, Versioned):
    """One item of a meeting's agenda, and what the minutes say of it.

    `text` explains it beforehand, `result` is written while people talk. `is_internal`: for the offices only.
    """

    # What is known before the meeting, and taken along where an agenda is copied.
    PLANNED = ("kind", "title", "text", "minutes", "presenter", "is_internal", "is_closing")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="items", verbose_name=_("meeting"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=20, choices=ItemKind, default=ItemKind.DISCUSSION)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("explanation"), blank=True, max_length=4000)
    minutes = models.PositiveSmallIntegerField(
        _("minutes planned"), null=True, blank=True, validators=[MaxValueValidator(LONGEST_ITEM)]
    )
    presenter = NameField(_("presented by"), max_length=150, blank=True)
    is_internal = models.BooleanField(_("for the offices only"), default=False)
    is_closing = models.BooleanField(
        _("stays at the end"),
        default=False,
        help_text=_("Further items are put in before it, for example before “Any other business”."),
    )
    result = models.TextField(_("minutes"), blank=True, max_length=40_000)
    topic = models.OneToOneField(
        Topic, models.SET_NULL, null=True, blank=True, related_name="item", verbose_name=_("topic"), editable=False
    )

    objects = AgendaItemQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ["meeting", "position", "pk"]
        constraints = [
            # Lets decisions and tasks prove by foreign key that their item is one of their meeting.
            models.UniqueConstraint(fields=["id", "meeting"], name="forums_agendaitem_of_meeting"),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("meeting", constraint="forums_agendaitem_meeting_kept"),
            frozen("forums_agendaitem", "line.meeting_id"),
            called_off(
                "forums_agendaitem", "NEW.meeting_id", "NEW.result <> '' AND NEW.result IS DISTINCT FROM OLD.result"
            ),
            found_by_search("agenda, minutes", "title", "text", "result", "is_internal"),
            shown_by_search("meeting_id", "is_internal"),  # its decisions
        ]
        indexes = [models.Index(fields=["meeting", "position"], name="agendaitem_in_order")]  # every agenda

    def __str__(self) -> str:
        return self.title

    @property
    def office_id(self) -> int:
        """May query meeting and forum."""
        return self.meeting.office_id

    def postpone(self, on: datetime.date) -> Topic:
        """Put it off to the forum's next meeting; the item and what the minutes say of it stay as they are."""
        with transaction.atomic():
            meeting = self.meeting.locked()
            if meeting.state in (Meeting.State.DRAFT, Meeting.State.CANCELLED):
                raise NotPossible(gettext("Only an item of a meeting that is planned or was held can be put off."))
            if Topic.objects.filter(postponed_from=self).exists():
                raise NotPossible(gettext("This item was put off already."))
            topic = Topic.objects.create(
                forum=meeting.forum,
                postponed_from=self,
                proposed_by=self.topic.proposed_by if self.topic else None,
                created_on=on,
                **{name: getattr(self, name) for name in ("kind", "title", "text", "minutes", "is_internal")},
            )
            topic.put_off(meeting.day)
            return topic

    def remove(self) -> None:
        """Take it off the agenda; its topic goes back to the store."""
        with transaction.atomic():
            topic, self.topic = self.topic, None
            if self.result:
                raise NotPossible(gettext("The minutes say something of this item already."))
            try:
                self.delete()
            except ProtectedError as error:
                raise NotPossible(gettext("Decisions, tasks or a topic put off belong to this item.")) from error
            if topic:
                topic.state = Topic.State.OPEN
                topic.save(update_fields=["state"])


@tracked(exclude=["key"])
class Attendance(Keyed, Versioned):
    """What one human has to do with one meeting: asked to come, what they replied, whether they came.

    A guest added while the meeting is logged may have a name only. Signed links point to this row.
    """

    class Reply(models.TextChoices):
        NONE = "", _("no reply")
        ACCEPTED = "accepted", _("comes")
        DECLINED = "declined", _("does not come")
        SUBSTITUTE = "substitute", _("sends somebody else")

    class Presence(models.TextChoices):
        UNKNOWN = "", _("not noted")
        PRESENT = "present", _("present")
        EXCUSED = "excused", _("excused")
        ABSENT = "absent", _("absent")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendances", verbose_name=_("meeting"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="attendances", verbose_name=_("person")
    )
    name = NameField(
        _("name"), max_length=LONGEST_NAME, blank=True, help_text=_("Of a guest who is not among the people.")
    )
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="attendances", verbose_name=_("organisation")
    )
    organisation_name = models.CharField(_("organisation"), max_length=200, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Membership.Role, default=Membership.Role.MEMBER)
    is_for_one_meeting = models.BooleanField(_("invited to this meeting alone"), default=False, editable=False)
    invited_at = models.DateTimeField(_("invited"), null=True, blank=True, editable=False)
    reply = models.CharField(_("reply"), max_length=20, choices=Reply, blank=True, default=Reply.NONE)
    substitute = NameField(_("who comes instead"), max_length=150, blank=True)
    remark = models.CharField(_("remark"), max_length=300, blank=True)
    replied_at = models.DateTimeField(_("replied"), null=True, blank=True, editable=False)
    presence = models.CharField(_("presence"), max_length=20, choices=Presence, blank=True, default=Presence.UNKNOWN)

    objects = AttendanceQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        ordering = ["meeting", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, name="") | (Q(person=None) & ~Q(name="")),
                name="forums_attendance_somebody",
                violation_error_message=_("Choose a person, or give a guest's name."),
            ),
            models.UniqueConstraint(
                fields=["meeting", "person"],
                name="forums_attendance_once",
                violation_error_message=_("The person is already on the list."),
            ),
            models.CheckConstraint(
                condition=Q(substitute="") | Q(reply="substitute"),
                name="forums_attendance_substitute",
                violation_error_message=_("Somebody else comes only where the reply says so."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("meeting", constraint="forums_attendance_meeting_kept"),
            frozen("forums_attendance", "line.meeting_id"),
            called_off(
                "forums_attendance",
                "NEW.meeting_id",
                "NEW.presence <> '' AND NEW.presence IS DISTINCT FROM OLD.presence",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person) if self.person else self.name

    @property
    def office_id(self) -> int:
        """May query meeting and forum."""
        return self.meeting.office_id

    @property
    def address(self) -> str:
        """Where mail for them goes, "" where nowhere; may query person and account."""
        return self.person.mail_address if self.person else ""

    @property
    def is_guest(self) -> bool:
        return self.role == Membership.Role.GUEST

    @property
    def of_organisation(self) -> str:
        """For whom they came; may query the organisation."""
        return str(self.organisation) if self.organisation else self.organisation_name

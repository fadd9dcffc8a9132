"""Minutes: circulated, commented, approved and then frozen; what was left to say afterwards is an addendum."""

import datetime
import hashlib
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common import outbox, periods
from common.audit import tracked
from common.triggers import refused, unchanging
from common.verbs import NotPossible
from common.versions import Versioned
from contacts.models import Person
from forums import minutes_text
from forums.exports import minutes as document
from forums.models.forums import Membership
from forums.models.meetings import AgendaItem, Meeting
from forums.models.outcomes import ActionItem, Decision
from forums.models.search import found_by_search, shown_by_search
from forums.querysets import CommentQuerySet, MinutesQuerySet, OfMinutes

CIRCULATED = "forums.minutes"  # the mail with which they go out
MOST_COMMENTS = 20  # that one member may write on the minutes of one meeting


@tracked(exclude=["pdf", "snapshot", "public_snapshot", "public_pdf"])
class Minutes(Versioned):
    """The minutes of one meeting. draft → circulated → approved.

    `snapshot` is the whole structured text and `pdf` the members' document, both of the last version that went out;
    with approval they are frozen under `checksum` (SHA-256 of the PDF, in hexadecimal), which seals the text too: the
    PDF ends with the text's own. `edition` counts the versions that went out.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("minutes", "draft")
        CIRCULATED = "circulated", pgettext_lazy("minutes", "circulated")
        APPROVED = "approved", pgettext_lazy("minutes", "approved")

    meeting = models.OneToOneField(
        Meeting, models.PROTECT, related_name="record", verbose_name=_("meeting"), editable=False
    )
    state = models.CharField(
        pgettext_lazy("forum", "state"), max_length=20, choices=State, default=State.DRAFT, editable=False
    )
    circulated_at = models.DateTimeField(_("sent to the members"), null=True, editable=False)
    edition = models.PositiveSmallIntegerField(_("version sent"), default=0, editable=False)
    comments_until = models.DateField(_("comments until"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_in = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="approves", verbose_name=_("approved in")
    )
    snapshot = models.JSONField(null=True, editable=False)
    pdf = models.BinaryField(null=True, editable=False)
    checksum = models.CharField(_("checksum"), max_length=64, blank=True, editable=False)
    released_at = models.DateTimeField(_("published"), null=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("published by"),
    )
    public_snapshot = models.JSONField(null=True, editable=False)
    public_pdf = models.BinaryField(null=True, editable=False)

    objects = MinutesQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("minutes of a meeting")
        verbose_name_plural = _("minutes of meetings")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (Q(approved_at__isnull=False, snapshot__isnull=False, pdf__isnull=False) & ~Q(checksum="")),
                name="forums_minutes_approved_whole",
                violation_error_message=_("Approved minutes are a document with a checksum."),
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, public_snapshot=None, public_pdf=None)
                | Q(
                    state="approved",
                    released_at__isnull=False,
                    public_snapshot__isnull=False,
                    public_pdf__isnull=False,
                ),
                name="forums_minutes_published_whole",
                violation_error_message=_("Only approved minutes are published."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("meeting", constraint="forums_minutes_meeting_kept"),
            pgtrigger.Trigger(
                name="of_held_meeting",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                # Whoever calls the meeting off at this moment has to wait, and is refused then.
                func="""
                    PERFORM FROM forums_meeting WHERE id = NEW.meeting_id FOR SHARE;
                    IF NOT EXISTS (SELECT FROM forums_meeting WHERE id = NEW.meeting_id AND state = 'held') THEN
                        RAISE check_violation USING MESSAGE = 'only a meeting that was held has minutes',
                            CONSTRAINT = 'forums_minutes_of_held_meeting';
                    END IF;
                    RETURN NEW;
                """,
            ),
            refused(
                "OLD.state = 'approved' AND (NEW.state, NEW.snapshot, NEW.pdf, NEW.checksum, NEW.approved_at, "
                "NEW.approved_in_id) IS DISTINCT FROM (OLD.state, OLD.snapshot, OLD.pdf, OLD.checksum, "
                "OLD.approved_at, OLD.approved_in_id)",
                operation=pgtrigger.Update,
                constraint="forums_minutes_frozen",
            ),
            refused("OLD.state <> 'draft'", operation=pgtrigger.Delete, constraint="forums_minutes_stay"),
            shown_by_search(
                "meeting_id",
                "state",
                "circulated_at",
                "released_at",
                sends=True,
                also=pgtrigger.Insert | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return gettext("Minutes: %(meeting)s") % {"meeting": self.meeting}

    def get_absolute_url(self) -> str:
        return reverse("minutes", args=[self.meeting.forum_id, self.meeting_id])

    @classmethod
    def of(cls, meeting: Meeting) -> "Minutes":
        """The minutes of a meeting; a draft that is not stored yet where nothing went out."""
        stored = cls.objects.filter(meeting=meeting).defer("pdf", "public_pdf").first()
        minutes = stored or cls(meeting=meeting)
        minutes.meeting = meeting
        return minutes

    @property
    def office_id(self) -> int:
        """May query meeting and forum."""
        return self.meeting.office_id

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_circulated(self) -> bool:
        return self.state == self.State.CIRCULATED

    @property
    def is_approved(self) -> bool:
        return self.state == self.State.APPROVED

    @property
    def may_be_released(self) -> bool:
        """Whether the chair may publish them; needs meeting and forum."""
        return self.is_approved and self.meeting.forum.publishes_minutes and self.released_at is None

    def takes_comments(self, on: datetime.date) -> bool:
        return self.is_circulated and self.comments_until is not None and on <= self.comments_until

    def text(self) -> minutes_text.Text:
        """What they say: of a draft what the meeting's rows hold now (queries them), else what went out."""
        return self.snapshot or minutes_text.snapshot(self.meeting)

    def is_changed_since_sent(self) -> bool:
        """Whether the meeting's rows say something else than what went out; queries them."""
        if not self.is_circulated:
            return False
        return not minutes_text.is_same_text(minutes_text.snapshot(self.meeting), self.text())

    def why_not_circulated(self) -> str:
        """Why they cannot be sent to the members, "" where they can; may query the forum."""
        if self.meeting.forum.is_elsewhere:
            return gettext("Somebody else writes the minutes of this forum. What you note is kept for the offices.")
        return gettext("The minutes are approved; write an addendum instead.") if self.is_approved else ""

    # -- Verbs ---------------------------------------------------------------------------------------------------

    def _lock(self) -> "Minutes":
        """The stored row, held with its meeting and the forum's numbers until the caller's transaction ends."""
        meeting = self.meeting.locked()
        if meeting.state != Meeting.State.HELD:
            raise NotPossible(gettext("Only a meeting that was held has minutes."))
        stored = type(self).objects.select_for_update(no_key=True).filter(meeting=meeting).first()
        minutes = stored or type(self)(meeting=meeting)
        minutes.meeting = meeting
        return minutes

    def circulate(self, comments_until: datetime.date, now: datetime.datetime) -> int:
        """Send the text as it is now to the members, who may comment until that day; how many are written to.

        Its decisions get their numbers. What was corrected afterwards goes out the same way as a new version.
        """
        from forums import action_items  # it knows the models

        on = periods.day_of(now)
        if comments_until < on:
            raise NotPossible(gettext("The last day for comments must not be over."))
        with transaction.atomic():
            stored = self._lock()
            if reason := stored.why_not_circulated():
                raise NotPossible(reason)
            _number_decisions(stored.meeting)
            receivers = _receivers(stored.meeting, on)
            stored.state = self.State.CIRCULATED
            stored.circulated_at, stored.comments_until = now, comments_until
            stored.edition += 1
            stored.snapshot = minutes_text.corrected(minutes_text.snapshot(stored.meeting), stored.snapshot)
            stored.pdf = document.pdf(minutes_text.for_members(stored.snapshot), draft=stored.edition)
            stored.save()
            for attendance in receivers:
                outbox.post(CIRCULATED, about=stored.pk, to=attendance, version=str(stored.edition))
            action_items.tell(ActionItem.objects.filter(item__meeting=stored.meeting))
        return len(receivers)

    def approve(self, by: Any, now: datetime.datetime, approved_in: Meeting | None = None) -> None:
        """Freeze what the members were sent, as approved by the account, in a meeting where one is given."""
        with transaction.atomic():
            stored = self._lock()
            if not stored.is_circulated:
                raise NotPossible(gettext("Only minutes that were sent to the members are approved, and only once."))
            if stored.is_changed_since_sent():
                raise NotPossible(
                    gettext("The text was changed after it was sent. Please send the corrected version first.")
                )
            stored.snapshot = minutes_text.approved(stored.text(), by, periods.day_of(now), approved_in)
            stored.pdf = document.approved_pdf(stored.snapshot)
            stored.checksum = hashlib.sha256(stored.pdf).hexdigest()
            stored.state = self.State.APPROVED
            stored.approved_at, stored.approved_by, stored.approved_in = now, by, approved_in
            stored.save()

    def add(self, text: str, by: Any, on: datetime.date) -> "Addendum":
        """Say something that approved minutes lack."""
        with transaction.atomic():
            stored = self._lock()
            if not stored.is_approved:
                raise NotPossible(gettext("Before the minutes are approved, correct the minutes themselves."))
            return Addendum.objects.create(minutes=stored, text=text, written_on=on, written_by=by)

    def release(self, by: Any, now: datetime.datetime) -> None:
        """Let everyone read the public version."""
        with transaction.atomic():
            stored = self._lock()
            if not stored.may_be_released:
                raise NotPossible(gettext("Only approved minutes of a forum that publishes results are published."))
            stored.public_snapshot = minutes_text.for_everyone(stored.text())
            stored.public_pdf = document.pdf(stored.public_snapshot)
            stored.released_at, stored.released_by = now, by
            stored.save()

    def withdraw(self) -> None:
        """Let nobody but the members read them any more."""
        with transaction.atomic():
            stored = self._lock()
            stored.public_snapshot = stored.public_pdf = stored.released_at = stored.released_by = None
            stored.save()

    def comment(
        self, person: Person, text: str, now: datetime.datetime, item: AgendaItem | None = None, *, is_objection: bool
    ) -> "Comment":
        """Say what a member thinks of them, while comments are taken."""
        with transaction.atomic():
            stored = type(self).objects.select_for_update(no_key=True).get(pk=self.pk)
            if not stored.takes_comments(periods.day_of(now)):
                raise NotPossible(gettext("The time for comments is over."))
            if stored.comments.filter(person=person).count() >= MOST_COMMENTS:
                raise NotPossible(gettext("You have commented as often as one can. Please write to the office."))
            return Comment.objects.create(
                minutes=stored, person=person, item=item, text=text, is_objection=is_objection, written_at=now
            )


def _number_decisions(meeting: Meeting) -> None:
    """Give those without a number the forum's next ones; needs its lock."""
    last = Decision.objects.filter(forum=meeting.forum_id).aggregate(last=Max("number"))["last"] or 0
    new = Decision.objects.filter(item__meeting=meeting, number=None).order_by("item__position", "item", "pk")
    for number, decision in enumerate(new, start=last + 1):
        decision.number = number
        decision.save(update_fields=["number"])


def _receivers(meeting: Meeting, on: datetime.date) -> list[int]:
    """The lines, made where they are missing, of those who were members on the meeting's day and still are."""
    memberships = Membership.objects.filter(forum=meeting.forum_id, person__isnull=False)
    # Whoever changed their role, or came back, has one membership then and another now.
    still = memberships.filter(period__contains=on).values("person")
    people = memberships.filter(period__contains=meeting.day, person__in=still).with_address()
    meeting.add_lines(people)
    rows = meeting.attendances.filter(person__in=people.values("person"))
    return list(rows.order_by("pk").values_list("pk", flat=True))


@tracked()
class Addendum(models.Model):
    """What had to be said after the minutes were approved; it stays beside them as it was written."""

    minutes = models.ForeignKey(Minutes, models.PROTECT, related_name="addenda", verbose_name=_("minutes"))
    text = models.TextField(_("addendum"), max_length=8000)
    written_on = models.DateField(_("written on"), editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("written by"),
    )

    objects = OfMinutes.as_manager()

    class Meta:
        verbose_name = _("addendum")
        verbose_name_plural = _("addenda")
        ordering = ["minutes", "pk"]
        triggers = [
            unchanging("minutes", "text", "written_on", constraint="forums_addendum_stays"),
            found_by_search("addendum", "text"),
            refused("TRUE", operation=pgtrigger.Delete, constraint="forums_addendum_kept"),
        ]

    def __str__(self) -> str:
        return gettext("Addendum")

    @property
    def office_id(self) -> int:
        """May query minutes, meeting and forum."""
        return self.minutes.office_id


@tracked()
class Comment(Versioned):
    """What a member says about circulated minutes, on one item or on the whole."""

    minutes = models.ForeignKey(Minutes, models.CASCADE, related_name="comments", verbose_name=_("minutes"))
    item = models.ForeignKey(
        AgendaItem, models.SET_NULL, null=True, blank=True, related_name="comments", verbose_name=_("agenda item")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="minutes_comments", verbose_name=_("person"), editable=False
    )
    text = models.TextField(_("comment"), max_length=4000)
    is_objection = models.BooleanField(_("objection: this must be changed"), default=False)
    written_at = models.DateTimeField(_("written"), editable=False)
    answer = models.CharField(_("answer"), max_length=1000, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("comment on minutes")
        verbose_name_plural = _("comments on minutes")
        ordering = ["minutes", "pk"]

    def __str__(self) -> str:
        return gettext("Comment")

    @property
    def office_id(self) -> int:
        """May query minutes, meeting and forum."""
        return self.minutes.office_id

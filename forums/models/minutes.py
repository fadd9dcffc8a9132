"""Minutes: circulated, commented, approved and then frozen; what was left to say afterwards is an addendum."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.triggers import refused, unchanging
from common.versions import Versioned
from contacts.models import Person
from forums.models.meetings import AgendaItem, Meeting
from forums.models.search import shown_by_search
from forums.querysets import MinutesQuerySet, OfMinutes


@tracked(exclude=["pdf", "snapshot", "public_snapshot"])
class Minutes(Versioned):
    """The minutes of one meeting. draft → circulated → approved.

    `snapshot` is the structured text as shown and `pdf` the document, both of the last version that went out;
    with approval they are frozen under `checksum` (SHA-256 of the PDF, in hexadecimal).
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("minutes", "draft")
        CIRCULATED = "circulated", pgettext_lazy("minutes", "circulated")
        APPROVED = "approved", pgettext_lazy("minutes", "approved")

    meeting = models.OneToOneField(
        Meeting, models.PROTECT, related_name="record", verbose_name=_("meeting"), editable=False
    )
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT, editable=False)
    circulated_at = models.DateTimeField(_("sent to the members"), null=True, editable=False)
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
            shown_by_search("meeting_id", "state", "released_at", also=pgtrigger.Insert | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return gettext("Minutes: %(meeting)s") % {"meeting": self.meeting}

    @property
    def office_id(self) -> int:
        """May query meeting and forum."""
        return self.meeting.office_id


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
        AgendaItem, models.CASCADE, null=True, blank=True, related_name="comments", verbose_name=_("agenda item")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="minutes_comments", verbose_name=_("person"), editable=False
    )
    text = models.TextField(_("comment"), max_length=4000)
    is_objection = models.BooleanField(_("objection: this must be changed"), default=False)
    written_at = models.DateTimeField(_("written"), editable=False)
    answer = models.CharField(_("answer"), max_length=1000, blank=True)

    objects = OfMinutes.as_manager()

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

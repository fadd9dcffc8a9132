"""What comes of a meeting: what was decided, and who is to do what."""

import datetime

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.triggers import refused, refusing, unchanging
from common.versions import Versioned
from contacts.models import Organisation, Person
from forums.models.forums import Forum
from forums.models.meetings import AgendaItem, Keyed, called_off, frozen
from forums.models.search import found_by_search
from forums.querysets import ActionItemQuerySet, DecisionQuerySet

ITEMS_MEETING = "(SELECT meeting_id FROM forums_agendaitem WHERE id = line.item_id)"
NEW_ITEMS_MEETING = "(SELECT meeting_id FROM forums_agendaitem WHERE id = NEW.item_id)"


def item_of_forum(table: str) -> pgtrigger.Trigger:
    """The agenda item lies in a meeting of the row's forum."""
    return refusing(
        "item_of_forum",
        pgtrigger.Before,
        pgtrigger.Insert | pgtrigger.Update,
        "NEW.item_id IS NOT NULL AND NOT EXISTS (SELECT FROM forums_agendaitem item "
        "JOIN forums_meeting meeting ON meeting.id = item.meeting_id "
        "WHERE item.id = NEW.item_id AND meeting.forum_id = NEW.forum_id)",
        f"{table}_item_of_forum",
    )


@tracked(exclude=["key"])
class Decision(Keyed, Versioned):
    """What a meeting decided, word for word, with the votes.

    Its number runs on through the forum and is given when the minutes first go out; from then it stays.
    """

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="decisions", verbose_name=_("forum"), editable=False)
    item = models.ForeignKey(
        AgendaItem, models.PROTECT, related_name="decisions", verbose_name=_("agenda item"), editable=False
    )
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, editable=False)
    wording = models.TextField(_("wording"), max_length=4000)
    votes_for = models.PositiveSmallIntegerField(_("yes"), null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField(_("no"), null=True, blank=True)
    abstentions = models.PositiveSmallIntegerField(_("abstentions"), null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("decision of a forum")
        verbose_name_plural = _("decisions")
        ordering = ["forum", F("number").desc(nulls_first=True), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "number"],
                name="forums_decision_number",
                violation_error_message=_("The forum already has a decision of this number."),
            ),
            models.CheckConstraint(
                condition=Q(votes_for=None, votes_against=None, abstentions=None)
                | Q(votes_for__isnull=False, votes_against__isnull=False, abstentions__isnull=False),
                name="forums_decision_votes_whole",
                violation_error_message=_("Please give all three numbers of votes, or none."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("forum", "item", constraint="forums_decision_item_kept"),
            item_of_forum("forums_decision"),
            frozen("forums_decision", ITEMS_MEETING),
            called_off(
                "forums_decision",
                NEW_ITEMS_MEETING,
                "(NEW.wording, NEW.votes_for, NEW.votes_against, NEW.abstentions) IS DISTINCT FROM "
                "(OLD.wording, OLD.votes_for, OLD.votes_against, OLD.abstentions)",
            ),
            refused(
                "OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number",
                operation=pgtrigger.Update,
                constraint="forums_decision_number_kept",
            ),
            refused("OLD.number IS NOT NULL", operation=pgtrigger.Delete, constraint="forums_decision_numbered_stays"),
            found_by_search("decision", "wording", "number", "votes_for", "votes_against", "abstentions"),
        ]

    def __str__(self) -> str:
        if self.number:
            return gettext("Decision %(number)d") % {"number": self.number}
        return gettext("Decision without a number yet")

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id

    @property
    def has_votes(self) -> bool:
        return self.votes_for is not None

    @property
    def votes_in_words(self) -> str:
        """How many were for it, against it and neither; "" where nobody counted."""
        if not self.has_votes:
            return ""
        votes = {"yes": self.votes_for, "no": self.votes_against, "abstentions": self.abstentions}
        return gettext("%(yes)s yes, %(no)s no, %(abstentions)s abstentions") % votes

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        votes = (self.votes_for, self.votes_against, self.abstentions)
        if any(vote is None for vote in votes) and any(vote is not None for vote in votes):
            raise ValidationError({"votes_for": gettext("Please give all three numbers of votes, or none.")})


@tracked(exclude=["key"])
class ActionItem(Keyed, Versioned):
    """What somebody is to do, until when, from a meeting or in between; it runs on through the forum's meetings."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        IN_PROGRESS = "in_progress", _("in progress")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    OPEN_STATES = (State.OPEN, State.IN_PROGRESS)

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="action_items", verbose_name=_("forum"))
    item = models.ForeignKey(
        AgendaItem, models.PROTECT, null=True, blank=True, related_name="action_items", verbose_name=_("agenda item")
    )
    what = models.CharField(_("what is to be done"), max_length=300)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="action_items", verbose_name=_("who does it")
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="action_items",
        verbose_name=_("organisation that does it"),
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    state = models.CharField(pgettext_lazy("forum", "state"), max_length=20, choices=State, default=State.OPEN)
    note = models.CharField(_("note"), max_length=300, blank=True)
    is_internal = models.BooleanField(_("for the offices only"), default=False)
    created_on = models.DateField(_("given on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)

    objects = ActionItemQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("action item")
        verbose_name_plural = _("action items")
        ordering = [F("due_on").asc(nulls_last=True), "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "in_progress"], closed_on=None)
                | Q(state__in=["done", "dropped"], closed_on__isnull=False),
                name="forums_actionitem_closed_with_day",
                violation_error_message=_("A task that is done or dropped says since when."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("forum", constraint="forums_actionitem_forum_kept"),
            item_of_forum("forums_actionitem"),
            called_off("forums_actionitem", NEW_ITEMS_MEETING, "NEW.item_id IS DISTINCT FROM OLD.item_id"),
            found_by_search("task", "what", "note", "is_internal", "item_id", "created_on"),
        ]
        indexes = [
            # My tasks, and what a hand-over takes along.
            models.Index(fields=["person", "due_on"], condition=Q(closed_on=None), name="actionitem_open_of_person"),
            # A forum's open tasks, on each agenda.
            models.Index(fields=["forum", "due_on"], condition=Q(closed_on=None), name="actionitem_open_of_forum"),
            # Reminders: what falls due.
            models.Index(fields=["due_on"], condition=Q(closed_on=None), name="actionitem_falling_due"),
        ]

    def __str__(self) -> str:
        return self.what

    def get_absolute_url(self) -> str:
        return reverse("action_item", args=[self.pk])

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id

    @property
    def who(self) -> str:
        """Who does it; may query person and organisation."""
        return str(self.person or self.organisation or "")

    @property
    def address(self) -> str:
        """Where mail for who does it goes, "" where nowhere; may query person and account."""
        return self.person.mail_address if self.person else ""

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    def is_overdue(self, on: datetime.date) -> bool:
        return self.is_open and self.due_on is not None and self.due_on < on

    def move_to(self, state: str, on: datetime.date) -> None:
        """Give it another state; done and dropped since that day."""
        self.state = state
        self.closed_on = None if state in self.OPEN_STATES else self.closed_on or on

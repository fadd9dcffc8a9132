"""What a forum's agendas are made from: the items that each begins with, and the store of topics for later ones."""

import datetime
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.verbs import NotPossible
from common.versions import Versioned
from contacts.models import Person
from forums.models.forums import Forum
from forums.models.items import LONGEST_ITEM, ItemKind
from forums.querysets import OfForum, TopicQuerySet

if TYPE_CHECKING:
    from forums.models.meetings import Meeting


@tracked()
class TemplateItem(Versioned):
    """An item that stands on every new agenda of a forum."""

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="template_items", verbose_name=_("forum"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=20, choices=ItemKind, default=ItemKind.INFORMATION)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("explanation"), blank=True, max_length=4000)
    minutes = models.PositiveSmallIntegerField(
        _("minutes planned"), null=True, blank=True, validators=[MaxValueValidator(LONGEST_ITEM)]
    )
    is_internal = models.BooleanField(_("for the offices only"), default=False)
    is_closing = models.BooleanField(
        _("stays at the end"),
        default=False,
        help_text=_("Further items are put in before it, for example before “Any other business”."),
    )

    objects = OfForum.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("item of the template agenda")
        verbose_name_plural = _("template agenda")
        ordering = ["forum", "position", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id


@tracked()
class Topic(Versioned):
    """Something to talk about at a later meeting: from a member, from the office, or put off by a meeting."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        TAKEN = "taken", _("on an agenda")
        DECLINED = "declined", _("declined")

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="topics", verbose_name=_("forum"))
    kind = models.CharField(_("kind"), max_length=20, choices=ItemKind, default=ItemKind.DISCUSSION)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("explanation"), blank=True, max_length=4000)
    minutes = models.PositiveSmallIntegerField(
        _("minutes needed"), null=True, blank=True, validators=[MaxValueValidator(LONGEST_ITEM)]
    )
    is_internal = models.BooleanField(_("for the offices only"), default=False)
    proposed_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="proposed_topics", verbose_name=_("proposed by")
    )
    # By whose call it came.
    proposed_for = models.ForeignKey(
        "Meeting", models.SET_NULL, null=True, blank=True, related_name="proposals", verbose_name=_("proposed for")
    )
    # Put off: it stands by itself on the agenda of the first meeting after that day.
    put_off_after = models.DateField(_("put off after"), null=True, blank=True)
    # From which item it was put off; the item and its minutes stay as they were.
    postponed_from = models.OneToOneField(
        "AgendaItem", models.PROTECT, null=True, blank=True, related_name="put_off_as", verbose_name=_("put off from")
    )
    state = models.CharField(pgettext_lazy("forum", "state"), max_length=20, choices=State, default=State.OPEN)
    answer = models.TextField(_("answer to who proposed it"), blank=True, max_length=1000)
    created_on = models.DateField(_("proposed on"))

    objects = TopicQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("store of topics")
        ordering = ["created_on", "pk"]
        indexes = [
            # The store of one forum: what is still open.
            models.Index(fields=["forum"], condition=Q(state="open"), name="topic_open"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id

    # -- Verbs ---------------------------------------------------------------------------------------------------

    def take(self, meeting: "Meeting", answer: str = "") -> None:
        """Put it on the agenda of that meeting."""
        with transaction.atomic():
            self._lock_open()
            meeting.append(topic=self)
            self._answer(self.State.TAKEN, answer)

    def decline(self, answer: str) -> None:
        with transaction.atomic():
            self._lock_open()
            self._answer(self.State.DECLINED, answer)

    def put_off(self, after: datetime.date, answer: str = "") -> None:
        """Keep it for the first meeting after that day, on whose agenda it then stands by itself."""
        with transaction.atomic():
            self._lock_open()
            self.put_off_after = after
            self._answer(self.State.OPEN, answer)
            meeting = self.forum.meetings.to_come(after).first()
            if meeting:
                self.take(meeting, answer)

    def _lock_open(self) -> None:
        if Topic.objects.select_for_update(no_key=True).get(pk=self.pk).state != self.State.OPEN:
            raise NotPossible(gettext("Somebody else has answered this topic meanwhile."))

    def _answer(self, state: str, answer: str) -> None:
        self.state, self.answer = state, answer
        self.save(update_fields=["state", "answer", "put_off_after"])
        self.refresh_from_db(fields=["version"])

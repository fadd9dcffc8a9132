"""Files of forums and meetings: kept outside the web root under random names, handed out with permission checked."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import files
from common.audit import tracked
from common.versions import Versioned
from forums.models.forums import Forum
from forums.models.meetings import AgendaItem, Meeting
from forums.querysets import DocumentQuerySet


@tracked()
class Document(Versioned):
    """A file of a forum, of one of its meetings, or of an agenda item; `name` is its random name in the store."""

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("everyone, where the forum is public")
        MEMBERS = "members", _("members and towns")
        OFFICES = "offices", _("the offices only")

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="documents", verbose_name=_("forum"), editable=False)
    meeting = models.ForeignKey(
        Meeting,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("meeting"),
        editable=False,
    )
    item = models.ForeignKey(
        AgendaItem, models.SET_NULL, null=True, blank=True, related_name="documents", verbose_name=_("agenda item")
    )
    title = models.CharField(_("title"), max_length=200)
    audience = models.CharField(_("for whom"), max_length=20, choices=Audience, default=Audience.MEMBERS)
    name = models.CharField(max_length=80, unique=True, editable=False)
    file_name = models.CharField(_("file name"), max_length=200, editable=False)
    content_type = models.CharField(_("kind of file"), max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)
    uploaded_at = models.DateTimeField(_("uploaded"), editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("uploaded by"),
    )

    objects = DocumentQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-uploaded_at", "-pk"]
        triggers = [
            *Versioned.Meta.triggers,
            # An internal item that is deleted opens its documents to nobody.
            pgtrigger.Trigger(
                name="internal_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("item_id"),
                func="""
                    IF NEW.item_id IS NULL
                        AND EXISTS (SELECT FROM forums_agendaitem WHERE id = OLD.item_id AND is_internal) THEN
                        NEW.audience = 'offices';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(item=None) | Q(meeting__isnull=False),
                name="forums_document_item_of_meeting",
                violation_error_message=_("A document of an agenda item is one of its meeting."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("document", args=[self.pk])

    def keep(self, file: Any, by: Any) -> "Document":
        """Write an upload into the store, and the row that says what it is."""
        kept = files.keep(file)
        self.name, self.file_name, self.content_type, self.size = (
            kept.name,
            kept.file_name,
            kept.content_type,
            kept.size,
        )
        self.uploaded_at, self.uploaded_by = timezone.now(), by
        self.save()
        return self

    def remove(self) -> None:
        """Delete the row, and the file once that is certain."""
        files.remove(self.name)
        self.delete()

    @property
    def read_by(self) -> str:
        """Its audience; what belongs to an internal item is the offices'. May query the item."""
        return self.Audience.OFFICES if self.item and self.item.is_internal else self.audience

    @property
    def kind(self) -> str:
        """What it is, in short: "PDF"."""
        return self.file_name.rsplit(".", 1)[-1].upper()

    @property
    def office_id(self) -> int:
        """May query the forum."""
        return self.forum.office_id

"""What the members were told of a meeting, so that a later mail can say what changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from forums.models.meetings import Meeting
from forums.querysets import AnnouncementQuerySet


class Announcement(models.Model):
    """One version of what the members are told; the newest may still wait for further changes.

    Written by the portal alone from what is on record itself, and emptied after the meeting: so it is neither tracked
    nor in the admin. `content` is what forums.invitations compares.
    """

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="announcements", verbose_name=_("meeting"))
    sequence = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"), default=dict)
    noticed_at = models.DateTimeField(_("noticed"))
    announced_at = models.DateTimeField(_("announced"), null=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = _("announcement of a meeting")
        verbose_name_plural = _("announcements of meetings")
        ordering = ["meeting", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "sequence"], name="forums_announcement_version"),
            models.UniqueConstraint(
                fields=["meeting"], condition=Q(announced_at=None), name="forums_announcement_one_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meeting} ({self.sequence})"

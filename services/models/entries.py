"""What is said and done about a request: replies to questions, the timeline, and files."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common import files, periods
from common.audit import tracked
from common.fields import NameField
from common.triggers import Unchanging, refusing, unchanging
from common.versions import Versioned
from contacts.models import ContactPerson
from services.models.offerings import Question
from services.models.states import CLOSING, RequestState
from services.querysets import OfRequest, RequestEntryQuerySet, RequestFileQuerySet
from services.routing import Because

if TYPE_CHECKING:
    from services.models.requests import ServiceRequest


def of_remembered_request(constraint: str) -> pgtrigger.Trigger:
    """Nothing is added to a request whose requester was forgotten."""
    return refusing(
        "of_remembered_request",
        pgtrigger.Before,
        pgtrigger.Insert,
        "EXISTS (SELECT FROM services_servicerequest request "
        "WHERE request.id = NEW.request_id AND request.forgotten_at IS NOT NULL)",
        constraint,
    )


class OfRequestRow(models.Model):
    """A row that belongs to a request."""

    class Meta:
        abstract = True

    @property
    def office_id(self) -> int:
        """May query the request."""
        return self.request.office_id  # type: ignore[attr-defined]


@tracked()
class RequestDetail(OfRequestRow, Versioned):
    """What the offering asked, as it was worded then, and what was replied."""

    request = models.ForeignKey("services.ServiceRequest", models.CASCADE, related_name="details")
    question = models.ForeignKey(Question, models.SET_NULL, null=True, related_name="details")
    wording = models.CharField(_("question"), max_length=200)
    reply = models.TextField(pgettext_lazy("question", "reply"), max_length=2000, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = OfRequest.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("reply to a question")
        verbose_name_plural = _("replies to questions")
        ordering = ["position", "pk"]
        # Replies to questions that were deleted since stand beside each other.
        constraints = [models.UniqueConstraint(fields=["request", "question"], name="services_requestdetail_once")]

    def __str__(self) -> str:
        return self.wording


class RequestEntry(OfRequestRow):
    """One line of a request's timeline. It stays as it was written; what is internal never leaves the office."""

    class Kind(models.TextChoices):
        ANSWER = "answer", _("answer")
        REPLY = "reply", _("message")
        NOTE = "note", _("internal note")
        STATE = "state", pgettext_lazy("request", "state")
        ASSIGNMENT = "assignment", pgettext_lazy("request", "assignment")
        FILE = "file", _("file")

    class Side(models.TextChoices):
        OFFICE = "office", _("office")
        REQUESTER = "requester", _("requester")

    request = models.ForeignKey("services.ServiceRequest", models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    side = models.CharField(pgettext_lazy("entry", "from"), max_length=10, choices=Side)
    is_internal = models.BooleanField(_("internal"), default=False)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("account")
    )
    by_name = NameField(_("who"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=8000, blank=True)
    state_before = models.CharField(max_length=20, choices=RequestState, blank=True)
    state_after = models.CharField(max_length=20, choices=RequestState, blank=True)
    post = models.ForeignKey(ContactPerson, models.PROTECT, null=True, related_name="+", verbose_name=_("assigned to"))
    because = models.CharField(_("because"), max_length=20, choices=Because, blank=True)
    scheduled_for = models.DateTimeField(_("date agreed"), null=True)

    objects = RequestEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of a request")
        verbose_name_plural = _("entries of requests")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["note", "assignment"], is_internal=True)
                | Q(kind__in=["answer", "reply", "state"], is_internal=False)
                | Q(kind="file"),
                name="services_requestentry_internal",
            )
        ]
        triggers = [
            unchanging(
                *("request", "kind", "side", "is_internal", "at", "by_name", "text"),
                *("state_before", "state_after", "post", "because", "scheduled_for"),
                constraint="services_requestentry_kept",
            ),
            Unchanging(
                name="stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="RAISE check_violation USING MESSAGE = 'an entry stays', "
                "CONSTRAINT = 'services_requestentry_stays';",
            ),
            refusing(
                "post_of_office",
                pgtrigger.Before,
                pgtrigger.Insert | pgtrigger.UpdateOf("post_id", "request_id"),
                "NEW.post_id IS NOT NULL AND NOT EXISTS (SELECT FROM contacts_contactperson post "
                "JOIN services_servicerequest request ON request.office_id = post.office_id "
                "WHERE post.id = NEW.post_id AND request.id = NEW.request_id)",
                "services_requestentry_post_of_office",
            ),
            of_remembered_request("services_requestentry_forgotten"),
        ]
        indexes = [
            # A request's page.
            models.Index(fields=["request", "at", "id"], name="entry_of_request"),
        ]

    def __str__(self) -> str:
        return self.in_words()

    @property
    def day(self) -> datetime.date:
        return periods.day_of(self.at)

    def in_words(self) -> str:
        """What happened, as a heading; may query who got the request, and the request once it is passed on."""
        if self.kind == self.Kind.ASSIGNMENT:
            if self.post is None:
                return gettext("Put into the office's inbox")
            if self.because == Because.HANDED_OVER:
                return gettext("Assigned to %(who)s in a hand-over") % {"who": self.post.person}
            return gettext("Assigned to %(who)s") % {"who": self.post.person}
        if self.kind == self.Kind.STATE:
            return self._step_in_words()
        return {
            self.Kind.ANSWER: gettext("Answer of the office"),
            self.Kind.REPLY: gettext("Message"),
            self.Kind.NOTE: gettext("Internal note"),
            self.Kind.FILE: gettext("Files added"),
        }[self.Kind(self.kind)]

    def _step_in_words(self) -> str:
        after = RequestState(self.state_after)
        if after == RequestState.SCHEDULED and self.scheduled_for:
            when = date_format(timezone.localtime(self.scheduled_for), "SHORT_DATETIME_FORMAT")
            return gettext("Date agreed: %(when)s") % {"when": when}
        if after == RequestState.PASSED_ON:
            return gettext("Passed on to %(body)s") % {"body": self.request.passed_on_to}
        if after == RequestState.IN_PROGRESS and self.state_before in CLOSING:
            return gettext("Opened again")
        return {
            RequestState.SUBMITTED: gettext("Request received"),
            RequestState.ACCEPTED: gettext("Request accepted"),
            RequestState.IN_PROGRESS: pgettext("request", "In progress"),
            RequestState.WAITING: gettext("Question of the office"),
            RequestState.SCHEDULED: gettext("The date agreed stands"),
            RequestState.COMPLETED: gettext("Completed"),
            RequestState.DECLINED: gettext("Declined"),
            RequestState.WITHDRAWN: gettext("Withdrawn"),
        }[after]


@tracked()
class RequestFile(OfRequestRow, Versioned):
    """A file of a request; `name` is its random name in the store. Without an entry it came with the request itself."""

    request = models.ForeignKey("services.ServiceRequest", models.PROTECT, related_name="files")
    entry = models.ForeignKey(RequestEntry, models.PROTECT, null=True, related_name="files")
    name = models.CharField(max_length=80, unique=True, editable=False)
    file_name = models.CharField(_("file name"), max_length=200, editable=False)
    content_type = models.CharField(_("kind of file"), max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)

    objects = RequestFileQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("file of a request")
        verbose_name_plural = _("files of requests")
        ordering = ["pk"]
        triggers = [
            *Versioned.Meta.triggers,
            # The entry decides who reads the file.
            refusing(
                "entry_of_request",
                pgtrigger.Before,
                pgtrigger.Insert | pgtrigger.UpdateOf("entry_id", "request_id"),
                "NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT FROM services_requestentry entry "
                "WHERE entry.id = NEW.entry_id AND entry.request_id = NEW.request_id)",
                "services_requestfile_entry_of_request",
            ),
            of_remembered_request("services_requestfile_forgotten"),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("request_file", args=[self.pk])

    @classmethod
    def keep(cls, request: "ServiceRequest", file: Any, entry: RequestEntry | None = None) -> "RequestFile":
        """Write an upload into the store, and the row that says what it is."""
        kept = files.keep(file)
        return cls.objects.create(
            request=request,
            entry=entry,
            name=kept.name,
            file_name=kept.file_name,
            content_type=kept.content_type,
            size=kept.size,
        )

    @classmethod
    def require_room(cls, request: "ServiceRequest", uploads: Iterable[Any]) -> None:
        """Whoever asks, and need not have an account, fills no disk: raises a ValidationError where it gets too much.

        The caller holds the request's row.
        """
        new = [upload.size for upload in uploads]
        if not new:
            return
        by_requester = cls.objects.filter(Q(entry=None) | Q(entry__side=RequestEntry.Side.REQUESTER), request=request)
        sizes = [*by_requester.values_list("size", flat=True), *new]
        if len(sizes) > settings.FILES_OF_REQUEST or sum(sizes) > settings.LARGEST_REQUEST:
            said = _("A request takes %(most)s files and %(largest)s in all. Please send less, or ask the office.")
            most = {"most": settings.FILES_OF_REQUEST, "largest": filesizeformat(settings.LARGEST_REQUEST)}
            raise ValidationError({"files": ValidationError(said, code="room", params=most)})

    def holds(self, upload: Any) -> bool:
        """Whether the upload is this very file."""
        if self.file_name != files.safe_name(upload.name, upload.kind):
            return False
        with files.store().open(self.name) as stored:
            is_same: bool = stored.read() == upload.read()
        upload.seek(0)
        return is_same

    def remove(self) -> None:
        """Delete the row, and the file once that is certain."""
        files.remove(self.name)
        self.delete()

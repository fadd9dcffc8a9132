"""What an office did for its towns, what it took, and what those who asked for it say."""

import datetime
from typing import Any

import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.periods import day_of
from common.triggers import refusing, unchanging
from common.verbs import NotPossible
from common.versions import Versioned
from contacts.models import ContactPerson, FieldOfAction, Office, OfficeTask
from forums.models import Meeting
from municipalities.models import Municipality
from services.models.offerings import ServiceOffering, entry_of_office
from services.models.requests import ServiceRequest
from services.querysets import DeliveryQuerySet, FeedbackQuerySet, MeetingEffortQuerySet


def hours_field(**kwargs: Any) -> models.DecimalField:
    return models.DecimalField(
        _("hours of work"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0)], **kwargs
    )


def cost_field(**kwargs: Any) -> models.DecimalField:
    return models.DecimalField(
        _("cost in euros"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)], **kwargs
    )


@tracked(exclude=["key"])
class Delivery(Versioned):
    """Something done: mostly what a request asked for, but also what nobody had to ask for.

    Town, task and field are its own, so that the yearly report counts what was done even where the offering or the
    request is changed later. `key` makes one delivery of a form that is sent twice.
    """

    key = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="deliveries", verbose_name=_("office"))
    request = models.ForeignKey(
        ServiceRequest,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("request"),
        editable=False,
    )
    offering = models.ForeignKey(
        ServiceOffering, models.PROTECT, null=True, blank=True, related_name="deliveries", verbose_name=_("offering")
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="deliveries", verbose_name=_("municipality")
    )
    post = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("contact person"),
    )
    task = models.ForeignKey(
        OfficeTask, models.PROTECT, null=True, blank=True, related_name="deliveries", verbose_name=_("office task")
    )
    field = models.ForeignKey(
        FieldOfAction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("field of action"),
    )
    held_on = models.DateField(_("date"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    hours = hours_field(default=0)
    cost = cost_field(default=0)
    participants = models.PositiveIntegerField(_("participants"), null=True, blank=True)
    cooperation = models.CharField(_("in co-operation with"), max_length=300, blank=True)
    result = models.TextField(_("result"), blank=True, max_length=4000, help_text=_("Please name no clients."))

    objects = DeliveryQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gte=0, cost__gte=0),
                name="services_delivery_not_negative",
                violation_error_message=_("Hours and cost are not below zero."),
            )
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("office", constraint="services_delivery_office_kept"),
            entry_of_office("contacts_officetask", "task_id", "services_delivery_task_of_office"),
            entry_of_office("contacts_fieldofaction", "field_id", "services_delivery_field_of_office"),
            entry_of_office("contacts_contactperson", "post_id", "services_delivery_post_of_office"),
            entry_of_office("services_serviceoffering", "offering_id", "services_delivery_offering_of_office"),
            entry_of_office("services_servicerequest", "request_id", "services_delivery_request_of_office"),
        ]
        indexes = [
            # The figures of an office over a period; the list, the newest first.
            models.Index(
                "office",
                F("held_on").desc(nulls_last=True),
                F("id").desc(nulls_last=True),
                name="delivery_newest_of_office",
            ),
            # Which requests of an office are recorded.
            models.Index(fields=["office", "request"], condition=Q(request__isnull=False), name="delivery_of_request"),
        ]

    def __str__(self) -> str:
        return str(self.offering or self.request or _("delivery"))

    def get_absolute_url(self) -> str:
        return reverse("delivery", args=[self.pk])

    @classmethod
    def of(cls, request: ServiceRequest, on: datetime.date) -> "Delivery":
        """One that is not stored yet, with what the request and its offering say; may query both.

        Nothing that whoever asked wrote: it would stay when they are forgotten.
        """
        scheduled = request.scheduled_for
        return cls(
            office=request.office,
            request=request,
            offering=request.offering,
            municipality=request.municipality,
            post=request.assigned_to,
            task=request.task,
            field=request.field,
            held_on=min(on, day_of(scheduled)) if scheduled else on,
        )


@tracked()
class MeetingEffort(Versioned):
    """What an office put into one meeting of a forum; it counts in the yearly report too."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="meeting_efforts", verbose_name=_("office"))
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="efforts", verbose_name=_("meeting"))
    hours = hours_field()
    cost = cost_field(default=0)

    objects = MeetingEffortQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("effort for a meeting")
        verbose_name_plural = _("effort for meetings")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "office"],
                name="services_meetingeffort_once",
                violation_error_message=_("The office's effort for this meeting is noted already."),
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=0, cost__gte=0),
                name="services_meetingeffort_not_negative",
                violation_error_message=_("Hours and cost are not below zero."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("office", "meeting", constraint="services_meetingeffort_kept"),
            refusing(
                "office_of_forum",
                pgtrigger.Before,
                pgtrigger.Insert,
                "NOT EXISTS (SELECT FROM forums_meeting meeting JOIN forums_forum forum ON forum.id = meeting.forum_id "
                "LEFT JOIN forums_forumpartner partner ON partner.forum_id = forum.id "
                "WHERE meeting.id = NEW.meeting_id AND NEW.office_id IN (forum.office_id, partner.office_id))",
                "services_meetingeffort_office_of_forum",
            ),
        ]

    def __str__(self) -> str:
        return str(self.meeting)


@tracked()
class Feedback(Versioned):
    """What whoever asked says about a service afterwards: two marks from 1 (not at all) to 5 (very), a remark."""

    request = models.OneToOneField(
        ServiceRequest, models.PROTECT, related_name="feedback", verbose_name=_("request"), editable=False
    )
    helped = models.PositiveSmallIntegerField(
        _("How much did it help you?"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    went_well = models.PositiveSmallIntegerField(
        _("How well did the arrangements and the service itself go?"),
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )
    remark = models.TextField(_("What should we do differently next time?"), blank=True, max_length=2000)
    given_at = models.DateTimeField(_("given"), editable=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("feedback on a service")
        verbose_name_plural = _("feedback on services")
        ordering = ["-given_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(helped__range=(1, 5), went_well__range=(1, 5)),
                name="services_feedback_marks",
                violation_error_message=_("Please choose between 1 and 5."),
            )
        ]

    def __str__(self) -> str:
        return str(self.request)

    @property
    def office_id(self) -> int:
        """May query the request."""
        return self.request.office_id

    @classmethod
    def give(
        cls, request: ServiceRequest, at: datetime.datetime, *, helped: int, went_well: int, remark: str
    ) -> "Feedback":
        """Say how it was, or say it anew."""
        request.require_remembered()
        if not request.takes_feedback(at):
            raise NotPossible(gettext("Feedback is given once the request is completed, within a limited time."))
        said = {"helped": helped, "went_well": went_well, "remark": remark}
        feedback, _is_new = cls.objects.update_or_create(
            request=request, defaults=said, create_defaults=said | {"given_at": at}
        )
        return feedback

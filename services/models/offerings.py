"""The service catalogue: what an office offers its towns, and what it needs to know to answer a request for it."""

import datetime
import re
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from common import periods
from common.audit import tracked
from common.fields import DerivedCharField, NameField, PeriodField
from common.sort_keys import SortKey, sort_key
from common.triggers import refusing, unchanging
from common.versions import Versioned
from contacts.models import ContactPerson, FieldOfAction, Office, OfficeTask, TargetGroup
from services.querysets import (
    AnswerTemplateQuerySet,
    OfOffering,
    RequestTermsQuerySet,
    ServiceOfferingQuerySet,
)

if TYPE_CHECKING:
    from services.models.requests import ServiceRequest

LONGEST_ANSWER, LONGEST_RETENTION = 60, 120  # working days, months
# Where the text of an answer template says something of the request.
PLACES = re.compile(r"\[(name|town|ort|offering|leistung|reference|vorgangsnummer)\]", re.IGNORECASE)

# Who edits an offering sees that somebody else changed its fields, target groups, contacts or questions meanwhile.
raises_version_of_offering = pgtrigger.Trigger(
    name="raise_version_of_offering",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="""
        UPDATE services_serviceoffering SET version = version + 1, changed_at = now()
        WHERE id = COALESCE(NEW.offering_id, OLD.offering_id);
        RETURN NULL;
    """,
)


def entry_of_office(table: str, column: str, constraint: str, *, owner: str = "") -> pgtrigger.Trigger:
    """What a row points to belongs to the row's office, or to that of its `owner`, such as services_serviceoffering."""
    office = f"(SELECT office_id FROM {owner} WHERE id = NEW.offering_id)" if owner else "NEW.office_id"  # noqa: S608
    return refusing(
        f"{column.removesuffix('_id')}_of_office",
        pgtrigger.Before,
        pgtrigger.Insert | pgtrigger.Update,
        f"NEW.{column} IS NOT NULL AND NOT EXISTS "
        f"(SELECT FROM {table} entry WHERE entry.id = NEW.{column} AND entry.office_id = {office})",
        constraint,
    )


def answer_days_field(**kwargs: Any) -> models.PositiveSmallIntegerField:
    validators = [MinValueValidator(1), MaxValueValidator(LONGEST_ANSWER)]
    return models.PositiveSmallIntegerField(_("answer within, working days"), validators=validators, **kwargs)


def request_months_field(**kwargs: Any) -> models.PositiveSmallIntegerField:
    validators = [MinValueValidator(1), MaxValueValidator(LONGEST_RETENTION)]
    return models.PositiveSmallIntegerField(_("data of requesters stay, months"), validators=validators, **kwargs)


@tracked()
class RequestTerms(Versioned):
    """How an office deals with requests, where the offering says nothing else. Without such a row the defaults hold."""

    office = models.OneToOneField(Office, models.CASCADE, related_name="request_terms", verbose_name=_("office"))
    answer_days = answer_days_field(default=5, help_text=_("Counted from the first working day after receipt."))
    request_months = request_months_field(
        default=24, help_text=_("Counted from the closing of the request; then names and addresses are erased.")
    )

    objects = RequestTermsQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("handling of requests")
        verbose_name_plural = _("handling of requests")
        constraints = [
            models.CheckConstraint(
                condition=Q(answer_days__range=(1, LONGEST_ANSWER)),
                name="services_requestterms_answer",
                violation_error_message=_("An answer takes between 1 and 60 working days."),
            ),
            models.CheckConstraint(
                condition=Q(request_months__range=(1, LONGEST_RETENTION)),
                name="services_requestterms_months",
                violation_error_message=_("Requests stay between 1 and 120 months."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.office)

    @classmethod
    def of(cls, office: Office) -> "RequestTerms":
        """What holds for the office; may query."""
        try:
            return office.request_terms
        except cls.DoesNotExist:
            return cls(office=office)


@tracked(exclude=["sort_key"])
class ServiceOffering(Versioned):
    """One service of an office, as the catalogue shows it, and what a request for it needs.

    `fields` and `target_groups` say whom and what it is about; `task` and `counts_for` are what the yearly report
    counts it for. `recipient` says who gets its requests (services/routing.py).
    """

    class Kind(models.TextChoices):
        TALK = "talk", _("talk")
        ADVICE = "advice", _("advice")
        KNOWLEDGE = "knowledge", _("knowledge transfer")
        TRAINING = "training", _("training")
        ANALYSIS = "analysis", _("analysis")
        FUNDING = "funding", _("support with funding")
        FORUM = "forum", _("forums: developing, organising, moderating")
        STATEMENT = "statement", _("written statement")
        VISIT = "visit", _("visit")
        NETWORK = "network", _("co-ordination and networks")
        CORRECTION = "correction", _("correction of the portal's data")
        OTHER = "other", _("other service")

    class Recipient(models.TextChoices):
        TOWN = "town", _("whoever is responsible for the town")
        POST = "post", _("one contact person")
        INBOX = "inbox", _("the office's inbox")

    office = models.ForeignKey(Office, models.PROTECT, related_name="offerings", verbose_name=_("office"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = NameField(_("title"), max_length=200)
    summary = models.CharField(
        _("in one sentence"), max_length=300, blank=True, help_text=_("In plain language; stands in lists.")
    )
    goal = models.TextField(_("goal"), blank=True, max_length=4000)
    contents = models.TextField(_("contents"), blank=True, max_length=8000, help_text=_("List entries begin with -."))
    needs = models.TextField(_("what it takes"), blank=True, max_length=2000, help_text=_("A room, a projector …"))
    lead_time = models.CharField(_("lead time"), max_length=150, blank=True, help_text=_("For example four weeks."))
    cost = models.CharField(_("cost"), max_length=150, blank=True, help_text=_("For example free of charge."))
    examples = models.TextField(_("examples"), blank=True, max_length=4000)
    fields = models.ManyToManyField(
        FieldOfAction, through="OfferingField", related_name="offerings", blank=True, verbose_name=_("fields of action")
    )
    target_groups = models.ManyToManyField(
        TargetGroup,
        through="OfferingTargetGroup",
        related_name="offerings",
        blank=True,
        verbose_name=_("target groups"),
    )
    contacts = models.ManyToManyField(
        ContactPerson,
        through="OfferingContact",
        related_name="offerings",
        blank=True,
        verbose_name=_("contact persons"),
    )
    task = models.ForeignKey(
        OfficeTask,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="offerings",
        verbose_name=_("office task"),
        help_text=_("What it counts for in the yearly report."),
    )
    counts_for = models.ForeignKey(
        FieldOfAction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="counted_offerings",
        verbose_name=_("counts for the field of action"),
        help_text=_("In the yearly report."),
    )
    recipient = models.CharField(_("who gets the requests"), max_length=10, choices=Recipient, default=Recipient.TOWN)
    post = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="receives_offerings",
        verbose_name=_("this contact person"),
    )
    answer_days = answer_days_field(null=True, blank=True, help_text=_("Empty: as the office answers in general."))
    request_months = request_months_field(null=True, blank=True, help_text=_("Empty: as the office keeps them."))
    period = PeriodField(_("offered"), default=periods.without_limit)
    source = models.CharField(
        _("source"), max_length=300, blank=True, help_text=_("Where the texts come from, where not from the office.")
    )
    sort_key = DerivedCharField(source="title", derive=sort_key)

    objects = ServiceOfferingQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("service offering")
        verbose_name_plural = _("service offerings")
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period__isempty=False),
                name="services_serviceoffering_period",
                violation_error_message=_("The period contains no day."),
            ),
            models.CheckConstraint(
                condition=Q(recipient="post", post__isnull=False) | (~Q(recipient="post") & Q(post=None)),
                name="services_serviceoffering_recipient",
                violation_error_message=_("Name a contact person exactly where one gets the requests."),
            ),
            models.CheckConstraint(
                condition=Q(answer_days=None) | Q(answer_days__range=(1, LONGEST_ANSWER)),
                name="services_serviceoffering_answer",
                violation_error_message=_("An answer takes between 1 and 60 working days."),
            ),
            models.CheckConstraint(
                condition=Q(request_months=None) | Q(request_months__range=(1, LONGEST_RETENTION)),
                name="services_serviceoffering_months",
                violation_error_message=_("Requests stay between 1 and 120 months."),
            ),
            models.UniqueConstraint(
                "office",
                "title",
                name="services_serviceoffering_title",
                violation_error_message=_("The office already has an offering of this title."),
            ),
            models.UniqueConstraint(
                fields=["office"],
                condition=Q(kind="correction"),
                name="services_serviceoffering_one_correction",
                violation_error_message=_("The office already has an offering for corrections."),
            ),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("office", constraint="services_serviceoffering_office_kept"),
            entry_of_office("contacts_officetask", "task_id", "services_serviceoffering_task_of_office"),
            entry_of_office("contacts_fieldofaction", "counts_for_id", "services_serviceoffering_field_of_office"),
            entry_of_office("contacts_contactperson", "post_id", "services_serviceoffering_post_of_office"),
        ]
        indexes = [
            # The catalogue, in alphabetical order.
            models.Index(fields=["sort_key", "id"], name="offering_alphabetical"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("offering", args=[self.pk])

    @property
    def is_correction(self) -> bool:
        return self.kind == self.Kind.CORRECTION

    def is_offered(self, on: datetime.date) -> bool:
        return periods.contains(self.period, on)

    def days_to_answer(self) -> int:
        """Within how many working days requests for it are answered; may query the office's terms."""
        return self.answer_days or RequestTerms.of(self.office).answer_days

    def get_kind_display(self) -> str:  # type: ignore[no-redef]
        """As Django's, which puts the words of all kinds together for each offering of a list."""
        return str(self.Kind(self.kind).label)

    def promised_days(self) -> int | None:
        """What the page promises: nothing where neither offering nor office ever said it; may query the terms."""
        terms = RequestTerms.of(self.office)
        return self.answer_days or (terms.answer_days if terms.pk else None)

    def end_on(self, last: datetime.date) -> None:
        """Let that be the last day on which it is offered."""
        self.period = periods.ended(self.period, last)
        self.save(update_fields=["period"])

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        if self.recipient == self.Recipient.POST and not self.post:
            raise ValidationError({"post": gettext("Please choose who gets the requests.")})
        if self.recipient != self.Recipient.POST and self.post:
            raise ValidationError({"post": gettext("Please leave this empty, or let this person get the requests.")})
        for name in ("task", "counts_for", "post"):
            entry = getattr(self, name)
            if entry and entry.office_id != self.office_id:
                raise ValidationError({name: gettext("This belongs to another office.")})

    @classmethod
    def for_corrections(cls, office: Office) -> "ServiceOffering":
        """What proposals to correct the office's data in the portal are asked of; unsaved where it has none yet."""
        stored = cls.objects.filter(office=office, kind=cls.Kind.CORRECTION).first()
        if stored:
            return stored
        with override(settings.LANGUAGE_CODE):
            return cls(
                office=office,
                kind=cls.Kind.CORRECTION,
                title=gettext("Something is wrong on this page"),
                summary=gettext("Tell us what is wrong about a contact person or the office, and what would be right."),
                recipient=cls.Recipient.INBOX,
            )

    def stored(self) -> "ServiceOffering":
        """The offering for corrections as it is stored: saved now, unless somebody else did so meanwhile.

        Where the office calls another offering like this one, it gets a number.
        """
        rows = type(self).objects.filter(office=self.office, kind=self.Kind.CORRECTION)
        title, number = self.title, 1
        while (stored := rows.first()) is None:
            self.title = title if number == 1 else f"{title} ({number})"
            rows.bulk_create([self], ignore_conflicts=True)
            number += 1
        return stored


class OfOfferingRow(Versioned):
    """A row that belongs to an offering."""

    objects = OfOffering.as_manager()

    class Meta(Versioned.Meta):
        abstract = True

    @property
    def office_id(self) -> int:
        """May query the offering."""
        return self.offering.office_id  # type: ignore[attr-defined]


@tracked()
class OfferingField(OfOfferingRow):
    """A field of action that an offering is about."""

    offering = models.ForeignKey(ServiceOffering, models.CASCADE, related_name="field_links")
    field = models.ForeignKey(
        FieldOfAction, models.PROTECT, related_name="offering_links", verbose_name=_("field of action")
    )

    class Meta(OfOfferingRow.Meta):
        verbose_name = _("field of action of an offering")
        verbose_name_plural = _("fields of action of offerings")
        constraints = [
            models.UniqueConstraint(
                fields=["offering", "field"],
                name="services_offeringfield_once",
                violation_error_message=_("The field of action is already named."),
            )
        ]
        triggers = [
            *OfOfferingRow.Meta.triggers,
            raises_version_of_offering,
            entry_of_office(
                "contacts_fieldofaction",
                "field_id",
                "services_offeringfield_of_office",
                owner="services_serviceoffering",
            ),
        ]

    def __str__(self) -> str:
        return str(self.field)


@tracked()
class OfferingTargetGroup(OfOfferingRow):
    """A target group of an offering."""

    offering = models.ForeignKey(ServiceOffering, models.CASCADE, related_name="target_group_links")
    target_group = models.ForeignKey(
        TargetGroup, models.PROTECT, related_name="offering_links", verbose_name=_("target group")
    )

    class Meta(OfOfferingRow.Meta):
        verbose_name = _("target group of an offering")
        verbose_name_plural = _("target groups of offerings")
        constraints = [
            models.UniqueConstraint(
                fields=["offering", "target_group"],
                name="services_offeringtargetgroup_once",
                violation_error_message=_("The target group is already named."),
            )
        ]
        triggers = [
            *OfOfferingRow.Meta.triggers,
            raises_version_of_offering,
            entry_of_office(
                "contacts_targetgroup",
                "target_group_id",
                "services_offeringtargetgroup_of_office",
                owner="services_serviceoffering",
            ),
        ]

    def __str__(self) -> str:
        return str(self.target_group)


@tracked()
class OfferingContact(OfOfferingRow):
    """A contact person whom an offering names; without any the page shows who is responsible for the towns."""

    offering = models.ForeignKey(ServiceOffering, models.CASCADE, related_name="contact_links")
    post = models.ForeignKey(
        ContactPerson, models.CASCADE, related_name="offering_links", verbose_name=_("contact person")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta(OfOfferingRow.Meta):
        verbose_name = _("contact person of an offering")
        verbose_name_plural = _("contact persons of offerings")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["offering", "post"],
                name="services_offeringcontact_once",
                violation_error_message=_("The contact person is already named."),
            )
        ]
        triggers = [
            *OfOfferingRow.Meta.triggers,
            raises_version_of_offering,
            entry_of_office(
                "contacts_contactperson",
                "post_id",
                "services_offeringcontact_of_office",
                owner="services_serviceoffering",
            ),
        ]

    def __str__(self) -> str:
        return str(self.post)


@tracked()
class Question(OfOfferingRow):
    """What an offering asks of its requests beside what every request says."""

    class Kind(models.TextChoices):
        LINE = "line", _("one line")
        TEXT = "text", _("several lines")
        NUMBER = "number", _("number")
        YES_NO = "yes_no", _("yes or no")
        CHOICE = "choice", _("one of several")

    offering = models.ForeignKey(ServiceOffering, models.CASCADE, related_name="questions")
    wording = models.CharField(_("question"), max_length=200)
    hint = models.CharField(_("hint"), max_length=300, blank=True)
    kind = models.CharField(_("kind of answer"), max_length=10, choices=Kind, default=Kind.LINE)
    choices = models.TextField(_("what may be chosen"), blank=True, max_length=2000, help_text=_("One in each line."))
    is_required = models.BooleanField(_("must be answered"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta(OfOfferingRow.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="choice") & ~Q(choices="") | ~Q(kind="choice") & Q(choices=""),
                name="services_question_choices",
                violation_error_message=_("Say what may be chosen exactly where one of several is asked for."),
            )
        ]
        triggers = [*OfOfferingRow.Meta.triggers, raises_version_of_offering]

    def __str__(self) -> str:
        return self.wording


@tracked()
class AnswerTemplate(Versioned):
    """A text to begin an answer with, for one offering or for all of the office."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="answer_templates", verbose_name=_("office"))
    offering = models.ForeignKey(
        ServiceOffering,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="answer_templates",
        verbose_name=_("only for the offering"),
    )
    title = NameField(_("title"), max_length=150)
    text = models.TextField(
        _("text"),
        max_length=4000,
        help_text=_("[name], [town], [offering] and [reference] are replaced by what the request says."),
    )

    objects = AnswerTemplateQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("answer template")
        verbose_name_plural = _("answer templates")
        ordering = [SortKey("title"), "pk"]
        constraints = [
            models.UniqueConstraint(
                "office",
                "title",
                name="services_answertemplate_title",
                violation_error_message=_("The office already has a template of this title."),
            )
        ]
        triggers = [
            *Versioned.Meta.triggers,
            entry_of_office("services_serviceoffering", "offering_id", "services_answertemplate_of_office"),
        ]

    def __str__(self) -> str:
        return self.title

    def filled(self, request: "ServiceRequest") -> str:
        """The text with what the request says in the places for it; a place that it says nothing for stays."""
        town = request.municipality.name if request.municipality else ""
        said = {
            "name": request.requester_name,
            **dict.fromkeys(("town", "ort"), town),
            **dict.fromkeys(("offering", "leistung"), request.offering.title),
            **dict.fromkeys(("reference", "vorgangsnummer"), request.reference),
        }
        return PLACES.sub(lambda place: said[place[1].lower()] or place[0], self.text)

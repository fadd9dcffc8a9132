"""The coordination offices: who they are, which places they serve, who works in them with which rights."""

import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.fields import DerivedCharField, NameField, PeriodField
from common.phones import Phone, e164, printed
from common.sort_keys import SortKey, sort_key
from common.triggers import unchanging
from common.versions import Versioned
from contacts.querysets import (
    DataProtectionQuerySet,
    FieldOfActionQuerySet,
    LegalTextQuerySet,
    OfficeAreaQuerySet,
    OfficeMembershipQuerySet,
    OfficeQuerySet,
    OfficeTaskQuerySet,
    TargetGroupQuerySet,
    in_area_of,
)
from municipalities.models import Association, District, Municipality, State

not_empty = Q(period__isempty=False)


@tracked(exclude=["sort_key", "phone_e164", "phone_printed"])
class Office(Versioned):
    """A coordination office, such as a Kommunales Integrationszentrum."""

    class Kind(models.TextChoices):
        INTEGRATION_CENTRE = "ki", _("Kommunales Integrationszentrum")
        COORDINATION_OFFICE = "kmut", _("Koordinierungsstelle Migration und Teilhabe")
        INTEGRATION_OFFICE = "integration", _("Koordinierungsstelle Integration")
        OTHER = "other", _("other office")

    code = models.CharField(
        _("code"),
        max_length=5,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{2,5}$", _("Two to five capital letters."))],
        help_text=_("Begins every reference number and never changes, for example LIP."),
    )
    slug = models.SlugField(_("short name in addresses"), unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = NameField(_("name"), max_length=200, help_text=_("In full, for example of which district."))
    email = models.EmailField(_("mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    phone_e164 = DerivedCharField(source="phone", derive=e164, max_length=20)
    phone_printed = DerivedCharField(_("phone"), source="phone", derive=printed, max_length=60)
    website = models.URLField(_("website"), blank=True)
    street = models.CharField(_("street and number"), max_length=150, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=5, blank=True)
    town = models.CharField(_("town"), max_length=100, blank=True)
    office_hours = models.TextField(_("office hours"), blank=True, help_text=_("One line for each day."))
    is_by_appointment = models.BooleanField(_("also by appointment"), default=False)
    confirmation_month = models.PositiveSmallIntegerField(
        _("month in which contacts are asked"),
        null=True,
        blank=True,
        choices=MONTHS,
        help_text=_("Each year contact persons are asked by mail whether their data is right. Empty: nobody is asked."),
    )
    introduction = models.TextField(_("introduction"), blank=True, help_text=_("What the office does, in short."))
    source = models.CharField(
        _("source"), max_length=300, blank=True, help_text=_("Where the texts come from, where not from the office.")
    )
    is_invented = models.BooleanField(
        _("invented"), default=False, help_text=_("For demonstrations; every page of the office says so.")
    )
    sort_key = DerivedCharField(source="name", derive=sort_key)

    objects = OfficeQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["sort_key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmation_month=None) | Q(confirmation_month__range=(1, 12)),
                name="contacts_office_confirmation_month",
                violation_error_message=_("Please choose a month."),
            )
        ]
        triggers = [*Versioned.Meta.triggers, unchanging("code", constraint="contacts_office_code_kept")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("office", args=[self.slug])

    @property
    def telephone(self) -> Phone | None:
        return Phone(self.phone_printed, self.phone_e164) if self.phone else None

    def municipalities(self, on: datetime.date) -> QuerySet[Municipality]:
        """The towns of the area, as they are on that day."""
        return Municipality.objects.existing(on).filter(in_area_of([self]))

    @cached_property
    def state(self) -> State | None:
        """The Land in which the first part of its area lies; None without an area. One query, once."""
        parts = self.areas.select_related(
            "district__state", "association__district__state", "municipality__district__state"
        )
        part = parts.order_by("pk").first()
        if part is None:
            return None
        place: Any = part.association or part.municipality
        return (part.district or place.district).state

    def municipalities_ever(self) -> QuerySet[Municipality]:
        """Every municipality of the area, those that ended too."""
        return Municipality.objects.filter(in_area_of([self]))


@tracked()
class OfficeArea(Versioned):
    """A part of what an office serves: a district, an association or a single municipality."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="areas", verbose_name=_("office"))
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="served_by", verbose_name=_("district")
    )
    association = models.ForeignKey(
        Association,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="served_by",
        verbose_name=_("association of municipalities"),
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="served_by", verbose_name=_("municipality")
    )

    objects = OfficeAreaQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("part of the area")
        verbose_name_plural = _("area")
        constraints = [
            models.CheckConstraint(
                condition=Q(district__isnull=False, association__isnull=True, municipality__isnull=True)
                | Q(district__isnull=True, association__isnull=False, municipality__isnull=True)
                | Q(district__isnull=True, association__isnull=True, municipality__isnull=False),
                name="contacts_officearea_one_place",
                violation_error_message=_("Choose a district, an association or a municipality, one of them."),
            ),
            models.UniqueConstraint(
                fields=["office", "district", "association", "municipality"],
                nulls_distinct=False,
                name="contacts_officearea_once",
                violation_error_message=_("The office already serves this place."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.municipality or self.association or self.district)


class OfficeList(Versioned):
    """A list each office keeps for itself; other things point to its entries."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="%(class)ss", verbose_name=_("office"))
    name = NameField(_("name"), max_length=150)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(Versioned.Meta):
        abstract = True
        ordering = ["office", "position", SortKey("name")]

    def __str__(self) -> str:
        return self.name


@tracked()
class FieldOfAction(OfficeList):
    """A Handlungsfeld such as housing or language."""

    objects = FieldOfActionQuerySet.as_manager()

    class Meta(OfficeList.Meta):
        verbose_name = _("field of action")
        verbose_name_plural = _("fields of action")
        constraints = [
            models.UniqueConstraint(
                "office",
                Lower("name"),
                name="contacts_fieldofaction_name",
                violation_error_message=_("The office already has an entry of this name."),
            ),
            # Lets assignments prove by foreign key that their field is one of their office.
            models.UniqueConstraint(fields=["id", "office"], name="contacts_fieldofaction_of_office"),
        ]
        triggers = [*OfficeList.Meta.triggers, unchanging("office", constraint="contacts_fieldofaction_office_kept")]


@tracked()
class TargetGroup(OfficeList):
    """Whom an offering or forum is for; an office numbers them by position."""

    objects = TargetGroupQuerySet.as_manager()

    class Meta(OfficeList.Meta):
        verbose_name = _("target group")
        verbose_name_plural = _("target groups")
        constraints = [
            models.UniqueConstraint(
                "office",
                Lower("name"),
                name="contacts_targetgroup_name",
                violation_error_message=_("The office already has an entry of this name."),
            )
        ]
        triggers = [*OfficeList.Meta.triggers, unchanging("office", constraint="contacts_targetgroup_office_kept")]


@tracked()
class OfficeTask(OfficeList):
    """A task that funder and council ask about; whatever is done can point to it."""

    objects = OfficeTaskQuerySet.as_manager()

    class Meta(OfficeList.Meta):
        verbose_name = _("office task")
        verbose_name_plural = _("office tasks")
        constraints = [
            models.UniqueConstraint(
                "office",
                Lower("name"),
                name="contacts_officetask_name",
                violation_error_message=_("The office already has an entry of this name."),
            )
        ]
        triggers = [*OfficeList.Meta.triggers, unchanging("office", constraint="contacts_officetask_office_kept")]


@tracked()
class OfficeMembership(Versioned):
    """What an account may do for an office, and for how long."""

    class Role(models.TextChoices):
        COORDINATOR = "coordinator", _("coordinator")
        LEAD = "lead", _("office lead")
        ADMINISTRATOR = "administrator", _("administrator")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="office_memberships", verbose_name=_("account")
    )
    office = models.ForeignKey(Office, models.CASCADE, related_name="memberships", verbose_name=_("office"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    period = PeriodField(_("period"))

    objects = OfficeMembershipQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("membership of an office")
        verbose_name_plural = _("memberships of offices")
        ordering = ["office", "user"]
        constraints = [
            models.CheckConstraint(
                condition=not_empty,
                name="contacts_officemembership_period",
                violation_error_message=_("The period contains no day."),
            ),
            ExclusionConstraint(
                name="contacts_officemembership_once",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("office", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The account already has this role at the office in this period."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}, {self.office}"


def months_field(label: Any, default: int, longest: int, help_text: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        label, default=default, validators=[MinValueValidator(1), MaxValueValidator(longest)], help_text=help_text
    )


@tracked()
class DataProtection(Versioned):
    """How long an office keeps what about people, and what it writes into its record of processing activities.

    An office without such a row has the defaults.
    """

    LONGEST_PEOPLE, LONGEST_ABSENCES = 120, 36

    office = models.OneToOneField(Office, models.CASCADE, related_name="data_protection", verbose_name=_("office"))
    people_months = months_field(
        _("people and accounts stay, months"),
        24,
        LONGEST_PEOPLE,
        _("Counted from the end of the last post, role and use; then name and address are erased by themselves."),
    )
    absence_months = months_field(
        _("absences stay, months"), 12, LONGEST_ABSENCES, _("Counted from their last day; then they are deleted.")
    )
    controller = models.TextField(
        _("controller"), blank=True, help_text=_("Authority and who represents it; without it the office itself.")
    )
    officer = models.TextField(
        _("data protection officer"), blank=True, help_text=_("Name or function, and how to reach them.")
    )
    legal_basis = models.TextField(
        _("legal basis"),
        blank=True,
        help_text=_("Without it: Art. 6 (1) (e) GDPR with the data protection law of the state."),
    )
    recipients = models.TextField(_("further recipients"), blank=True)
    measures = models.TextField(
        _("technical and organisational measures"), blank=True, help_text=_("In addition to those of the portal.")
    )

    objects = DataProtectionQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("data protection")
        verbose_name_plural = _("data protection")
        constraints = [
            models.CheckConstraint(
                condition=Q(people_months__range=(1, 120)),
                name="contacts_dataprotection_people",
                violation_error_message=_("People stay between 1 and 120 months."),
            ),
            models.CheckConstraint(
                condition=Q(absence_months__range=(1, 36)),
                name="contacts_dataprotection_absences",
                violation_error_message=_("Absences stay between 1 and 36 months."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.office)

    @classmethod
    def of(cls, office: Office | None) -> "DataProtection":
        """What holds for the office, or for what belongs to none; may query."""
        try:
            return office.data_protection if office else cls()
        except cls.DoesNotExist:
            return cls(office=office)

    def get_absolute_url(self) -> str:
        return f"{reverse('processing_record')}?stelle={self.office.slug}"


@tracked()
class LegalText(Versioned):
    """Imprint, privacy notice or accessibility statement of an office; of the operator where office is empty."""

    class Kind(models.TextChoices):
        IMPRINT = "impressum", _("imprint")
        PRIVACY = "datenschutz", _("privacy notice")
        ACCESSIBILITY = "barrierefreiheit", _("accessibility statement")

    office = models.ForeignKey(
        Office, models.CASCADE, null=True, blank=True, related_name="legal_texts", verbose_name=_("office")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    body = models.TextField(_("text"), blank=True, help_text=_("Headings begin with ##, list entries with -."))
    reviewed_on = models.DateField(_("last reviewed on"), null=True, blank=True)

    objects = LegalTextQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("legal text")
        verbose_name_plural = _("legal texts")
        ordering = ["office", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "kind"],
                nulls_distinct=False,
                name="contacts_legaltext_once",
                violation_error_message=_("This text exists already; edit it instead."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.office or _('operator')})"

"""Who is responsible for which town on which day, and who stands in."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from common.audit import tracked
from common.fields import PeriodField
from common.versions import Versioned, raise_version
from contacts.models.offices import FieldOfAction, Office
from contacts.models.people import ContactPerson
from contacts.querysets import AbsenceQuerySet, AssignmentQuerySet
from municipalities.models import Municipality


@tracked(exclude=["starts_on"])
class Assignment(Versioned):
    """A post's responsibility for a municipality, in general or in one field of action, over a period.

    `valid` is half-open in the database and shown with its last day. That the office is the post's and the
    field's, that it serves the municipality, and that the post exists all the while, is kept by the database
    (migration 0002).
    """

    class Role(models.TextChoices):
        PRIMARY = "primary", _("primary")
        DEPUTY = "deputy", _("deputy")

    contact_person = models.ForeignKey(
        ContactPerson, models.PROTECT, related_name="assignments", verbose_name=_("contact person")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="assignments", editable=False, verbose_name=_("office")
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="assignments", verbose_name=_("municipality")
    )
    field = models.ForeignKey(
        FieldOfAction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name=_("field of action"),
        help_text=_("Empty for everything that no one else has a field for."),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.PRIMARY)
    valid = PeriodField(_("valid"))
    starts_on = models.GeneratedField(
        expression=Func(F("valid"), function="lower"),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("valid from"),
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["municipality__sort_key", "role", "-starts_on"]
        triggers = [raise_version(generated=["starts_on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid__isempty=False, valid__startswith__isnull=False),
                name="contacts_assignment_period",
                violation_error_message=_("The period needs a first day and must contain at least one day."),
            ),
            ExclusionConstraint(
                name="contacts_assignment_one_primary",
                expressions=[
                    ("office", RangeOperators.EQUAL),
                    ("municipality", RangeOperators.EQUAL),
                    (Coalesce("field", 0), RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=Q(role="primary"),
                deferrable=Deferrable.DEFERRED,
                violation_error_message=_("Someone else is already primarily responsible in this period."),
            ),
            ExclusionConstraint(
                name="contacts_assignment_post_once",
                expressions=[
                    ("contact_person", RangeOperators.EQUAL),
                    ("municipality", RangeOperators.EQUAL),
                    (Coalesce("field", 0), RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                deferrable=Deferrable.DEFERRED,
                violation_error_message=_("This person is already assigned to the municipality in this period."),
            ),
        ]
        indexes = [
            # The town page: who is responsible for one municipality on a day.
            models.Index(fields=["municipality", "role"], name="assignment_of_municipality"),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}: {self.contact_person}"


@tracked()
class Absence(Versioned):
    """Days on which a post is away, and who of the same office stands in. No reason is asked."""

    contact_person = models.ForeignKey(
        ContactPerson, models.CASCADE, related_name="absences", verbose_name=_("contact person")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="absences", editable=False, verbose_name=_("office")
    )
    substitute = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stands_in_during",
        verbose_name=_("substitute"),
    )
    days = PeriodField(_("days"))

    objects = AbsenceQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-days"]
        constraints = [
            models.CheckConstraint(
                condition=Q(days__isempty=False, days__startswith__isnull=False),
                name="contacts_absence_days",
                violation_error_message=_("The absence needs a first day and must contain at least one day."),
            ),
            models.CheckConstraint(
                condition=~Q(substitute=F("contact_person")),
                name="contacts_absence_another",
                violation_error_message=_("Nobody stands in for themselves."),
            ),
            ExclusionConstraint(
                name="contacts_absence_once",
                expressions=[("contact_person", RangeOperators.EQUAL), ("days", RangeOperators.OVERLAPS)],
                violation_error_message=_("The person is already away in this period."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.contact_person)

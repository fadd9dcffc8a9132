"""Who is responsible for which town on which day, and who stands in."""

import datetime
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Deferrable, F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common import periods
from common.audit import tracked
from common.fields import PeriodField
from common.versions import Versioned, raise_version
from contacts.models.offices import FieldOfAction, Office
from contacts.models.people import ContactPerson
from contacts.querysets import AbsenceQuerySet, AssignmentQuerySet
from municipalities.models import Municipality


class OfficeOfPostField(models.ForeignKey):
    """The office of the row's post, taken from it wherever a row without one is saved or bulk-created.

    It stands in the row for the constraints' sake; a composite foreign key proves that both are the same.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"editable": False, "blank": True})

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        if model_instance.office_id is None and model_instance.contact_person_id is not None:
            model_instance.office_id = model_instance.contact_person.office_id
        return super().pre_save(model_instance, add)


@tracked(exclude=["starts_on"])
class Assignment(Versioned):
    """A post's responsibility for a municipality, in general or in one field of action, over a period.

    `valid` is half-open in the database and shown with its last day. That the office is the post's and the
    field's, that it serves the municipality, and that the post exists all the while, is kept by the database
    (migration 0002); `clean()` says the same beside the field.
    """

    class Role(models.TextChoices):
        PRIMARY = "primary", _("primary")
        DEPUTY = "deputy", _("deputy")

    contact_person = models.ForeignKey(
        ContactPerson, models.PROTECT, related_name="assignments", verbose_name=_("contact person")
    )
    office = OfficeOfPostField(Office, models.PROTECT, related_name="assignments", verbose_name=_("office"))
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
        triggers = [raise_version(besides=["starts_on"])]
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
            # Lets hand-overs prove by foreign key that the responsibility is one of their office.
            models.UniqueConstraint(fields=["id", "office"], name="contacts_assignment_of_office"),
        ]
        indexes = [
            # The town page: who is responsible for one municipality on a day.
            models.Index(fields=["municipality", "role"], name="assignment_of_municipality"),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}: {self.contact_person}"

    @property
    def place(self) -> str:
        """The town, and what of it: "Adorf (Wohnen, stellvertretend)"."""
        parts = [str(self.field)] if self.field else []
        if self.role == self.Role.DEPUTY:
            parts.append(str(self.Role.DEPUTY.label))
        return f"{self.municipality.name} ({', '.join(parts)})" if parts else self.municipality.name

    def told(self) -> str:
        """The responsibility in one phrase: place, person and period."""
        return f"{self.place}, {self.contact_person}, {periods.in_words(self.valid)}"

    def is_current(self, on: datetime.date) -> bool:
        return periods.contains(self.valid, on)

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        if not self.is_filled_in():
            return  # said by the fields themselves
        self.office = self.contact_person.office
        errors: dict[str, str] = {}
        if self.field and self.field.office_id != self.office_id:
            errors["field"] = gettext("This field of action belongs to another office.")
        if self.is_place_new() and not self.office.municipalities_ever().filter(pk=self.municipality_id).exists():
            errors["municipality"] = gettext("%(office)s does not serve this municipality.") % {"office": self.office}
        if not periods.encloses(self.contact_person.period, self.valid):
            errors["valid"] = gettext("%(person)s holds this post %(period)s only.") % {
                "person": self.contact_person,
                "period": periods.in_words(self.contact_person.period),
            }
        if errors:
            raise ValidationError(errors)
        if not self.is_checked_with_others:
            self.check_conflicts()

    def is_filled_in(self) -> bool:
        """Whether post, town and period are there, so that the rest can be judged; the post may still be unsaved."""
        has_post = self.contact_person_id is not None or "contact_person" in self._state.fields_cache
        return has_post and self.municipality_id is not None and bool(self.valid) and not self.valid.isempty

    def is_place_new(self) -> bool:
        """Whether the town has to lie in the area: what ended may stay where the office serves no longer."""
        if self.pk is None or self.valid.upper is None:
            return True
        return not Assignment.objects.filter(
            pk=self.pk, office=self.office_id, municipality=self.municipality_id
        ).exists()

    # Set by a formset that asks for the conflicts of all its rows together.
    is_checked_with_others = False

    def check_conflicts(self, beside: Iterable["Assignment"] = (), without: Iterable["Assignment"] = ()) -> None:
        """Raise a ValidationError that names who is in the way, and when."""
        if conflicts := self.conflicts(beside, without):
            raise ValidationError({"valid": [self.told_in_the_way(other) for other in conflicts]}, code="conflict")

    def conflicts(
        self, beside: Iterable["Assignment"] = (), without: Iterable["Assignment"] = ()
    ) -> list["Assignment"]:
        """The rows in the way of this one.

        Those `beside` are saved with it and count as they will be, those in `without` are deleted with it.
        """
        beside = [other for other in beside if other is not self]
        in_the_way = Q(contact_person=self.contact_person_id)
        if self.role == self.Role.PRIMARY:
            in_the_way |= Q(office=self.contact_person.office_id, role=self.Role.PRIMARY)
        stored = Assignment.objects.filter(
            in_the_way, municipality=self.municipality_id, field=self.field_id, valid__overlap=self.valid
        ).exclude(pk__in=[row.pk for row in (self, *beside, *without) if row.pk])
        return [*stored.with_details().order_by("starts_on"), *(other for other in beside if self.excludes(other))]

    def excludes(self, other: "Assignment") -> bool:
        """Whether both cannot be: the same post twice, or two primary ones, at one place in one period."""
        if (self.municipality_id, self.field_id) != (other.municipality_id, other.field_id):
            return False
        if not periods.overlap(self.valid, other.valid):
            return False
        both_primary = self.role == other.role == self.Role.PRIMARY
        same_office = self.contact_person.office_id == other.contact_person.office_id
        return self.contact_person == other.contact_person or (both_primary and same_office)

    def told_in_the_way(self, other: "Assignment") -> str:
        words = {"person": str(other.contact_person), "period": periods.in_words(other.valid)}
        if other.contact_person == self.contact_person:
            return gettext("Already assigned to this municipality: %(person)s, %(period)s.") % words
        return gettext("Already primarily responsible: %(person)s, %(period)s.") % words

    def end_on(self, last: datetime.date) -> None:
        """Let the responsibility end with that day."""
        self.valid = periods.ended(self.valid, last)
        self.save(update_fields=["valid"])


def in_the_way(
    rows: Collection[Assignment], without: Iterable[int | None] = ()
) -> list[tuple[Assignment, list[Assignment]]]:
    """Of rows that are saved together, as they will be: each that cannot be, with what stands in its way. One query.

    Stored rows whose ids are in `without` are gone by then.
    """
    if not rows:
        return []
    ignored = [pk for pk in (*(row.pk for row in rows), *without) if pk]
    stored = Assignment.objects.filter(
        office__in={row.contact_person.office_id for row in rows},
        municipality__in={row.municipality_id for row in rows},
    )
    others = [*stored.exclude(pk__in=ignored).with_details().order_by("starts_on"), *rows]
    found = [(row, [other for other in others if other is not row and row.excludes(other)]) for row in rows]
    return [(row, conflicting) for row, conflicting in found if conflicting]


@tracked()
class Absence(Versioned):
    """Days on which a post is away, and who of the same office stands in. No reason is asked."""

    contact_person = models.ForeignKey(
        ContactPerson, models.CASCADE, related_name="absences", verbose_name=_("contact person")
    )
    office = OfficeOfPostField(Office, models.PROTECT, related_name="absences", verbose_name=_("office"))
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

    @property
    def days_at_post(self) -> DateRange:
        """The days of it on which the post is held; see `AbsenceQuerySet.at_post`."""
        return periods.common_days(self.days, self.contact_person.period)

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        if self.contact_person_id is None or not self.days or self.days.isempty:
            return  # said by the fields themselves
        self.office_id = self.contact_person.office_id
        if self.substitute_id == self.contact_person_id:
            raise ValidationError({"substitute": gettext("Nobody stands in for themselves.")})
        if self.substitute and self.substitute.office_id != self.office_id:
            raise ValidationError(
                {"substitute": gettext("%(person)s does not work at this office.") % {"person": self.substitute}}
            )
        others = Absence.objects.filter(contact_person=self.contact_person_id, days__overlap=self.days)
        if other := others.exclude(pk=self.pk).first():
            raise ValidationError(
                {"days": gettext("Already away: %(period)s.") % {"period": periods.in_words(other.days)}},
                code="conflict",
            )

    def end_on(self, last: datetime.date) -> None:
        """Let the absence end with that day."""
        self.days = periods.ended(self.days, last)
        self.save(update_fields=["days"])

    def back_on(self, day: datetime.date) -> None:
        """Let the person be there again from that day; what would be left without a day is deleted."""
        if self.days.lower and self.days.lower >= day:
            self.delete()
        else:
            self.end_on(day - periods.ONE_DAY)

    def warnings(self) -> list[str]:
        """What to know before this absence, as it is typed, is saved; it is never refused. Up to four queries."""
        person = self.contact_person.person.name
        found = []
        if towns := ", ".join(str(town) for town in self.broken_chains()):
            text = gettext("In the absence %(days)s nobody stands in for: %(towns)s. Visitors see the office itself.")
            found.append(text % {"days": periods.in_words(self.days), "towns": towns})
        together = Absence.objects.filter(days__overlap=self.days).exclude(pk=self.pk).order_by("days")
        if self.substitute:
            if not periods.encloses(self.substitute.period, self.days):
                text = gettext("%(person)s holds this post %(period)s only.")
                found.append(text % {"person": self.substitute, "period": periods.in_words(self.substitute.period)})
            found += [
                gettext("%(person)s is away too: %(days)s.")
                % {"person": self.substitute, "days": periods.in_words(other.days)}
                for other in together.filter(contact_person=self.substitute)
            ]
        found += [
            gettext("%(person)s stands in for %(absent)s, %(days)s.")
            % {"person": person, "absent": other.contact_person, "days": periods.in_words(other.days)}
            for other in together.filter(substitute=self.contact_person).select_related("contact_person__person")
        ]
        return found

    def broken_chains(self) -> list[Municipality]:
        """The towns that by this absence have no person on some day of it: to warn of, never to refuse.

        Looks at the assignments as they are stored and at this absence as it is typed.
        """
        assignments = list(
            Assignment.objects.filter(office=self.contact_person.office_id, role=Assignment.Role.PRIMARY)
            .filter(valid__overlap=self.days)
            .select_related("municipality")
        )
        absences = list(
            Absence.objects.filter(office=self.contact_person.office_id, days__overlap=self.days)
            .exclude(pk=self.pk)
            .select_related("substitute")
        )
        absences.append(self)
        # Between two days on which something begins or ends nothing changes.
        edges = {self.days.lower} | {day for absence in absences for day in (absence.days.lower, absence.days.upper)}
        edges |= {day for assignment in assignments for day in (assignment.valid.lower, assignment.valid.upper)}
        edges |= {a.substitute.period.upper for a in absences if a.substitute}
        days = [day for day in edges if day and periods.contains(self.days, day)]
        broken: dict[int, Municipality] = {}
        for day in days:
            away = {absence.contact_person_id: absence for absence in absences if periods.contains(absence.days, day)}
            for assignment in assignments:
                post = assignment.contact_person_id
                if not periods.contains(assignment.valid, day) or post not in away:
                    continue
                chain, present = followed(away[post], away, day)
                if present is None and any(absence is self for absence in chain):
                    broken[assignment.municipality_id] = assignment.municipality
        return sorted(broken.values(), key=lambda town: (town.sort_key, town.pk))


def first_present(absence: Absence, away: dict[int, Absence], on: datetime.date) -> ContactPerson | None:
    """The first of the chain of substitutes who is there on that day; None where it ends or runs in a circle.

    `away` holds the absences of that day by the id of the post.
    """
    return followed(absence, away, on)[1]


def followed(
    absence: Absence, away: dict[int, Absence], on: datetime.date
) -> tuple[list[Absence], ContactPerson | None]:
    """The absences of the chain, this one first, and the first one present; see `first_present`."""
    seen, chain = {absence.contact_person_id}, [absence]
    while True:
        substitute = chain[-1].substitute
        if substitute is None or substitute.pk in seen or not periods.contains(substitute.period, on):
            return chain, None
        following = away.get(substitute.pk)
        if following is None:
            return chain, substitute
        seen.add(substitute.pk)
        chain.append(following)


def same_until(chain: Iterable[Absence], on: datetime.date) -> datetime.date | None:
    """The last day on which the chain ends with the same person as on that day; None where no end is known."""
    edges = []
    for absence in chain:
        edges.append(absence.days.upper)
        if absence.substitute:
            edges += [absence.substitute.period.lower, absence.substitute.period.upper]
    following = [edge for edge in edges if edge and edge > on]
    return min(following) - periods.ONE_DAY if following else None


def days_alone(absences: Iterable[Absence], within: DateRange) -> dict[int, datetime.date]:
    """For the ids of an office's absences the first of these days on which nobody of the chain stands in.

    Needs all the office's absences with any of the days, each with its post and substitute loaded. An absence on none
    of whose days this is so has no entry; days on which the post is not held do not count.
    """
    absences = list(absences)
    # Between two days on which something begins or ends nothing changes.
    edges = {within.lower} | {day for absence in absences for day in (absence.days.lower, absence.days.upper)}
    edges |= {absence.substitute.period.upper for absence in absences if absence.substitute}
    edges |= {absence.contact_person.period.lower for absence in absences}
    found: dict[int, datetime.date] = {}
    for day in sorted(day for day in edges if day and periods.contains(within, day)):
        away = {absence.contact_person_id: absence for absence in absences if periods.contains(absence.days, day)}
        for absence in away.values():
            is_held = periods.contains(absence.contact_person.period, day)
            if is_held and absence.pk not in found and first_present(absence, away, day) is None:
                found[absence.pk] = day
    return found

"""Hand-overs: from a day on, towns pass from one contact person to others, or somebody leaves as a whole.

What a hand-over changes is worked out by `contacts.handover_plan`, for the preview as for keeping it. Responsibilities
get their future days at once; open work passes on the day itself.
"""

import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common import periods
from common.audit import tracked
from common.database_errors import checked
from common.fields import PeriodField
from common.triggers import refusing, unchanging
from common.versions import Versioned
from contacts import open_work
from contacts.models.offices import Office, OfficeMembership
from contacts.models.people import ContactPerson
from contacts.models.responsibility import Assignment, in_the_way
from contacts.querysets import HandoverQuerySet, HandoverTownQuerySet


@tracked()
class Handover(Versioned):
    """Towns of one contact person that pass to others on a day; with `is_leaving` the person's post ends too.

    Planned until its day, then carried out; cancelled at most before. Only a planned one changes, and only its state.
    """

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("hand-over", "planned")
        CARRIED_OUT = "carried_out", pgettext_lazy("hand-over", "carried out")
        CANCELLED = "cancelled", pgettext_lazy("hand-over", "cancelled")

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="handovers", verbose_name=_("office"), editable=False
    )
    leaver = models.ForeignKey(
        ContactPerson, models.PROTECT, related_name="handovers", verbose_name=_("handed over by"), editable=False
    )
    day = models.DateField(_("from this day on"), editable=False)
    note = models.TextField(_("general note"), blank=True)
    is_leaving = models.BooleanField(_("leaves the office"), default=False, editable=False)
    # Which open work goes along, besides that of the towns; whoever leaves hands over all of it.
    kinds = ArrayField(models.CharField(max_length=50), verbose_name=_("open work"), default=list, editable=False)
    rest_to = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("open work without a town goes to"),
        editable=False,
    )
    state = models.CharField(
        pgettext_lazy("hand-over", "state"), max_length=20, choices=State, default=State.PLANNED, editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("planned by"),
        editable=False,
    )
    created_at = models.DateTimeField(_("planned at"), default=timezone.now, editable=False)

    objects = HandoverQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["-day", "-pk"]
        constraints = [
            # Lets the towns prove by foreign key that they are handed over within one office.
            models.UniqueConstraint(fields=["id", "office"], name="contacts_handover_of_office"),
        ]
        indexes = [
            # The duty: what is due.
            models.Index(fields=["day"], condition=Q(state="planned"), name="handover_due"),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging(
                "office", "leaver", "day", "is_leaving", "kinds", "rest_to", constraint="contacts_handover_planned_so"
            ),
            refusing(
                "settled",
                pgtrigger.Before,
                pgtrigger.Update,
                # Erasure may still take a note away.
                "OLD.state <> 'planned' AND (NEW.state <> OLD.state OR (NEW.note <> OLD.note AND NEW.note <> ''))",
                "contacts_handover_settled",
            ),
            refusing(
                "stays", pgtrigger.Before, pgtrigger.Delete, "OLD.state = 'carried_out'", "contacts_handover_settled"
            ),
            pgtrigger.Trigger(
                name="close_towns",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.AnyChange("state"),
                func="UPDATE contacts_handovertown SET is_planned = false WHERE handover_id = NEW.id; RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(person)s, from %(day)s") % {
            "person": self.leaver,
            "day": date_format(self.day, "SHORT_DATE_FORMAT"),
        }

    def get_absolute_url(self) -> str:
        return reverse("handover", args=[self.pk])

    @property
    def last_day(self) -> datetime.date:
        """The last day on which all is as before."""
        return self.day - periods.ONE_DAY

    def is_due(self, on: datetime.date) -> bool:
        return self.state == self.State.PLANNED and self.day <= on

    def can_be_cancelled(self, on: datetime.date) -> bool:
        return self.state == self.State.PLANNED and on < self.day

    def _locked(self) -> "Handover":
        return Handover.objects.select_for_update(no_key=True).get(pk=self.pk)

    def _close(self, state: State) -> None:
        self.state = state
        self.save(update_fields=["state"])

    def cancel(self, on: datetime.date) -> None:
        """Restore what was before; a ValidationError names what was changed since and stands in the way."""
        with checked():
            if not self._locked().can_be_cancelled(on):
                raise ValidationError(gettext("A hand-over can be cancelled only until its day."), code="too_late")
            self._lock_changed_rows()
            changes = list(self.changes.of_cancelling())
            created = [change for change in changes if change.kind == HandoverChange.Kind.CREATED]
            gone = [change.assignment_id for change in created if change.assignment_id]
            held = HandoverTown.objects.filter(assignment__in=gone).exclude(handover=self)
            alive = held.exclude(handover__state=self.State.CANCELLED).with_details().select_related("handover__leaver")
            if further := [town.told_as_handed_further() for town in alive]:
                raise ValidationError(further, code="handed_further")
            if touched := [change.told_as_touched() for change in changes if not change.is_untouched()]:
                raise ValidationError(touched, code="changed_since")
            restored = [change.undo() for change in changes]
            assignments = [row for row in restored if isinstance(row, Assignment)]
            if obstacles := in_the_way(assignments, without=gone):
                raise ValidationError(
                    [row.told_in_the_way(other) for row, others in obstacles for other in others], code="conflict"
                )
            # What was created can go only when nothing remembers it any more.
            self.changes.all().delete()
            held.delete()
            Assignment.objects.filter(pk__in=gone).delete()
            self._close(self.State.CANCELLED)

    def _lock_changed_rows(self) -> None:
        """Nobody else changes them from here to the end of the transaction."""
        for name, model in (("post", ContactPerson), ("assignment", Assignment), ("membership", OfficeMembership)):
            rows: Any = model.objects.filter(pk__in=self.changes.values(name))
            list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))

    @transaction.atomic
    def carry_out(self, on: datetime.date) -> bool:
        """Pass on what is open now, once; False where it is not due or another process did it already."""
        if not self._locked().is_due(on):
            return False
        receivers, rest_to = open_work_receivers(self._towns_as_of(on)), self._rest_to_as_of(on)
        passed: list[PassedWork] = []
        for kind in open_work.kinds():
            by_receiver: dict[ContactPerson, list[open_work.Thing]] = {}
            for thing in kind.open_of(self.leaver):
                receiver = self.receiver_of(kind, thing, receivers, rest_to)
                if receiver is not None:
                    by_receiver.setdefault(receiver, []).append(thing)
                passed.append(
                    PassedWork(handover=self, kind=kind.key, label=thing.label, url=thing.url, receiver=receiver)
                )
            for receiver, things in by_receiver.items():
                kind.pass_on([thing.pk for thing in things], receiver, self)
        PassedWork.objects.bulk_create(passed)
        self._close(self.State.CARRIED_OUT)
        return True

    def receiver_of(
        self,
        kind: open_work.Kind,
        thing: open_work.Thing,
        of_towns: dict[int, ContactPerson],
        rest_to: ContactPerson | None,
    ) -> ContactPerson | None:
        """To whom something open goes; None where it stays."""
        if thing.town_id is not None and thing.town_id in of_towns:
            return of_towns[thing.town_id]
        return rest_to if self.is_leaving or kind.key in self.kinds else None

    def _towns_as_of(self, on: datetime.date) -> list["HandoverTown"]:
        """The towns, each with whoever has it then where its receiver has passed it on meanwhile."""
        towns = list(self.towns.with_details())
        held = Assignment.objects.primary().filter(
            office=self.office_id, municipality__in={town.assignment.municipality_id for town in towns}
        )
        of_place: dict[tuple[int, int | None], list[Assignment]] = {}
        for row in held.upcoming(on).select_related("contact_person__person").order_by("starts_on", "pk"):
            of_place.setdefault((row.municipality_id, row.field_id), []).append(row)
        for town in towns:
            rows = of_place.get((town.assignment.municipality_id, town.assignment.field_id), [])
            if town.receiver is None or any(row.contact_person_id == town.receiver_id for row in rows):
                continue
            holder = next((row.contact_person for row in rows if periods.contains(row.valid, on)), None)
            if holder or has_left(town.receiver, on):
                town.receiver = holder
        return towns

    def _rest_to_as_of(self, on: datetime.date) -> ContactPerson | None:
        """Who takes the rest; of somebody who has left meanwhile, whoever took over theirs."""
        post, asked = self.rest_to, set()
        while post and has_left(post, on):
            asked.add(post.pk)
            leavings = Handover.objects.exclude(state=self.State.CANCELLED).filter(leaver=post, is_leaving=True)
            leaving = leavings.select_related("rest_to__person").order_by("-day").first()
            post = leaving.rest_to if leaving and leaving.rest_to_id not in asked else None
        return post


def has_left(post: ContactPerson, on: datetime.date) -> bool:
    return post.period.upper is not None and post.period.upper <= on


def open_work_receivers(towns: Any) -> dict[int, ContactPerson]:
    """Who takes the open work of which town: who becomes primarily responsible, in general before in a field."""
    receivers: dict[int, ContactPerson] = {}
    primary = [row for row in towns if row.receiver and row.assignment.role == Assignment.Role.PRIMARY]
    for row in sorted(primary, key=lambda row: (row.assignment.field_id is not None, row.assignment_id)):
        receivers.setdefault(row.assignment.municipality_id, row.receiver)
    return receivers


@tracked()
class HandoverTown(Versioned):
    """One responsibility that is handed over, to whom, what to know about it, and that both sides said so."""

    class Side(models.TextChoices):
        GIVEN = "given", _("handed over")
        RECEIVED = "received", _("taken over")

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="towns", verbose_name=_("hand-over"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"), editable=False)
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, related_name="handed_over_in", verbose_name=_("assignment")
    )
    receiver = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        related_name="taken_over",
        verbose_name=_("taken over by"),
        help_text=_("Nobody: the office itself."),
    )
    note = models.TextField(_("notes"), blank=True)
    # As the hand-over's state says; kept here by a trigger for the constraint below.
    is_planned = models.BooleanField(default=True, editable=False)
    given_at = models.DateTimeField(_("handed over, confirmed at"), null=True, editable=False)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("handed over, confirmed by"),
        editable=False,
    )
    received_at = models.DateTimeField(_("taken over, confirmed at"), null=True, editable=False)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("taken over, confirmed by"),
        editable=False,
    )

    objects = HandoverTownQuerySet.as_manager()

    class Meta(Versioned.Meta):
        verbose_name = _("town handed over")
        verbose_name_plural = _("towns handed over")
        ordering = ["assignment__municipality__sort_key", "assignment__role", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(is_planned=True),
                name="contacts_handovertown_one_planned",
                violation_error_message=_("Another hand-over of this responsibility is planned already."),
            ),
            models.UniqueConstraint(fields=["handover", "assignment"], name="contacts_handovertown_once"),
        ]
        triggers = [
            *Versioned.Meta.triggers,
            unchanging("handover", "office", "assignment", "receiver", constraint="contacts_handovertown_planned_so"),
            refusing(
                "settled",
                pgtrigger.Before,
                pgtrigger.Update,
                "(NOT OLD.is_planned AND (NEW.is_planned OR (NEW.note <> OLD.note AND NEW.note <> '')))"
                " OR NEW.given_at IS DISTINCT FROM COALESCE(OLD.given_at, NEW.given_at)"
                " OR NEW.received_at IS DISTINCT FROM COALESCE(OLD.received_at, NEW.received_at)",
                "contacts_handover_settled",
            ),
            refusing(
                "begins_planned",
                pgtrigger.Before,
                pgtrigger.Insert,
                "NOT NEW.is_planned OR NOT EXISTS (SELECT FROM contacts_handover"
                " WHERE id = NEW.handover_id AND state = 'planned' FOR SHARE)",
                "contacts_handover_settled",
            ),
            refusing(
                "stays",
                pgtrigger.Before,
                pgtrigger.Delete,
                "EXISTS (SELECT FROM contacts_handover WHERE id = OLD.handover_id AND state = 'carried_out')",
                "contacts_handover_settled",
            ),
        ]

    def __str__(self) -> str:
        return self.assignment.place

    def told_as_handed_further(self) -> str:
        return gettext("Handed over further: %(entry)s. Please cancel that hand-over first (%(handover)s).") % {
            "entry": self.assignment.told(),
            "handover": self.handover,
        }

    def is_confirmed(self, side: str) -> bool:
        return getattr(self, f"{side}_at") is not None

    def can_be_confirmed(self, side: str) -> bool:
        """Not twice, not what was cancelled, and nobody takes over what stays with the office."""
        if self.handover.state == Handover.State.CANCELLED or self.is_confirmed(side):
            return False
        return side == self.Side.GIVEN or self.receiver_id is not None

    def person_of(self, side: str) -> ContactPerson | None:
        return self.handover.leaver if side == self.Side.GIVEN else self.receiver

    def confirm(self, side: str, by: Any, at: datetime.datetime) -> None:
        """One side's signature; a second one changes nothing."""
        rows = HandoverTown.objects.filter(pk=self.pk, **{f"{side}_at": None})
        rows.exclude(handover__state=Handover.State.CANCELLED).update(**{f"{side}_at": at, f"{side}_by": by})


class HandoverChangeQuerySet(models.QuerySet["HandoverChange"]):
    def of_cancelling(self) -> "HandoverChangeQuerySet":
        """With everything that undoing asks."""
        return self.select_related(
            "handover",
            "town__assignment",
            "assignment__contact_person__person",
            "assignment__municipality",
            "assignment__field",
            "post__person",
            "membership__user",
        ).order_by("pk")


class HandoverChange(models.Model):
    """What planning did to one row, so that cancelling can restore it; gone when it is cancelled."""

    class Kind(models.TextChoices):
        ENDED = "ended"
        CREATED = "created"
        # A responsibility that begins on the day or later: it is the receiver's from its beginning.
        TRANSFERRED = "transferred"

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="changes")
    town = models.ForeignKey(HandoverTown, models.CASCADE, null=True, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    assignment = models.ForeignKey(Assignment, models.PROTECT, null=True, related_name="handover_changes")
    post = models.ForeignKey(ContactPerson, models.PROTECT, null=True, related_name="handover_changes")
    membership = models.ForeignKey(OfficeMembership, models.CASCADE, null=True, related_name="handover_changes")
    before = PeriodField(null=True)
    after = PeriodField()

    objects = HandoverChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change by a hand-over")
        verbose_name_plural = _("changes by hand-overs")
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__isnull=False, post__isnull=True, membership__isnull=True)
                | Q(assignment__isnull=True, post__isnull=False, membership__isnull=True)
                | Q(assignment__isnull=True, post__isnull=True, membership__isnull=False),
                name="contacts_handoverchange_one_row",
            )
        ]

    def __str__(self) -> str:
        return str(self.row)

    @property
    def row(self) -> Assignment | ContactPerson | OfficeMembership:
        return self.assignment or self.post or self.membership  # type: ignore[return-value]

    def is_untouched(self) -> bool:
        """Whether the row is still as planning left it."""
        if isinstance(self.row, Assignment):
            if self.row.valid != self.after:
                return False
            holder = self._holder_after()
            if holder is not None and self.row.contact_person_id != holder:
                return False
            if self.kind == self.Kind.CREATED and self.town:
                given = self.town.assignment
                return (self.row.municipality_id, self.row.field_id, self.row.role) == (
                    given.municipality_id,
                    given.field_id,
                    given.role,
                )
            return True
        return self.row.period == self.after

    def _holder_after(self) -> int | None:
        """Whose the responsibility is since; None where that never changed."""
        return self.town.receiver_id if self.town and self.kind != self.Kind.ENDED else None

    def told_as_touched(self) -> str:
        return gettext("Changed since the hand-over was planned: %(entry)s. Please mend it there first.") % {
            "entry": self.row.told() if isinstance(self.row, Assignment) else self.row
        }

    def undo(self) -> Assignment | ContactPerson | OfficeMembership | None:
        """Restore the row and give it back; None for one that was created, which goes afterwards."""
        row = self.row
        if self.kind == self.Kind.CREATED:
            return None
        if isinstance(row, Assignment):
            if self.kind == self.Kind.TRANSFERRED:
                row.contact_person = self.handover.leaver
            row.valid = self.before
        else:
            row.period = self.before
        row.save(update_fields=changed_fields(row, self.kind))
        return row


def changed_fields(row: models.Model, kind: str) -> list[str]:
    """What a hand-over changes of a stored row; the rest is whose it is to change."""
    if not isinstance(row, Assignment):
        return ["period"]
    return ["contact_person", "valid"] if kind == HandoverChange.Kind.TRANSFERRED else ["valid"]


class PassedWork(models.Model):
    """Something that was open on the day, and to whom it passed; nobody: it stayed."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="passed_work")
    kind = models.CharField(_("kind"), max_length=50)
    label = models.TextField(_("what"))
    url = models.TextField(_("address"))
    receiver = models.ForeignKey(ContactPerson, models.PROTECT, null=True, related_name="+", verbose_name=_("to"))

    class Meta:
        verbose_name = _("open work passed on")
        verbose_name_plural = _("open work passed on")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.label

"""What a hand-over changes: worked out once, shown as the preview, and kept as it was shown.

Of each responsibility the giver's days end the day before and the receiver's begin on the day, with the same town,
field of action and role. One that ends earlier keeps its end; one that begins on the day or later passes whole.
"""

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext

from common import periods
from common.database_errors import checked
from contacts import open_work
from contacts.models import (
    Absence,
    Assignment,
    ContactPerson,
    Handover,
    HandoverChange,
    HandoverTown,
    OfficeMembership,
)
from contacts.models.handover import changed_fields, open_work_receivers
from contacts.models.responsibility import in_the_way

Kind = HandoverChange.Kind


def split(valid: DateRange, day: datetime.date) -> tuple[DateRange | None, DateRange]:
    """What of a period stays with the giver (None: nothing), and what passes to the receiver on that day.

    Where the giver's days end before the day, the receiver's are open; otherwise they end as the giver's would have.
    """
    if valid.upper is not None and valid.upper <= day:
        return valid, DateRange(day, None)
    if valid.lower >= day:
        return None, valid
    return DateRange(valid.lower, day), DateRange(day, valid.upper)


def within(days: DateRange, post: DateRange) -> DateRange | None:
    """The days that lie in the post's period; None where there are none."""
    if not periods.overlap(days, post):
        return None
    lower = max((day for day in (days.lower, post.lower) if day), default=None)
    return DateRange(lower, min((day for day in (days.upper, post.upper) if day), default=None))


@dataclass(frozen=True)
class Wish:
    """One responsibility for one receiver; nobody means that the office itself takes over."""

    assignment: Assignment
    receiver: ContactPerson | None
    note: str = ""


@dataclass
class Change:
    """What becomes of one row; `row` is a copy as it will be."""

    kind: str
    row: Assignment | ContactPerson | OfficeMembership
    before: DateRange | None
    after: DateRange
    wish: Wish | None = None


@dataclass
class Outcome:
    """What becomes of one responsibility; a period that is None has no day."""

    wish: Wish
    given: DateRange | None
    received: DateRange | None
    wanted: DateRange | None = None  # what the receiver would have if their post lasted
    gives_up: list[tuple[Assignment, DateRange]] = field(default_factory=list)  # the receiver's own, as it was
    nobody_from: datetime.date | None = None  # the receiver's post ends earlier, and nobody follows

    @property
    def assignment(self) -> Assignment:
        return self.wish.assignment

    @property
    def has_gap(self) -> bool:
        """Whether there are days between with nobody."""
        return bool(self.given and self.received and self.given.upper != self.received.lower)

    @property
    def ends_early(self) -> bool:
        """Whether the receiver's days end before those of the responsibility."""
        return bool(self.received and self.wanted and self.received.upper != self.wanted.upper)


@dataclass
class Plan:
    """A hand-over as it would be. `errors` are by the id of the responsibility; None: of the whole."""

    leaver: ContactPerson
    day: datetime.date
    wishes: list[Wish]
    is_leaving: bool = False
    note: str = ""
    kinds: list[str] = field(default_factory=list)
    rest_to: ContactPerson | None = None

    def __post_init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.changes: list[Change] = []
        self.errors: dict[int | None, list[str]] = defaultdict(list)
        self._work_out()

    # -- Working it out --------------------------------------------------------------------------------------------

    def _work_out(self) -> None:
        self._refuse_planned_ones()
        for wish in self.wishes:
            self._hand_over(wish)
        if self.is_leaving:
            self._end_post()
            self._end_roles()
            self._refuse_nothing()
        self._find_conflicts()
        self._find_ends()

    def _refuse_planned_ones(self) -> None:
        """What is being handed over already is neither handed over twice nor cut off."""
        theirs = Q(handover__leaver=self.leaver) | Q(assignment__contact_person=self.leaver)
        planned = HandoverTown.objects.planned().filter(theirs).select_related("handover__leaver__person")
        wished = {wish.assignment.pk for wish in self.wishes}
        for row in planned.select_related("assignment__municipality", "assignment__field"):
            words = {
                "day": date_format(row.handover.day, "SHORT_DATE_FORMAT"),
                "town": row.assignment.place,
                "person": row.handover.leaver,
            }
            if row.handover.leaver_id != self.leaver.pk:
                upper = row.assignment.valid.upper
                if row.assignment_id in wished or (self.is_leaving and (upper is None or upper > self.day)):
                    self.errors[row.assignment_id if row.assignment_id in wished else None].append(
                        gettext(
                            "%(town)s comes by the hand-over of %(person)s from %(day)s, which is still planned. "
                            "Please cancel that one first."
                        )
                        % words
                    )
            elif row.assignment_id in wished:
                self.errors[row.assignment_id].append(
                    gettext("A hand-over of this responsibility from %(day)s is planned already.") % words
                )
            elif self.is_leaving and row.handover.day > self.day:
                self.errors[None].append(
                    gettext("%(town)s is to be handed over on %(day)s only. Please cancel that hand-over first.")
                    % words
                )

    def _hand_over(self, wish: Wish) -> None:
        given, received = split(wish.assignment.valid, self.day)
        if wish.receiver is None:
            if given is None:
                self.errors[wish.assignment.pk].append(
                    gettext("This responsibility begins after that day. Please choose somebody.")
                )
                return
            self.outcomes.append(Outcome(wish, given, None))
            self._end(wish.assignment, given, wish)
            return
        clamped = within(received, wish.receiver.period)
        if clamped is None or not periods.contains(clamped, received.lower):
            self.errors[wish.assignment.pk].append(
                gettext("%(person)s holds a post at the office %(period)s, not on %(day)s.")
                % {
                    "person": wish.receiver,
                    "period": periods.in_words(wish.receiver.period),
                    "day": date_format(received.lower, "SHORT_DATE_FORMAT"),
                }
            )
            return
        self.outcomes.append(Outcome(wish, given, clamped, wanted=received))
        if given is None:
            row = _copy(wish.assignment, contact_person=wish.receiver, valid=clamped)
            self.changes.append(Change(Kind.TRANSFERRED, row, wish.assignment.valid, clamped, wish))
            return
        self._end(wish.assignment, given, wish)
        successor = Assignment(
            contact_person=wish.receiver,
            office_id=self.leaver.office_id,
            municipality=wish.assignment.municipality,
            field=wish.assignment.field,
            role=wish.assignment.role,
            valid=clamped,
        )
        self.changes.append(Change(Kind.CREATED, successor, None, clamped, wish))

    def _end(self, assignment: Assignment, after: DateRange, wish: Wish | None) -> None:
        if after != assignment.valid:
            row = _copy(assignment, valid=after)
            self.changes.append(Change(Kind.ENDED, row, assignment.valid, after, wish))

    def _end_post(self) -> None:
        if self.leaver.period.lower and self.leaver.period.lower >= self.day:
            self.errors[None].append(
                gettext("%(person)s holds the post %(period)s only.")
                % {"person": self.leaver, "period": periods.in_words(self.leaver.period)}
            )
            return
        after = within(self.leaver.period, DateRange(None, self.day))
        if after and after != self.leaver.period:
            post = _copy(self.leaver, period=after)
            self.changes.append(Change(Kind.ENDED, post, self.leaver.period, after))

    def _end_roles(self) -> None:
        """What the account may do at this office; its roles elsewhere are others' to end."""
        account = self.leaver.person.user_id
        running = Q(period__endswith=None) | Q(period__endswith__gt=self.day)
        memberships = OfficeMembership.objects.filter(running, user=account, office=self.leaver.office_id)
        for membership in memberships.select_related("user").order_by("pk") if account else ():
            after = within(membership.period, DateRange(None, self.day))
            if after is None:
                self.errors[None].append(
                    gettext("The role %(role)s begins after that day. Please delete it first.")
                    % {"role": membership.get_role_display()}
                )
            else:
                ended = _copy(membership, period=after)
                self.changes.append(Change(Kind.ENDED, ended, membership.period, after))

    def _find_conflicts(self) -> None:
        """Who is in the way; a receiver who is deputy and becomes primary gives up the deputy's days."""
        by_row = {id(change.row): change for change in self.changes if isinstance(change.row, Assignment)}
        rows = [change.row for change in by_row.values() if isinstance(change.row, Assignment)]
        for row, others in in_the_way(rows):
            change = by_row[id(row)]
            if change.kind == Kind.ENDED or change.wish is None:
                continue  # said at the one that begins
            for other in others:
                if self._gives_up(row, other):
                    before = other.valid
                    ended = _copy(other, valid=DateRange(before.lower, row.valid.lower))
                    self.changes.append(Change(Kind.ENDED, ended, before, ended.valid, change.wish))
                    outcome = next(outcome for outcome in self.outcomes if outcome.wish is change.wish)
                    outcome.gives_up.append((ended, before))
                elif (message := row.told_in_the_way(other)) not in self.errors[change.wish.assignment.pk]:
                    self.errors[change.wish.assignment.pk].append(message)

    def _find_ends(self) -> None:
        """From which day on nobody is primarily responsible since the receiver's post ends."""
        early = [o for o in self.outcomes if o.ends_early and o.assignment.role == Assignment.Role.PRIMARY]
        if not early:
            return
        changed = [change.row for change in self.changes if isinstance(change.row, Assignment)]
        stored = Assignment.objects.filter(
            office=self.leaver.office_id, municipality__in={outcome.assignment.municipality_id for outcome in early}
        ).exclude(pk__in=[row.pk for row in changed if row.pk])
        rows = [*stored, *changed]
        for outcome in early:
            end: Any = outcome.received and outcome.received.upper
            if not any(_place(row) == _place(outcome.assignment) and periods.contains(row.valid, end) for row in rows):
                outcome.nobody_from = end

    def _refuse_nothing(self) -> None:
        """Whoever has left already leaves no second time, unless something is open still."""
        if self.changes or self.wishes or any(self.errors.values()):
            return
        if not any(any(True for _thing in kind.open_of(self.leaver)) for kind in open_work.kinds()):
            self.errors[None].append(
                gettext("Nothing would change: the post ends already (%(period)s).")
                % {"period": periods.in_words(self.leaver.period)}
            )

    def _gives_up(self, row: Assignment, other: Assignment) -> bool:
        return (
            other.pk is not None
            and other.contact_person_id == row.contact_person_id
            and (row.role, other.role) == (Assignment.Role.PRIMARY, Assignment.Role.DEPUTY)
            and other.valid.lower < row.valid.lower
        )

    # -- Showing it ------------------------------------------------------------------------------------------------

    @property
    def is_possible(self) -> bool:
        return not any(self.errors.values())

    @property
    def last_day(self) -> datetime.date:
        return self.day - periods.ONE_DAY

    @property
    def post_ends(self) -> Change | None:
        return next((change for change in self.changes if isinstance(change.row, ContactPerson)), None)

    @property
    def roles_end(self) -> list[Change]:
        return [change for change in self.changes if isinstance(change.row, OfficeMembership)]

    @property
    def digest(self) -> str:
        """Two plans with the same one change the same."""
        told = [
            (c.kind, type(c.row).__name__, c.row.pk, str(c.before), str(c.after), _holder(c.row)) for c in self.changes
        ]
        rest = (self.leaver.pk, str(self.day), self.rest_to and self.rest_to.pk, sorted(self.kinds))
        return hashlib.sha256(repr((told, rest)).encode()).hexdigest()

    def absences_to_mend(self) -> list[Absence]:
        """Absences in which the leaver is to stand in after having left."""
        if not self.is_leaving:
            return []
        absences = Absence.objects.filter(substitute=self.leaver, days__overlap=DateRange(self.day, None))
        return list(absences.select_related("contact_person__person").order_by("days"))

    def leaves_nobody_in_charge(self) -> bool:
        """Whether the office has no administrator from that day on."""
        ended = [change.row.pk for change in self.roles_end if change.row.role == "administrator"]  # type: ignore[union-attr]
        others = OfficeMembership.objects.filter(office=self.leaver.office_id, role="administrator")
        return bool(ended) and not others.exclude(pk__in=ended).current(self.day).exists()

    def open_things(self) -> list[tuple[open_work.Kind, open_work.Thing, ContactPerson | None]]:
        """What is open now, and to whom it would pass."""
        handover = self._handover()
        receivers = open_work_receivers([self._town(handover, wish) for wish in self.wishes])
        return [
            (kind, thing, handover.receiver_of(kind, thing, receivers, self.rest_to))
            for kind in open_work.kinds()
            for thing in kind.open_of(self.leaver)
        ]

    # -- Keeping it ------------------------------------------------------------------------------------------------

    def save(self, by: Any) -> Handover:
        """Change everything at once, and remember how it was; raises a ValidationError where the database refuses."""
        with checked():
            self._lock_as_seen()
            handover = self._handover(by)
            handover.save()
            towns = {wish.assignment.pk: self._town(handover, wish) for wish in self.wishes}
            for town in towns.values():
                town.save()
            for change in self.changes:
                change.row.save(update_fields=changed_fields(change.row, change.kind) if change.row.pk else None)
                remembered = HandoverChange(
                    handover=handover,
                    town=towns[change.wish.assignment.pk] if change.wish else None,
                    kind=change.kind,
                    before=change.before,
                    after=change.after,
                )
                setattr(remembered, _FIELDS[type(change.row)], change.row)
                remembered.save()
        return handover

    def _lock_as_seen(self) -> None:
        """Lock the rows that change; refuse where one is no longer what this was worked out from."""
        for model in _FIELDS:
            seen = {change.row.pk: change for change in self.changes if type(change.row) is model and change.row.pk}
            rows: Any = model.objects.filter(pk__in=seen)  # type: ignore[attr-defined]
            stored = {row.pk: row for row in rows.order_by("pk").select_for_update(of=("self",), no_key=True)}
            for pk, change in seen.items():
                if pk not in stored or not self._is_as_seen(change, stored[pk]):
                    raise ValidationError(
                        gettext("Changed meanwhile: %(entry)s. Please look at the preview again.")
                        % {"entry": change.row.told() if isinstance(change.row, Assignment) else change.row},
                        code="changed_since",
                    )

    def _is_as_seen(self, change: Change, stored: Any) -> bool:
        row = change.row
        if not isinstance(row, Assignment):
            return stored.period == change.before
        holder = self.leaver.pk if change.kind == Kind.TRANSFERRED else row.contact_person_id
        return (stored.valid, stored.contact_person_id) == (change.before, holder) and all(
            getattr(stored, name) == getattr(row, name) for name in ("municipality_id", "field_id", "role")
        )

    def _handover(self, by: Any = None) -> Handover:
        return Handover(
            office_id=self.leaver.office_id,
            leaver=self.leaver,
            day=self.day,
            note=self.note,
            is_leaving=self.is_leaving,
            kinds=self.kinds,
            rest_to=self.rest_to,
            created_by=by if by is not None and by.pk else None,
        )

    def _town(self, handover: Handover, wish: Wish) -> HandoverTown:
        return HandoverTown(
            handover=handover,
            office_id=self.leaver.office_id,
            assignment=wish.assignment,
            receiver=wish.receiver,
            note=wish.note,
        )


_FIELDS: dict[type, str] = {Assignment: "assignment", ContactPerson: "post", OfficeMembership: "membership"}


def _copy(row: Any, **changes: Any) -> Any:
    """The same stored row as it will be; the one given stays as it is."""
    names = [f.attname for f in row._meta.concrete_fields if not f.generated]
    copied = type(row)(**{name: getattr(row, name) for name in names})
    copied._state.adding, copied._state.db = False, row._state.db
    copied._state.fields_cache.update(row._state.fields_cache)
    for name, value in changes.items():
        setattr(copied, name, value)
    return copied


def _place(row: Assignment) -> tuple[int, int | None, str]:
    return row.municipality_id, row.field_id, row.role


def _holder(row: Any) -> int | None:
    return row.contact_person_id if isinstance(row, Assignment) else None


def lock(pk: int) -> ContactPerson:
    """The post as it is now. Until the end of the transaction nobody else plans with what it is responsible for."""
    posts = ContactPerson.objects.select_related("person__user", "office").order_by()
    leaver = posts.select_for_update(of=("self",), no_key=True).get(pk=pk)
    list(Assignment.objects.select_for_update(no_key=True).order_by("pk").filter(contact_person=pk))
    return leaver


def handed_over_from(leaver: ContactPerson, on: datetime.date) -> list[Assignment]:
    """What a person could hand over: responsibilities that run on that day or later and are not being handed over."""
    planned = HandoverTown.objects.planned().filter(assignment__contact_person=leaver)
    rows = leaver.assignments.upcoming(on).exclude(pk__in=planned.values("assignment")).with_details()
    return list(rows.order_by("municipality__sort_key", "municipality", "-role", "field__position", "starts_on"))


def being_handed_over_from(leaver: ContactPerson, on: datetime.date) -> list[HandoverTown]:
    """What of it a planned hand-over deals with already, whoever hands it over there."""
    rows = HandoverTown.objects.planned().filter(assignment__in=leaver.assignments.upcoming(on))
    return list(rows.with_details().select_related("handover").order_by("handover__day", "pk"))


def receivers_for(leaver: ContactPerson, on: datetime.date) -> list[ContactPerson]:
    """Who could take over: the others with a post at the office on that day or later, in alphabetical order."""
    running = Q(period__endswith=None) | Q(period__endswith__gt=on)
    posts = ContactPerson.objects.filter(running, office=leaver.office_id).exclude(person=leaver.person_id)
    return list(posts.select_related("person", "office").order_by("person__sort_key", "pk"))


def carry_out_due(on: datetime.date) -> Iterable[Handover]:
    """Carry out every hand-over that is due, the earliest first, and give them back."""
    for handover in Handover.objects.due(on).select_related("leaver", "rest_to").order_by("day", "pk"):
        if handover.carry_out(on):
            yield handover

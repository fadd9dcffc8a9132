"""The log of a meeting: what was said, decided and given to do, typed while people talk.

The page is made of pieces, each the form of one row under a name that is also its fields' prefix: `meeting`; `person-7`
and `organisation-3` for who was asked to come; `guest-…`, `item-…`, `decision-…` and `task-…` with the key of the row,
which whoever types it makes. The page as a whole and what is saved while somebody types go the same way: `Log.form`,
then `Log.save` or `Log.remove`.
"""

import copy
import datetime
import uuid
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.database_errors import add_refusal, checked
from common.fields import composed
from common.forms import ErrorLink, error_links
from common.kept_queries import KeptQuery
from common.markup import rendered
from common.verbs import NotPossible
from common.versions import SEEN_VERSION
from contacts.models import ContactPerson, Organisation, Person
from forums.forms.log import AttendanceForm, DecisionForm, GuestForm, ItemForm, Piece, TaskForm, TimesForm
from forums.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    Forum,
    ForumPartner,
    Meeting,
    Membership,
    Minutes,
)
from forums.models.meetings import LONGEST_NAME

# In which order pieces are saved: what others hang on comes first.
KINDS = ("meeting", "person", "organisation", "guest", "item", "decision", "task")


class UnknownPiece(Exception):
    """There is no such piece in this log."""


class Line(NamedTuple):
    """An agenda item as it is typed, with what is good to know beside it. `number` is 0 for an internal item."""

    form: ItemForm
    number: int
    decisions: list[DecisionForm]
    tasks: list[TaskForm]
    last_decision: Decision | None
    open_tasks: list[ActionItem]

    @property
    def preview(self) -> SafeString:
        return rendered(self.form.instance.result, 4)

    @property
    def is_postponed(self) -> bool:
        return hasattr(self.form.instance, "put_off_as")


# -- What there is ------------------------------------------------------------------------------------------------


@KeptQuery
def approved_minutes(meeting: int) -> "QuerySet[Minutes]":
    return Minutes.objects.filter(meeting=meeting, state=Minutes.State.APPROVED).only("pk")


@KeptQuery
def attendances_at(meeting: int) -> "QuerySet[Attendance]":
    return Attendance.objects.filter(meeting=meeting).with_details().order_by("pk")


@KeptQuery
def members_on(forum: int, day: datetime.date) -> "QuerySet[Membership]":
    memberships = Membership.objects.filter(forum=forum, period__contains=day)
    return memberships.select_related("person", "organisation").order_by("pk")


@KeptQuery
def items_of(user: Any, meeting: int) -> "QuerySet[AgendaItem]":
    items = AgendaItem.objects.visible_to(user).filter(meeting=meeting)
    return items.select_related("topic__postponed_from", "put_off_as").order_by("position", "pk")


@KeptQuery
def decisions_of(user: Any, meeting: int) -> "QuerySet[Decision]":
    return Decision.objects.visible_to(user).filter(item__meeting=meeting).select_related("item").order_by("pk")


@KeptQuery
def tasks_of(user: Any, meeting: int) -> "QuerySet[ActionItem]":
    tasks = ActionItem.objects.visible_to(user).filter(item__meeting=meeting)
    return tasks.select_related("person", "organisation", "item").order_by("pk")


@KeptQuery
def staff_on(forum: int, day: datetime.date) -> "QuerySet[Person]":
    """The people of the leading and the partner offices of a forum."""
    offices = Forum.objects.filter(pk=forum).order_by().values("office")
    partners = ForumPartner.objects.filter(forum=forum).order_by().values("office")
    staff = ContactPerson.objects.filter(office__in=offices.union(partners), period__contains=day)
    return Person.objects.filter(pk__in=staff.values("person")).exclude(family_name="")


@KeptQuery
def last_decisions(
    user: Any, forum: int, before: datetime.datetime, subjects: list[str], items: set[int]
) -> "QuerySet[Decision]":
    """Of each subject the last decision of the forum's earlier meetings, and those of these items."""
    found: Any = Decision.objects.visible_to(user).filter(forum=forum, item__meeting__starts_at__lt=before)
    found = found.annotate(subject=Lower("item__title")).filter(Q(subject__in=subjects) | Q(item__in=items))
    latest = found.order_by("subject", "-item__meeting__starts_at", "-pk").distinct("subject")
    return latest.select_related("item__meeting__forum")


@KeptQuery
def open_tasks_beside(user: Any, forum: int, meeting: int) -> "QuerySet[ActionItem]":
    """The open tasks of a forum, but for those given in this meeting."""
    tasks = ActionItem.objects.visible_to(user).open().filter(forum=forum).exclude(item__meeting=meeting)
    return tasks.select_related("person", "organisation", "item").order_by("due_on", "pk")


# -- The log ------------------------------------------------------------------------------------------------------


class Log:
    """The log of one meeting as an account may write it on that day; asks the database for what it needs, once."""

    def __init__(self, meeting: Meeting, user: Any, on: datetime.date) -> None:
        self.meeting, self.user, self.on = meeting, user, on
        self._kept: dict[str, Piece] = {}

    # What there is ..................................................................................................

    @cached_property
    def refusal(self) -> str:
        """Why nothing can be written; "" where it can."""
        if self.meeting.state == Meeting.State.CANCELLED:
            return gettext("The meeting was cancelled. There is nothing to log.")
        if approved_minutes(self.meeting.pk):
            return gettext("The minutes are approved; what they say stays as it is. Write an addendum instead.")
        return ""

    @property
    def is_early(self) -> bool:
        """Whether the day of the meeting is still to come."""
        return self.on < self.meeting.day

    @cached_property
    def attendances(self) -> list[Attendance]:
        return attendances_at(self.meeting.pk)

    @cached_property
    def members(self) -> list[Membership]:
        return members_on(self.meeting.forum_id, self.meeting.day)

    @cached_property
    def items(self) -> list[AgendaItem]:
        return items_of(self.user, self.meeting.pk)

    @cached_property
    def decisions(self) -> list[Decision]:
        return decisions_of(self.user, self.meeting.pk)

    @cached_property
    def tasks(self) -> list[ActionItem]:
        return tasks_of(self.user, self.meeting.pk)

    @cached_property
    def people(self) -> list[Person]:
        """Whom the forum knows: who was asked to come, its members, the people of its offices."""
        of_offices = staff_on(self.meeting.forum_id, self.meeting.day)
        rows: list[Attendance | Membership] = [*self.attendances, *self.members]
        known = {row.person for row in rows if row.person} | set(of_offices)
        known |= {person for person in (self.meeting.chaired_by, self.meeting.minutes_by) if person}
        return sorted(known, key=lambda person: (person.sort_key, person.pk))

    @cached_property
    def organisations(self) -> list[Organisation]:
        rows: list[Attendance | Membership] = [*self.attendances, *self.members]
        known = {row.organisation for row in rows if row.organisation}
        return sorted(known, key=lambda organisation: (organisation.sort_key, organisation.pk))

    @cached_property
    def circle(self) -> dict[str, Person | Organisation]:
        """Who can be named, by the name to type; namesakes are told apart by a number."""
        named: dict[str, Person | Organisation] = {}
        everybody: list[Person | Organisation] = [*self.people, *self.organisations]
        for one in everybody:
            name, others = composed(str(one)), 1
            while name in named:
                others += 1
                name = f"{composed(str(one))} ({others})"
            named[name] = one
        return named

    def known(self, name: str | None, kind: type) -> Any:
        """The person or organisation of that name; None where there is none."""
        typed = composed(name or "").casefold()
        found = next((one for label, one in self.circle.items() if label.casefold() == typed), None)
        return found if isinstance(found, kind) else None

    def name_of(self, one: Person | Organisation | None) -> str:
        return next((name for name, known in self.circle.items() if known == one), str(one or ""))

    @cached_property
    def suggested(self) -> dict[str, int | None]:
        """Who probably chairs and takes the minutes."""
        chairs = [member.person_id for member in self.members if member.role == Membership.Role.CHAIR]
        own = [person.pk for person in self.people if person.user_id == self.user.pk]
        return {"chaired_by": chairs[0] if len(chairs) == 1 else None, "minutes_by": own[0] if own else None}

    @cached_property
    def _removable(self) -> dict[str, bool]:
        return {}

    def may_remove(self, model: str) -> bool:
        if model not in self._removable:
            self._removable[model] = self.user.has_perm(f"forums.delete_{model}", self.meeting)
        return self._removable[model]

    # Pieces .........................................................................................................

    def form(self, name: str, data: Any = None) -> Piece:
        """The piece of that name, with what was typed or as it is stored; raises UnknownPiece."""
        kind, _sign, key = name.partition("-")
        if kind not in KINDS or (kind == "meeting") != (name == "meeting"):
            raise UnknownPiece(name)
        try:
            found: Piece = getattr(self, f"_{kind}")(name, key, data)
        except ValueError as error:  # no number, no UUID
            raise UnknownPiece(name) from error
        return found

    def _meeting(self, name: str, key: str, data: Any) -> Piece:
        return TimesForm(data, instance=copy.copy(self.meeting), prefix=name, log=self, suggests=data is None)

    def _person(self, name: str, key: str, data: Any) -> Piece:
        row = next((row for row in self.attendances if row.person_id == int(key)), None)
        return AttendanceForm(data, instance=row or self._asked(name, person_id=int(key)), prefix=name, log=self)

    def _organisation(self, name: str, key: str, data: Any) -> Piece:
        own_key = self.meeting.key_of(int(key))
        row = next((row for row in self.attendances if row.key == own_key), None)
        asked = row or self._asked(name, person_id=None, organisation_id=int(key))
        return AttendanceForm(data, instance=asked, prefix=name, log=self)

    def _asked(self, name: str, **who: Any) -> Attendance:
        """A new line for a member."""
        for member in self.members:
            if all(getattr(member, field) == value for field, value in who.items()):
                row = Attendance(
                    meeting=self.meeting, person=member.person, organisation=member.organisation, role=member.role
                )
                if member.person is None and member.organisation:
                    row.key = self.meeting.key_of(member.organisation.pk)
                    row.name = member.organisation.name[:LONGEST_NAME]
                return row
        raise UnknownPiece(name)

    def _guest(self, name: str, key: str, data: Any) -> Piece:
        own_key = uuid.UUID(key)
        row = next((row for row in self.attendances if row.key == own_key), None)
        new = Attendance(
            meeting=self.meeting, key=own_key, role=Membership.Role.GUEST, presence=Attendance.Presence.PRESENT
        )
        return GuestForm(data, instance=row or new, prefix=name, log=self)

    def _item(self, name: str, key: str, data: Any) -> Piece:
        own_key = uuid.UUID(key)
        row = next((row for row in self.items if row.key == own_key), None)
        return ItemForm(data, instance=row or AgendaItem(meeting=self.meeting, key=own_key), prefix=name, log=self)

    def _decision(self, name: str, key: str, data: Any) -> Piece:
        own_key = uuid.UUID(key)
        row = next((row for row in self.decisions if row.key == own_key), None)
        new = row or Decision(forum=self.meeting.forum, key=own_key)
        return DecisionForm(data, instance=self._of_item(new, name, data), prefix=name, log=self)

    def _task(self, name: str, key: str, data: Any) -> Piece:
        own_key = uuid.UUID(key)
        row = next((row for row in self.tasks if row.key == own_key), None)
        new = row or ActionItem(forum=self.meeting.forum, key=own_key, created_on=min(self.on, self.meeting.day))
        return TaskForm(data, instance=self._of_item(new, name, data), prefix=name, log=self)

    def _of_item(self, row: Any, name: str, data: Any) -> Any:
        if row.pk is None:
            key = (data or {}).get(f"{name}-item", "")
            row.item = next((item for item in self.items if str(item.key) == key), None)
            if isinstance(row, ActionItem) and row.item:
                row.is_internal = row.item.is_internal
        return row

    # Saving .........................................................................................................

    def save(self, form: Piece) -> bool:
        """Save what was typed, and note that the meeting is held; where that is refused, the form says why."""
        if not form.has_changed():
            return True
        if form.is_valid() and self._may_be_written(form):
            self._carry_out(form, form.store)
        return not form.errors

    def remove(self, form: Piece) -> bool:
        """Take the row back out of the log; where that is refused, the form says why."""
        row = form.instance
        if row.pk is None:
            return True
        form.is_valid()
        if form.is_conflict or not self._may_be_written(form):
            return False
        if not form.is_removable:
            form.add_error(None, _("You may not remove this entry."))
            return False
        if form.data.get(form.add_prefix(SEEN_VERSION)) != str(row.version):
            form.add_error(None, ValidationError(_("Somebody changed this entry meanwhile."), code="newer_version"))
            return False
        before = len(form.non_field_errors())
        self._carry_out(form, row.delete)
        return len(form.non_field_errors()) == before

    def _may_be_written(self, form: Piece) -> bool:
        if self.refusal:
            form.add_error(None, self.refusal)
        return not self.refusal

    def _carry_out(self, form: Piece, verb: Any) -> None:
        try:
            with checked():
                self.hold()
                verb()
        except ValidationError as refusal:
            form.collided = getattr(refusal, "code", "") == "at_once"
            add_refusal(form, refusal)
        except NotPossible as reason:
            form.add_error(None, str(reason))

    def hold(self) -> None:
        """Whoever logs on the day or later says that it takes place."""
        if self.meeting.state != Meeting.State.HELD and not self.is_early:
            self.meeting.hold()

    def save_all(self, data: Any) -> bool:
        """Save all pieces that were sent; those that are refused stay in the log as they were typed.

        Whoever left the forum meanwhile is on no list any more; the others are saved all the same.
        """
        names = sorted(dict.fromkeys(data.getlist("piece")), key=_place)
        try:
            if not self.refusal:
                self.hold()
        except NotPossible as reason:
            self.refusal = str(reason)
        removed = data.get("remove", "")
        for name in names:
            try:
                form = self.form(name, data)
            except UnknownPiece:
                continue
            if not (self.remove(form) if name == removed else self.save(form)):
                self._kept[name] = form
            elif form.kind == "item":
                # Decisions and tasks that come next may belong to it.
                self.__dict__.pop("items", None)
        for cached in ("attendances", "items", "decisions", "tasks"):
            self.__dict__.pop(cached, None)
        return not self._kept

    # The page .......................................................................................................

    def shown(self, name: str) -> Any:
        """The piece as it goes on the page."""
        return self._kept.get(name) or self.form(name)

    @cached_property
    def times(self) -> Any:
        return self.shown("meeting")

    @cached_property
    def asked(self) -> list[Any]:
        """Who is to come or came, in alphabetical order, guests apart; whoever left the forum before is on no list."""
        names = [f"person-{row.person_id}" for row in self.attendances if row.person_id and self._is_listed(row)]
        if not self.refusal:
            names += [
                f"person-{member.person_id}" if member.person_id else f"organisation-{member.organisation_id}"
                for member in self.members
            ]
        else:
            own = {self.meeting.key_of(m.organisation_id): m.organisation_id for m in self.members if m.organisation_id}
            names += [f"organisation-{own[row.key]}" for row in self.attendances if row.key in own]
        forms_ = [self.shown(name) for name in dict.fromkeys([*names, *self._unsaved("person", names)])]
        return sorted(forms_, key=lambda form: _sorted(form.instance))

    def _is_listed(self, row: Attendance) -> bool:
        """Whether the person belongs to the forum on that day, is asked to this meeting alone, or was noted in it."""
        is_typed = row.is_guest and not row.invited_at
        is_member = any(row.person_id == member.person_id for member in self.members)
        return is_member or row.is_for_one_meeting or bool(row.presence) or is_typed

    @cached_property
    def guests(self) -> list[Any]:
        """Guests by name, and what is being typed of new ones."""
        own = {self.meeting.key_of(member.organisation_id) for member in self.members if member.organisation_id}
        stored = [f"guest-{row.key}" for row in self.attendances if not row.person_id and row.key not in own]
        return [self.shown(name) for name in (*stored, *self._unsaved("guest", stored))]

    @cached_property
    def lines(self) -> list[Line]:
        """The agenda as it is typed."""
        stored = [f"item-{item.key}" for item in self.items]
        forms_ = [self.shown(name) for name in (*stored, *self._unsaved("item", stored))]
        found, number = [], 0
        for form in forms_:
            item: AgendaItem = form.instance
            number += not item.is_internal
            found.append(
                Line(
                    form,
                    0 if item.is_internal else number,
                    self._of(item, "decision", self.decisions),
                    self._of(item, "task", self.tasks),
                    self._last_decision(item),
                    [task for task in self._open_tasks if task.item and self._continues(item, task.item)],
                )
            )
        return found

    def _unsaved(self, kind: str, stored: list[str]) -> Iterator[str]:
        return (name for name, form in self._kept.items() if form.kind == kind and name not in stored)

    def _of(self, item: AgendaItem, kind: str, rows: list[Any]) -> list[Any]:
        """The decisions or tasks of an item, with what is being typed of new ones."""
        stored = [f"{kind}-{row.key}" for row in rows if row.item_id == item.pk]
        unsaved = [name for name in self._unsaved(kind, stored) if str(self._kept[name].item_key) == str(item.key)]  # type: ignore[attr-defined]
        return [self.shown(name) for name in (*stored, *unsaved)]

    @cached_property
    def _earlier_decisions(self) -> list[Decision]:
        titles = sorted({item.title.lower() for item in self.items})
        earlier = {before.pk for item in self.items if (before := _before(item))}
        return last_decisions(self.user, self.meeting.forum_id, self.meeting.starts_at, titles, earlier)

    def _last_decision(self, item: AgendaItem) -> Decision | None:
        return next((one for one in self._earlier_decisions if self._continues(item, one.item)), None)

    @cached_property
    def _open_tasks(self) -> list[ActionItem]:
        return open_tasks_beside(self.user, self.meeting.forum_id, self.meeting.pk)

    @staticmethod
    def _continues(item: AgendaItem, earlier: AgendaItem) -> bool:
        """Whether it is about the same: of the same title, or put off from there."""
        return earlier.title.lower() == item.title.lower() or earlier == _before(item)

    @cached_property
    def other_tasks(self) -> list[ActionItem]:
        """The forum's open tasks from earlier that stand beside no item."""
        beside = {task.pk for line in self.lines for task in line.open_tasks}
        return [task for task in self._open_tasks if task.pk not in beside]

    @property
    def errors(self) -> list[ErrorLink]:
        """What was refused, with the names of the pieces."""
        return [
            ErrorLink(
                link.target or name,
                f"{self._called(form)}: {link.label}" if link.label else self._called(form),
                link.message,
            )
            for name, form in self._kept.items()
            for link in error_links(form)
        ]

    def _called(self, form: Piece) -> str:
        row: Any = form.instance
        if form.kind in ("decision", "task"):
            return str(row.item or row._meta.verbose_name)
        return gettext("Meeting") if form.kind == "meeting" else str(row) or gettext("New entry")

    # Blank ones .....................................................................................................

    def start(self, what: str) -> None:
        """Put a blank piece on the page: `guest`, `item`, `decision-` or `task-` with an item's key."""
        kind, _sign, item = what.partition("-")
        name = f"{kind}-{uuid.uuid4()}"
        if kind not in ("guest", "item", "decision", "task"):
            raise UnknownPiece(what)
        form = self._blank(kind, name, item)
        next(iter(form.visible_fields())).field.widget.attrs["autofocus"] = True
        self._kept[name] = form

    def _blank(self, kind: str, name: str, item: str) -> Piece:
        form: Any = self.form(f"{kind}-{name.partition('-')[2]}")
        if kind in ("decision", "task"):
            form.instance.item = next((row for row in self.items if str(row.key) == item), None)
            if form.instance.item is None:
                raise UnknownPiece(name)
        return form


def _place(name: str) -> int:
    kind = name.partition("-")[0]
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def _before(item: AgendaItem) -> AgendaItem | None:
    return item.topic.postponed_from if item.topic else None


def _sorted(row: Attendance) -> tuple[bool, str]:
    return row.is_guest, row.person.sort_key if row.person else str(row).casefold()

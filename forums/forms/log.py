"""The pieces of a meeting's log, each the form of one row; `forums.meeting_log.Log` makes and saves them."""

import copy
import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import DayField
from common.periods import BERLIN, ONE_DAY
from common.versions import SEEN_VERSION, VersionedModelForm
from contacts.models import Organisation, Person
from forums.models import ActionItem, AgendaItem, Attendance, Decision, Meeting

if TYPE_CHECKING:
    from forums.meeting_log import Log


class LinesField(forms.CharField):
    """Text of several lines; the way a browser ends its lines is no change."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed((initial or "").replace("\r\n", "\n"), data)


class ClockField(forms.TimeField):
    """A time typed as 14:30, 14.30, 1430 or 14."""

    default_error_messages = {"invalid": _("Please type the time as hours and minutes, for example 14:30.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TimeInput(format="%H:%M"))
        super().__init__(input_formats=["%H:%M", "%H.%M", "%H", "%H%M"], **kwargs)


def suggesting(name: str, **attrs: Any) -> forms.TextInput:
    """A field that offers what stands in the page's list of that name."""
    return forms.TextInput({"list": name, "autocomplete": "off", **attrs})


class Piece(VersionedModelForm):
    """The form of one row of the log. `stores`: the columns it writes.

    A blank piece, for scripts to copy, has no log and is only shown: nothing may be sent to it, its row holds no
    person or organisation and is not stored, `named` is not called; there is no `TimesForm` of this kind.
    """

    stores: tuple[str, ...] = ()
    # Whether somebody else saved at the same moment, so that trying again is all that is needed.
    collided = False

    def __init__(self, *args: Any, log: "Log | None", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log: Any = log

    def form_of(self, stored: Any) -> "Piece":
        return type(self)(instance=stored, prefix=self.prefix, log=self.log)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk is None and cleaned.get(SEEN_VERSION):
            # Sent again it is a new row.
            data: Any = self.data
            data = data.copy()
            data[self.add_prefix(SEEN_VERSION)] = ""
            self.data = data
            self.add_error(
                None,
                ValidationError(
                    _("Somebody deleted this entry while you edited it. Saving again enters it anew."), code="deleted"
                ),
            )
        return cleaned

    def store(self) -> None:
        if self.instance.pk:
            self.instance.save(update_fields=self.stores)
        else:
            self.instance.save()
        self.instance.refresh_from_db(fields=["version"])

    @property
    def kind(self) -> str:
        return (self.prefix or "").partition("-")[0]

    @property
    def is_new(self) -> bool:
        return self.instance.pk is None

    @property
    def is_removable(self) -> bool:
        """Whether the account may take the row back out of the log."""
        return False

    @property
    def is_conflict(self) -> bool:
        """Whether somebody else changed or deleted the row meanwhile."""
        errors = self.errors.as_data().get(NON_FIELD_ERRORS, [])
        return any(error.code in ("newer_version", "deleted") for error in errors)

    def named(self, field: str, kind: type, current: Any) -> Any:
        """The person or organisation whose name was typed into the field; the current one where it is still named."""
        typed = self.cleaned_data.get(field)
        return current if current and typed == self.initial[field] else self.log.known(typed, kind)

    def in_field(self, name: str, value: Any) -> str:
        """A value as the field holds it."""
        field = self.fields[name]
        shown = field.widget.format_value(field.prepare_value(value))
        return str((shown[0] if isinstance(shown, list) else shown) or "")


# -- The meeting, and who is there --------------------------------------------------------------------------------


class TimesForm(Piece):
    """When the meeting began and was closed, who chaired it and who takes the minutes."""

    stores = ("began_at", "closed_at", "chaired_by", "minutes_by")
    began = ClockField(label=_("Began"), required=False)
    closed = ClockField(label=_("Closed"), required=False)

    class Meta:
        model = Meeting
        fields = ["chaired_by", "minutes_by"]

    field_order = ["began", "closed", "chaired_by", "minutes_by"]

    def __init__(self, *args: Any, suggests: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        meeting: Meeting = self.instance
        self.initial.update(began=_clock(meeting.began_at), closed=_clock(meeting.closed_at))
        self.has_suggestions = False
        if suggests:
            for name, person in self.log.suggested.items():
                if person and self.initial[name] is None:
                    self.initial[name] = person
                    self.has_suggestions = True
        people = self.log.people
        for name in ("chaired_by", "minutes_by"):
            field: Any = self.fields[name]
            field.queryset = Person.objects.filter(pk__in=[person.pk for person in people])
            field.choices = [("", _("Not noted")), *((person.pk, person) for person in people)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        meeting: Meeting = self.instance
        began, closed = cleaned.get("began"), cleaned.get("closed")
        if began and began == closed:
            self.add_error("closed", _("The meeting must have been closed after it began."))
        meeting.began_at = _moment(meeting.day, began)
        meeting.closed_at = _closing(meeting, closed) if closed else None
        return cleaned


def _clock(moment: datetime.datetime | None) -> datetime.time | None:
    return moment.astimezone(BERLIN).time().replace(second=0, microsecond=0) if moment else None


def _moment(day: datetime.date, clock: datetime.time | None) -> datetime.datetime | None:
    return datetime.datetime.combine(day, clock, BERLIN) if clock else None


def _closing(meeting: Meeting, clock: datetime.time) -> datetime.datetime:
    """The moment at which it was so late, after the beginning, nearest to the end planned: be it past midnight."""
    days = (meeting.last_day + offset * ONE_DAY for offset in (-1, 0, 1))
    moments = [datetime.datetime.combine(day, clock, BERLIN) for day in days]
    later = [one for one in moments if meeting.began_at is None or one > meeting.began_at]
    return min(later, key=lambda one: abs(one - meeting.ends_at))


class AttendanceForm(Piece):
    """Whether somebody who was asked to come is there."""

    stores: tuple[str, ...] = ("presence",)

    class Meta:
        model = Attendance
        fields = ["presence"]

    @property
    def is_removable(self) -> bool:
        row: Attendance = self.instance
        return bool(row.pk and row.is_guest and not row.invited_at and self.log.may_remove("attendance"))

    @property
    def chosen(self) -> str:
        """Which presence; who declined is excused until something else is noted."""
        row: Attendance = self.instance
        chosen = self["presence"].value() or ""
        if not chosen and not self.is_bound and row.reply == Attendance.Reply.DECLINED:
            return Attendance.Presence.EXCUSED
        return str(chosen)

    @property
    def has_suggestions(self) -> bool:
        return not self.is_bound and self.chosen != self.instance.presence


class GuestForm(AttendanceForm):
    """Somebody who came without being asked: by name, or a person whom the forum knows."""

    stores = ("name", "person", "organisation", "organisation_name", "presence")

    class Meta:
        model = Attendance
        fields = ["name", "organisation_name", "presence"]
        widgets = {"name": suggesting("log-people"), "organisation_name": suggesting("log-organisations")}
        labels = {"name": _("Name"), "organisation_name": _("Organisation")}
        help_texts = {"name": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row: Attendance = self.instance
        self.initial.update(name=str(row), organisation_name=row.of_organisation)
        self.fields["name"].required = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        row: Attendance = self.instance
        row.person = self.named("name", Person, row.person)
        row.organisation = self.named("organisation_name", Organisation, row.organisation)
        if row.person:
            cleaned["name"] = ""
        if row.organisation:
            cleaned["organisation_name"] = ""
        return cleaned


# -- The agenda ---------------------------------------------------------------------------------------------------


class ItemForm(Piece):
    """What the minutes say of an agenda item; of one added meanwhile its title too."""

    stores: tuple[str, ...] = ("title", "result")
    result = LinesField(label=_("Minutes"), required=False, max_length=40_000)

    class Meta:
        model = AgendaItem
        fields = ["title", "result"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["result"].widget.attrs |= {"rows": 5, "data-text": ""}
        if self.instance.pk and self.add_prefix("title") not in self.data:
            del self.fields["title"]
            self.stores = ("result",)

    def form_of(self, stored: AgendaItem) -> "ItemForm":
        form = super().form_of(stored)
        form.fields = copy.copy(self.fields)
        return form  # type: ignore[return-value]

    def store(self) -> None:
        item: AgendaItem = self.instance
        if item.pk:
            super().store()
        else:
            self.instance = item.meeting.append(key=item.key, title=item.title, result=item.result)


class OfItem(Piece):
    """A decision or task of an agenda item; a new one names the item by its key."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.item is None:
            self.add_error(None, _("The agenda item is not saved yet, or was taken off the agenda."))
        return cleaned

    @property
    def item_key(self) -> Any:
        return self.instance.item.key if self.instance.item else self.data.get(self.add_prefix("item"), "")


class DecisionForm(OfItem):
    """What was decided, word for word, with the votes."""

    stores = ("wording", "votes_for", "votes_against", "abstentions")
    wording = LinesField(label=_("Wording"), max_length=4000, widget=forms.Textarea({"rows": 2, "class": "log-short"}))

    class Meta:
        model = Decision
        fields = ["wording", "votes_for", "votes_against", "abstentions"]

    @property
    def is_removable(self) -> bool:
        return not self.instance.number and (self.is_new or self.log.may_remove("decision"))


class TaskForm(OfItem):
    """What somebody is to do, who, and until when."""

    stores = ("what", "person", "organisation", "due_on")
    who = forms.CharField(label=_("Who"), required=False, max_length=300, widget=suggesting("log-circle"))
    due_on = DayField(label=pgettext_lazy("a task", "Until"), required=False)

    class Meta:
        model = ActionItem
        fields = ["what", "due_on"]
        labels = {"what": _("What is to be done")}

    field_order = ["what", "who", "due_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        task: ActionItem = self.instance
        who = task.person or task.organisation
        self.initial["who"] = self.log.name_of(who) if who else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        task: ActionItem = self.instance
        task.person = self.named("who", Person, task.person)
        task.organisation = None if task.person else self.named("who", Organisation, task.organisation)
        if cleaned.get("who") and not (task.person or task.organisation):
            self.add_error(
                "who",
                _(
                    "Please choose a person or organisation of the forum from the list. "
                    "Somebody else can be named in the task itself."
                ),
            )
        return cleaned

    @property
    def is_removable(self) -> bool:
        return self.is_new or self.log.may_remove("actionitem")

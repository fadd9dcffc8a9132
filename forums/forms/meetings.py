"""What is typed to plan meetings: one, a series, a copy, and to call one off."""

import datetime
import hashlib
from typing import Any

from crispy_forms.layout import Fieldset, Row
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, Helper, TimeOfDayField
from common.periods import BERLIN, day_of
from common.versions import SEEN_VERSION, VersionedModelForm
from contacts.models import OfficeTask
from forums import planning
from forums.models import Forum, Meeting
from municipalities import working_days

PLACE = ("place", "address", "access", "link")
ends_before = _("The meeting must end after it begins.")


def at(day: datetime.date, time: datetime.time) -> datetime.datetime:
    """The moment at which it is so late in Berlin."""
    return datetime.datetime.combine(day, time, BERLIN)


class MeetingForm(VersionedModelForm):
    """When and where a forum meets; day and times are Berlin's."""

    day = DayField(label=_("Day"))
    last_day = DayField(
        label=_("Last day"), required=False, help_text=_("Only where the meeting goes on beyond the first day.")
    )
    starts_at = TimeOfDayField(label=_("Begin"), help_text=_("For example 14:30"))
    ends_at = TimeOfDayField(label=_("End"), help_text=_("For example 16:30"))
    link = forms.URLField(
        label=_("link to take part"),
        required=False,
        assume_scheme="https",
        help_text=_("Seen by those who are invited."),
    )
    is_planned = forms.BooleanField(
        label=_("Plan it at once"),
        required=False,
        help_text=_("It then stands in the calendars. A draft is seen by the offices only. Nobody is written to yet."),
    )

    class Meta:
        model = Meeting
        fields = ["title", "starts_at", "ends_at", *PLACE, "topics_until", "reply_until", "task"]
        field_classes = {"topics_until": DayField, "reply_until": DayField}
        help_texts = {"topics_until": _("For example 24.11.2026"), "reply_until": _("For example 24.11.2026")}
        widgets = {"access": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        meeting: Meeting = self.instance
        for name in ("starts_at", "ends_at"):
            moment = getattr(meeting, name)
            self.initial[name] = moment.astimezone(BERLIN).time() if moment else None
        if meeting.pk:
            self.initial["day"] = meeting.day
            self.initial["last_day"] = None if meeting.last_day == meeting.day else meeting.last_day
            del self.fields["is_planned"]
        if meeting.forum.is_elsewhere:
            # Others invite to it.
            del self.fields["topics_until"], self.fields["reply_until"]
        # What the minutes say, once they are approved.
        self.settled = set(self.fields) - {"task", SEEN_VERSION} if meeting.is_settled() else set()
        for name in self.settled:
            del self.fields[name]
        task: Any = self.fields["task"]
        task.queryset = OfficeTask.objects.filter(office=meeting.forum.office_id)

    def form_of(self, stored: Meeting) -> "MeetingForm":
        return type(self)(instance=stored, prefix=self.prefix)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if any(self.add_prefix(name) in self.data for name in self.settled):
            # The form was made before.
            self.add_error(
                None,
                _("The minutes are approved meanwhile; day, time and place stay. Only the office task can be changed."),
            )
        first, last = cleaned.get("day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first one."))
            last = None
        for name, day in (("starts_at", first), ("ends_at", last or first)):
            time = cleaned.pop(name, None)
            if day and time:
                cleaned[name] = at(day, time)
        return cleaned

    @property
    def helper(self) -> Helper:
        if "day" not in self.fields:
            return Helper(self, "task", cancel_url=self.cancel_url)
        days = [name for name in ("topics_until", "reply_until") if name in self.fields]
        return Helper(
            self,
            Row("day", "starts_at", "ends_at"),
            "last_day",
            "title",
            Fieldset(str(_("Where")), *PLACE),
            *days,
            "task",
            *(["is_planned"] if "is_planned" in self.fields else []),
            cancel_url=self.cancel_url,
        )


class CopyForm(forms.Form):
    """On which day the copy takes place; the time is that of the copied one."""

    day = DayField(label=_("Day"))
    starts_at = TimeOfDayField(label=_("Begin"), help_text=_("For example 14:30"))

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url

    @property
    def helper(self) -> Helper:
        return Helper(self, Row("day", "starts_at"), submit=_("Copy"), cancel_url=self.cancel_url)


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Whoever sees the meeting reads it, for example “illness”.")
    )

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url

    @property
    def helper(self) -> Helper:
        helper = Helper(self, submit=_("Call the meeting off"), cancel_url=self.cancel_url)
        helper.inputs[1].label = _("Back")
        return helper


class SeriesForm(forms.Form):
    """A rhythm from the first day to the last, at one time and place; `proposed` are the days that come of it."""

    day = DayField(label=_("First day"))
    last_day = DayField(label=_("Until"), help_text=_("The last day on which a meeting of the series may fall."))
    starts_at = TimeOfDayField(label=_("Begin"), help_text=_("For example 14:30"))
    ends_at = TimeOfDayField(label=_("End"), help_text=_("For example 16:30"))
    rhythm = forms.ChoiceField(
        label=_("rhythm"),
        choices=[choice for choice in Forum.Rhythm.choices if choice[0]],
        help_text=_("By months it stays the same weekday, for example each second Tuesday."),
    )
    on_holiday = forms.ChoiceField(
        label=_("Where a day is a public holiday"),
        choices=[(planning.MOVE, _("move it to the next working day")), (planning.LEAVE_OUT, _("leave it out"))],
        initial=planning.MOVE,
        widget=forms.RadioSelect,
    )
    place = MeetingForm.base_fields["place"]
    address = MeetingForm.base_fields["address"]
    access = MeetingForm.base_fields["access"]
    link = MeetingForm.base_fields["link"]
    is_planned = MeetingForm.base_fields["is_planned"]

    def __init__(self, data: Any = None, *, forum: Forum, last: Meeting | None, cancel_url: str = "") -> None:
        known: dict[str, Any] = {"rhythm": forum.rhythm}
        if last:
            known |= {name: getattr(last, name) for name in PLACE}
            known |= {name: getattr(last, name).astimezone(BERLIN).time() for name in ("starts_at", "ends_at")}
        super().__init__(data, initial=known)
        self.forum, self.cancel_url = forum, cancel_url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("day"), cleaned.get("last_day")
        begins, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if begins and ends and ends <= begins:
            self.add_error("ends_at", ends_before)
        if first and last and cleaned.get("rhythm"):
            if last < first:
                self.add_error("last_day", _("The last day is before the first one."))
            elif len(list(planning.days_of_series(first, last, cleaned["rhythm"]))) > planning.MOST:
                self.add_error(
                    "last_day",
                    ValidationError(
                        _("That is more than %(most)d meetings; please choose an earlier day."),
                        params={"most": planning.MOST},
                    ),
                )
        return cleaned

    @cached_property
    def state(self) -> Any:
        """The Land whose holidays hold; queries."""
        return planning.state_of(self.forum)

    @cached_property
    def proposed(self) -> list[planning.Proposed]:
        """What comes of a valid form; queries the forum's meetings."""
        cleaned = self.cleaned_data
        taken = self.forum.meetings.not_cancelled().filter(starts_at__gte=at(cleaned["day"], datetime.time()))
        return planning.proposed(
            cleaned["day"],
            cleaned["last_day"],
            cleaned["rhythm"],
            on_holiday=cleaned["on_holiday"],
            closed=working_days.public_holidays(self.state),
            taken={day_of(moment) for moment in taken.values_list("starts_at", flat=True)},
        )

    @property
    def digest(self) -> str:
        """Tells whether what is confirmed is what was shown."""
        return hashlib.sha256(repr(self.proposed).encode()).hexdigest()[:16]

    def meetings(self, chosen: list[str]) -> list[Meeting]:
        """The meetings of the chosen days, the first one first; not saved."""
        cleaned = self.cleaned_data
        return [
            Meeting(
                forum=self.forum,
                starts_at=at(row.day, cleaned["starts_at"]),
                ends_at=at(row.day, cleaned["ends_at"]),
                **{name: cleaned[name] for name in PLACE},
            )
            for row in self.proposed
            if row.day and row.day.isoformat() in chosen
        ]

    @property
    def helper(self) -> Helper:
        return Helper(
            self,
            Row("day", "last_day"),
            "rhythm",
            Row("starts_at", "ends_at"),
            "on_holiday",
            Fieldset(str(_("Where")), *PLACE),
            "is_planned",
            submit=_("Preview of the dates"),
            cancel_url=self.cancel_url,
        )

"""What is typed to plan a hand-over, to sign it and to cancel it."""

import datetime
from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common import periods
from common.forms import DayField, Helper
from contacts import open_work
from contacts.handover_plan import Plan, Wish
from contacts.models import Assignment, ContactPerson, HandoverTown

AS_ABOVE, STAYS, NOBODY = "", "bleibt", "stelle"
LONGEST_NOTE = 2000


class HandoverForm(forms.Form):
    """From which day on, and each town to whom; `plan` is what comes of it.

    A town goes to the person chosen for it, otherwise to the one chosen for all. With `ticked` the others stay unless
    somebody is chosen for them.
    """

    is_leaving = False

    day = DayField(label=_("From this day on"))
    all_to = forms.ChoiceField(
        label=_("All to"),
        required=False,
        help_text=_("Holds for every town below for which nobody else is chosen."),
    )
    note = forms.CharField(
        label=_("General note"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example where the files are. All staff of the office can read it."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Open work that is not a town's"), required=False, widget=forms.CheckboxSelectMultiple
    )
    rest_to = forms.ChoiceField(label=_("Open work that is not a town's goes to"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        leaver: ContactPerson,
        assignments: Sequence[Assignment],
        receivers: Sequence[ContactPerson],
        on: datetime.date,
        ticked: Collection[int] = (),
        cancel_url: str = "",
    ) -> None:
        super().__init__(data)
        self.leaver, self.assignments, self.on, self.cancel_url = leaver, assignments, on, cancel_url
        self.receivers = {str(post.pk): post for post in receivers}
        self.plan: Plan | None = None
        people = [(key, post.person.sorted_name) for key, post in self.receivers.items()]
        self.fields["all_to"].choices = [("", _("nobody chosen")), *people]  # type: ignore[attr-defined]
        self._add_open_work(people)
        for assignment in assignments:
            self._add_town(assignment, people, is_ticked=not ticked or assignment.pk in ticked)

    def _add_open_work(self, people: list[tuple[str, str]]) -> None:
        kinds = [(kind.key, kind.label) for kind in open_work.kinds()]
        if not kinds:
            del self.fields["kinds"], self.fields["rest_to"]
            return
        self.fields["rest_to"].choices = [("", _("nobody chosen")), *people]  # type: ignore[attr-defined]
        if self.is_leaving:
            del self.fields["kinds"]  # all of it
        else:
            self.fields["kinds"].choices = kinds  # type: ignore[attr-defined]

    def _add_town(self, assignment: Assignment, people: list[tuple[str, str]], *, is_ticked: bool) -> None:
        self.fields[f"to_{assignment.pk}"] = forms.ChoiceField(
            label=_("Goes to"),
            required=False,
            choices=[(AS_ABOVE, _("as chosen above for all")), *self.without_receiver(), *people],
            initial=AS_ABOVE if is_ticked else STAYS,
        )
        self.fields[f"note_{assignment.pk}"] = forms.CharField(
            label=_("What to know"), required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 1})
        )

    def without_receiver(self) -> list[tuple[str, Any]]:
        return [(STAYS, _("nobody, it stays"))]

    @property
    def towns(self) -> list[tuple[Assignment, forms.BoundField, forms.BoundField]]:
        """Each town with the fields that belong to it."""
        return [(row, self[f"to_{row.pk}"], self[f"note_{row.pk}"]) for row in self.assignments]

    @property
    def rest(self) -> list[forms.BoundField]:
        """The fields of open work, where the portal knows of any."""
        return [self[name] for name in ("kinds", "rest_to") if name in self.fields]

    def first_day(self) -> datetime.date | None:
        """The day from which on all is otherwise."""
        return self.cleaned_data.get("day")

    def clean_day(self) -> datetime.date:
        day = self.cleaned_data["day"]
        if day < self.on:
            raise ValidationError(_("This day is over. Please choose today or a later day."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (day := self.first_day()) is None or self.errors:
            return cleaned
        wishes = [wish for assignment in self.assignments if (wish := self._wish(assignment, day))]
        if not wishes and not self.is_leaving and not self.errors:
            self.add_error("all_to", _("Please choose who takes over what."))
        rest_to = self.receivers.get(cleaned.get("rest_to") or (cleaned["all_to"] if self.is_leaving else ""))
        # Of the only one at an office nobody can take anything over.
        must_go = self.receivers and (self.is_leaving or cleaned.get("kinds"))
        if rest_to is None and "rest_to" in self.fields and must_go:
            self.add_error("rest_to", _("Please choose who takes it over."))
        if self.errors:
            return cleaned
        self.plan = Plan(
            self.leaver,
            day,
            wishes,
            is_leaving=self.is_leaving,
            note=cleaned["note"],
            kinds=cleaned.get("kinds", []),
            rest_to=rest_to,
        )
        self.report(self.plan.errors)
        return cleaned

    def report(self, errors: dict[int | None, list[str]]) -> None:
        """Say beside its town what cannot be."""
        for pk, messages in errors.items():
            for message in messages:
                self.add_error(f"to_{pk}" if pk is not None else None, message)

    def _wish(self, assignment: Assignment, day: datetime.date) -> Wish | None:
        for_all = "" if self.is_settled(assignment, day) else self.cleaned_data.get("all_to", "")
        chosen = self.cleaned_data.get(f"to_{assignment.pk}") or for_all
        note = self.cleaned_data.get(f"note_{assignment.pk}", "")
        if chosen in self.receivers:
            return Wish(assignment, self.receivers[chosen], note)
        return self.otherwise(assignment, chosen, note, day)

    def is_settled(self, assignment: Assignment, day: datetime.date) -> bool:
        """Whether nobody needs to be chosen."""
        return False

    def otherwise(self, assignment: Assignment, chosen: str, note: str, day: datetime.date) -> Wish | None:
        """What becomes of a town for which nobody was chosen."""
        return None


class LeavingForm(HandoverForm):
    """The last day at the office, and everything to somebody; or to nobody, on purpose."""

    is_leaving = True

    day = DayField(label=_("Last day at the office"))

    def without_receiver(self) -> list[tuple[str, Any]]:
        return [(NOBODY, _("nobody, the office itself is asked"))]

    def first_day(self) -> datetime.date | None:
        last = self.cleaned_data.get("day")
        return last + periods.ONE_DAY if last else None

    @cached_property
    def primary(self) -> dict[tuple[int, int | None], list[DateRange]]:
        """By place, when somebody is primarily responsible; of the towns whose days end."""
        ending = {row.municipality_id for row in self.assignments if row.valid.upper}
        days: dict[tuple[int, int | None], list[DateRange]] = {}
        rows = Assignment.objects.primary().filter(office=self.leaver.office_id, municipality__in=ending)
        for town, of_field, valid in rows.values_list("municipality", "field", "valid") if ending else ():
            days.setdefault((town, of_field), []).append(valid)
        return days

    def is_settled(self, assignment: Assignment, day: datetime.date) -> bool:
        """Where the days end by then and somebody follows already."""
        upper = assignment.valid.upper
        if assignment.role != Assignment.Role.PRIMARY or upper is None or upper > day:
            return False
        following = self.primary.get((assignment.municipality_id, assignment.field_id), [])
        return any(periods.contains(valid, upper) for valid in following)

    def otherwise(self, assignment: Assignment, chosen: str, note: str, day: datetime.date) -> Wish | None:
        if chosen == NOBODY:
            return Wish(assignment, None, note)
        upper = assignment.valid.upper
        if upper is None or (upper >= day and not self.is_settled(assignment, day)):
            self.add_error(f"to_{assignment.pk}", _("Please choose who takes over."))
        return None


class SignForm(forms.Form):
    """The towns of which one says that they are handed over or taken over."""

    def __init__(
        self, data: Any = None, *, offered: dict[str, list[HandoverTown]], cancel_url: str, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.offered, self.cancel_url = offered, cancel_url
        labels = {
            HandoverTown.Side.GIVEN.value: pgettext_lazy("signing", "Handed over"),
            HandoverTown.Side.RECEIVED.value: pgettext_lazy("signing", "Taken over"),
        }
        for side, towns in offered.items():
            if towns:
                self.fields[side] = forms.MultipleChoiceField(
                    label=labels[side],
                    required=False,
                    choices=[(str(town.pk), self.told(side, town)) for town in towns],
                    widget=forms.CheckboxSelectMultiple,
                )

    def told(self, side: str, town: HandoverTown) -> str:
        return gettext("%(town)s, for %(person)s") % {"town": town, "person": town.person_of(side)}

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Confirm"), cancel_url=self.cancel_url)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned.values()) and self.fields:
            self.add_error(next(iter(self.fields)), _("Please tick at least one town."))
        return cleaned

    def chosen(self) -> list[tuple[str, HandoverTown]]:
        return [
            (side, town)
            for side, towns in self.offered.items()
            for town in towns
            if str(town.pk) in self.cleaned_data.get(side, [])
        ]

"""What figures are asked for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.choices import QuickSelect
from contacts.models import Office
from services.figures import Span
from services.measures import BY_KEY, GROUPS, LABELS, Measure

YEARS_BACK = 10


class ShownFiguresForm(forms.Form):
    """By what the figures are shown, and which of them as a picture; the address may leave all of it out."""

    nach = forms.ChoiceField(label=_("Figures by"), widget=QuickSelect)
    groesse = forms.ChoiceField(label=_("As a picture"), widget=QuickSelect)

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(self.defaults() | {name: value for name, value in data.items() if value}, **kwargs)
        self._offer("nach", [(key, label) for key, (_dimension, label) in LABELS.items()])
        measures = [(measure, group) for group in GROUPS for measure in group.measures]
        self._offer("groesse", [(measure.key, f"{group.title}: {measure.label}") for measure, group in measures])

    def _offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def defaults(self) -> dict[str, Any]:
        return {"nach": "kommune", "groesse": "eingegangen"}

    def chosen(self, name: str) -> str:
        """What was chosen; where the address says something unknown, what is shown at first."""
        self.is_valid()
        return self.cleaned_data.get(name, self.defaults()[name])

    @property
    def dimension(self) -> str:
        return LABELS[self.chosen("nach")][0]

    @property
    def measure(self) -> Measure:
        return BY_KEY[self.chosen("groesse")]


class FiguresForm(ShownFiguresForm):
    """Of which office and period too."""

    stelle = forms.ChoiceField(label=_("Office"), widget=QuickSelect)
    jahr = forms.ChoiceField(label=_("Year"), widget=QuickSelect)
    quartal = forms.ChoiceField(label=_("Quarter"), widget=QuickSelect, required=False)
    field_order = ("stelle", "jahr", "quartal", "nach", "groesse")

    def __init__(self, data: Any, *, offices: Sequence[Office], office: Office, year: int) -> None:
        self.office, self.year = office, year
        super().__init__(data)
        self._offer("stelle", [(one.slug, one.name) for one in offices])
        self._offer("jahr", [(str(one), str(one)) for one in range(year, year - YEARS_BACK, -1)])
        self._offer("quartal", [("", _("Whole year")), *((str(one), f"{one}.") for one in range(1, 5))])
        if len(offices) < 2:
            self.fields["stelle"].widget = forms.HiddenInput()

    def defaults(self) -> dict[str, Any]:
        return super().defaults() | {"stelle": self.office.slug, "jahr": str(self.year), "quartal": ""}

    @property
    def span(self) -> Span:
        return Span(int(self.chosen("jahr")), int(self.chosen("quartal")) if self.chosen("quartal") else None)

"""What people type about annual reports."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.choices import QuickSelect
from common.forms import Helper
from common.versions import VersionedModelForm
from contacts.models import Office
from services.models import ReportBlock

YEARS_BACK = 5


class BeginForm(forms.Form):
    """Which office's report on which year."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"), empty_label=None)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int, widget=QuickSelect)

    def __init__(self, *args: Any, offices: Sequence[Office], year: int, cancel_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["office"]
        field.queryset = Office.objects.filter(pk__in=[office.pk for office in offices])
        years: Any = self.fields["year"]
        years.choices = [(one, str(one)) for one in range(year, year - YEARS_BACK, -1)]
        self.initial.setdefault("office", offices[0].pk if offices else None)
        self.cancel_url = cancel_url

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=pgettext_lazy("verb", "Begin"), cancel_url=self.cancel_url)


class BlockForm(VersionedModelForm):
    """A part of a report."""

    class Meta:
        model = ReportBlock
        fields = ("heading", "text", "position")
        labels = {"heading": _("Heading"), "text": _("Text"), "position": _("Place in the report")}
        help_texts = {"position": _("Parts stand in the order of these numbers.")}
        widgets = {"text": forms.Textarea(attrs={"rows": 16})}

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)

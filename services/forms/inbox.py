"""What is typed to keep a filter of the list of requests."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.forms import Helper
from services.models import SavedFilter


class SavedFilterForm(forms.ModelForm):
    """A name for the filters that the address holds; only what the list knows is kept."""

    class Meta:
        model = SavedFilter
        fields = ["name", "query"]
        labels = {"name": _("Name of the filter")}
        help_texts = {"name": _("For example: Talks in Holzminden. Only you see it.")}
        widgets = {"query": forms.HiddenInput}

    def __init__(self, *args: Any, known: tuple[str, ...], cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known, self.cancel_url = known, cancel_url

    def clean_query(self) -> str:
        asked = QueryDict(self.cleaned_data["query"])
        kept = QueryDict(mutable=True)
        for name in self.known:
            if asked.get(name):
                kept[name] = asked[name]
        return kept.urlencode()

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Keep the filter"), cancel_url=self.cancel_url)


class RemovalForm(forms.Form):
    """One button."""

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Remove"), cancel_url=self.cancel_url)

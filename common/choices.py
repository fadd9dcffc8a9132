"""What may be chosen: select fields with many options, written in one go, and rows that may stay chosen."""

from html import escape
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

Choices = list[tuple[str, Any]]


class QuickSelect(forms.Select):
    """A select for many plain options, which takes neither a template nor a dictionary for each of them."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"class": "kern-form-input__select", **(attrs or {})}, choices)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        pairs = ((str(key or ""), str(label)) for key, label in self.choices)
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if key in chosen else ""}>{escape(label)}</option>'
            for key, label in pairs
        )
        own = flatatt(self.build_attrs(self.attrs, attrs))
        return SafeString(f'<select name="{escape(name)}"{own}>{options}</select>')


def with_chosen(rows: QuerySet[Any], **chosen: Any) -> QuerySet[Any]:
    """The rows, and those that are chosen already, as the lookups say; a lookup of None chooses nothing."""
    if None in chosen.values():
        return rows
    every = rows.model._default_manager
    return every.filter(Q(pk__in=rows.order_by().values("pk")) | Q(pk__in=every.filter(**chosen).values("pk")))

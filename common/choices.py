"""Select fields with many options, such as all states or offices: fetched as pairs, written in one go."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Choices = list[tuple[str, Any]]
SELECTED = mark_safe(" selected")


class QuickSelect(forms.Select):
    """A select whose options do not each take a template; forty of those cost more than the rest of a list page."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"class": "kern-form-input__select", **(attrs or {})}, choices)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options: Iterable[tuple[Any, ...]] = (
            (key, SELECTED if str(key or "") in chosen else "", label) for key, label in self.choices
        )
        return format_html(
            '<select name="{}"{}>{}</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            format_html_join("", '<option value="{}"{}>{}</option>', options),
        )

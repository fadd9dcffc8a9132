"""Inputs look as Django's own templates write them."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe

from common.form_renderer import INPUTS, SELECT, TEXTAREA, QuickRenderer

WIDGETS = (
    forms.TextInput, forms.EmailInput, forms.URLInput, forms.NumberInput, forms.HiddenInput, forms.DateInput,
    forms.TimeInput, forms.Textarea, forms.TelInput, forms.SearchInput,
)  # fmt: skip


SELECTS = (forms.Select, forms.SelectMultiple, forms.NullBooleanSelect)


def test_all_plain_inputs_are_written_without_a_template() -> None:
    assert {widget.template_name for widget in (*WIDGETS, *SELECTS)} == INPUTS | {TEXTAREA, SELECT}


@pytest.mark.parametrize("widget", WIDGETS)
@pytest.mark.parametrize("value", [None, "", "Müller & <Söhne> \"'", 7, mark_safe("a&amp;b")])
def test_input_is_what_django_writes(widget: Any, value: Any) -> None:
    attrs = {"id": "id_a<b", "required": True, "disabled": False, "maxlength": 4000, "placeholder": '"x" & y'}
    shown = [
        widget(attrs).render('n"ame', value, renderer=renderer()) for renderer in (QuickRenderer, TemplatesSetting)
    ]
    assert shown[0].strip() == shown[1].strip()


@pytest.mark.parametrize("widget", [forms.Select, forms.SelectMultiple])
@pytest.mark.parametrize("value", [None, "", 7, ["7", 'a"b']])
def test_select_is_what_django_writes(widget: Any, value: Any) -> None:
    options = [("", "Bitte wählen"), (7, "Müller & <Söhne>"), ("A <Gruppe>", [('a"b', mark_safe("a&amp;b")), (0, 1)])]
    shown = [
        widget({"id": "a<b", "required": True}, options).render('n"ame', value, renderer=renderer())
        for renderer in (QuickRenderer, TemplatesSetting)
    ]
    assert shown[0].split() == shown[1].split()

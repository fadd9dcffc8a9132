"""The form layer: days and periods as people type them, the frame of a form, and how each kind of field is shown.

The templates are the crispy pack `templates/kern/`. A widget that the pack does not know is refused, so that no
field reaches a page without label, hint and error in their places.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout, Submit
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.contrib.postgres.forms import DateRangeField
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models.fields import BLANK_CHOICE_DASH
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common import periods

# -- Days and periods ---------------------------------------------------------------------------------------------


YEARS = range(1900, 2200)


class DayField(forms.DateField):
    """A day typed as 24.11.2026. What was typed stays in the field, also where there is no such day."""

    default_error_messages = {
        "invalid": _("There is no such day. Please type it as day.month.year, for example 24.11.2026.")
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("For example 24.11.2026"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime.date | None:
        """Years far off are slips of the keyboard; the last one a date can hold has no day after it."""
        day = super().to_python(value)
        if day and day.year not in YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day


TIME = re.compile(r"(?P<hour>\d{1,2})(?:[.:]?(?P<minute>\d{2}))?\s*(?:Uhr|h)?", re.IGNORECASE)


class TimeOfDayField(forms.TimeField):
    """A time typed as 14:30, 14.30, 1430 or 14 Uhr, shown as 14:30."""

    widget = forms.TimeInput(format="%H:%M", attrs={"autocomplete": "off"})
    default_error_messages = {"invalid": _("There is no such time. Please type it as 14:30.")}

    def to_python(self, value: Any) -> datetime.time | None:
        if isinstance(value, str) and (typed := TIME.fullmatch(value.strip())):
            value = f"{typed['hour']}:{typed['minute'] or '00'}"
        return super().to_python(value)


class PeriodWidget(forms.MultiWidget):
    """First and last day, each with a label of its own."""

    template_name = "kern/widgets/period.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__((forms.DateInput(), forms.DateInput()), attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["has_error"] = "aria-invalid" in context["widget"]["attrs"]
        return context

    def decompress(self, value: DateRange | None) -> list[datetime.date | None]:
        return [value.lower, periods.last_day(value)] if value else [None, None]


class PeriodFormField(DateRangeField):
    """A period by its first and its last day; its value is a DateRange. An open side is left empty.

    `first_required`: a period without a first day is refused. `unlimited`: without either day it is always.
    """

    default_error_messages = {
        "bound_ordering": _("The last day is before the first one."),
        "first_required": _("Please give the first day."),
    }

    def __init__(self, *, first_required: bool = False, unlimited: bool = False, **kwargs: Any) -> None:
        self.first_required, self.unlimited = first_required, unlimited
        if unlimited:
            kwargs["required"] = False
        kwargs.setdefault("fields", [DayField(required=False, help_text=""), DayField(required=False, help_text="")])
        kwargs.setdefault("widget", PeriodWidget())
        kwargs["help_text"] = kwargs.get("help_text") or _(
            "Days such as 24.11.2026. Without a last day it stays valid."
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return self.widget.decompress(value) if isinstance(value, DateRange) else super().prepare_value(value)

    def compress(self, values: Sequence[Any]) -> DateRange | None:
        first, last = values or (None, None)
        if first is None and last is None:
            return periods.without_limit() if self.unlimited else None
        if first is None and self.first_required:
            raise forms.ValidationError(self.error_messages["first_required"], code="first_required")
        if first and last and last < first:
            raise forms.ValidationError(self.error_messages["bound_ordering"], code="bound_ordering")
        return periods.period(first, last)


# -- The frame ----------------------------------------------------------------------------------------------------


class Helper(FormHelper):
    """A form's frame: all its fields or the layout given, one button, and a way back without saving."""

    def __init__(
        self,
        form: forms.BaseForm,
        *layout: Any,
        submit: str | Promise = "",
        cancel_url: str = "",
        method: str = "post",
        action: str = "",
    ) -> None:
        super().__init__(form)
        if layout:
            self.layout = Layout(*layout)
        self.form_method = method
        self.form_action = action
        self.inputs = [Submit("", submit or _("Save"))]
        if cancel_url:
            self.inputs.append(Cancel(cancel_url))
        self.render_hidden_fields = True


class Cancel(HTML):
    """A link back that looks like a button."""

    def __init__(self, url: str, label: str | Promise = "") -> None:
        self.url, self.label = url, label or _("Cancel")

    def render(self, form: Any, context: Any, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> SafeString:
        return render_to_string("kern/layout/cancel.html", {"url": self.url, "label": self.label})


class SecondSubmit(HTML):
    """A further button that sends the form, under its name."""

    def __init__(self, name: str, label: str | Promise) -> None:
        self.name, self.label = name, label

    def render(self, form: Any, context: Any, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> SafeString:
        return render_to_string("kern/layout/second_submit.html", {"name": self.name, "label": self.label})


# -- How a field is shown -----------------------------------------------------------------------------------------

# The most special class first: the first one that the widget is an instance of decides.
_KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "choices"),
    (forms.RadioSelect, "choices"),
    (forms.CheckboxInput, "check"),
    (forms.SelectMultiple, "input"),
    (forms.Select, "select"),
    (forms.FileInput, "file"),
    (forms.Textarea, "input"),
    (forms.TextInput, "input"),
    (forms.EmailInput, "input"),
    (forms.URLInput, "input"),
    (forms.NumberInput, "input"),
    (forms.PasswordInput, "input"),
    (forms.TelInput, "input"),
    (forms.SearchInput, "input"),
    (PeriodWidget, "period"),
)
_CLASSES = {
    "input": "kern-form-input__input",
    "file": "kern-form-input__input",
    "select": "kern-form-input__select",
    "check": "kern-form-check__checkbox",
}
NO_CHOICE = BLANK_CHOICE_DASH[0][1]
_SHORT = (forms.DateInput, forms.NumberInput, forms.TimeInput)


@dataclass(frozen=True)
class Choice:
    """One box or button of a group."""

    control: SafeString
    id: str
    label: str


@dataclass(frozen=True)
class Shape:
    """What a field's template needs to know. `is_optional`: to be marked as such; a box to tick never is."""

    kind: str
    template: str
    control: SafeString
    choices: list[Choice]
    is_optional: bool


def shape(field: forms.BoundField, *, hides_optional: bool = False) -> Shape:
    """How the pack shows a field; raises ImproperlyConfigured for a widget it does not know."""
    widget = field.field.widget
    kind = next((kind for widget_class, kind in _KINDS if isinstance(widget, widget_class)), "")
    if not kind:
        raise ImproperlyConfigured(f"The template pack kern has no shape for {type(widget).__name__} ({field.name}).")
    return Shape(
        kind=kind,
        template=f"kern/fields/{kind}.html",
        control=SafeString("") if kind == "choices" else _control(field, kind),
        choices=_choices(field) if kind == "choices" else [],
        is_optional=not field.field.required and not hides_optional and kind != "check",
    )


def _name_no_choice(field: forms.Field) -> None:
    """Words for the choice of nothing: Django's line of dashes says nothing, least of all when read aloud."""
    name = _("Please choose") if field.required else _("No choice")
    if isinstance(field, forms.ModelChoiceField):
        if field.empty_label == NO_CHOICE:
            field.empty_label = name
    elif isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        field.choices = [("", name) if choice == ("", NO_CHOICE) else choice for choice in choices]


def _control(field: forms.BoundField, kind: str) -> SafeString:
    widget = field.field.widget
    attrs: dict[str, Any] = {}
    if kind == "select":
        _name_no_choice(field.field)
    if isinstance(widget, forms.ClearableFileInput):
        # The pack shows by itself what is stored and how to remove it.
        widget = forms.FileInput(attrs=widget.attrs)
    if kind in _CLASSES:
        short = " kern-form-input__input--short" if isinstance(widget, _SHORT) else ""
        error = f" {_CLASSES[kind]}--error" if field.errors else ""
        attrs["class"] = f"{_CLASSES[kind]}{error}{short} {widget.attrs.get('class', '')}".strip()
    if isinstance(widget, forms.DateInput):
        attrs["autocomplete"] = widget.attrs.get("autocomplete", "off")
    return field.as_widget(widget=widget, attrs=attrs)


def _choices(field: forms.BoundField) -> list[Choice]:
    error = " kern-form-check__{0}--error" if field.errors else ""
    found = []
    for option in field.subwidgets:
        box = option.data["type"]
        option.data["attrs"]["class"] = f"kern-form-check__{box}{error.format(box)}"
        # One box of a group being required would ask for that very box; the group as a whole is checked.
        option.data["attrs"].pop("aria-invalid", None)
        found.append(Choice(option.tag(), option.id_for_label or "", option.choice_label))
    return found


@dataclass(frozen=True)
class ErrorLink:
    """One line of the error summary; `target` is the id of the field's first control, "" for the form as a whole."""

    target: str
    label: str | Promise
    message: str


def error_links(form: forms.BaseForm) -> list[ErrorLink]:
    """All errors of a form in the order of its fields, the form's own first."""
    links = [ErrorLink("", "", str(message)) for message in form.non_field_errors()]
    for field in form:
        for message in field.errors:
            # Groups of boxes and several inputs have no id of their own: their first one carries _0.
            target = field.id_for_label or (f"{field.auto_id}_0" if field.auto_id else "")
            links.append(ErrorLink("" if field.is_hidden else target, field.label, str(message)))
    return links

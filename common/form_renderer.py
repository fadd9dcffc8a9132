"""How Django's plain inputs are written: as its own templates say, without a template for each."""

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

_FOLDER = "django/forms/widgets/"
INPUTS = {
    f"{_FOLDER}{kind}.html" for kind in ("text", "email", "url", "tel", "number", "search", "hidden", "date", "time")
}
TEXTAREA = f"{_FOLDER}textarea.html"
SELECT = f"{_FOLDER}select.html"


class QuickRenderer(TemplatesSetting):
    """The log of a meeting has forty such fields; their templates took a quarter of its time."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name in INPUTS:
            return _input(context["widget"])
        if template_name == TEXTAREA:
            return _textarea(context["widget"])
        if template_name == SELECT:
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _input(widget: dict[str, Any]) -> SafeString:
    value = "" if widget["value"] is None else f' value="{conditional_escape(widget["value"])}"'
    return SafeString(
        f'<input type="{widget["type"]}" name="{conditional_escape(widget["name"])}"{value}{_attributes(widget)}>'
    )


def _textarea(widget: dict[str, Any]) -> SafeString:
    text = conditional_escape(widget["value"] or "")
    return SafeString(f'<textarea name="{conditional_escape(widget["name"])}"{_attributes(widget)}>\n{text}</textarea>')


def _select(widget: dict[str, Any]) -> SafeString:
    groups = "".join(_group(name, options) for name, options, _place in widget["optgroups"])
    return SafeString(f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget)}>{groups}\n</select>')


def _group(name: Any, options: list[dict[str, Any]]) -> str:
    written = "".join(
        f'\n  <option value="{conditional_escape(str(option["value"]))}"{_attributes(option)}>'
        f"{conditional_escape(option['label'])}</option>"
        for option in options
    )
    return f'\n  <optgroup label="{conditional_escape(name)}">{written}\n  </optgroup>' if name else written


def _attributes(widget: dict[str, Any]) -> str:
    given = ((name, value) for name, value in widget["attrs"].items() if value is not False)
    return "".join(f" {name}" if value is True else f' {name}="{conditional_escape(value)}"' for name, value in given)

"""The form pack: every field reaches the page with its label, hint and error where everybody finds them."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from crispy_forms.bootstrap import FormActions
from crispy_forms.layout import HTML, ButtonHolder, Column, Div, Field, Fieldset, Layout, Row, Submit
from crispy_forms.utils import render_crispy_form
from django import forms
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models.fields import BLANK_CHOICE_DASH
from django.template.loader import render_to_string
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from common.forms import DayField, Helper, PeriodFormField, error_links, shape
from common.periods import period
from integration_portal.styleguide import EveryField
from tests.common.html import Document

FIELDS = [name for name in EveryField.base_fields if name != "source"]


def rendered(form: Any) -> Document:
    return Document(render_crispy_form(form))


@pytest.fixture(scope="module")
def fresh() -> Document:
    return rendered(EveryField())


@pytest.fixture(scope="module")
def refused() -> Document:
    return rendered(EveryField({"email": "nobody", "valid_0": "31.02.2026", "participants": "many"}))


def test_ids_are_unique(fresh: Document) -> None:
    assert len(fresh.ids()) == len(set(fresh.ids()))


@pytest.mark.parametrize("name", FIELDS)
def test_every_control_has_a_label(fresh: Document, name: str) -> None:
    labelled = {label.attrs["for"] for label in fresh.all("label")}
    controls = [
        control
        for control in fresh.elements
        if control.tag in {"input", "select", "textarea"} and control.attrs["name"] in {name, f"{name}_0", f"{name}_1"}
    ]
    assert controls
    assert {control.attrs["id"] for control in controls} <= labelled


@pytest.mark.parametrize("name", FIELDS)
def test_hints_and_errors_are_tied_to_the_field(refused: Document, name: str) -> None:
    field = EveryField.base_fields[name]
    tied = " ".join(
        element.attrs["aria-describedby"]
        for element in refused.elements
        if f"id_{name}_" in element.attrs.get("aria-describedby", "")
    ).split()
    assert (f"id_{name}_helptext" in tied) == bool(field.help_text)
    assert all(identity in refused.ids() for identity in tied)


@pytest.mark.parametrize("name", ["name", "email", "place", "fields_of_action", "kind", "on", "valid", "participants"])
def test_a_refused_field_says_why(refused: Document, name: str) -> None:
    assert refused.by_id(f"id_{name}_error").text.strip()


@pytest.mark.parametrize("name", ["name", "email", "place", "on", "participants"])
def test_a_refused_control_is_marked_for_screen_readers(refused: Document, name: str) -> None:
    assert refused.by_id(f"id_{name}").attrs["aria-invalid"] == "true"


def test_the_hint_stands_before_the_control(fresh: Document) -> None:
    order = fresh.ids()
    for name in ["name", "phone", "text", "on", "attachment"]:
        assert order.index(f"id_{name}_helptext") < order.index(f"id_{name}")


def test_groups_of_choices_have_a_legend(fresh: Document) -> None:
    for name in ["fields_of_action_0", "kind_0", "valid_0"]:
        (fieldset,) = [parent for parent in fresh.by_id(f"id_{name}").parents if parent.tag == "fieldset"]
        assert [legend for legend in fresh.all("legend") if fieldset in legend.parents]


def test_optional_fields_are_marked_and_required_ones_are_not() -> None:
    with override("en"):
        labels = {label.attrs["for"]: label.text for label in rendered(EveryField()).all("label")}
    assert "(optional)" in labels["id_phone"]
    assert "(optional)" not in labels["id_name"]
    assert "(optional)" not in labels["id_is_published"]


def test_filters_do_not_mark_what_is_always_optional() -> None:
    with override("en"):
        shown = render_to_string("kern/field.html", {"field": EveryField()["phone"], "hides_optional": True})
    assert "(optional)" not in shown


def test_a_hidden_field_is_only_its_control(fresh: Document) -> None:
    (hidden,) = fresh.all("input", type="hidden", name="source")
    assert not fresh.all("label", **{"for": hidden.attrs["id"]})


def test_autocomplete_reaches_the_control(fresh: Document) -> None:
    assert fresh.by_id("id_email").attrs["autocomplete"] == "email"


def test_the_summary_comes_first_and_takes_the_focus(refused: Document) -> None:
    (summary,) = [element for element in refused.elements if element.attrs.get("class") == "error-summary"]
    assert "autofocus" in summary.attrs
    assert summary.attrs["tabindex"] == "-1"
    assert refused.elements.index(summary) == 1


def test_the_summary_links_to_every_refused_field(refused: Document) -> None:
    targets = [link.attrs["href"].removeprefix("#") for link in refused.all("a") if link.attrs["href"] != "?"]
    assert set(targets) <= set(refused.ids())
    assert {"id_name", "id_email", "id_place", "id_fields_of_action_0", "id_kind_0", "id_valid_0"} <= set(targets)


def test_an_error_of_the_whole_form_stands_in_the_summary_without_a_link() -> None:
    form = EveryField({})
    form.add_error(None, "These do not go together.")
    assert error_links(form)[0].message == "These do not go together."
    assert error_links(form)[0].target == ""


def test_a_form_without_errors_has_no_summary(fresh: Document) -> None:
    assert not [element for element in fresh.elements if element.attrs.get("class") == "error-summary"]


def test_what_was_typed_stays_in_the_field(refused: Document) -> None:
    assert refused.by_id("id_email").attrs["value"] == "nobody"
    assert refused.by_id("id_valid_0").attrs["value"] == "31.02.2026"
    assert refused.by_id("id_participants").attrs["value"] == "many"


def test_an_unknown_widget_is_refused() -> None:
    class Strange(forms.Form):
        when = forms.DateTimeField(widget=forms.SplitDateTimeWidget)

    with pytest.raises(ImproperlyConfigured, match="SplitDateTimeWidget"):
        render_crispy_form(Strange())


def portal_forms() -> list[type[forms.BaseForm]]:
    """All forms of the portal's own pages, filters included; the admin shows its forms by itself."""
    ours = {config.label for config in apps.get_app_configs() if "site-packages" not in config.path}
    found: list[type[forms.BaseForm]] = []
    waiting: list[type[forms.BaseForm]] = [forms.BaseForm]
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        parts = form.__module__.split(".")
        if parts[0] in ours and "admin" not in parts and form.__module__ != __name__ and hasattr(form, "base_fields"):
            found.append(form)
    return found


def test_the_pack_knows_every_widget_of_the_portals_forms(db: None) -> None:
    assert EveryField in portal_forms()
    for form in portal_forms():
        for name, field in form.base_fields.items():
            if not field.widget.is_hidden:
                bound = forms.BoundField(forms.Form(), field, name)
                assert shape(bound).template, f"{form.__name__}.{name}"


def test_the_style_guide_shows_each_shape_of_field() -> None:
    shown = {shape(field).kind for field in EveryField() if not field.is_hidden}
    parts_of_all = {"label", "hint", "errors"}
    assert shown == {path.stem for path in Path("templates/kern/fields").glob("*.html")} - parts_of_all


# -- The frame ----------------------------------------------------------------------------------------------------


class Small(forms.Form):
    first = forms.CharField()
    second = forms.CharField()
    method = "post"

    @property
    def helper(self) -> Helper:
        return Helper(self, submit="Send", cancel_url="/back/", method=self.method)


def test_the_frame_has_one_button_and_a_way_back() -> None:
    document = rendered(Small())
    (button,) = document.all("button")
    assert (button.attrs["type"], button.text) == ("submit", "Send")
    assert [link.attrs["href"] for link in document.all("a")] == ["/back/"]


def test_a_form_that_shows_nothing_secret_carries_no_token() -> None:
    form = Small()
    form.method = "get"
    shown = render_crispy_form(form, context={"csrf_token": "secret"})
    assert "secret" not in shown
    assert "secret" in render_crispy_form(Small(), context={"csrf_token": "secret"})


def test_layouts_may_group_and_place_fields() -> None:
    form = Small()
    helper = Helper(form)
    helper.inputs = []
    helper.layout = Layout(
        Fieldset("Group", Row(Column("first"), css_class="wide"), css_id="group"),
        Div(Field("second", data_kind="x"), HTML("<p>Note</p>")),
        ButtonHolder(Submit("go", "Go")),
        FormActions(Submit("stay", "Stay", css_id="stay")),
    )
    document = Document(render_crispy_form(form, helper))
    assert document.by_id("group").tag == "fieldset"
    assert document.all("legend")[0].text == "Group"
    assert document.by_id("id_second").attrs["data-kind"] == "x"
    assert [button.attrs["value"] for button in document.all("button")] == ["Go", "Stay"]


def test_formsets_are_shown_with_their_own_errors() -> None:
    formset_class = forms.formset_factory(Small, extra=0, min_num=1, validate_min=True)
    data = {"form-TOTAL_FORMS": "0", "form-INITIAL_FORMS": "0"}
    helper = Helper(Small())
    helper.form_tag = False
    shown = render_crispy_form(formset_class(data), helper)
    assert "error-summary" in shown
    assert "form-TOTAL_FORMS" in shown


# -- Days and periods ---------------------------------------------------------------------------------------------


class Dated(forms.Form):
    on = DayField()
    valid = PeriodFormField(required=False)
    starting = PeriodFormField(required=False, first_required=True)


def dated(**data: str) -> Dated:
    form = Dated({"on": "24.11.2026", **data})
    form.full_clean()
    return form


@pytest.mark.parametrize("typed", ["24.11.2026", "24.11.26", "2026-11-24"])
def test_a_day_is_read_as_germans_write_it(typed: str) -> None:
    assert dated(on=typed).cleaned_data["on"] == datetime.date(2026, 11, 24)


@pytest.mark.parametrize("typed", ["31.02.2026", "11/24/2026", "tomorrow", "31.12.9999"])
def test_a_day_that_does_not_exist_is_refused_in_german(typed: str) -> None:
    with override("de"):
        form = Dated({"on": typed})
        assert "Diesen Tag gibt es nicht" in form.errors["on"][0]


def test_a_period_ends_with_its_last_day() -> None:
    assert dated(valid_0="01.03.2026", valid_1="30.11.2026").cleaned_data["valid"] == period(
        datetime.date(2026, 3, 1), datetime.date(2026, 11, 30)
    )


def test_a_period_of_one_day_is_fine() -> None:
    day = datetime.date(2026, 3, 1)
    assert dated(valid_0="01.03.2026", valid_1="01.03.2026").cleaned_data["valid"] == period(day, day)


def test_an_open_period_has_no_last_day() -> None:
    assert dated(valid_0="01.03.2026").cleaned_data["valid"] == period(datetime.date(2026, 3, 1))


def test_an_inverted_period_is_refused() -> None:
    assert dated(valid_0="02.03.2026", valid_1="01.03.2026").has_error("valid", "bound_ordering")


def test_a_period_that_must_begin_is_refused_without_a_first_day() -> None:
    assert dated(starting_1="01.03.2026").has_error("starting", "first_required")


def test_an_empty_period_is_none_where_it_may_be_and_refused_where_not() -> None:
    assert dated().cleaned_data["valid"] is None

    class Needed(forms.Form):
        valid = PeriodFormField(required=True)

    assert Needed({}).has_error("valid", "required")


days = st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2199, 12, 31))


@given(days, st.one_of(st.none(), days))
def test_a_period_shown_and_sent_back_is_the_same(first: datetime.date, last: datetime.date | None) -> None:
    if last and last < first:
        first, last = last, first
    field = PeriodFormField()
    shown = [f"{day:%d.%m.%Y}" if day else "" for day in field.prepare_value(period(first, last))]
    assert field.clean(shown) == period(first, last)
    assert not field.has_changed(period(first, last), shown)


class FromLists(forms.Form):
    """Selects as Django makes them of models' fields: whoever has chosen nothing is shown a line of dashes."""

    kind = forms.TypedChoiceField(choices=[*BLANK_CHOICE_DASH, ("talk", "Talk")])
    reason = forms.ChoiceField(choices=[*BLANK_CHOICE_DASH, ("ill", "Ill")], required=False)
    user = forms.ModelChoiceField(User.objects.none())
    other = forms.ModelChoiceField(User.objects.none(), empty_label="The office's inbox", required=False)


@pytest.mark.django_db
def test_choice_of_nothing_has_words() -> None:
    with override("de"):
        document = rendered(FromLists())
    assert [option.text for option in document.all("option") if option.attrs["value"] == ""] == [
        "Bitte wählen",
        "Keine Auswahl",
        "Bitte wählen",
        "The office's inbox",
    ]

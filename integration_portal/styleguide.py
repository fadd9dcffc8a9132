"""The style guide: every component and every kind of field on one page, for developers and for the tests."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, Helper, PeriodFormField, TimeOfDayField
from common.lists import Alphabetical
from common.periods import period, today

PLACES = [("dornbach", "Dornbach"), ("lindental", "Lindental"), ("seefeld", "Seefeld an der Aue")]


class EveryField(forms.Form):
    """Each kind of field once, required and optional."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("As it is to appear on the page."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(label=_("Mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    phone = forms.CharField(
        label=_("Phone"), required=False, widget=forms.TelInput(attrs={"autocomplete": "tel"}), help_text="05261 123-45"
    )
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    participants = forms.IntegerField(label=_("Participants"), required=False, min_value=0)
    password = forms.CharField(
        label=_("Password"), required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    place = forms.ChoiceField(label=_("Municipality"), choices=[("", _("Please choose")), *PLACES])
    places = forms.MultipleChoiceField(label=_("Several municipalities"), required=False, choices=PLACES)
    text = forms.CharField(
        label=_("What is it about?"),
        required=False,
        help_text=_("Please name no clients."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    fields_of_action = forms.MultipleChoiceField(
        label=_("Fields of action"),
        help_text=_("Several are possible."),
        choices=[("language", _("Language")), ("housing", _("Housing")), ("work", _("Work"))],
        widget=forms.CheckboxSelectMultiple,
    )
    kind = forms.ChoiceField(
        label=_("Responsibility"),
        choices=[("primary", _("primary")), ("deputy", _("deputy"))],
        widget=forms.RadioSelect,
    )
    is_published = forms.BooleanField(
        label=_("Show on the public page"), required=False, help_text=_("Visible to everyone at once.")
    )
    on = DayField(label=_("Day"))
    at = TimeOfDayField(label=_("begins"), help_text="14:30")
    valid = PeriodFormField(label=_("Valid"), first_required=True, required=True)
    attachment = forms.FileField(label=_("Attachment"), required=False, help_text=_("PDF, at most 10 MB"))
    source = forms.CharField(widget=forms.HiddenInput, required=False, initial="styleguide")

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Save"), cancel_url="?", method="get")


class FilterForm(forms.Form):
    text = forms.CharField(label=_("Name"), required=False)
    place = forms.ChoiceField(label=_("Municipality"), required=False, choices=[("", _("All")), *PLACES])
    has_contact = forms.BooleanField(label=_("Only without contact person"), required=False)


class Order:
    key = "name"


def styleguide(request: HttpRequest) -> HttpResponse:
    """Shown in development and demonstrations only; `?save` shows the form as it comes back with errors."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    is_sent = "name" in request.GET
    context: dict[str, Any] = {
        "form": EveryField(request.GET) if is_sent else EveryField(initial={"valid": period(today(), None)}),
        "filterset": {"form": FilterForm(request.GET if "has_contact" in request.GET else None, auto_id="filter_%s")},
        "page": Paginator(range(480), 50).get_page(request.GET.get("seite", 4)),
        "order": Order,
        "letters": Alphabetical.letters,
        "letter_prefix": "?buchstabe=",
        "chosen_letter": "D",
        "day": today(),
        "valid": period(today(), today()),
        "facts": [(_("Population"), "8.412"), (_("District"), "Kreis Musterland"), (_("Website"), "")],
        "columns": [_("Municipality"), _("Contact person"), _("Phone")],
        "rows": [["Dornbach", "Mira Beispiel", "05261 123-45"], ["Lindental", "Jan Muster", "05261 123-46"]],
        "kinds": ["info", "success", "warning", "danger"],
    }
    return render(request, "styleguide.html", context)

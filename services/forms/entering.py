"""What the office types about a request that came by phone, by mail or in a conversation."""

import datetime
import uuid
from typing import Any

from crispy_forms.layout import Fieldset, Row
from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, Helper
from contacts.querysets import in_area_of
from contacts.rules import standing
from municipalities.models import Municipality
from services.models import ServiceOffering, ServiceRequest

REQUESTER = ("requester_name", "requester_body", "requester_email", "requester_phone", "asks_for")
MORE = ("cause", "audience", "head_count", "wished_dates", "place", "existing", "funding", "answer_by")


class EnterForm(forms.ModelForm):
    """All that is known; the mail address may be missing. `key` makes one request of a form that is sent twice."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    answer_by = DayField(label=_("Answer needed until"), required=False)

    class Meta:
        model = ServiceRequest
        fields = ["channel", "offering", "municipality", "subject", "concern", *REQUESTER, *MORE]
        labels = {
            "channel": _("How it came"),
            "offering": _("Offering"),
            "municipality": _("Municipality"),
            "subject": _("Subject"),
            "concern": _("What is needed"),
            "asks_for": _("Asks for"),
            "requester_name": _("Name"),
            "requester_body": _("Department or organisation"),
            "requester_email": _("Mail address"),
            "requester_phone": _("Phone"),
            "cause": _("Why now"),
            "audience": _("For whom"),
            "head_count": _("How many people"),
            "wished_dates": _("Dates wished"),
            "place": _("Place"),
            "existing": _("What exists already"),
            "funding": _("Money at hand"),
        }
        help_texts = {"requester_email": _("With it the requester gets a confirmation and can follow the request.")}
        widgets = {
            "concern": forms.Textarea(attrs={"rows": 5}),
            "cause": forms.Textarea(attrs={"rows": 2}),
            "existing": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, user: Any, on: datetime.date, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        known = standing(user)
        fields: Any = self.fields
        offerings, towns = ServiceOffering.objects.offered(on), Municipality.objects.existing(on)
        if not known.is_superuser:
            offerings, towns = offerings.of_offices(known.offices), towns.filter(in_area_of(known.offices))
        fields["offering"].queryset = offerings.select_related("office")
        fields["municipality"].queryset = towns.order_by("sort_key")
        fields["municipality"].empty_label = _("none")
        if len(known.offices) != 1:
            fields["offering"].label_from_instance = lambda offering: f"{offering} ({offering.office})"
        fields["channel"].choices = [one for one in ServiceRequest.Channel.choices if one[0] != "portal"]
        fields["requester_email"].required = False

    @property
    def helper(self) -> Helper:
        return Helper(
            self,
            *("channel", "offering", "municipality", "subject", "concern"),
            Fieldset(str(_("Who asks")), "asks_for", "requester_name", "requester_body", Row(*REQUESTER[2:4])),
            Fieldset(str(_("What else is known")), *MORE),
            submit=_("Enter the request"),
            cancel_url=self.cancel_url,
        )

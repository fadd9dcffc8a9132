"""What the office types about a request that came by phone, by mail or in a conversation."""

import datetime
from typing import Any

from crispy_forms.layout import Fieldset, Row
from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, Helper
from services import asking
from services.forms.questions import AsksQuestions
from services.models import ServiceRequest

REQUESTER = ("requester_name", "requester_body", "requester_email", "requester_phone", "asks_for")
MORE = ("cause", "audience", "head_count", "wished_dates", "place", "existing", "funding", "answer_by")


class EnterForm(AsksQuestions):
    """All that is known: the mail address may be missing, and replies to the offering's questions.

    `key` makes one request of a form that is sent twice.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    answer_by = DayField(label=_("Answer needed until"), required=False)

    class Meta:
        model = ServiceRequest
        fields = ["channel", "municipality", "subject", "concern", *REQUESTER, *MORE]
        labels = {
            "channel": _("How it came"),
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
            "wished_dates": _("Preferred dates"),
            "place": _("Place"),
            "existing": _("What exists already"),
            "funding": _("Funds available"),
        }
        help_texts = {"requester_email": _("With it the requester gets a confirmation and can follow the request.")}
        widgets = {
            "concern": forms.Textarea(attrs={"rows": 5}),
            "cause": forms.Textarea(attrs={"rows": 2}),
            "existing": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, on: datetime.date, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        self.initial["key"] = self.instance.key
        fields: Any = self.fields
        fields["municipality"].queryset = asking.towns_of(self.instance.office, on)
        fields["municipality"].empty_label = _("none")
        fields["channel"].choices = [one for one in ServiceRequest.Channel.choices if one[0] != "portal"]
        self.add_questions()
        for name in ("requester_email", *self.questions):
            fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.require_town(cleaned)
        return cleaned

    @property
    def helper(self) -> Helper:
        questions = [Fieldset(str(_("Questions about this service")), *self.questions)] if self.questions else []
        return Helper(
            self,
            *("channel", "municipality", "subject", "concern"),
            Fieldset(str(_("Who asks")), "asks_for", "requester_name", "requester_body", Row(*REQUESTER[2:4])),
            Fieldset(str(_("What else is known")), *MORE),
            *questions,
            submit=_("Enter the request"),
            cancel_url=self.cancel_url,
        )

"""What leads and administrators type about all requests to their office."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import Helper
from common.versions import VersionedModelForm
from services.models import AnswerTemplate, RequestTerms


class OfficeForm(VersionedModelForm):
    """A row of the office, and the way back."""

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)


class TemplateForm(OfficeForm):
    """A text to begin an answer with."""

    class Meta:
        model = AnswerTemplate
        fields = ["title", "offering", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 12})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offering: Any = self.fields["offering"]
        offering.queryset = self.instance.office.offerings.all()
        offering.empty_label = _("All services of the office")


class TermsForm(OfficeForm):
    """The office's answer target, and how long it keeps requests."""

    class Meta:
        model = RequestTerms
        fields = ["answer_days", "request_months"]

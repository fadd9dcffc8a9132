"""What whoever asked types afterwards: a message with files, and how it was."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from common.forms import Helper
from common.versions import VersionedModelForm
from services.forms.asking import files_field
from services.models import Feedback, RequestEntry, ServiceRequest

MARKS = (
    (1, _("1 – not at all")),
    (2, _("2 – a little")),
    (3, _("3 – partly")),
    (4, _("4 – quite")),
    (5, _("5 – very")),
)


class MessageForm(forms.Form):
    """`seen` tells what was said before the form was made, so that sending it twice says it once."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("Message"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Please name no clients and no case."),
    )
    files = files_field()  # type: ignore[assignment]

    def __init__(
        self, *args: Any, service_request: ServiceRequest, cancel_url: str, is_by_link: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.service_request = service_request
        if not self.is_bound:
            self.initial["seen"] = service_request.entries.aggregate(last=Coalesce(Max("pk"), 0))["last"]
        self.helper = Helper(self, submit=_("Send"), cancel_url=cancel_url)
        self.helper.disable_csrf = is_by_link  # the link's token takes its place

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned["text"].strip() and not cleaned["files"]:
            self.add_error("text", ValidationError(_("Please write something, or add a file."), code="empty"))
        return cleaned

    def was_sent(self) -> bool:
        """Whether the same form was sent before. Whoever asks holds the request's row."""
        cleaned = self.cleaned_data
        if cleaned["seen"] is None:
            return False
        replies = self.service_request.entries.filter(kind=RequestEntry.Kind.REPLY, pk__gt=cleaned["seen"])
        return any(_holds(entry, cleaned["files"]) for entry in replies.filter(text=cleaned["text"].strip()))


def _holds(entry: RequestEntry, uploads: list[Any]) -> bool:
    """Whether the entry came with these very files."""
    kept = list(entry.files.all())
    return len(kept) == len(uploads) and all(any(file.holds(upload) for file in kept) for upload in uploads)


class FeedbackForm(VersionedModelForm):
    """How it was; of two colleagues who say it at once the second reads what the first one said."""

    helped = forms.TypedChoiceField(
        label=_("How much did it help you?"), choices=MARKS, coerce=int, widget=forms.RadioSelect
    )
    went_well = forms.TypedChoiceField(
        label=_("How well did the arrangements and the service itself go?"),
        choices=MARKS,
        coerce=int,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Feedback
        fields = ["helped", "went_well", "remark"]
        help_texts = {"remark": _("Please name no clients and no case.")}
        widgets = {"remark": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, cancel_url: str = "", is_by_link: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = Helper(self, submit=_("Send feedback"), cancel_url=cancel_url)
        self.helper.disable_csrf = is_by_link

"""What people type who ask an office for something, or say that something on a page is wrong."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from crispy_forms.layout import Div, Field, Fieldset
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts import limits
from common.files import KINDS_IN_WORDS, DocumentFilesField
from common.forms import DayField, Helper, SecondSubmit
from common.versions import SEEN_VERSION, VersionedModelForm
from services import asking
from services.forms.questions import AsksQuestions, OfOneRequest, Reply
from services.models import ServiceRequest

SAVE = "save"  # the button that keeps a draft
ABOUT = ("municipality", "subject", "concern", "audience", "head_count", "wished_dates")
WHO = ("requester_name", "requester_email", "requester_phone", "asks_for", "requester_body")
IN_FIRST_PERSON = [
    (value, _("myself") if value == ServiceRequest.AsksFor.ONESELF else label)
    for value, label in ServiceRequest.AsksFor.choices
]
FURTHER = ("cause", "place", "existing", "funding", "answer_by")
FILES = ("files", "remove")
AUTOCOMPLETE = {
    "requester_name": "name",
    "requester_email": "email",
    "requester_phone": "tel",
    "requester_body": "organization",
}


def files_field() -> DocumentFilesField:
    largest = filesizeformat(settings.LARGEST_FILE)
    hint = format_lazy(
        _("Several are possible: {kinds}; at most {largest} each."), kinds=KINDS_IN_WORDS, largest=largest
    )
    return DocumentFilesField(required=False, label=_("Files"), help_text=hint)


class KeptFilesField(forms.MultipleChoiceField):
    """Which of the files that are kept already are to go; those that are gone meanwhile may be named too."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return str(value).isdecimal()


class RequestForm(OfOneRequest, VersionedModelForm):
    """What every request has in common: who asks, a key that makes one request of it, and a trap for machines.

    `user` may be a visitor; what they send is counted by mail address and network address as soon as it is kept.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    trap = forms.CharField(
        label=_("Please leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        instance: ServiceRequest,
        user: Any,
        address: str,
        on: datetime.date,
        cancel_url: str = "",
        **kwargs: Any,
    ) -> None:
        if data is not None and instance.pk and not data.get(SEEN_VERSION):
            # The form that made the request is sent again: what it says now goes in place of what it said.
            data = data.copy()
            data[SEEN_VERSION] = str(instance.version)
        super().__init__(data, files, instance=instance, **kwargs)
        self.user, self.address, self.on, self.cancel_url = user, address, on, cancel_url
        self.initial["key"] = instance.key
        town: Any = self.fields["municipality"]
        town.queryset = asking.towns_of(instance.office, on)
        town.empty_label = _("No single municipality, or I do not know")
        # Read at once: the cursor that Django opens for them takes longer than all else of the form.
        town.choices = lambda: [("", town.empty_label), *((each.pk, each) for each in town.queryset)]
        for name in AUTOCOMPLETE.keys() & self.fields.keys():
            self.fields[name].widget.attrs["autocomplete"] = AUTOCOMPLETE[name]
        if self.is_by_account:
            del self.fields["trap"]

    @property
    def is_by_account(self) -> bool:
        return bool(self.user.is_authenticated)

    def form_of(self, stored: ServiceRequest) -> "RequestForm":
        return type(self)(instance=stored, prefix=self.prefix, user=self.user, address=self.address, on=self.on)

    def clean_trap(self) -> str:
        if self.cleaned_data["trap"]:
            raise ValidationError(_("Only machines fill in this field. Please empty it."), code="machine")
        return ""

    def keep(self, at: datetime.datetime) -> ServiceRequest:
        """Save it as a draft, with its files and replies; raises TooManyAttempts where a visitor has to wait."""
        if not self.is_by_account:
            email = self.cleaned_data["requester_email"]
            limits.begin(email, self.address, at, "request", limits=asking.LIMITS)
        self.instance.language = get_language() or settings.LANGUAGE_CODE
        request: ServiceRequest = self.save() if self.instance.pk else self.instance.begin(at)
        request.take_out(self.cleaned_data.get("remove", ()))
        request.bring(self.cleaned_data.get("files", ()))
        request.tell(self.replies())
        return request

    def helper_of(self, *layout: Any, submit: str | Promise, second: SecondSubmit | None = None) -> Helper:
        trap = []
        if not self.is_by_account:
            hidden = {} if "trap" in self.errors else {"css_class": "kern-sr-only", "aria_hidden": "true"}
            trap = [Div(Field("trap"), **hidden)]
        helper = Helper(self, *layout, *trap, submit=submit, cancel_url=self.cancel_url)
        if second:
            helper.inputs.insert(1, second)
        helper.form_id = "request"
        return helper


class AskForm(AsksQuestions, RequestForm):
    """A request for an offering: short, with the offering's own questions at its end.

    A draft may lack anything, but for a visitor's mail address. `similar`: the requests that the page shows.
    """

    files = files_field()  # type: ignore[assignment]
    remove = KeptFilesField(label=_("Kept already. Remove:"), required=False)
    answer_by = DayField(label=_("Answer needed until"), required=False)
    asks_for = forms.ChoiceField(label=_("I ask for"), choices=IN_FIRST_PERSON, widget=forms.RadioSelect)
    seen_similar = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = ServiceRequest
        fields = [*ABOUT, *WHO, *FURTHER]
        help_texts = {"requester_email": _("Answers go there."), "funding": _("For example from a funding programme.")}

    def __init__(
        self, *args: Any, is_draft: bool = False, similar: Sequence[ServiceRequest] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_draft, self.similar = is_draft, similar
        self.initial["seen_similar"] = self._keys(self.similar)
        self.fields["concern"].required = True
        for name in ("concern", "cause", "existing"):
            self.fields[name].widget.attrs["rows"] = 5 if name == "concern" else 3
        self.add_questions()
        self.show_kept_files(self.instance)
        if is_draft:
            needed = {"key"} if self.is_by_account else {"key", "requester_email"}
            for name, field in self.fields.items():
                field.required = field.required and name in needed

    def show_kept_files(self, request: ServiceRequest) -> None:
        """Name the files that came with the request, to be taken out. One query."""
        field: Any = self.fields["remove"]
        kept = request.files.filter(entry=None) if request.pk else ()
        field.choices = [(file.pk, f"{file.file_name} ({filesizeformat(file.size)})") for file in kept]

    @property
    def helper(self) -> Helper:
        has_kept = bool(self.fields["remove"].choices)  # type: ignore[attr-defined]
        parts = [
            Fieldset(_("What you would like"), *ABOUT),
            Fieldset(_("Who asks"), *WHO),
            Fieldset(_("Further details"), *FURTHER, *(FILES if has_kept else FILES[:1])),
        ]
        if self.questions:
            parts.append(Fieldset(_("Questions about this service"), *self.questions))
        second = SecondSubmit(SAVE, _("Save as draft")) if self.is_by_account else None
        return self.helper_of(*parts, submit=_("Send request"), second=second)

    def clean_answer_by(self) -> datetime.date | None:
        day = self.cleaned_data["answer_by"]
        if day and day < self.on and not self.is_draft:
            raise ValidationError(_("This day is over."), code="past")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.is_draft:
            return cleaned
        self.require_town(cleaned)
        if not self.instance.offering.is_offered(self.on):
            wording = _("This service is no longer offered, so the request cannot be sent. Your draft stays as it is.")
            self.add_error(None, ValidationError(wording, code="ended"))
        if cleaned.get("municipality") and self.is_by_account and not self.errors:
            self._look_for_similar(cleaned)
        return cleaned

    def _look_for_similar(self, cleaned: dict[str, Any]) -> None:
        """Show first what the page did not show yet."""
        offering, subject = self.instance.offering, cleaned["subject"]
        own = {town.pk for town in asking.own_towns(self.user, self.instance.office, self.on)}
        if cleaned["municipality"].pk not in own:
            return
        self.similar = asking.similar(self.user, offering, [cleaned["municipality"]], subject)
        if {str(request.pk) for request in self.similar} <= set(cleaned["seen_similar"].split(",")):
            return
        sent: Any = self.data
        data = sent.copy()
        data[self.add_prefix("seen_similar")] = self._keys(self.similar)
        self.data = data
        wording = _("Your town hall has similar open requests, see above. If yours is another one, send it again.")
        self.add_error(None, ValidationError(wording, code="similar"))

    @staticmethod
    def _keys(requests: Sequence[ServiceRequest]) -> str:
        return ",".join(str(request.pk) for request in requests)


class CorrectionForm(RequestForm):
    """What is wrong on a page, and what would be right."""

    right = forms.CharField(
        label=_("What would be right"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    class Meta:
        model = ServiceRequest
        fields = ["concern", "municipality", "requester_name", "requester_email", "requester_phone"]
        labels = {"concern": _("What is wrong"), "municipality": _("Municipality it is about")}
        help_texts = {"requester_email": _("So that the office can answer.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["concern"].required = True
        self.fields["concern"].widget.attrs["rows"] = 4
        self.fields["requester_name"].required = False
        if self.initial.get("requester_name") == self.initial.get("requester_email"):
            self.initial["requester_name"] = ""  # see clean

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["requester_name"] = cleaned.get("requester_name") or cleaned.get("requester_email", "")
        return cleaned

    @property
    def helper(self) -> Helper:
        return self.helper_of(
            Fieldset(_("The mistake"), "concern", "right", "municipality"),
            Fieldset(_("Who writes"), "requester_name", "requester_email", "requester_phone"),
            submit=_("Send"),
        )

    def replies(self) -> Iterable[Reply]:
        yield None, gettext("What would be right"), self.cleaned_data.get("right", "")

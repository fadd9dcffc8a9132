"""What the office types when it works on a request."""

from collections.abc import Iterable
from typing import Any, ClassVar

from crispy_forms.layout import HTML, Row
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat, truncatechars
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.files import KINDS_IN_WORDS, DocumentFileField
from common.forms import DayField, Helper, TimeOfDayField
from common.periods import BERLIN, day_of
from common.versions import SeenVersionField
from common.words import in_words
from contacts.models import ContactPerson
from forums.forms.meetings import at
from services.models import AnswerTemplate, RequestEntry, ServiceRequest
from services.models.offerings import PLACES

TEMPLATE = "vorlage"  # a button with a template's key
SEEN = ("seen_version", "seen_entry")


def text_field(label: Any, *, required: bool = True, rows: int = 8, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=4000, widget=forms.Textarea(attrs={"rows": rows}), **kwargs
    )


def file_field(**kwargs: Any) -> DocumentFileField:
    return DocumentFileField(label=_("File"), **kwargs)


class WorkForm(forms.Form):
    """One step of the office. Where something happened to the request after the form was made, it comes back with
    everything typed and says what happened; sent again it does what it says. So sending it twice acts once."""

    seen_version = SeenVersionField(required=False)
    seen_entry = SeenVersionField(required=False)
    submit: ClassVar[str | Promise] = _("Save")

    def __init__(self, *args: Any, service_request: ServiceRequest, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_request, self.cancel_url = service_request, cancel_url
        for field in self.fields.values():
            if isinstance(field, DocumentFileField):
                largest = filesizeformat(settings.LARGEST_FILE)
                words = {"kinds": KINDS_IN_WORDS, "largest": largest}
                field.help_text = gettext("%(kinds)s; at most %(largest)s") % words
        if not self.is_bound:
            self.initial = {**dict(zip(SEEN, self._stored(), strict=True)), **self.initial}

    def _stored(self) -> tuple[int, int]:
        """The version of the request and the key of its last entry, as stored now; a sent form holds the row."""
        rows = ServiceRequest.objects.filter(pk=self.service_request.pk)
        version = (rows.select_for_update(no_key=True) if self.is_bound else rows).values_list("version").get()[0]
        last = RequestEntry.objects.filter(request=self.service_request).order_by("-pk").values_list("pk").first()
        return version, last[0] if last else 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        version, last = self._stored()
        seen = cleaned.get("seen_entry") or 0
        if (cleaned.get("seen_version"), seen) == (version, last):
            return cleaned
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["seen_version"], data["seen_entry"] = str(version), str(last)
        self.data = data
        self.add_error(None, _("Something happened meanwhile. Please read it and send again; nothing typed is lost."))
        for entry in RequestEntry.objects.filter(request=self.service_request, pk__gt=seen).order_by("at", "pk"):
            self.add_error(None, _said(entry))
        return cleaned

    @property
    def layout(self) -> list[Any]:
        return []

    @property
    def helper(self) -> Helper:
        return Helper(self, *self.layout, submit=self.submit, cancel_url=self.cancel_url)


def _said(entry: RequestEntry) -> str:
    """An entry in one line."""
    said = ", ".join(filter(None, (in_words(entry.at), entry.by_name))) + f": {entry.in_words()}."
    return f"{said} “{truncatechars(entry.text, 300)}”" if entry.text else said


class AssignForm(WorkForm):
    submit = _("Assign")
    post = forms.ModelChoiceField(
        ContactPerson.objects.none(),
        label=_("To whom"),
        required=False,
        help_text=_("They are told by mail."),
    )

    def __init__(self, *args: Any, posts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["post"]
        field.queryset = posts
        field.empty_label = _("the office's inbox")
        field.label_from_instance = lambda post: str(post.person)


def message_field() -> forms.CharField:
    return text_field(_("Message to the requester"), required=False, rows=5, help_text=_("They are told by mail."))


class TellingForm(WorkForm):
    """A step of which the requester is told, with or without words of the office."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.service_request.requester_email:
            self.fields["text"].help_text = ""  # the page says that nobody is written to


class AcceptForm(TellingForm):
    submit = _("Accept the request")
    takes = forms.BooleanField(label=_("Assign it to me"), required=False)
    text = message_field()

    def __init__(self, *args: Any, can_take: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_take:
            del self.fields["takes"]


class StartForm(WorkForm):
    submit = pgettext_lazy("verb", "Begin")


class Templates(HTML):
    """Buttons that send the form to get it back with a template's text."""

    def __init__(self, templates: Iterable[AnswerTemplate]) -> None:
        self.templates = templates

    def render(self, form: Any, context: Any, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> SafeString:
        return render_to_string("services/template_buttons.html", {"templates": self.templates, "name": TEMPLATE})


class TextForm(WorkForm):
    """A text to the requester, which may begin with one of the office's templates."""

    def __init__(self, *args: Any, templates: Iterable[AnswerTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.templates = templates

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if left := PLACES.search(text):
            wording = gettext("Please write in place of “%(place)s” what is meant.") % {"place": left[0]}
            raise ValidationError(wording, code="place")
        return text

    @property
    def layout(self) -> list[Any]:
        return [Templates(self.templates), *(name for name in self.fields if name not in SEEN)]


class AnswerForm(TextForm):
    submit = _("Send the answer")
    text = text_field(_("Answer"), rows=12)
    file = file_field(required=False)


class AskBackForm(TextForm):
    submit = _("Send the question")
    text = text_field(
        _("Question to the requester"), rows=10, help_text=_("Until they reply the time for the answer stands still.")
    )


class NoteForm(WorkForm):
    submit = _("Save the note")
    text = text_field(
        _("Internal note"), help_text=_("Read by the office alone. Please name no clients and no case here either.")
    )


class ScheduleForm(TellingForm):
    submit = _("Save the date")
    day = DayField(label=_("Day"))
    time = TimeOfDayField(label=_("Begin"), help_text=_("For example 14:30"))
    place = forms.CharField(label=_("where"), max_length=200, required=False)
    text = message_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreed = self.service_request.scheduled_for
        if agreed:
            self.initial = {**self.initial, "day": day_of(agreed), "time": agreed.astimezone(BERLIN).time()}
        self.initial = {**self.initial, "place": self.service_request.place}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("day") and cleaned.get("time"):
            cleaned["when"] = at(cleaned["day"], cleaned["time"])
            if cleaned["when"] < timezone.now():
                wording = _(
                    "This date is over. What was done is recorded as a delivery, once the request is completed."
                )
                self.add_error("day", ValidationError(wording, code="past"))
        return cleaned

    @property
    def layout(self) -> list[Any]:
        return [Row("day", "time"), "place", "text"]


class CompleteForm(TellingForm):
    submit = _("Complete the request")
    text = message_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.service_request.is_to_be_rated:
            self.fields["text"].help_text = gettext("They are told by mail, and asked how it was.")


class DeclineForm(TextForm):
    submit = _("Decline the request")
    text = text_field(_("Reason"), help_text=_("The requester reads it. Say who else could help, if you know."))


class PassOnForm(WorkForm):
    submit = _("Pass the request on")
    body = forms.CharField(
        label=_("Who takes care of it now"),
        max_length=200,
        help_text=_("Office or organisation, with whom to turn to. The requester reads it."),
    )
    text = text_field(_("Message to the requester"), required=False, rows=5)


class ReopenForm(TellingForm):
    submit = _("Open again")
    text = message_field()


class AttachForm(WorkForm):
    submit = _("Upload")
    file = file_field()
    text = text_field(_("What it is"), required=False, rows=3)
    is_internal = forms.BooleanField(label=_("For the office only"), required=False)

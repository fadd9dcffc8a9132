"""What people type about documents."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.files import KINDS_IN_WORDS, DocumentFileField
from common.forms import Helper
from common.versions import VersionedModelForm
from forums.models import Document, Meeting


class DocumentChangeForm(VersionedModelForm):
    """What a document is called and who may read it; the file stays as it is."""

    class Meta:
        model = Document
        fields = ["title", "audience"]
        labels = {"title": _("Title"), "audience": _("For whom")}

    def __init__(self, *args: Any, sees_internal: bool, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sees_internal, self.cancel_url = sees_internal, cancel_url
        if not sees_internal:
            keep_from_offices(self.fields["audience"])

    def form_of(self, stored: Document) -> "DocumentChangeForm":
        return type(self)(instance=stored, prefix=self.prefix, sees_internal=self.sees_internal)

    @property
    def helper(self) -> Helper:
        return Helper(self, cancel_url=self.cancel_url)


def keep_from_offices(audience: Any) -> None:
    """Let the field offer only what whoever does not work at an office could still read."""
    audience.choices = [one for one in audience.choices if one[0] != Document.Audience.OFFICES]


class DocumentForm(forms.ModelForm):
    """A file for a forum or for one of its meetings, and who may read it; only the offices keep some to themselves."""

    file = DocumentFileField(label=_("File"))

    class Meta:
        model = Document
        fields = ["file", "title", "audience", "item"]
        labels = {"title": _("Title"), "audience": _("For whom"), "item": _("Agenda item")}
        help_texts = {"title": _("Empty: the name of the file.")}

    def __init__(self, *args: Any, items: Any, sees_internal: bool = True, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        if not sees_internal:
            keep_from_offices(self.fields["audience"])
        self.fields["title"].required = False
        largest = filesizeformat(settings.LARGEST_FILE)
        self.fields["file"].help_text = gettext("%(kinds)s; at most %(largest)s") % {
            "kinds": KINDS_IN_WORDS,
            "largest": largest,
        }
        meeting: Meeting | None = self.instance.meeting
        if meeting is None:
            del self.fields["item"]
        else:
            field: Any = self.fields["item"]
            field.queryset = items
            field.empty_label = _("The meeting as a whole")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("title") and cleaned.get("file"):
            cleaned["title"] = cleaned["file"].name.rsplit(".", 1)[0][:200]
        return cleaned

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Upload"), cancel_url=self.cancel_url)

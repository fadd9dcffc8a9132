"""What is typed about agendas and about topics for later ones."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, Helper
from common.versions import VersionedModelForm
from forums.models import AgendaItem, Meeting, TemplateItem, Topic


class EntryForm(VersionedModelForm):
    """An entry of an agenda or of the store; what is for the offices only is theirs to say."""

    submit: str | Promise = _("Save")

    def __init__(self, *args: Any, sees_internal: bool = True, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sees_internal, self.cancel_url = sees_internal, cancel_url
        if not sees_internal:
            del self.fields["is_internal"]

    def form_of(self, stored: Any) -> "EntryForm":
        return type(self)(instance=stored, prefix=self.prefix, sees_internal=self.sees_internal)

    @property
    def helper(self) -> Helper:
        submit = self.submit if self.instance.pk else _("Add")
        return Helper(self, submit=submit, cancel_url=self.cancel_url)


class ItemForm(EntryForm):
    class Meta:
        model = AgendaItem
        fields = ["title", "kind", "minutes", "presenter", "text", "is_internal", "is_closing"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class TemplateItemForm(EntryForm):
    class Meta:
        model = TemplateItem
        fields = ["title", "kind", "minutes", "text", "is_internal", "is_closing"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class TopicForm(EntryForm):
    class Meta:
        model = Topic
        fields = ["title", "kind", "minutes", "text", "is_internal"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class AnswerForm(forms.Form):
    """What becomes of a topic, and what its proposer is told."""

    TAKE, PUT_OFF, DECLINE = "aufnehmen", "vertagen", "ablehnen"

    verdict = forms.ChoiceField(label=_("What becomes of it"), widget=forms.RadioSelect)
    meeting = forms.ModelChoiceField(
        Meeting.objects.none(),
        label=_("Meeting"),
        required=False,
        help_text=_("On whose agenda it is put, or after which it comes."),
        empty_label=None,
    )
    answer = forms.CharField(
        label=pgettext_lazy("topic", "Answer"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, topic: Topic, meetings: list[Meeting], cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topic, self.cancel_url = topic, cancel_url
        fields: Any = self.fields
        ways = [(self.PUT_OFF, _("put it off to a later meeting")), (self.DECLINE, _("decline"))]
        if meetings:
            ways = [(self.TAKE, _("put it on the agenda")), *ways]
            fields["meeting"].queryset = Meeting.objects.filter(pk__in=[meeting.pk for meeting in meetings])
            fields["meeting"].choices = [(meeting.pk, str(meeting)) for meeting in meetings]
            wanted = next((row for row in meetings if row.pk == topic.proposed_for_id), meetings[0])
            self.initial.setdefault("meeting", wanted.pk)
        else:
            del fields["meeting"]
        fields["verdict"].choices = ways
        fields["answer"].help_text = (
            gettext("%(person)s is told it by mail.") % {"person": topic.proposed_by}
            if topic.proposed_by
            else gettext("Stays with the topic.")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        verdict = cleaned.get("verdict")
        if verdict == self.DECLINE and not cleaned.get("answer"):
            self.add_error("answer", _("Please say why it is declined."))
        is_to_choose = "meeting" in self.fields and verdict in (self.TAKE, self.PUT_OFF)
        if is_to_choose and not cleaned.get("meeting") and "meeting" not in self.errors:
            self.add_error("meeting", _("Please choose a meeting."))
        return cleaned

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Save the answer"), cancel_url=self.cancel_url)


class CallForm(VersionedModelForm):
    """Until when members may propose topics for a meeting."""

    class Meta:
        model = Meeting
        fields = ["topics_until"]
        field_classes = {"topics_until": DayField}
        help_texts = {"topics_until": _("For example 24.11.2026. In the mail each member gets a link of their own.")}

    def __init__(self, *args: Any, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = cancel_url
        self.fields["topics_until"].required = True

    def form_of(self, stored: Meeting) -> "CallForm":
        return type(self)(instance=stored)

    @property
    def helper(self) -> Helper:
        return Helper(self, submit=_("Ask the members"), cancel_url=self.cancel_url)


class ProposalForm(forms.ModelForm):
    """A topic that a member proposes."""

    class Meta:
        model = Topic
        fields = ["title", "text", "minutes"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        labels = {"title": _("Topic"), "text": _("What is it about?")}
        help_texts = {"text": _("Please name no clients."), "minutes": _("How long it may take.")}

    @property
    def helper(self) -> Helper:
        helper = Helper(self, submit=_("Propose the topic"))
        helper.disable_csrf = True  # the link's token is what a forged request would have to know; so no cookie
        return helper

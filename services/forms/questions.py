"""The questions that an offering asks of its requests, as fields at the end of a form."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import composed
from services.models import Question, ServiceRequest

Reply = tuple[Question | None, str, str]


class OfOneRequest(forms.ModelForm):
    """A form that makes one request, however often it is sent."""

    instance: ServiceRequest

    def replies(self) -> Iterable[Reply]:
        """Question, wording and reply, in their order."""
        return ()

    def repeats(self) -> bool:
        """Whether it only says what its request holds already, files included. Queries."""
        self.full_clean()  # what is refused today may have been sent before
        own: Any = self._meta.fields
        typed = [name for name in self.changed_data if name in own]
        if any(composed(self[name].data) != composed(self[name].initial) for name in typed):
            return False
        replies = {question and question.pk: reply for question, _wording, reply in self.replies()}
        if replies != dict(self.instance.details.values_list("question", "reply")):
            return False
        return all(self.instance.has_brought(upload) for upload in self.cleaned_data.get("files", ()))

    def require_town(self, cleaned: dict[str, Any]) -> None:
        """A town hall that asks is the town hall of a town."""
        is_town_hall = cleaned.get("asks_for") == ServiceRequest.AsksFor.TOWN_HALL
        if is_town_hall and "municipality" in cleaned and not cleaned["municipality"]:
            self.add_error("municipality", _("Please choose the municipality whose town hall asks."))


class AsksQuestions(OfOneRequest):
    """A form of a request whose offering is known; `questions` are the fields' names, in the questions' order."""

    def add_questions(self) -> None:
        self._asked = list(self.instance.offering.questions.all())
        stored = dict(self.instance.details.values_list("question", "reply")) if self.instance.pk else {}
        for question in self._asked:
            self.fields[_name(question)] = _field(question)
            self.initial[_name(question)] = stored.get(question.pk, "")

    @property
    def questions(self) -> list[str]:
        return [_name(question) for question in self._asked]

    def replies(self) -> Iterable[Reply]:
        for question in self._asked:
            reply = self.cleaned_data.get(_name(question))
            yield question, question.wording, "" if reply is None else str(reply)


def _name(question: Question) -> str:
    return f"question_{question.pk}"


def _field(question: Question) -> forms.Field:
    shared: dict[str, Any] = {
        "label": question.wording,
        "help_text": question.hint,
        "required": question.is_required,
    }
    kinds = Question.Kind
    if question.kind == kinds.TEXT:
        return forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 4}), **shared)
    if question.kind == kinds.NUMBER:
        return forms.DecimalField(max_digits=12, **shared)
    if question.kind == kinds.YES_NO:
        return _choice([gettext("Yes"), gettext("No")], **shared)
    if question.kind == kinds.CHOICE:
        return _choice([line.strip() for line in question.choices.splitlines() if line.strip()], **shared)
    return forms.CharField(max_length=500, **shared)


def _choice(words: list[str], **shared: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[(word, word) for word in words], widget=forms.RadioSelect, **shared)

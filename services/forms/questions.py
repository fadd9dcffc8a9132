"""The questions that an offering asks of its requests, as fields at the end of a form."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import composed
from common.kept_queries import KeptQuery
from services.forms.catalogue import MOST_QUESTIONS
from services.models import Question, ServiceRequest

Reply = tuple[Question | None, str, str]
QUESTION = "question_"  # and its key: the name of the field
NAME_OF_GONE = re.compile(rf"{QUESTION}([1-9][0-9]{{0,18}})")


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
        details = self.instance.details.values_list("question", "wording", "reply")
        stored = {question or wording: reply for question, wording, reply in details}
        replies = {question.pk if question else wording: reply for question, wording, reply in self.replies()}
        if any(stored.get(key, "") != reply for key, reply in replies.items()):
            return False
        return all(self.instance.has_brought(upload) for upload in self.cleaned_data.get("files", ()))

    def require_town(self, cleaned: dict[str, Any]) -> None:
        """A town hall that asks is the town hall of a town."""
        is_town_hall = cleaned.get("asks_for") == ServiceRequest.AsksFor.TOWN_HALL
        if is_town_hall and "municipality" in cleaned and not cleaned["municipality"]:
            self.add_error("municipality", _("Please choose the municipality whose town hall asks."))


@KeptQuery
def questions_of(offering: int) -> "QuerySet[Question]":
    return Question.objects.filter(offering=offering)


class AsksQuestions(OfOneRequest):
    """A form of a request whose offering is known; `questions` are the fields' names, in the questions' order.

    Where the office deletes a question while somebody replies to it, the reply stays: `no_longer_asked` is what was
    kept before, and what comes from a form that still asked it gets a field.
    """

    def add_questions(self) -> None:
        details = list(self.instance.details.all()) if self.instance.pk else []
        stored = {detail.question_id: detail.reply for detail in details}
        self.no_longer_asked = [detail for detail in details if detail.question_id is None]
        self._asked = {_name(question): question for question in questions_of(self.instance.offering_id)}
        for name, question in self._asked.items():
            self.fields[name] = _field(question)
            self.initial[name] = stored.get(question.pk, "")
        self._gone = self._gone_meanwhile()
        for name, wording in self._gone.items():
            self.fields[name] = forms.CharField(label=wording, required=False, max_length=2000, widget=forms.Textarea)

    def _gone_meanwhile(self) -> dict[str, str]:
        """What the form asked and nobody asks any more, where the reply is not kept as it is: by name, with a wording
        of its own, as the reply is found again by it. With one request no more than an offering asks."""
        kept = {detail.wording: composed(detail.reply) for detail in self.no_longer_asked}
        said, room, gone = {"", *kept.values()}, MOST_QUESTIONS - len(self.no_longer_asked), dict[str, str]()
        for name, reply in self.data.items():
            found = None if name in self._asked else NAME_OF_GONE.fullmatch(name)
            if not found:
                continue
            wording = gettext("Reply to a question that is no longer asked (no. %(number)s)") % {"number": found[1]}
            if wording in kept:
                if composed(reply) != kept[wording]:
                    gone[name] = wording
            elif composed(reply) not in said and room > 0:
                gone[name] = wording
                room -= 1
        return gone

    @property
    def questions(self) -> list[str]:
        return [*self._asked, *self._gone]

    def replies(self) -> Iterable[Reply]:
        for name, question in self._asked.items():
            reply = self.cleaned_data.get(name)
            yield question, question.wording, "" if reply is None else str(reply)
        for name, wording in self._gone.items():
            yield None, wording, self.cleaned_data.get(name, "")


def _name(question: Question) -> str:
    return f"{QUESTION}{question.pk}"


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

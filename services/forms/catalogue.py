"""What leads and administrators type about an offering, and what it asks of its requests."""

import datetime
from typing import Any

from crispy_forms.layout import Field, Fieldset
from django import forms
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, inlineformset_factory
from django.utils.translation import gettext_lazy as _

from common.choices import with_chosen
from common.forms import Helper, PeriodFormField
from common.versions import VersionedModelForm
from contacts.models import ContactPerson
from services.models import Question, ServiceOffering

LISTS = ("target_groups", "fields", "contacts")
TEXTS = {"goal": 4, "contents": 10, "needs": 3, "examples": 4}  # rows of each
EMPTY_ROWS, MOST_QUESTIONS = 3, 30


class OfferingForm(VersionedModelForm):
    """An offering of one office: what its page says, who gets its requests, and what the report counts it for."""

    period = PeriodFormField(
        label=_("Offered"), unlimited=True, help_text=_("Leave both empty where it is offered without limit.")
    )

    class Meta:
        model = ServiceOffering
        fields = [
            *("kind", "title", "summary", "target_groups", "fields"),
            *("goal", "contents", "needs", "lead_time", "cost", "examples", "contacts"),
            *("recipient", "post", "answer_days", "request_months"),
            *("task", "counts_for", "period", "source"),
        ]
        help_texts = {
            "contacts": _("Empty: those who are responsible for the towns."),
            "post": _("Only where one contact person gets the requests."),
        }
        widgets = dict.fromkeys(LISTS, forms.CheckboxSelectMultiple) | {
            name: forms.Textarea(attrs={"rows": rows}) for name, rows in TEXTS.items()
        }

    def __init__(self, *args: Any, on: datetime.date, cancel_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.cancel_url = on, cancel_url
        offering: ServiceOffering = self.instance
        for name, rows in self._choices(offering).items():
            field: Any = self.fields[name]
            field.queryset = rows
            if isinstance(field, forms.ModelMultipleChoiceField):
                field.error_messages["invalid_choice"] = _("Please choose from the list.")
            else:
                field.empty_label = _("Not set")
        if not offering.is_correction:
            kind: Any = self.fields["kind"]
            kind.choices = [choice for choice in kind.choices if choice[0] != ServiceOffering.Kind.CORRECTION]

    def _choices(self, offering: ServiceOffering) -> dict[str, QuerySet[Any]]:
        """What may be chosen; what is chosen already may stay."""
        office, key = offering.office, offering.pk
        posts = ContactPerson.objects.filter(office=office).upcoming(self.on)

        def in_order(posts: Any) -> QuerySet[Any]:
            ordered: QuerySet[Any] = posts.select_related("person").order_by("person__sort_key", "pk")
            return ordered

        return {
            "fields": with_chosen(office.fieldofactions.filter(is_active=True), offering_links__offering=key),
            "target_groups": with_chosen(office.targetgroups.filter(is_active=True), offering_links__offering=key),
            "contacts": in_order(with_chosen(posts, offering_links__offering=key)),
            "post": in_order(with_chosen(posts, pk=offering.post_id)),
            "task": with_chosen(office.officetasks.filter(is_active=True), pk=offering.task_id),
            "counts_for": with_chosen(office.fieldofactions.filter(is_active=True), pk=offering.counts_for_id),
        }

    def form_of(self, stored: ServiceOffering) -> "OfferingForm":
        return type(self)(instance=stored, prefix=self.prefix, on=self.on)

    @property
    def helper(self) -> Helper:
        """The fields alone: the questions stand in the same form."""

        def group(legend: Any, *names: str) -> Fieldset:
            return Fieldset(legend, *(Field(name, wrapper_class=_wide(name)) for name in names))

        helper = Helper(
            self,
            group(_("What it is"), "kind", "title", "summary", "target_groups", "fields"),
            group(
                _("What its page says"), "goal", "contents", "needs", "lead_time", "cost", "examples", "contacts",
                "source", "period",
            ),
            group(_("Its requests"), "recipient", "post", "answer_days", "request_months"),
            group(_("In the yearly report"), "task", "counts_for"),
        )  # fmt: skip
        helper.form_tag = helper.disable_csrf = False
        helper.form_show_errors = False  # the page has one summary for all
        helper.inputs = []
        return helper


def _wide(name: str) -> str:
    return "many-choices" if name in LISTS else ""


class QuestionForm(VersionedModelForm):
    """A question to whoever asks; an empty line is none."""

    class Meta:
        model = Question
        fields = ["position", "wording", "hint", "kind", "choices", "is_required"]
        widgets = {"choices": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"choices": _("Only for one of several; one in each line.")}


class BaseQuestions(BaseInlineFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk is None and index is not None:
            form.initial["position"] = index + 1


Questions = inlineformset_factory(
    ServiceOffering,
    Question,
    form=QuestionForm,
    formset=BaseQuestions,
    extra=EMPTY_ROWS,
    max_num=MOST_QUESTIONS,
    can_delete_extra=False,
)

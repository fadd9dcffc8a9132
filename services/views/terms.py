"""What leads and administrators settle for all requests to their office: texts to answer with, and the time taken."""

from functools import cached_property
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from forums.views.acting import Ask, FormPage
from services.forms.terms import TemplateForm, TermsForm
from services.models import AnswerTemplate, RequestTerms
from services.views.of_office import OfNamedOffice


class Templates(OfNamedOffice, TemplateView):
    """The texts with which answers may begin."""

    permission = "services.change_answertemplate"
    template_name = "services/template_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        templates = self.office.answer_templates.select_related("offering")
        return super().get_context_data(templates=templates, **kwargs)


class TemplatePage(OfNamedOffice, FormPage):
    """One of these texts."""

    template_name = "services/template_form.html"
    form_class = TemplateForm
    said = _("Saved.")

    @cached_property
    def stored(self) -> AnswerTemplate:
        raise NotImplementedError

    def back(self) -> str:
        return reverse("answer_templates", args=[self.office.slug])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.stored}

    def carry_out(self, form: TemplateForm) -> str:
        form.save()
        return self.back()


class NewTemplate(TemplatePage):
    permission = "services.add_answertemplate"
    heading = _("Add an answer template")

    @cached_property
    def stored(self) -> AnswerTemplate:
        return AnswerTemplate(office=self.office)


class TemplateChange(TemplatePage):
    permission = "services.change_answertemplate"
    heading = _("Edit the answer template")

    @cached_property
    def stored(self) -> AnswerTemplate:
        template: AnswerTemplate = get_object_or_404(self.office.answer_templates, pk=self.kwargs["pk"])
        return template

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        delete_url = reverse("answer_template_delete", args=[self.office.slug, self.kwargs["pk"]])
        return super().get_context_data(delete_url=delete_url, **kwargs)


class TemplateDeletion(OfNamedOffice, Ask):
    permission = "services.delete_answertemplate"
    template_name = "services/template_ask.html"
    heading = _("Delete the answer template")
    button = _("Delete")
    said = _("The answer template was deleted.")
    is_dangerous = True

    def row(self) -> AnswerTemplate:
        template: AnswerTemplate = get_object_or_404(self.office.answer_templates, pk=self.kwargs["pk"])
        return template

    def points(self) -> list[str]:
        return [gettext("Answers that began with it stay as they were sent.")]

    def back(self) -> str:
        return reverse("answer_templates", args=[self.office.slug])

    def act(self) -> str:
        self.row().delete()
        return self.back()


class Terms(OfNamedOffice, FormPage):
    """Within how many days the office answers, and how long it keeps who asked."""

    permission = "services.change_requestterms"
    template_name = "services/terms_form.html"
    form_class = TermsForm
    heading = _("Handling of requests")
    said = _("Saved.")

    def back(self) -> str:
        return self.office.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": RequestTerms.of(self.office)}

    def carry_out(self, form: TermsForm) -> str:
        form.save()
        return self.back()

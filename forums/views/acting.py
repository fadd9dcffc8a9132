"""Pages that do one thing: a form to fill in, or a question with a button."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.views.generic import FormView, TemplateView

from common.database_errors import add_refusal, checked
from common.files import ask_again
from common.verbs import NotPossible
from common.versions import Versioned


class FormPage(FormView):
    """A form on a page of its own. What the database or the row's state refuses is said in the form."""

    template_name = "forums/form_page.html"
    heading: ClassVar[str | Promise] = ""
    said: ClassVar[str | Promise] = ""

    def back(self) -> str:
        """Where one came from."""
        raise NotImplementedError

    def carry_out(self, form: Any) -> str:
        """Do what the form asks for; gives back where to go on."""
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"cancel_url": self.back()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=self.heading, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> Any:
        try:
            with checked():
                address = self.carry_out(form)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        except NotPossible as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        if said := self.what_is_said():
            messages.success(self.request, said)
        return redirect(address)

    def what_is_said(self) -> str:
        """Once it is done, on the next page."""
        return str(self.said)

    def form_invalid(self, form: Any) -> Any:
        ask_again(form)
        return super().form_invalid(form)


class Ask(TemplateView):
    """Says what would happen, and does it by its button; shown again where the row changed since it was seen."""

    template_name = "forums/ask.html"
    heading: ClassVar[str | Promise]
    button: ClassVar[str | Promise]
    said: ClassVar[str | Promise]
    is_dangerous: ClassVar[bool] = False

    def row(self) -> Versioned:
        """What is acted on."""
        raise NotImplementedError

    def points(self) -> list[str]:
        """What the button does, in sentences."""
        return []

    def back(self) -> str:
        raise NotImplementedError

    def act(self) -> str:
        """Do it; gives back where to go on."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=self.heading,
            button=self.button,
            is_dangerous=self.is_dangerous,
            row=self.row(),
            points=self.points(),
            cancel_url=self.back(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with checked():
                row = self.row()
                rows = type(row)._base_manager.select_for_update(no_key=True)
                if str(get_object_or_404(rows, pk=row.pk).version) != request.POST.get("version"):
                    return self.render_to_response(self.get_context_data(is_changed=True))
                address = self.act()
        except NotPossible as refusal:
            return self.render_to_response(self.get_context_data(refusal=str(refusal)))
        except ValidationError as refusal:
            return self.render_to_response(self.get_context_data(refusal=" ".join(refusal.messages)))
        messages.success(request, str(self.said))
        return redirect(address)

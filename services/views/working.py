"""What the office does with a request, each step a form of its own; which there are says services/office_steps.py."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.periods import today
from contacts.models import ContactPerson
from forums.views.acting import FormPage
from services.forms import working as forms
from services.models import AnswerTemplate, RequestEntry, RequestFile, ServiceRequest
from services.timeline import attached, files_asked_with, timeline
from services.views.of_request import OfRequest
from services.views.requests import seen_files


class WorkPage(OfRequest, FormPage):
    """A form by which the office does one thing with the request, beside what was asked and written last."""

    permission = "services.work_servicerequest"
    template_name = "services/request_step.html"
    tells = False  # whether whoever asked is written to

    def back(self) -> str:
        return self.service_request.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"service_request": self.service_request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.service_request
        files = seen_files(self.request.user, row.pk)
        written = RequestEntry.objects.public().filter(request=row).exclude(text="").select_related("post__person")
        return super().get_context_data(
            details=row.details.all(),
            files=attached(files_asked_with(files)),
            last=timeline(row, written.order_by("-at", "-pk")[:1], files, self.request.user),
            reaches_nobody=self.tells and not row.requester_email,
            **kwargs,
        )

    def what_is_said(self) -> str:
        told = ""
        if self.tells and self.service_request.requester_email:
            told = gettext("The requester is told by mail.")
        elif self.tells:
            told = gettext("The requester is not told by mail: no mail address is kept.")
        return f"{super().what_is_said()} {told}".strip()

    def carry_out(self, form: Any) -> str:
        # As stored: what a refused step left in the object is not shown.
        request = ServiceRequest.objects.with_details().get(pk=self.service_request.pk)
        self.step(request, {"at": timezone.now(), "by": self.request.user}, form.cleaned_data)
        return self.back()

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        """Call the verb; `who` says by whom and when."""
        raise NotImplementedError

    @cached_property
    def own_post(self) -> ContactPerson | None:
        """The account's post at the request's office today."""
        user: Any = self.request.user
        posts = ContactPerson.objects.filter(office=self.service_request.office_id, person__user=user)
        return posts.current(today()).select_related("person").first()


class TextPage(WorkPage):
    """A step with a text to the requester, which may begin with one of the office's templates."""

    @cached_property
    def templates(self) -> "QuerySet[AnswerTemplate]":
        return AnswerTemplate.objects.for_offering(self.service_request.offering)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"templates": self.templates}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if forms.TEMPLATE in request.POST:
            return self.with_template(request.POST.dict())
        return super().post(request, *args, **kwargs)

    def with_template(self, typed: dict[str, Any]) -> HttpResponse:
        """The form again, with the template's text below what was typed."""
        key = typed[forms.TEMPLATE]
        chosen = self.templates.filter(pk=key).first() if key.isdecimal() and len(key) < 10 else None
        texts = typed.get("text", "").strip(), chosen.filled(self.service_request) if chosen else ""
        initial = typed | {"text": "\n\n".join(filter(None, texts))}
        form = self.get_form_class()(**self.get_form_kwargs() | {"data": None, "files": None, "initial": initial})
        if self.request.FILES:
            messages.warning(self.request, gettext("Please choose the file again."))
        return self.render_to_response(self.get_context_data(form=form))


class Assign(WorkPage):
    heading = _("Assign the request")
    said = _("The request was assigned.")
    form_class = forms.AssignForm

    def get_initial(self) -> dict[str, Any]:
        return {"post": self.service_request.assigned_to_id or self.own_post}

    def get_form_kwargs(self) -> dict[str, Any]:
        posts = ContactPerson.objects.filter(office=self.service_request.office_id).current(today())
        return super().get_form_kwargs() | {"posts": posts.select_related("person").order_by("person__sort_key", "pk")}

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.assign(said["post"], **who)


class Accept(WorkPage):
    """Who accepts what lies with nobody takes it, unless they say otherwise."""

    heading = _("Accept the request")
    said = _("The request was accepted.")
    tells = True
    form_class = forms.AcceptForm

    @cached_property
    def can_take(self) -> bool:
        return self.own_post is not None and self.own_post != self.service_request.assigned_to

    def get_initial(self) -> dict[str, Any]:
        return {"takes": self.service_request.assigned_to is None}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"can_take": self.can_take}

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        if said.get("takes"):
            request.assign(self.own_post, **who)
        request.accept(**who, text=said["text"])


class Start(WorkPage):
    heading = _("Begin to work on the request")
    said = _("The request is in progress.")
    tells = True
    form_class = forms.StartForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.start(**who)


class Answer(TextPage):
    heading = _("Answer the request")
    said = _("The answer was saved.")
    tells = True
    form_class = forms.AnswerForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        entry = request.answer(said["text"], **who)
        if said["file"]:
            RequestFile.keep(request, said["file"], entry)


class AskBack(TextPage):
    heading = _("Ask the requester")
    said = _("The question was saved.")
    tells = True
    form_class = forms.AskBackForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.ask_back(said["text"], **who)


class Note(WorkPage):
    heading = _("Write an internal note")
    said = _("The note was saved.")
    form_class = forms.NoteForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.note(said["text"], **who)


class Schedule(WorkPage):
    heading = _("Agree on a date")
    said = _("The date was saved.")
    tells = True
    form_class = forms.ScheduleForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.schedule(said["when"], **who, place=said["place"], text=said["text"])


class Complete(WorkPage):
    heading = _("Complete the request")
    said = _("The request was completed.")
    tells = True
    form_class = forms.CompleteForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.complete(**who, text=said["text"])


class Decline(TextPage):
    heading = _("Decline the request")
    said = _("The request was declined.")
    tells = True
    form_class = forms.DeclineForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.decline(said["text"], **who)


class PassOn(WorkPage):
    heading = _("Pass the request on")
    said = _("The request was passed on.")
    tells = True
    form_class = forms.PassOnForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.pass_on(said["body"], **who, text=said["text"])


class Reopen(WorkPage):
    heading = _("Open the request again")
    said = _("The request is open again.")
    tells = True
    form_class = forms.ReopenForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.reopen(**who, text=said["text"])


class Attach(WorkPage):
    heading = _("Add a file")
    said = _("The file was added.")
    tells = True
    form_class = forms.AttachForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        self.tells = not said["is_internal"]
        request.attach([said["file"]], **who, text=said["text"], is_internal=said["is_internal"])

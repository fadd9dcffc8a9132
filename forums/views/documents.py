"""The documents of forums and meetings: uploaded, handed out, deleted."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import CreateView, TemplateView, View

from common.database_errors import add_refusal, checked
from common.files import as_attachment, ask_again
from forums.forms.documents import DocumentChangeForm, DocumentForm
from forums.models import AgendaItem, Document, Forum, Meeting
from forums.views.acting import FormPage
from forums.views.of_forum import NeedsRight, OfForum, OfMeeting


class DocumentUpload(NeedsRight, OfForum, CreateView):
    """A document of the forum."""

    permission = "forums.add_document"
    form_class = DocumentForm
    template_name = "forums/document_form.html"

    def its_meeting(self) -> Meeting | None:
        return None

    @property
    def belongs_to(self) -> Forum | Meeting:
        return self.its_meeting() or self.forum

    def get_form_kwargs(self) -> dict[str, Any]:
        instance = Document(forum=self.forum, meeting=self.its_meeting())
        user: Any = self.request.user
        return super().get_form_kwargs() | {
            "instance": instance,
            "items": self.items(),
            "sees_internal": user.has_perm("forums.see_internal", self.forum),
            "cancel_url": self.belongs_to.get_absolute_url(),
        }

    def items(self) -> QuerySet[AgendaItem]:
        items = AgendaItem.objects.visible_to(self.request.user).order_by("position", "pk")
        return items.filter(meeting=self.its_meeting()) if self.its_meeting() else items.none()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(belongs_to=self.belongs_to, **kwargs)

    def form_valid(self, form: DocumentForm) -> HttpResponse:
        try:
            with checked():
                document = form.instance.keep(form.cleaned_data["file"], by=self.request.user)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, gettext("“%(title)s” was uploaded.") % {"title": document})
        return redirect(self.belongs_to)

    def form_invalid(self, form: DocumentForm) -> HttpResponse:
        ask_again(form)
        return super().form_invalid(form)


class MeetingDocumentUpload(OfMeeting, DocumentUpload):
    """A document of a meeting, or of one of its agenda items."""

    def its_meeting(self) -> Meeting:
        return self.meeting


class OfDocument(View):
    """The document of the address: 404 where one may not see it, and to sign in for visitors."""

    @cached_property
    def document(self) -> Document | None:
        documents = Document.objects.visible_to(self.request.user).select_related("forum__office", "meeting__forum")
        return documents.filter(pk=self.kwargs["document"]).first()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.document is None:
            if request.user.is_authenticated:
                raise Http404
            return redirect_to_login(request.get_full_path())
        return super().dispatch(request, *args, **kwargs)


class DocumentFile(OfDocument):
    """The file itself, to be saved."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        document: Any = self.document
        return as_attachment(document.name, document.file_name, document.content_type)


class DocumentChange(LoginRequiredMixin, OfDocument, FormPage):
    """What a document is called, and who may read it."""

    form_class = DocumentChangeForm
    heading = _("Change the document")
    said = _("Saved")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_seen = request.user.is_authenticated and self.document is not None
        if is_seen and not request.user.has_perm("forums.change_document", self.document):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def belongs_to(self) -> Forum | Meeting:
        document: Any = self.document
        return document.meeting or document.forum

    def back(self) -> str:
        return self.belongs_to.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        document: Any = self.document
        user: Any = self.request.user
        sees_internal = user.has_perm("forums.see_internal", document.forum)
        return super().get_form_kwargs() | {"instance": document, "sees_internal": sees_internal}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document: Any = self.document
        return super().get_context_data(forum=document.forum, meeting=document.meeting, **kwargs)

    def carry_out(self, form: Any) -> str:
        form.save()
        return self.back()


class DocumentDeletion(LoginRequiredMixin, OfDocument, TemplateView):
    """Asks, and by its button deletes a document with its file."""

    template_name = "forums/document_delete.html"

    @property
    def allowed(self) -> Document:
        document: Any = self.document
        if not self.request.user.has_perm("forums.delete_document", document):
            raise PermissionDenied
        return document

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document = self.allowed
        shown = {"document": document, "forum": document.forum, "belongs_to": document.meeting or document.forum}
        return super().get_context_data(**kwargs | shown)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        document = self.allowed
        with transaction.atomic():
            document.remove()
        messages.success(request, gettext("The document was deleted."))
        return redirect(document.meeting or document.forum)

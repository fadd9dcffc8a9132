"""Taking an office's contacts in from a spreadsheet, and giving them out as one."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import pghistory
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import translation
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common import csv, periods, tables, xlsx
from common.admin import PortalModelAdmin, ScopedModelForm
from common.tables import Table, TableRefused
from contacts.admin.choices import OfficeColumn
from contacts.admin.filters import OfficeFilter
from contacts.imports import columns, export, mending
from contacts.imports.plan import Progress
from contacts.models import ContactImport, Office
from contacts.models.imports import OutcomeChanged

SHOWN_AT_ONCE = 100  # rows of a preview
FILES = {"csv": csv, "xlsx": xlsx}

KINDS = {  # of rows, as the preview's address names them, in the order in which they matter
    "abgelehnt": ("refused", _("not accepted")),
    "geaendert": ("changed", _("changed")),
    "neu": ("new", _("new")),
    "unveraendert": ("unchanged", _("unchanged")),
}


def table_in(file: UploadedFile) -> Table:
    """What stands in an uploaded file; raises ValidationError."""
    if (file.size or 0) > tables.MOST_BYTES:
        raise ValidationError(gettext("The file is larger than %(size)d MB.") % {"size": tables.MOST_BYTES // 1024**2})
    try:
        return tables.read(file.read())
    except TableRefused as refused:
        raise ValidationError(str(refused)) from None


class FileField(forms.FileField):
    """CSV or XLSX; its value is the Table in it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}))
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        return table_in(super().clean(data, initial))


class UploadForm(ScopedModelForm):
    file = FileField(
        label=_("File"),
        help_text=_("CSV or Excel workbook (.xlsx), one responsibility a row, the names of the columns on top."),
    )

    class Meta:
        model = ContactImport
        fields = ("office", "file", "holds_from", "clears_empty")

    def clean_file(self) -> Any:
        try:
            return columns.recognised(self.cleaned_data["file"])
        except TableRefused as refused:
            raise ValidationError(str(refused)) from None


class MendedForm(forms.Form):
    """The refused rows, mended."""

    file = FileField(label=_("Mended rows"), help_text=_("The file downloaded here, mended."))


@admin.register(ContactImport)
class ContactImportAdmin(OfficeColumn, PortalModelAdmin):
    form = UploadForm
    list_display = ["uploaded_at", "office", "uploaded_by", "state", "rows_new", "rows_changed", "rows_refused"]
    list_filter = [OfficeFilter]
    list_select_related = ["office", "uploaded_by"]
    fields = ["office", "file", "holds_from", "clears_empty"]
    autocomplete_fields = ["office"]

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name == "contacts_contactimport_changelist"
        return queryset.defer("table", "outcomes") if is_list else queryset

    def get_urls(self) -> list[URLPattern]:
        return [
            path("ausgeben/", self.admin_site.admin_view(self.export_view), name="contacts_contactimport_export"),
            path(
                "<int:pk>/abgelehnt.csv",
                self.admin_site.admin_view(self.refused_view),
                name="contacts_contactimport_refused",
            ),
            *super().get_urls(),
        ]

    # -- The list -----------------------------------------------------------------------------------------------------

    @admin.display(description=_("state"))
    def state(self, upload: ContactImport) -> str:
        if upload.carried_out_at:
            return gettext("carried out")
        return gettext("not accepted") if upload.is_refused else gettext("preview")

    # -- Uploading ----------------------------------------------------------------------------------------------------

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"holds_from": periods.today()} | super().get_changeform_initial_data(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        only_save = {"show_save_and_add_another": False, "show_save_and_continue": False}
        title = gettext("Take contacts in from a file")
        return super().add_view(request, form_url, {"title": title, **only_save, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: ContactImport, form: Any, change: bool) -> None:
        obj.uploaded_by, obj.sheet = request.user, form.cleaned_data["file"]
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The row itself says who uploaded it."""

    def response_add(self, request: HttpRequest, obj: ContactImport, post_url_continue: Any = None) -> HttpResponse:
        return redirect(obj.get_absolute_url())

    # -- The preview --------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        upload = self.get_object(request, unquote(object_id))
        if upload is None:
            raise Http404
        if not self.has_change_permission(request, upload):
            raise PermissionDenied
        mended = MendedForm()
        is_open = upload.carried_out_at is None
        if is_open and not upload.fingerprint:
            if upload.is_large:
                return self._told(request, upload, upload.preview(request.user))
            try:
                finish(upload.preview(request.user))
            except ValidationError:  # carried out or deleted in this moment
                return redirect(upload.get_absolute_url())
        step = request.POST.get("step") if is_open else None
        if step == "carry_out":
            if request.POST.get("seen") == upload.fingerprint:
                return self._gone_through(request, upload, upload.carry_out(request.user))
            return redirect(f"{upload.get_absolute_url()}?neu=1")
        if step == "mend":
            mended = MendedForm(request.POST, request.FILES)
            if mended.is_valid() and self._mend(upload, mended):
                return self._gone_through(request, upload, upload.preview(request.user))
        return self._preview(request, upload, mended)

    def _mend(self, upload: ContactImport, form: MendedForm) -> bool:
        try:
            upload.sheet = mending.mended(upload.sheet, form.cleaned_data["file"])
        except TableRefused as refused:
            form.add_error("file", str(refused))
            return False
        return True

    def _preview(self, request: HttpRequest, upload: ContactImport, mended: MendedForm) -> HttpResponseBase:
        asked = request.GET.get("art", "")
        filled = [name for name, (kind, _label) in KINDS.items() if getattr(upload, f"rows_{kind}")]
        shown = asked if asked in KINDS else next(iter(filled), "unveraendert")
        rows = [outcome for outcome in upload.outcomes if outcome["kind"] == KINDS[shown][0]]
        context = self.admin_site.each_context(request) | {
            "title": gettext("Import of contacts: %(office)s") % {"office": upload.office},
            "opts": self.opts,
            "upload": upload,
            "sheet": upload.sheet if upload.table else None,
            "kinds": [(name, label, getattr(upload, f"rows_{kind}")) for name, (kind, label) in KINDS.items()],
            "shown": shown,
            "shown_label": KINDS[shown][1],
            "page": Paginator(rows, SHOWN_AT_ONCE).get_page(request.GET.get("p")),
            "is_newly_different": "neu" in request.GET,
            "mended": mended,
        }
        return TemplateResponse(request, "admin/contacts/contactimport/preview.html", context)

    def refused_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The refused rows, to be mended and uploaded again."""
        upload = get_object_or_404(self.get_queryset(request), pk=pk)
        if not upload.table:
            raise Http404
        content = mending.refused_rows(upload.sheet, upload.outcomes)
        return _download(content, csv.CONTENT_TYPE, f"abgelehnt-{upload.office.slug}.csv")

    # -- Going through it -------------------------------------------------------------------------------------------

    def _gone_through(
        self, request: HttpRequest, upload: ContactImport, steps: Generator[Progress, None, None]
    ) -> HttpResponseBase:
        """Do it, and come back to the import's page; much of it tells how far it is meanwhile."""
        if upload.is_large:
            return self._told(request, upload, steps)
        try:
            finish(steps)
        except OutcomeChanged:
            return redirect(f"{upload.get_absolute_url()}?neu=1")
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, gettext("Nothing was changed. %(reason)s") % {"reason": message})
        return redirect(upload.get_absolute_url())

    def _told(
        self, request: HttpRequest, upload: ContactImport, steps: Generator[Progress, None, None]
    ) -> HttpResponseBase:
        """A page that grows while it is done, without a script. Whoever leaves it ends it, and nothing is changed."""
        context = self.admin_site.each_context(request) | {"title": str(upload), "opts": self.opts, "upload": upload}
        page = render_to_string("admin/contacts/contactimport/progress.html", context, request)
        before, _mark, after = page.partition("<!-- progress -->")
        lines = self._lines(steps, upload.get_absolute_url(), translation.get_language())
        parts = _chained(before, lines, after, user=request.user.pk)
        # Neither packed nor held back on the way: a line is to be seen when it is written.
        headers = {"Content-Encoding": "identity", "X-Accel-Buffering": "no"}
        return StreamingHttpResponse(parts, headers=headers)

    def _lines(self, steps: Generator[Progress, None, None], address: str, language: str) -> Iterator[str]:
        with translation.override(language):
            told = -1
            try:
                for step in steps:
                    if (percent := step.done * 100 // step.total) > told:
                        told = percent
                        yield format_html("<p>{}</p>\n", gettext("%(percent)d percent done") % {"percent": percent})
            except OutcomeChanged:
                address += "?neu=1"
            except ValidationError as error:
                for message in error.messages:
                    reason = gettext("Nothing was changed. %(reason)s") % {"reason": message}
                    yield format_html('<p class="errornote">{}</p>\n', reason)
            yield format_html('<p><a class="button" id="go-on" href="{}">{}</a></p>\n', address, gettext("Go on"))

    # -- Giving out ---------------------------------------------------------------------------------------------------

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """An office's contacts as a file, which the import takes without a change; without an office, the choice."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        offices = Office.objects.administered_by(request.user)
        file_format = request.GET.get("format")
        if file_format in FILES:
            office = get_object_or_404(offices, slug=request.GET.get("stelle", "").replace("\x00", ""))
            today, kind = periods.today(), FILES[file_format]
            content = kind.written(export.HEADER, export.rows(office, today))
            return _download(content, kind.CONTENT_TYPE, f"kontakte-{office.slug}-{today}.{file_format}")
        context = self.admin_site.each_context(request) | {
            "title": gettext("Give contacts out as a file"),
            "opts": self.opts,
            "offices": offices,
        }
        return TemplateResponse(request, "admin/contacts/contactimport/export.html", context)


def finish(steps: Iterable[Progress]) -> None:
    """Go through the steps without telling."""
    deque(steps, maxlen=0)


def _chained(before: str, lines: Iterator[str], after: str, *, user: int | None) -> Iterator[str]:
    """The parts of the page; what is changed meanwhile is on record as the account's."""
    yield before
    with pghistory.context(user=user):
        yield from lines
    yield after


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )

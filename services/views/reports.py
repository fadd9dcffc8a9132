"""Annual reports: begun, written, looked at, frozen, and begun again as a new edition."""

import logging
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin

from common import markup
from common.periods import today
from common.verbs import NotPossible
from forums.views.acting import Ask, FormPage
from services import report_text, shown_figures
from services.forms.figures import ShownFiguresForm
from services.forms.reports import BeginForm, BlockForm
from services.models import Report, ReportBlock
from services.models.reports import Damaged
from services.views.of_office import ForStaff, OfOwnOffice

logger = logging.getLogger(__name__)


class ReportList(ForStaff, TemplateView):
    """The reports of one's offices, the latest first."""

    permission = "services.view_report"
    template_name = "services/report_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_context_data(
            reports=Report.objects.visible_to(user).with_details().defer("pdf", "figures"),
            may_begin=user.has_perm("services.add_report"),
            **kwargs,
        )


class BeginReport(OfOwnOffice, FormPage):
    """Begin a report on a year."""

    permission = "services.add_report"
    template_name = "services/report_begin.html"
    form_class = BeginForm
    heading = _("Begin an annual report")
    said = _("The report is begun. What the portal knows stands in it already.")

    def get_form_kwargs(self) -> dict[str, Any]:
        initial = {"year": self.request.GET.get("jahr"), "office": self.office.pk}
        return super().get_form_kwargs() | {"offices": self.offices, "year": today().year, "initial": initial}

    def back(self) -> str:
        return reverse("reports")

    def carry_out(self, form: BeginForm) -> str:
        return Report.begin(form.cleaned_data["office"], form.cleaned_data["year"], today()).get_absolute_url()


class OfReport(LoginRequiredMixin, ContextMixin):
    """The report of the address: 404 for who does not work at its office, 403 without the right."""

    permission = "services.view_report"
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def report(self) -> Report:
        reports = Report.objects.visible_to(self.request.user).with_details()
        return get_object_or_404(reports, pk=self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_perm(self.permission, self.report):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"report": self.report, "office": self.report.office, **kwargs})


class ReportPage(OfReport, TemplateView):
    """The report as it is now, or as it was frozen, with its figures beside those of the year before."""

    template_name = "services/report.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report, form = self.report, ShownFiguresForm(self.request.GET)
        content = report.content(today())
        figures = report_text.figures_of(content)
        may_change = self.request.user.has_perm("services.change_report", report)
        newest = Report.objects.filter(office=report.office, year=report.year).aggregate(Max("edition"))
        return super().get_context_data(
            content=content,
            parts=self.parts(content),
            form=form,
            period=figures.period_in_words,
            period_before=str(figures.span.year_before()),
            is_running=figures.is_running,
            frozen_before=report_text.frozen_before(content),
            tables=shown_figures.tables(figures, form.dimension),
            compared=shown_figures.compared(
                report_text.pairs_of(content, form.dimension),
                figures.total,
                report_text.total_before(content),
                form.measure,
            ),
            may_write=may_change and not report.is_frozen,
            may_begin_again=may_change and report.is_frozen and newest["edition__max"] == report.edition,
            **kwargs,
        )

    def parts(self, content: report_text.Content) -> list[dict[str, Any]]:
        """Heading and text of each; of one that may still be written, its row too."""
        if self.report.is_frozen:
            return [{"heading": part["heading"], "text": markup.rendered(part["text"], 3)} for part in content["parts"]]
        return [
            {"row": block, "heading": block.heading, "text": markup.rendered(block.text, 3)}
            for block in self.report.blocks.all()
        ]


class ReportDocument(OfReport, View):
    """The report as a PDF, of a draft as it is now."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        report = self.report
        try:
            document = report.document(today())
        except Damaged:
            logger.exception("A frozen report does not match its checksum.")
            messages.error(request, gettext("The stored report is damaged. Please tell the operator of the portal."))
            return redirect(report)
        edition = f"-{report.edition}" if report.edition > 1 else ""
        name = f"sachbericht-{report.office.slug}-{report.year}{edition}.pdf"
        return HttpResponse(
            document,
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


class WriteBlock(OfReport, FormPage):
    """Write a part of the report."""

    permission = "services.change_report"
    form_class = BlockForm
    template_name = "services/report_block.html"
    said = _("Saved.")

    @cached_property
    def block(self) -> ReportBlock:
        """What somebody wrote while the report was frozen is shown again instead, beside the database's refusal."""
        if self.report.is_frozen and self.request.method != "POST":
            raise Http404
        return self.row()

    def row(self) -> ReportBlock:
        return get_object_or_404(self.report.blocks, pk=self.kwargs["block"])

    def back(self) -> str:
        return self.report.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.block}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(block=self.block, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            # Whoever freezes the report at this moment waits, or is waited for.
            Report.objects.select_for_update(no_key=True).only("pk").get(pk=self.report.pk)
            return super().post(request, *args, **kwargs)

    def carry_out(self, form: BlockForm) -> str:
        form.save()
        return self.back()


class NewBlock(WriteBlock):
    """A further part, at the end."""

    def row(self) -> ReportBlock:
        last = self.report.blocks.aggregate(last=Max("position"))["last"]
        return ReportBlock(report=self.report, position=0 if last is None else last + 1)


class AskAboutReport(OfReport, Ask):
    """Asks, and by its button does something with the report."""

    permission = "services.change_report"
    template_name = "services/report_ask.html"

    def row(self) -> Any:
        return self.report

    def back(self) -> str:
        return self.report.get_absolute_url()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            return super().post(request, *args, **kwargs)


class DeleteBlock(AskAboutReport):
    """Leave a part out of the report."""

    heading = _("Delete the part")
    button = _("Delete")
    said = _("The part was deleted.")
    is_dangerous = True

    @cached_property
    def block(self) -> ReportBlock:
        if self.report.is_frozen:
            raise Http404
        return get_object_or_404(self.report.blocks, pk=self.kwargs["block"])

    def row(self) -> ReportBlock:
        return self.block

    def points(self) -> list[str]:
        return [gettext("The part “%(heading)s” is deleted with its text.") % {"heading": self.block.heading}]

    def act(self) -> str:
        self.block.delete()
        return self.back()


class FreezeReport(AskAboutReport):
    """Keep the report as it is now."""

    heading = _("Freeze the report")
    button = _("Freeze")
    said = _("The report is frozen.")

    def points(self) -> list[str]:
        return [
            gettext("Texts, figures and the PDF stay as they are today, with a checksum."),
            gettext("Afterwards nothing in it can be changed; a new edition can be begun."),
        ]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.counted = self.report.counted_to_freeze(today())  # ahead of the transaction that holds the report
        return super().post(request, *args, **kwargs)

    def act(self) -> str:
        self.report.freeze(timezone.now(), by=self.request.user, counted=self.counted)
        return self.back()


class NewEdition(AskAboutReport):
    """Begin another edition with the texts of this one."""

    heading = _("Begin a new edition")
    button = pgettext_lazy("verb", "Begin")
    said = _("The new edition is begun.")

    def points(self) -> list[str]:
        return [
            gettext("It begins with the texts of this edition and the figures of today."),
            gettext("This edition stays as it is."),
        ]

    def act(self) -> str:
        if not self.report.is_frozen:
            raise NotPossible(gettext("A report on this year is being written already."))
        return Report.begin(self.report.office, self.report.year, today()).get_absolute_url()

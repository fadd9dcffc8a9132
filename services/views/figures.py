"""The figures of an office: as a picture, as tables and as files."""

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic import TemplateView

from common.lists import FILES, FORMAT
from common.periods import ONE_DAY, midnight, today
from services import comparison, figures, shown_figures
from services.forms.figures import FiguresForm
from services.models import Feedback
from services.views.of_office import OfOwnOffice


class FiguresPage(OfOwnOffice, TemplateView):
    """What one's office did in a year or quarter, beside the year before."""

    permission = "services.view_delivery"
    template_name = "services/figures.html"

    @cached_property
    def form(self) -> FiguresForm:
        return FiguresForm(self.request.GET, offices=self.offices, office=self.office, year=today().year)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (file_format := request.GET.get(FORMAT)) in FILES:
            return self.as_file(file_format)
        return self.render_to_response(self.get_context_data(**kwargs))

    def as_file(self, file_format: str) -> HttpResponse:
        span, dimension = self.form.span, self.form.dimension
        head, rows = shown_figures.as_lines(self.office, figures.of(self.office, span, today(), [dimension]), dimension)
        kind = FILES[file_format]
        quarter = f"-q{span.quarter}" if span.quarter else ""
        name = f"kennzahlen-{self.office.slug}-{span.year}{quarter}"
        return HttpResponse(
            kind.written(head, rows),
            content_type=kind.CONTENT_TYPE,
            headers={"Content-Disposition": f'attachment; filename="{name}.{file_format}"'},
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, span = self.form, self.form.span
        dimensions = {form.dimension, figures.OFFERING}  # feedback is told by offering
        wanted = {span: sorted(dimensions), span.year_before(): [form.dimension]}
        now, before = figures.several(self.office, wanted, today()).values()
        pairs = comparison.compared(now, before, form.dimension)
        until = midnight(span.last + ONE_DAY)
        remarks = Feedback.objects.remarks_to(self.office, midnight(span.first), until)
        return super().get_context_data(
            form=form,
            period=now.period_in_words,
            period_before=before.period_in_words,
            is_running=now.is_running,
            as_of=timezone.now(),
            tables=shown_figures.tables(now, form.dimension),
            compared=shown_figures.compared(pairs, now.total, before.total, form.measure),
            distribution=shown_figures.distribution(now),
            marks=shown_figures.MARK_NUMBERS,
            remarks=remarks,
            **kwargs,
        )

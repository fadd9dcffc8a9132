"""Imprint, privacy notice and accessibility statement, of the operator and of each office."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView

from common import markup
from contacts.models import LegalText, Office


class LegalPage(TemplateView):
    """A legal text of the portal's operator."""

    template_name = "legal/text.html"
    kind: ClassVar[LegalText.Kind] = LegalText.Kind.IMPRINT

    def owner(self) -> Office | None:
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        office = self.owner()
        text = LegalText.objects.filter(office=office, kind=self.kind).first()
        return super().get_context_data(
            office=office,
            title=LegalText.Kind(self.kind).label,
            text=text,
            operator_url=reverse(self.kind.name.lower()),
            body=markup.rendered(text.body) if text else "",
            **kwargs,
        )


class OfficeLegalPage(LegalPage):
    """A legal text of an office."""

    def owner(self) -> Office:
        return get_object_or_404(Office.objects.visible_to(self.request.user), slug=self.kwargs["slug"])

"""Putting right what the portal knows of who asks."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from services.forms.rectifying import RequesterForm
from services.models import ServiceRequest
from services.views.working import WorkPage


class Requester(WorkPage):
    """A wrong mail address lets a stranger read along until it is put right here."""

    heading = _("Correct what is known of who asks")
    said = _("Saved.")
    form_class = RequesterForm

    def step(self, request: ServiceRequest, who: dict[str, Any], said: dict[str, Any]) -> None:
        request.correct_requester(**who, **{name: said[name] for name in RequesterForm.Meta.fields})

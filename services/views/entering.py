"""Entering a request that came by phone, by mail or in a conversation."""

from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.periods import today
from forums.views.acting import FormPage
from services.forms.entering import EnterForm


class Enter(PermissionRequiredMixin, FormPage):
    """Submitted at once, and assigned as if it had come by the portal."""

    permission_required = "services.add_servicerequest"
    template_name = "services/request_enter.html"
    heading = _("Enter a request")
    said = _("The request was entered.")
    form_class = EnterForm

    def back(self) -> str:
        return reverse("requests")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "on": today()}

    def carry_out(self, form: Any) -> str:
        request = form.save(commit=False)
        request.key, request.entered_by = form.cleaned_data["key"], self.request.user
        request = request.begin(timezone.now())
        request.submit(timezone.now())
        return request.get_absolute_url()

"""What the office types where something about who asks is wrong."""

from copy import copy
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.forms import Helper
from common.versions import VersionedModelForm
from services.models import ServiceRequest


class RequesterForm(VersionedModelForm):
    class Meta:
        model = ServiceRequest
        fields = ["requester_name", "requester_body", "requester_email", "requester_phone"]
        help_texts = {
            "requester_email": _(
                "Where you change it, the links in earlier mails end, and the new address gets a mail with a new link."
            )
        }

    def __init__(self, *args: Any, service_request: ServiceRequest, cancel_url: str = "", **kwargs: Any) -> None:
        # The form writes into it, and what stands above stays as it is stored.
        super().__init__(*args, instance=copy(service_request), **kwargs)
        self.fields["requester_email"].required = False
        self.helper = Helper(self, submit=_("Save"), cancel_url=cancel_url)

    def form_of(self, stored: ServiceRequest) -> "RequesterForm":
        return type(self)(service_request=stored, prefix=self.prefix)

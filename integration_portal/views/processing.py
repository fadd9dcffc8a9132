"""The record of processing activities, for those who answer for an office."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.periods import today
from common.processing_record import activities
from contacts.models import DataProtection, Office


class OfficeForm(forms.Form):
    stelle = forms.ModelChoiceField(Office.objects.none(), to_field_name="slug", label=_("Office"), empty_label=None)


@method_decorator(login_required, name="dispatch")
class ProcessingRecord(PermissionRequiredMixin, TemplateView):
    """What an office that one leads or administers keeps about people; the operator also sees it for no office."""

    template_name = "personal_data/record.html"
    permission_required = "contacts.view_processing_record"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        offices = Office.objects.answered_for_by(user).select_related("data_protection")
        slug = self.request.GET.get("stelle", "").replace("\x00", "")
        office = offices.filter(slug=slug).first() if slug else None if user.is_superuser else offices.first()
        if slug and office is None:
            raise Http404
        form = OfficeForm(initial={"stelle": office.slug if office else None})
        form.fields["stelle"].queryset = offices  # type: ignore[attr-defined]
        return super().get_context_data(
            office=office,
            statements=DataProtection.of(office),
            activities=activities(office),
            form=form if user.is_superuser or len(offices) > 1 else None,
            may_edit=user.has_perm("contacts.change_dataprotection", office) if office else False,
            on=today(),
            **kwargs,
        )

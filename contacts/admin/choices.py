"""What rows of an office may be made of, and whether its name need be said."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import AdminPeriodWidget
from common.fields import PeriodField
from common.forms import PeriodFormField
from contacts.models import Office
from contacts.querysets import in_area_of
from contacts.rules import standing

# Responsibilities and absences have a first day.
BEGINS = {PeriodField: {"form_class": PeriodFormField, "widget": AdminPeriodWidget, "first_required": True}}


def limit_assignment_choices(db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Towns in the area of the offices that the account administers."""
    if db_field.name != "municipality":
        return queryset
    return queryset.filter(in_area_of(Office.objects.administered_by(request.user).order_by().values("pk")))


class OfficeColumn:
    """For a ModelAdmin of an office's rows: who keeps one office only is neither shown nor asked which."""

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))
        known = standing(request.user)
        if not known.is_superuser and len(known.administers) == 1:
            columns.remove("office")
        return columns

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        offices = Office.objects.administered_by(request.user)[:2]
        only = {"office": offices[0].pk} if len(offices) == 1 else {}
        return only | super().get_changeform_initial_data(request)

"""What assignments may be made of."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import AdminPeriodWidget
from common.fields import PeriodField
from common.forms import PeriodFormField
from contacts.models import Office
from contacts.querysets import in_area_of

# Responsibilities and absences have a first day.
BEGINS = {PeriodField: {"form_class": PeriodFormField, "widget": AdminPeriodWidget, "first_required": True}}


def limit_assignment_choices(db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Towns in the area of the offices that the account administers."""
    if db_field.name != "municipality":
        return queryset
    return queryset.filter(in_area_of(Office.objects.administered_by(request.user).order_by().values("pk")))

"""What rows of an office may be made of, and whether its name need be said."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from common.admin import AdminPeriodWidget
from common.fields import PeriodField
from common.forms import PeriodFormField
from contacts.models import Office, OfficeArea
from contacts.querysets import in_area_of
from contacts.rules import standing
from municipalities.models import Association, Municipality

# Responsibilities and absences have a first day.
BEGINS = {PeriodField: {"form_class": PeriodFormField, "widget": AdminPeriodWidget, "first_required": True}}


class InArea:
    """For a ModelAdmin or inline: towns and associations are those in the area of the administered offices."""

    def limit_choices(self, db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        offices = Office.objects.administered_by(request.user).order_by().values("pk")
        if queryset.model is Municipality:
            return queryset.filter(in_area_of(offices))
        if queryset.model is Association:
            parts = OfficeArea.objects.filter(office__in=offices)
            whole = parts.filter(association__isnull=False).values("association")
            districts = parts.filter(district__isnull=False).values("district")
            return queryset.filter(Q(pk__in=whole) | Q(district__in=districts))
        return queryset


class InAreaUnlessOperator(InArea):
    """The operator may choose any place."""

    def limit_choices(self, db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if request.user.is_superuser else super().limit_choices(db_field, request, queryset)


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

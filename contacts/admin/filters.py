"""What the admin's lists can be narrowed by."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common import periods
from contacts.models import Office
from municipalities.models import District


class DayFilter(SimpleListFilter):
    """Current, future and past by the queryset's own words."""

    title = _("time")
    parameter_name = "time"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [("current", _("current")), ("future", _("future")), ("past", _("past"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in ("current", "future", "past"):
            return queryset
        return getattr(queryset, value)(periods.today())


class OfficeFilter(SimpleListFilter):
    """By office, for those who keep several."""

    title = _("office")
    parameter_name = "office"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        offices = Office.objects.administered_by(request.user)
        return [(str(pk), name) for pk, name in offices.values_list("pk", "name")]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(office=value) if value and value.isdecimal() else queryset


class DistrictFilter(SimpleListFilter):
    """By district, of those in which the administered offices have responsibilities."""

    title = _("district")
    parameter_name = "district"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        towns = model_admin.get_queryset(request).order_by().values("municipality__district")
        return [(d.ags, d.full_name) for d in District.objects.filter(pk__in=towns)]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(municipality__district__ags=self.value()) if self.value() else queryset

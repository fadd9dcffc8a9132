"""Offices with their area, lists, legal texts and accounts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.admin import PortalModelAdmin, PortalStackedInline, PortalTabularInline, ScopedFormSet
from common.audit import Change, history
from contacts.admin.choices import InAreaUnlessOperator, OfficeColumn
from contacts.admin.filters import DayFilter, OfficeFilter
from contacts.admin.periods import first_day, last_day
from contacts.models import (
    DataProtection,
    FieldOfAction,
    LegalText,
    MunicipalStaff,
    Office,
    OfficeArea,
    OfficeMembership,
    OfficeTask,
    Organisation,
    TargetGroup,
)


class OfficeAreaInline(PortalTabularInline):
    model = OfficeArea
    autocomplete_fields = ["district", "association", "municipality"]


class OfficeListInline(PortalTabularInline):
    fields = ["position", "name", "is_active"]
    classes = ["collapse"]


class FieldOfActionInline(OfficeListInline):
    model = FieldOfAction


class TargetGroupInline(OfficeListInline):
    model = TargetGroup


class OfficeTaskInline(OfficeListInline):
    model = OfficeTask


class LegalTextInline(PortalStackedInline):
    model = LegalText
    fields = ["kind", "body", "reviewed_on"]
    classes = ["collapse"]


class ForOthers:
    """For pages and inlines of roles: one gives them to others, not to oneself."""

    def limit_choices(self, db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queryset = super().limit_choices(db_field, request, queryset)
        if db_field.name == "user" and not request.user.is_superuser:
            return queryset.exclude(pk=request.user.pk)
        return queryset


class RoleFormSet(ScopedFormSet):
    """The roles of an office; one's own is shown, and left as it is."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk and not self.request.user.has_perm("contacts.change_officemembership", form.instance):
            for field in form.fields.values():
                field.disabled = True


class OfficeMembershipInline(ForOthers, PortalTabularInline):
    model = OfficeMembership
    formset = RoleFormSet
    autocomplete_fields = ["user"]


@admin.register(Office)
class OfficeAdmin(PortalModelAdmin):
    is_search_folded = True
    list_display = ["name", "code", "kind", "area", "town", "changed_at"]
    list_filter = ["kind"]
    search_fields = ["sort_key", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [
        OfficeAreaInline,
        OfficeMembershipInline,
        FieldOfActionInline,
        TargetGroupInline,
        OfficeTaskInline,
        LegalTextInline,
    ]
    fieldsets = [
        (None, {"fields": ["name", "kind", "code", "slug"]}),
        (_("How to reach it"), {"fields": ["email", "phone", "website", "street", "postal_code", "town"]}),
        (_("When it is open"), {"fields": ["office_hours", "is_by_appointment"]}),
        (_("Keeping contacts current"), {"fields": ["confirmation_month"]}),
        (_("What the pages say"), {"fields": ["introduction", "source", "is_invented"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Office]:
        return super().get_queryset(request).with_area()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Code and address stand in letters and bookmarks; whether an office is real is the operator's to say."""
        if obj is None:
            return []
        return ["code"] if request.user.is_superuser else ["code", "slug", "is_invented"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else dict(self.prepopulated_fields)

    def further_changes(self, request: HttpRequest, obj: Office) -> list[Change]:
        parts = (OfficeArea, OfficeMembership, FieldOfAction, TargetGroup, OfficeTask, LegalText, DataProtection)
        return [change for part in parts for change in history(part, office=obj)]

    @admin.display(description=_("area"))
    def area(self, office: Office) -> str:
        return ", ".join(str(part) for part in office.areas.all())


class OfOfficeAdmin(OfficeColumn, PortalModelAdmin):
    """Rows that belong to an office for good."""

    list_select_related = ["office"]
    autocomplete_fields = ["office"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["office"] if obj else []


@admin.register(FieldOfAction)
class FieldOfActionAdmin(OfOfficeAdmin):
    list_display = ["name", "office", "position", "is_active"]
    list_filter = [OfficeFilter, "is_active"]
    search_fields = ["name"]
    choice_related = ("office",)
    fields = ["office", "name", "position", "is_active"]

    def choice_label(self, obj: FieldOfAction) -> str:
        return f"{obj.name} ({obj.office.code})"


@admin.register(LegalText)
class LegalTextAdmin(OfOfficeAdmin):
    list_display = ["__str__", "kind", "office", "reviewed_on"]
    list_filter = [OfficeFilter, "kind"]
    fields = ["office", "kind", "body", "reviewed_on"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A text without an office is the operator's, who alone writes it."""
        form = super().get_form(request, obj, change, **kwargs)
        if "office" in form.base_fields and not request.user.is_superuser:
            form.base_fields["office"].required = True
        return form


@admin.register(DataProtection)
class DataProtectionAdmin(OfOfficeAdmin):
    """How long an office keeps what, and its statements in the record of processing activities."""

    list_display = ["office", "people_months", "absence_months", "officer", "changed_at"]
    list_filter = [OfficeFilter]
    fieldsets = [
        (None, {"fields": ["office"]}),
        (_("Retention periods"), {"fields": ["people_months", "absence_months"]}),
        (
            _("Record of processing activities"),
            {"fields": ["controller", "officer", "legal_basis", "recipients", "measures"]},
        ),
    ]


@admin.register(OfficeMembership)
class OfficeMembershipAdmin(ForOthers, OfOfficeAdmin):
    list_display = ["user", "office", "role", "first_day", "last_day"]
    list_filter = [DayFilter, "role", OfficeFilter]
    list_select_related = ["user", "office"]
    search_fields = ["user__name", "user__email"]
    autocomplete_fields = ["user", "office"]
    fields = ["office", "user", "role", "period"]
    first_day, last_day = first_day("period"), last_day("period")


@admin.register(MunicipalStaff)
class MunicipalStaffAdmin(InAreaUnlessOperator, PortalModelAdmin):
    list_display = ["user", "municipality", "association", "first_day", "last_day"]
    list_filter = [DayFilter]
    list_select_related = ["user", "municipality", "association"]
    search_fields = ["user__name", "user__email", "municipality__sort_key", "association__sort_key"]
    autocomplete_fields = ["user", "municipality", "association"]
    fields = ["user", "municipality", "association", "period"]
    first_day, last_day = first_day("period"), last_day("period")


@admin.register(Organisation)
class OrganisationAdmin(InAreaUnlessOperator, PortalModelAdmin):
    is_search_folded = True
    list_display = ["name", "kind", "municipality", "reach"]
    list_filter = ["kind", "reach"]
    list_select_related = ["municipality"]
    search_fields = ["sort_key", "municipality__sort_key"]
    autocomplete_fields = ["municipality"]
    fields = ["name", "kind", "municipality", "reach", "website"]

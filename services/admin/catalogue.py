"""Offerings with all that belongs to them, answer templates, and how an office deals with requests."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.admin import AdminPeriodWidget, PortalModelAdmin, PortalStackedInline, PortalTabularInline
from common.audit import Change, history
from common.fields import PeriodField
from common.forms import PeriodFormField
from contacts.admin.choices import OfficeColumn
from contacts.admin.end_on import EndsOn
from contacts.admin.filters import DayFilter, OfficeFilter
from contacts.admin.offices import OfOfficeAdmin
from contacts.admin.periods import first_day, last_day
from contacts.models import OfficeTask, TargetGroup
from services.models import (
    AnswerTemplate,
    OfferingContact,
    OfferingField,
    OfferingTargetGroup,
    Question,
    RequestTerms,
    ServiceOffering,
)

# A service may have been offered always.
ALWAYS = PortalModelAdmin.formfield_overrides | {
    PeriodField: {"form_class": PeriodFormField, "widget": AdminPeriodWidget, "unlimited": True}
}


class OfferingTargetGroupInline(PortalTabularInline):
    model = OfferingTargetGroup
    fields = ["target_group"]

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        if db_field.name == "target_group":
            return TargetGroup.objects.administered_by(request.user).select_related("office")
        return super().get_field_queryset(db, db_field, request)


class OfferingFieldInline(PortalTabularInline):
    model = OfferingField
    fields = autocomplete_fields = ["field"]


class OfferingContactInline(PortalTabularInline):
    model = OfferingContact
    fields = ["position", "post"]
    autocomplete_fields = ["post"]


class QuestionInline(PortalStackedInline):
    model = Question
    fields = [("position", "kind", "is_required"), "wording", "hint", "choices"]


@admin.register(ServiceOffering)
class ServiceOfferingAdmin(OfficeColumn, EndsOn, PortalModelAdmin):
    is_search_folded = True
    list_display = ["title", "kind", "office", "recipient", "first_day", "last_day", "changed_at"]
    list_display_links = ["title"]
    list_filter = [DayFilter, OfficeFilter, "kind", "recipient"]
    list_select_related = ["office"]
    search_fields = ["sort_key"]
    autocomplete_fields = ["office", "counts_for", "post"]
    choice_related = ("office",)
    formfield_overrides = ALWAYS
    ordering = ["sort_key", "pk"]
    fieldsets = [
        (None, {"fields": ["office", "kind", "title", "summary", "period"]}),
        (
            _("What its page says"),
            {"fields": ["goal", "contents", "needs", "lead_time", "cost", "examples", "source"]},
        ),
        (_("Its requests"), {"fields": ["recipient", "post", "answer_days", "request_months"]}),
        (_("In the yearly report"), {"fields": ["task", "counts_for"]}),
    ]
    inlines = [
        OfferingTargetGroupInline,
        OfferingFieldInline,
        OfferingContactInline,
        QuestionInline,
    ]
    first_day, last_day = first_day("period"), last_day("period")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["office"] if obj else []

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        if db_field.name == "task":
            return OfficeTask.objects.administered_by(request.user).select_related("office")
        return super().get_field_queryset(db, db_field, request)

    def choice_label(self, obj: ServiceOffering) -> str:
        return f"{obj.title} ({obj.office.code})"

    def further_changes(self, request: HttpRequest, obj: ServiceOffering) -> list[Change]:
        parts = (OfferingTargetGroup, OfferingField, OfferingContact, Question)
        return [change for part in parts for change in history(part, offering=obj)]


@admin.register(AnswerTemplate)
class AnswerTemplateAdmin(OfOfficeAdmin):
    list_display = ["title", "offering", "office", "changed_at"]
    list_display_links = ["title"]
    list_filter = [OfficeFilter]
    list_select_related = ["office", "offering"]
    search_fields = ["title", "text"]
    autocomplete_fields = ["office", "offering"]
    fields = ["office", "offering", "title", "text"]


@admin.register(RequestTerms)
class RequestTermsAdmin(OfOfficeAdmin):
    list_display = ["__str__", "answer_days", "request_months", "office", "changed_at"]
    list_filter = [OfficeFilter]
    fields = ["office", "answer_days", "request_months"]

"""What was done and what came of it, to look up with its history: recorded and written on the portal's own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.admin import PortalModelAdmin, PortalStackedInline
from common.audit import Change, history
from contacts.admin.choices import OfficeColumn
from contacts.admin.filters import OfficeFilter
from contacts.admin.responsibility import ReadOnly
from services.models import Delivery, Feedback, MeetingEffort, Report, ReportBlock


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, OfficeColumn, PortalModelAdmin):
    list_display = ["held_on", "offering", "municipality", "place", "hours", "cost", "participants", "office"]
    list_filter = [OfficeFilter]
    list_select_related = ["offering", "municipality", "office"]
    date_hierarchy = "held_on"
    search_fields = ["place", "result", "request__reference", "municipality__sort_key"]
    ordering = ["-held_on", "-pk"]
    fieldsets = [
        (None, {"fields": ["office", "request", "offering", "municipality", "held_on", "place"]}),
        (_("What it took"), {"fields": ["post", "hours", "cost", "participants", "cooperation", "result"]}),
        (_("In the yearly report"), {"fields": ["task", "field"]}),
    ]


@admin.register(MeetingEffort)
class MeetingEffortAdmin(ReadOnly, OfficeColumn, PortalModelAdmin):
    list_display = ["__str__", "forum", "hours", "cost", "office"]
    list_filter = [OfficeFilter]
    list_select_related = ["meeting__forum", "office"]
    search_fields = ["meeting__title", "meeting__forum__name"]
    ordering = ["-meeting__starts_at", "-pk"]
    fields = ["office", "forum", "meeting", "hours", "cost"]
    readonly_fields = ["forum"]

    @admin.display(description=_("forum"), ordering="meeting__forum__sort_key")
    def forum(self, effort: MeetingEffort) -> str:
        return str(effort.meeting.forum)


class RequestOfficeFilter(OfficeFilter):
    """By the office that was asked."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(request__office=value) if value and value.isdecimal() else queryset


@admin.register(Feedback)
class FeedbackAdmin(ReadOnly, OfficeColumn, PortalModelAdmin):
    list_display = ["request", "helped", "went_well", "given_at", "office"]
    list_filter = ["helped", "went_well", RequestOfficeFilter]
    list_select_related = ["request__office"]
    date_hierarchy = "given_at"
    search_fields = ["request__reference", "remark"]
    ordering = ["-given_at", "-pk"]
    fields = ["request", "helped", "went_well", "remark", "given_at"]

    @admin.display(description=_("office"), ordering="request__office__sort_key")
    def office(self, feedback: Feedback) -> str:
        return feedback.request.office.name


class ReportBlockInline(ReadOnly, PortalStackedInline):
    model = ReportBlock
    fields = readonly_fields = ["heading", "text"]


@admin.register(Report)
class ReportAdmin(ReadOnly, OfficeColumn, PortalModelAdmin):
    """Its figures and its document are read on its own page."""

    list_display = ["year", "edition", "as_of", "frozen_at", "frozen_by", "office"]
    list_filter = [OfficeFilter, "year"]
    list_select_related = ["office", "frozen_by"]
    ordering = ["-year", "-edition", "-pk"]
    fields = ["office", "year", "edition", "as_of", "frozen_at", "frozen_by", "checksum"]
    inlines = [ReportBlockInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Without figures and document, which are large."""
        return super().get_queryset(request).defer("figures", "pdf")

    def further_changes(self, request: HttpRequest, obj: Report) -> list[Change]:
        return history(ReportBlock, report=obj)

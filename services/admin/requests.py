"""Requests to look up, with their history: they are worked on the portal's own pages."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.admin import PortalModelAdmin, PortalStackedInline
from common.audit import Change, history
from contacts.admin.choices import OfficeColumn
from contacts.admin.filters import OfficeFilter
from contacts.admin.responsibility import ReadOnly
from services.models import RequestDetail, RequestEntry, ServiceRequest


class RequestDetailInline(ReadOnly, PortalStackedInline):
    model = RequestDetail
    fields = readonly_fields = ["wording", "reply"]


class RequestEntryInline(ReadOnly, PortalStackedInline):
    model = RequestEntry
    fields = readonly_fields = ["at", "kind", "side", "is_internal", "by_name", "text"]


@admin.register(ServiceRequest)
class ServiceRequestAdmin(ReadOnly, OfficeColumn, PortalModelAdmin):
    list_display = [
        "reference",
        "subject",
        "offering",
        "municipality",
        "state",
        "assigned_to",
        "submitted_at",
        "office",
    ]
    list_display_links = ["reference"]
    list_filter = ["state", OfficeFilter, "channel"]
    list_select_related = ["offering", "municipality", "assigned_to__person", "office"]
    date_hierarchy = "submitted_at"
    search_fields = ["reference", "subject", "municipality__sort_key"]
    ordering = ["-submitted_at", "-pk"]
    fieldsets = [
        (None, {"fields": ["reference", "office", "offering", "state", "channel", "submitted_at", "closed_at"]}),
        (
            _("What is asked for"),
            {
                "fields": [
                    *("municipality", "subject", "concern", "cause", "audience", "head_count", "wished_dates"),
                    *("place", "existing", "funding", "answer_by"),
                ]
            },
        ),
        (
            _("Who asks"),
            {
                "fields": [
                    "asks_for",
                    "requester_name",
                    "requester_email",
                    "requester_phone",
                    "requester_body",
                    "language",
                ]
            },
        ),
        (
            _("Where it stands"),
            {
                "fields": [
                    *("assigned_to", "assigned_because", "due_on", "answered_at", "scheduled_for"),
                    *("closing_reason", "passed_on_to"),
                ]
            },
        ),
    ]
    inlines = [RequestDetailInline, RequestEntryInline]

    def further_changes(self, request: HttpRequest, obj: ServiceRequest) -> list[Change]:
        """Its entries are a history themselves."""
        return history(RequestDetail, request=obj)

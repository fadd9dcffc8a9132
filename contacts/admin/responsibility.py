"""Who is responsible for which town, when."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin import PortalModelAdmin, PortalTabularInline
from common.audit import Change, history
from contacts.admin.choices import BEGINS, InArea, OfficeColumn
from contacts.admin.end_on import EndsOn
from contacts.admin.filters import DayFilter, DistrictFilter, OfficeFilter
from contacts.admin.periods import last_day
from contacts.models import Assignment, Handover, HandoverTown


@admin.register(Assignment)
class AssignmentAdmin(EndsOn, OfficeColumn, InArea, PortalModelAdmin):
    is_search_folded = True
    list_display = ["municipality", "person", "role", "starts_on", "last_day", "field", "office"]
    list_display_links = ["municipality"]
    list_filter = [DayFilter, "role", OfficeFilter, DistrictFilter]
    list_select_related = ["municipality", "contact_person__person", "field", "office"]
    date_hierarchy = "starts_on"
    ordering = ["municipality__sort_key", "-role", "-starts_on"]
    search_fields = ["municipality__sort_key", "contact_person__person__sort_key"]
    autocomplete_fields = ["contact_person", "municipality", "field"]
    fields = ["contact_person", "municipality", "field", "role", "valid"]
    formfield_overrides = BEGINS
    last_day = last_day("valid")
    actions = [*EndsOn.actions, "hand_over"]

    @admin.action(description=_("Hand over …"), permissions=["change"])
    def hand_over(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> HttpResponseBase | None:
        """Go to the form of a hand-over, with these ticked; one person hands over at a time."""
        chosen = dict(queryset.order_by().values_list("pk", "contact_person"))
        givers = set(chosen.values())
        if len(givers) != 1:
            messages.error(request, gettext("Please choose responsibilities of one person only."))
            return None
        query = QueryDict(mutable=True)
        query.setlist("zustaendigkeit", [str(pk) for pk in chosen])
        return redirect(f"{reverse('plan_handover', args=[givers.pop()])}?{query.urlencode()}")

    @admin.display(description=_("contact person"), ordering="contact_person__person__sort_key")
    def person(self, assignment: Assignment) -> str:
        return assignment.contact_person.person.sorted_name


class ReadOnly:
    """Planned, signed and cancelled on the portal's own pages; here one looks and reads the history."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HandoverTownInline(ReadOnly, PortalTabularInline):
    model = HandoverTown
    fields = ["assignment", "receiver", "note", "given_at", "given_by", "received_at", "received_by"]
    readonly_fields = fields
    related = [
        "assignment__municipality",
        "assignment__contact_person__person",
        "receiver__person",
        "given_by",
        "received_by",
    ]


@admin.register(Handover)
class HandoverAdmin(ReadOnly, OfficeColumn, PortalModelAdmin):
    is_search_folded = True
    list_display = ["day", "leaver_name", "is_leaving", "state", "office"]
    list_filter = ["state", "is_leaving", OfficeFilter]
    list_select_related = ["leaver__person", "office"]
    date_hierarchy = "day"
    search_fields = ["leaver__person__sort_key"]
    fields = ["leaver", "day", "is_leaving", "state", "note", "created_by", "created_at"]
    inlines = [HandoverTownInline]

    @admin.display(description=_("handed over by"), ordering="leaver__person__sort_key")
    def leaver_name(self, handover: Handover) -> str:
        return handover.leaver.person.sorted_name

    def further_changes(self, request: HttpRequest, obj: Handover) -> list[Change]:
        return history(HandoverTown, handover=obj)

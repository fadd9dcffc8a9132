"""Who is responsible for which town, when."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from common.admin import PortalModelAdmin
from contacts.admin.choices import BEGINS, InArea, OfficeColumn
from contacts.admin.end_on import EndsOn
from contacts.admin.filters import DayFilter, DistrictFilter, OfficeFilter
from contacts.admin.periods import last_day
from contacts.models import Assignment


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

    @admin.display(description=_("contact person"), ordering="contact_person__person__sort_key")
    def person(self, assignment: Assignment) -> str:
        return assignment.contact_person.person.sorted_name

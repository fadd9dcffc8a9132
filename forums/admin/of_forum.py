"""What the admin's pages of rows of a forum share: they belong to the forum's leading office, for good."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.admin import AdminPeriodWidget, PortalModelAdmin
from common.fields import PeriodField
from common.forms import PeriodFormField
from contacts.admin.choices import OfficeColumn
from contacts.admin.filters import OfficeFilter

# Forums and memberships may have been there always.
ALWAYS = PortalModelAdmin.formfield_overrides | {
    PeriodField: {"form_class": PeriodFormField, "widget": AdminPeriodWidget, "unlimited": True}
}


class ForumOfficeFilter(OfficeFilter):
    """By the office that leads the forum."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        to_office: Any = f"{queryset.to_forum}office"
        return queryset.filter(**{to_office: value}) if value and value.isdecimal() else queryset


class OfForumAdmin(OfficeColumn, PortalModelAdmin):
    is_search_folded = True
    list_select_related = ["forum__office"]
    autocomplete_fields = ["forum"]
    formfield_overrides = ALWAYS

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["forum"] if obj else []

    @admin.display(description=_("leading office"), ordering="forum__office__sort_key")
    def office(self, row: Any) -> str:
        return row.forum.office.name

"""Forums with all that belongs to them: places, fields, partners, members and the template agenda."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.admin import PortalModelAdmin, PortalTabularInline
from common.audit import Change, history
from contacts.admin.choices import InArea, OfficeColumn
from contacts.admin.end_on import EndsOn
from contacts.admin.filters import DayFilter, OfficeFilter
from contacts.admin.periods import first_day, last_day
from contacts.models import Office, OfficeArea, OfficeTask, TargetGroup
from forums.admin.of_forum import ALWAYS, ForumOfficeFilter, OfForumAdmin
from forums.models import (
    Forum,
    ForumField,
    ForumPartner,
    ForumTargetGroup,
    ForumTown,
    Membership,
    TemplateItem,
)
from municipalities.models import District


class ForumPartnerInline(PortalTabularInline):
    """Partners are other offices, and every office is public."""

    model = ForumPartner
    fields = ["office"]

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        if db_field.name == "office":
            return Office.objects.visible_to(request.user).order_by("sort_key")
        return super().get_field_queryset(db, db_field, request)


class ForumTownInline(InArea, PortalTabularInline):
    model = ForumTown
    fields = autocomplete_fields = ["municipality"]


class ForumFieldInline(PortalTabularInline):
    model = ForumField
    fields = autocomplete_fields = ["field"]


class ForumTargetGroupInline(PortalTabularInline):
    model = ForumTargetGroup
    fields = ["target_group"]

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        if db_field.name == "target_group":
            return TargetGroup.objects.administered_by(request.user).select_related("office")
        return super().get_field_queryset(db, db_field, request)


class MembershipInline(PortalTabularInline):
    model = Membership
    fields = ["person", "organisation", "role", "period"]
    autocomplete_fields = ["person", "organisation"]
    formfield_overrides = ALWAYS
    show_change_link = True


class TemplateItemInline(PortalTabularInline):
    model = TemplateItem
    fields = ["position", "kind", "title", "minutes", "is_internal"]


@admin.register(Forum)
class ForumAdmin(OfficeColumn, EndsOn, PortalModelAdmin):
    is_search_folded = True
    list_display = ["name", "kind", "office", "is_public", "first_day", "last_day", "changed_at"]
    list_display_links = ["name"]
    list_filter = [DayFilter, OfficeFilter, "kind", "is_public", "is_elsewhere"]
    list_select_related = ["office", "district"]
    search_fields = ["sort_key"]
    autocomplete_fields = ["office", "district"]
    choice_related = ("office",)
    formfield_overrides = ALWAYS
    ordering = ["sort_key", "pk"]
    fieldsets = [
        (None, {"fields": ["office", "kind", "name", "purpose", "source", "period"]}),
        (_("Where and how often"), {"fields": ["district", "rhythm", "is_informal"]}),
        (_("Run by others"), {"fields": ["is_elsewhere", "organiser"]}),
        (_("What everyone sees"), {"fields": ["is_public", "publishes_minutes"]}),
        (_("For the yearly report"), {"fields": ["task"]}),
    ]
    # Partners first: their towns may be named too.
    inlines = [
        ForumPartnerInline,
        ForumTownInline,
        ForumFieldInline,
        ForumTargetGroupInline,
        MembershipInline,
        TemplateItemInline,
    ]
    first_day, last_day = first_day("period"), last_day("period")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["office"] if obj else []

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        if db_field.name == "task":
            return OfficeTask.objects.administered_by(request.user).select_related("office")
        return super().get_field_queryset(db, db_field, request)

    def limit_choices(self, db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if queryset.model is District and not request.user.is_superuser:
            areas = OfficeArea.objects.filter(office__in=Office.objects.administered_by(request.user))
            return queryset.filter(pk__in=areas.values("district"))
        return queryset

    def choice_label(self, obj: Forum) -> str:
        return f"{obj.name} ({obj.office.code})"

    def further_changes(self, request: HttpRequest, obj: Forum) -> list[Change]:
        parts = (ForumPartner, ForumTown, ForumField, ForumTargetGroup, Membership, TemplateItem)
        return [change for part in parts for change in history(part, forum=obj)]


@admin.register(Membership)
class MembershipAdmin(EndsOn, OfForumAdmin):
    list_display = ["name", "forum", "role", "first_day", "last_day", "office"]
    list_display_links = ["name"]
    list_filter = [DayFilter, "role", ForumOfficeFilter]
    list_select_related = ["forum__office", "person", "organisation"]
    search_fields = ["person__sort_key", "organisation__sort_key", "forum__sort_key"]
    autocomplete_fields = ["forum", "person", "organisation"]
    fields = ["forum", "person", "organisation", "role", "period"]
    first_day, last_day = first_day("period"), last_day("period")

    @admin.display(description=_("name"), ordering="person__sort_key")
    def name(self, membership: Membership) -> str:
        return membership.name

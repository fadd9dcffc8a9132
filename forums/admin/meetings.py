"""Meetings with their agenda and who came, and their minutes. What changes a meeting's state has pages of its own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin import PortalModelAdmin, PortalStackedInline, PortalTabularInline
from common.audit import Change, history
from contacts.admin.choices import OfficeColumn
from contacts.admin.responsibility import ReadOnly
from contacts.models import OfficeTask
from forums.admin.of_forum import ForumOfficeFilter, OfForumAdmin
from forums.models import Addendum, AgendaItem, Attendance, Comment, Meeting, Minutes


class AgendaItemInline(PortalStackedInline):
    """Taken off, put off and ordered on the agenda's page, where its topic goes back to the store."""

    model = AgendaItem
    fields = ["position", "kind", "title", "text", "minutes", "presenter", "is_internal", "is_closing", "result"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttendanceInline(PortalTabularInline):
    """What somebody replied is noted on the page of replies."""

    model = Attendance
    fields = ["person", "name", "organisation", "role", "reply", "presence"]
    readonly_fields = ["reply"]
    autocomplete_fields = ["person", "organisation"]


@admin.register(Meeting)
class MeetingAdmin(OfForumAdmin):
    """Planned, invited to, held, cancelled and deleted on the portal's pages.

    A cancelled one stays as it is; of one whose minutes are approved only what it counts for changes.
    """

    is_search_folded = False
    list_display = ["starts_at", "number", "state", "forum", "title", "place", "office"]
    list_filter = ["state", "forum__kind", ForumOfficeFilter]
    date_hierarchy = "starts_at"
    search_fields = ["title", "place", "forum__name"]
    autocomplete_fields = ["forum", "chaired_by", "minutes_by"]
    fieldsets = [
        (None, {"fields": ["forum", "title", "starts_at", "ends_at", "reply_until", "topics_until"]}),
        (_("Where"), {"fields": ["place", "address", "access", "link"]}),
        (_("How it went"), {"fields": ["chaired_by", "minutes_by", "began_at", "closed_at"]}),
        (_("For the yearly report"), {"fields": ["task"]}),
        (_("Number and state"), {"fields": ["number", "state", "cancelled_because", "calendar_uid"]}),
    ]
    inlines = [AgendaItemInline, AttendanceInline]

    @admin.display(description=_("identifier in calendars"))
    def calendar_uid(self, meeting: Meeting) -> str:
        return str(meeting.uid)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        given = ["number", "state", "cancelled_because", "calendar_uid"]
        if obj and obj.is_settled():
            said: list[Any] = [name for _title, options in self.fieldsets[:3] for name in options["fields"]]
            return [*said, *given]
        return [*super().get_readonly_fields(request, obj), *given]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else fieldsets[:-1]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A new meeting gets its agenda by itself."""
        return self.inlines if obj else []

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        if db_field.name == "task":
            return OfficeTask.objects.administered_by(request.user).select_related("office")
        return super().get_field_queryset(db, db_field, request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.SplitDateTimeField):
            # Two boxes share the label before them.
            for box, word in zip(field.widget.widgets, (gettext("Day"), gettext("Time")), strict=True):
                box.attrs["aria-label"] = f"{capfirst(field.label)}: {word}"
        return field

    def has_change_permission(self, request: HttpRequest, obj: Meeting | None = None) -> bool:
        is_cancelled = obj is not None and obj.state == Meeting.State.CANCELLED
        return not is_cancelled and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Meeting, form: Any, change: bool) -> None:
        if change:
            # Only what was typed: state and number may have moved on meanwhile.
            obj.save(update_fields=form.changed_data)
        else:
            obj.add()

    def further_changes(self, request: HttpRequest, obj: Meeting) -> list[Change]:
        parts = (AgendaItem, Attendance)
        return [change for part in parts for change in history(part, untold=["meeting"], meeting=obj)]


class AddendumInline(ReadOnly, PortalTabularInline):
    model = Addendum
    fields = readonly_fields = ["text", "written_on", "written_by"]
    related = ["written_by"]


class CommentInline(ReadOnly, PortalTabularInline):
    model = Comment
    fields = readonly_fields = ["person", "item", "text", "is_objection", "written_at", "answer"]
    related = ["person", "item"]


@admin.register(Minutes)
class MinutesAdmin(ReadOnly, OfficeColumn, PortalModelAdmin):
    """Written, sent, approved and published on the portal's pages, where their text and document are."""

    list_display = ["meeting", "state", "circulated_at", "approved_at", "released_at", "office"]
    list_filter = ["state", ForumOfficeFilter]
    list_select_related = ["meeting__forum__office"]
    date_hierarchy = "meeting__starts_at"
    ordering = ["-meeting__starts_at", "-pk"]
    search_fields = ["meeting__title", "meeting__forum__name"]
    fields = [
        "forum",
        "meeting",
        "state",
        "edition",
        "circulated_at",
        "comments_until",
        "approved_at",
        "approved_by",
        "approved_in",
        "checksum",
        "released_at",
        "released_by",
    ]
    readonly_fields = ["forum"]
    inlines = [AddendumInline, CommentInline]

    @admin.display(description=_("forum"))
    def forum(self, minutes: Minutes) -> str:
        return minutes.meeting.forum.name

    @admin.display(description=_("leading office"), ordering="meeting__forum__office__sort_key")
    def office(self, minutes: Minutes) -> str:
        return minutes.meeting.forum.office.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).as_lines()

    def further_changes(self, request: HttpRequest, obj: Minutes) -> list[Change]:
        return [change for part in (Addendum, Comment) for change in history(part, untold=["minutes"], minutes=obj)]

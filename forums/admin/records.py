"""What forums have collected: topics for later meetings, and documents."""

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from contacts.admin.responsibility import ReadOnly
from forums.admin.of_forum import ForumOfficeFilter, OfForumAdmin
from forums.models import Document, Topic


@admin.register(Topic)
class TopicAdmin(OfForumAdmin):
    """Put on an agenda, put off and declined on the portal's pages."""

    is_search_folded = False
    list_display = ["title", "forum", "kind", "state", "proposed_by", "created_on", "office"]
    list_filter = ["state", "kind", ForumOfficeFilter]
    list_select_related = ["forum__office", "proposed_by"]
    date_hierarchy = "created_on"
    search_fields = ["title", "text", "forum__name"]
    autocomplete_fields = ["forum", "proposed_by"]
    fields = [
        "forum",
        "kind",
        "title",
        "text",
        "minutes",
        "is_internal",
        "proposed_by",
        "created_on",
        "state",
        "answer",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Topic | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "state"]


@admin.register(Document)
class DocumentAdmin(ReadOnly, OfForumAdmin):
    """Uploaded and deleted on the pages of forums and meetings, where the file goes with the row."""

    is_search_folded = False
    list_display = ["title", "forum", "meeting", "audience", "file_size", "uploaded_at", "uploaded_by", "office"]
    list_filter = ["audience", ForumOfficeFilter]
    list_select_related = ["forum__office", "meeting__forum", "uploaded_by"]
    date_hierarchy = "uploaded_at"
    search_fields = ["title", "file_name", "forum__name"]
    fields = ["forum", "meeting", "item", "title", "audience", "file_name", "content_type", "file_size"]
    readonly_fields = ["file_size"]

    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> list[str]:
        return list(self.readonly_fields)

    @admin.display(description=_("size"), ordering="size")
    def file_size(self, document: Document) -> str:
        return filesizeformat(document.size)

"""What comes of meetings: decisions, and who does what until when."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter, ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.admin import ScopedModelForm
from common.periods import today
from forums import action_items
from forums.admin.of_forum import ForumOfficeFilter, OfForumAdmin
from forums.models import ActionItem, Decision


@admin.register(Decision)
class DecisionAdmin(OfForumAdmin):
    """Written in the log of the meeting that made it; numbered when its minutes go out."""

    is_search_folded = False
    list_display = ["number", "beginning", "meeting", "forum", "office"]
    list_display_links = ["number", "beginning"]
    list_filter = [("number", EmptyFieldListFilter), ForumOfficeFilter]
    list_select_related = ["forum__office", "item__meeting__forum"]
    date_hierarchy = "item__meeting__starts_at"
    search_fields = ["wording", "forum__name", "item__title"]
    fields = ["forum", "item", "number", "wording", "votes_for", "votes_against", "abstentions"]
    readonly_fields = ["forum", "item", "number"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.readonly_fields)

    @admin.display(description=_("wording"), ordering="wording")
    def beginning(self, decision: Decision) -> str:
        return Truncator(decision.wording).words(15)

    @admin.display(description=_("meeting"), ordering="item__meeting__starts_at")
    def meeting(self, decision: Decision) -> str:
        return str(decision.item.meeting)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class DueFilter(SimpleListFilter):
    """By what is to be done when, in the queryset's own words."""

    title = _("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [("overdue", _("overdue")), ("due_soon", _("due within a week"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return getattr(queryset, value)(today()) if value in ("overdue", "due_soon") else queryset


class ActionItemForm(ScopedModelForm):
    """Done and dropped are noted with the day."""

    def _post_clean(self) -> None:
        if "state" in self.cleaned_data:
            self.instance.move_to(self.cleaned_data["state"], today())
        super()._post_clean()


@admin.register(ActionItem)
class ActionItemAdmin(OfForumAdmin):
    is_search_folded = False
    form = ActionItemForm
    list_display = ["what", "who", "due_on", "state", "closed_on", "forum", "office"]
    list_filter = ["state", DueFilter, ForumOfficeFilter]
    list_select_related = ["forum__office", "person", "organisation"]
    date_hierarchy = "due_on"
    search_fields = ["what", "note", "forum__name", "person__family_name", "organisation__name"]
    autocomplete_fields = ["forum", "person", "organisation"]
    fields = [
        "forum",
        "item",
        "what",
        "person",
        "organisation",
        "due_on",
        "is_internal",
        "created_on",
        "state",
        "note",
        "closed_on",
    ]
    readonly_fields = ["item", "closed_on"]
    actions = ["report_done", "drop"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *self.readonly_fields]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"created_on": today()} | super().get_changeform_initial_data(request)

    @admin.display(description=_("who does it"), ordering="person__sort_key")
    def who(self, task: ActionItem) -> str:
        return task.who

    def save_model(self, request: HttpRequest, obj: ActionItem, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        action_items.tell(ActionItem.objects.given().filter(pk=obj.pk), by=request.user)

    @admin.action(description=_("Report as done"), permissions=["change"])
    def report_done(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> None:
        self._close(request, queryset, ActionItem.State.DONE)

    @admin.action(description=_("Mark as dropped"), permissions=["change"])
    def drop(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> None:
        self._close(request, queryset, ActionItem.State.DROPPED)

    def _close(self, request: HttpRequest, queryset: QuerySet[Any], state: str) -> None:
        """Those that are open; what is closed stays as it is."""
        tasks = list(queryset.open().select_for_update(of=("self",), no_key=True))
        for task in tasks:
            task.move_to(state, today())
            task.save(update_fields=["state", "closed_on"])
        text = ngettext("%(count)d task was closed.", "%(count)d tasks were closed.", len(tasks))
        messages.success(request, text % {"count": len(tasks)})

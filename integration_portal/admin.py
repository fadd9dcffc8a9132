"""Mail and background work in the administration: what became of each message, and what the duties last did."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common import outbox
from common.admin import PortalModelAdmin
from common.duties import Duty
from common.outbox import Message


class ReadOnlyAdmin(PortalModelAdmin):
    """What the worker writes, nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OccasionFilter(admin.SimpleListFilter):
    title = _("occasion")
    parameter_name = "occasion"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(occasion.name, str(occasion.label)) for occasion in outbox.occasions().values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(occasion=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("occasion_name", "state", "address", "posted_at", "sent_at", "next_try", "error")
    list_filter = ("state", OccasionFilter, "posted_at")
    search_fields = ("address", "subject")
    date_hierarchy = "posted_at"
    actions = ["send_again"]
    fields = readonly_fields = (
        *("occasion_name", "state", "address", "subject", "posted_at", "tries"),
        *("next_try", "sent_at", "error", "rounds"),
    )

    @admin.display(description=_("occasion"), ordering="occasion")
    def occasion_name(self, message: Message) -> str:
        return message.occasion_label

    @admin.display(description=_("next try"), ordering="next_try_at")
    def next_try(self, message: Message) -> Any:
        return message.next_try_at if message.state == Message.State.WAITING else None

    @admin.action(description=_("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        now, chosen = timezone.now(), list(queryset)
        again = sum(message.send_again(now) for message in chosen)
        text = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", again) % {"n": again}
        self.message_user(request, text, messages.SUCCESS)
        if again < len(chosen):
            self.message_user(request, _("What is just being delivered was left alone."), messages.WARNING)


@admin.register(Duty)
class DutyAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "done_at", "tried_at", "failures", "outcome")
    fields = readonly_fields = ("name", "done_at", "tried_at", "failures", "outcome")

"""What an account may do, on the account's own page."""

from django.http import HttpRequest

from accounts.admin import UserAdmin
from accounts.models import User
from common.admin import PortalTabularInline
from common.audit import Change, history
from contacts.admin.choices import InAreaUnlessOperator
from contacts.models import MunicipalStaff, OfficeMembership
from contacts.rules import standing


class RoleInline(PortalTabularInline):
    model = OfficeMembership
    fields = ["office", "role", "period"]
    autocomplete_fields = ["office"]
    related = ["office"]

    # On one's own page roles are only read.

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._is_for_another(request, obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._is_for_another(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._is_for_another(request, obj) and super().has_delete_permission(request, obj)

    def _is_for_another(self, request: HttpRequest, account: User | None) -> bool:
        return request.user.is_superuser or account is None or account.pk != request.user.pk


class TownHallInline(InAreaUnlessOperator, PortalTabularInline):
    model = MunicipalStaff
    fields = ["municipality", "association", "period"]
    autocomplete_fields = ["municipality", "association"]
    related = ["municipality", "association"]


links_of_account = UserAdmin.further_changes


def further_changes(self: UserAdmin, request: HttpRequest, obj: User) -> list[Change]:
    """The account's links; roles given and taken, at the offices that the account reading this may look into."""
    links = links_of_account(self, request, obj)
    if request.user.is_superuser:
        return [*links, *history(OfficeMembership, user=obj), *history(MunicipalStaff, user=obj)]
    return [*links, *history(OfficeMembership, user=obj, office__in=standing(request.user).administers)]


UserAdmin.inlines = [RoleInline, TownHallInline]
UserAdmin.further_changes = further_changes

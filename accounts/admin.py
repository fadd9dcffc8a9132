"""The accounts, as administrators keep them. What an account may do is entered as its memberships, by higher apps."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import mail
from accounts.mail import PASSWORD_LINK, PASSWORD_LINK_VALID_FOR, PASSWORD_LINKS
from accounts.models import User
from common.admin import PortalModelAdmin
from common.audit import Change, history
from common.links import Link
from common.periods import today
from common.sort_keys import SortKey


class OutOfReach(Exception):
    """The account saved would not be one that who saved it may edit."""


@admin.register(User)
class UserAdmin(PortalModelAdmin):
    """Higher apps set `inlines` to the memberships they keep."""

    list_display = ("full_name", "email", "may_sign_in", "last_login", "is_superuser")
    list_display_links = ("full_name", "email")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("name", "email")
    ordering = (SortKey("name"), "email")
    actions = ("invite",)
    change_form_template = "admin/accounts/user/change_form.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Nobody finds out a password's hash by asking for its beginning."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("name"), ordering=SortKey("name"))
    def full_name(self, account: User) -> str:
        return account.name

    @admin.display(description=_("may sign in"), boolean=True, ordering="is_active")
    def may_sign_in(self, account: User) -> bool:
        return account.is_active

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        own = ["name", "email", "is_active"]
        superuser = ["is_superuser"] if request.user.is_superuser else []
        return [*own, *superuser, *(["last_login", "created_at"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Nobody raises or locks out themselves."""
        about_oneself = ["is_active", "is_superuser"] if obj == request.user else []
        return ["last_login", "created_at", *about_oneself]

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_filter if request.user.is_superuser else ("is_active",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_display if request.user.is_superuser else self.list_display[:-1]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "is_superuser":
            field.label, field.help_text = _("runs the whole portal"), _("Everything is open to this account.")
        if field and db_field.name == "is_active":
            field.help_text = _("Without this the account is closed: its sessions and links end at once.")
        return field

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            mail.revoke_password_links(obj, timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not self.get_queryset(request).filter(pk=form.instance.pk).exists():
            raise OutOfReach

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with transaction.atomic():
                return super().changeform_view(request, *args, **kwargs)
        except OutOfReach:
            request.refusal = ValidationError(
                _("Give the account a role in your office, or at a town hall in its area; otherwise it is not yours.")
            )
        return super().changeform_view(request, *args, **kwargs)

    def further_changes(self, request: HttpRequest, obj: User) -> list[Change]:
        """The links made for the account: by whom, when, and what became of them. Higher apps add its memberships."""
        found = [
            change
            for purpose in PASSWORD_LINKS
            for change in history(Link, purpose=purpose, object_id=obj.pk, untold=["purpose", "object_id"])
        ]
        return sorted(found, key=lambda change: change.at, reverse=True)

    # -- Inviting by mail -----------------------------------------------------------------------------------------

    @admin.action(description=_("Invite by mail"), permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        now, day, without_access = timezone.now(), today(), []
        inviter: Any = request.user
        for account in queryset:
            if not self.has_change_permission(request, account) or not account.may_set_password_by_link(day):
                without_access.append(str(account))
                continue
            mail.invite(account, by=inviter, at=now)
            messages.success(
                request,
                format_html(
                    gettext('{} gets a link by mail. <a href="{}">What becomes of it stands in the outbox.</a>'),
                    account,
                    reverse("admin:common_message_changelist"),
                ),
            )
        if without_access:
            text = _("Not invited, because they may not sign in: %(names)s") % {"names": ", ".join(without_access)}
            messages.warning(request, text)

    # -- The link to set a password -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        link = path(
            "<int:pk>/zugang/", self.admin_site.admin_view(self.password_link), name="accounts_user_password_link"
        )
        return [link, *super().get_urls()]

    def password_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks first; on POST makes the link and shows it, this once."""
        account = self.get_queryset(request).filter(pk=pk).first()
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account) or not account.may_set_password_by_link(today()):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {
            "title": _("Invite"),
            "opts": self.opts,
            "account": account,
            "days": PASSWORD_LINK_VALID_FOR.days,
        }
        if "by_mail" in request.POST:
            self.invite(request, User.objects.filter(pk=account.pk))
            return redirect("admin:accounts_user_change", account.pk)
        if request.method == "POST":
            now = timezone.now()
            token = Link.objects.issue(PASSWORD_LINK, account.pk, at=now, valid_for=PASSWORD_LINK_VALID_FOR)
            context["address"] = settings.PUBLIC_URL + reverse("password_link", args=[token])
            context["expires_at"] = now + PASSWORD_LINK_VALID_FOR
        response = TemplateResponse(request, "admin/accounts/user/password_link.html", context)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """A new account needs its link next."""
        if "_continue" in request.POST or "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return redirect("admin:accounts_user_password_link", obj.pk)

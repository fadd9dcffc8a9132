"""Sign-in, sign-out and passwords: django-allauth's views under German addresses."""

from typing import Any

from allauth.account.views import LoginView, LogoutView, PasswordChangeView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView
from django.views.generic.edit import FormView

from accounts import demo, limits, mail
from accounts.forms import PasswordByLinkForm, PasswordChangeForm, PasswordForgottenForm, SignInForm
from accounts.mail import PASSWORD_LINKS
from accounts.models import User
from common.link_pages import ByLink
from common.links import Link
from common.periods import today


class SignIn(LoginView):
    template_name = "account/login.html"
    form_class = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if settings.DEMO:
            kwargs |= {"demo_sign_ins": demo.SIGN_INS, "demo_password": demo.PASSWORD}
        return super().get_context_data(**kwargs)


@method_decorator(never_cache, name="dispatch")
class SignOut(LogoutView):
    """Asks, signs out, and says so without needing a cookie for it."""

    def get(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render_to_response(self.get_context_data())

    def get_template_names(self) -> list[str]:
        return ["account/logout.html" if self.request.user.is_authenticated else "account/signed_out.html"]

    def get_redirect_url(self) -> str:
        return reverse("account_logout")


@method_decorator([login_required, never_cache], name="dispatch")
class PasswordChange(PasswordChangeView):
    template_name = "account/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("profile")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "address": self.request.META["REMOTE_ADDR"],
            "cancel_url": reverse("profile"),
        }


class PasswordForgotten(FormView):
    """Asks for the mail address; the answer is the same whether or not there is such an account."""

    template_name = "account/password_forgotten.html"
    form_class = PasswordForgottenForm
    success_url = reverse_lazy("password_forgotten_sent")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"address": self.request.META["REMOTE_ADDR"]}

    def form_valid(self, form: PasswordForgottenForm) -> HttpResponseBase:
        mail.ask_for_reset(form.cleaned_data["email"], timezone.now())
        return super().form_valid(form)


class PasswordForgottenSent(TemplateView):
    template_name = "account/password_forgotten_sent.html"


class PasswordByLink(ByLink, FormView):
    """Sets the password of the account that a one-time link belongs to."""

    template_name = "accounts/password_link.html"
    ended_template = "accounts/link_ended.html"
    form_class = PasswordByLinkForm

    def open(self, token: str) -> bool:
        found = (Link.objects.find(purpose, token, timezone.now()) for purpose in PASSWORD_LINKS)
        self.link = next(filter(None, found), None)
        self.account = User.objects.filter(pk=self.link.object_id).first() if self.link else None
        if self.link is None or self.account is None:
            return False
        return self.account.may_set_password_by_link(today(), self.link.created_at)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.account}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(account=self.account, **kwargs)

    def form_valid(self, form: PasswordByLinkForm) -> HttpResponseBase:
        with transaction.atomic():
            if not (self.link and self.link.use(timezone.now())):
                return self.ended()
            form.save()
        if self.account:
            mail.revoke_password_links(self.account, timezone.now())
            limits.remember(self.account.email, self.request.META["REMOTE_ADDR"], timezone.now())
        messages.success(self.request, _("Your password is saved. Sign in with it now."))
        return redirect("account_login")

"""Sign-in, sign-out and passwords: django-allauth's views under German addresses."""

from typing import Any

from allauth.account.views import LoginView, LogoutView, PasswordChangeView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts import demo
from accounts.forms import PasswordChangeForm, SignInForm


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

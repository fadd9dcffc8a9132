"""The forms of the sign-in: django-allauth's, worded and laid out as the portal's."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm, SetPasswordForm
from django import forms
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import limits
from common.forms import Helper

PASSWORD_HINT = _("At least 12 characters. Several words in a row are good to remember.")


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("Mail address"),
            validators=[validate_email],
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        )
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            strip=False,
            max_length=1000,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.order_fields(["login", "password"])
        self.helper = Helper(self, submit=_("Sign in"))


class NewPassword(forms.Form):
    """The two fields of a new password; before one of allauth's forms."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, hint in (
            ("password1", _("New password"), PASSWORD_HINT),
            ("password2", _("New password, once more"), ""),
        ):
            field = self.fields[name]
            field.label, field.help_text = label, hint
            field.widget.attrs = {"autocomplete": "new-password"}


class PasswordChangeForm(NewPassword, ChangePasswordForm):
    """A new password, by who knows the old one; guessing it is limited as at sign-in."""

    def __init__(self, *args: Any, address: str, cancel_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        self.fields["oldpassword"].label = _("Current password")
        self.fields["oldpassword"].help_text = ""
        self.fields["oldpassword"].widget.attrs = {"autocomplete": "current-password"}
        self.helper = Helper(self, submit=_("Change password"), cancel_url=cancel_url)

    def clean_oldpassword(self) -> str:
        attempt = limits.begin(self.user.email, self.address, timezone.now())
        password = self.cleaned_data["oldpassword"]
        if not self.user.check_password(password):
            raise get_adapter().validation_error("enter_current_password")
        attempt.succeeded(timezone.now())
        return password


class PasswordForgottenForm(forms.Form):
    """Asking for a link is limited as guessing a password is, and counted apart from it."""

    email = forms.EmailField(
        label=_("Mail address"),
        help_text=_("The one with which you sign in."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        self.helper = Helper(self, submit=_("Send the link"), cancel_url=reverse("account_login"))

    def clean(self) -> dict[str, Any] | None:
        if email := self.cleaned_data.get("email"):
            limits.begin(email, self.address, timezone.now(), "reset")
        return super().clean()


class PasswordByLinkForm(NewPassword, SetPasswordForm):
    """The password of who opens a one-time link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = Helper(self, submit=_("Save password"))
        self.helper.disable_csrf = True  # the link's token takes its place

"""Sign-in by mail address and password; permissions are answered by rules, not by stored lists."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser


class SignInBackend(AuthenticationBackend):
    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        """Demonstration accounts have known passwords, so they sign in nowhere else."""
        if getattr(user, "is_demo", False) and not settings.DEMO:
            return False
        return super().user_can_authenticate(user)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

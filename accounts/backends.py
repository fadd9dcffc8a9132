"""Sign-in by mail address and password; permissions are answered by rules, not by stored lists."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


class SignInBackend(ModelBackend):
    """Django's own, which takes as long for an unknown address as for a wrong password."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at sign-in and at every request. Passwords of demonstrations are known, so DEMO alone opens them."""
        if getattr(user, "is_demo", False) and not settings.DEMO:
            return False
        return super().user_can_authenticate(user)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

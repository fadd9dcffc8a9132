"""Sign-in by mail address and password; permissions are answered by rules, not by stored lists."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from common.kept_queries import Asked, KeptQuery
from common.periods import today

# Putting it together took a fifth of a signed-in page.
WITH_ACCESS = KeptQuery(
    lambda: User.objects.with_access(today()).filter(pk=Asked("id")).order_by(), varies=lambda: settings.DEMO
)


class SignInBackend(ModelBackend):
    """Django's own, which takes as long for an unknown address as for a wrong password."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at sign-in."""
        return user.has_access(today())

    def get_user(self, user_id: int) -> User | None:
        """Asked at every request, by one query: who has lost their access is signed out at once."""
        return next(iter(WITH_ACCESS.ask(id=user_id)), None)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

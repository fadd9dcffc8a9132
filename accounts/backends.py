"""Sign-in by mail address and password; permissions are answered by rules, not by stored lists."""

import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from common.kept_queries import KeptQuery
from common.periods import today

if TYPE_CHECKING:
    from django.db.models import QuerySet


# Putting it together took a fifth of a signed-in page.
@partial(KeptQuery, varies=lambda: settings.DEMO)
def with_access(user_id: int, on: datetime.date) -> "QuerySet[User]":
    """The account, if it may still be signed in."""
    return User.objects.with_access(on).filter(pk=user_id).order_by()


class SignInBackend(ModelBackend):
    """Django's own, which takes as long for an unknown address as for a wrong password."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at sign-in."""
        return user.has_access(today())

    def get_user(self, user_id: int) -> User | None:
        """Asked at every request, by one query: who has lost their access is signed out at once."""
        return next(iter(with_access(user_id, today())), None)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

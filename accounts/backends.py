"""Sign-in by mail address and password; permissions are answered by rules, not by stored lists."""

import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from common.periods import today


class SignInBackend(ModelBackend):
    """Django's own, which takes as long for an unknown address as for a wrong password."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at sign-in."""
        return user.has_access(today())

    def get_user(self, user_id: int) -> User | None:
        """Asked at every request, by one query: who has lost their access is signed out at once."""
        statement, values = _account_with_access(today(), settings.DEMO)
        return next(iter(User.objects.raw(statement, [*values, user_id])), None)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()


@lru_cache(maxsize=1)
def _account_with_access(on: datetime.date, is_demo: bool) -> tuple[str, tuple[Any, ...]]:
    """The day's statement for the account of an id, and its values but for that id.

    Putting it together took a fifth of a signed-in page (docs/decisions/0008-kept-queries.md).
    """
    statement, values = User.objects.with_access(on).filter(pk=0).order_by().query.sql_with_params()
    return statement, values[:-1]

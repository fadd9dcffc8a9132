"""What the pages below a forum's address share: the forum or meeting one may see, and the right one needs."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.generic.base import ContextMixin

from common.kept_queries import KeptQuery
from forums.models import Forum, Meeting


@KeptQuery
def seen_forum(user: Any, forum: int) -> "QuerySet[Forum]":
    return Forum.objects.visible_to(user).with_details().filter(pk=forum)


@KeptQuery
def seen_meeting(user: Any, forum: int, meeting: int) -> "QuerySet[Meeting]":
    return Meeting.objects.visible_to(user).with_details().filter(pk=meeting, forum=forum)


class OfForum(ContextMixin):
    """The forum of the address: 404 where one may not see it."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def forum(self) -> Forum:
        return seen_forum.or_404(self.request.user, self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"forum": self.forum})


class OfMeeting(OfForum):
    """The meeting of the address: 404 where one may not see it."""

    @cached_property
    def meeting(self) -> Meeting:
        return seen_meeting.or_404(self.request.user, self.kwargs["pk"], self.kwargs["meeting"])

    @cached_property
    def forum(self) -> Forum:
        return self.meeting.forum

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"meeting": self.meeting})


class NeedsRight(LoginRequiredMixin):
    """Asks for a right to the forum or meeting of the address: 404 where it is not seen, else 403 without the right.

    Mixed in before `OfForum` or `OfMeeting`.
    """

    permission: ClassVar[str]
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_perm(self.permission, self.judged_by()):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def judged_by(self) -> Any:
        """What the right is asked for."""
        return getattr(self, "meeting", None) or self.forum  # type: ignore[attr-defined]

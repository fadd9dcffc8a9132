"""What the pages below a forum's address share: the forum or meeting one may see, and the right one needs."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic.base import ContextMixin

from forums.models import Forum, Meeting


class OfForum(ContextMixin):
    """The forum of the address: 404 where one may not see it."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def forum(self) -> Forum:
        forums = Forum.objects.visible_to(self.request.user).with_details()
        forum: Forum = get_object_or_404(forums, pk=self.kwargs["pk"])
        return forum

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"forum": self.forum})


class OfMeeting(OfForum):
    """The meeting of the address: 404 where one may not see it."""

    @cached_property
    def meeting(self) -> Meeting:
        meetings = Meeting.objects.visible_to(self.request.user).with_details()
        meeting: Meeting = get_object_or_404(meetings, pk=self.kwargs["meeting"], forum=self.kwargs["pk"])
        return meeting

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

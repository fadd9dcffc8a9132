"""The page of a forum."""

from typing import Any

from django.utils import timezone
from django.views.generic import TemplateView

from forums.models import Meeting
from forums.views.of_forum import OfForum


class ForumPage(OfForum, TemplateView):
    """What a forum is for, when it meets, and, for those inside, who belongs to it and what it works on."""

    template_name = "forums/forum.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        meetings = Meeting.objects.visible_to(user).filter(forum=self.forum).with_details()
        now = timezone.now()
        return super().get_context_data(
            upcoming=meetings.upcoming(now)[:3],
            past=meetings.past(now)[:5],
            may_change=user.has_perm("forums.change_forum", self.forum),
            **kwargs,
        )

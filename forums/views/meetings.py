"""The page of a meeting."""

from typing import Any

from django.views.generic import TemplateView

from forums.models import AgendaItem
from forums.views.of_forum import OfMeeting


class MeetingPage(OfMeeting, TemplateView):
    """When and where a forum meets, and what is on the agenda."""

    template_name = "forums/meeting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        items = AgendaItem.objects.visible_to(user).filter(meeting=self.meeting)
        return super().get_context_data(
            items=items.order_by("position", "pk"),
            may_change=user.has_perm("forums.change_meeting", self.meeting),
            **kwargs,
        )

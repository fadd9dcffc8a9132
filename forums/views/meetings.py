"""The list of meetings, and the page of one."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic import TemplateView

from common.kept_queries import KeptQuery
from common.lists import Column, ListPage, both_ways
from common.periods import today
from contacts import page_parts
from forums import agenda, invitations
from forums.filters import MeetingFilter
from forums.models import ActionItem, AgendaItem, Document, Meeting
from forums.views.minutes import may_read_minutes
from forums.views.of_forum import OfMeeting

# By what is to be done next: what to say, the button, and the name of its address.
NEXT_STEPS = {
    "plan": (_("The meeting is a draft, which only the offices see."), _("Plan the meeting"), "meeting_plan"),
    "invite": (_("The members are not invited yet."), _("Invite"), "meeting_invite"),
    "log": (_("When it takes place, note who is there and what is said."), _("Log the meeting"), "meeting_log"),
    "minutes": (_("The meeting was held; its minutes are not finished."), _("To the minutes"), "minutes"),
}


class MeetingList(LoginRequiredMixin, ListPage):
    """The meetings that one may see: those to come, or those that still need something."""

    template_name = "forums/meeting_list.html"
    filterset_class = MeetingFilter
    orders = (
        *both_ways("beginn", _("Begins"), "starts_at", "pk"),
        *both_ways("forum", _("Forum"), "forum__sort_key", "starts_at", "pk"),
    )
    columns = (
        Column(_("Begins"), lambda meeting: meeting.starts_at),
        Column(_("Ends"), lambda meeting: meeting.ends_at),
        Column(_("Meeting"), lambda meeting: meeting.name),
        Column(_("Forum"), lambda meeting: meeting.forum.name),
        Column(_("Office"), lambda meeting: meeting.forum.office.name),
        Column(_("Place"), lambda meeting: meeting.place),
        Column(pgettext_lazy("meeting", "State"), lambda meeting: meeting.get_state_display()),
    )
    file_name = "sitzungen"

    def rows(self) -> QuerySet[Meeting]:
        meetings = Meeting.objects.visible_to(self.request.user).with_details()
        asked = self.request.GET.get("zeit") or self.request.GET.get("arbeit")
        return meetings if asked else meetings.upcoming(timezone.now())


@KeptQuery
def opened_meeting(user: Any, meeting: int) -> "QuerySet[Meeting]":
    """The meeting itself, where it is open inside to the account."""
    return Meeting.objects.open_inside_to(user).filter(pk=meeting).order_by().only("pk")


@KeptQuery
def all_items_of(user: Any, meeting: int) -> "QuerySet[AgendaItem]":
    """All items of a meeting in their order; `is_seen` is whether the account may see the item."""
    seen = AgendaItem.objects.visible_to(user).filter(pk=OuterRef("pk")).order_by()
    items = AgendaItem.objects.filter(meeting=meeting).annotate(is_seen=Exists(seen))
    return items.select_related("put_off_as__item__meeting__forum").order_by("position", "pk")


@KeptQuery
def open_tasks_of(user: Any, forum: int) -> "QuerySet[ActionItem]":
    return ActionItem.objects.visible_to(user).filter(forum=forum).open().as_lines()


@KeptQuery
def documents_of(user: Any, meeting: int) -> "QuerySet[Document]":
    return Document.objects.visible_to(user).filter(meeting=meeting).select_related("item")


class MeetingPage(OfMeeting, TemplateView):
    """When and where a forum meets, what is on the agenda, and what is to be done next."""

    template_name = "forums/meeting.html"

    @cached_property
    def is_inside(self) -> bool:
        return bool(opened_meeting(self.request.user, self.meeting.pk))

    def lines(self) -> list[agenda.Line]:
        """The agenda without what the account may not see; times and numbers count all of it."""
        items: Any = all_items_of(self.request.user, self.meeting.pk)
        seen = {item.pk for item in items if item.is_seen}
        return [line for line in agenda.lines(items, self.meeting.starts_at) if line.item.pk in seen]

    def next_step(self) -> dict[str, Any]:
        step = self.meeting.next_step(timezone.now())
        if not step:
            return {}
        text, label, name = NEXT_STEPS[step]
        url = reverse(name, args=[self.forum.pk, self.meeting.pk]) if name else ""
        return {"text": text, "label": label, "url": url}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        may_change = user.has_perm("forums.change_meeting", self.meeting)
        own = invitations.own_line(user, self.meeting)
        shows_tasks = self.is_inside and self.meeting.is_open
        return super().get_context_data(
            lines=self.lines(),
            is_inside=self.is_inside,
            open_tasks=open_tasks_of(user, self.forum.pk) if shows_tasks else (),
            may_change=may_change,
            is_settled=may_change and self.meeting.state == Meeting.State.HELD and self.meeting.is_settled(),
            may_take_part=own is not None or may_change,
            may_delete=user.has_perm("forums.delete_meeting", self.meeting)
            and self.meeting.state == Meeting.State.DRAFT,
            next_step=self.next_step() if may_change else {},
            may_read_minutes=may_read_minutes(user, self.meeting, may_change),
            documents=documents_of(user, self.meeting.pk),
            may_add_documents=user.has_perm("forums.add_document", self.meeting.forum),
            may_change_documents=user.has_perm("forums.change_document", self.meeting.forum),
            may_delete_documents=user.has_perm("forums.delete_document", self.meeting.forum),
            replies=invitations.replies_to(self.meeting) if may_change else None,
            takes_replies=self.meeting.takes_replies(timezone.now()),
            own=own,
            parts=page_parts.parts_of(page_parts.MEETING, self.meeting, user, today()),
            **kwargs,
        )

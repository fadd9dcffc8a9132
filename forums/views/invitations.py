"""Inviting to a meeting, who comes, and what those who are invited answer."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, UpdateView

from common.audit import acting_by_link
from common.link_pages import ByLink
from forums import invitations
from forums.forms.invitations import GuestForm, InviteForm, NotedReplyForm, ReplyForm
from forums.models import Attendance, Meeting, Membership
from forums.views.acting import FormPage
from forums.views.of_forum import NeedsRight, OfMeeting


class Invite(NeedsRight, OfMeeting, FormPage):
    """Shows the mail and who gets it; its button invites."""

    permission = "forums.change_meeting"
    form_class = InviteForm
    template_name = "forums/meeting_invite.html"
    said = _("The invitation is on its way. Here you see whom it reached.")

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.meeting}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stored = Meeting.objects.with_details().get(pk=self.meeting.pk)
        members = Membership.objects.filter(forum=stored.forum_id, period__contains=stored.day)
        reached = members.with_address().values("pk")
        in_order = members.select_related("person__user", "organisation").order_by(
            "person__sort_key", "organisation__sort_key", "pk"
        )
        return super().get_context_data(
            stored=stored,
            may_invite=stored.may_be_invited_to(timezone.now()),
            is_invited=stored.state == Meeting.State.INVITED,
            reached=in_order.filter(pk__in=reached),
            not_reached=in_order.exclude(pk__in=reached),
            preview=invitations.preview(stored),
            **kwargs,
        )

    def carry_out(self, form: Any) -> str:
        invitations.invite(form.save(), timezone.now())
        return reverse("meeting_replies", args=self.meeting.keys)


class Replies(NeedsRight, OfMeeting, TemplateView):
    """Who comes, and what became of the mail to each."""

    permission = "forums.change_meeting"
    template_name = "forums/meeting_replies.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            replies=invitations.replies_to(self.meeting),
            waiting=self.meeting.announcements.filter(announced_at=None).first(),
            is_invited=self.meeting.state == Meeting.State.INVITED,
            takes_replies=self.meeting.takes_replies(timezone.now()),
            **kwargs,
        )


class AddGuest(NeedsRight, OfMeeting, FormPage):
    """Invites one more person to this meeting alone."""

    permission = "forums.change_meeting"
    form_class = GuestForm
    template_name = "forums/meeting_guest.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"meeting": self.meeting, "user": self.request.user}

    def back(self) -> str:
        return reverse("meeting_replies", args=self.meeting.keys)

    def carry_out(self, form: Any) -> str:
        invitations.add_guest(form.instance, timezone.now())
        messages.success(self.request, gettext("%(person)s is invited.") % {"person": form.instance})
        return self.back()


class AnswerPage(UpdateView):
    """A form for the answer of one line of attendance; what is sent is saved in one transaction."""

    model = Attendance
    form_class: Any = ReplyForm
    context_object_name = "attendance"
    template_name = "forums/meeting_reply.html"

    def cancel_url(self) -> str:
        return ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"cancel_url": self.cancel_url()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stored = Attendance.objects.get(pk=self.object.pk)
        return super().get_context_data(stored=stored, takes_replies=self.takes_replies(), **kwargs)

    def takes_replies(self) -> bool:
        return self.object.meeting.takes_replies(timezone.now())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            self.object = self.get_object()
            form = self.get_form()
            # Whoever calls the meeting off at this moment comes before or after.
            self.object.meeting = self.object.meeting.locked()
            if not self.takes_replies():
                return self.refused(form)
            return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def refused(self, form: Any) -> HttpResponse:
        return self.form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        attendance = form.save(commit=False)
        attendance.replied_at = timezone.now() if attendance.reply else None
        attendance.save(update_fields=["reply", "substitute", "remark", "replied_at"])
        return self.answered()

    def answered(self) -> HttpResponse:
        messages.success(self.request, gettext("The reply is saved."))
        return redirect(self.cancel_url())


class NoteReply(NeedsRight, OfMeeting, AnswerPage):
    """What somebody said by phone."""

    permission = "forums.change_attendance"
    form_class = NotedReplyForm
    template_name = "forums/meeting_note_reply.html"

    def get_object(self, queryset: Any = None) -> Attendance:
        attendances = Attendance.objects.with_details().select_related("meeting__forum__office")
        found: Attendance = get_object_or_404(attendances, pk=self.kwargs["attendance"], meeting=self.meeting)
        return found

    def cancel_url(self) -> str:
        return reverse("meeting_replies", args=self.meeting.keys)

    def takes_replies(self) -> bool:
        """Also what was said before, and is noted when the meeting has begun."""
        return self.object.meeting.state == Meeting.State.INVITED


class OwnReply(LoginRequiredMixin, OfMeeting, AnswerPage):
    """For whoever is invited and signed in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and self.own is None:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def own(self) -> Attendance | None:
        return invitations.own_line(self.request.user, self.meeting)

    def get_object(self, queryset: Any = None) -> Any:
        return self.own

    def cancel_url(self) -> str:
        return self.meeting.get_absolute_url()


class ReplyByLink(ByLink, AnswerPage):
    """For whoever holds the link of a mail; it may be used again until the meeting begins."""

    template_name = "forums/reply_by_link.html"
    ended_template = "forums/reply_ended.html"
    attendance: Attendance

    def open(self, token: str) -> bool:
        if attendance := invitations.opened(token, timezone.now()):
            self.attendance = attendance
        return attendance is not None

    def get_object(self, queryset: Any = None) -> Attendance:
        return self.attendance

    def get_initial(self) -> dict[str, Any]:
        """The answer that the mail's link names; it is not sent by opening the page."""
        chosen = invitations.REPLIES.get(self.request.GET.get("antwort", ""))
        return {"reply": chosen} if chosen and self.request.method == "GET" else {}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"is_by_link": True}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        meeting = self.attendance.meeting
        return super().get_context_data(
            meeting=meeting, forum=meeting.forum, is_saved="gespeichert" in self.request.GET, **kwargs
        )

    def refused(self, form: Any) -> HttpResponse:
        return self.ended()

    def form_valid(self, form: Any) -> HttpResponse:
        person: Any = self.attendance.person
        with acting_by_link(person):
            return super().form_valid(form)

    def answered(self) -> HttpResponse:
        return redirect(f"{self.request.path}?gespeichert")

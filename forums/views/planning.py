"""Planning meetings: one or a series, moved, copied, called off; for the offices and whoever chairs."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.periods import BERLIN
from common.verbs import NotPossible
from forums.forms.meetings import PLACE, CancelForm, CopyForm, MeetingForm, SeriesForm, at
from forums.models import Forum, Meeting
from forums.views.acting import Ask, FormPage
from forums.views.of_forum import NeedsRight, OfForum, OfMeeting

PREVIEW, CONFIRM = "vorschau", "verbindlich"
# What a copy takes along.
COPIED = ("title", *PLACE, "task")


def last_meeting(forum: Forum) -> Meeting | None:
    """The meeting whose place and time are most likely the next one's; queries."""
    return forum.meetings.not_cancelled().order_by("-starts_at", "-pk").first()


class NewMeeting(NeedsRight, OfForum, FormPage):
    """One more meeting, at the time and place of the last one as long as nothing else is typed."""

    permission = "forums.add_meeting"
    form_class = MeetingForm
    heading = _("Plan a meeting")

    def back(self) -> str:
        return self.forum.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        last = last_meeting(self.forum)
        known = {name: getattr(last, name) for name in ("starts_at", "ends_at", *PLACE)} if last else {}
        return super().get_form_kwargs() | {"instance": Meeting(forum=self.forum, **known)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(other_way=reverse("meeting_series", args=[self.forum.pk]), **kwargs)

    def carry_out(self, form: Any) -> str:
        meeting: Meeting = form.save(commit=False)
        meeting.add()
        if form.cleaned_data["is_planned"]:
            meeting.plan()
        messages.success(self.request, said_of(meeting))
        return meeting.get_absolute_url()


def said_of(meeting: Meeting) -> str:
    if meeting.state == Meeting.State.DRAFT:
        return gettext("Saved as a draft, which the offices alone see.")
    return gettext("Saved and planned. Nobody was written to yet.")


class ChangeMeeting(NeedsRight, OfMeeting, FormPage):
    """Move a meeting, or say otherwise where it is and what one must know; once its minutes are approved, only what
    it counts for."""

    permission = "forums.change_meeting"
    form_class = MeetingForm
    heading = _("Change the meeting")
    said = _("Saved")

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.meeting}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        said = gettext("The minutes are approved and hold when and where the meeting was.")
        return super().get_context_data(points=[said] if self.meeting.is_settled() else [], **kwargs)

    def carry_out(self, form: Any) -> str:
        # Only its form's fields: state and number may have moved on meanwhile.
        stored = self.meeting.locked()
        if stored.state == Meeting.State.CANCELLED:
            raise NotPossible(gettext("The meeting is cancelled and stays as it is."))
        form.instance.save(update_fields=[name for name in form.Meta.fields if name in form.fields])
        return self.meeting.get_absolute_url()


class CopyMeeting(NeedsRight, OfMeeting, FormPage):
    """Another draft like this meeting; the page says what is copied and what is not."""

    permission = "forums.add_meeting"
    template_name = "forums/meeting_copy.html"
    form_class = CopyForm
    heading = _("Copy the meeting")
    said = _("Copied. The new meeting is a draft.")

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def get_initial(self) -> dict[str, Any]:
        return {"starts_at": self.meeting.starts_at.astimezone(BERLIN).time()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        items = self.meeting.items.visible_to(user).copied()
        put_off = self.forum.topics.visible_to(user).open().exclude(put_off_after=None)
        sees_internal = user.has_perm("forums.see_internal", self.forum)
        return super().get_context_data(items=items, put_off=put_off, sees_internal=sees_internal, **kwargs)

    def carry_out(self, form: Any) -> str:
        source = self.meeting
        starts_at = at(form.cleaned_data["day"], form.cleaned_data["starts_at"])
        meeting = Meeting(
            forum=source.forum,
            starts_at=starts_at,
            ends_at=starts_at + (source.ends_at - source.starts_at),
            **{name: getattr(source, name) for name in COPIED},
        )
        meeting.add(agenda_of=source)
        return meeting.get_absolute_url()


class PlanMeeting(NeedsRight, OfMeeting, Ask):
    permission = "forums.change_meeting"
    heading = _("Plan the meeting")
    button = _("Plan the meeting")
    said = _("The meeting is planned and stands in the calendars. Nobody was written to yet.")

    def row(self) -> Meeting:
        return self.meeting

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def points(self) -> list[str]:
        seen_by = (
            gettext("Everyone sees the meeting and its agenda, and it stands in the public calendars.")
            if self.forum.is_public
            else gettext("Members and town halls concerned see the meeting and its agenda, in their calendars too.")
        )
        return [seen_by, gettext("Nobody is written to yet; the invitation is a step of its own.")]

    def act(self) -> str:
        self.meeting.plan()
        return self.meeting.get_absolute_url()


class CancelMeeting(NeedsRight, OfMeeting, FormPage):
    permission = "forums.change_meeting"
    form_class = CancelForm
    heading = _("Call the meeting off")
    said = _("The meeting is cancelled.")

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        points = [
            gettext("The meeting stays visible as cancelled, with the reason. This cannot be taken back."),
            gettext("Topics of its agenda go back to the store; those put off stand on the next agenda."),
        ]
        return super().get_context_data(points=points, **kwargs)

    def carry_out(self, form: Any) -> str:
        self.meeting.cancel(form.cleaned_data["reason"])
        return self.meeting.get_absolute_url()


class DeleteMeeting(NeedsRight, OfMeeting, Ask):
    """Deletes a draft that never had a number."""

    permission = "forums.delete_meeting"
    heading = _("Delete the draft")
    button = _("Delete")
    said = _("The draft was deleted.")
    is_dangerous = True

    def row(self) -> Meeting:
        return self.meeting

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def points(self) -> list[str]:
        return [gettext("The draft goes with its agenda. Topics that stood on it go back to the store.")]

    def act(self) -> str:
        self.meeting.discard()
        return self.forum.get_absolute_url()


class MeetingSeries(NeedsRight, OfForum, TemplateView):
    """A form, then a preview of the dates, then all of the chosen ones at once.

    Nothing is kept between the steps: what comes of the values is worked out anew, and shown again where it is no
    longer what was seen.
    """

    permission = "forums.add_meeting"
    template_name = "forums/meeting_series.html"

    def form(self, data: Any = None) -> SeriesForm:
        last = None if data else last_meeting(self.forum)
        return SeriesForm(data, forum=self.forum, last=last, cancel_url=self.forum.get_absolute_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.form())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            # Whoever sends it twice finds the days taken.
            Forum.objects.select_for_update(no_key=True).get(pk=self.forum.pk)
            form, step = self.form(request.POST), request.POST.get("schritt", PREVIEW)
            if not form.is_valid() or step not in (PREVIEW, CONFIRM):
                return self.render_to_response(self.get_context_data(form=form))
            chosen = request.POST.getlist("termin")
            is_as_seen = request.POST.get("gesehen") == form.digest
            if step == CONFIRM and is_as_seen and chosen:
                return self.saved(form, form.meetings(chosen))
        self.template_name = "forums/meeting_series_preview.html"
        return self.render_to_response(
            self.get_context_data(
                form=form,
                is_new=step == CONFIRM and not is_as_seen,
                is_empty=step == CONFIRM and is_as_seen,
                state=form.state,
            )
        )

    def saved(self, form: SeriesForm, meetings: list[Meeting]) -> HttpResponseBase:
        for meeting in meetings:
            meeting.add()
            if form.cleaned_data["is_planned"]:
                meeting.plan()
        count = len(meetings)
        text = ngettext("%(count)d meeting was saved.", "%(count)d meetings were saved.", count)
        messages.success(self.request, text % {"count": count})
        return redirect(self.forum)

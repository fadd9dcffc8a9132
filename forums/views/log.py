"""Logging a meeting: the page to type along, what it saves meanwhile, and the sign-in sheet."""

from contextlib import suppress
from functools import cache, cached_property
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.generic import TemplateView, View

from common.markup import rendered
from common.periods import today
from common.verbs import NotPossible
from forums.forms.log import DecisionForm, GuestForm, ItemForm, Piece, TaskForm
from forums.meeting_log import Log, UnknownPiece
from forums.models import ActionItem, AgendaItem, Attendance, Decision, Meeting
from forums.views.of_forum import NeedsRight, OfMeeting

GUEST_LINES = 6


class OfLog(NeedsRight, OfMeeting):
    """The log of the meeting of the address, for whoever may write it."""

    permission = "forums.change_meeting"

    @cached_property
    def log(self) -> Log:
        return Log(self.meeting, self.request.user, today())


def presences() -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in Attendance.Presence.choices if value]


@cache
def blank_pieces(language: str) -> list[tuple[str, SafeString]]:
    """A blank piece of each kind, for scripts to copy: KEY0 and ITEM0 stand where the keys go.

    They are the same in every log, and written once for each language.
    """
    item = AgendaItem(key="ITEM0")
    forms = {
        "guest": GuestForm(
            instance=Attendance(role="guest", presence=Attendance.Presence.PRESENT), prefix="guest-KEY0", log=None
        ),
        "item": ItemForm(instance=AgendaItem(key="KEY0"), prefix="item-KEY0", log=None),
        "decision": DecisionForm(instance=Decision(item=item), prefix="decision-KEY0", log=None),
        "task": TaskForm(instance=ActionItem(item=item), prefix="task-KEY0", log=None),
    }
    return [
        (kind, render_to_string(f"forums/log/{kind}.html", {"form": form, "presences": presences()}))
        for kind, form in forms.items()
    ]


class MeetingLog(OfLog, TemplateView):
    """One page to type along while people talk. All of it is one form, and each button first saves everything."""

    template_name = "forums/log.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (wanted := request.GET.get("neu")) and not self.log.refusal:
            with suppress(UnknownPiece):
                self.log.start(wanted)
        return self.answer(previewed=request.GET.get("vorschau", ""))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            if not self.log.save_all(request.POST) or self.log.refusal:
                return self.answer()
            return self.go_on(request.POST)

    def go_on(self, data: Any) -> HttpResponse:
        """Where the button pressed leads, now that all is saved."""
        address = self.request.path
        if wanted := data.get("add"):
            return redirect(f"{address}?neu={wanted}")
        if item := data.get("preview"):
            return redirect(f"{address}?vorschau={item}#item-{item}")
        if item := data.get("postpone"):
            self.postpone(item)
            return redirect(f"{address}#item-{item}")
        if "finish" in data and self.meeting.state == Meeting.State.HELD:
            return redirect("minutes", self.forum.pk, self.meeting.pk)
        messages.success(self.request, said())
        return redirect(address)

    def postpone(self, key: str) -> None:
        item = next((item for item in self.log.items if str(item.key) == key), None)
        if item is None:
            return
        try:
            item.postpone(today())
        except NotPossible as reason:
            messages.error(self.request, str(reason))
        else:
            messages.success(self.request, gettext("Postponed to the next meeting: %(item)s.") % {"item": item})

    def answer(self, **context: Any) -> HttpResponse:
        is_cancelled = self.meeting.state == Meeting.State.CANCELLED
        return self.render_to_response(
            self.get_context_data(
                log=self.log,
                presences=presences(),
                blanks=blank_pieces(get_language()),
                user_key=self.request.user.pk,
                **context,
            ),
            status=403 if is_cancelled else 200,
        )


class LogSaving(OfLog, View):
    """Saves one piece of the log while somebody types; answers in JSON, also whether one is still signed in."""

    def handle_no_permission(self) -> HttpResponse:
        return JsonResponse({"message": gettext("You are no longer signed in.")}, status=401)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whose session it is, and its token: another tab may have signed in anew."""
        return JsonResponse({"user": str(request.user.pk), "token": get_token(request)})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            try:
                piece = self.log.form(request.POST.get("piece", ""), request.POST)
            except UnknownPiece:
                return JsonResponse({"message": gettext("This entry is no longer on the list.")}, status=400)
            is_removed = "remove" in request.POST
            if self.log.remove(piece) if is_removed else self.log.save(piece):
                return JsonResponse(saved(piece, is_removed=is_removed))
            status = 503 if piece.collided else 409 if piece.is_conflict else 422
            return JsonResponse(refused(piece), status=status)


def saved(piece: Piece, *, is_removed: bool) -> dict[str, Any]:
    row = piece.instance
    answer = {"version": None if is_removed else row.version if row.pk else None, "said": said()}
    return answer | {"preview": rendered(row.result, 4)} if piece.kind == "item" else answer


def refused(piece: Piece) -> dict[str, Any]:
    """What to mend; where somebody else was quicker, what is stored."""
    return {
        "message": " ".join(str(message) for message in piece.non_field_errors()),
        "errors": {name: messages for name, messages in piece.errors.items() if name in piece.fields},
        "newer": {name: piece.in_field(name, value) for name, value in piece.newer.items()},
        "version": piece["seen_version"].value(),
    }


def said() -> str:
    return gettext("Saved at %(time)s") % {"time": timezone.localtime().strftime("%H:%M")}


class SignInSheet(OfLog, TemplateView):
    """Who is expected, with room for signatures and for guests; made for printing."""

    template_name = "forums/sign_in_sheet.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        expected = [form.instance for form in self.log.asked]
        return super().get_context_data(expected=expected, blanks=range(GUEST_LINES), **kwargs)

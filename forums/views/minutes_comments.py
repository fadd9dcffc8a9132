"""What members say of minutes, signed in or by the link of their mail, and what is answered."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.generic import TemplateView

from common.audit import acting_by_link
from common.link_pages import ByLink
from common.periods import today
from common.verbs import NotPossible
from forums import minutes_mail, minutes_text
from forums.forms.minutes import (
    AnswerForm,
    CommentForm,
)
from forums.models import ActionItem, Attendance, Comment, Minutes
from forums.views.minutes import OfMinutes, Step, for_page, line_of_recipient, pdf_response


class Commenting:
    """What the two ways to comment share; `line` is the member's, `minutes` what they comment on."""

    request: HttpRequest
    line: Attendance
    minutes: Minutes

    def comment_form(self, data: Any = None, *, cancel_url: str = "") -> CommentForm:
        items = minutes_text.in_words(minutes_text.for_members(self.minutes.text()))["items"]
        return CommentForm(data, items=items, cancel_url=cancel_url, initial={"item": self.request.GET.get("top")})

    def write(self, form: CommentForm) -> bool:
        """Keep what was typed; False where that is not possible, which the form then says."""
        said = form.cleaned_data
        try:
            self.minutes.comment(
                self.line.person,  # type: ignore[arg-type]
                said["text"],
                timezone.now(),
                said["item"],
                is_objection=said["is_objection"],
            )
        except NotPossible as refusal:
            form.add_error(None, str(refusal))
            return False
        return True


class WriteComment(LoginRequiredMixin, Commenting, OfMinutes, TemplateView):
    """A member comments, signed in."""

    template_name = "forums/minutes_step.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if self.minutes.is_draft and not self.may_change:
            raise Http404
        line = line_of_recipient(request.user, self.meeting)
        if line is None:
            raise PermissionDenied
        self.line = line
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = self.minutes.takes_comments(today())
        if is_open:
            kwargs.setdefault("form", self.comment_form(cancel_url=self.page_url))
        return super().get_context_data(
            heading=gettext("Comment on the minutes"),
            lead=gettext("The office and the chair read it and answer."),
            obstacle="" if is_open else gettext("The time for comments is over."),
            page_url=self.page_url,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.comment_form(request.POST, cancel_url=self.page_url)
        if form.is_valid() and self.write(form):
            messages.success(request, gettext("Your comment has arrived."))
            return redirect(self.page_url)
        return self.render_to_response(self.get_context_data(form=form, **kwargs))


class MinutesByLink(Commenting, ByLink, TemplateView):
    """The minutes for whoever holds the link; opening it changes nothing, and it may be used until it ends."""

    template_name = "forums/minutes_by_link.html"
    ended_template = "forums/link_ended.html"

    def open(self, token: str) -> bool:
        if opened := minutes_mail.opened(token, timezone.now()):
            self.line, self.minutes = opened
        return opened is not None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        minutes = self.minutes
        may_comment = minutes.takes_comments(today())
        if may_comment:
            kwargs.setdefault("form", self.comment_form())
        tasks = ActionItem.objects.filter(is_internal=False)
        return super().get_context_data(
            meeting=self.line.meeting,
            forum=self.line.meeting.forum,
            minutes=minutes,
            person=self.line.person,
            text=for_page(minutes_text.for_members(minutes.text()), tasks),
            comments=minutes.comments.filter(person=self.line.person).select_related("item").order_by("pk"),
            addenda=list(minutes.addenda.all()) if minutes.is_approved else [],
            may_comment=may_comment,
            has_arrived="eingegangen" in self.request.GET,
            pdf_url=reverse("minutes_pdf_by_link", args=[self.kwargs["token"]]),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.comment_form(request.POST)
        with acting_by_link(self.line.person):  # type: ignore[arg-type]
            if form.is_valid() and self.write(form):
                return redirect(reverse("minutes_by_link", args=[self.kwargs["token"]]) + "?eingegangen=1")
        return self.render_to_response(self.get_context_data(form=form, **kwargs))


class PdfByLink(MinutesByLink):
    """The document for whoever holds the link."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return pdf_response(self.minutes.pdf, self.line.meeting)  # type: ignore[arg-type]


class Answer(Step):
    """Answers what a member said."""

    @cached_property
    def comment(self) -> Comment:
        comments = Comment.objects.visible_to(self.request.user).filter(minutes__meeting=self.meeting)
        comment: Comment = get_object_or_404(comments.select_related("person", "item"), pk=self.kwargs["comment"])
        return comment

    def words(self) -> tuple[str, str]:
        return gettext("Answer a comment"), ""

    def form(self, data: Any = None) -> AnswerForm:
        return AnswerForm(data, instance=self.comment, cancel_url=self.page_url)

    def act(self, form: AnswerForm) -> str:
        form.save()
        return gettext("The answer is saved.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"comment": self.comment})

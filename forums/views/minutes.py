"""Minutes: as a page and a document, and the steps from a draft to what is approved and published."""

import hashlib
import json
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import TemplateView, View

from common import markup
from common.audit import acting_by_link
from common.database_errors import add_refusal, checked
from common.periods import today
from forums import minutes_mail, minutes_text
from forums.exports import minutes as document
from forums.forms.minutes import (
    AddendumForm,
    AnswerForm,
    ApproveForm,
    CirculateForm,
    CommentForm,
    ReleaseForm,
    WithdrawForm,
)
from forums.models import ActionItem, Attendance, Comment, Meeting, Minutes, NotPossible
from forums.views.of_forum import NeedsRight, OfMeeting


def for_page(text: minutes_text.Text, tasks: Any = None) -> minutes_text.Text:
    """The minutes in words with their results as HTML and, where tasks are given, what became of them since."""
    shown = minutes_text.in_words(text)
    live = tasks.filter(pk__in=minutes_text.task_ids(text)) if tasks is not None else ()
    states = {task.pk: task.get_state_display() for task in live}
    for item in shown["items"]:
        item["result"] = markup.rendered(item["result"], highest=4)
    for task in shown["tasks"]:
        task["state"] = states.get(task["id"], "")
    return shown | {"has_states": bool(states)}


def pdf_response(pdf: bytes, meeting: Meeting) -> HttpResponse:
    name = f"protokoll-{meeting.forum_id}-{meeting.number}-{meeting.day.isoformat()}.pdf"
    return HttpResponse(
        bytes(pdf), content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def may_read_minutes(user: Any, meeting: Meeting, may_change: bool) -> bool:
    """Whether the account finds anything on the page of a meeting's minutes; asks only where it was held."""
    if meeting.state != Meeting.State.HELD:
        return False
    return may_change or Minutes.objects.readable_by(user).filter(meeting=meeting).exists()


class OfMinutes(OfMeeting):
    """The minutes of the meeting of the address: 404 where there is nothing of them that one may read."""

    @cached_property
    def minutes(self) -> Minutes:
        if self.meeting.state != Meeting.State.HELD:
            raise Http404
        return Minutes.of(self.meeting)

    @cached_property
    def may_change(self) -> bool:
        user: Any = self.request.user
        return user.has_perm("forums.change_minutes", self.meeting)

    @cached_property
    def is_inside(self) -> bool:
        """Whether one reads more than the public version."""
        seen = Minutes.objects.visible_to(self.request.user)
        return self.may_change or seen.filter(meeting=self.meeting).exists()

    def text(self) -> minutes_text.Text:
        """As much of them as one may read."""
        user: Any = self.request.user
        if self.is_inside:
            text = self.minutes.text()
            reads_all = user.has_perm("forums.read_internal_minutes", self.meeting)
            return text if reads_all else minutes_text.for_members(text)
        if Minutes.objects.released().filter(meeting=self.meeting).exists():
            return self.minutes.public_snapshot  # type: ignore[return-value]
        raise Http404

    @property
    def page_url(self) -> str:
        return self.minutes.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        known = {
            "minutes": self.minutes,
            "may_change": self.may_change,
            "may_settle": user.has_perm("forums.settle_minutes", self.meeting),
        }
        return super().get_context_data(**kwargs | known)


class MinutesPage(OfMinutes, TemplateView):
    """The minutes as one may read them, what was said of them, and what is to be done with them."""

    template_name = "forums/minutes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        minutes, text = self.minutes, self.text()
        tasks = ActionItem.objects.visible_to(user) if self.is_inside else None
        comments = []
        if self.is_inside and not minutes.is_draft:
            comments = list(minutes.comments.select_related("person", "item").order_by("pk"))
            if not self.may_change:
                comments = [comment for comment in comments if comment.person.user_id == user.pk]
        return super().get_context_data(
            text=for_page(text, tasks),
            is_inside=self.is_inside,
            is_changed=self.may_change and minutes.is_changed_since_sent(),
            comments=comments,
            addenda=list(minutes.addenda.all()) if self.is_inside and minutes.is_approved else [],
            may_comment=minutes.takes_comments(today()) and own_line(user, self.meeting) is not None,
            **kwargs,
        )


class MinutesPdf(OfMinutes, View):
    """The document: of a draft as it is now, of what went out as it went out, for visitors the public one."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = self.text()
        if not self.is_inside:
            return pdf_response(self.minutes.public_pdf, self.meeting)  # type: ignore[arg-type]
        if self.minutes.is_draft:
            return pdf_response(document.pdf(minutes_text.for_members(text), draft=0), self.meeting)
        return pdf_response(self.minutes.pdf, self.meeting)  # type: ignore[arg-type]


# -- Steps --------------------------------------------------------------------------------------------------------


class Step(NeedsRight, OfMinutes, TemplateView):
    """A page that shows what is about to be done, with one button that does it to what was shown."""

    template_name = "forums/minutes_step.html"
    permission = "forums.change_minutes"

    def form(self, data: Any = None) -> Any:
        raise NotImplementedError

    def act(self, form: Any) -> str:
        """Carry it out; what to say then."""
        raise NotImplementedError

    def words(self) -> tuple[str, str]:
        """The heading, and what the button does."""
        raise NotImplementedError

    def shown(self) -> minutes_text.Text | None:
        """The text that it is about."""
        return None

    def obstacle(self) -> str:
        """Why it is not possible now; "" where it is."""
        return ""

    @cached_property
    def refusal(self) -> str:
        return self.obstacle()

    @cached_property
    def preview(self) -> minutes_text.Text | None:
        return None if self.refusal else self.shown()

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.preview, sort_keys=True).encode()).hexdigest()[:16]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading, lead = self.words()
        if not self.refusal:
            kwargs.setdefault("form", self.form())
        return super().get_context_data(
            heading=heading,
            lead=lead,
            obstacle=self.refusal,
            page_url=self.page_url,
            text=for_page(self.preview) if self.preview else None,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            self.meeting.locked()
            if self.refusal:
                return self.render_to_response(self.get_context_data(**kwargs))
            form = self.form(request.POST)
            if form.is_valid():
                try:
                    with checked():
                        said = self.act(form)
                except NotPossible as refusal:
                    form.add_error(None, str(refusal))
                except ValidationError as refusal:
                    add_refusal(form, refusal)
                else:
                    messages.success(request, said)
                    return redirect(self.page_url)
            return self.render_to_response(self.get_context_data(form=form, **kwargs))


class Circulate(Step):
    """Send the draft, or a corrected one, to the members."""

    def words(self) -> tuple[str, str]:
        return (
            gettext("Send the minutes to the members"),
            gettext(
                "Members get a mail with a link of their own, by which they read the text below and comment on it. "
                "Decisions get their numbers with it."
            ),
        )

    def obstacle(self) -> str:
        return gettext("The minutes are approved; write an addendum instead.") if self.minutes.is_approved else ""

    def shown(self) -> minutes_text.Text:
        return minutes_text.for_members(minutes_text.snapshot(self.meeting))

    def form(self, data: Any = None) -> CirculateForm:
        return CirculateForm(data, digest=self.digest(), cancel_url=self.page_url, on=today())

    def act(self, form: CirculateForm) -> str:
        count = self.minutes.circulate(form.cleaned_data["comments_until"], timezone.now())
        return ngettext(
            "The minutes go out to %(count)d member.", "The minutes go out to %(count)d members.", count
        ) % {"count": count}


class Approve(Step):
    """Approve what the members were sent, by the chair or as a meeting did."""

    permission = "forums.settle_minutes"

    def words(self) -> tuple[str, str]:
        return (
            gettext("Approve the minutes"),
            gettext("The text below is then kept as it is, with a checksum. Nobody can change or reopen it."),
        )

    def obstacle(self) -> str:
        if not self.minutes.is_circulated:
            return gettext("Only minutes that were sent to the members are approved, and only once.")
        if self.minutes.is_changed_since_sent():
            return gettext("The text was changed after it was sent. Please send the corrected version first.")
        return ""

    def shown(self) -> minutes_text.Text:
        return minutes_text.for_members(self.minutes.text())

    def form(self, data: Any = None) -> ApproveForm:
        later = Meeting.objects.filter(
            forum=self.meeting.forum_id,
            state=Meeting.State.HELD,
            starts_at__gt=self.meeting.starts_at,
            starts_at__lte=timezone.now(),
        )
        meetings = later.select_related("forum").order_by("-starts_at")
        return ApproveForm(data, digest=self.digest(), cancel_url=self.page_url, meetings=meetings)

    def act(self, form: ApproveForm) -> str:
        self.minutes.approve(self.request.user, timezone.now(), form.cleaned_data["approved_in"])
        return gettext("The minutes are approved.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        unanswered = self.minutes.comments.filter(answer="").count() if self.minutes.pk else 0
        return super().get_context_data(unanswered=unanswered, is_early=self.minutes.takes_comments(today()), **kwargs)


class Release(Step):
    """Shows exactly what everyone will read, and publishes it."""

    permission = "forums.settle_minutes"

    def words(self) -> tuple[str, str]:
        return (
            gettext("Publish the results"),
            gettext(
                "Everyone will read exactly the text below. Attendance, presenters and tasks are left out; please "
                "check that the results name nobody either."
            ),
        )

    def obstacle(self) -> str:
        if self.minutes.released_at:
            return gettext("The results are published already.")
        if not self.minutes.may_be_released:
            return gettext("Only approved minutes of a forum that publishes results are published.")
        return ""

    def shown(self) -> minutes_text.Text:
        return minutes_text.for_everyone(self.minutes.text())

    def form(self, data: Any = None) -> ReleaseForm:
        return ReleaseForm(data, digest=self.digest(), cancel_url=self.page_url)

    def act(self, form: ReleaseForm) -> str:
        self.minutes.release(self.request.user, timezone.now())
        return gettext("The results are published.")


class Withdraw(Step):
    """Takes back what everyone can read."""

    permission = "forums.settle_minutes"

    def words(self) -> tuple[str, str]:
        return (
            gettext("Withdraw the published results"),
            gettext("Visitors no longer find the text below. It can be published again."),
        )

    def obstacle(self) -> str:
        return "" if self.minutes.released_at else gettext("Nothing is published.")

    def shown(self) -> minutes_text.Text:
        return self.minutes.public_snapshot  # type: ignore[return-value]

    def form(self, data: Any = None) -> WithdrawForm:
        return WithdrawForm(data, digest=self.digest(), cancel_url=self.page_url)

    def act(self, form: WithdrawForm) -> str:
        self.minutes.withdraw()
        return gettext("The results are no longer published.")


class WriteAddendum(Step):
    """Says what approved minutes lack."""

    def words(self) -> tuple[str, str]:
        return (
            gettext("Write an addendum"),
            gettext("It stands below the minutes with today's date, and stays as it was written."),
        )

    def obstacle(self) -> str:
        if self.minutes.is_approved:
            return ""
        return gettext("Before the minutes are approved, correct the minutes themselves.")

    def form(self, data: Any = None) -> AddendumForm:
        return AddendumForm(data, cancel_url=self.page_url)

    def act(self, form: AddendumForm) -> str:
        self.minutes.add(form.cleaned_data["text"], self.request.user, today())
        return gettext("The addendum is written.")


class Answer(Step):
    """Answers what a member said."""

    @cached_property
    def comment(self) -> Comment:
        comments = Comment.objects.filter(minutes__meeting=self.meeting).select_related("person", "item")
        comment: Comment = get_object_or_404(comments, pk=self.kwargs["comment"])
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


# -- What members say ---------------------------------------------------------------------------------------------


def own_line(user: Any, meeting: Meeting) -> Attendance | None:
    """The account's own line among the members of a meeting, in which they got the minutes."""
    if not user.is_authenticated:
        return None
    line: Attendance | None = minutes_mail.lines(today()).filter(meeting=meeting, person__user=user).first()
    return line


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
        line = own_line(request.user, self.meeting)
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


@method_decorator(
    # The token is what a forged request would have to know; `no-referrer` makes browsers hide the origin that Django
    # would check.
    [csrf_exempt, never_cache, sensitive_post_parameters()],
    name="dispatch",
)
class ByLink(Commenting, TemplateView):
    """The minutes for whoever holds the link; opening it changes nothing, and it may be used until it ends."""

    template_name = "forums/minutes_by_link.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        opened = minutes_mail.opened(kwargs["token"], timezone.now())
        if opened:
            self.line, self.minutes = opened
            response = super().dispatch(request, *args, **kwargs)
        else:
            response = self.response_class(request, ["forums/link_ended.html"], status=404)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

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


class PdfByLink(ByLink):
    """The document for whoever holds the link."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return pdf_response(self.minutes.pdf, self.line.meeting)  # type: ignore[arg-type]

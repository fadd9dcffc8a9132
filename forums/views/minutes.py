"""Minutes: as a page and a document, and the steps from a draft to what is approved and published."""

import hashlib
import json
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.generic import TemplateView, View

from common import markup
from common.database_errors import add_refusal, checked
from common.kept_queries import KeptQuery
from common.periods import today
from common.verbs import NotPossible
from forums import minutes_mail, minutes_text
from forums.exports import minutes as document
from forums.forms.minutes import (
    AddendumForm,
    ApproveForm,
    CirculateForm,
    ReleaseForm,
    WithdrawForm,
)
from forums.models import ActionItem, Attendance, Meeting, Minutes
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


@KeptQuery
def readable_minutes(user: Any, meeting: int) -> "QuerySet[Minutes]":
    return Minutes.objects.readable_by(user).filter(meeting=meeting).order_by().only("pk")


def may_read_minutes(user: Any, meeting: Meeting, may_change: bool) -> bool:
    """Whether the account finds anything on the page of a meeting's minutes; asks only where it was held."""
    if meeting.state != Meeting.State.HELD:
        return False
    return may_change or bool(readable_minutes(user, meeting.pk))


def line_of_recipient(user: Any, meeting: Meeting) -> Attendance | None:
    """The account's own line among the members of a meeting, in which they got the minutes."""
    if not user.is_authenticated:
        return None
    line: Attendance | None = minutes_mail.lines(today()).filter(meeting=meeting, person__user=user).first()
    return line


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
            reads_all = user.has_perm("forums.see_internal", self.meeting)
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
            comments = list(minutes.comments.visible_to(user).select_related("person", "item").order_by("pk"))
        return super().get_context_data(
            text=for_page(text, tasks),
            is_inside=self.is_inside,
            is_changed=self.may_change and minutes.is_changed_since_sent(),
            comments=comments,
            addenda=list(minutes.addenda.all()) if self.is_inside and minutes.is_approved else [],
            may_comment=minutes.takes_comments(today()) and line_of_recipient(user, self.meeting) is not None,
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
        return self.minutes.why_not_circulated()

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

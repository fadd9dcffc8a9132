"""The store of topics, asking members for them, and the page on which they propose."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from common.audit import acting_by_link
from common.link_pages import ByLink
from common.lists import Column, ListPage, both_ways
from common.periods import today
from common.sort_keys import SortKey
from forums import topics
from forums.filters import TopicFilter
from forums.forms.agenda import AnswerForm, CallForm, ProposalForm, TopicForm
from forums.models import Attendance, Meeting, Topic
from forums.views.acting import FormPage
from forums.views.of_forum import NeedsRight, OfForum, OfMeeting

# -- The store ----------------------------------------------------------------------------------------------------


class TopicList(NeedsRight, OfForum, ListPage):
    """What the forum wants to talk about later; answered ones where asked for."""

    permission = "forums.view_topic"
    template_name = "forums/topic_list.html"
    filterset_class = TopicFilter
    orders = (
        *both_ways("datum", _("proposed on"), "created_on", "pk"),
        *both_ways("thema", _("Topic"), SortKey("title"), "pk"),
    )
    columns = (
        Column(_("Topic"), lambda topic: topic.title),
        Column(_("kind"), lambda topic: topic.get_kind_display()),
        Column(_("explanation"), lambda topic: topic.text),
        Column(_("proposed by"), lambda topic: topic.proposed_by or ""),
        Column(_("proposed on"), lambda topic: topic.created_on),
        Column(pgettext_lazy("topic", "State"), lambda topic: topic.get_state_display()),
        Column(pgettext_lazy("topic", "Answer"), lambda topic: topic.answer),
    )
    file_name = "themen"

    def rows(self) -> QuerySet[Topic]:
        rows = Topic.objects.visible_to(self.request.user).filter(forum=self.forum).with_details()
        return rows if self.request.GET.get("stand") else rows.open()


class OfTopics(NeedsRight, OfForum, FormPage):
    """A form about topics of a forum, for the offices and whoever chairs."""

    permission = "forums.change_topic"

    def back(self) -> str:
        return reverse("topic_list", args=[self.forum.pk])

    @cached_property
    def topic(self) -> Topic:
        rows = Topic.objects.visible_to(self.request.user).select_related("forum", "proposed_by", "postponed_from")
        return get_object_or_404(rows, pk=self.kwargs["topic"], forum=self.forum)


class NewTopic(OfTopics):
    permission = "forums.add_topic"
    form_class = TopicForm
    heading = _("Keep a topic for later")
    said = _("Saved")

    def get_form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_form_kwargs() | {
            "instance": Topic(forum=self.forum, created_on=today()),
            "sees_internal": user.has_perm("forums.see_internal", self.forum),
        }

    def carry_out(self, form: Any) -> str:
        form.save()
        return self.back()


class TopicPage(OfTopics):
    form_class = TopicForm
    heading = _("Change the topic")
    said = _("Saved")

    def get_form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_form_kwargs() | {
            "instance": self.topic,
            "sees_internal": user.has_perm("forums.see_internal", self.forum),
        }

    def carry_out(self, form: Any) -> str:
        form.instance.save(update_fields=form.Meta.fields)
        return self.back()


class TopicAnswer(OfTopics):
    """Take, put off or decline a topic; whoever proposed it is told."""

    template_name = "forums/topic_answer.html"
    form_class = AnswerForm
    heading = _("Decide on a topic")
    said = _("Saved")

    def get_form_kwargs(self) -> dict[str, Any]:
        meetings = Meeting.objects.visible_to(self.request.user).filter(forum=self.forum).with_details()
        to_come = list(meetings.filter(state__in=["draft", "planned", "invited"]).upcoming(timezone.now()))
        return super().get_form_kwargs() | {"topic": self.topic, "meetings": to_come}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(topic=self.topic, **kwargs)

    def carry_out(self, form: Any) -> str:
        answer, meeting = form.cleaned_data["answer"], form.cleaned_data.get("meeting")
        verdict = form.cleaned_data["verdict"]
        if verdict == form.TAKE:
            self.topic.take(meeting, answer)
            topics.tell(self.topic, topics.TAKEN)
        elif verdict == form.PUT_OFF:
            self.topic.put_off(meeting.day if meeting else today(), answer)
            topics.tell(self.topic, topics.PUT_OFF)
        else:
            self.topic.decline(answer)
            topics.tell(self.topic, topics.DECLINED)
        return self.back()


# -- Asking the members -------------------------------------------------------------------------------------------


class TopicCall(NeedsRight, OfMeeting, FormPage):
    """Says whom it would ask, and asks each of them by a mail of their own."""

    permission = "forums.change_meeting"
    template_name = "forums/topic_call.html"
    form_class = CallForm
    heading = _("Ask the members for topics")

    def back(self) -> str:
        return self.meeting.get_absolute_url()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.meeting}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        members = topics.asked(self.meeting)
        reachable = set(members.with_address().values_list("pk", flat=True))
        rows = list(members)
        return super().get_context_data(
            reachable=[row for row in rows if row.pk in reachable],
            unreachable=[row for row in rows if row.pk not in reachable],
            **kwargs,
        )

    def carry_out(self, form: Any) -> str:
        form.instance.save(update_fields=["topics_until"])
        count = topics.call(self.meeting, today())
        text = ngettext("%(count)d member is asked by mail.", "%(count)d members are asked by mail.", count)
        messages.success(self.request, text % {"count": count})
        return self.meeting.get_absolute_url()


class ProposeTopic(ByLink, FormView):
    """For whoever holds the link, as often as they like until the closing day; opening it changes nothing."""

    template_name = "forums/propose_topic.html"
    ended_template = "forums/link_ended.html"
    form_class = ProposalForm
    attendance: Attendance

    def open(self, token: str) -> bool:
        if attendance := topics.opened(token, timezone.now()):
            self.attendance = attendance
        return attendance is not None

    def proposals(self) -> QuerySet[Topic]:
        return Topic.objects.filter(proposed_by=self.attendance.person, proposed_for=self.attendance.meeting)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        meeting = self.attendance.meeting
        return super().get_context_data(
            meeting=meeting,
            forum=meeting.forum,
            person=self.attendance.person,
            proposals=self.proposals(),
            is_sent="gesendet" in self.request.GET,
            **kwargs,
        )

    def form_valid(self, form: Any) -> Any:
        meeting = self.attendance.meeting
        person: Any = self.attendance.person
        with transaction.atomic(), acting_by_link(person):
            # One at a time, so that nobody proposes more than is allowed.
            Attendance.objects.select_for_update(no_key=True).get(pk=self.attendance.pk)
            if self.proposals().count() >= topics.MOST:
                form.add_error(None, gettext("You have proposed as many topics as one can."))
                return self.form_invalid(form)
            topic: Topic = form.save(commit=False)
            topic.forum, topic.proposed_by, topic.proposed_for = meeting.forum, person, meeting
            topic.created_on = today()
            topic.save()
        return redirect(reverse("propose_topic", args=[self.kwargs["token"]]) + "?gesendet=1")

"""Tasks: the list, one task, entering and changing it, saying how far it is, and reporting it done by a mail's link."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.audit import acting_by_link
from common.link_pages import ByLink
from common.lists import Column, ListPage, both_ways
from common.periods import today
from forums import action_items
from forums.filters import ActionItemFilter
from forums.forms.action_items import ActionItemForm, DoneForm, ProgressForm
from forums.models import ActionItem, Forum, Meeting
from forums.views.acting import FormPage
from forums.views.of_forum import NeedsRight, OfForum


class ActionItemList(LoginRequiredMixin, ListPage):
    """The open tasks that one may see, what is due first; closed ones where asked for."""

    template_name = "forums/action_item_list.html"
    filterset_class = ActionItemFilter
    orders = (
        *both_ways("faellig", _("Due on"), "due_on", "pk"),
        *both_ways("forum", _("Forum"), "forum__sort_key", "due_on", "pk"),
        *both_ways("wer", _("Who does it"), "person__sort_key", "due_on", "pk"),
        *both_ways("seit", _("Given on"), "created_on", "pk"),
    )
    columns = (
        Column(_("Task"), lambda task: task.what),
        Column(_("Forum"), lambda task: task.forum.name),
        Column(_("Office"), lambda task: task.forum.office.name),
        Column(_("Who does it"), lambda task: str(task.person or "")),
        Column(_("Organisation"), lambda task: str(task.organisation or "")),
        Column(_("Due on"), lambda task: task.due_on),
        Column(pgettext_lazy("task", "State"), lambda task: task.get_state_display()),
        Column(_("Note"), lambda task: task.note),
        Column(_("From the meeting"), lambda task: str(task.item.meeting) if task.item else ""),
        Column(_("Given on"), lambda task: task.created_on),
        Column(_("Closed on"), lambda task: task.closed_on),
    )
    file_name = "aufgaben"

    def rows(self) -> QuerySet[ActionItem]:
        tasks = ActionItem.objects.visible_to(self.request.user).as_lines()
        return tasks if self.request.GET.get("stand") else tasks.open()

    def complete(self, rows: list[Any]) -> list[Any]:
        on = today()
        for task in rows:
            task.needs_doing = task.is_overdue(on)
        return rows

    def lines(self, rows: list[Any]) -> list[Any]:
        prefetch_related_objects(rows, "forum__office", "item__meeting__forum")
        return rows


class OfTask(LoginRequiredMixin):
    """The task of the address: 404 where one may not see it, 403 without the right that the page needs."""

    permission = ""
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def task(self) -> ActionItem:
        tasks = ActionItem.objects.visible_to(self.request.user).with_details()
        task: ActionItem = get_object_or_404(tasks, pk=self.kwargs["pk"])
        return task

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and self.task and self.permission and not self.may(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def may(self, permission: str) -> bool:
        return self.request.user.has_perm(permission, self.task)


class ActionItemPage(OfTask, TemplateView):
    """What is to be done, by whom and until when, and how far it is."""

    template_name = "forums/action_item.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, task = self.request.user, self.task
        meeting = task.item.meeting if task.item else None
        # Whoever does a task need not belong to its forum.
        return super().get_context_data(
            task=task,
            forum=task.forum,
            sees_forum=Forum.objects.visible_to(user).filter(pk=task.forum_id).exists(),
            meeting=meeting and Meeting.objects.visible_to(user).filter(pk=meeting.pk).with_details().first(),
            is_overdue=task.is_overdue(today()),
            may_change=self.may("forums.change_actionitem"),
            may_close=self.may("forums.close_actionitem"),
            **kwargs,
        )


class TaskPage(FormPage):
    """A form of one task."""

    task: ActionItem
    said = _("The task was saved.")
    # Columns that follow from what the form asks.
    following: tuple[str, ...] = ()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.task, "on": today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"task": self.task, "forum": self.task.forum})

    def back(self) -> str:
        return self.task.get_absolute_url()

    def carry_out(self, form: Any) -> str:
        task: ActionItem = form.instance
        if task.pk:
            # Nothing else: the rest may have changed since the row was read.
            asked = [name for name in form.Meta.fields if name in form.fields]
            task.save(update_fields=[*asked, *self.following])
        else:
            task.save()
        self.after(task)
        if ActionItem.objects.visible_to(self.request.user).filter(pk=task.pk).exists():
            return task.get_absolute_url()
        messages.info(self.request, gettext("You no longer see it: it is for the offices and whoever does it."))
        return reverse("action_item_list")

    def after(self, task: ActionItem) -> None:
        """What follows from saving."""


class ContentPage(TaskPage):
    """What is to be done, by whom and until when."""

    form_class = ActionItemForm
    template_name = "forums/action_item_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_form_kwargs() | {"sees_internal": user.has_perm("forums.see_internal", self.task.forum)}


class ChangeActionItem(OfTask, ContentPage):
    """Whoever is named anew is told."""

    permission = "forums.change_actionitem"

    def after(self, task: ActionItem) -> None:
        action_items.tell(ActionItem.objects.given().filter(pk=task.pk), by=self.request.user)


class NewActionItem(NeedsRight, OfForum, ContentPage):
    """A task that a forum gives between its meetings."""

    permission = "forums.add_actionitem"

    @cached_property
    def task(self) -> ActionItem:
        return ActionItem(forum=self.forum, created_on=today())

    def back(self) -> str:
        return self.forum.get_absolute_url()

    def after(self, task: ActionItem) -> None:
        action_items.tell(ActionItem.objects.filter(pk=task.pk), by=self.request.user)


class Progress(OfTask, TaskPage):
    """Says how far a task is: who does it, and whoever runs the forum."""

    permission = "forums.close_actionitem"
    form_class = ProgressForm
    following = ("closed_on",)
    template_name = "forums/action_item_progress.html"

    def get_initial(self) -> dict[str, Any]:
        """The button that reports a task done leads here with that chosen."""
        asked = self.request.GET.get("stand")
        return {"state": ActionItem.State.DONE} if asked == "erledigt" else {}


# -- By link ------------------------------------------------------------------------------------------------------


class DoneByLink(ByLink, TemplateView):
    """For whoever holds the link of a mail: shows the task, and its button reports it done."""

    template_name = "forums/task_by_link.html"
    ended_template = "forums/task_link_ended.html"
    task: ActionItem

    def open(self, token: str) -> bool:
        opened = action_items.opened(token, timezone.now())
        if opened:
            self.task = opened[1]
        return opened is not None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.shown(self.task, DoneForm(instance=self.task))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            opened = action_items.opened(kwargs["token"], timezone.now(), locked=True)
            if opened is None:
                return self.ended()
            link, task = opened
            form = DoneForm(request.POST, instance=task)
            if not form.is_valid():
                return self.shown(task, form)
            if not link.use(timezone.now()):
                return self.ended()
            with acting_by_link(task.person):  # type: ignore[arg-type]
                task.move_to(ActionItem.State.DONE, today())
                form.save()
        return redirect("task_thanks")

    def shown(self, task: ActionItem, form: DoneForm) -> HttpResponseBase:
        return self.render_to_response(
            self.get_context_data(task=task, forum=task.forum, is_overdue=task.is_overdue(today()), form=form)
        )


class Thanks(TemplateView):
    """Says to whoever reported a task done by a link that it has arrived."""

    template_name = "forums/task_thanks.html"

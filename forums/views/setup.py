"""Setting up a forum, editing it, and letting it end."""

from copy import copy
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
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, UpdateView

from common.database_errors import add_refusal, checked
from common.periods import midnight, today
from common.verbs import NotPossible
from contacts.models import Office
from contacts.rules import standing
from forums import founding
from forums.forms.forums import EndForm, ForumForm, OfficeChoiceForm
from forums.models import Forum, Meeting
from forums.views.of_forum import NeedsRight, OfForum


class ForumFormPage(UpdateView):
    """What setting up and editing have in common."""

    form_class = ForumForm
    template_name = "forums/forum_form.html"
    request: HttpRequest
    object: Forum

    def get_form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        is_leading = user.has_perm("forums.end_forum", self.object)
        more = {"on": today(), "is_leading": is_leading, "cancel_url": self.cancel_url}
        return super().get_form_kwargs() | more

    @property
    def cancel_url(self) -> str:
        return self.object.get_absolute_url() if self.object.pk else reverse("forum_list")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().post(request, *args, **kwargs)

    def saved(self, forum: Forum) -> None:
        """What else is to be done."""

    def form_valid(self, form: ForumForm) -> HttpResponse:
        is_new = form.instance.pk is None
        try:
            with checked():
                forum = form.save()
                self.saved(forum)
        except (ValidationError, NotPossible) as refusal:
            if is_new:
                form.instance.pk = None
            if isinstance(refusal, ValidationError):
                add_refusal(form, refusal)
            else:
                form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, gettext("The forum is set up.") if is_new else gettext("Saved."))
        return redirect(forum)


class NewForum(LoginRequiredMixin, ForumFormPage):
    """A new forum; who works at several offices first says which of them is to lead it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_perm("forums.add_forum"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def offices(self) -> Any:
        known = standing(self.request.user)
        return Office.objects.all() if known.is_superuser else Office.objects.of_offices(known.offices)

    @cached_property
    def cause(self) -> founding.Cause | None:
        """What makes somebody set it up, where the address names it."""
        return founding.cause_of(self.request.GET, self.request.user)

    def get_initial(self) -> dict[str, Any]:
        return self.cause.initial if self.cause else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(cause=self.cause, **kwargs)

    def saved(self, forum: Forum) -> None:
        if self.cause:
            self.cause.founded(forum)

    @cached_property
    def office(self) -> Office | None:
        """The one asked for, or the only one there is."""
        if self.cause:
            return self.cause.office
        if slug := self.request.GET.get("stelle"):
            office: Office = get_object_or_404(self.offices, slug=slug.replace("\x00", ""))
            return office
        first = list(self.offices[:2])
        return first[0] if len(first) == 1 else None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().get(request, *args, **kwargs) if self.office else self.choose_office()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(request, *args, **kwargs) if self.office else self.choose_office()

    def choose_office(self) -> HttpResponse:
        self.template_name = "forums/forum_office.html"
        form = OfficeChoiceForm(offices=self.offices.order_by("sort_key"), cancel_url=reverse("forum_list"))
        return self.render_to_response({"form": form, "view": self})

    def get_object(self, queryset: Any = None) -> Forum:
        if self.office is None:
            raise Http404
        return Forum(office=self.office)


class ForumChange(NeedsRight, OfForum, ForumFormPage):
    """Edit a forum; partner offices edit what it is about."""

    permission = "forums.change_forum"

    def get_object(self, queryset: Any = None) -> Forum:
        return copy(self.forum)  # the form writes into it, and the name above stays as it is stored


class ForumEnd(NeedsRight, OfForum, FormView):
    """Give a forum its last day; what is planned later is named."""

    permission = "forums.end_forum"
    form_class = EndForm
    template_name = "forums/forum_end.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        cancel_url, submit = self.forum.get_absolute_url(), _("End the forum")
        return {
            "data": self.request.POST or None,
            "initial": {"last_day": today()},
            "cancel_url": cancel_url,
            "submit": submit,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        meetings = Meeting.objects.visible_to(self.request.user).filter(forum=self.forum).not_cancelled()
        return super().get_context_data(upcoming=meetings.upcoming(midnight(today())).with_details(), **kwargs)

    def form_valid(self, form: EndForm) -> HttpResponse:
        try:
            with checked():
                forum = get_object_or_404(Forum.objects.select_for_update(of=("self",)), pk=self.forum.pk)
                forum.end_on(form.cleaned_data["last_day"])
        except ValidationError as refusal:
            form.add_error("last_day", refusal.messages)
            return self.form_invalid(form)
        messages.success(self.request, gettext("The forum ends on the day you gave."))
        return redirect(forum)

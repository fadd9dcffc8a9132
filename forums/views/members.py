"""Who belongs to a forum, and the forms that say so."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, UpdateView

from common import periods
from common.database_errors import add_refusal, checked
from common.lists import Column, ListPage, both_ways
from common.periods import last_day, today
from forums.filters import MembershipFilter
from forums.forms.forums import EndForm
from forums.forms.members import MembershipForm, NewMembershipForm
from forums.models import Forum, Membership
from forums.querysets import MembershipQuerySet
from forums.views.of_forum import NeedsRight, OfForum

FORMER_SHOWN = 20


@dataclass(frozen=True)
class Member:
    """Somebody in the list; the address only for those who write to them."""

    membership: Membership
    email: str
    has_begun: bool

    @property
    def organisation(self) -> str:
        organisation = self.membership.organisation
        return organisation.name if organisation else ""


class MemberList(LoginRequiredMixin, OfForum, ListPage):
    """Who belongs to a forum, and, apart from them, who did."""

    template_name = "forums/members.html"
    filterset_class = MembershipFilter
    orders = (
        *both_ways("name", _("Name"), "person__sort_key", "organisation__sort_key", "pk"),
        *both_ways("organisation", _("Organisation"), "organisation__sort_key", "person__sort_key", "pk"),
        *both_ways("beginn", _("First day"), "period__startswith", "pk"),
    )
    columns = (
        Column(_("Name"), lambda member: str(member.membership.person or "")),
        Column(_("Organisation"), lambda member: member.organisation),
        Column(_("Role"), lambda member: member.membership.get_role_display()),
        Column(_("Mail"), lambda member: member.email),
        Column(_("First day"), lambda member: member.membership.period.lower),
        Column(_("Last day"), lambda member: last_day(member.membership.period)),
    )
    file_name = "mitglieder"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not Forum.objects.open_inside_to(request.user).filter(pk=self.forum.pk).exists():
            raise PermissionDenied
        return super().get(request, *args, **kwargs)

    @cached_property
    def may_change(self) -> bool:
        user: Any = self.request.user
        return user.has_perm("forums.change_forum", self.forum)

    def seen(self) -> MembershipQuerySet:
        return Membership.objects.visible_to(self.request.user).filter(forum=self.forum).with_details()

    def rows(self) -> QuerySet[Membership]:
        return self.seen() if self.request.GET.get("zeit") else self.seen().upcoming(today())

    def complete(self, rows: list[Membership]) -> list[Member]:
        on = today()
        return [
            Member(row, row.email if self.may_change else "", row.period.lower is None or row.period.lower <= on)
            for row in rows
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(may_change=self.may_change, **kwargs)
        is_first_page = context["page"].number == 1 and not context["narrows"] and not self.request.GET.get("q")
        former = self.seen().past(today()).order_by("-period__endswith", "pk") if is_first_page else ()
        return context | {"former": former[:FORMER_SHOWN]}


class MembershipPage(NeedsRight, OfForum, UpdateView):
    """Change somebody's role, organisation or days."""

    permission = "forums.change_membership"
    form_class: type[MembershipForm] = MembershipForm
    template_name = "forums/membership_form.html"
    context_object_name = "membership"

    def get_object(self, queryset: Any = None) -> Membership:
        memberships = Membership.objects.visible_to(self.request.user).with_details()
        membership: Membership = get_object_or_404(memberships, pk=self.kwargs["membership"], forum=self.forum)
        membership.forum = self.forum
        return membership

    @cached_property
    def list_url(self) -> str:
        return reverse("forum_members", args=[self.forum.pk])

    def get_form_kwargs(self) -> dict[str, Any]:
        more = {"user": self.request.user, "forum": self.forum, "cancel_url": self.list_url}
        return super().get_form_kwargs() | more

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        membership = Membership.objects.filter(pk=self.object.pk).first() if self.object.pk else None
        on = today()
        return super().get_context_data(
            list_url=self.list_url,
            may_end=bool(membership and periods.contains(membership.period, on)),
            may_delete=bool(membership and user.has_perm("forums.delete_membership", membership)),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: MembershipForm) -> HttpResponse:
        try:
            with checked():
                membership = form.save()
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        text = gettext("Saved: %(name)s, %(period)s.")
        words = {"name": membership.name, "period": periods.in_words(membership.period)}
        messages.success(self.request, text % words)
        return redirect(self.list_url)


class NewMembership(MembershipPage):
    """Somebody more, from the people one knows or entered anew."""

    permission = "forums.add_membership"
    form_class = NewMembershipForm
    template_name = "forums/membership_add.html"

    def get_object(self, queryset: Any = None) -> Membership:
        return Membership(forum=self.forum)

    @property
    def search(self) -> str:
        return self.request.GET.get("q", "").replace("\x00", "")[:100]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"on": today(), "search": self.search}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(search=self.search, **kwargs)


class MembershipEnd(MembershipPage):
    """Give a membership its last day."""

    form_class = EndForm  # type: ignore[assignment]
    template_name = "forums/membership_end.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            "data": self.request.POST or None,
            "initial": {"last_day": today()},
            "cancel_url": self.list_url,
            "submit": _("End the membership"),
        }

    def form_valid(self, form: Any) -> HttpResponse:
        membership = get_object_or_404(Membership.objects.select_for_update(of=("self",)), pk=self.object.pk)
        try:
            with checked():
                membership.end_on(form.cleaned_data["last_day"])
        except ValidationError as refusal:
            form.add_error("last_day", refusal.messages)
            return self.form_invalid(form)
        messages.success(self.request, gettext("%(name)s: ended.") % {"name": self.object.name})
        return redirect(self.list_url)


class MembershipDeletion(NeedsRight, OfForum, TemplateView):
    """Asks, and by its button deletes a membership that has not begun before today."""

    permission = "forums.delete_membership"
    template_name = "forums/membership_delete.html"

    @cached_property
    def membership(self) -> Membership:
        memberships = Membership.objects.visible_to(self.request.user).with_details()
        membership: Membership = get_object_or_404(memberships, pk=self.kwargs["membership"], forum=self.forum)
        membership.forum = self.forum
        return membership

    def judged_by(self) -> Membership:
        return self.membership

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        list_url = reverse("forum_members", args=[self.forum.pk])
        return super().get_context_data(**kwargs | {"membership": self.membership, "list_url": list_url})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            stored = get_object_or_404(Membership.objects.select_for_update(of=("self",)), pk=self.membership.pk)
            if str(stored.version) != request.POST.get("version"):
                return self.render_to_response(self.get_context_data(is_changed=True))
            stored.delete()
        messages.success(request, gettext("The membership was deleted."))
        return redirect("forum_members", pk=self.forum.pk)

"""*Merge …*: two entries of one human become one, after a look at what stays, what moves and what is in the way."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contacts.forms.posts import SeenVersionsField
from contacts.merging import Merge
from contacts.models import Person

MOST_NAMED = 20  # rows of one kind


@dataclass(frozen=True)
class Moving:
    """Rows of one kind that go along, as far as the administrator may see them; and how many others."""

    label: str
    rows: list[str]
    others: str


class MergesPeople:
    """For the ModelAdmin of people."""

    actions = ["merge"]

    @admin.action(description=_("Merge …"), permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponseBase | None:
        people = list(
            Person.objects.filter(pk__in=queryset.order_by().values("pk")[:3])
            .select_for_update(of=("self",))
            .select_related("user", "organisation")
            .order_by("pk")
        )
        if len(people) != 2:
            messages.error(request, gettext("Please choose exactly two people."))
            return None
        merge, step = Merge(*people), request.POST.get("step")
        obstacles = [*self._not_allowed(request, merge)] or merge.obstacles()
        if step == "carry_out" and not obstacles and self._seen(request) == _versions(merge):
            return self._carry_out(request, merge)
        if step:
            messages.error(request, gettext("Nothing was changed. Please look at both entries again."))
        return self._merge_page(request, merge, obstacles)

    def _not_allowed(self, request: HttpRequest, merge: Merge) -> list[str]:
        if not all(request.user.has_perm("contacts.change_person", person) for person in (merge.kept, merge.gone)):
            return [gettext("One of the entries is kept by another office. Please ask its administration.")]
        return [
            gettext("Both entries have a post at %(office)s. Only its administration can make one of them.")
            % {"office": posts[0].office}
            for posts in merge.joined_posts()
            if not request.user.has_perm("contacts.change_contactperson", posts[0])
        ]

    def _seen(self, request: HttpRequest) -> dict[int, int]:
        try:
            return SeenVersionsField(required=False).clean(request.POST.get("seen", ""))
        except ValidationError:
            return {}

    def _carry_out(self, request: HttpRequest, merge: Merge) -> HttpResponseBase:
        taken = {name: request.POST.get(name) for name in (choice.name for choice in merge.choices())}
        try:
            kept = merge.carry_out({name: value == "gone" for name, value in taken.items() if value})
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, gettext("Nothing was changed. %(reason)s") % {"reason": message})
            return redirect("admin:contacts_person_changelist")
        messages.success(request, gettext("The two entries are one now: %(name)s.") % {"name": kept})
        return redirect("admin:contacts_person_change", kept.pk)

    def _merge_page(self, request: HttpRequest, merge: Merge, obstacles: list[str]) -> HttpResponseBase:
        context = self.admin_site.each_context(request) | {
            "title": gettext("Merge two entries of one person"),
            "opts": self.opts,
            "merge": merge,
            "choices": [(choice, request.POST.get(choice.name)) for choice in merge.choices()],
            "moving": [self._moving(request, model, rows) for model, rows in merge.moving()],
            "joined_posts": [posts[0] for posts in merge.joined_posts()],
            "joined_rows": merge.joined_rows(),
            "obstacles": obstacles,
            "seen": ",".join(f"{pk}:{version}" for pk, version in _versions(merge).items()),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/contacts/merge.html", context)

    def _moving(self, request: HttpRequest, model: type[models.Model], rows: QuerySet[Any]) -> Moving:
        related = self.admin_site._registry.get(model)
        shown: list[Any] = []
        if related is not None:
            shown = list(related.get_queryset(request).filter(pk__in=rows.values("pk"))[:MOST_NAMED])
            labels = [related.choice_label(row) if hasattr(related, "choice_label") else str(row) for row in shown]
        rest = rows.count() - len(shown)
        others = ngettext("%(count)d entry", "%(count)d entries", rest) if not shown else ""
        others = others or ngettext("and %(count)d other", "and %(count)d others", rest)
        return Moving(
            capfirst(str(model._meta.verbose_name_plural)),
            labels if shown else [],
            others % {"count": rest} if rest else "",
        )


def _versions(merge: Merge) -> dict[int, int]:
    return {person.pk: person.version for person in (merge.kept, merge.gone)}

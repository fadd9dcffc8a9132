"""The agenda of a meeting, and the one that each new meeting of a forum begins with."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.database_errors import checked
from common.periods import today
from common.versions import SEEN_VERSION
from forums.forms.agenda import ItemForm, TemplateItemForm
from forums.models import AgendaItem, TemplateItem
from forums.models.items import reorder
from forums.views.acting import Ask, FormPage
from forums.views.of_forum import NeedsRight, OfForum, OfMeeting

UP, DOWN, DRAGGED = "hoch", "runter", "folge"


# -- Whose items --------------------------------------------------------------------------------------------------


class OfAgenda(NeedsRight, OfMeeting):
    """The items of a meeting; without the internal ones for whoever may not see them."""

    permission = "forums.change_meeting"
    pages: ClassVar[tuple[str, str, str]] = ("agenda", "agenda_item", "agenda_item_remove")
    removal: ClassVar[str] = "forums.delete_agendaitem"

    @cached_property
    def sees_internal(self) -> bool:
        user: Any = self.request.user
        return user.has_perm("forums.see_internal", self.forum)

    def all_items(self) -> Any:
        return self.meeting.items

    def items(self) -> Any:
        return AgendaItem.objects.visible_to(self.request.user).filter(meeting=self.meeting)

    def append(self, fields: dict[str, Any]) -> None:
        self.meeting.append(**fields)

    def address(self, *item: int) -> list[int]:
        return [self.forum.pk, self.meeting.pk, *item]


class OfTemplate(NeedsRight, OfForum):
    """The items of the template agenda."""

    permission = "forums.change_templateitem"
    pages: ClassVar[tuple[str, str, str]] = ("template_agenda", "template_item", "template_item_remove")
    removal: ClassVar[str] = "forums.delete_templateitem"
    sees_internal = True

    def all_items(self) -> Any:
        return self.forum.template_items

    def items(self) -> Any:
        return TemplateItem.objects.filter(forum=self.forum)

    def append(self, fields: dict[str, Any]) -> None:
        self.forum.append_to_template(**fields)

    def address(self, *item: int) -> list[int]:
        return [self.forum.pk, *item]


# -- What can be done with them -----------------------------------------------------------------------------------


class Editor(FormPage):
    """The items in their order, with buttons to move them, and a form to add one.

    Moving sends the order that was seen; where somebody changed it meanwhile, nothing is moved.
    """

    template_name = "forums/agenda.html"
    said = _("Added")
    items: Any
    all_items: Any
    append: Any
    address: Any
    pages: Any
    removal: Any
    judged_by: Any
    sees_internal: Any

    def back(self) -> str:
        return reverse(self.pages[0], args=self.address())

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"sees_internal": self.sees_internal}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        rows = list(self.items().order_by("position", "pk"))
        may_remove = user.has_perm(self.removal, self.judged_by())
        for row in rows:
            row.page = reverse(self.pages[1], args=self.address(row.pk))
            row.remove_page = reverse(self.pages[2], args=self.address(row.pk)) if may_remove else ""
        item, _dash, way = self.request.GET.get("bewegt", "").partition("-")
        return super().get_context_data(
            rows=rows,
            order=",".join(str(row.pk) for row in rows),
            minutes=sum(row.minutes or 0 for row in rows),
            moved_item=int(item) if item.isdecimal() else 0,
            moved_way=way,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "ordnen" in request.POST:
            return self.put_in_order(request)
        return super().post(request, *args, **kwargs)

    def carry_out(self, form: Any) -> str:
        self.append({name: value for name, value in form.cleaned_data.items() if name != SEEN_VERSION})
        return self.back()

    def put_in_order(self, request: HttpRequest) -> HttpResponseBase:
        """Move one item up or down, or take the whole order that was dragged."""
        sent = request.POST
        moved = next((f"?bewegt={sent[way]}-{way}" for way in (UP, DOWN) if way in sent), "")
        try:
            with checked():
                items = self.items().select_for_update(of=("self",), no_key=True).order_by("position", "pk")
                ids = [item.pk for item in items]
                if sent["ordnen"] == ",".join(map(str, ids)):
                    reorder(self.all_items(), order_wanted(ids, sent))
                else:
                    messages.warning(request, gettext("Somebody changed the agenda meanwhile. This is how it is now."))
                    moved = ""
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect(self.back() + moved)


def order_wanted(ids: list[int], sent: Any) -> list[int]:
    """The order that a button or dragging asks for; ids that are not among these are left out."""
    for way, step in ((UP, -1), (DOWN, 1)):
        key = sent.get(way, "")
        if key.isdecimal() and int(key) in ids:
            here = ids.index(int(key))
            there = min(max(here + step, 0), len(ids) - 1)
            ids[here], ids[there] = ids[there], ids[here]
            return ids
    dragged = [int(key) for key in sent.get(DRAGGED, "").split(",") if key.isdecimal() and int(key) in ids]
    return dragged if len(set(dragged)) == len(ids) == len(dragged) else ids


class ItemPage(FormPage):
    heading = _("Change the agenda item")
    said = _("Saved")
    items: Any
    address: Any
    pages: Any
    kwargs: dict[str, Any]
    sees_internal: Any

    def back(self) -> str:
        return reverse(self.pages[0], args=self.address())

    def get_form_kwargs(self) -> dict[str, Any]:
        item = get_object_or_404(self.items(), pk=self.kwargs["item"])
        return super().get_form_kwargs() | {"instance": item, "sees_internal": self.sees_internal}

    def carry_out(self, form: Any) -> str:
        # Place and result may have changed meanwhile.
        form.instance.save(update_fields=form.Meta.fields)
        return self.back()


class Removal(Ask):
    heading = _("Remove the agenda item")
    button = _("Remove")
    said = _("Removed")
    is_dangerous = True
    items: Any
    address: Any
    pages: Any
    kwargs: dict[str, Any]

    @cached_property
    def item(self) -> Any:
        return get_object_or_404(self.items(), pk=self.kwargs["item"])

    def row(self) -> Any:
        return self.item

    def back(self) -> str:
        return reverse(self.pages[0], args=self.address())

    def points(self) -> list[str]:
        return [str(self.item)]

    def act(self) -> str:
        self.item.delete()
        return self.back()


# -- The pages ----------------------------------------------------------------------------------------------------


class Agenda(OfAgenda, Editor):
    form_class = ItemForm
    heading = _("Edit the agenda")


class AgendaItemPage(OfAgenda, ItemPage):
    form_class = ItemForm


class AgendaItemRemoval(OfAgenda, Removal):
    permission = "forums.delete_agendaitem"

    def points(self) -> list[str]:
        points = super().points()
        return [*points, gettext("Its topic goes back to the store.")] if self.item.topic_id else points

    def act(self) -> str:
        self.item.remove()
        return self.back()


class Postponement(OfAgenda, Removal):
    """Puts an item off to the next meeting."""

    heading = _("Put the agenda item off")
    button = _("Put off")
    said = _("Put off. It stands on the next agenda.")
    is_dangerous = False

    def points(self) -> list[str]:
        following = self.forum.meetings.to_come(self.meeting.day).first()
        where = (
            gettext("It is put on the agenda of the next meeting at once: %(meeting)s.") % {"meeting": following}
            if following
            else gettext("No later meeting is planned yet; it will stand on the agenda of the next one by itself.")
        )
        return [str(self.item), where, gettext("Here the item and its minutes stay as they are.")]

    def act(self) -> str:
        self.item.postpone(today())
        return self.meeting.get_absolute_url()

    def back(self) -> str:
        return self.meeting.get_absolute_url()


class TemplateAgenda(OfTemplate, Editor):
    form_class = TemplateItemForm
    heading = _("Template agenda")


class TemplateItemPage(OfTemplate, ItemPage):
    form_class = TemplateItemForm


class TemplateItemRemoval(OfTemplate, Removal):
    permission = "forums.delete_templateitem"

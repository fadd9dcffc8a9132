"""The offices."""

import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.lists import Column, ListPage, both_ways
from common.periods import day_of, today
from common.sort_keys import SortKey
from contacts import linked_data, page_parts
from contacts.filters import OfficeFilter
from contacts.links import RowLinks
from contacts.models import ContactPerson, Office
from contacts.responsibility import Contact, contact_of, office_contact, stand_ins


class OfficeList(RowLinks, ListPage):
    """All offices of the portal."""

    template_name = "contacts/office_list.html"
    filterset_class = OfficeFilter
    orders = (
        *both_ways("name", _("Name"), "sort_key", "pk"),
        *both_ways("ort", _("Town"), SortKey("town"), "sort_key", "pk"),
    )
    columns = (
        Column(_("Office"), lambda office: office.name),
        Column(_("Kind"), lambda office: office.get_kind_display()),
        Column(_("Street"), lambda office: office.street),
        Column(_("Postal code"), lambda office: office.postal_code),
        Column(_("Town"), lambda office: office.town),
        Column(_("Phone"), lambda office: office.telephone or ""),
        Column(_("Mail"), lambda office: office.email),
        Column(_("Website"), lambda office: office.website),
        Column(_("As of"), lambda office: office.changed_at),
    )
    file_name = "stellen"

    def rows(self) -> QuerySet[Office]:
        return Office.objects.visible_to(self.request.user)

    def complete(self, rows: list[Office]) -> list[tuple[Office, Contact]]:
        return [(office, office_contact(office)) for office in rows]

    def stand(self, rows: list[tuple[Office, Contact]]) -> datetime.date | None:
        return max((contact.as_of for _office, contact in rows if contact.as_of), default=None)

    def lines(self, rows: list[tuple[Office, Contact]]) -> list[Office]:
        return [office for office, _contact in rows]


class OfficePage(RowLinks, TemplateView):
    """Who an office is, where it is found, what it serves and who works there."""

    template_name = "contacts/office.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        office = get_object_or_404(Office.objects.visible_to(user), slug=kwargs["slug"])
        current = ContactPerson.objects.visible_to(user).current(today()).filter(office=office)
        posts = list(current.select_related("person").order_by("person__sort_key"))
        for post in posts:
            post.office = office
        absent = stand_ins(posts, today(), user)
        people = [(contact, absent.get(post.pk)) for post in posts if (contact := contact_of(post, user))]
        contact = office_contact(office)
        # Whom to call today: who stands in takes the place of who is away, once.
        there = {
            reached.post_id: reached
            for person, stand_in in people
            for reached in [stand_in.contact if stand_in else person]
        }
        areas = list(office.areas.select_related("district", "association", "municipality"))
        lists = {
            "fields": list(office.fieldofactions.visible_to(user).filter(is_active=True)),
            "tasks": list(office.officetasks.visible_to(user).filter(is_active=True)),
            "target_groups": list(office.targetgroups.visible_to(user).filter(is_active=True)),
        }
        shown = [contact, *(person for person, _stand_in in people), *there.values()]
        days = {each.as_of for each in shown} | {day_of(row.changed_at) for row in chain(areas, *lists.values())}
        return super().get_context_data(
            office=office,
            contact=contact,
            areas=areas,
            people=people,
            parts=page_parts.parts_of(page_parts.OFFICE, office, user, today()),
            stand=max(day for day in days if day),
            **lists,
            linked_data=linked_data.of_office(contact, areas, there.values()) if not user.is_authenticated else "",
            **kwargs,
        )

"""The directory of contact persons: by town, by person and by office."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from common.lists import FORMAT, LETTER, ORDER, PAGE, Alphabetical, Column, ListPage, both_ways
from common.periods import day_of
from contacts.days import DAY, ShowsDay
from contacts.exports import Line, contact_columns, lines, listed, stand, town_columns
from contacts.filters import OfficesOfDirectoryFilter, PeopleOfDirectoryFilter, TownsOfDirectoryFilter
from contacts.links import RowLinks
from contacts.models import ContactPerson, Office
from contacts.querysets import in_area_of
from contacts.responsibility import Contact, Responsibility, StandIn, contact_of, for_field, responsibilities, stand_ins
from municipalities.models import Municipality


@dataclass(frozen=True)
class Post:
    """A contact person as the viewer may see them, with the towns and whoever stands in."""

    contact: Contact
    towns: list[str]  # for which the person is primarily responsible, in general
    fields: list[str]
    stand_in: StandIn | None

    @property
    def town_names(self) -> str:
        return ", ".join(self.towns)

    @property
    def reached(self) -> Contact:
        """Whom to call."""
        return self.stand_in.contact if self.stand_in else self.contact


class DirectoryPage(ShowsDay, RowLinks, ListPage):
    """What the three views of the directory share."""

    view: str
    label: Any
    kept = ("nach", ORDER, DAY)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.check_day()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = self.address_without("nach", LETTER, ORDER, PAGE, FORMAT)
        return super().get_context_data(
            view_key=self.view,
            views=[(page.label, f"?nach={key}{kept and '&'}{kept}", key) for key, page in VIEWS.items()],
            **kwargs,
        )

    def stand(self, rows: list[Any]) -> datetime.date | None:
        return max((line.contact.as_of for line in self.lines(rows) if line.contact.as_of), default=None)

    def posts(self, posts: Iterable[Any]) -> list[Post]:
        """The posts as this viewer may see them."""
        found = list(posts)
        absent = stand_ins(found, self.on, self.request.user)
        contacts = [(post, contact_of(post, self.request.user, self.on)) for post in found]
        return [
            Post(contact, post.town_names, post.field_names, absent.get(post.pk))
            for post, contact in contacts
            if contact
        ]


class TownsOfDirectory(Alphabetical, DirectoryPage):
    """A–Z of the towns that offices serve, with the person beside each."""

    template_name = "contacts/directory_towns.html"
    label = _("By town")
    view = "kommune"
    filterset_class = TownsOfDirectoryFilter
    orders = (
        *both_ways("name", _("Town"), "sort_key", "ags"),
        *both_ways("kreis", _("District"), "district__sort_key", "sort_key", "ags"),
    )
    columns = town_columns
    file_name = "ansprechpersonen-nach-kommune"

    def rows(self) -> QuerySet[Municipality]:
        served = in_area_of(Office.objects.visible_to(self.request.user))
        return self.of_letter(listed(Municipality.objects.existing(self.on)).filter(served))

    def complete(self, rows: list[Municipality]) -> list[tuple[Municipality, list[Responsibility]]]:
        found = responsibilities(rows, self.on, self.request.user)
        field_name = self.filterset.form.cleaned_data.get("handlungsfeld") if self.filterset.is_valid() else ""
        return [(town, for_field(found[town.pk], field_name)) for town in rows]

    def stand(self, rows: list[Any]) -> datetime.date | None:
        return stand(found for _town, found in rows)

    def lines(self, rows: list[Any]) -> Iterator[Line]:
        return lines(rows)


class PeopleOfDirectory(DirectoryPage):
    template_name = "contacts/directory_people.html"
    label = _("By person")
    view = "person"
    filterset_class = PeopleOfDirectoryFilter
    orders = (
        *both_ways("name", _("Name"), "person__sort_key", "pk"),
        *both_ways("stelle", _("Office"), "office__sort_key", "person__sort_key", "pk"),
    )
    columns = (
        Column(_("Contact person"), lambda post: post.contact.name),
        Column(_("Office"), lambda post: post.contact.office.name),
        *contact_columns("contact"),
        Column(_("Fields of action"), lambda post: ", ".join(post.fields)),
        Column(_("Towns"), lambda post: ", ".join(post.towns)),
        Column(_("Represented by"), lambda post: post.stand_in.contact.name if post.stand_in else ""),
        Column(_("Represented until"), lambda post: post.stand_in.until if post.stand_in else ""),
    )
    file_name = "ansprechpersonen"

    def rows(self) -> QuerySet[ContactPerson]:
        user = self.request.user
        return ContactPerson.objects.visible_to(user).current(self.on).for_directory(self.on, user)

    def complete(self, rows: list[ContactPerson]) -> list[Post]:
        return self.posts(rows)


class OfficesOfDirectory(DirectoryPage):
    template_name = "contacts/directory_offices.html"
    label = _("By office")
    view = "stelle"
    filterset_class = OfficesOfDirectoryFilter
    orders = both_ways("name", _("Name"), "sort_key", "pk")
    columns = PeopleOfDirectory.columns
    file_name = "ansprechpersonen-nach-stelle"
    page_size = 10  # each with all its people

    def rows(self) -> QuerySet[Office]:
        return Office.objects.visible_to(self.request.user)

    def complete(self, rows: list[Office]) -> list[tuple[Office, list[Post]]]:
        user = self.request.user
        posts = ContactPerson.objects.visible_to(user).current(self.on).for_directory(self.on, user)
        of_office: dict[int, list[Post]] = defaultdict(list)
        for post in self.posts(posts.filter(office__in=[office.pk for office in rows])):
            of_office[post.contact.office.pk].append(post)
        return [(office, of_office[office.pk]) for office in rows]

    def stand(self, rows: list[Any]) -> datetime.date | None:
        offices = (day_of(office.changed_at) for office, _posts in rows)
        return max(filter(None, [super().stand(rows), *offices]), default=None)

    def lines(self, rows: list[Any]) -> list[Post]:
        return [post for _office, posts in rows for post in posts]


VIEWS: dict[str, type[DirectoryPage]] = {
    page.view: page for page in (TownsOfDirectory, PeopleOfDirectory, OfficesOfDirectory)
}


class Directory(View):
    """Chooses the view asked for by `?nach=`; towns are what most people want."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        page = VIEWS.get(request.GET.get("nach", ""), TownsOfDirectory)
        return page.as_view()(request, *args, **kwargs)

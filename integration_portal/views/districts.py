"""A district: the map of who is responsible where, the table that says the same, and its contact list on paper."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from common.sort_keys import sort_key
from contacts.days import ShowsDay
from contacts.exports import stand
from contacts.links import RowLinks
from contacts.responsibility import Contact, Responsibility, responsibilities
from forums.overview import of_district
from municipalities.models import District, Municipality

FILLS = 8  # colours in static/portal/pages.css; further contact persons get them again with a hatching


@dataclass
class MapKey:
    """An entry of the map's legend: a contact person, their number and colour, and the towns."""

    number: int
    contact: Contact
    towns: list[Municipality] = field(default_factory=list)

    @property
    def fill(self) -> int:
        return (self.number - 1) % FILLS + 1

    @property
    def is_hatched(self) -> bool:
        return (self.number - 1) // FILLS % 2 == 1


@dataclass(frozen=True)
class MapTown:
    """A town on the map and in the table beside it."""

    town: Municipality
    responsibilities: list[Responsibility]
    key: MapKey | None

    @property
    def is_shared(self) -> bool:
        """Whether several offices serve the town, so that one has to know whose the contact is."""
        return len({r.office.pk for r in self.responsibilities}) > 1

    @property
    def label(self) -> str:
        """What a screen reader says instead of showing the place: the town and who is responsible."""
        if not self.responsibilities:
            return f"{self.town.name}: {_('no office')}"
        names = dict.fromkeys(
            r.primary.name if r.is_assigned else _("no contact person, %(office)s helps") % {"office": r.office.name}
            for r in self.responsibilities
            if r.field is None
        )
        return f"{self.town.name}: {', '.join(names)}"


class TownsOfDistrict(ShowsDay, RowLinks, TemplateView):
    """The towns of a district and who is responsible there."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.district = get_object_or_404(District.objects.select_related("state", "map"), ags=kwargs["ags"])
        self.check_day()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        towns = list(
            Municipality.objects.existing(self.on)
            .filter(district=self.district)
            .select_related("outline")
            .order_by("sort_key", "ags")
        )
        found = responsibilities(towns, self.on, self.request.user)
        keys = map_keys(towns, found)
        key_of = {town.pk: key for key in keys for town in key.towns}
        offices = {r.office.pk: r.office for rs in found.values() for r in rs}
        return super().get_context_data(
            district=self.district,
            rows=[MapTown(town, found[town.pk], key_of.get(town.pk)) for town in towns],
            keys=keys,
            offices=sorted(offices.values(), key=lambda office: office.sort_key),
            is_invented=any(office.is_invented for office in offices.values()),
            unassigned=sum(town.pk not in key_of for town in towns),
            stand=stand(found.values()),
            **kwargs,
        )


class DistrictPage(TownsOfDistrict):
    """The map and the table, and the forums about the district or its towns."""

    template_name = "municipalities/district.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        forums = of_district(self.district, self.request.user, self.on)
        return super().get_context_data(forums=forums, **kwargs)


class ContactList(TownsOfDistrict):
    """The district's contact list, made to be printed on one page and pinned to a wall."""

    template_name = "municipalities/contact_list.html"


def map_keys(towns: list[Municipality], found: dict[int, list[Responsibility]]) -> list[MapKey]:
    """Contact persons in alphabetical order, each with the towns that get their colour.

    Where several offices serve a town, the first one with a contact person there gives the colour.
    """
    keys: dict[int | None, MapKey] = {}
    for town in towns:
        for responsibility in found[town.pk]:
            if responsibility.is_assigned and responsibility.field is None:
                post = responsibility.primary.post_id
                keys.setdefault(post, MapKey(0, responsibility.primary)).towns.append(town)
                break
    ordered = sorted(keys.values(), key=lambda key: sort_key(f"{key.contact.family_name} {key.contact.given_name}"))
    for number, key in enumerate(ordered, start=1):
        key.number = number
    return ordered

"""The start page: a visitor sees one question; who is signed in also sees a block for each membership."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Prefetch, QuerySet
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.kept_queries import KeptQuery, of_account
from common.periods import midnight, today
from contacts.models import ContactPerson, MunicipalStaff, Office, OfficeArea, OfficeMembership
from contacts.overview import overviews, towns_worked_for
from contacts.querysets import in_area_of
from contacts.responsibility import responsibilities
from contacts.rules import standing
from forums.overview import next_meetings, office_work, own_forums
from municipalities.models import Municipality
from services import catalogue_parts, requester_parts
from services.overview import request_work

EXAMPLES = 6
OUTLINES = ("district__map", "municipality__district__map", "municipality__outline")
CARDS = 12  # offices as cards; the list of offices shows all
ADMINISTRATION: tuple[tuple[str, str | Promise], ...] = (
    ("contacts.ContactPerson", _("Contact persons and their towns")),
    ("contacts.Assignment", _("Responsibilities")),
    ("contacts.Handover", _("Hand-overs")),
    ("contacts.Office", _("Office: address, hours, texts, area")),
    ("services.ServiceOffering", _("Service catalogue")),
    ("contacts.LegalText", _("Imprint, privacy and accessibility")),
    ("contacts.DataProtection", _("Retention periods and data protection")),
    ("contacts.OfficeMembership", _("Roles in the office")),
    ("contacts.MunicipalStaff", _("Staff of the town halls")),
    ("accounts.User", _("Accounts")),
)


@dataclass(frozen=True)
class Block:
    """A part of the start page: a template and what it shows."""

    template: str
    context: dict[str, Any]


class Start(TemplateView):
    def get_template_names(self) -> list[str]:
        return ["start/signed_in.html" if self.request.user.is_authenticated else "start/visitor.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, on = self.request.user, today()
        if user.is_authenticated:
            return super().get_context_data(today=on, blocks=[b for make in BLOCKS for b in make(user, on)], **kwargs)
        return super().get_context_data(today=on, **visitor(user, on), **kwargs)


def visitor(user: Any, on: datetime.date) -> dict[str, Any]:
    areas = OfficeArea.objects.select_related("association", *OUTLINES)
    rows = Office.objects.visible_to(user).prefetch_related(Prefetch("areas", areas))
    offices = list(rows[: CARDS + 1])
    towns = Municipality.objects.existing(on).filter(in_area_of(offices)).order_by("-population", "sort_key")
    return {
        "offices": offices[:CARDS],
        "has_more_offices": len(offices) > CARDS,
        "meetings": next_meetings(user, midnight(on)),
        "services": catalogue_parts.kinds(user, on),
        "examples": sorted(towns[:EXAMPLES], key=lambda town: town.sort_key),
    }


@KeptQuery
def _posts_in_town_halls(account: int, on: datetime.date) -> "QuerySet[MunicipalStaff]":
    return MunicipalStaff.objects.filter(user=account).current(on).select_related("municipality", "association")


@KeptQuery
def _memberships(account: int, on: datetime.date) -> "QuerySet[OfficeMembership]":
    return OfficeMembership.objects.filter(user=account).current(on).select_related("office")


@KeptQuery
def _own_posts(account: int, offices: list[int], on: datetime.date) -> "QuerySet[ContactPerson]":
    return ContactPerson.objects.filter(person__user=account, office__in=offices).current(on)


_own_towns = KeptQuery(towns_worked_for)


class Memberships:
    """Those of an account at offices today, found once for all blocks."""

    def __init__(self, user: Any) -> None:
        self.user, self.known = user, standing(user)

    @cached_property
    def all(self) -> list[OfficeMembership]:
        """By office and role."""
        rows = _memberships(self.user.pk, self.known.on) if self.known.offices else []
        return sorted(rows, key=lambda row: (row.office.sort_key, ROLES.index(row.role)))

    @property
    def worked_for(self) -> list[Office]:
        """The offices in which the account coordinates or leads."""
        return list(dict.fromkeys(row.office for row in self.all if row.role in WORKING_ROLES))


def town_halls(user: Any, on: datetime.date) -> list[Block]:
    """Of each town hall in which the account works: who is responsible for its towns."""
    known = standing(user)
    if not (known.town_ids or known.association_ids):
        return []
    rows, towns = _posts_in_town_halls(user.pk, on), _own_towns(user, on)
    found = responsibilities(towns, on, user)
    return [
        Block(
            "start/town_hall.html",
            {
                "town_hall": row.municipality or row.association,
                "towns": [
                    (town, found[town.pk])
                    for town in towns
                    if town.pk == row.municipality_id
                    or (row.association_id and town.association_id == row.association_id)
                ],
            },
        )
        for row in rows
    ]


def offices(user: Any, on: datetime.date) -> list[Block]:
    """Of each membership what its role works with."""
    memberships = of_account(user, Memberships).all
    found = overviews({row.office_id for row in memberships}, on, user)
    own_post_at = {post.office_id: post for post in _own_posts(user.pk, list(found), on)}
    links = administration(user) if any(row.role == "administrator" for row in memberships) else []
    return [
        Block(
            f"start/{row.role}.html",
            {
                "membership": row,
                "office": row.office,
                "overview": found[row.office_id],
                "own": found[row.office_id].carried_by(user),
                "own_post": own_post_at.get(row.office_id),
                "links": links,
                "list_url": f"{reverse('municipality_list')}?stelle={row.office.slug}",
            },
        )
        for row in memberships
    ]


def forums_of_offices(user: Any, on: datetime.date) -> list[Block]:
    """Of each office whose forums the account coordinates or leads: what their meetings and tasks still need."""
    offices = of_account(user, Memberships).worked_for
    work = office_work([office.pk for office in offices], on) if offices else {}
    return [
        Block("start/forum_work.html", {"office": office, "figures": work[office.pk]})
        for office in offices
        if office.pk in work
    ]


def requests_of_offices(user: Any, on: datetime.date) -> list[Block]:
    """Of each office in which the account coordinates or leads: what its requests need."""
    offices = of_account(user, Memberships).worked_for
    work = request_work([office.pk for office in offices], user, on) if offices else {}
    return [
        Block("start/request_work.html", {"office": office, "figures": work[office.pk]})
        for office in offices
        if office.pk in work
    ]


def forums_of_ones_own(user: Any, on: datetime.date) -> list[Block]:
    """One's tasks, and what is going on in the forums to which one belongs."""
    own = own_forums(user, on)
    return [Block("start/own_forums.html", {"own": own})] if own else []


def requests_of_ones_own(user: Any, on: datetime.date) -> list[Block]:
    """How what one asked for stands, and what one's town hall asked for."""
    figures = requester_parts.own_figures(user)
    return [Block("start/own_requests.html", {"figures": figures})] if figures else []


def whole_portal(user: Any, on: datetime.date) -> list[Block]:
    return [Block("start/portal.html", {"links": administration(user)})] if user.is_superuser else []


def administration(user: Any) -> list[tuple[str, str | Promise]]:
    """The places of the administration that the account may see: address and what is done there."""
    found: list[tuple[str, str | Promise]] = []
    for label, text in ADMINISTRATION:
        model: type[Model] = apps.get_model(label)
        options = model._meta
        if admin.site.is_registered(model) and user.has_perm(f"{options.app_label}.view_{options.model_name}"):
            found.append((reverse(f"admin:{options.app_label}_{options.model_name}_changelist"), text))
    return found


ROLES: list[str] = [OfficeMembership.Role.COORDINATOR, OfficeMembership.Role.LEAD, OfficeMembership.Role.ADMINISTRATOR]
WORKING_ROLES = ROLES[:2]

# In the order of the page; a new app's block is entered here.
BLOCKS: tuple[Callable[[Any, datetime.date], list[Block]], ...] = (
    town_halls,
    requests_of_ones_own,
    forums_of_ones_own,
    requests_of_offices,
    offices,
    forums_of_offices,
    whole_portal,
)

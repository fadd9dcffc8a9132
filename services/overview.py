"""What other pages show of requests: what an office's need, and those of a town or person for those who see them."""

import datetime
from collections.abc import Collection
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.translation import ngettext

from common.kept_queries import KeptQuery
from contacts.models import ContactPerson, Office
from contacts.page_parts import Part
from contacts.rules import standing
from forums.overview import Figure
from municipalities.models import Municipality
from services.models import ServiceRequest
from services.querysets import views_of

MOST = 5  # requests on a page of something else


@KeptQuery
def _with_requests(offices: list[int]) -> Any:
    received = ServiceRequest.objects.received().filter(office=OuterRef("pk"))
    return Office.objects.filter(Exists(received), pk__in=offices).order_by().values_list("pk", "slug")


@KeptQuery
def _counted(offices: list[int], user: Any, on: datetime.date) -> Any:
    conditions = views_of(user, on)
    numbers = {f"n{at}": Count("pk", filter=conditions[key]) for at, key in enumerate(WORK)}
    return ServiceRequest.objects.open().filter(office__in=offices).order_by().values("office").annotate(**numbers)


def request_work(offices: Collection[int], user: Any, on: datetime.date) -> dict[int, list[Figure]]:
    """What the requests to these offices need; offices without any are left out. Two queries."""
    found = dict(_with_requests(list(offices)))
    rows: dict[int, Any] = {row["office"]: row for row in _counted(list(found), user, on)}
    return {office: _figures(slug, rows.get(office, {})) for office, slug in found.items()}


WORK = ("ueberfaellig", "faellig", "nicht-zugewiesen", "nachrichten", "meine")


def _figures(slug: str, counts: dict[str, int]) -> list[Figure]:
    late, soon, unassigned, messages, mine = (counts.get(f"n{at}", 0) for at in range(len(WORK)))
    texts = (
        ngettext("overdue request", "overdue requests", late),
        ngettext("request to answer within a week", "requests to answer within a week", soon),
        ngettext("request not assigned", "requests not assigned", unassigned),
        ngettext("request with a new message", "requests with a new message", messages),
        ngettext("open request of mine", "open requests of mine", mine),
    )
    address = f"{reverse('requests')}?stelle={slug}&ansicht="
    figures = [
        Figure(count, text, address + key)
        for count, text, key in zip((late, soon, unassigned, messages, mine), texts, WORK, strict=True)
    ]
    return [figure for figure in figures if figure.count]


def of_town(town: Municipality, user: Any, on: datetime.date) -> Part | None:
    """The open requests in which the town is named, for those who see them. One query."""
    return _part(ServiceRequest.objects.filter(municipality=town), user, f"kommune={town.ags}")


def of_person(post: ContactPerson, user: Any, on: datetime.date) -> Part | None:
    """What somebody works on, for their office. One query."""
    if not standing(user).sees_inside(post.office_id):
        return None
    return _part(ServiceRequest.objects.filter(assigned_to=post), user, f"person={post.pk}")


def _part(requests: Any, user: Any, query: str) -> Part | None:
    known = standing(user)
    if not known.is_signed_in:
        return None
    found = list(requests.visible_to(user).open().with_details().order_by("-submitted_at", "-pk")[: MOST + 1])
    more = f"{reverse('requests')}?{query}"
    if not all(known.sees_inside(row.office_id) for row in found):
        more = f"{reverse('own_requests')}?stand=offen&{query}"
    shown = {"requests": found[:MOST], "more": more if len(found) > MOST else ""}
    return Part("services/requests_part.html", shown) if found else None

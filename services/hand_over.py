"""What somebody leaves open of an office's requests, for hand-overs. Those of a town go with the town."""

from collections.abc import Collection

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common import outbox
from common.periods import today
from contacts import open_work
from contacts.models import ContactPerson, Handover
from contacts.open_work import Thing
from services.models import ServiceOffering, ServiceRequest
from services.models.requests import HANDED_OVER


def join() -> None:
    for kind in (
        open_work.Kind("services.requests", _("Open requests"), open_requests, pass_on_requests, told_of_requests),
        open_work.Kind("services.offerings", _("Offerings whose requests they get"), own_offerings, pass_on_offerings),
    ):
        open_work.join(kind)


def open_requests(post: ContactPerson) -> list[Thing]:
    """Called by their numbers alone: a hand-over keeps that for longer than whoever asked is remembered."""
    rows = ServiceRequest.objects.open().filter(assigned_to=post).order_by("due_on", "pk")
    return [Thing(row.pk, row.reference, row.get_absolute_url(), row.municipality_id) for row in rows]


def pass_on_requests(ids: Collection[int], post: ContactPerson, handover: Handover) -> None:
    """Whoever gets them is told in one message, unless they planned it themselves."""
    at, by = timezone.now(), handover.created_by
    requests = ServiceRequest.objects.filter(pk__in=ids).order_by("pk")
    passed = [request.hand_over(handover.leaver, post, at, by=by) for request in requests]
    if any(passed) and (by is None or post.person.user_id != by.pk):
        outbox.post(HANDED_OVER, about=handover.pk, to=post.pk, version=at.isoformat())


def told_of_requests(posts: Collection[int]) -> dict[int, str]:
    rows = ServiceRequest.objects.open().filter(assigned_to__in=posts).order_by()
    counted = rows.values_list("assigned_to").annotate(count=Count("pk"))
    return {
        post: ngettext("%(count)d open request", "%(count)d open requests", count) % {"count": count}
        for post, count in counted
    }


def own_offerings(post: ContactPerson) -> list[Thing]:
    rows = ServiceOffering.objects.upcoming(today()).filter(post=post)
    return [Thing(row.pk, str(row), row.get_absolute_url()) for row in rows]


def pass_on_offerings(ids: Collection[int], post: ContactPerson, handover: Handover) -> None:
    ServiceOffering.objects.filter(pk__in=ids, post=handover.leaver).update(post=post)

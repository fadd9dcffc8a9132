"""What the start page shows of one's own requests."""

from typing import Any

from django.db.models import Count, Value
from django.urls import reverse
from django.utils.translation import ngettext

from common.kept_queries import KeptQuery
from forums.overview import Figure
from services.models import ServiceRequest
from services.requester_filters import STATES


@KeptQuery
def _counted(user: Any) -> Any:
    requests = ServiceRequest.objects.asked_by(user).order_by().values(one=Value(1))
    numbers = {key: Count("pk", filter=condition) for key, (_label, condition) in STATES.items()}
    return requests.annotate(**numbers).values(*numbers)


def own_figures(user: Any) -> list[Figure]:
    """How many requests of one's own and of one's town hall are open, wait for an answer or are drafts. One query."""
    [counted] = _counted(user)
    texts = {
        "offen": ngettext("open request", "open requests", counted["offen"]),
        "wartet": ngettext("request waits for our reply", "requests wait for our reply", counted["wartet"]),
        "entwurf": ngettext("draft not sent yet", "drafts not sent yet", counted["entwurf"]),
    }
    address = reverse("own_requests")
    return [Figure(counted[key], text, f"{address}?stand={key}") for key, text in texts.items() if counted[key]]

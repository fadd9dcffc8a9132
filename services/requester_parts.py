"""What the start page shows of one's own requests."""

from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from common.kept_queries import KeptQuery, counted, numbers_in
from forums.overview import Figure
from services.models import ServiceRequest
from services.requester_filters import STATES


@KeptQuery
def _by_state(user: Any) -> Any:
    return counted(ServiceRequest.objects.asked_by(user), {key: condition for key, (_, condition) in STATES.items()})


def own_figures(user: Any) -> list[Figure]:
    """How many requests of one's own and of one's town hall are open, wait for an answer or are drafts. One query."""
    numbers = numbers_in(_by_state(user))
    texts = {
        "offen": ngettext("open request", "open requests", numbers["offen"]),
        "wartet": ngettext("request waits for our reply", "requests wait for our reply", numbers["wartet"]),
        "entwurf": ngettext("draft not sent yet", "drafts not sent yet", numbers["entwurf"]),
    }
    address = reverse("own_requests")
    return [Figure(numbers[key], text, f"{address}?stand={key}") for key, text in texts.items() if numbers[key]]

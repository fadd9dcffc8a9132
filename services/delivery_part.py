"""What was done for a request, what came of it and how it was, on the request's page: for the office alone."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from common.kept_queries import KeptQuery
from services.models import Delivery, Feedback, ServiceRequest


@KeptQuery
def deliveries_for(request: int) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(request=request)


@KeptQuery
def feedback_on(request: int) -> "QuerySet[Feedback]":
    return Feedback.objects.filter(request=request)


def of_request(request: ServiceRequest) -> dict[str, Any]:
    """Two queries."""
    return {
        "deliveries": deliveries_for(request.pk),
        "add_address": reverse("delivery_add", args=[request.reference]),
        "feedback": next(iter(feedback_on(request.pk)), None),
        "forum_address": f"{reverse('forum_add')}?anfrage={request.reference}" if request.may_found_forum else "",
    }

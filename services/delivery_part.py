"""What was done for a request, what came of it and how it was, on the request's page: for the office alone."""

from typing import Any

from django.urls import reverse

from services.models import Delivery, Feedback, ServiceRequest


def of_request(request: ServiceRequest) -> dict[str, Any]:
    """Two queries."""
    return {
        "deliveries": list(Delivery.objects.filter(request=request).select_related("post__person")),
        "add_address": reverse("delivery_add", args=[request.reference]),
        "feedback": Feedback.objects.filter(request=request).first(),
        "forum_address": f"{reverse('forum_add')}?anfrage={request.reference}" if request.may_found_forum else "",
    }

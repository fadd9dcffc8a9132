"""What offices offer, what is asked of them, what they did, and what they report of it."""

from services.models.deliveries import Delivery, Feedback, MeetingEffort
from services.models.entries import RequestDetail, RequestEntry, RequestFile
from services.models.filters import SavedFilter
from services.models.offerings import (
    AnswerTemplate,
    OfferingContact,
    OfferingField,
    OfferingTargetGroup,
    Question,
    RequestTerms,
    ServiceOffering,
)
from services.models.reports import Report, ReportBlock
from services.models.requests import RequestCounter, ServiceRequest
from services.models.states import RequestState

__all__ = [
    "AnswerTemplate",
    "Delivery",
    "Feedback",
    "MeetingEffort",
    "OfferingContact",
    "OfferingField",
    "OfferingTargetGroup",
    "Question",
    "Report",
    "ReportBlock",
    "RequestCounter",
    "RequestDetail",
    "RequestEntry",
    "RequestFile",
    "RequestState",
    "RequestTerms",
    "SavedFilter",
    "ServiceOffering",
    "ServiceRequest",
]

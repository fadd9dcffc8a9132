"""Who may do what with offerings, requests, deliveries and reports; who may read what is in `querysets.py`.

Offerings are edited by the office's leads and administrators, requests worked by everybody of the office, followed by
who asked and by the town hall in whose name it was asked. Django itself says yes to superusers.
"""

from typing import TYPE_CHECKING, Any

import rules

from contacts.rules import is_administrator, standing

if TYPE_CHECKING:
    from services.models import ServiceRequest


@rules.predicate
def works_for_office(user: Any, obj: Any = None) -> bool:
    offices = standing(user).offices
    return bool(offices) if obj is None else obj.office_id in offices


@rules.predicate
def answers_for_office(user: Any, obj: Any = None) -> bool:
    """Leads and administrators."""
    offices = standing(user).answers_for
    return bool(offices) if obj is None else obj.office_id in offices


@rules.predicate
def asked(user: Any, request: "ServiceRequest | None" = None) -> bool:
    """Whose own request it is, or in the name of whose town hall it was asked."""
    known = standing(user)
    if not known.is_signed_in:
        return False
    if request is None or request.account_id == user.pk:
        return True
    return request.asks_for == request.AsksFor.TOWN_HALL and request.municipality_id in known.towns_spoken_for


rules.add_perm("services", is_administrator)

# The catalogue is edited in the admin, and by leads on its pages.
for _model in (
    *("serviceoffering", "offeringfield", "offeringtargetgroup", "offeringcontact", "question"),
    *("answertemplate", "requestterms"),
):
    rules.add_perm(f"services.view_{_model}", works_for_office)
    for _verb in ("add", "change", "delete"):
        rules.add_perm(f"services.{_verb}_{_model}", answers_for_office)

rules.add_perm("services.view_servicerequest", works_for_office | asked)
rules.add_perm("services.work_servicerequest", works_for_office)  # everything that the office does with it
rules.add_perm("services.follow_servicerequest", asked)  # write, withdraw, add files, say how it was
rules.add_perm("services.add_servicerequest", works_for_office)  # one that came by phone
rules.add_perm("services.view_requestentry", works_for_office)
rules.add_perm("services.view_requestdetail", works_for_office)
rules.add_perm("services.view_feedback", works_for_office)

for _model in ("delivery", "meetingeffort"):
    for _verb in ("view", "add", "change", "delete"):
        rules.add_perm(f"services.{_verb}_{_model}", works_for_office)

for _model in ("report", "reportblock"):
    rules.add_perm(f"services.view_{_model}", works_for_office)
    for _verb in ("add", "change", "delete"):
        rules.add_perm(f"services.{_verb}_{_model}", answers_for_office)

"""On the page of an office, for its leads and administrators: where they settle how requests are dealt with."""

import datetime
from typing import Any

from contacts.models import Office
from contacts.page_parts import Part
from services.models import RequestTerms


def of_office(office: Office, user: Any, on: datetime.date) -> Part | None:
    """No query of its own."""
    if not user.has_perm("services.change_requestterms", RequestTerms(office=office)):
        return None
    return Part("services/terms_part.html", {"office": office})

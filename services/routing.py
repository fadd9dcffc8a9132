"""Who gets a request: the offering decides the office, the town's responsibility on that day the person."""

import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from common import periods
from contacts.models import Absence, Assignment, ContactPerson
from contacts.models.responsibility import followed
from municipalities.models import Municipality

if TYPE_CHECKING:
    from services.models import ServiceOffering


class Because(models.TextChoices):
    """Why a request lies where it lies."""

    FIELD = "field", _("responsible for the field of action in the town")
    TOWN = "town", _("responsible for the town")
    OFFERING = "offering", _("gets the requests for this offering")
    STANDS_IN = "stands_in", _("stands in for who is responsible")
    AWAY = "away", _("who is responsible is away, and nobody stands in")
    NOBODY = "nobody", _("nobody is named for the town")
    LEFT = "left", _("who got the requests for this offering has left")
    NO_TOWN = "no_town", _("no town is named")
    INBOX = "inbox", _("requests for this offering go to the office's inbox")
    BY_HAND = "by_hand", _("assigned by hand")
    HANDED_OVER = "handed_over", _("taken over in a hand-over")


class Route(NamedTuple):
    """To whom and why; `post` is None where it is the office's inbox. `instead_of` is who is away."""

    post: ContactPerson | None
    because: Because
    via: Assignment | None = None
    instead_of: ContactPerson | None = None


def route(offering: "ServiceOffering", town: Municipality | None, on: datetime.date) -> Route:
    """In the offering's office; at most four queries. Where the offering's own person has left, the town decides."""
    if offering.recipient == offering.Recipient.INBOX:
        return Route(None, Because.INBOX)
    if offering.post is None:
        return _of_town(offering, town, on)
    if periods.contains(offering.post.period, on):
        return _present(offering.post, Because.OFFERING, None, on)
    found = _of_town(offering, town, on)
    # That somebody is away says more than that somebody has left.
    return found if found.instead_of else found._replace(because=Because.LEFT)


def _of_town(offering: "ServiceOffering", town: Municipality | None, on: datetime.date) -> Route:
    if town is None:
        return Route(None, Because.NO_TOWN)
    assignments = Assignment.objects.filter(office=offering.office_id, municipality=town).current(on).primary()
    by_field = {row.field_id: row for row in assignments.select_related("contact_person__person", "field")}
    own = by_field.get(offering.counts_for_id) if offering.counts_for_id else None
    found = own or by_field.get(None)
    if found is None:
        return Route(None, Because.NOBODY)
    because = Because.FIELD if own else Because.TOWN
    return _present(found.contact_person, because, found, on)


def _present(post: ContactPerson, because: Because, via: Assignment | None, on: datetime.date) -> Route:
    """The one wanted, or whoever stands in while they are away."""
    absences = Absence.objects.filter(office=post.office_id, days__contains=on).select_related("substitute__person")
    away = {absence.contact_person_id: absence for absence in absences}
    if post.pk not in away:
        return Route(post, because, via)
    _chain, present = followed(away[post.pk], away, on)
    return Route(present, Because.STANDS_IN if present else Because.AWAY, via, post)

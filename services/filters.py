"""What the list of requests can be narrowed by. Parameter names are part of the addresses."""

import re
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.choices import Choices
from common.kept_queries import KeptQuery
from common.periods import today
from common.sort_keys import sort_key
from contacts.filters import PortalFilter, TextFilter, select
from contacts.models import ContactPerson, Office
from municipalities.models import Municipality
from services.figures import Span
from services.models import RequestState, ServiceOffering, ServiceRequest

MOST = 200  # choices of one filter
FIRST_YEARS = 4  # years that are offered
TIME = re.compile(r"(?P<year>20[0-9]{2})(-q(?P<quarter>[1-4]))?")


def span_of(time: str) -> Span | None:
    """That of "2026" or "2026-q3"."""
    found = TIME.fullmatch(time)
    return Span(int(found["year"]), int(found["quarter"]) if found["quarter"] else None) if found else None


def _worked(user: Any, name: str) -> "QuerySet[ServiceRequest, Any]":
    """What the requests of one's offices name."""
    return ServiceRequest.objects.worked_by(user).order_by().values(name)


@KeptQuery
def _offerings(user: Any) -> "QuerySet[ServiceOffering, tuple[int, str]]":
    found = ServiceOffering.objects.filter(pk__in=_worked(user, "offering")).order_by("sort_key")
    return found.values_list("pk", "title")[:MOST]


@KeptQuery
def _towns(user: Any) -> "QuerySet[Municipality, tuple[str, str]]":
    found = Municipality.objects.filter(pk__in=_worked(user, "municipality")).order_by("sort_key")
    return found.values_list("ags", "name")[:MOST]


@KeptQuery
def _posts(user: Any) -> "QuerySet[ContactPerson]":
    found = ContactPerson.objects.filter(pk__in=_worked(user, "assigned_to")).select_related("person")
    return found.order_by("person__sort_key", "pk")[:MOST]


@KeptQuery
def _offices(user: Any) -> "QuerySet[Office, tuple[str, str]]":
    return Office.objects.filter(pk__in=_worked(user, "office")).values_list("slug", "name")[:MOST]


class RequestFilter(PortalFilter):
    """The requests one works on: by text, state, offering, kind, town, office, person and time of receipt."""

    q = TextFilter(label=_("Number, subject, town or who asks"), method="by_words")
    stand = select(
        pgettext_lazy("request", "State"), _("All states of a request"), field_name="state",
        choices=[(state.value, state.label) for state in RequestState if state not in ("draft", "unconfirmed")],
    )  # fmt: skip
    leistung = select(_("Offering"), _("All offerings"), field_name="offering")
    art = select(_("Kind"), _("All kinds"), field_name="offering__kind", choices=ServiceOffering.Kind.choices)
    kommune = select(_("Municipality"), _("All municipalities"), field_name="municipality__ags")
    person = select(_("Who takes care of it"), _("Everybody"), field_name="assigned_to")
    zeit = select(_("Received"), _("At any time"), method="received_in")
    stelle = select(_("Office"), _("All offices"), field_name="office__slug")

    def leistung_choices(self) -> Choices:
        return [(str(pk), title) for pk, title in _offerings(self.request.user)]

    def kommune_choices(self) -> Choices:
        return _towns(self.request.user)

    def person_choices(self) -> Choices:
        return [(str(post.pk), str(post.person)) for post in _posts(self.request.user)]

    def stelle_choices(self) -> Choices:
        return sorted(_offices(self.request.user), key=lambda office: sort_key(office[1]))

    def zeit_choices(self) -> Choices:
        """The last years, and the quarters of this one and the last."""
        year = today().year
        years = [(str(each), str(each)) for each in range(year, year - FIRST_YEARS, -1)]
        quarters = [
            (f"{each}-q{quarter}", str(Span(each, quarter))) for each in (year, year - 1) for quarter in (4, 3, 2, 1)
        ]
        asked = self.chosen("zeit")
        known = {key for key, _label in (*years, *quarters)}
        return [*years, *quarters, *([(asked, asked)] if span_of(asked) and asked not in known else [])]

    def by_words(self, requests: Any, name: str, text: str) -> Any:
        return requests.saying(text)

    def received_in(self, requests: Any, name: str, time: str) -> Any:
        span = span_of(time)
        return requests.received_within(span.first, span.last) if span else requests

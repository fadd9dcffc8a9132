"""What the list of requests can be narrowed by. Parameter names are part of the addresses."""

import calendar
import datetime
import re
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.choices import Choices
from common.periods import ONE_DAY, midnight, today
from common.sort_keys import sort_key
from contacts.filters import PortalFilter, TextFilter, select
from contacts.models import ContactPerson, Office
from municipalities.models import Municipality
from services.models import RequestState, ServiceOffering, ServiceRequest

MOST = 200  # choices of one filter
FIRST_YEARS = 4  # years that are offered
TIME = re.compile(r"(?P<year>20[0-9]{2})(-q(?P<quarter>[1-4]))?")


def days_of(time: str) -> tuple[datetime.date, datetime.date] | None:
    """First and last day of "2026" or "2026-q3"."""
    found = TIME.fullmatch(time)
    if found is None:
        return None
    year, quarter = int(found["year"]), int(found["quarter"] or 0)
    first, last = (3 * quarter - 2, 3 * quarter) if quarter else (1, 12)
    return datetime.date(year, first, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])


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

    @property
    def _rows(self) -> "QuerySet[ServiceRequest]":
        return ServiceRequest.objects.worked_by(self.request.user).order_by()

    def leistung_choices(self) -> Choices:
        found = ServiceOffering.objects.filter(pk__in=self._rows.values("offering"))
        return [(str(pk), title) for pk, title in found.order_by("sort_key").values_list("pk", "title")[:MOST]]

    def kommune_choices(self) -> Choices:
        found = Municipality.objects.filter(pk__in=self._rows.values("municipality"))
        return list(found.order_by("sort_key").values_list("ags", "name")[:MOST])

    def person_choices(self) -> Choices:
        found = ContactPerson.objects.filter(pk__in=self._rows.values("assigned_to")).select_related("person")
        return [(str(post.pk), str(post.person)) for post in found.order_by("person__sort_key", "pk")[:MOST]]

    def stelle_choices(self) -> Choices:
        found = Office.objects.filter(pk__in=self._rows.values("office"))
        return sorted(found.values_list("slug", "name")[:MOST], key=lambda office: sort_key(office[1]))

    def zeit_choices(self) -> Choices:
        """The last years, and the quarters of this one and the last."""
        year = today().year
        years = [(str(each), str(each)) for each in range(year, year - FIRST_YEARS, -1)]
        quarters = [
            (f"{each}-q{quarter}", gettext("%(quarter)d. quarter of %(year)d") % {"quarter": quarter, "year": each})
            for each in (year, year - 1)
            for quarter in (4, 3, 2, 1)
        ]
        asked = self.chosen("zeit")
        known = {key for key, _label in (*years, *quarters)}
        return [*years, *quarters, *([(asked, asked)] if days_of(asked) and asked not in known else [])]

    def by_words(self, requests: Any, name: str, text: str) -> Any:
        return requests.saying(text)

    def received_in(self, requests: "QuerySet[ServiceRequest]", name: str, time: str) -> "QuerySet[ServiceRequest]":
        days = days_of(time)
        if days is None:
            return requests
        return requests.filter(submitted_at__gte=midnight(days[0]), submitted_at__lt=midnight(days[1] + ONE_DAY))

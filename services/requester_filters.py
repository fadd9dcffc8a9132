"""What one's own requests can be narrowed by. Parameter names are part of the addresses."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.choices import Choices
from contacts.filters import PortalFilter, TextFilter, select
from municipalities.models import Municipality
from services.filters import MOST
from services.models import ServiceRequest
from services.models.states import CLOSING, OPEN

STATES = {
    "entwurf": (_("Drafts"), Q(state="draft")),
    "offen": (_("Open"), Q(state__in=OPEN)),
    "wartet": (_("Waiting for my reply"), Q(state="waiting")),
    "abgeschlossen": (pgettext_lazy("requests", "Closed"), Q(state__in=CLOSING)),
}


class OwnRequestFilter(PortalFilter):
    """One's own and one's town hall's requests: by text, where they stand, town, and who asked."""

    q = TextFilter(label=_("Subject, number or offering"), method="by_words")
    stand = select(
        pgettext_lazy("request", "State"),
        _("All states"),
        method="in_state",
        choices=[(key, label) for key, (label, _condition) in STATES.items()],
    )
    kommune = select(_("Municipality"), _("All municipalities"), field_name="municipality__ags")
    wer = select(
        _("Who asked"),
        _("Me and my town hall"),
        method="asked_by_whom",
        choices=[("ich", _("I")), ("rathaus", _("Others of my town hall"))],
    )

    def kommune_choices(self) -> Choices:
        asked = ServiceRequest.objects.asked_by(self.request.user).order_by()
        found = Municipality.objects.filter(pk__in=asked.values("municipality"))
        return list(found.order_by("sort_key").values_list("ags", "name")[:MOST])

    def by_words(self, requests: Any, name: str, text: str) -> Any:
        return requests.called(text)

    def in_state(self, requests: QuerySet[ServiceRequest], name: str, key: str) -> QuerySet[ServiceRequest]:
        return requests.filter(STATES[key][1])

    def asked_by_whom(self, requests: QuerySet[ServiceRequest], name: str, key: str) -> QuerySet[ServiceRequest]:
        own = Q(account=self.request.user.pk)
        return requests.filter(own) if key == "ich" else requests.exclude(own)

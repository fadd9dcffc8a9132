"""What the list of deliveries can be narrowed by. Parameter names are part of the addresses."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.choices import Choices
from common.sort_keys import sort_key
from contacts.filters import MOST_CHOICES, PortalFilter, TextFilter, select
from contacts.models import ContactPerson, FieldOfAction, Office, OfficeTask
from municipalities.models import Municipality
from services.models import Delivery, ServiceOffering


class DeliveryFilter(PortalFilter):
    """Those of one's offices: by text, year, town, offering, field of action, task, who carried it out, and office."""

    q = TextFilter(label=_("Result, place or reference number"), method="by_words")
    jahr = select(_("Year"), _("All years"), method="in_year")
    kommune = select(_("Municipality"), _("All municipalities"), field_name="municipality__ags")
    leistung = select(_("Offering"), _("All offerings"), field_name="offering")
    handlungsfeld = select(_("Field of action"), _("All fields of action"), field_name="field")
    aufgabe = select(_("Office task"), _("All tasks"), field_name="task")
    person = select(_("Who carried it out"), _("Everybody"), field_name="post")
    stelle = select(_("Office"), _("All offices"), field_name="office__slug")

    @property
    def deliveries(self) -> QuerySet[Delivery]:
        return Delivery.objects.visible_to(self.request.user).order_by()

    def jahr_choices(self) -> Choices:
        years = self.deliveries.values_list("held_on__year", flat=True).distinct()
        return [(str(year), str(year)) for year in sorted(years, reverse=True)]

    def kommune_choices(self) -> Choices:
        towns = Municipality.objects.filter(pk__in=self.deliveries.values("municipality")).order_by("sort_key")
        return list(towns.values_list("ags", "name"))

    def leistung_choices(self) -> Choices:
        rows = ServiceOffering.objects.filter(pk__in=self.deliveries.values("offering")).order_by("sort_key")
        return _pairs(rows.values_list("pk", "title"))

    def handlungsfeld_choices(self) -> Choices:
        rows = FieldOfAction.objects.filter(pk__in=self.deliveries.values("field"))
        return _pairs(rows.values_list("pk", "name"))

    def aufgabe_choices(self) -> Choices:
        return _pairs(OfficeTask.objects.filter(pk__in=self.deliveries.values("task")).values_list("pk", "name"))

    def person_choices(self) -> Choices:
        posts = ContactPerson.objects.filter(pk__in=self.deliveries.values("post")).select_related("person")
        return _pairs((post.pk, post.person.name) for post in posts.order_by("person__sort_key"))

    def stelle_choices(self) -> Choices:
        offices = Office.objects.filter(pk__in=self.deliveries.values("office"))
        found = offices.order_by("sort_key").values_list("slug", "name")[:MOST_CHOICES]
        return sorted(found, key=lambda office: sort_key(office[1]))

    def by_words(self, deliveries: Any, name: str, text: str) -> Any:
        return deliveries.saying(text)

    def in_year(self, deliveries: QuerySet[Any], name: str, year: str) -> QuerySet[Any]:
        return deliveries.filter(held_on__year=int(year))


def _pairs(rows: Any) -> Choices:
    return [(str(key), name) for key, name in rows]

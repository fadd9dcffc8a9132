"""What the catalogue can be narrowed by. Parameter names are part of the addresses."""

from typing import Any

from django.db.models import Case, QuerySet, When
from django.utils.translation import gettext_lazy as _

from common.choices import Choices
from common.periods import today
from common.sort_keys import sort_key
from contacts.filters import MOST_CHOICES, PortalFilter, TextFilter, select
from contacts.models import FieldOfAction, Office, OfficeArea, TargetGroup
from contacts.querysets import in_area_of
from contacts.rules import standing
from municipalities.models import District, Municipality
from services.models import OfferingField, OfferingTargetGroup, ServiceOffering

Offerings = QuerySet[Any]


class OfferingFilter(PortalFilter):
    """The offerings one may see: by text, place, office, kind, field of action, target group, and time."""

    q = TextFilter(label=_("Service or what it is about"), method="by_words")
    kreis = select(_("District"), _("All districts"), method="in_district")
    kommune = select(_("Municipality"), _("All municipalities"), method="for_town")
    stelle = select(_("Office"), _("All offices"), field_name="office__slug")
    art = select(
        _("Kind"), _("All kinds"), field_name="kind",
        choices=[choice for choice in ServiceOffering.Kind.choices if choice[0] != "correction"],
    )  # fmt: skip
    handlungsfeld = select(_("Field of action"), _("All fields of action"), method="in_field")
    zielgruppe = select(_("Target group"), _("All target groups"), method="for_group")
    zeit = select(
        _("Time"), _("Offered today"), method="at_time",
        choices=[("kuenftig", _("Later")), ("beendet", _("No longer offered")), ("alle", _("All times"))],
    )  # fmt: skip

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Choosing another district leaves the town of the former one in the form.
        if data and data.get("kreis") and not data.get("kommune", "").startswith(data["kreis"]):
            data = data.copy()
            data["kommune"] = ""
        super().__init__(data, *args, **kwargs)
        known = standing(self.request.user)
        if not (known.is_superuser or known.offices):
            del self.filters["zeit"]  # everyone else sees what is offered today

    @property
    def visible(self) -> Any:
        return ServiceOffering.objects.visible_to(self.request.user).in_catalogue().order_by()

    @property
    def offices(self) -> Any:
        return Office.objects.filter(pk__in=self.visible.values("office"))

    def stelle_choices(self) -> Choices:
        chosen_first = Case(When(slug=self.chosen("stelle"), then=0), default=1)
        found = self.offices.order_by(chosen_first, "sort_key").values_list("slug", "name")[:MOST_CHOICES]
        return sorted(found, key=lambda office: sort_key(office[1]))

    def kreis_choices(self) -> Choices:
        """The districts in which the offices serve anything."""
        areas = OfficeArea.objects.filter(office__in=self.visible.values("office"))
        chosen_first = Case(When(ags=self.chosen("kreis"), then=0), default=1)
        districts = District.objects.filter(pk__in=areas.district_ids()).order_by(chosen_first, "sort_key")
        found = districts.values_list("ags", "full_name", "sort_key")[:MOST_CHOICES]
        return [(ags, name) for ags, name, _key in sorted(found, key=lambda district: district[2])]

    def kommune_choices(self) -> Choices:
        """The towns of the chosen district that an office serves; of all where they are few; always the chosen one."""
        district, chosen = self.chosen("kreis"), self.chosen("kommune")
        towns = Municipality.objects.existing(today()).filter(in_area_of(self.visible.values("office")))
        if district:
            towns = towns.filter(ags__startswith=district)
        found = list(towns.order_by("sort_key", "ags").values_list("ags", "name")[: None if district else MOST_CHOICES])
        if not district and len(found) == MOST_CHOICES:
            found = list(Municipality.objects.filter(ags=chosen).values_list("ags", "name"))
        return found

    def handlungsfeld_choices(self) -> Choices:
        """Every office keeps its own list; fields of one name are one choice."""
        links = OfferingField.objects.filter(offering__in=self.visible.values("pk"))
        return self._by_name("handlungsfeld", FieldOfAction.objects.filter(pk__in=links.values("field")))

    def zielgruppe_choices(self) -> Choices:
        links = OfferingTargetGroup.objects.filter(offering__in=self.visible.values("pk"))
        return self._by_name("zielgruppe", TargetGroup.objects.filter(pk__in=links.values("target_group")))

    def _by_name(self, name: str, entries: QuerySet[Any]) -> Choices:
        chosen_first = Case(When(name=self.chosen(name), then=0), default=1)
        rows = entries.order_by(chosen_first, "name").values_list("name", flat=True)
        names = dict.fromkeys(rows[: MOST_CHOICES * 10])
        return [(each, each) for each in sorted(list(names)[:MOST_CHOICES], key=sort_key)]

    def by_words(self, offerings: Any, name: str, text: str) -> Offerings:
        found: Offerings = offerings.containing(text)
        return found

    def in_district(self, offerings: Any, name: str, ags: str) -> Offerings:
        found: Offerings = offerings.serving(Municipality.objects.filter(district__ags=ags))
        return found

    def for_town(self, offerings: Any, name: str, ags: str) -> Offerings:
        found: Offerings = offerings.serving(Municipality.objects.filter(ags=ags))
        return found

    def in_field(self, offerings: Any, name: str, field_name: str) -> Offerings:
        links = OfferingField.objects.filter(field__name__iexact=field_name)
        return offerings.filter(pk__in=links.values("offering"))

    def for_group(self, offerings: Any, name: str, group: str) -> Offerings:
        links = OfferingTargetGroup.objects.filter(target_group__name__iexact=group)
        return offerings.filter(pk__in=links.values("offering"))

    def at_time(self, offerings: Any, name: str, time: str) -> Offerings:
        narrowed = {"kuenftig": offerings.future, "beendet": offerings.past}
        return narrowed[time](today()) if time in narrowed else offerings

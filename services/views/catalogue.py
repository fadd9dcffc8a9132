"""The catalogue: the list of what the offices offer, and the page of one offering."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common import markup
from common.kept_queries import KeptQuery
from common.lists import Column, LongList, both_ways
from common.periods import in_words, last_day, today
from contacts.links import RowLinks
from contacts.models import Assignment, ContactPerson
from contacts.responsibility import Contact, StandIn, contact_of, office_contact, stand_ins
from services import linked_data
from services.models import ServiceOffering
from services.offering_filters import OfferingFilter


def names(entries: Any) -> str:
    return ", ".join(entry.name for entry in entries.all())


@KeptQuery
def offerings_of_keys(keys: list[int]) -> "QuerySet[ServiceOffering]":
    return ServiceOffering.objects.filter(pk__in=keys).select_related("office").order_by()


class Offerings(LongList):
    """What the offices offer: office by office, or in another order; what is over only where staff asks for it."""

    template_name = "services/offerings.html"
    filterset_class = OfferingFilter
    page_size = 30
    orders = (
        *both_ways("stelle", _("Office"), "office__sort_key", "office", "sort_key", "pk"),
        *both_ways("titel", _("Title"), "sort_key", "pk"),
    )
    columns = (
        Column(_("Service"), lambda offering: offering.title),
        Column(_("Kind"), lambda offering: offering.get_kind_display()),
        Column(_("Office"), lambda offering: offering.office.name),
        Column(_("In one sentence"), lambda offering: offering.summary),
        Column(_("Target groups"), lambda offering: names(offering.target_groups)),
        Column(_("Fields of action"), lambda offering: names(offering.fields)),
        Column(_("What it takes"), lambda offering: offering.needs),
        Column(_("Lead time"), lambda offering: offering.lead_time),
        Column(_("Cost"), lambda offering: offering.cost),
        Column(_("Offered"), lambda offering: in_words(offering.period)),
        Column(_("Source"), lambda offering: offering.source),
    )
    file_name = "leistungen"
    of_keys = offerings_of_keys

    def rows(self) -> QuerySet[ServiceOffering]:
        offerings = ServiceOffering.objects.visible_to(self.request.user).in_catalogue().select_related("office")
        return offerings if self.request.GET.get("zeit") else offerings.offered(today())

    def complete(self, rows: list[ServiceOffering]) -> list[ServiceOffering]:
        prefetch_related_objects(rows, "fields", "target_groups")
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        may_add = user.is_authenticated and user.has_perm("services.add_serviceoffering")
        is_by_office = self.order.key.endswith("stelle")
        for_town = self.request.GET.get("kommune")
        return super().get_context_data(may_add=may_add, is_by_office=is_by_office, for_town=for_town, **kwargs)


@dataclass(frozen=True)
class Named:
    """A contact person on an offering's page, with the towns they are responsible for."""

    contact: Contact
    towns: list[str]
    stand_in: StandIn | None

    @property
    def reached(self) -> Contact:
        """Whom to call today."""
        return self.stand_in.contact if self.stand_in else self.contact


class OfferingPage(RowLinks, TemplateView):
    """What is offered, to whom, what it takes, and whom to ask."""

    template_name = "services/offering.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        rows = ServiceOffering.objects.visible_to(user).select_related("office__request_terms", "task", "counts_for")
        offering = get_object_or_404(rows, pk=kwargs["pk"])
        people = contacts_of(offering, user)
        target_groups = list(offering.target_groups.all())
        return super().get_context_data(
            offering=offering,
            office=offering.office,
            for_town=self.request.GET.get("kommune"),  # chosen before, for the form
            goal=markup.rendered(offering.goal, 3),
            contents=markup.rendered(offering.contents, 3),
            needs=markup.rendered(offering.needs, 3),
            examples=markup.rendered(offering.examples, 3),
            target_groups=target_groups,
            fields=offering.fields.all(),
            promised_days=offering.promised_days(),
            people=people,
            has_ways=any(named.reached.phone or named.reached.email for named in people),
            office_contact=office_contact(offering.office),
            is_offered=offering.is_offered(today()),
            last_day=last_day(offering.period),
            may_change=user.has_perm("services.change_serviceoffering", offering),
            linked_data="" if user.is_authenticated else linked_data.of_offering(offering, target_groups),
            **kwargs,
        )


def contacts_of(offering: ServiceOffering, user: Any) -> list[Named]:
    """Whom the offering names, else who is responsible for the office's towns; as far as the account may see them.

    At most three queries; the office must be loaded.
    """
    on = today()
    posts = ContactPerson.objects.visible_to(user).current(on).for_directory(on, user).filter(office=offering.office_id)
    found = list(posts.filter(offering_links__offering=offering).order_by("offering_links__position", "pk"))
    if not found:
        carried = Assignment.objects.visible_to(user).current(on).primary().filter(contact_person=OuterRef("pk"))
        found = list(posts.filter(Exists(carried)))
    for post in found:
        post.office = offering.office
    absent = stand_ins(found, on, user) if found else {}
    return [
        Named(contact, post.town_names, absent.get(post.pk)) for post in found if (contact := contact_of(post, user))
    ]

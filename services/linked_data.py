"""What machines read of an offering: schema.org as JSON-LD, as everyone sees it."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.safestring import SafeString

from contacts.linked_data import filled, office_thing, written
from contacts.models import TargetGroup
from contacts.responsibility import office_contact
from services.models import ServiceOffering


def of_offering(offering: ServiceOffering, target_groups: Iterable[TargetGroup]) -> SafeString:
    """A service of the office. Asks nothing."""
    address = settings.PUBLIC_URL + offering.get_absolute_url()
    service = {"@type": "Service", "@id": address} | filled(
        name=offering.title,
        url=address,
        description=offering.summary,
        serviceType=offering.get_kind_display(),
        provider=office_thing(office_contact(offering.office)),
        audience=[{"@type": "Audience", "audienceType": group.name} for group in target_groups],
    )
    return written([service])

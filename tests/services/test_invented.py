"""Every page of an invented office says so, also the lists that are of no single office."""

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import OfficeMembership
from services.models import Report
from tests.factories import DeliveryFactory, OfficeMembershipFactory, ServiceRequestFactory
from tests.services.office import Setting, signed_in, words

pytestmark = pytest.mark.django_db

MARK = "Erfundenes Beispiel: Stelle, Personen und Zuständigkeiten"


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
def lead(setting: Setting) -> Client:
    return signed_in(OfficeMembershipFactory(office=setting.office, role="lead").user)


def pages(setting: Setting) -> list[str]:
    setting.request()
    DeliveryFactory(office=setting.office)
    report = Report.objects.create(office=setting.office, year=2025)
    return [
        "/anfragen/",
        "/anfragen/neu/",
        f"/anfragen/neu/?leistung={setting.offering.pk}",
        "/durchfuehrungen/",
        "/berichte/",
        "/berichte/neu/",
        f"/berichte/{report.pk}/festschreiben/",
    ]


def test_pages_of_an_invented_office_say_so(setting: Setting, lead: Client) -> None:
    for address in pages(setting):
        assert words(lead.get(address)).count(MARK) == 1, address
    assert MARK in words(signed_in(setting.requester).get("/meine-anfragen/"))


def test_lists_of_several_offices_say_which_rows_are_of_an_invented_one(setting: Setting, lead: Client) -> None:
    lead_of_both = OfficeMembership.objects.get(office=setting.office, role="lead").user
    real = OfficeMembershipFactory(user=lead_of_both, role="lead", office__is_invented=False).office
    addresses = [page for page in pages(setting) if page in ("/anfragen/", "/durchfuehrungen/", "/berichte/")]
    request = ServiceRequestFactory(offering__office=real, account=setting.requester)
    request.submit(timezone.now())
    DeliveryFactory(office=real)
    Report.objects.create(office=real, year=2025)
    for address in addresses:
        shown = words(lead.get(address))
        assert MARK not in shown
        assert shown.count('<span class="badge badge--warning">erfunden</span>') == 1, address
    shown = words(signed_in(setting.requester).get("/meine-anfragen/"))
    assert shown.count('<span class="badge badge--warning">erfunden</span>') == 1

"""Who sees which requests: whoever asked, the town halls in whose name it was asked, and the office."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from municipalities.models import Municipality
from services.models import ServiceRequest
from tests.factories import AssociationFactory, MunicipalStaffFactory
from tests.services.requester import Setting


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


def of_association(setting: Setting) -> User:
    """Somebody in the town hall that the first town shares with others."""
    association = AssociationFactory.create(district=setting.town.district)
    Municipality.objects.filter(pk=setting.town.pk).update(association=association)
    return MunicipalStaffFactory(municipality=None, association=association).user


def seen(user: User) -> set[str]:
    return set(ServiceRequest.objects.visible_to(user).values_list("subject", flat=True))


def test_staff_of_an_association_see_what_was_asked_in_the_name_of_its_towns(setting: Setting) -> None:
    clerk = of_association(setting)
    setting.request(subject="im Namen des Rathauses")
    setting.request(subject="für einen Verein", asks_for="organisation")
    setting.request(subject="aus einer anderen Stadt", municipality=setting.second_town)
    assert seen(clerk) == {"im Namen des Rathauses"}


def test_staff_of_town_and_association_see_both(setting: Setting) -> None:
    clerk = of_association(setting)
    MunicipalStaffFactory(user=clerk, municipality=setting.second_town)
    setting.request(subject="im Namen des Rathauses")
    setting.request(subject="aus der zweiten Stadt", municipality=setting.second_town)
    assert seen(clerk) == {"im Namen des Rathauses", "aus der zweiten Stadt"}


def test_requests_of_an_association_are_found_without_a_join(setting: Setting) -> None:
    """With a join among the conditions PostgreSQL would walk through all requests."""
    clerk = of_association(setting)
    with CaptureQueriesContext(connection) as queries:
        list(ServiceRequest.objects.visible_to(clerk))
    assert " JOIN " not in queries[-1]["sql"]

"""Who sees which requests: whoever asked, the town halls in whose name it was asked, and the office."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from municipalities.models import Municipality
from services.models import RequestEntry, RequestFile, ServiceRequest
from tests.factories import AssociationFactory, MunicipalStaffFactory, UserFactory
from tests.services.requester import Setting, a_file, signed_in


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


def test_operator_sees_what_is_internal_and_the_town_hall_does_not(
    setting: Setting, tmp_path: Path, settings: Any
) -> None:
    settings.FILES_ROOT = tmp_path
    request = setting.request()
    operator = UserFactory.create(is_superuser=True)
    upload = a_file()
    upload.kind = "pdf"  # type: ignore[attr-defined]
    request.note("Nur für uns.", timezone.now(), by=operator)
    request.attach([upload], timezone.now(), by=operator, is_internal=True)
    entries, files = RequestEntry.objects.filter(is_internal=True), RequestFile.objects.all()
    assert (entries.visible_to(operator).count(), files.visible_to(operator).count()) == (2, 1)
    assert (entries.visible_to(setting.clerk).count(), files.visible_to(setting.clerk).count()) == (0, 0)
    assert "Nur für uns." in signed_in(operator).get(request.get_absolute_url()).content.decode()

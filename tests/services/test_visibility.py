"""Who sees which requests: whoever asked, the town halls in whose name it was asked, and the office."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from common.periods import ONE_DAY, period, today
from municipalities.models import Municipality, Succession
from services.models import RequestEntry, RequestFile, ServiceRequest
from tests.factories import AssociationFactory, MunicipalityFactory, MunicipalStaffFactory, UserFactory
from tests.services.office import words
from tests.services.requester import Setting, a_file, send, signed_in


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


def merged(old: Municipality, new: Municipality, on: datetime.date) -> None:
    old.end(on - ONE_DAY)
    Succession.objects.create(predecessor=old, successor=new, took_effect_on=on, kind="merged")


def test_staff_of_the_successor_follow_what_a_town_asked_that_is_no_more(setting: Setting) -> None:
    between, last = MunicipalityFactory.create(), MunicipalityFactory.create()
    merged(setting.town, between, today() - 400 * ONE_DAY)
    merged(between, last, today())
    clerk = MunicipalStaffFactory(municipality=last).user
    request = setting.request(subject="im Namen des Rathauses")
    setting.request(subject="für einen Verein", asks_for="organisation")
    assert seen(clerk) == {"im Namen des Rathauses"}
    client = signed_in(clerk)
    assert request.get_absolute_url() in words(client.get("/meine-anfragen/"))
    send(client, f"/meine-anfragen/{request.reference}/schreiben/", text="Wir sind jetzt zuständig.")
    assert "Wir sind jetzt zuständig." in words(client.get(request.get_absolute_url()))


def test_staff_of_a_shared_town_hall_follow_what_its_towns_took_over(setting: Setting) -> None:
    old = MunicipalityFactory.create()
    setting.request(subject="aus dem alten Ort", municipality=old)
    clerk = of_association(setting)
    merged(old, setting.town, today())
    assert seen(clerk) == {"aus dem alten Ort"}


@pytest.mark.parametrize("case", ["not yet", "the other way", "still a town"])
def test_nobody_else_follows_what_a_town_asked(setting: Setting, case: str) -> None:
    new = MunicipalityFactory.create()
    request = setting.request(subject="im Namen des Rathauses")
    old, later = (new, setting.town) if case == "the other way" else (setting.town, new)
    merged(old, later, today() + (case == "not yet") * ONE_DAY)
    if case == "still a town":
        Municipality.objects.filter(pk=old.pk).update(period=period(None))
    clerk = MunicipalStaffFactory(municipality=new).user
    assert seen(clerk) == set()
    assert signed_in(clerk).get(request.get_absolute_url()).status_code == 404


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

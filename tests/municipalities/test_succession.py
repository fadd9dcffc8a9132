"""A town that is no more leads on to what it became."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from common import database_errors
from common.periods import period
from municipalities.models import Municipality, Succession
from tests.factories import DistrictFactory, MunicipalityFactory

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 1)


def ended(name: str, last: datetime.date, **fields: object) -> Municipality:
    return MunicipalityFactory(name=name, period=period(None, last), **fields)


def follows(predecessor: Municipality, successor: Municipality, on: datetime.date) -> Succession:
    return Succession.objects.create(
        predecessor=predecessor, successor=successor, took_effect_on=on, kind=Succession.Kind.MERGED
    )


def test_successors_are_followed_through_later_changes() -> None:
    first = ended("Adorf", datetime.date(2009, 12, 31))
    second = ended("Bedorf", datetime.date(2019, 12, 31))
    third = MunicipalityFactory(name="Cedorf")
    follows(first, second, datetime.date(2010, 1, 1))
    follows(second, third, datetime.date(2020, 1, 1))
    assert first.successors(TODAY) == [third]
    assert first.successors(datetime.date(2015, 1, 1)) == [second]


def test_a_divided_town_has_several_successors_in_alphabetical_order() -> None:
    town = ended("Adorf", datetime.date(2019, 12, 31))
    last, first = MunicipalityFactory(name="Zedorf"), MunicipalityFactory(name="Ödorf")
    follows(town, last, datetime.date(2020, 1, 1))
    follows(town, first, datetime.date(2020, 1, 1))
    assert [found.name for found in town.successors(TODAY)] == ["Ödorf", "Zedorf"]


def test_a_circle_of_changes_ends() -> None:
    one, other = ended("Adorf", datetime.date(2009, 12, 31)), ended("Bedorf", datetime.date(2009, 12, 31))
    follows(one, other, datetime.date(2010, 1, 1))
    follows(other, one, datetime.date(2010, 1, 1))
    assert one.successors(TODAY) == []


def test_a_district_leads_to_the_districts_of_its_towns() -> None:
    old = DistrictFactory(name="Altkreis")
    town = ended("Adorf", datetime.date(2019, 12, 31), district=old)
    successor = MunicipalityFactory(name="Adorf")
    follows(town, successor, datetime.date(2020, 1, 1))
    assert old.successors(TODAY) == [successor.district]


def test_a_town_cannot_follow_itself() -> None:
    town = MunicipalityFactory()
    succession = Succession(predecessor=town, successor=town, took_effect_on=TODAY, kind=Succession.Kind.MERGED)
    with pytest.raises(ValidationError, match="selbst"):
        succession.full_clean()
    with pytest.raises(IntegrityError):
        succession.save()


def test_the_official_key_never_changes_and_the_refusal_stands_beside_it() -> None:
    town = MunicipalityFactory()
    town.ags = "99999999"
    with pytest.raises(ValidationError) as refusal, database_errors.checked():
        town.save()
    assert "ändert sich nie" in refusal.value.message_dict["ags"][0]

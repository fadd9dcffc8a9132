"""What hangs on a town that has ended is named, until somebody has moved or ended it."""

import datetime
from collections.abc import Callable

import pytest

from common.periods import ONE_DAY, period
from contacts.querysets import open_on_ended
from municipalities.models import Municipality
from tests.factories import (
    LONG_AGO,
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OrganisationFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

ENDED_ON = datetime.date(2026, 1, 1)


def responsibility(town: Municipality, **fields: object) -> None:
    office = OfficeFactory(name="Stelle Muster", areas=[town.district])
    person = PersonFactory(given_name="Mira", family_name="Beispiel")
    AssignmentFactory(municipality=town, contact_person=ContactPersonFactory(office=office, person=person), **fields)


def area(town: Municipality) -> None:
    OfficeFactory(name="Stelle Muster", areas=[town])


def work(town: Municipality, **fields: object) -> None:
    MunicipalStaffFactory(municipality=town, user=UserFactory(name="Rosa Rathaus"), **fields)


def organisation(town: Municipality) -> None:
    OrganisationFactory(municipality=town, name="Verein Muster")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (responsibility, "Zuständigkeit von Mira Beispiel, Stelle Muster"),
        (area, "Teil des Gebiets von Stelle Muster"),
        (work, "Tätigkeit von Rosa Rathaus im Rathaus"),
        (organisation, "Sitz von Verein Muster"),
    ],
)
def test_whatever_names_the_town_is_listed(row: Callable[[Municipality], None], sentence: str) -> None:
    town = MunicipalityFactory()
    row(town)
    row(MunicipalityFactory())
    assert list(open_on_ended([town], ENDED_ON)) == [(town, sentence)]


@pytest.mark.parametrize(("row", "name"), [(responsibility, "valid"), (work, "period")])
def test_what_ended_with_the_town_is_not(row: Callable[..., None], name: str) -> None:
    town = MunicipalityFactory()
    row(town, **{name: period(LONG_AGO, ENDED_ON - ONE_DAY)})
    assert not list(open_on_ended([town], ENDED_ON))


@pytest.mark.parametrize("towns", [1, 5])
def test_many_towns_cost_no_more_queries_than_one(towns: int, django_assert_num_queries: Callable[..., object]) -> None:
    ended = MunicipalityFactory.create_batch(towns)
    for town in ended:
        for row in (area, work, organisation):
            row(town)
    with django_assert_num_queries(4):  # type: ignore[attr-defined]
        assert len(list(open_on_ended(ended, ENDED_ON))) == 3 * towns

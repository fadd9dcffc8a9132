"""The record of processing activities: complete, with the office's own periods, for those who answer for it."""

import pytest
from django.test import Client

from common import personal_data, processing_record
from contacts.models import DataProtection, Office
from tests import roles
from tests.roles import World

PAGE = "/verarbeitung/"


@pytest.fixture
def world(db: None) -> World:
    return roles.world()


def page(client: Client, query: str = "") -> str:
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return response.content.decode()


def test_record_names_every_kind_of_data_with_purpose_and_period(world: World) -> None:
    shown = page(world.client("lead"))
    for data in personal_data.registered():
        assert str(data.purpose) in shown.replace("&quot;", '"'), data.label
    for words in ("24 Monate nach dem Ende der letzten Funktion", "12 Monate nach dem letzten Tag", "Drittländer"):
        assert words in shown


def test_record_tells_the_offices_own_period_and_statements(world: World) -> None:
    DataProtection.objects.filter(office=world.this[Office]).update(
        people_months=6, officer="Behördliche Datenschutzbeauftragte, 05555 1", legal_basis="§ 3 Mustergesetz"
    )
    shown = page(world.client("administrator"))
    assert "6 Monate nach dem Ende der letzten Funktion" in shown
    assert "Behördliche Datenschutzbeauftragte, 05555 1" in shown
    assert "§ 3 Mustergesetz" in shown


def test_office_without_entries_has_the_defaults(world: World) -> None:
    DataProtection.objects.all().delete()
    shown = page(world.client("administrator"))
    assert "24 Monate nach dem Ende" in shown
    assert "noch nicht eingetragen" in shown
    assert "dataprotection/add/?office=" in shown


def test_another_offices_record_is_not_found(world: World) -> None:
    assert world.client("lead").get(PAGE, {"stelle": world.other[Office].slug}).status_code == 404
    assert world.other[Office].name in page(world.client("superuser"), f"?stelle={world.other[Office].slug}")


def test_lead_reads_and_does_not_edit(world: World) -> None:
    assert "dataprotection" not in page(world.client("lead"))


@pytest.mark.parametrize("months", [0, 121, -1])
def test_periods_out_of_bounds_are_refused(world: World, months: int) -> None:
    row = DataProtection(office=Office.objects.first(), people_months=months)
    with pytest.raises(Exception, match=r"120|1 ist|größer"):
        row.full_clean(exclude=["office"])


def test_record_costs_as_many_queries_for_one_office_as_for_many(
    world: World, django_assert_max_num_queries: object
) -> None:
    client = world.client("superuser")
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        client.get(PAGE)


def test_an_odd_office_is_not_found(world: World) -> None:
    for slug in ("%00", "gibt-es-nicht"):
        assert world.client("administrator").get(f"{PAGE}?stelle={slug}").status_code in (200, 404)
    assert world.client("administrator").get(f"{PAGE}?stelle=gibt-es-nicht").status_code == 404


def test_no_two_kinds_of_data_have_the_same_heading() -> None:
    titles = [activity.title for activity in processing_record.activities(None)]
    assert len(titles) == len(set(titles))

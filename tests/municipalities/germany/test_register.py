"""The register in the project is whole, and its outlines fit their maps."""

import re

import pytest

from municipalities.models import DataSource, District, DistrictMap, Municipality, Outline, PostalCode, State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("germany")]


def corners(path: str) -> list[tuple[int, int]]:
    """The points of a path of `M`, relative `l` and `z`."""
    points = []
    for ring in path.split("z"):
        numbers = [int(number) for number in re.findall(r"-?\d+", ring)]
        x, y = 0, 0
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            points.append((x, y))
    return points


def test_all_of_germany_is_there() -> None:
    existing = Municipality.objects.filter(period__endswith__isnull=True)
    assert (State.objects.count(), District.objects.count(), existing.count()) == (16, 400, 10_753)
    assert sum(existing.values_list("population", flat=True)) == 83_577_140
    assert PostalCode.objects.count() == 12_900


def test_every_municipality_of_lippe_has_an_outline_inside_the_map() -> None:
    frame = DistrictMap.objects.get(district__ags="05766")
    outlines = Outline.objects.filter(municipality__district__ags="05766")
    assert len(outlines) == 16
    for outline in outlines:
        assert len(corners(outline.path)) > 20
        for x, y in [*corners(outline.path), (outline.label_x, outline.label_y)]:
            assert 0 <= x <= frame.width
            assert 0 <= y <= frame.height


def test_the_map_of_lippe_is_small_enough_to_stand_in_the_page() -> None:
    frame = DistrictMap.objects.get(district__ags="05766")
    outlines = Outline.objects.filter(municipality__district__ags="05766")
    assert max(frame.width, frame.height) == 1000
    assert sum(len(outline.path) for outline in outlines) < 25_000
    assert len(frame.path) < 8_000


def test_every_municipality_of_today_has_an_outline_and_every_district_a_map() -> None:
    assert Municipality.objects.filter(period__endswith__isnull=True, outline=None).count() == 0
    assert District.objects.filter(map=None).count() == 0
    assert Outline.objects.filter(path="").count() == 0


def test_maps_and_postal_codes_name_their_sources() -> None:
    assert DataSource.objects.get(file="boundaries").attribution == "© GeoBasis-DE / BKG (Daten verändert)"
    assert "ODbL" in DataSource.objects.get(file="postal_codes.csv").licence

"""Boundaries become small paths in the frame of a map."""

from hypothesis import given
from hypothesis import strategies as st

from municipalities.loading import outlines


def square(west: float, south: float, side: float = 1.0) -> outlines.Polygons:
    ring = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    return [[ring]]


def test_the_longer_side_of_the_map_is_1000_wide() -> None:
    found = outlines.project({"a": square(8, 51), "b": square(9, 51)}, [])
    assert (found.width, found.height) == (1000, 805)


def test_north_is_up() -> None:
    found = outlines.project({"south": square(8, 51), "north": square(8, 52)}, [])
    assert found.outlines["north"].label[1] < found.outlines["south"].label[1]


def test_borders_between_neighbours_are_no_part_of_the_outline_of_all() -> None:
    left = [(0, 0), (2, 0), (2, 2), (0, 2)]
    right = [(2, 0), (4, 0), (4, 2), (2, 2)]
    (ring,) = outlines.dissolved([left, right])
    assert {(2, 0), (4, 0), (4, 2), (0, 2), (0, 0)} <= set(ring)
    assert len(ring) == 6


def test_an_area_without_municipality_belongs_to_the_outline() -> None:
    found = outlines.project({"a": square(8, 51)}, [square(9, 51)])
    assert found.width == 1000
    assert list(found.outlines) == ["a"]


def test_the_label_of_a_horseshoe_lies_inside_it() -> None:
    horseshoe = [(0, 0), (100, 0), (100, 10), (10, 10), (10, 90), (100, 90), (100, 100), (0, 100)]
    x, y = outlines.label_point([horseshoe])
    assert 0 < x < 10
    assert 0 < y < 100


def test_paths_are_relative_whole_numbers() -> None:
    assert outlines.to_path([[(3, 4), (8, 4), (8, 1)]]) == "M3 4l5 0 0-3z"


@given(st.floats(min_value=6, max_value=15), st.floats(min_value=47, max_value=55), st.floats(0.001, 1))
def test_what_is_drawn_lies_inside_the_map(west: float, south: float, side: float) -> None:
    found = outlines.project({"a": square(west, south, side)}, [])
    x, y = found.outlines["a"].label
    assert 0 < x < found.width <= 1000
    assert 0 < y < found.height <= 1000

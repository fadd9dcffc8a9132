"""Boundaries in degrees become SVG paths in the frame of their district's map.

The projection is equirectangular with the district's middle latitude as the true one: degrees of longitude are
shortened by its cosine. Within a district that is exact to a few metres, and it is one multiplication.
"""

import math
from dataclasses import dataclass
from typing import Any

LONGER_SIDE = 1000
MARGIN = 4  # room for the stroke

Point = tuple[int, int]
Ring = list[Point]
Degrees = tuple[float, float]
Polygons = list[list[list[Degrees]]]


@dataclass(frozen=True)
class Outline:
    path: str
    label: Point


@dataclass(frozen=True)
class DistrictMap:
    width: int
    height: int
    path: str
    outlines: dict[str, Outline]


def polygons(geometry: dict[str, Any]) -> Polygons:
    """Polygons, each a list of rings; KeyError, TypeError or ValueError where the geometry is not an area."""
    found = {"Polygon": lambda rings: [rings], "MultiPolygon": lambda several: several}[geometry["type"]](
        geometry["coordinates"]
    )
    return [[[(float(x), float(y)) for x, y in ring] for ring in polygon] for polygon in found]


def project(
    shapes: dict[str, Polygons], filling: list[Polygons], centres: dict[str, Degrees] | None = None
) -> DistrictMap:
    """The district's map: every shape's path and a point inside it for its label, and the outline of all together.

    `filling` are areas that belong to the district and to no municipality. Shapes must share their border points.
    """
    every = [point for shape in [*shapes.values(), *filling] for polygon in shape for point in polygon[0]]
    west, east = min(x for x, _ in every), max(x for x, _ in every)
    south, north = min(y for _, y in every), max(y for _, y in every)
    shrink = math.cos(math.radians((south + north) / 2))
    scale = (LONGER_SIDE - 2 * MARGIN) / max((east - west) * shrink, north - south)

    def to_point(degrees: Degrees) -> Point:
        return round((degrees[0] - west) * shrink * scale) + MARGIN, round((north - degrees[1]) * scale) + MARGIN

    def to_rings(shape: Polygons) -> list[Ring]:
        rings = ([to_point(degrees) for degrees in ring] for polygon in shape for ring in polygon)
        return [shortened for ring in rings if (shortened := _without_repeats(ring))]

    rings = {ags: to_rings(shape) for ags, shape in shapes.items()}
    all_rings = [ring for shape in rings.values() for ring in shape]
    all_rings += [ring for shape in filling for ring in to_rings(shape)]
    width, height = to_point((east, south))
    return DistrictMap(
        width=width + MARGIN,
        height=height + MARGIN,
        path=to_path(dissolved(all_rings)),
        outlines={
            ags: Outline(to_path(shape), label_point(shape) if shape else to_point((centres or {})[ags]))
            for ags, shape in rings.items()
            if shape or ags in (centres or {})
        },
    )


def _without_repeats(ring: Ring) -> Ring:
    """The ring without its closing point and without points that fell together; empty where no area is left."""
    points = [point for index, point in enumerate(ring) if point != ring[index - 1]]
    return points if len(points) > 2 else []


def to_path(rings: list[Ring]) -> str:
    """SVG path data in whole numbers, relative ones: `M3 4l5-6 7 8z`."""
    parts = []
    for ring in rings:
        x, y = ring[0]
        steps = []
        for next_x, next_y in ring[1:]:
            steps.append(f"{next_x - x} {next_y - y}")
            x, y = next_x, next_y
        parts.append(f"M{ring[0][0]} {ring[0][1]}l{' '.join(steps)}z".replace(" -", "-"))
    return "".join(parts)


def dissolved(rings: list[Ring]) -> list[Ring]:
    """The outline of all rings together: a border between two of them is run through once each way, and falls out."""
    edges: dict[Point, list[Point]] = {}
    for ring in rings:
        for index, end in enumerate(ring):
            start = ring[index - 1]
            if start in edges.get(end, ()):
                edges[end].remove(start)
            else:
                edges.setdefault(start, []).append(end)
    found = []
    for start, ends in edges.items():
        while ends:
            ring, point = [start], ends.pop()
            while point != start and edges.get(point):
                ring.append(point)
                point = edges[point].pop()
            if len(ring) > 2:
                found.append(ring)
    return found


def label_point(rings: list[Ring]) -> Point:
    """A point inside the largest ring: the middle of the widest stretch through the height of its centroid."""
    largest = max(rings, key=lambda ring: abs(_double_area(ring)))
    area = _double_area(largest)
    if not area:
        return largest[0]
    centre = sum((y1 + y2) * (x1 * y2 - x2 * y1) for (x1, y1), (x2, y2) in _edges(largest)) / (3 * area)
    level = math.floor(centre) + 0.5  # no corner lies on a half
    crossings = sorted(
        x1 + (level - y1) * (x2 - x1) / (y2 - y1)
        for ring in rings
        for (x1, y1), (x2, y2) in _edges(ring)
        if (y1 < level) != (y2 < level)
    )
    stretches = list(zip(crossings[::2], crossings[1::2], strict=True))
    left, right = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    return round((left + right) / 2), round(level)


def _double_area(ring: Ring) -> int:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(ring))


def _edges(ring: Ring) -> list[tuple[Point, Point]]:
    return [(ring[index - 1], end) for index, end in enumerate(ring)]

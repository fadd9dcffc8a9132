"""The map's colours stay apart for people who see red, green or blue otherwise; numbers and hatching say it besides."""

import itertools
import re

import pytest
from django.conf import settings

from integration_portal.views.districts import FILLS

Colour = tuple[float, float, float]

# How colours look without one kind of cone: Machado, Oliveira, Fernandes, IEEE TVCG 15 (2009), severity 1, linear RGB.
SIGHTS: dict[str, tuple[Colour, Colour, Colour]] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
APART = 10  # CIE 1976 colour difference; 2.3 is just noticeable side by side


def palettes() -> dict[str, list[str]]:
    """The colours of the map by day and in dark mode, as the style sheet sets them."""
    css = (settings.BASE_DIR / "static/portal/pages.css").read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)", 1)
    by_day = dict(re.findall(r"--map-(\d): (#[0-9a-f]{6})", light))
    by_night = by_day | dict(re.findall(r"--map-(\d): (#[0-9a-f]{6})", dark))
    return {"light": list(by_day.values()), "dark": list(by_night.values())}


def linear(colour: str) -> Colour:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def lab(colour: Colour) -> Colour:
    """CIE L*a*b* for daylight (D65)."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in colour)
    tristimulus = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in tristimulus)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_no_two_colours_of_the_map_look_alike(sight: str, mode: str) -> None:
    palette = palettes()[mode]
    assert len(palette) == FILLS
    seen = {
        colour: lab(tuple(sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in SIGHTS[sight]))
        for colour in palette
    }
    alike = [
        (one, other)
        for one, other in itertools.combinations(palette, 2)
        if sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5 < APART
    ]
    assert not alike

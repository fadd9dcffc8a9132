"""German alphabetical order by DIN 5007-1: ä as a, ß as ss, hyphens as spaces."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.sort_keys import sort_key
from municipalities.models import Municipality
from tests.factories import MunicipalityFactory

IN_ORDER = [
    "Aach",
    "Ahaus",
    "Ähtäri",
    "Bad Münder am Deister",
    "Bad Salzuflen",
    "Badenweiler",
    "Dörentrup",
    "Dornburg",
    "Goslar",
    "Gößnitz",
    "Göttingen",
    "Halle (Saale)",
    "Halle (Westf.)",
    "Horn-Bad Meinberg",
    "Hornberg",
    "Lüdenscheid",
    "Lügde",
    "Luhden",
    "Oerlinghausen",
    "Öhringen",
    "Zwickau",
]


def test_names_of_towns_stand_in_din_order() -> None:
    shuffled = random.Random(1).sample(IN_ORDER, len(IN_ORDER))
    assert sorted(shuffled, key=sort_key) == IN_ORDER


@pytest.mark.django_db
def test_the_database_sorts_alike() -> None:
    for name in reversed(IN_ORDER):
        MunicipalityFactory(name=name)
    assert list(Municipality.objects.values_list("name", flat=True)) == IN_ORDER


@given(st.text(alphabet="aäoöuüsßz -", max_size=10), st.text(alphabet="aäoöuüsßz -", max_size=10))
def test_umlauts_sort_as_their_letter(one: str, other: str) -> None:
    plain = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})
    before = sort_key(one) < sort_key(other)
    assert before == (sort_key(one.translate(plain)) < sort_key(other.translate(plain)))

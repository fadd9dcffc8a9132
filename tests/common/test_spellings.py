"""Names are found however their umlauts are typed."""

import pytest

from common.sort_keys import folded_spellings


@pytest.mark.parametrize(
    ("typed", "spellings"),
    [
        ("Lügde", ["lugde"]),
        ("Luegde", ["luegde", "lugde"]),
        ("Horn-Bad  Meinberg", ["horn bad meinberg"]),
        ("Groß", ["gross"]),
        ("Bauer an der Quelle", ["bauer an der quelle"]),
        ("%_\x00🙂", []),
        ("", []),
    ],
)
def test_typed_names_fold_to_sort_keys(typed: str, spellings: list[str]) -> None:
    assert folded_spellings(typed) == spellings

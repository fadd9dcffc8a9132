"""Names are found in the admin however their umlauts are typed."""

import pytest

from common.admin import folded_spellings


@pytest.mark.parametrize(
    ("typed", "spellings"),
    [
        ("Lügde", ["lugde"]),
        ("Luegde", ["luegde", "lugde"]),
        ("Horn-Bad  Meinberg", ["horn bad meinberg"]),
        ("Groß", ["gross"]),
        ("%_\x00🙂", []),
        ("", []),
    ],
)
def test_typed_names_fold_to_sort_keys(typed: str, spellings: list[str]) -> None:
    assert folded_spellings(typed) == spellings

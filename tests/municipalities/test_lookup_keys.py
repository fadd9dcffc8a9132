"""Names and typed text are brought to one spelling, whatever is typed."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from municipalities import lookup

names = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüßABCÄÖÜ -", min_size=1, max_size=40)
words = st.text(alphabet=string.ascii_lowercase, min_size=1, max_size=12)

SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
LEFT_OUT = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U", "ß": "ss"})


@given(names)
def test_umlauts_spelled_out_left_out_and_written_meet_in_one_key(name: str) -> None:
    keys = set(lookup.keys(name))
    assert set(lookup.spellings(name.translate(SPELLED_OUT))) <= keys
    assert set(lookup.spellings(name.translate(LEFT_OUT))) <= keys
    assert set(lookup.spellings(name)) <= keys


@given(names)
def test_case_hyphens_and_outer_spaces_do_not_matter(name: str) -> None:
    assert lookup.keys(f"  {name.upper()} ") == lookup.keys(name)
    assert lookup.keys(name.replace("-", " ")) == lookup.keys(name)


@given(st.text(max_size=300))
def test_keys_hold_plain_letters_and_digits_only(text: str) -> None:
    assert all(re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", key) for key in lookup.keys(text))


@given(st.text(max_size=400))
def test_any_text_can_be_taken_apart(text: str) -> None:
    typed = lookup.parse(text)
    assert all(len(name) <= 2 * lookup.LONGEST_TEXT for name in typed.names)
    assert "\0" not in "".join([*typed.names, *typed.qualifiers, typed.postal_code, typed.ags])


@pytest.mark.parametrize("text", ["", " ", "\0", "%", "_", "🙂", "مدينة", "a" * 10_000, "Lage " * 2_000])
def test_nothing_is_left_of_text_that_is_no_name(text: str) -> None:
    assert not lookup.parse(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Stadt Lage", "lage"),
        ("Ansprechpartner Lemgo", "lemgo"),
        ("wer ist zuständig für Lage", "lage"),
        ("Wer ist in Bad Salzuflen zuständig?", "bad salzuflen"),
        ("Lage, Lippe", "lage"),
        ("Lage (Lippe)", "lage"),
        ("Lage NRW", "lage"),
        ("Lage, Nordrhein-Westfalen", "lage"),
        ("32791 Lage", "lage"),
        ("Lage 32791", "lage"),
        ("Neustadt an der Weinstraße", "neustadt an der weinstrasse"),
    ],
)
def test_the_name_is_found_among_other_words(text: str, name: str) -> None:
    assert lookup.parse(text).name == name


@given(words, words)
def test_distance_is_the_same_both_ways(one: str, other: str) -> None:
    assert lookup.distance(one, other, 20) == lookup.distance(other, one, 20)


@given(words)
def test_every_single_error_is_among_the_edits_and_nothing_else(word: str) -> None:
    edits = lookup.one_edit_away(word)
    assert all(lookup.distance(word, edit, 3) == 1 for edit in edits)
    if len(word) > 1:
        swapped = word[1] + word[0] + word[2:]
        assert swapped == word or swapped in edits


@given(words, st.integers(min_value=0, max_value=3))
def test_distance_says_only_that_it_is_more_than_asked_for(word: str, most: int) -> None:
    assert lookup.distance(word, word + "x" * (most + 1), most) == most + 1

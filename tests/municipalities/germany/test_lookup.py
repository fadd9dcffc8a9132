"""What people type finds the town they mean, in the register of all Germany."""

import csv
import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.periods import period
from municipalities import lookup
from municipalities.lookup import Match
from municipalities.models import District, Locality, Municipality

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("germany")]

FOLDER = Path(__file__).parent.parent
TODAY = datetime.date(2026, 3, 1)


def corpus() -> list[dict[str, str]]:
    rows = []
    for file in ("lookup_corpus.csv", "lookup_by_hand.csv"):
        with (FOLDER / file).open(encoding="utf-8", newline="") as lines:
            rows += list(csv.DictReader(lines))
    return rows


def first(text: str, **options: Any) -> str:
    found = Municipality.objects.search(text, **options)
    return found[0].ags if found else ""


def lippe() -> list[int]:
    return [District.objects.get(ags="05766").pk]


def test_99_of_100_queries_by_which_one_place_can_be_meant_find_it_first() -> None:
    queries = [row for row in corpus() if row["first"]]
    wrong = [(row["rule"], row["typed"]) for row in queries if first(row["typed"]) != row["first"]]
    assert len(queries) > 700
    assert len(wrong) <= len(queries) / 100, wrong


def test_nonsense_and_unknown_codes_find_nothing() -> None:
    misses = [row["typed"] for row in corpus() if not row["first"]]
    assert len(misses) > 50
    assert [text for text in misses if first(text)] == []


def test_a_lookup_takes_two_queries_at_most_whatever_is_typed() -> None:
    for text in [
        "Lage",
        "Lage, Lippe",
        "Hamlen",
        "xqzv",
        "32791 Lage",
        "wer ist zuständig für Horn Bad Meinberg",
        "ba",
    ]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            Municipality.objects.search(text, preferred=District.objects.filter(ags="05766").values("pk"), on=TODAY)
        assert len(queries) <= 2, text


@pytest.mark.parametrize(
    "text",
    ["x" * 10_000, "Lage" * 5_000, "%", "_", "%_%", "\\", "'", '"', "\0", "La\0ge", "🙂🙂", "ליפה", "مدينة", "\ud800"],
)
def test_odd_text_is_no_error(text: str) -> None:
    assert isinstance(Municipality.objects.search(text), list)


@pytest.mark.parametrize("text", ["x" * 10_000, "Lage " * 2_000, "%", "_", "\0", "🙂", "مدينة"])
def test_odd_text_finds_nothing(text: str) -> None:
    assert Municipality.objects.search(text) == []


def test_matches_are_ranked_exact_prefix_part() -> None:
    matches = [town.matched for town in Municipality.objects.search("Lage")]
    assert matches == sorted(matches)
    assert {Match.EXACT, Match.PREFIX, Match.PART} == set(matches)


def test_namesakes_are_ranked_by_population() -> None:
    exact = [town for town in Municipality.objects.search("Neustadt") if town.matched == Match.EXACT]
    populations = [town.population for town in exact]
    assert len(exact) > 5
    assert populations == sorted(populations, reverse=True)


def test_places_of_preferred_districts_come_before_larger_ones() -> None:
    found = Municipality.objects.search("bad", preferred=lippe())
    assert [town.name for town in found][:1] == ["Bad Salzuflen"]
    assert found[0].is_preferred


def test_an_exact_name_elsewhere_comes_before_a_beginning_nearby() -> None:
    assert Municipality.objects.search("Horn", preferred=lippe())[0].matched == Match.EXACT


def test_one_exact_name_is_the_only_answer() -> None:
    answer = lookup.only_answer(Municipality.objects.search("Dörentrup"))
    assert answer is not None
    assert answer.ags == "05766024"


def test_one_beginning_is_the_only_answer() -> None:
    answer = lookup.only_answer(Municipality.objects.search("doerent"))
    assert answer is not None
    assert answer.name == "Dörentrup"


@pytest.mark.parametrize("text", ["Lage", "Neustadt", "Frankfurt", "ba", "xqzv", "Oerlinghausn"])
def test_several_namesakes_or_a_typing_error_leave_the_choice_to_the_person(text: str) -> None:
    assert lookup.only_answer(Municipality.objects.search(text)) is None


def test_an_exact_name_elsewhere_is_not_sure_while_places_nearby_begin_so() -> None:
    assert lookup.only_answer(Municipality.objects.search("Horn", preferred=lippe())) is None


def test_an_association_finds_its_towns() -> None:
    found = Municipality.objects.search("Samtgemeinde Nordhümmling")
    assert len(found) > 1
    assert {town.association.name for town in found} == {"Nordhümmling"}
    assert found[0].matched_name == "Nordhümmling"


def test_a_locality_is_found_as_soon_as_it_is_entered() -> None:
    lage = Municipality.objects.get(ags="05766040")
    Locality.objects.create(name="Müssen-Billinghausen", municipality=lage)
    found = Municipality.objects.search("muessen billinghausen")
    assert [(town.ags, town.matched, town.matched_name) for town in found] == [
        ("05766040", Match.EXACT, "Müssen-Billinghausen")
    ]


def test_a_renamed_or_deleted_locality_is_not_found_any_more() -> None:
    locality = Locality.objects.create(name="Xyzquellenhof", municipality=Municipality.objects.get(ags="05766040"))
    locality.name = "Xaverhof"
    locality.save()
    assert (first("Xyzquellenhof"), first("Xaverhof")) == ("", "05766040")
    locality.delete()
    assert first("Xaverhof") == ""


def test_an_ended_town_is_found_where_no_other_has_its_name() -> None:
    assert first("Berga/Elster", on=TODAY) in ("16076004", "16076094")
    Municipality.objects.filter(ags="05766024").update(period=period(None, datetime.date(2025, 1, 1)))
    assert first("Dörentrup", on=TODAY) == "05766024"


def test_an_ended_town_gives_way_to_one_of_its_name_that_exists() -> None:
    uder = [town.ags for town in Municipality.objects.search("Uder", on=TODAY) if town.matched == Match.EXACT]
    assert uder == ["16061119"]


def test_a_narrowed_list_is_searched_within() -> None:
    within = Municipality.objects.filter(district__ags="03456")
    assert [town.ags for town in within.search("Lage")] == ["03456013"]

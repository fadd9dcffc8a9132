"""The register is loaded whole or not at all, again without a trace, and what is missing in it ends."""

import datetime
import io
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from common.periods import last_day, period
from municipalities.models import (
    Association,
    DataSource,
    District,
    Municipality,
    PostalCode,
    RegisterLoad,
    SearchName,
    State,
    Succession,
)
from tests.factories import AssignmentFactory, ContactPersonFactory, OfficeFactory
from tests.municipalities.data_folder import DataFolder

pytestmark = pytest.mark.django_db

LOADED = [State, District, Association, Municipality, PostalCode, SearchName, Succession, DataSource, RegisterLoad]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


def load(folder: DataFolder, **options: object) -> str:
    output = io.StringIO()
    call_command("load_municipalities", data=folder.path, stdout=output, **options)
    return output.getvalue()


def events() -> int:
    names = ("DistrictEvent", "AssociationEvent", "MunicipalityEvent", "SuccessionEvent")
    return sum(apps.get_model("municipalities", name).objects.count() for name in names)


def test_everything_in_the_files_is_loaded(folder: DataFolder) -> None:
    load(folder)
    town = Municipality.objects.get(ags="97002003")
    assert (town.name, town.second_name, town.designation, town.population) == ("Cedorf", "Cejsa", "Flecken", 700)
    assert town.association.name == "Nebenamt"
    assert town.district.state.abbreviation == "ML"
    assert town.postal_codes.get().kind == "office"


def test_an_empty_cell_is_unknown_and_not_zero(folder: DataFolder) -> None:
    load(folder)
    town = Municipality.objects.get(ags="97001002")
    assert town.population is None


def test_second_run_changes_nothing_and_leaves_no_trace_in_the_audit(folder: DataFolder) -> None:
    load(folder)
    before = events(), [model.objects.count() for model in LOADED]
    assert "Nichts zu ändern" in load(folder)
    assert (events(), [model.objects.count() for model in LOADED]) == before


def test_only_changed_rows_are_written(folder: DataFolder) -> None:
    load(folder)
    before = events()
    folder.replace("municipalities.csv", ",5000,", ",5001,")
    load(folder)
    assert events() == before + 1
    assert Municipality.objects.get(ags="97001001").population == 5001


def test_what_offices_entered_stays(folder: DataFolder) -> None:
    load(folder)
    Municipality.objects.filter(ags="97001001").update(website="https://example.org/")
    folder.replace("municipalities.csv", ",5000,", ",5001,")
    load(folder)
    assert Municipality.objects.get(ags="97001001").website == "https://example.org/"


def test_dry_run_says_what_would_change_and_changes_nothing(folder: DataFolder) -> None:
    said = load(folder, dry_run=True)
    assert "3 neu" not in said.partition("Kommunen")[0]
    assert "Ädorf (97001001)" in said
    assert [model.objects.count() for model in LOADED] == [0] * len(LOADED)


def test_a_load_of_the_same_files_can_be_skipped(folder: DataFolder) -> None:
    load(folder)
    assert "Stand" in load(folder, if_changed=True)
    folder.replace("municipalities.csv", ",5000,", ",5001,")
    assert "97001001" in load(folder, if_changed=True)


def test_a_municipality_missing_in_the_data_ends_and_stays(folder: DataFolder) -> None:
    load(folder)
    folder.drop("municipalities.csv", "97001002")
    folder.drop("postal_codes.csv", "99902")
    said = load(folder)
    town = Municipality.objects.get(ags="97001002")
    assert last_day(town.period) == datetime.date(2025, 8, 30)
    assert "beendet: Bedorf (97001002)" in said


def test_the_day_of_the_end_can_be_given(folder: DataFolder) -> None:
    load(folder)
    folder.drop("municipalities.csv", "97001002")
    folder.drop("postal_codes.csv", "99902")
    load(folder, as_of=datetime.date(2025, 1, 1))
    assert not Municipality.objects.get(ags="97001002").exists(datetime.date(2025, 1, 1))


def test_what_hangs_on_an_ended_municipality_is_listed(folder: DataFolder) -> None:
    load(folder)
    town = Municipality.objects.get(ags="97001002")
    office = OfficeFactory(name="Musterstelle", areas=[town.district])
    AssignmentFactory(municipality=town, contact_person=ContactPersonFactory(office=office))
    folder.drop("municipalities.csv", "97001002")
    folder.drop("postal_codes.csv", "99902")
    said = load(folder)
    assert "Bedorf (97001002)" in said.splitlines()[-1]
    assert "Musterstelle" in said.splitlines()[-1]


def test_a_municipality_that_is_back_in_the_data_is_open_again(folder: DataFolder) -> None:
    load(folder)
    Municipality.objects.filter(ags="97001002").update(period=period(None, datetime.date(2020, 1, 1)))
    load(folder)
    assert Municipality.objects.get(ags="97001002").exists(datetime.date(2030, 1, 1))


def test_predecessors_are_loaded_as_ended(folder: DataFolder) -> None:
    load(folder)
    town = Municipality.objects.get(ags="97001009")
    assert last_day(town.period) == datetime.date(2023, 12, 31)
    assert [change.successor.name for change in town.succeeded_by.all()] == ["Ädorf"]


def test_a_load_says_that_it_was_a_command(folder: DataFolder) -> None:
    load(folder)
    event = apps.get_model("municipalities", "MunicipalityEvent").objects.first()
    assert event.pgh_context.metadata["command"] == "load_municipalities"


# Of each: file, text and what it is replaced by, where and why it is refused.
Broken = tuple[str, str, str, str, str]
BROKEN: dict[str, Broken] = {
    "malformed key": ("municipalities.csv", "97001001,9", "9700100,9", "Zeile 2", "Schlüssel mit 8 Ziffern"),
    "letters in key": ("municipalities.csv", "97001001,9", "9700100X,9", "Zeile 2", "Schlüssel mit 8 Ziffern"),
    "key twice": ("municipalities.csv", "97001002,970010002002", "97001001,970010001001", "Zeile 3", "doppelt"),
    "unknown district": ("municipalities.csv", ",97002,30", ",97009,30", "Zeile 4", "97009"),
    "district of another key": ("municipalities.csv", ",97001,10", ",97002,10", "Zeile 2", "97002"),
    "keys that differ": ("municipalities.csv", "970010001001", "970010001007", "Zeile 2", "gehören nicht zusammen"),
    "population in words": ("municipalities.csv", ",5000,", ",viele,", "Zeile 2", "keine Zahl"),
    "negative population": ("municipalities.csv", ",5000,", ",-5,", "Zeile 2", "keine Zahl"),
    "area not a number": ("municipalities.csv", "10.50", "NaN", "Zeile 2", "keine Zahl"),
    "latitude out of the world": ("municipalities.csv", "51.5,9.5", "151.5,9.5", "Zeile 2", "keine Zahl"),
    "no name": ("municipalities.csv", ",Ädorf,", ",,", "Zeile 2", "leer"),
    "control character": ("municipalities.csv", "Ädorf", "Äd\x07orf", "Zeile 2", "kein Text"),
    "cells too few": ("municipalities.csv", ",51.5,9.5", "", "Zeile 2", "Zellen"),
    "open quote": ("municipalities.csv", "Bedorf", '"Bedorf', "Zeile", ""),
    "column missing": ("municipalities.csv", "population", "people", "Zeile 1", "population"),
    "malformed key of a state": ("states.csv", "97,Muster", "9,Muster", "Zeile 2", "Schlüssel mit 2 Ziffern"),
    "unknown state": ("districts.csv", "Musterkreis,97,", "Musterkreis,96,", "Zeile 2", "96"),
    "district twice": ("districts.csv", "97002,Neben", "97001,Neben", "Zeile 3", "doppelt"),
    "association without district": ("associations.csv", ",97002,", ",97003,", "Zeile 2", "97003"),
    "malformed postal code": ("postal_codes.csv", "99901,9", "9990,9", "Zeile 2", "Schlüssel mit 5 Ziffern"),
    "postal code of nowhere": ("postal_codes.csv", "97001002", "97001004", "Zeile 3", "97001004"),
    "unknown kind of postal code": ("postal_codes.csv", "office", "box", "Zeile 4", "box"),
    "successor unknown": ("successions.csv", "97001001", "97001004", "successions.csv", "97001004"),
    "predecessor still there": ("successions.csv", "97001009", "97001002", "Zeile 2", "97001002"),
    "no such day": ("successions.csv", "2024-01-01", "2024-02-31", "Zeile 2", "2024-02-31"),
    "unknown kind of change": ("successions.csv", "merged", "sold", "Zeile 2", "sold"),
    "no territorial state": ("sources.csv", "2025-08-31", "", "Zeile 2", "Datum"),
    "not JSON": ("boundaries/all/97001.geojson", '"features"', "features", "Zeile 1", "JSON"),
    "not areas": ("boundaries/all/97001.geojson", "Polygon", "Point", "97001.geojson", "GeoJSON"),
    "unincorporated areas are not JSON": (
        "boundaries/unincorporated.geojson",
        "[]",
        "[",
        "Zeile 1",
        "JSON",
    ),
    "outline of another district": (
        "boundaries/all/97001.geojson",
        "97001002",
        "97002003",
        "97001.geojson",
        "97002003",
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_row_stops_the_load_with_its_place_and_changes_nothing(folder: DataFolder, broken: Broken) -> None:
    file, old, new, where, why = broken
    folder.replace(file, old, new)
    with pytest.raises(CommandError) as refusal:
        load(folder)
    assert all(part in str(refusal.value) for part in ("Es wurde nichts geändert", Path(file).name, where, why))
    assert [model.objects.count() for model in LOADED] == [0] * len(LOADED)


def test_broken_detailed_boundaries_stop_the_load_too(folder: DataFolder) -> None:
    """They go before the generalised ones of the same district."""
    general = folder.path / "boundaries/all/97001.geojson"
    (folder.path / "boundaries/97001.geojson").write_text(general.read_text().replace("Polygon", "Point"))
    with pytest.raises(CommandError, match=r"boundaries/97001.geojson.*GeoJSON"):
        load(folder)
    assert [model.objects.count() for model in LOADED] == [0] * len(LOADED)


def test_another_encoding_is_refused_with_the_line(folder: DataFolder) -> None:
    path = folder.path / "municipalities.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    with pytest.raises(CommandError, match=r"Zeile 2.*UTF-8"):
        load(folder)


@pytest.mark.parametrize("file", ["municipalities.csv", "states.csv", "postal_codes.csv"])
def test_a_missing_file_is_refused(folder: DataFolder, file: str) -> None:
    (folder.path / file).unlink()
    with pytest.raises(CommandError, match=rf"{file}.*fehlt"):
        load(folder)


def test_a_table_without_rows_is_refused_rather_than_ending_everything(folder: DataFolder) -> None:
    load(folder)
    for beginning in ("97001", "97002"):
        folder.drop("municipalities.csv", beginning)
    with pytest.raises(CommandError, match="keine Zeilen"):
        load(folder)
    assert not Municipality.objects.filter(ags="97001001", period__endswith__isnull=False).exists()

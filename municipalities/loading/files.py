"""The files in `data/`, read and checked row by row. Columns and sources: `data/README.md`."""

import csv
import datetime
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from municipalities import lookup
from municipalities.loading import outlines

Fields = dict[str, Any]


class BadData(Exception):
    """A file cannot be loaded: which one, in which line, and why."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        where = _("%(file)s, line %(line)d") % {"file": file, "line": line} if line else file
        super().__init__(f"{where}: {reason}")


class Row:
    """One row of a table; each question about a cell answers with its value, or raises BadData."""

    def __init__(self, file: str, line: int, cells: dict[str, str]) -> None:
        self.file, self.line, self.cells = file, line, cells

    def bad(self, reason: str) -> BadData:
        return BadData(self.file, self.line, reason)

    def text(self, column: str, longest: int = 100, *, required: bool = False) -> str:
        value = self.cells[column].strip()
        if required and not value:
            raise self.bad(_("“%(column)s” is empty.") % {"column": column})
        if len(value) > longest:
            raise self.bad(
                _("“%(column)s” has more than %(longest)d characters.") % {"column": column, "longest": longest}
            )
        if not value.isprintable():
            raise self.bad(_("“%(column)s” holds a character that is not text.") % {"column": column})
        return value

    def key(self, column: str, digits: int) -> str:
        value = self.cells[column]
        if not re.fullmatch(rf"[0-9]{{{digits}}}", value):
            raise self.bad(
                _("“%(value)s” in “%(column)s” is not a key of %(digits)d digits.")
                % {"value": value, "column": column, "digits": digits}
            )
        return value

    def optional_key(self, column: str, digits: int) -> str:
        return self.key(column, digits) if self.cells[column] else ""

    def whole_number(self, column: str) -> int | None:
        value = self.cells[column]
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise self.bad(_("“%(value)s” in “%(column)s” is not a number.") % {"value": value, "column": column})
        return int(value)

    def decimal(self, column: str, largest: int, smallest: int = 0) -> Decimal | None:
        value = self.cells[column]
        if not value:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not smallest <= number <= largest:
            raise self.bad(_("“%(value)s” in “%(column)s” is not a number.") % {"value": value, "column": column})
        return number

    def day(self, column: str) -> datetime.date:
        value = self.cells[column]
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise self.bad(
                _("“%(value)s” in “%(column)s” is not a date such as 2025-08-31.") % {"value": value, "column": column}
            ) from None


def rows(folder: Path, file: str, columns: list[str], *, may_be_empty: bool = False) -> Iterator[Row]:
    """The rows of a UTF-8 table with commas, which must have at least these columns and, as a rule, one row."""
    text = _text(folder, file).removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        for column in columns:
            if column not in header:
                raise BadData(file, 1, _("The column “%(column)s” is missing.") % {"column": column})
        is_empty = True
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise BadData(
                    file,
                    reader.line_num,
                    _("%(found)d cells instead of %(expected)d.") % {"found": len(cells), "expected": len(header)},
                )
            is_empty = False
            yield Row(file, reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise BadData(file, reader.line_num, str(error)) from error
    if is_empty and not may_be_empty:
        raise BadData(file, None, _("The file holds no rows."))


def _text(folder: Path, file: str) -> str:
    try:
        content = (folder / file).read_bytes()
    except OSError:
        raise BadData(file, None, _("The file is missing or cannot be read.")) from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadData(file, content.count(b"\n", 0, error.start) + 1, _("The file is not in UTF-8.")) from error


@dataclass(frozen=True)
class PostalCodeRow:
    code: str
    ags: str
    place: str
    kind: str


@dataclass(frozen=True)
class SuccessionRow:
    predecessor: str
    successor: str
    took_effect_on: datetime.date
    kind: str


@dataclass
class Register:
    """What the files say. Tables are fields by official key, foreign keys being keys too."""

    state_on: datetime.date
    sources: dict[str, Fields]
    states: dict[str, Fields]
    districts: dict[str, Fields]
    associations: dict[str, Fields]
    municipalities: dict[str, Fields]
    predecessors: dict[str, Fields]
    successions: list[SuccessionRow]
    postal_codes: list[PostalCodeRow]
    maps: dict[str, outlines.DistrictMap]


def read(folder: Path, progress: Any) -> Register:
    """Everything in the folder, checked; `progress(text)` is called before each file. Raises BadData."""
    progress(_("sources"))
    sources = _sources(folder)
    progress(_("states and districts"))
    states = _states(folder)
    districts = _districts(folder, states)
    associations = _associations(folder, districts)
    progress(_("municipalities"))
    municipalities = _municipalities(folder, districts, associations)
    predecessors, successions = _successions(folder, districts, municipalities)
    progress(_("postal codes"))
    postal_codes = _postal_codes(folder, municipalities)
    progress(_("boundaries"))
    maps = _maps(folder, districts, municipalities)
    return Register(
        state_on=sources["municipalities.csv"]["state_on"],
        sources=sources,
        states=states,
        districts=districts,
        associations=associations,
        municipalities=municipalities,
        predecessors=predecessors,
        successions=successions,
        postal_codes=postal_codes,
        maps=maps,
    )


TABLES = [
    "sources.csv",
    "states.csv",
    "districts.csv",
    "associations.csv",
    "municipalities.csv",
    "successions.csv",
    "postal_codes.csv",
]


def checksum(folder: Path) -> str:
    """One number for everything that a load depends on: the files, and the code that makes keys and outlines."""
    total = hashlib.sha256()
    code = [Path(module.__file__ or "") for module in (lookup, outlines)]
    for path in [*code, *(folder / table for table in TABLES), *sorted(folder.glob("boundaries/**/*.geojson"))]:
        if path.is_file():
            total.update(path.name.encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def _sources(folder: Path) -> dict[str, Fields]:
    columns = ["file", "title", "publisher", "url", "licence", "licence_url", "attribution", "notice", "state_on"]
    found: dict[str, Fields] = {}
    for position, row in enumerate(rows(folder, "sources.csv", columns), 1):
        file = row.text("file", required=True)
        _refuse_double(row, file, found)
        found[file] = {
            "position": position,
            "title": row.text("title", 200, required=True),
            "publisher": row.text("publisher", 200),
            "url": row.text("url", 200),
            "licence": row.text("licence", 100, required=True),
            "licence_url": row.text("licence_url", 200),
            "attribution": row.text("attribution", 300, required=True),
            "notice": row.text("notice", 1000),
            "state_on": row.day("state_on"),
        }
    if "municipalities.csv" not in found:
        raise BadData("sources.csv", None, _("There is no row for municipalities.csv."))
    return found


def _states(folder: Path) -> dict[str, Fields]:
    found: dict[str, Fields] = {}
    for row in rows(folder, "states.csv", ["ags", "name", "abbreviation"]):
        ags = row.key("ags", 2)
        _refuse_double(row, ags, found)
        found[ags] = {"name": row.text("name", required=True), "abbreviation": row.text("abbreviation", 10)}
    return found


def _districts(folder: Path, states: dict[str, Fields]) -> dict[str, Fields]:
    found: dict[str, Fields] = {}
    for row in rows(folder, "districts.csv", ["ags", "name", "kind", "full_name", "state_ags", "seat"]):
        ags = row.key("ags", 5)
        _refuse_double(row, ags, found)
        state = row.key("state_ags", 2)
        if state not in states or not ags.startswith(state):
            raise row.bad(_("The state %(key)s is unknown, or not the one of the key.") % {"key": state})
        found[ags] = {
            "name": row.text("name", required=True),
            "kind": row.text("kind", 50, required=True),
            "full_name": row.text("full_name", 150, required=True),
            "state": state,
            "seat": row.text("seat"),
        }
    return found


def _associations(folder: Path, districts: dict[str, Fields]) -> dict[str, Fields]:
    found: dict[str, Fields] = {}
    for row in rows(folder, "associations.csv", ["ars", "name", "kind", "district_ags", "seat"]):
        ars = row.key("ars", 9)
        _refuse_double(row, ars, found)
        found[ars] = {
            "name": row.text("name", 150, required=True),
            "kind": row.text("kind", 60, required=True),
            "district": _district(row, ars, districts),
            "seat": row.text("seat"),
        }
    return found


def _municipalities(folder: Path, districts: dict[str, Fields], associations: dict[str, Fields]) -> dict[str, Fields]:
    columns = ["ags", "ars", "name", "designation", "title", "name_alt", "district_ags", "area_km2", "population"]
    columns += ["postal_code", "latitude", "longitude"]
    found: dict[str, Fields] = {}
    for row in rows(folder, "municipalities.csv", columns):
        ags = row.key("ags", 8)
        _refuse_double(row, ags, found)
        ars = row.key("ars", 12)
        if ars[:5] + ars[9:] != ags:
            raise row.bad(_("The keys %(ags)s and %(ars)s do not belong together.") % {"ags": ags, "ars": ars})
        latitude, longitude = row.decimal("latitude", 90, -90), row.decimal("longitude", 180, -180)
        found[ags] = {
            "name": row.text("name", required=True),
            "second_name": row.text("name_alt"),
            "title": row.text("title"),
            "designation": row.text("designation", 50, required=True),
            "district": _district(row, ags, districts),
            "association": ars[:9] if ars[:9] in associations else None,
            "population": row.whole_number("population"),
            "area_km2": row.decimal("area_km2", 999_999),
            "town_hall_postal_code": row.optional_key("postal_code", 5),
            "latitude": None if latitude is None else float(latitude),
            "longitude": None if longitude is None else float(longitude),
        }
    return found


def _successions(
    folder: Path, districts: dict[str, Fields], municipalities: dict[str, Fields]
) -> tuple[dict[str, Fields], list[SuccessionRow]]:
    """The municipalities that are no more, and what they became."""
    columns = ["predecessor_ags", "predecessor_name", "predecessor_designation", "predecessor_district_ags"]
    columns += ["successor_ags", "took_effect_on", "kind"]
    ended: dict[str, Fields] = {}
    found: list[SuccessionRow] = []
    for row in rows(folder, "successions.csv", columns, may_be_empty=True):
        ags, successor = row.key("predecessor_ags", 8), row.key("successor_ags", 8)
        if ags in municipalities:
            raise row.bad(_("%(ags)s has a successor, but is in municipalities.csv too.") % {"ags": ags})
        if row.cells["kind"] not in ("merged", "divided", "rekeyed"):
            raise row.bad(_("“%(value)s” is not a kind of territorial change.") % {"value": row.cells["kind"]})
        succession = SuccessionRow(ags, successor, row.day("took_effect_on"), row.cells["kind"])
        if any((ags, successor) == (known.predecessor, known.successor) for known in found):
            raise row.bad(_("%(key)s is there twice.") % {"key": f"{ags} → {successor}"})
        if ags == successor:
            raise row.bad(_("A municipality cannot follow itself."))
        found.append(succession)
        ended[ags] = {
            "name": row.text("predecessor_name", required=True),
            "designation": row.text("predecessor_designation", 50, required=True),
            "district": _district(row, ags, districts, "predecessor_district_ags"),
            "ended_on": succession.took_effect_on,
        }
    for succession in found:
        if succession.successor not in municipalities and succession.successor not in ended:
            raise BadData(
                "successions.csv", None, _("The municipality %(ags)s is unknown.") % {"ags": succession.successor}
            )
    return ended, found


def _postal_codes(folder: Path, municipalities: dict[str, Fields]) -> list[PostalCodeRow]:
    found: dict[tuple[str, str, str], PostalCodeRow] = {}
    for row in rows(folder, "postal_codes.csv", ["postal_code", "municipality_ags", "place", "kind"]):
        code, ags = row.key("postal_code", 5), row.key("municipality_ags", 8)
        if ags not in municipalities:
            raise row.bad(_("The municipality %(ags)s is unknown.") % {"ags": ags})
        if row.cells["kind"] not in ("area", "office"):
            raise row.bad(_("“%(value)s” is not a kind of postal code.") % {"value": row.cells["kind"]})
        place = row.text("place")
        _refuse_double(row, (code, ags, place), found, " ".join((code, ags, place)))
        found[code, ags, place] = PostalCodeRow(code, ags, place, row.cells["kind"])
    return list(found.values())


def _refuse_double(row: Row, key: Any, found: dict[Any, Any], shown: str = "") -> None:
    if key in found:
        raise row.bad(_("%(key)s is there twice.") % {"key": shown or key})


def _district(row: Row, key: str, districts: dict[str, Fields], column: str = "district_ags") -> str:
    district = row.cells[column]
    if district not in districts or not key.startswith(district):
        raise row.bad(_("The district %(key)s is unknown, or not the one of the key.") % {"key": district})
    return district


def _maps(
    folder: Path, districts: dict[str, Fields], municipalities: dict[str, Fields]
) -> dict[str, outlines.DistrictMap]:
    """The map of each district that has a file of boundaries; the detailed file goes before the generalised one."""
    unincorporated: dict[str, list[outlines.Polygons]] = {}
    for properties, polygons in _features(folder, "boundaries/unincorporated.geojson"):
        unincorporated.setdefault(str(properties.get("district")), []).append(polygons)
    found = {}
    for district in districts:
        detailed = f"boundaries/{district}.geojson"
        is_detailed = (folder / detailed).exists()
        file = detailed if is_detailed else f"boundaries/all/{district}.geojson"
        if not (folder / file).exists():
            continue
        shapes: dict[str, outlines.Polygons] = {}
        for properties, polygons in _features(folder, file):
            ags = str(properties.get("ags"))
            if not ags.startswith(district):
                raise BadData(file, None, _("The municipality %(ags)s is unknown.") % {"ags": ags})
            if ags in shapes:
                raise BadData(file, None, _("%(key)s is there twice.") % {"key": ags})
            # What has no place in the register any more keeps its share of the district's outline.
            shapes[ags] = polygons
        filling = [] if is_detailed else unincorporated.get(district, [])
        centres = {
            ags: (fields["longitude"], fields["latitude"])
            for ags in shapes
            if (fields := municipalities.get(ags)) and fields["longitude"] is not None
        }
        found[district] = outlines.project(shapes, filling, centres)
    return found


def _features(folder: Path, file: str) -> Iterator[tuple[dict[str, Any], outlines.Polygons]]:
    try:
        content = json.loads(_text(folder, file))
    except json.JSONDecodeError as error:
        raise BadData(file, error.lineno, _("This is not JSON: %(reason)s") % {"reason": error.msg}) from error
    try:
        for feature in content["features"]:
            yield feature["properties"], outlines.polygons(feature["geometry"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadData(file, None, _("This is not GeoJSON with areas.")) from error

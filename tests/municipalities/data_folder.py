"""A small folder of invented register data, as `load_municipalities` reads it, to change and to break."""

import json
from pathlib import Path

TABLES = {
    "sources.csv": [
        "file,title,publisher,url,licence,licence_url,attribution,notice,state_on",
        "municipalities.csv,Musterverzeichnis,Musteramt,,frei,,© Musteramt,,2025-08-31",
    ],
    "states.csv": ["ags,name,abbreviation", "97,Musterland,ML"],
    "districts.csv": [
        "ags,name,kind,full_name,state_ags,seat",
        "97001,Musterkreis,Kreis,Kreis Musterkreis,97,Adorf",
        "97002,Nebenkreis,Kreis,Kreis Nebenkreis,97,Cedorf",
    ],
    "associations.csv": ["ars,name,kind,district_ags,seat", "970025001,Nebenamt,Amt,97002,Cedorf"],
    "municipalities.csv": [
        "ags,ars,name,designation,title,name_alt,district_ags,area_km2,population,postal_code,latitude,longitude",
        "97001001,970010001001,Ädorf,Stadt,,,97001,10.50,5000,99901,51.5,9.5",
        "97001002,970010002002,Bedorf,Gemeinde,,,97001,20.00,,99902,51.5,10.5",
        "97002003,970025001003,Cedorf,Flecken,,Cejsa,97002,30.00,700,99903,,",
    ],
    "successions.csv": [
        "predecessor_ags,predecessor_name,predecessor_designation,predecessor_district_ags,successor_ags,"
        "took_effect_on,kind",
        "97001009,Altdorf,Gemeinde,97001,97001001,2024-01-01,merged",
    ],
    "postal_codes.csv": [
        "postal_code,municipality_ags,place,kind",
        "99901,97001001,Ädorf,area",
        "99902,97001002,Bedorf,area",
        "99903,97002003,Cedorf,office",
    ],
}
SQUARES = {"97001001": 9.0, "97001002": 10.0}


def square(west: float) -> dict[str, object]:
    corners = [(west, 51.0), (west + 1, 51.0), (west + 1, 52.0), (west, 52.0), (west, 51.0)]
    return {"type": "Polygon", "coordinates": [corners]}


class DataFolder:
    """`rows(file)` can be changed; `write()` writes what changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tables = {file: list(rows) for file, rows in TABLES.items()}
        (path / "boundaries" / "all").mkdir(parents=True)
        features = [
            {"type": "Feature", "properties": {"ags": ags, "name": ""}, "geometry": square(west)}
            for ags, west in SQUARES.items()
        ]
        self.write_map("boundaries/all/97001.geojson", {"type": "FeatureCollection", "features": features})
        self.write_map("boundaries/unincorporated.geojson", {"type": "FeatureCollection", "features": []})
        self.write()

    def write_map(self, file: str, content: object) -> None:
        (self.path / file).write_text(json.dumps(content), encoding="utf-8")

    def write(self) -> None:
        for file, rows in self.tables.items():
            (self.path / file).write_text("\n".join([*rows, ""]), encoding="utf-8")

    def replace(self, file: str, old: str, new: str) -> None:
        """Change the text of a file; the old text must be in it."""
        path = self.path / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def drop(self, file: str, beginning: str) -> None:
        """Take out the row that begins so."""
        path = self.path / file
        rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(row for row in rows if not row.startswith(beginning)), encoding="utf-8")

"""A list of localities as offices have it: a table with the columns locality and AGS, from a spreadsheet or not."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from common import periods
from common.csv import readable
from common.sort_keys import sort_key
from municipalities.loading.files import BadData, Row
from municipalities.models import Locality, Municipality

NAMES_OF_LOCALITY = {"locality", "ortsteil", "name"}
NAMES_OF_KEY = {"ags", "gemeindeschlussel", "amtlicher gemeindeschlussel", "amtlicher gemeindeschlussel ags"}


def load(path: Path, *, dry_run: bool) -> list[Locality]:
    """The localities that were added, or would be; what is there already stays. Raises BadData, then none is added."""
    towns = {town.ags: town for town in Municipality.objects.select_related("district")}
    known = set(Locality.objects.values_list("municipality_id", "sort_key"))
    in_file: set[tuple[int, str]] = set()
    new = []
    today = periods.today()
    for row in _rows(path):
        ags, name = row.key("ags", 8), readable(row.text("locality", required=True))
        town = towns.get(ags)
        if town is None:
            raise row.bad(_("The municipality %(ags)s is unknown.") % {"ags": ags})
        if not town.exists(today):
            raise row.bad(_("%(municipality)s (%(ags)s) has ended.") % {"municipality": town, "ags": ags})
        if not sort_key(name):
            raise row.bad(_("“%(name)s” is not a name.") % {"name": name})
        key = (town.pk, sort_key(name))
        if key in in_file:
            raise row.bad(_("%(key)s is there twice.") % {"key": f"{name}, {ags}"})
        in_file.add(key)
        if key not in known:
            new.append(Locality(name=name, municipality=town))
    if not dry_run:
        with transaction.atomic():
            Locality.objects.bulk_create(new, batch_size=1000)
    return new


def _rows(path: Path) -> Iterator[Row]:
    """The rows with their cells named `locality` and `ags`, whatever the encoding and separator."""
    try:
        content = path.read_bytes()
    except OSError:
        raise BadData(path.name, None, _("The file is missing or cannot be read.")) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [sort_key(cell) for cell in next(reader, [])]
        columns: dict[str, int] = {}
        for name, titles in {"locality": NAMES_OF_LOCALITY, "ags": NAMES_OF_KEY}.items():
            at = next((at for at, title in enumerate(header) if title in titles), None)
            if at is None:
                raise BadData(path.name, 1, _("The column “%(column)s” is missing.") % {"column": name})
            columns[name] = at
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise BadData(
                    path.name,
                    reader.line_num,
                    _("%(found)d cells instead of %(expected)d.") % {"found": len(cells), "expected": len(header)},
                )
            yield Row(path.name, reader.line_num, {name: cells[at].strip() for name, at in columns.items()})
    except csv.Error as error:
        raise BadData(path.name, reader.line_num, str(error)) from error

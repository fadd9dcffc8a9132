"""A list of localities as offices have it: a table with the columns locality and AGS, from a spreadsheet or not."""

import re
from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from common import periods, tables
from common.sort_keys import sort_key
from municipalities.loading.files import BadData, Row
from municipalities.models import Locality, Municipality

HEADINGS = {
    "Ortsteil": {"locality", "ortsteil", "name"},
    "AGS": {"ags", "gemeindeschlussel", "amtlicher gemeindeschlussel", "amtlicher gemeindeschlussel ags"},
}


class Refused(Exception):
    """The table cannot be taken; `reasons` are sentences that name the rows."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def read(file: str, content: bytes, towns: QuerySet[Municipality]) -> list[Locality]:
    """The localities that are not there yet, unsaved, if all rows are right and of these towns. Raises Refused."""
    try:
        rows = _rows(file, tables.read(content))
    except (tables.TableRefused, BadData) as refused:
        raise Refused([str(refused)]) from None
    keys = {row.cells["AGS"] for row, _problems in rows}
    existing = set(Municipality.objects.filter(ags__in=keys).values_list("ags", flat=True))
    own = {town.ags: town for town in towns.filter(ags__in=keys).select_related("district")}
    stored = set(Locality.objects.filter(municipality__ags__in=keys).values_list("municipality__ags", "sort_key"))
    found: dict[tuple[str, str], Locality] = {}
    reasons = []
    for row, problems in rows:
        try:
            if problems:
                raise row.bad(" ".join(problems))
            locality = _locality(row, existing, own)
            key = (locality.municipality.ags, sort_key(locality.name))
            if key in found:
                raise row.bad(_("%(key)s is there twice.") % {"key": f"{locality.name}, {key[0]}"})
            found[key] = locality
        except BadData as bad:
            reasons.append(str(bad))
    if reasons:
        raise Refused(reasons)
    return [locality for key, locality in found.items() if key not in stored]


def _locality(row: Row, existing: set[str], own: dict[str, Municipality]) -> Locality:
    name, ags = row.text("Ortsteil", required=True), row.text("AGS", required=True) and row.key("AGS", 8)
    if ags not in existing:
        raise row.bad(_("The municipality %(ags)s is unknown.") % {"ags": ags})
    if ags not in own:
        raise row.bad(_("The municipality %(ags)s is not in your area.") % {"ags": ags})
    if not own[ags].exists(periods.today()):
        raise row.bad(_("%(municipality)s (%(ags)s) has ended.") % {"municipality": own[ags], "ags": ags})
    if not sort_key(name):
        raise row.bad(_("“%(name)s” is not a name.") % {"name": name})
    return Locality(name=name, municipality=own[ags])


def add(localities: Iterable[Locality]) -> None:
    """All of them or none; what somebody else has entered meanwhile stays."""
    Locality.objects.bulk_create(localities, batch_size=1000, ignore_conflicts=True)


def _rows(file: str, table: tables.Table) -> list[tuple[Row, list[str]]]:
    """The rows with their cells named as in HEADINGS and what is wrong with these, whatever else is in the table."""
    if not table.rows:
        raise BadData(file, None, _("The file is empty."))
    headings, *lines = table.rows
    titles = [sort_key(cell) for cell in headings.cells]
    columns = {}
    for name, known in HEADINGS.items():
        at = next((at for at, title in enumerate(titles) if title in known), None)
        if at is None:
            raise BadData(file, headings.number, _("The column “%(column)s” is missing.") % {"column": name})
        columns[name] = at
    found = []
    for line in lines:
        cells = {name: "".join(line.cells[at : at + 1]) for name, at in columns.items()}
        if re.fullmatch("[0-9]{7}", cells["AGS"]):
            # A spreadsheet that takes keys for numbers drops the zero that those of nine Länder begin with.
            cells["AGS"] = f"0{cells['AGS']}"
        found.append((Row(file, line.number, cells), line.problems_in(columns.values())))
    return found

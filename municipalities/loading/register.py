"""What the files say, compared with the database and written to it, all or nothing."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from common import periods
from municipalities import dependants, search_names
from municipalities.loading import bulk, files
from municipalities.models import (
    Association,
    DataSource,
    District,
    DistrictMap,
    Municipality,
    Outline,
    PostalCode,
    RegisterLoad,
    SearchName,
    State,
    Succession,
)

BATCH = 2000

Progress = Callable[[str], None]


@dataclass
class Changes:
    """What a load changes in one table, as names to show."""

    table: str
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.ended or self.removed)


@dataclass
class Outcome:
    changes: list[Changes]
    open_on_ended: list[tuple[Municipality, str]]

    def __bool__(self) -> bool:
        return any(self.changes)


def is_loaded(folder: Path) -> bool:
    """Whether the database holds exactly these files already; reads the files, and one row."""
    latest = RegisterLoad.objects.order_by("-loaded_at").first()
    return latest is not None and latest.checksum == files.checksum(folder)


def load(folder: Path, *, as_of: datetime.date | None, dry_run: bool, progress: Progress) -> Outcome:
    """Bring the database to the state of the files. Raises files.BadData, and then nothing is changed.

    `as_of` is the day on which what is missing in the files is taken to have ended; the territorial state's
    day if None.
    """
    register = files.read(folder, progress)
    with transaction.atomic():
        outcome = _Writer(register, as_of or register.state_on, progress).write()
        checksum = files.checksum(folder)
        if not RegisterLoad.objects.order_by("-loaded_at").filter(checksum=checksum)[:1]:
            RegisterLoad.objects.create(state_on=register.state_on, checksum=checksum)
        if outcome and not dry_run:
            _analyze()
        transaction.set_rollback(dry_run)
    return outcome


def _analyze() -> None:
    """The planner's figures of the tables that were filled; it would guess until the server gets round to it."""
    tables = ", ".join(model._meta.db_table for model in (District, Association, Municipality, PostalCode, SearchName))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


class _Writer:
    def __init__(self, register: files.Register, as_of: datetime.date, progress: Progress) -> None:
        self.register, self.as_of, self.progress = register, as_of, progress

    def write(self) -> Outcome:
        register = self.register
        self.progress(_("states and districts"))
        changes = [
            _upsert(DataSource, "file", register.sources),
            _upsert(State, "ags", register.states),
            _upsert(District, "ags", register.districts, {"state": _ids(State)}, self._ending(District, "ags")),
            _upsert(
                Association,
                "ars",
                register.associations,
                {"district": _ids(District)},
                self._ending(Association, "ars"),
            ),
        ]
        self.progress(_("municipalities"))
        ended_before = set(Municipality.objects.filter(period__endswith__isnull=False).values_list("ags", flat=True))
        changes += [self._municipalities(), self._successions()]
        self.progress(_("postal codes"))
        ids = _ids(Municipality)
        changes.append(
            _replace(
                PostalCode,
                ["code", "municipality_id", "place", "kind"],
                {(row.code, ids[row.ags], row.place, row.kind) for row in register.postal_codes},
                show=lambda row: f"{row[0]} {row[2]}",
            )
        )
        self.progress(_("boundaries"))
        changes += self._maps(ids)
        self.progress(_("search names"))
        added, removed = search_names.refresh()
        changes.append(Changes(_("search names"), new=added, removed=removed))
        ended = Municipality.objects.filter(period__endswith__isnull=False).exclude(ags__in=ended_before)
        return Outcome(changes, dependants.of(ended.select_related("district"), self.as_of))

    def _municipalities(self) -> Changes:
        lookups = {"district": _ids(District), "association": _ids(Association)}
        wanted = self.register.municipalities | {
            ags: {"name": fields["name"], "designation": fields["designation"], "district": fields["district"]}
            for ags, fields in self.register.predecessors.items()
        }
        return _upsert(Municipality, "ags", wanted, lookups, self._ending(Municipality, "ags"))

    def _ending(self, model: type[models.Model], key: str) -> Callable[[dict[str, Any]], Iterator[models.Model]]:
        """Sets periods: what is missing in the files ends, what is in them again is open again."""
        loaded: dict[type[models.Model], dict[str, files.Fields]] = {
            District: self.register.districts,
            Association: self.register.associations,
            Municipality: self.register.municipalities,
        }
        present = loaded[model]

        def end(rows: dict[str, Any]) -> Iterator[models.Model]:
            for ags, row in rows.items():
                ended_on = self.register.predecessors.get(ags, {}).get("ended_on", self.as_of)
                is_over = row.period.upper is not None and row.period.upper <= self.as_of
                begins_later = row.period.lower is not None and row.period.lower >= ended_on
                if ags in present:
                    if is_over:
                        row.period = periods.period(row.period.lower)
                        yield row
                elif not is_over and not begins_later:
                    row.period = periods.period(row.period.lower, ended_on - periods.ONE_DAY)
                    yield row

        return end

    def _successions(self) -> Changes:
        ids = _ids(Municipality)
        names = dict(Municipality.objects.values_list("id", "name"))
        existing = {(row.predecessor_id, row.successor_id): row for row in Succession.objects.all()}
        changes = Changes(str(Succession._meta.verbose_name_plural))
        for row in self.register.successions:
            pair = ids[row.predecessor], ids[row.successor]
            shown = f"{names[pair[0]]} → {names[pair[1]]}"
            known = existing.get(pair)
            if known is None:
                changes.new.append(shown)
                Succession.objects.create(
                    predecessor_id=pair[0], successor_id=pair[1], took_effect_on=row.took_effect_on, kind=row.kind
                )
            elif (known.took_effect_on, known.kind) != (row.took_effect_on, row.kind):
                changes.changed.append(shown)
                known.took_effect_on, known.kind = row.took_effect_on, row.kind
                known.save()
        return changes

    def _maps(self, ids: dict[str, int]) -> list[Changes]:
        district_ids = _ids(District)
        names = dict(Municipality.objects.values_list("id", "name"))
        district_names = dict(District.objects.values_list("id", "full_name"))
        maps = self.register.maps
        return [
            _replace(
                DistrictMap,
                ["district_id", "width", "height", "path"],
                {(district_ids[ags], found.width, found.height, found.path) for ags, found in maps.items()},
                show=lambda row: district_names[row[0]],
            ),
            _replace(
                Outline,
                ["municipality_id", "path", "label_x", "label_y"],
                {
                    (ids[ags], outline.path, *outline.label)
                    for found in maps.values()
                    for ags, outline in found.outlines.items()
                    if ags in ids
                },
                show=lambda row: names[row[0]],
            ),
        ]


def _ids(model: Any) -> dict[str, int]:
    """Database ids by official key."""
    return dict(model.objects.values_list("ars" if model is Association else "ags", "id"))


def _upsert(
    model: Any,
    key: str,
    wanted: dict[str, files.Fields],
    lookups: dict[str, dict[str, int]] | None = None,
    end: Callable[[dict[str, Any]], Iterable[Any]] | None = None,
) -> Changes:
    """Write what is new or differs, and end what `end` says; other rows stay untouched."""
    changes = Changes(str(model._meta.verbose_name_plural))
    existing = {getattr(row, key): row for row in model.objects.all()}
    before = dict(existing)
    touched: dict[str, Any] = {}
    columns: set[str] = {"period"} if end else set()
    for value, cells in wanted.items():
        fields = {
            (f"{name}_id" if name in (lookups or {}) else name): _resolve(name, cell, lookups)
            for name, cell in cells.items()
        }
        columns.update(fields)
        row = existing.get(value)
        if row is None:
            row = existing[value] = model(**{key: value}, **fields)
            touched[value] = row
        elif any(getattr(row, name) != cell for name, cell in fields.items()):
            for name, cell in fields.items():
                setattr(row, name, cell)
            touched[value] = row
    for row in end(existing) if end else ():
        touched[getattr(row, key)] = row
        if row.period.upper and getattr(row, key) in before:
            changes.ended.append(f"{row} ({getattr(row, key)})")
    ended = set(changes.ended)
    for value, row in touched.items():
        shown = f"{row} ({value})"
        if value not in before:
            changes.new.append(shown)
        elif shown not in ended:
            changes.changed.append(shown)
    derived = [column.attname for column in model._meta.concrete_fields if hasattr(column, "derive")]
    model.objects.bulk_create(
        touched.values(),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[key],
        update_fields=[model._meta.get_field(name.removesuffix("_id")).name for name in columns] + derived,
    )
    return changes


def _resolve(name: str, cell: Any, lookups: dict[str, dict[str, int]] | None) -> Any:
    return lookups[name][cell] if lookups and name in lookups and cell is not None else cell


def _replace(model: Any, columns: list[str], wanted: set[tuple[Any, ...]], show: Callable[[Any], str]) -> Changes:
    """Write the rows that are missing and delete those that are too many, of a table that nothing refers to."""
    existing = {row[1:]: row[0] for row in model.objects.values_list("pk", *columns)}
    gone = [row for row in existing if row not in wanted]
    new = sorted(row for row in wanted if row not in existing)
    model.objects.filter(pk__in=[existing[row] for row in gone]).delete()
    bulk.insert(model, columns, new)
    return Changes(
        str(model._meta.verbose_name_plural), new=[show(row) for row in new], removed=[show(row) for row in gone]
    )

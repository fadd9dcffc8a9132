"""Erasing people and what is kept for too long: rows, their history, files.

The history is append-only; here alone its rows are blanked or removed (`audit.rewriting`).
"""

import datetime
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext

from common import personal_data
from common.audit import ADDRESS_GONE, rewriting
from common.outbox import fault
from common.personal_data import Ending, People, PersonalData, PersonalFiles, Running, Text

logger = logging.getLogger(__name__)

HISTORY_STAYS = datetime.timedelta(days=90)  # addresses, and what was deleted, in the history
BATCH = 200  # rows of one transaction: short enough that nobody waits for it


class StillNeeded(Exception):
    """The people still hold something; nothing was erased."""

    def __init__(self, reasons: list[Running]) -> None:
        self.sentences = [reason.sentence for reason in reasons]
        super().__init__("\n".join(self.sentences))


@dataclass(frozen=True)
class Step:
    """What becomes, or became, of so many rows of one kind, their history rows included."""

    what: str
    rows: int
    events: int
    ending: Ending
    because: Text


def still_needed(people: People, on: datetime.date) -> list[str]:
    """Why these people cannot be erased yet, each with the next step."""
    return [reason.sentence for reason in personal_data.running(people, on)]


def plan(people: People) -> list[Step]:
    """What erasing these people would do."""
    return [
        *(step for data, _rows, keys in _held(people) if (step := _step(data, keys))),
        *_file_steps((files.name, files.about(people)) for files in personal_data.files()),
    ]


def erase(people: People, on: datetime.date) -> list[Step]:
    """Erase these people in one transaction; raises StillNeeded. Says what was done."""
    with transaction.atomic():
        _lock(people)
        if reasons := personal_data.running(people, on):
            raise StillNeeded(reasons)
        held = _held(people)
        steps = [step for data, _rows, keys in held if (step := _step(data, keys))]
        paths = [(files.name, list(files.about(people))) for files in personal_data.files()]
        _erase_rows(held, people)
        for data, keys in _with_rows_gone(held, people):
            _forget_history(data, keys, people)
    # Files that are gone while the rows stay would be lost, so they go last.
    for _name, some in paths:
        _unlink(some)
    return [*steps, *_file_steps(paths)]


def _lock(people: People) -> None:
    """Nobody gives these people a new post or role until this is over."""
    for label, keys in people.keys.items():
        list(apps.get_model(label)._base_manager.select_for_update().filter(pk__in=keys).order_by("pk"))


Held = list[tuple[PersonalData, "models.QuerySet[Any]", list[Any]]]


def _held(people: People) -> Held:
    """What the registry finds about these people: the rows, and their keys as they are now."""
    found = ((data, list(data.rows(people).order_by().values_list("pk", flat=True))) for data in _registered())
    return [(data, data.model._base_manager.filter(pk__in=keys), keys) for data, keys in found if keys]


def _erase_rows(held: Held, people: People) -> None:
    # Blanked before anything is deleted: no deletion then notes a name in the history.
    for data, rows, _keys in held:
        if data.ending is Ending.BLANK:
            with pgtrigger.ignore(*data.passing) if data.passing else nullcontext():
                _take_out_names(rows, data.texts, people)
                if data.blanks:
                    rows.update(**data.blanks)
            if data.forget:
                data.forget(rows, people)
    for data, rows, _keys in held:
        if data.ending is Ending.DELETE:
            rows.delete()
    # An app enters first what others of its models refer to.
    for data, rows, _keys in reversed(held):
        if data.is_dropped_unused:
            unreferenced(rows)._raw_delete(rows.db)


def _take_out_names(rows: models.QuerySet[Any], fields: list[str], people: People) -> None:
    """Put "Name erased" in place of these people's names in the texts, in the portal's language."""
    pattern = people.mentions()
    if pattern is None or not fields:
        return
    with translation.override(settings.LANGUAGE_CODE):
        instead = gettext("Name erased")
    lengths = {name: rows.model._meta.get_field(name).max_length for name in fields}
    for key, *texts in rows.order_by("pk").values_list("pk", *fields):
        told = {
            name: pattern.sub(instead, text)[: lengths[name]]
            for name, text in zip(fields, texts, strict=True)
            if text and pattern.search(text)
        }
        if told:
            rows.filter(pk=key).update(**told)


def unreferenced(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of the rows that no row of another table refers to."""
    for relation in rows.model._meta.related_objects:
        # Of many to many the rows between refer, in relations of their own; history rows point without a constraint.
        if not relation.many_to_many and relation.field.db_constraint:
            referring = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            rows = rows.filter(~Exists(referring))
    return rows


def _with_rows_gone(held: Held, people: People) -> Iterator[tuple[PersonalData, list[Any]]]:
    """The keys held, and those of rows that were merged or deleted earlier, of which the history still tells."""
    found = {id(data): (data, set(keys)) for data, _rows, keys in held}
    for data in _with_addresses():
        _data, keys = found.setdefault(id(data), (data, set()))
        keys |= {*people[data.label], *_deleted_with_address(data, people)}
    for data in _registered():
        if data.events and data.events_about:
            _data, keys = found.setdefault(id(data), (data, set()))
            keys |= set(data.events.objects.filter(data.events_about(people)).values_list("pgh_obj", flat=True))
    return ((data, list(keys)) for data, keys in found.values() if keys)


def _deleted_with_address(data: PersonalData, people: People) -> list[Any]:
    """The keys of rows deleted earlier that the history knows under one of these people's addresses."""
    if not people.addresses:
        return []
    lower = {f"lower_{name}": Lower(name) for name in _addresses(data)}
    held = reduce(or_, (Q(**{f"{name}__in": people.addresses}) for name in lower))
    deleted = data.events.objects.alias(**lower).filter(held, pgh_label="delete")
    return list(deleted.values_list("pgh_obj", flat=True))


def _step(data: PersonalData, keys: list[Any]) -> Step:
    events = data.events.objects.filter(pgh_obj__in=keys).count() if data.events else 0
    return Step(_called(data), len(keys), events, data.ending, data.because)


def _file_steps(found: Iterable[tuple[Text, Iterable[Path]]]) -> Iterator[Step]:
    for name, paths in found:
        if count := len(list(paths)):
            yield Step(str(name), count, 0, Ending.DELETE, "")


def _forget_history(data: PersonalData, keys: list[Any], people: People) -> None:
    """Blank what the history says about these rows, or remove it."""
    if data.events is None or data.ending is Ending.KEEP:
        return
    rows = data.events.objects.filter(pgh_obj__in=keys)
    with rewriting(data.events):
        if data.is_unread_history:
            rows._raw_delete(rows.db)
            return
        _take_out_names(rows, [name for name in data.texts if name in _history_fields(data)], people)
        if blanks := {name: value for name, value in data.blanks.items() if name in _history_fields(data)}:
            rows.update(**blanks)


def _history_fields(data: PersonalData) -> set[str]:
    return {field.name for field in data.events._meta.concrete_fields}


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


# -- What has been kept long enough -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Purged:
    """How many of one kind were due and went, and how many stay for another time because something still runs."""

    what: str
    count: int
    left: int = 0


def due(on: datetime.date) -> list[Purged]:
    """What `purge` would let go of on that day."""
    found = [Purged(_called(data), _due(data, on).count()) for data in _registered() if data.due]
    found += [Purged(_called_history(data), len(_deleted_long_ago(data, on))) for data in _with_history()]
    found += [Purged(_called_addresses(data), _old_addresses(data, on).count()) for data in _with_addresses()]
    found += [Purged(str(files.name), len(_due_files(files, on))) for files in personal_data.files()]
    return [kind for kind in found if kind.count]


Batches = Iterator[tuple[int, int]]  # how many went, and how many stay


def purge(on: datetime.date, progress: Callable[[str, int], None] | None = None) -> list[Purged]:
    """Let go of everything whose time is over, in small transactions that pass by rows in use.

    `progress` is told after each batch what of and how many so far. What fails keeps nothing else: Unfinished is
    raised at the end.
    """
    done: list[Purged] = []
    failed: list[str] = []
    for what, batches in _kinds(on):
        count = left = 0
        try:
            for batch_count, batch_left in batches:
                count, left = count + batch_count, left + batch_left
                if progress:
                    progress(what, count)
        except Exception as error:  # whatever it is, the rest goes
            logger.error("Not erased: %s. %s", what, fault(error))
            failed.append(what)
        done.append(Purged(what, count, left))
    done = [kind for kind in done if kind.count or kind.left]
    if failed:
        raise Unfinished(done, failed)
    return done


def _kinds(on: datetime.date) -> Iterator[tuple[str, Batches]]:
    """Everything that `purge` goes through, in its order, each called by its name."""
    # Rows go before their files, which only they know.
    found: dict[str, list[Path]] = {}
    for files in personal_data.files():
        yield str(files.name), _find_files(files, on, found)
    humans = {root.label for root in personal_data.roots() if not root.goes_by_rows}
    for data in _registered():
        yield _called(data), (_purge_people if data.label in humans else _purge_rows)(data, on)
    for data in _with_history():
        yield _called_history(data), _purge_deleted(data, on)
    for data in _with_addresses():
        yield _called_addresses(data), _purge_addresses(data, on)
    for files in personal_data.files():
        yield str(files.name), _purge_files(files, found.get(str(files.name), []))


class Unfinished(Exception):
    """Some kinds could not be let go of; all others were."""

    def __init__(self, done: list[Purged], failed: list[str]) -> None:
        self.done, self.failed = done, failed
        super().__init__(", ".join(failed))


def run_duty(on: datetime.date) -> str:
    """What is due, as the duty that runs every night; says how much of what."""
    return ", ".join(f"{kind.what}: {kind.count}" for kind in purge(on)) or gettext("nothing was due")


def _purge_people(data: PersonalData, on: datetime.date) -> Batches:
    """Erase the humans who are due. Who is being edited, or still holds something, waits for another day."""
    last = 0
    while True:
        with transaction.atomic():
            rows = _due(data, on).filter(pk__gt=last).order_by("pk")
            keys = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:BATCH])
            if not keys:
                return
            last = keys[-1]
            running = personal_data.running(personal_data.people(data.label, keys), on)
            kept = {reason.key for reason in running if reason.label == data.label}
            # By number alone: where names and addresses are looked for, among mail, a period of its own ends.
            erase(People(personal_data.people(data.label, set(keys) - kept).keys), on)
        yield len(keys) - len(kept), len(kept)


def _purge_rows(data: PersonalData, on: datetime.date) -> Batches:
    # Looked for once, as that may mean to read a whole table; each batch asks again of its rows alone.
    due = list(_due(data, on).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(due), BATCH):
        with transaction.atomic():
            rows = _due(data, on).filter(pk__in=due[start : start + BATCH]).order_by("pk")
            keys = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
            _erase_rows([(data, data.model._base_manager.filter(pk__in=keys), keys)], People())
            _forget_history(data, keys, People())
        yield len(keys), 0


def _deleted_long_ago(data: PersonalData, on: datetime.date) -> list[Any]:
    """The keys of rows deleted before the addresses' period whose history still holds personal data."""
    events = data.events.objects
    deleted = events.filter(pgh_label="delete", pgh_created_at__date__lt=on - HISTORY_STAYS)
    blank = Q(**{name: value for name, value in data.blanks.items() if name in _history_fields(data)})
    held = events.all() if data.is_unread_history else events.exclude(blank)
    return list(
        held.filter(pgh_obj__in=deleted.values("pgh_obj")).order_by().values_list("pgh_obj", flat=True).distinct()
    )


def _purge_deleted(data: PersonalData, on: datetime.date) -> Batches:
    keys = _deleted_long_ago(data, on)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        with transaction.atomic():
            _forget_history(data, batch, People())
        yield len(batch), 0


def _purge_addresses(data: PersonalData, on: datetime.date) -> Batches:
    last = 0
    names = _addresses(data)
    while True:
        with transaction.atomic():
            rows = _old_addresses(data, on).filter(pgh_id__gt=last).order_by("pgh_id")
            found = list(rows.select_for_update(skip_locked=True).values("pgh_id", *names)[:BATCH])
            if not found:
                return
            with rewriting(data.events):
                for name in names:
                    held = [row["pgh_id"] for row in found if row[name] not in ("", ADDRESS_GONE)]
                    data.events.objects.filter(pgh_id__in=held).update(**{name: ADDRESS_GONE})
        last = found[-1]["pgh_id"]
        yield len(found), 0


def _due_files(files: PersonalFiles, on: datetime.date) -> list[Path]:
    return [path for path in files.due(on) if path.exists()]


def _find_files(files: PersonalFiles, on: datetime.date, found: dict[str, list[Path]]) -> Batches:
    found[str(files.name)] = _due_files(files, on)
    yield from ()


def _purge_files(files: PersonalFiles, paths: list[Path]) -> Batches:
    named = set(files.named(paths))
    gone = [path for path in paths if path not in named]
    _unlink(gone)
    yield len(gone), len(named)


def _registered() -> list[PersonalData]:
    return personal_data.registered()


def _with_history() -> list[PersonalData]:
    """What leaves something about people in the history when its rows are deleted."""
    kept = (data for data in _registered() if data.events and data.ending is not Ending.KEEP)
    return [data for data in kept if data.is_unread_history or data.blanks.keys() & _history_fields(data)]


def _with_addresses() -> list[PersonalData]:
    return [data for data in _registered() if data.addresses and data.events]


def _due(data: PersonalData, on: datetime.date) -> models.QuerySet[Any]:
    return data.due(on) if data.due else data.model._base_manager.none()


def _addresses(data: PersonalData) -> list[str]:
    return [name for name in data.addresses if name in _history_fields(data)]


def _old_addresses(data: PersonalData, on: datetime.date) -> models.QuerySet[Any]:
    """The history rows of old days that still hold an address."""
    held = reduce(or_, (~Q(**{f"{name}__in": ["", ADDRESS_GONE]}) for name in _addresses(data)))
    return data.events.objects.filter(held, pgh_created_at__date__lt=on - HISTORY_STAYS)


def _called(data: PersonalData) -> str:
    return capfirst(str(data.title or data.model._meta.verbose_name_plural))


def _called_history(data: PersonalData) -> str:
    return gettext("History of deleted rows: %(rows)s") % {"rows": _called(data)}


def _called_addresses(data: PersonalData) -> str:
    return gettext("Addresses in the history: %(rows)s") % {"rows": _called(data)}

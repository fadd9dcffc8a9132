"""Audit by database triggers: whoever changes a tracked row, by page, admin, import or shell, is on record."""

import datetime
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from pghistory.middleware import HistoryMiddleware

from common.words import in_words

ModelClass = TypeVar("ModelClass", bound=type[models.Model])

# What the database counts by itself is no change that anybody made.
BOOKKEEPING = ("id", "version", "changed_at")


def tracked(*, exclude: list[str] | None = None) -> Callable[[ModelClass], ModelClass]:
    """Keep every state of the model's rows in an append-only event table, without the excluded fields."""
    return pghistory.track(
        pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=exclude or []
    )


class AuditMiddleware(HistoryMiddleware):
    """Says which account changes something. Addresses of pages are left out: some hold tokens."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": super().get_context(request)["user"]}


# Stands in the history in place of a mail address or number that was kept there long enough.
ADDRESS_GONE = "…"


def rewriting(events: type[models.Model]) -> AbstractContextManager[Any]:
    """Within the block the model's history rows may be changed and removed: for `common.erasure`, and nobody else."""
    return pgtrigger.ignore(f"{events._meta.label}:append_only")


def acting_as(command: str) -> AbstractContextManager[Any]:
    """Within the block changes are on record as made by this command or task."""
    return pghistory.context(command=command)


def acting_by_link(holder: models.Model) -> AbstractContextManager[Any]:
    """Within the block changes are on record as made by the human whose row this is, by a one-time link."""
    return pghistory.context(link_holder=[holder._meta.label, holder.pk])


@dataclass(frozen=True, slots=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one person, command or database role did to one row at one moment."""

    at: datetime.datetime
    actor: str
    kind: str  # insert, update or delete
    object_id: int
    subject: str  # what kind of thing was changed
    fields: tuple[FieldChange, ...]

    @property
    def kind_label(self) -> str:
        return kind_in_words(self.kind)


def history_of(row: Any) -> list[Change]:
    """What was ever done to the row, the newest first; who may see the row may see it."""
    return _changes(type(row), row.pgh_event_model.objects.filter(pgh_obj=row.pk))


def kind_in_words(label: str) -> str:
    return {"insert": gettext("added"), "update": gettext("changed"), "delete": gettext("deleted")}[label]


def changes_of(model: Any, keys: Collection[Any]) -> list[Change]:
    """What was ever done to the rows of these keys, the newest first."""
    return _changes(model, model.pgh_event_model.objects.filter(pgh_obj__in=keys))


def history(model: Any, *, untold: Collection[str] = (), **lookups: Any) -> list[Change]:
    """What was ever done to those rows of a tracked model that once matched, the deleted ones too, the newest first.

    Who was responsible for a town, and since when: `history(Assignment, municipality=town)`. Fields `untold` go
    without saying.
    """
    events = model.pgh_event_model.objects
    return _changes(model, events.filter(pgh_obj__in=events.filter(**lookups).values("pgh_obj")), untold)


def _changes(model: Any, events: Any, untold: Collection[str] = ()) -> list[Change]:
    rows = list(events.select_related("pgh_context").order_by("pgh_obj_id", "pgh_id"))
    fields = [
        field
        for field in model.pgh_event_model._meta.concrete_fields
        if not field.name.startswith("pgh_") and field.name not in (*BOOKKEEPING, *untold)
    ]
    names = {field.attname: _names(field, rows) for field in fields if field.is_relation}
    actors = _actors(rows) | _link_holders(rows)
    changes: list[tuple[int, Change]] = []
    previous: Any = None
    for row in rows:
        if previous is not None and previous.pgh_obj_id != row.pgh_obj_id:
            previous = None
        before = row if row.pgh_label == "delete" else previous
        after = None if row.pgh_label == "delete" else row
        different = tuple(
            FieldChange(
                capfirst(str(model._meta.get_field(field.name).verbose_name)),
                _shown(field, before, names),
                _shown(field, after, names),
            )
            for field in fields
            if _differs(_value(field, before), _value(field, after), row.pgh_label)
        )
        previous = row
        if different or row.pgh_label != "update":
            subject = capfirst(str(model._meta.verbose_name))
            change = Change(row.pgh_created_at, _actor(row, actors), row.pgh_label, row.pgh_obj_id, subject, different)
            changes.append((row.pgh_id, change))
    return [change for _, change in sorted(changes, key=lambda numbered: numbered[0], reverse=True)]


def _differs(before: Any, after: Any, label: str) -> bool:
    """Whether the value is known to have changed: of two states with an address gone from one, nobody can tell."""
    return before != after and not (label == "update" and ADDRESS_GONE in (before, after))


def _value(field: Any, row: Any) -> Any:
    value = getattr(row, field.attname) if row is not None else None
    return None if value in ("", []) else value


def _names(field: Any, rows: Iterable[Any]) -> dict[Any, str]:
    """What the rows point to, as it is called now; what was deleted since is told by its number."""
    keys = {key for row in rows if (key := getattr(row, field.attname)) is not None}
    if not keys:
        return {}
    target = field.related_model
    related = [name for name in ("person", "user") if name in {f.name for f in target._meta.concrete_fields}]
    found = target._base_manager.select_related(*related) if related else target._base_manager
    return {key: str(row) for key, row in found.in_bulk(keys).items()}


def _shown(field: Any, row: Any, names: dict[str, dict[Any, str]]) -> str:
    value = _value(field, row)
    if value is None:
        return ""
    if value == ADDRESS_GONE:
        return gettext("no longer kept")
    if field.is_relation:
        return names[field.attname].get(value, gettext("no longer there (%(key)s)") % {"key": value})
    if isinstance(value, list):
        choices = dict(field.base_field.flatchoices)
        return ", ".join(str(choices.get(entry, entry)) for entry in value)
    return in_words(dict(field.flatchoices).get(value, value))


def _actors(rows: Iterable[Any]) -> dict[Any, str]:
    """The accounts named in the contexts, by id."""
    users = {row.pgh_context.metadata.get("user") for row in rows if row.pgh_context} - {None}
    return {key: str(user) for key, user in get_user_model()._base_manager.in_bulk(users).items()} if users else {}


def _link_holders(rows: Iterable[Any]) -> dict[Any, str]:
    """Those who acted by a one-time link, by model and id."""
    found = {tuple(row.pgh_context.metadata.get("link_holder") or ()) for row in rows if row.pgh_context} - {()}
    names: dict[Any, str] = {}
    for label in {label for label, _key in found}:
        keys = [key for of, key in found if of == label]
        for key, holder in apps.get_model(label)._base_manager.in_bulk(keys).items():
            names[label, key] = gettext("%(name)s, by link") % {"name": holder}
    return names


def _actor(row: Any, actors: dict[Any, str]) -> str:
    metadata = row.pgh_context.metadata if row.pgh_context else {}
    if (user := metadata.get("user")) is not None:
        return actors.get(user, gettext("account no longer there (%(key)s)") % {"key": user})
    if holder := metadata.get("link_holder"):
        return actors.get(tuple(holder), gettext("somebody by link (%(key)s)") % {"key": holder[1]})
    if command := metadata.get("command"):
        return gettext("command %(name)s") % {"name": command}
    if role := metadata.get("database_role"):
        return gettext("database role %(name)s") % {"name": role}
    return gettext("a visitor")

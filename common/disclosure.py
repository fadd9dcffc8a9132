"""Everything the portal holds about one human: for that human to read, and as JSON to take along (Art. 15, 20 GDPR)."""

import datetime
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.template.loader import render_to_string
from django.utils.text import capfirst

from common import personal_data
from common.audit import Change, changes_of, kind_in_words
from common.periods import last_day
from common.personal_data import People, PersonalData, Text
from common.words import in_words

UNTOLD = ("id", "version")


@dataclass(frozen=True)
class Fact:
    """One field of one row: its value, and how a person reads both."""

    name: str
    value: Any
    label: str
    words: str


@dataclass(frozen=True)
class Section:
    """The rows of one kind, with their history, and what the law wants said about them."""

    model: str
    title: str
    purpose: Text
    recipients: Text
    stays: Text
    rows: list[list[Fact]]
    changes: list[Change]


@dataclass(frozen=True)
class Done:
    """One change that the human made with their account."""

    at: datetime.datetime
    subject: str
    kind: str
    object_id: int


@dataclass(frozen=True)
class Disclosure:
    at: datetime.datetime
    sections: list[Section]
    done: list[Done]
    files: list[Path]


def disclose(people: People, at: datetime.datetime) -> Disclosure:
    """What the registry finds about these people. Texts come in the language that is active."""
    # Mail to others that names them is about those others too.
    people = replace(people, names=frozenset())
    sections = [section for data in personal_data.registered() if (section := _section(data, people))]
    files = [path for files in personal_data.files() for path in (files.disclosed or files.about)(people)]
    return Disclosure(at, sections, _done_by(people), files)


def _section(data: PersonalData, people: People) -> Section | None:
    rows = list(data.disclosed(data.rows(people)).order_by("pk"))
    if not rows:
        return None
    changes = changes_of(data.model, [row.pk for row in rows]) if data.events else []
    return Section(
        data.label,
        capfirst(str(data.model._meta.verbose_name_plural)),
        data.purpose,
        data.recipients,
        data.stays(None),
        [list(_facts(data, row)) for row in rows],
        changes,
    )


def _facts(data: PersonalData, row: models.Model) -> Iterator[Fact]:
    for field in row._meta.concrete_fields:
        if field.name in data.not_exported or field.name in UNTOLD:
            continue
        value = getattr(row, field.attname)
        yield Fact(field.name, _plain(value), capfirst(str(field.verbose_name)), _words(field, row, value))


def _plain(value: Any) -> Any:
    """A value that JSON knows."""
    if isinstance(value, DateRange):
        return {"first": value.lower, "last": last_day(value)}
    return value


def _words(field: Any, row: models.Model, value: Any) -> str:
    if value in (None, "", []):
        return "–"
    if field.is_relation:
        return str(getattr(row, field.name))
    if isinstance(value, list):
        choices = dict(field.base_field.flatchoices)
        return ", ".join(str(choices.get(one, one)) for one in value)
    return in_words(dict(field.flatchoices).get(value, value))


def _done_by(people: People) -> list[Done]:
    """What the accounts of these people changed, the newest first."""
    accounts = people[get_user_model()._meta.label]
    done = []
    for model in apps.get_models() if accounts else []:
        events = getattr(model, "pgh_event_model", None)
        if events is None:
            continue
        subject = capfirst(str(model._meta.verbose_name))
        made = events.objects.filter(pgh_context__metadata__user__in=list(accounts))
        rows = made.values_list("pgh_created_at", "pgh_label", "pgh_obj")
        done += [Done(at, subject, kind_in_words(label), key) for at, label, key in rows]
    return sorted(done, key=lambda one: one.at, reverse=True)


# -- Writing ----------------------------------------------------------------------------------------------------------


def write(disclosure: Disclosure, target: Path) -> None:
    """Into a new folder or, where the name ends in .zip, a new zip file; nobody else may read it."""
    documents = {
        "auskunft.html": render_to_string("personal_data/disclosure.html", {"disclosure": disclosure}).encode(),
        "auskunft.json": json.dumps(as_json(disclosure), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode(),
        **{f"dateien/{path.name}": path.read_bytes() for path in disclosure.files},
    }
    if target.suffix == ".zip":
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in documents.items():
                archive.writestr(name, content)
        return
    target.mkdir(mode=0o700, parents=True)
    for name, content in documents.items():
        path = target / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)


def as_json(disclosure: Disclosure) -> dict[str, Any]:
    return {
        "at": disclosure.at,
        "data": [
            {
                "model": section.model,
                "purpose": str(section.purpose),
                "recipients": str(section.recipients),
                "stays": str(section.stays),
                "rows": [{fact.name: fact.value for fact in row} for row in section.rows],
                "history": [
                    {
                        "at": change.at,
                        "kind": change.kind,
                        "object": change.object_id,
                        "fields": [
                            {"field": field.label, "before": field.before, "after": field.after}
                            for field in change.fields
                        ],
                    }
                    for change in section.changes
                ],
            }
            for section in disclosure.sections
        ],
        "changes_made": [
            {"at": one.at, "subject": one.subject, "kind": one.kind, "object": one.object_id} for one in disclosure.done
        ],
        "files": [path.name for path in disclosure.files],
    }

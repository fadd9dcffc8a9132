"""Personal data: one registry says which fields hold some, what for, how long they stay, and how they end.

Apps join in their `apps.py`: `register` a model, `declare` fields that look personal and are not, `add_root` for what
stands for a human, `keep_while` for what still needs one. Commands, duties and the record of processing activities ask
here; a test refuses a model that nobody declared.
"""

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import ngettext

from common.audit import ADDRESS_GONE
from common.fields import NameField

Text = str | Promise


# -- Whom it is about -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """Some humans as the apps know them: keys of rows by the model of a root, their addresses and names."""

    keys: Mapping[str, frozenset[int]] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()  # in lower case
    names: frozenset[str] = frozenset()

    def __getitem__(self, label: str) -> frozenset[int]:
        """The keys of the rows of a root, `people["contacts.Person"]`."""
        return self.keys.get(label, frozenset())

    def __bool__(self) -> bool:
        return any(self.keys.values())

    def are_named_in(self, text: str) -> bool:
        """Whether a name of theirs stands there, or an address; within longer ones it is somebody else's."""
        text = text.casefold()
        names = (r"\s+".join(map(re.escape, name.casefold().split())) for name in self.names)
        return any(re.search(rf"(?<![\w-]){name}(?![\w-])", text) for name in names) or self._are_addressed_in(text)

    def are_named_in_cells(self, cells: Iterable[str]) -> bool:
        """The same where the parts of a name may stand apart, in any order."""
        text = " \n ".join(cells).casefold()
        found = set(re.findall(r"[\w-]+", text))
        names = (set(re.findall(r"[\w-]+", name.casefold())) for name in self.names)
        return any(words <= found for words in names) or self._are_addressed_in(text)

    def mentions(self) -> re.Pattern[str] | None:
        """What finds them in running text: whole names, "Frau" or "Herr" with the end of one, addresses."""
        said: set[str] = set()
        for name in self.names:
            whole, *ends = (r"\s+".join(map(re.escape, name.split()[at:])) for at in range(len(name.split())))
            said |= {whole, *(rf"(?:Frau|Herrn?)\s+(?:\S+\.\s+)*{end}" for end in ends)}
        found = [rf"(?<![\w-])(?:{one})(?![\w-])" for one in sorted(said, key=len, reverse=True)]
        found += [rf"(?<![\w.+-]){re.escape(address)}(?!\.?[\w-])" for address in self.addresses]
        return re.compile("|".join(found), re.IGNORECASE) if found else None

    def _are_addressed_in(self, text: str) -> bool:
        found = (re.escape(address.casefold()) for address in self.addresses)
        return any(re.search(rf"(?<![\w.+-]){address}(?!\.?[\w-])", text) for address in found)


@dataclass(frozen=True)
class Root:
    """A model whose rows stand for one human each.

    `option` names a row on the command line. `linked` tells, for rows of any root, which rows of roots are the same
    humans; `addresses` under which mail addresses they are or were known; `found_by` which rows an address means;
    `names` how they are or were called. `goes_by_rows`: when the time of a row is over, the human's others stay.
    """

    label: str
    option: str
    linked: Callable[[str, Iterable[int]], Mapping[str, Iterable[int]]]
    addresses: Callable[[Iterable[int]], Iterable[str]]
    found_by: Callable[[str], Iterable[int]]
    names: Callable[[Iterable[int]], Iterable[str]]
    goes_by_rows: bool = False


class Running(NamedTuple):
    """Why one human cannot be erased yet: the root's label, its row, and a sentence with the next step."""

    label: str
    key: int
    sentence: str


# -- What is held ---------------------------------------------------------------------------------------------------


class _Stays(Enum):
    POINTER = "pointer"
    MENTION = "mention"


# For a field that leads to a human: the number stays and leads to nobody, or to a row without a name.
POINTER = _Stays.POINTER
# For a text in which a human may be named: it stays, with "Name erased" in place of the name.
MENTION = _Stays.MENTION


class Ending(Enum):
    """What becomes of a human's rows when the human is erased."""

    BLANK = "blank"
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """What one model holds about people. `kind` tells entries of the same model apart.

    `fields`: each personal field, and what stands there afterwards, a value or an expression (POINTER: the number
    stays; MENTION: the text).
    `rows`: the rows about these people. `due`: the rows whose time is over on that day.
    `stays`: how long, in words, for an office (a row of it, or None for the portal as a whole).
    `addresses`: the fields that hold a mail address or number, which leave the history sooner than the rest.
    `is_unread_history`: the history rows go with the row; else only their personal fields do.
    `contents`: what it holds, where the fields' names do not say it.
    `title`: what the data are called, where the model's own name says something else here.
    `events_about`: what finds the history rows of these people whose row is gone, where addresses do not.
    `is_dropped_unused`: a blanked row that nothing refers to is deleted.
    `passing`: the triggers, by name, that keep rows as they are and let erasure pass.
    `disclosed`: of the rows about somebody those that they are told.
    `forget`: takes these people out of rows where neither blanking nor replacing the name is enough.
    """

    model: type[models.Model]
    kind: str = ""
    fields: Mapping[str, Any]
    purpose: Text
    people: Text
    rows: Callable[[People], models.QuerySet[Any]]
    ending: Ending
    because: Text = ""
    stays: Callable[[Any], Text]
    due: Callable[[datetime.date], models.QuerySet[Any]] | None = None
    addresses: tuple[str, ...] = ()
    is_unread_history: bool = False
    events_about: Callable[[People], models.Q] | None = None
    is_dropped_unused: bool = False
    not_exported: frozenset[str] = frozenset()
    recipients: Text = ""
    contents: Text = ""
    title: Text = ""
    passing: tuple[str, ...] = ()
    disclosed: "Callable[[Any], models.QuerySet[Any]]" = lambda rows: rows
    forget: "Callable[[models.QuerySet[Any], People], None] | None" = None

    @property
    def label(self) -> str:
        return self.model._meta.label

    @property
    def blanks(self) -> dict[str, Any]:
        return {name: value for name, value in self.fields.items() if not isinstance(value, _Stays)}

    @property
    def texts(self) -> list[str]:
        return [name for name, value in self.fields.items() if value is MENTION]

    @property
    def events(self) -> Any:
        """The model of the history rows, or None."""
        return getattr(self.model, "pgh_event_model", None)


@dataclass(frozen=True, kw_only=True)
class PersonalFiles:
    """Files outside the database. `about`: those about these people; `due`: those whose time is over on that day.

    `disclosed`: those of the files about these people that they are told; all where not given.
    `named`: those of the files to which rows lead, where rows do: a file goes once its row is gone.
    """

    name: Text
    purpose: Text
    people: Text
    about: Callable[[People], Iterable[Path]]
    due: Callable[[datetime.date], Iterable[Path]]
    stays: Callable[[Any], Text]
    disclosed: Callable[[People], Iterable[Path]] | None = None
    recipients: Text = ""
    named: Callable[[Collection[Path]], Iterable[Path]] = lambda paths: ()


_roots: dict[str, Root] = {}
_data: dict[tuple[str, str], PersonalData] = {}
_files: dict[str, PersonalFiles] = {}
_declared: dict[str, tuple[frozenset[str], Text]] = {}
_running: list[Callable[[People, datetime.date], Iterable[Running]]] = []


def register(*data: PersonalData) -> None:
    if len({(one.label, one.kind) for one in data}) < len(data):
        raise ValueError("the same data are named twice")
    for one in data:
        unknown = {*one.fields, *one.addresses} - {field.name for field in one.model._meta.get_fields()}
        if unknown:
            raise ValueError(f"{one.label} has no field {', '.join(sorted(unknown))}")
        _data[one.label, one.kind] = one


def register_files(*files: PersonalFiles) -> None:
    for one in files:
        _files[str(one.name)] = one


def declare(label: str, *fields: str, because: Text) -> None:
    """Say that these fields of the model (all without any named) are about no human, though they may look so."""
    known, _ = _declared.get(label, (frozenset(), ""))
    _declared[label] = (known | set(fields or ["*"]), because)


def add_root(root: Root) -> None:
    _roots[root.label] = root


def keep_while(finder: Callable[[People, datetime.date], Iterable[Running]]) -> None:
    """Add what must have ended before a human is erased."""
    if finder not in _running:
        _running.append(finder)


def registered() -> list[PersonalData]:
    return list(_data.values())


def files() -> list[PersonalFiles]:
    return list(_files.values())


def roots() -> list[Root]:
    """What stands for a human, the one that leads to the others first."""
    return list(_roots.values())


def months(count: int, since: Text) -> str:
    """A period in words: 24 months after the end of the last post."""
    return ngettext("%(n)d month %(since)s", "%(n)d months %(since)s", count) % {"n": count, "since": since}


def days(count: int, since: Text) -> str:
    return ngettext("%(n)d day %(since)s", "%(n)d days %(since)s", count) % {"n": count, "since": since}


# -- Finding people ---------------------------------------------------------------------------------------------------


def people(label: str, keys: Iterable[int]) -> People:
    """The humans for whom these rows of a root stand, with all their other rows and addresses."""
    found: dict[str, frozenset[int]] = {}
    asked = [(label, frozenset(keys))]
    while asked:
        label, more = asked.pop()
        if new := more - found.get(label, frozenset()):
            found[label] = found.get(label, frozenset()) | new
            for root in roots():
                asked += [(other, frozenset(linked)) for other, linked in root.linked(label, new).items()]
    addresses = {
        address.strip().lower() for label, known in found.items() for address in _roots[label].addresses(known)
    }
    names = {" ".join(name.split()) for label, known in found.items() for name in _roots[label].names(known)}
    # A single word may mean anything, such as the function after which an account is called.
    return People(found, frozenset(addresses - {""}), frozenset(name for name in names if " " in name))


def naming(rows: models.QuerySet[Any], some: People, *fields: str) -> list[Any]:
    """The keys of the rows whose texts name these people; reads those in which the last word of a name stands."""
    pattern = some.mentions()
    if pattern is None:
        return []
    words = {name.split()[-1] for name in some.names} | some.addresses
    maybe = reduce(or_, (Q(**{f"{name}__icontains": word}) for name in fields for word in words))
    found = rows.filter(maybe).order_by().values_list("pk", *fields)
    return [key for key, *texts in found.iterator() if any(pattern.search(text or "") for text in texts)]


def said_in_history(model: Any, keys: Iterable[int], *fields: str) -> set[tuple[str, ...]]:
    """What the history says stood in these fields of the rows."""
    events = model.pgh_event_model.objects.filter(pgh_obj__in=list(keys))
    return set(events.order_by().values_list(*fields).distinct())


def all_addresses(model: Any, keys: Iterable[int]) -> set[str]:
    """The rows' `email` today, and former ones unless they are another row's by now; in lower case."""
    keys = list(keys)
    rows = model._base_manager.annotate(lower=Lower("email"))
    today = set(rows.filter(pk__in=keys).values_list("lower", flat=True))
    former = {email.lower() for (email,) in said_in_history(model, keys, "email")} - today - {"", ADDRESS_GONE}
    if former:
        former -= set(rows.filter(lower__in=former).exclude(pk__in=keys).values_list("lower", flat=True))
    return today | former


def known_by(address: str) -> list[tuple[Root, int]]:
    """The humans that a mail address may mean, each once. A shared address means several."""
    found: list[tuple[Root, int]] = []
    seen: set[tuple[str, int]] = set()
    for root in roots():
        for key in root.found_by(address.strip()):
            if (root.label, key) not in seen:
                found.append((root, key))
                seen |= {(label, one) for label, keys in people(root.label, [key]).keys.items() for one in keys}
    return found


def running(some: People, on: datetime.date) -> list[Running]:
    """What these people still hold on that day or later."""
    return [found for finder in _running for found in finder(some, on)]


# -- The check --------------------------------------------------------------------------------------------------------

# Names under which people and ways to reach them are kept.
_TELLING = re.compile(
    r"(^|_)(name|e?mail|phone|mobile|fax|address|street|recipient|sender|birth\w*|photo|signature|notes?|remarks?)(_|$)"
)
_FREE = (models.TextField, models.JSONField, models.FileField, models.BinaryField)


def _looks_personal(field: Any) -> bool:
    """Names, addresses, what leads to a human, and what may hold anything."""
    if field.remote_field:
        return field.remote_field.model._meta.label in {*_roots, *(label for label, _ in _data)}
    if isinstance(field, (models.EmailField, models.GenericIPAddressField, NameField, *_FREE)):
        return True
    return isinstance(field, models.CharField) and not field.choices and bool(_TELLING.search(field.name))


def undeclared() -> Iterator[str]:
    """The fields that look personal and that nobody registered or declared, as `app.Model.field`."""
    for model in apps.get_models(include_auto_created=True):
        if getattr(model, "pgh_tracked_model", None) or model._meta.proxy or not model._meta.managed:
            continue  # history rows follow the model they belong to
        label = model._meta.label
        known, _ = _declared.get(label, (frozenset(), ""))
        known = known.union(*(one.fields for (registered_label, _), one in _data.items() if registered_label == label))
        if "*" in known:
            continue
        for one in model._meta.concrete_fields:
            if one.name not in known and _looks_personal(one):
                yield f"{label}.{one.name}"

"""What the plan of an import consists of: the outcome of each row, and drafts of what would be written."""

import datetime
import hashlib
import json
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from django.utils.translation import gettext

from common.sort_keys import sort_key
from common.tables import TableRow
from common.words import in_words
from contacts.imports import columns
from contacts.imports.columns import LABELS, Column, Sheet, Unreadable
from contacts.models import Assignment, ContactPerson, FieldOfAction
from municipalities.models import Municipality

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
TELL_EVERY = 500  # rows

T = TypeVar("T")


class Progress(NamedTuple):
    """How far a step is."""

    done: int
    total: int


Steps = Generator[Progress, None, T]


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    after: str


@dataclass
class Outcome:
    """What becomes of one row of the sheet."""

    number: int
    kind: str = UNCHANGED
    subject: str = ""
    changes: list[Change] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


class Wish(NamedTuple):
    """What the importing account chose: from which day a row without one holds, and whether empty cells empty."""

    on: datetime.date
    today: datetime.date
    clears_empty: bool = False


class Draft:
    """A row of the database as it is, or is to be made, and what the sheet says about it."""

    def __init__(self, row: Any, number: int) -> None:
        self.row, self.number = row, number
        self.is_new = row.pk is None
        self.said: dict[Column, tuple[Any, int]] = {}
        self.changed_fields: list[str] = []

    def say(self, column: Column, value: Any, number: int) -> None:
        """Raises Unreadable where another row says something else."""
        known = self.said.get(column)
        if known and known[0] != value and not is_empty(known[0]) and not is_empty(value):
            raise Unreadable(
                gettext("%(label)s: “%(here)s”, but row %(row)d says “%(there)s” of the same person.")
                % {"label": LABELS[column], "here": shown(value), "row": known[1], "there": shown(known[0])}
            )
        if known is None or (is_empty(known[0]) and not is_empty(value)):
            self.said[column] = (value, number)


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [])


def shown(value: Any) -> str:
    """A value as the preview writes it."""
    if isinstance(value, list):
        return ", ".join(str(columns.language_names().get(entry, entry)) for entry in value)
    return in_words(value) if value is not None else ""


@dataclass
class Plan:
    """All outcomes, and what is to be written where none is refused."""

    sheet: Sheet
    outcomes: list[Outcome]
    people: list[Draft] = field(default_factory=list)
    posts: list[Draft] = field(default_factory=list)
    assignments: list[Draft] = field(default_factory=list)
    fields_of_posts: list[tuple[Draft, set[FieldOfAction], set[FieldOfAction]]] = field(default_factory=list)
    not_mentioned: int = 0

    @property
    def is_refused(self) -> bool:
        return any(outcome.kind == REFUSED for outcome in self.outcomes)

    @property
    def fingerprint(self) -> str:
        """Changes with whatever the preview shows."""
        written = json.dumps([asdict(outcome) for outcome in self.outcomes], sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()


# Which columns say what: their place on the row of the database.
PERSON = {
    Column.TITLE: "title",
    Column.GIVEN: "given_name",
    Column.FAMILY: "family_name",
    Column.EMAIL: "email",
    Column.PHONE: "phone",
}
POST_TEXTS = {Column.FUNCTION: "function", Column.ROOM: "room"}
POST_FLAGS = {
    Column.IS_PUBLISHED: "is_published",
    Column.IS_PHONE_PUBLISHED: "is_phone_published",
    Column.IS_EMAIL_PUBLISHED: "is_email_published",
}
POST = {**POST_TEXTS, **POST_FLAGS, Column.LANGUAGES: "languages", Column.CONFIRMED: "confirmed_on"}
NEVER_EMPTIED = {Column.GIVEN, Column.FAMILY, Column.ROLE, Column.FROM, *POST_FLAGS}


@dataclass
class Line:
    """A row of the sheet, read: `values` holds what it says, by column; a column left out says nothing."""

    row: TableRow
    values: dict[Column, Any]
    town: Municipality | None = None
    keyed: Assignment | ContactPerson | None = None

    @property
    def number(self) -> int:
        return self.row.number

    def get(self, column: Column) -> Any:
        return self.values.get(column)

    @cached_property
    def name_key(self) -> str:
        """As `Person.sort_key`."""
        return sort_key(f"{self.get(Column.FAMILY)}, {self.get(Column.GIVEN)}")

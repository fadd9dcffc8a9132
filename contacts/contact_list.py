"""Contact lists as offices write them, one person a line with the towns in brackets: reading and taking in.

    Jessica Keitel  (Augustdorf, Horn-Bad Meinberg, Oerlinghausen)

Reading knows no database. Taking in changes everything or nothing, and says first what is in the way.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from common import periods
from common.audit import acting_as
from common.database_errors import checked
from common.sort_keys import sort_key
from contacts.models import Assignment, ContactPerson, Office, Person
from contacts.town_names import TownNames, UnsureTown
from municipalities.models import Municipality

# -- Reading ------------------------------------------------------------------------------------------------------

_TITLE = re.compile(
    r"(prof|pd|dr|dipl|mag|h|c|mult|rer|nat|phil|med|jur|iur|pol|theol|paed|päd|oec|habil)\b\.?(-\S+)?", re.I
)
_TITLE_BEGINS = re.compile(r"(prof|pd|dr|dipl|mag)\b", re.I)
_SALUTATION = re.compile(r"(frau|herrn?)\b\s*", re.I)
_PARTICLES = frozenset(
    [
        "von",
        "vom",
        "van",
        "de",
        "den",
        "der",
        "des",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "du",
        "la",
        "le",
        "el",
        "al",
        "ten",
        "ter",
        "te",
        "zu",
        "zum",
        "zur",
        "und",
        "bin",
        "ibn",
        "abu",
        "ben",
    ]
)
# What strays around names in lists: bullets, dashes, numbers, punctuation.
_STRAY = " \t,;:.·•*–—-_|/\\\"'"


@dataclass(frozen=True)
class Name:
    """A human's name in its parts."""

    title: str
    given: str
    family: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.given, self.family) if part)


@dataclass(frozen=True)
class Entry:
    """One line of the list: who, and which towns as they are written."""

    line: int
    name: Name
    towns: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """What is in the way; `line` counts from 1, as an editor does."""

    line: int
    message: str

    def __str__(self) -> str:
        return gettext("Line %(line)d: %(message)s") % {"line": self.line, "message": self.message}


@dataclass
class ContactList:
    """What was read: entries, and lines that could not be."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def lines_of(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


def read(lines: Iterable[str]) -> ContactList:
    """Read the lines; blank ones and headings ending in a colon are passed over."""
    found = ContactList()
    for number, raw in enumerate(lines, start=1):
        line = _tidied(raw)
        if not line.strip(_STRAY) or ("(" not in line and line.endswith(":")):
            continue
        try:
            found.entries.append(_entry(number, line))
        except ValueError as error:
            found.problems.append(Problem(number, str(error)))
    return found


def _tidied(line: str) -> str:
    """Composed letters, plain spaces and brackets, nothing invisible."""
    line = unicodedata.normalize("NFC", line).translate({0xFF08: "(", 0xFF09: ")", ord("["): "(", ord("]"): ")"})
    line = "".join(
        " " if letter.isspace() else letter
        for letter in line
        if letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join(line.split())


def _entry(number: int, line: str) -> Entry:
    """Raises ValueError with a sentence for the reader."""
    before, bracket, rest = line.partition("(")
    if not bracket:
        raise ValueError(gettext("No towns in brackets: “%(text)s”") % {"text": line[:80]})
    inside, after = _up_to_closing(rest)
    if after.strip(_STRAY):
        raise ValueError(gettext("Text after the closing bracket: “%(text)s”") % {"text": after.strip(_STRAY)[:80]})
    towns = [town for part in _split(inside) if (town := part.strip(_STRAY))]
    if not towns:
        raise ValueError(gettext("No towns in the brackets."))
    return Entry(number, name_of(before), tuple(dict.fromkeys(towns)))


def _up_to_closing(text: str) -> tuple[str, str]:
    """What stands inside the bracket opened before, and behind it; names such as Halle (Saale) have brackets too."""
    depth = 1
    for position, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return text[:position], text[position + 1 :]
    raise ValueError(gettext("The bracket is not closed."))


def _split(text: str) -> Iterator[str]:
    depth, begin = 0, 0
    for position, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter in ",;" and depth == 0:
            yield text[begin:position]
            begin = position + 1
    yield text[begin:]


def name_of(text: str) -> Name:
    """The parts of a written name; raises ValueError with a sentence where given or family name is missing."""
    text = re.sub(r"^\d+[.)]?\s+", "", text.strip(_STRAY)).strip(_STRAY)
    if "," in text:
        family, _, given = text.partition(",")
        text = f"{given.strip(_STRAY)} {family.strip(_STRAY)}"
        family_words = len([word for word in family.split() if not _is_title(word)])
    else:
        family_words = 0
    text = _SALUTATION.sub("", text, count=1) if _SALUTATION.match(text) else text
    words = text.split()
    titles = [word for word in words if _is_title(word)] if words and any(map(_TITLE_BEGINS.match, words)) else []
    words = [word for word in words if word not in titles]
    if len(words) < 2:
        raise ValueError(gettext("Given name and family name are needed: “%(text)s”") % {"text": text[:80]})
    begin = len(words) - min(family_words or 1, len(words) - 1)
    while begin > 1 and not family_words and words[begin - 1].lower() in _PARTICLES:
        begin -= 1
    return Name(" ".join(titles), " ".join(words[:begin]), " ".join(words[begin:]))


def _is_title(word: str) -> bool:
    return bool(_TITLE.fullmatch(word)) and (word.endswith(".") or bool(_TITLE_BEGINS.match(word)))


# -- Taking in ----------------------------------------------------------------------------------------------------


class ContactListRefused(Exception):
    """Something in the list is unknown, ambiguous or in the way; nothing was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass
class ImportReport:
    """What was done, as sentences; `unchanged` counts responsibilities that were there already."""

    created: list[str] = field(default_factory=list)
    unchanged: int = 0
    gaps: list[str] = field(default_factory=list)


class _Undone(Exception):
    """Takes a trial's changes back."""


def import_contact_list(
    lines: Iterable[str], office: Office, valid_from: datetime.date, actor: str, *, dry_run: bool = False
) -> ImportReport:
    """Make the people of the list primarily responsible for their towns from that day; what is there already stays.

    Raises ContactListRefused, and then nothing was changed.
    """
    contact_list = read(lines)
    towns, problems = resolve(contact_list.entries, office, valid_from)
    problems = sorted([*contact_list.problems, *problems], key=lambda problem: problem.line)
    if problems:
        raise ContactListRefused(problems)
    report = ImportReport()
    try:
        with transaction.atomic(), acting_as(actor):
            _take_in(contact_list.entries, towns, office, valid_from, report)
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    return report


def resolve(
    entries: Iterable[Entry], office: Office, on: datetime.date
) -> tuple[dict[tuple[int, str], Municipality], list[Problem]]:
    """The town of the office's area that each name in a line means, and what is unknown or ambiguous."""
    names = TownNames(office, on)
    found: dict[tuple[int, str], Municipality] = {}
    problems: list[Problem] = []
    taken: dict[Municipality, int] = {}
    for entry in entries:
        for written in entry.towns:
            try:
                town = found[entry.line, written] = names.find(written)
            except UnsureTown as unsure:
                problems.append(Problem(entry.line, str(unsure)))
                continue
            if town in taken:
                problems.append(Problem(entry.line, _twice(town, taken[town])))
            taken.setdefault(town, entry.line)
    return found, problems


def _twice(town: Municipality, line: int) -> str:
    return gettext("%(town)s stands in line %(line)d already.") % {"town": town, "line": line}


def _take_in(
    entries: Iterable[Entry],
    towns: dict[tuple[int, str], Municipality],
    office: Office,
    valid_from: datetime.date,
    report: ImportReport,
) -> None:
    problems: list[Problem] = []
    people: dict[int, Person] = {}
    for entry in entries:
        try:
            with checked():
                post = _post(entry, office, valid_from, report)
                people.setdefault(post.person.pk, post.person)
                for written in entry.towns:
                    _assign(post, towns[entry.line, written], valid_from, report)
        except ValidationError as error:
            problems += [Problem(entry.line, message) for message in error.messages]
    if problems:
        raise ContactListRefused(problems)
    report.gaps += _gaps(people.values())


def _post(entry: Entry, office: Office, valid_from: datetime.date, report: ImportReport) -> ContactPerson:
    """The person's post at the office on that day; the person and the post are made where there is none."""
    named = sort_key(f"{entry.name.family}, {entry.name.given}")
    people = list(Person.objects.filter(sort_key=named, posts__office=office).distinct())
    if len(people) > 1:
        raise ValidationError(
            gettext("The office has several people named %(name)s. Please enter the towns by hand.")
            % {"name": entry.name}
        )
    person = people[0] if people else None
    if person is None:
        person = Person(title=entry.name.title, given_name=entry.name.given, family_name=entry.name.family)
        person.full_clean()
        person.save()
        report.created.append(gettext("Person: %(name)s") % {"name": person})
    post = person.posts.filter(office=office).current(valid_from).select_related("person", "office").first()
    if post is None:
        post = ContactPerson(person=person, office=office, period=periods.period(valid_from))
        post.full_clean()
        post.save()
        report.created.append(gettext("Post: %(name)s, %(office)s") % {"name": person, "office": office})
    return post


def _assign(post: ContactPerson, town: Municipality, valid_from: datetime.date, report: ImportReport) -> None:
    existing = post.assignments.primary().current(valid_from).filter(municipality=town, field=None)
    if existing.exists():
        report.unchanged += 1
        return
    last = periods.last_day(post.period)
    assignment = Assignment(contact_person=post, municipality=town, valid=periods.period(valid_from, last))
    try:
        assignment.full_clean()
    except ValidationError as error:
        raise ValidationError([f"{town}: {message}" for message in error.messages]) from error
    assignment.save()
    report.created.append(gettext("Responsibility: %(town)s, %(name)s") % {"town": town, "name": post.person})


def _gaps(people: Iterable[Person]) -> list[str]:
    lacking: list[str] = []
    for person in people:
        known = {gettext("phone"): person.phone, gettext("mail address"): person.email}
        missing = [name for name, value in known.items() if not value]
        if missing:
            lacking.append(
                gettext("%(name)s: without %(missing)s") % {"name": person, "missing": gettext(" and ").join(missing)}
            )
    return lacking

"""What a sheet would change: each row new, changed, unchanged or refused, worked out without writing anything.

All rows of the office are loaded once; every row of the sheet then says something about a person, a post and a
responsibility, each a `Draft`. What several rows say about the same one must agree. The database's promises are
looked at here too, so that the preview says all at once what a save would refuse one by one.
"""

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext, ngettext

from common import periods
from common.sort_keys import sort_key
from common.tables import TableRow, tidied
from common.words import in_words
from contacts.imports import columns
from contacts.imports.columns import LABELS, Column, Sheet, Unreadable
from contacts.imports.overlaps import MOST_REASONS, Overlaps
from contacts.imports.plan import (
    CHANGED,
    NEVER_EMPTIED,
    NEW,
    PERSON,
    POST,
    POST_FLAGS,
    POST_TEXTS,
    REFUSED,
    TELL_EVERY,
    Change,
    Draft,
    Line,
    Outcome,
    Plan,
    Progress,
    Steps,
    T,
    Wish,
    is_empty,
    shown,
)
from contacts.models import Assignment, ContactPerson, FieldOfAction, Office, Person
from contacts.town_names import TownNames, is_named


def plan(sheet: Sheet, office: Office, wish: Wish, changeable: QuerySet[Person], *, locks: bool = False) -> Steps[Plan]:
    """Work out what the sheet would change at the office.

    `changeable` are the people whose name, phone and mail may be changed. `locks` holds what is there until the
    transaction ends.
    """
    return (yield from _Planner(sheet, office, wish, changeable, locks).plan())


class _Planner:
    def __init__(self, sheet: Sheet, office: Office, wish: Wish, changeable: QuerySet[Person], locks: bool) -> None:
        self.sheet, self.office, self.wish, self.changeable = sheet, office, wish, changeable
        self.towns = TownNames(office, wish.on)
        self.outcomes = {row.number: Outcome(row.number) for row in sheet.rows}
        posts = ContactPerson.objects.filter(office=office).select_related("person", "office").order_by("pk")
        assignments = Assignment.objects.filter(office=office).select_related("municipality", "field").order_by("pk")
        if locks:
            posts = posts.select_for_update(of=("self", "person"), no_key=True)
            assignments = assignments.select_for_update(of=("self",), no_key=True)
        self.posts = {post.pk: post for post in posts.prefetch_related("field_links__field")}
        self.assignments = {assignment.pk: assignment for assignment in assignments}
        self.fields = list(FieldOfAction.objects.filter(office=office))
        self.people: dict[int, Person] = {}
        self.posts_of: dict[int, list[ContactPerson]] = defaultdict(list)
        self.assignments_of: dict[tuple[int, int], list[Assignment]] = defaultdict(list)
        for post in self.posts.values():
            post.person = self.people.setdefault(post.person_id, post.person)
            self.posts_of[post.person_id].append(post)
        for assignment in self.assignments.values():
            assignment.contact_person = self.posts[assignment.contact_person_id]
            self.assignments_of[assignment.contact_person_id, assignment.municipality_id].append(assignment)
        self.read_already: dict[tuple[Column, str], Any] = {}
        self.drafts: dict[Any, Draft] = {}
        self.links: dict[Draft, tuple[set[FieldOfAction], int]] = {}
        self.subjects: dict[int, tuple[Draft, Draft, Draft | None]] = {}

    def plan(self) -> Steps[Plan]:
        total = len(self.sheet.rows)
        self._know_towns()
        lines = []
        for done, row in enumerate(self.sheet.rows):
            if done % TELL_EVERY == 0:
                yield Progress(done, 2 * total)
            if line := self._tried(row.number, self._read, row):
                lines.append(line)
        self.lines = {line.number: line for line in lines}
        self._know_people(lines)
        for done, line in enumerate(lines):
            if done % TELL_EVERY == 0:
                yield Progress(total + done, 2 * total)
            self._tried(line.number, self._say, line)
        self._finish()
        yield Progress(2 * total, 2 * total)
        return self._result()

    def _tried(self, number: int, step: Callable[..., T], *arguments: Any) -> T | None:
        try:
            return step(*arguments)
        except ValueError as error:
            self._refuse(number, str(error))
            return None

    def _refuse(self, number: int, reason: str) -> None:
        outcome = self.outcomes[number]
        outcome.kind = REFUSED
        if reason not in outcome.reasons:
            outcome.reasons.append(reason)

    # -- Reading a row ----------------------------------------------------------------------------------------------

    def _read(self, row: TableRow) -> Line:
        """Every cell that cannot be read is told, not only the first."""
        line = Line(row, {})
        problems = list(row.problems)
        steps = [partial(self._read_cell, line, column, *how) for column, how in self.readers.items()]
        for step in (*steps, *(partial(read, line) for read in (self._read_key, self._read_name, self._read_town))):
            try:
                step()
            except ValueError as error:
                problems.append(str(error))
        self.outcomes[row.number].subject = self._subject(line)
        for problem in problems:
            self._refuse(row.number, problem)
        if problems:
            raise Unreadable(problems[0])
        return line

    def _read_cell(self, line: Line, column: Column, how: Callable[[str], Any], empty: Any) -> None:
        """An empty cell says nothing, unless it is to empty what is there."""
        text = self.sheet.cell(line.row, column)
        if text:
            # The same few words stand in thousands of cells.
            if (column, text) not in self.read_already:
                self.read_already[column, text] = how(text)
            line.values[column] = self.read_already[column, text]
        elif text is not None and self.wish.clears_empty and column not in NEVER_EMPTIED:
            line.values[column] = empty

    @cached_property
    def readers(self) -> dict[Column, tuple[Callable[[str], Any], Any]]:
        """How the cells of a column are read, and what an empty one stands for."""
        texts = (Column.TITLE, Column.EMAIL, Column.PHONE, *POST_TEXTS)
        days = (Column.FROM, Column.UNTIL, Column.POST_FROM, Column.POST_UNTIL)
        return {
            **dict.fromkeys(texts, (str, "")),
            **dict.fromkeys(POST_FLAGS, (columns.yes_or_no, None)),
            **dict.fromkeys(days, (columns.day, None)),
            Column.CONFIRMED: (self._past_day, None),
            Column.LANGUAGES: (columns.languages, []),
            Column.ROLE: (columns.role, None),
            Column.FIELD: (self._field, None),
            Column.FIELDS: (self._fields, []),
        }

    def _past_day(self, text: str) -> datetime.date:
        day = columns.day(text)
        if day > self.wish.today:
            raise Unreadable(
                gettext("%(label)s: %(day)s lies in the future.")
                % {"label": LABELS[Column.CONFIRMED], "day": in_words(day)}
            )
        return day

    def _field(self, text: str) -> FieldOfAction:
        found = [one for one in self.fields if sort_key(one.name) == sort_key(text)]
        if not found:
            raise Unreadable(self._unknown_field(text))
        return found[0]

    def _fields(self, text: str) -> list[str]:
        found = columns.among(text, [one.name for one in self.fields])
        if found is None:
            raise Unreadable(self._unknown_field(text))
        return sorted(found)

    def _unknown_field(self, text: str) -> str:
        known = ", ".join(one.name for one in self.fields)
        if not known:
            return gettext("“%(text)s” is unknown: the office has no fields of action yet.") % {"text": text}
        words = {"text": text, "known": known}
        return gettext("“%(text)s” is no field of action of the office. Known are: %(known)s.") % words

    def _read_key(self, line: Line) -> None:
        text = self.sheet.cell(line.row, Column.KEY)
        if not text:
            return
        model, number = columns.key(text)
        line.keyed = (self.assignments if model is Assignment else self.posts).get(number)
        if line.keyed is None:
            raise Unreadable(
                gettext("The office has nothing under the key %(key)s. To add it anew, empty that cell.")
                % {"key": text}
            )

    def _read_name(self, line: Line) -> None:
        title, given, family, whole = (
            self.sheet.cell(line.row, column) for column in (Column.TITLE, Column.GIVEN, Column.FAMILY, Column.NAME)
        )
        person = _post_of(line.keyed).person if line.keyed else None
        if person and not any((given, family, whole)):
            return
        name = columns.names(title, given or (person.given_name if person and not whole else ""), family, whole)
        for column, part in ((Column.TITLE, name.title), (Column.GIVEN, name.given), (Column.FAMILY, name.family)):
            if part:
                line.values[column] = tidied(part)
        if person and all(
            sort_key(new) != sort_key(old)
            for new, old in ((name.given, person.given_name), (name.family, person.family_name))
        ):
            raise Unreadable(
                gettext("The key belongs to %(person)s. For somebody else, empty the cell with the key.")
                % {"person": person}
            )

    def _know_towns(self) -> None:
        names, ags = (
            {text for row in self.sheet.rows if (text := self.sheet.cell(row, column))}
            for column in (Column.TOWN, Column.AGS)
        )
        self.towns.know(names, {columns.padded_ags(text) for text in ags})

    def _read_town(self, line: Line) -> None:
        name, ags = (self.sheet.cell(line.row, column) or "" for column in (Column.TOWN, Column.AGS))
        ags = columns.ags(ags) if ags else ""
        if isinstance(line.keyed, Assignment):
            town = line.town = line.keyed.municipality
            if (ags and ags != town.ags) or (name and not is_named(town, name)):
                raise Unreadable(
                    gettext("The key belongs to the responsibility for %(town)s. For another one, empty that cell.")
                    % {"town": town}
                )
            return
        if ags:
            line.town = self.towns.of_ags(ags)
            if name and not is_named(line.town, name):
                raise Unreadable(
                    gettext("The AGS %(ags)s belongs to %(town)s, not to “%(name)s”.")
                    % {"ags": ags, "town": line.town, "name": name}
                )
        elif name:
            line.town = self.towns.find(name)

    def _subject(self, line: Line) -> str:
        parts = [line.get(Column.TITLE), line.get(Column.GIVEN), line.get(Column.FAMILY)]
        person = " ".join(filter(None, parts)) or (str(_post_of(line.keyed).person) if line.keyed else "")
        return ": ".join(filter(None, [str(line.town or ""), person]))

    # -- Whom a row means ---------------------------------------------------------------------------------------------

    def _know_people(self, lines: Iterable[Line]) -> None:
        """Load the people whose mail addresses the sheet names, of those that may be changed or work at the office."""
        addresses = {address.casefold() for line in lines if (address := line.get(Column.EMAIL))}
        at_work_here = set(self.people)
        found = self.changeable.annotate(mail=Lower("email")).filter(mail__in=addresses).exclude(pk__in=at_work_here)
        self.people |= {other.pk: other for other in found}
        kept = self.changeable.filter(pk__in=at_work_here).values_list("pk", flat=True)
        self.kept_elsewhere = at_work_here.difference(kept)
        self.by_mail: dict[str, list[Person]] = defaultdict(list)
        self.by_name: dict[str, list[Person]] = defaultdict(list)
        for person in self.people.values():
            if person.email:
                self.by_mail[person.email.casefold()].append(person)
        for person in {post.person_id: post.person for post in self.posts.values()}.values():
            self.by_name[person.sort_key].append(person)
        # Rows of the same new person: by name, and by mail address where the sheet has several of that name.
        self.mails_of_name: dict[str, set[str]] = defaultdict(set)
        self.names_of_mail: dict[str, set[str]] = defaultdict(set)
        for line in lines:
            if address := line.get(Column.EMAIL):
                self.mails_of_name[line.name_key].add(address.casefold())
                self.names_of_mail[address.casefold()].add(line.name_key)

    def _person(self, line: Line) -> Draft:
        if line.keyed:
            person = _post_of(line.keyed).person
            return self._draft(("person", person.pk), lambda: person, line.number)
        name, mail = line.name_key, (line.get(Column.EMAIL) or "").casefold()
        found = self._known_person(line, name, mail)
        if found:
            return self._draft(("person", found.pk), lambda: found, line.number)
        mails = self.mails_of_name[name]
        if len(mails) > 1 and not mail:
            raise Unreadable(
                gettext("The file has several people of this name with different mail addresses. Please add one here.")
            )
        which = mail or next(iter(mails), "")
        return self._draft(("new person", name, which), Person, line.number)

    def _known_person(self, line: Line, name: str, mail: str) -> Person | None:
        """The person meant: by mail address where a part of the name agrees, else by the name, which must be unique."""
        if mail:
            people = self.by_mail.get(mail, [])
            same = [person for person in people if person.sort_key == name]
            given, family = sort_key(line.get(Column.GIVEN)), sort_key(line.get(Column.FAMILY))
            akin = [p for p in people if sort_key(p.given_name) == given or sort_key(p.family_name) == family]
            if len(self.names_of_mail[mail]) > 1:
                akin = []  # an address that several share tells nobody
            for some in (same, akin):
                if len(some) > 1:
                    raise Unreadable(self._ambiguous(some))
                if some and some is akin and not self._is_own(mail, akin[0]):
                    raise Unreadable(
                        gettext(
                            "The mail address %(mail)s does not tell for sure that %(person)s is meant. If so, please "
                            "add the key of an exported sheet; if not, empty the cell with the mail address."
                        )
                        % {"mail": mail, "person": akin[0]}
                    )
                if some:
                    return some[0]
        namesakes = self.by_name.get(name, [])
        if len(namesakes) > 1:
            raise Unreadable(self._ambiguous(namesakes))
        if namesakes and mail and namesakes[0].email and len(self.mails_of_name[name]) > 1:
            raise Unreadable(self._ambiguous(namesakes))
        return namesakes[0] if namesakes else None

    def _is_own(self, mail: str, person: Person) -> bool:
        """Whether the address is surely the person's alone: not the office's, nobody else's, and made of the name."""
        if mail == self.office.email.casefold() or len(self.by_mail[mail]) > 1:
            return False
        local, name = (
            re.sub(r"(?<=[aou])e", "", sort_key(text))
            for text in (mail.partition("@")[0], f"{person.given_name} {person.family_name}")
        )
        return any(part in local.split() or (len(part) > 3 and part in local) for part in name.split())

    def _ambiguous(self, people: list[Person]) -> str:
        names = ", ".join(f"{person} ({person.email or gettext('without a mail address')})" for person in people)
        return gettext("It is not certain who is meant: %(people)s. Please add the mail address or the key.") % {
            "people": names
        }

    def _post(self, line: Line, person: Draft, days: DateRange | None) -> Draft:
        if line.keyed:
            post = _post_of(line.keyed)
            return self._draft(("post", post.pk), lambda: post, line.number)
        first = line.get(Column.POST_FROM) or self.wish.on
        wanted = days or periods.period(first)
        own = [] if person.is_new else self.posts_of[person.row.pk]
        meeting = [post for post in own if periods.overlap(post.period, wanted)]
        holding = [post for post in meeting if periods.encloses(post.period, wanted)] or meeting
        if len(holding) > 1:
            raise Unreadable(gettext("The period goes over several posts of the person. Please split the row."))
        if holding:
            return self._draft(("post", holding[0].pk), lambda: holding[0], line.number)
        return self._draft(
            ("new post", id(person)), lambda: ContactPerson(office=self.office, person=person.row), line.number
        )

    def _draft(self, key: Any, make: Callable[[], Any], number: int) -> Draft:
        if key not in self.drafts:
            self.drafts[key] = Draft(make(), number)
        return self.drafts[key]

    # -- What a row says --------------------------------------------------------------------------------------------

    def _say(self, line: Line) -> None:
        person = self._person(line)
        days = self._wanted_days(line) if line.town else None
        post = self._post(line, person, days)
        assignment = self._assignment(line, post, days) if line.town and days else None
        if assignment:
            assignment.said[Column.FROM] = (days, line.number)
        self.subjects[line.number] = (person, post, assignment)
        of_post = (*POST, Column.POST_FROM, Column.POST_UNTIL, Column.FIELDS)
        for draft, known in ((person, PERSON), (post, of_post), (assignment, (Column.ROLE, Column.FIELD))):
            for column in known:
                if draft and column in line.values:
                    draft.say(column, line.values[column], line.number)

    def _wanted_days(self, line: Line) -> DateRange:
        """The period that the row gives its responsibility, with what is stored where it says nothing."""
        stored = line.keyed.valid if isinstance(line.keyed, Assignment) else None
        first = line.get(Column.FROM) or (stored.lower if stored else self.wish.on)
        last = line.get(Column.UNTIL)
        if stored and Column.UNTIL not in line.values:
            last = periods.last_day(stored)
        if last and last < first:
            raise Unreadable(
                gettext("The last day, %(last)s, lies before the first one, %(first)s.")
                % {"last": in_words(last), "first": in_words(first)}
            )
        return periods.period(first, last)

    def _assignment(self, line: Line, post: Draft, days: DateRange) -> Draft:
        if isinstance(line.keyed, Assignment):
            found: Assignment | None = line.keyed
        else:
            found = self._known_assignment(line, post, days)
        if found:
            key: Any = ("assignment", found.pk)
        else:
            key = ("new assignment", id(post), line.town.pk if line.town else 0, line.get(Column.FIELD), days.lower)
        if other := self.drafts.get(key):
            raise Unreadable(gettext("Row %(row)d says this already.") % {"row": other.number})
        return self._draft(key, lambda: found or Assignment(municipality=line.town), line.number)

    def _known_assignment(self, line: Line, post: Draft, days: DateRange) -> Assignment | None:
        if post.is_new:
            return None
        own = [
            assignment
            for assignment in self.assignments_of[post.row.pk, line.town.pk if line.town else 0]
            if (Column.FIELD not in line.values or assignment.field_id == getattr(line.get(Column.FIELD), "pk", None))
            and periods.overlap(assignment.valid, days)
        ]
        if len(own) > 1:
            own = [assignment for assignment in own if assignment.field_id is None] or own
        if len(own) > 1:
            raise Unreadable(
                gettext(
                    "The person has several responsibilities for %(town)s. Please add the key of an exported sheet."
                )
                % {"town": line.town}
            )
        if own and line.get(Column.FROM) not in (None, own[0].valid.lower):
            raise Unreadable(
                gettext("Already responsible %(period)s. Empty the cell “%(column)s”, or put the same day there.")
                % {"period": periods.in_words(own[0].valid), "column": Column.FROM}
            )
        return own[0] if own else None

    # -- What comes of it all ---------------------------------------------------------------------------------------

    def _finish(self) -> None:
        kinds: dict[str, list[Draft]] = {"person": [], "post": [], "assignment": []}
        for key, draft in self.drafts.items():
            kinds[key[0].rpartition(" ")[2]].append(draft)
        self.people_drafts, self.post_drafts, self.assignment_drafts = kinds.values()
        for draft in self.people_drafts:
            self._finish_texts(draft, PERSON)
            if draft.changed_fields and not draft.is_new and draft.row.pk in self.kept_elsewhere:
                self._refuse(
                    draft.number,
                    gettext("Another office keeps the record of %(person)s; name, phone and mail are changed there.")
                    % {"person": draft.row},
                )
        days_of_post: dict[int, list[DateRange]] = defaultdict(list)
        for _person, post, assignment in self.subjects.values():
            if assignment:
                days_of_post[id(post)].append(assignment.said[Column.FROM][0])
        for draft in self.post_drafts:
            self._finish_texts(draft, POST)
            self._finish_post_period(draft, days_of_post[id(draft)])
            self._finish_fields(draft)
        for number, (_person, post, assignment) in self.subjects.items():
            if assignment:
                self._finish_assignment(number, post, assignment)
        self._check_posts()
        self._check_conflicts()
        self._check_post_periods()

    def _change(self, number: int, label: Any, before: Any, after: Any) -> None:
        self.outcomes[number].changes.append(Change(str(label), shown(before), shown(after)))

    def _finish_texts(self, draft: Draft, known: dict[Column, str]) -> None:
        for column, name in known.items():
            if column not in draft.said:
                continue
            new, number = draft.said[column]
            old = getattr(draft.row, name)
            if (tidied(old) if isinstance(old, str) else sorted(old) if isinstance(old, list) else old) == (
                sorted(new) if isinstance(new, list) else new
            ):
                continue
            if not draft.is_new or not is_empty(new):
                self._change(number, LABELS[column], None if draft.is_new else old, new)
            setattr(draft.row, name, new)
            draft.changed_fields.append(name)
            try:
                if column in (Column.GIVEN, Column.FAMILY):
                    columns.check_name(new)
                if column == Column.PHONE:
                    columns.check_phone(new)
                draft.row._meta.get_field(name).clean(new, draft.row)
            except Unreadable as error:
                self._refuse(number, str(error))
            except ValidationError as error:
                for message in error.messages:
                    self._refuse(number, f"{LABELS[column]}: {message}")

    def _finish_post_period(self, draft: Draft, days: list[DateRange]) -> None:
        stored = None if draft.is_new else draft.row.period
        earliest = min((one.lower for one in days), default=self.wish.on)
        first = draft.said.get(Column.POST_FROM, (stored.lower if stored else earliest, 0))[0]
        if draft.is_new and first is None:
            first = earliest
        last = draft.said.get(Column.POST_UNTIL, (periods.last_day(stored) if stored else None, 0))[0]
        number = next(
            (draft.said[c][1] for c in (Column.POST_FROM, Column.POST_UNTIL) if c in draft.said), draft.number
        )
        if first and last and last < first:
            self._refuse(number, gettext("The function ends before it begins."))
            return
        new = periods.period(first, last)
        if new != stored:
            self._change(number, gettext("Function held"), stored, new)
            draft.row.period = new
            draft.changed_fields.append("period")

    def _finish_fields(self, draft: Draft) -> None:
        if Column.FIELDS not in draft.said:
            return
        new, number = draft.said[Column.FIELDS]
        old = [] if draft.is_new else sorted(link.field.name for link in draft.row.field_links.all())
        if new != old:
            self._change(number, LABELS[Column.FIELDS], old, new)
            self.links[draft] = ({one for one in self.fields if one.name in new}, number)

    def _finish_assignment(self, number: int, post: Draft, draft: Draft) -> None:
        row = draft.row
        if draft.is_new:
            row.contact_person = post.row
            row.office = self.office
            row.field = draft.said.get(Column.FIELD, (None, 0))[0]
            row.role = draft.said.get(Column.ROLE, (row.role, 0))[0]
            row.valid = draft.said[Column.FROM][0]
            place = f"{row.municipality} – {row.field}" if row.field else str(row.municipality)
            after = f"{place}, {row.get_role_display()}, {periods.in_words(row.valid)}"
            self._change(number, gettext("Responsibility"), None, after)
            return
        for column, name, new in (
            (Column.ROLE, "role", draft.said.get(Column.ROLE, (row.role, 0))[0]),
            (Column.FIELD, "field", draft.said.get(Column.FIELD, (row.field, 0))[0]),
            (Column.FROM, "valid", self._days_of_known(self.lines[number], row)),
        ):
            old = getattr(row, name)
            if old == new:
                continue
            label = gettext("Valid") if name == "valid" else LABELS[column]
            words = (row.Role(old).label, row.Role(new).label) if name == "role" else (old, new)
            self._change(number, label, *words)
            setattr(row, name, new)
            draft.changed_fields.append(name)

    def _days_of_known(self, line: Line, row: Assignment) -> DateRange:
        """A day that the row does not give stays as it is."""
        first = line.get(Column.FROM) or row.valid.lower
        last = line.values.get(Column.UNTIL, periods.last_day(row.valid))
        return periods.period(first, last)

    # -- What the database would refuse -----------------------------------------------------------------------------

    def _check_posts(self) -> None:
        """A person has one post at the office at a time."""
        changed = [draft for draft in self.post_drafts if "period" in draft.changed_fields]
        of_person: dict[int, list[ContactPerson]] = defaultdict(list)
        for post in [*self.posts.values(), *(draft.row for draft in changed if draft.is_new)]:
            of_person[id(post.person)].append(post)
        for draft in changed:
            for other in of_person[id(draft.row.person)]:
                if other is not draft.row and periods.overlap(other.period, draft.row.period):
                    self._refuse(
                        draft.number,
                        gettext("The person already has a post at this office in this period: %(period)s.")
                        % {"period": periods.in_words(other.period)},
                    )

    def _check_post_periods(self) -> None:
        """Responsibilities stay within their posts, those too that the sheet does not name."""
        said_in = {id(assignment.row): n for n, (_p, _o, assignment) in self.subjects.items() if assignment}
        shortened = {id(draft.row): draft for draft in self.post_drafts if "period" in draft.changed_fields}
        for row in [*self.assignments.values(), *(draft.row for draft in self.assignment_drafts if draft.is_new)]:
            post = row.contact_person
            number = said_in.get(id(row)) or (shortened[id(post)].number if id(post) in shortened else None)
            if number and row.valid and not periods.encloses(post.period, row.valid):
                self._refuse(
                    number,
                    gettext("%(town)s: %(person)s holds this post %(period)s only.")
                    % {"town": row.municipality, "person": post.person, "period": periods.in_words(post.period)},
                )

    def _check_conflicts(self) -> None:
        """One primary for each town and field, and nobody twice, on any day."""
        number_of = {id(assignment.row): n for n, (_p, _o, assignment) in self.subjects.items() if assignment}
        touched = {id(draft.row) for draft in self.assignment_drafts if draft.is_new or draft.changed_fields}
        at: dict[tuple[int, int | None], list[Assignment]] = defaultdict(list)
        for row in [*self.assignments.values(), *(draft.row for draft in self.assignment_drafts if draft.is_new)]:
            at[row.municipality_id, row.field.pk if row.field else None].append(row)
        for rows in at.values():
            if any(id(row) in touched for row in rows):
                self._check_conflicts_among(rows, touched, number_of)

    def _check_conflicts_among(self, rows: list[Assignment], touched: set[int], number_of: dict[int, int]) -> None:
        """Of one town and field."""
        primary = Overlaps(row for row in rows if row.role == Assignment.Role.PRIMARY)
        rows_of: dict[int, list[Assignment]] = defaultdict(list)
        for row in rows:
            rows_of[id(row.contact_person)].append(row)
        for own_rows in rows_of.values():
            own = Overlaps(own_rows)
            own_primary = Overlaps(row for row in own_rows if row.role == Assignment.Role.PRIMARY)
            for row in own_rows:
                if id(row) not in touched:
                    continue
                number, others, count = number_of[id(row)], own.first[id(row)], own.count(row)
                if row.role == Assignment.Role.PRIMARY:
                    others = [*primary.first[id(row)], *others]
                    count += primary.count(row) - own_primary.count(row)
                others = list({id(other): other for other in others}.values())[:MOST_REASONS]
                for other in others:
                    self._refuse(number, self._in_the_way(other, number_of))
                if more := count - len(others):
                    self._refuse(
                        number,
                        ngettext("So does %(count)d other one.", "So do %(count)d other ones.", more) % {"count": more},
                    )

    def _in_the_way(self, other: Assignment, number_of: dict[int, int]) -> str:
        words = {"person": str(other.contact_person), "period": periods.in_words(other.valid)}
        if number := number_of.get(id(other)):
            return gettext("Contradicts row %(row)d: %(person)s, %(period)s.") % {**words, "row": number}
        return gettext("Already responsible: %(person)s, %(period)s. End that first.") % words

    def _result(self) -> Plan:
        for number, (person, post, assignment) in self.subjects.items():
            outcome = self.outcomes[number]
            outcome.subject = ": ".join(
                filter(None, [str(assignment.row.municipality) if assignment else "", str(person.row)])
            )
            if outcome.kind == REFUSED:
                continue
            main = assignment or post
            if main.is_new and main.number == number:
                outcome.kind = NEW
            elif outcome.changes:
                outcome.kind = CHANGED
        result = Plan(self.sheet, list(self.outcomes.values()))
        mentioned = {draft.row.pk for draft in self.assignment_drafts if not draft.is_new}
        result.not_mentioned = sum(
            row.pk not in mentioned and (row.valid.upper is None or row.valid.upper > self.wish.on)
            for row in self.assignments.values()
        )
        if not result.is_refused:
            result.people = [draft for draft in self.people_drafts if draft.is_new or draft.changed_fields]
            result.posts = [draft for draft in self.post_drafts if draft.is_new or draft.changed_fields]
            result.assignments = [draft for draft in self.assignment_drafts if draft.is_new or draft.changed_fields]
            result.fields_of_posts = [
                (draft, wanted, set() if draft.is_new else {link.field for link in draft.row.field_links.all()})
                for draft, (wanted, _number) in self.links.items()
            ]
        return result


def _post_of(row: Any) -> ContactPerson:
    return row.contact_person if isinstance(row, Assignment) else row

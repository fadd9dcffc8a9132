"""Hits of the search as people read them: what was found, where it stands, and the words that were asked for."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from common.kept_queries import KeptQuery
from common.sort_keys import Word
from common.words import in_words
from contacts.filters import containing_words
from forums.highlights import passages
from forums.models import ActionItem, Addendum, AgendaItem, Decision, Forum, Meeting, SearchEntry

Kind = SearchEntry.Kind
MOST = 100  # hits that are listed; whoever gets more asks more precisely
MOST_FORUMS = 10  # that are called so
LONGEST = 10_000  # characters of a text that are looked through for the passage


@dataclass(frozen=True)
class Hit:
    """One text that was found, of a row that its finder may see."""

    kind: str
    kind_name: str
    day: datetime.date
    forum: Forum
    meeting: Meeting | None
    name: str
    text: str
    title: SafeString  # the name with the words marked
    passage: SafeString
    address: str


def newest(entries: Any) -> Any:
    """The newest of the entries, and one more where there are more than are listed.

    Asked for a few only, PostgreSQL would go back through all entries for a rare word: it takes the beginning of a
    word to be frequent.
    """
    return entries.defer("words").order_by("-day", "-pk")[: MOST + 1]


@KeptQuery
def newest_saying(user: Any, text: str) -> "QuerySet[SearchEntry]":
    return newest(SearchEntry.objects.visible_to(user).saying(text))


@KeptQuery
def forums_called(user: Any, words: list[Word]) -> "QuerySet[Forum]":
    return containing_words(Forum.objects.visible_to(user), "sort_key", words)[:MOST_FORUMS]


def _by_id(model: Any) -> KeptQuery[[list[int]], Any]:
    @KeptQuery
    def rows(ids: list[int]) -> Any:
        return model.objects.filter(pk__in=ids).order_by()

    return rows


_ROWS = {model: _by_id(model) for model in (ActionItem, Addendum, AgendaItem, Decision, Forum, Meeting)}


def hits(entries: Sequence[SearchEntry], asked: str) -> list[Hit]:
    """The entries with their texts. At most seven queries."""
    if not entries:
        return []
    sources = _Sources(entries)
    named = [sources.named(entry) for entry in entries]
    marked = passages([text[:LONGEST] for both in named for text in both], asked)
    return [
        Hit(
            entry.kind,
            entry.get_kind_display(),
            entry.day,
            sources.forums[entry.forum_id],
            sources.meetings.get(entry.meeting_id),
            name,
            text,
            title,
            passage,
            sources.address(entry),
        )
        for entry, (name, text), title, passage in zip(entries, named, marked[::2], marked[1::2], strict=True)
    ]


class _Sources:
    """The rows that some entries were made from."""

    def __init__(self, entries: Sequence[SearchEntry]) -> None:
        self.entries = entries

    def _rows(self, model: Any, ids: Iterable[int]) -> dict[Any, Any]:
        return {row.pk: row for row in _ROWS[model](list(set(ids)))}

    def _of(self, model: Any, *kinds: str) -> dict[int, Any]:
        return self._rows(model, (entry.source_id for entry in self.entries if entry.kind in kinds))

    @cached_property
    def meetings(self) -> dict[int | None, Meeting]:
        found = self._rows(Meeting, (entry.meeting_id for entry in self.entries if entry.meeting_id))
        for meeting in found.values():
            # The entry's: entries take the meeting's, which never changes, and triggers keep tasks in their item's.
            meeting.forum = self.forums[meeting.forum_id]
        return found

    @cached_property
    def forums(self) -> dict[int, Forum]:
        return self._rows(Forum, (entry.forum_id for entry in self.entries))

    @cached_property
    def items(self) -> dict[int, AgendaItem]:
        return self._of(AgendaItem, Kind.AGENDA, Kind.MINUTES)

    @cached_property
    def decisions(self) -> dict[int, Decision]:
        return self._of(Decision, Kind.DECISION)

    @cached_property
    def tasks(self) -> dict[int, ActionItem]:
        return self._of(ActionItem, Kind.TASK)

    @cached_property
    def addenda(self) -> dict[int, Addendum]:
        return self._of(Addendum, Kind.ADDENDUM)

    def named(self, entry: SearchEntry) -> tuple[str, str]:
        """What the row is called, and the text of it that was searched."""
        if entry.kind == Kind.DECISION:
            decision = self.decisions[entry.source_id]
            return str(decision), decision.wording
        if entry.kind == Kind.TASK:
            task = self.tasks[entry.source_id]
            return task.what, task.note
        if entry.kind == Kind.ADDENDUM:
            addendum = self.addenda[entry.source_id]
            return gettext("Addendum of %(day)s") % {"day": in_words(addendum.written_on)}, addendum.text
        item = self.items[entry.source_id]
        return item.title, item.result if entry.kind == Kind.MINUTES else item.text

    def address(self, entry: SearchEntry) -> str:
        if entry.kind == Kind.TASK:
            return self.tasks[entry.source_id].get_absolute_url()
        if entry.kind == Kind.AGENDA or entry.audience == SearchEntry.Audience.OFFICES:
            return self.meetings[entry.meeting_id].get_absolute_url()
        return reverse("minutes", args=[entry.forum_id, entry.meeting_id])

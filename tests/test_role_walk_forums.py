"""The addresses of forums, walked as everyone who has to do with one, against the table in role_walk_forums.toml.

tests/test_role_walk.py walks every address of the portal; here stand who belongs to a forum, or did, and whoever works
for its offices, at an internal and a public forum and at minutes in each of their states.
"""

import datetime
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone, translation

from common import files
from common.periods import day_of, period
from forums import invitations
from forums.models import Forum, Meeting
from tests.factories import (
    LONG_AGO,
    ActionItemFactory,
    AgendaItemFactory,
    CommentFactory,
    DocumentFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    MinutesFactory,
    MunicipalityFactory,
    MunicipalStaffFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    TemplateItemFactory,
    TopicFactory,
    UserFactory,
)
from tests.forums.people import signed_in
from tests.test_role_walk import METHODS, PDF, answer, url_names

pytestmark = pytest.mark.usefixtures("kept_queries_compared")
TABLE = tomllib.loads((Path(__file__).parent / "role_walk_forums.toml").read_text(encoding="utf-8"))
PAGES: dict[str, str] = TABLE["pages"]
ROLES = ("visitor", "former", "member", "chair", "town_hall", "stranger", "partner", "coordinator")
FORUMS = ("internal", "public")
MINUTES = ("draft", "circulated", "approved", "released")  # of a public forum the last
WEEK = datetime.timedelta(weeks=1)


def of_a_forum() -> Iterator[tuple[str, set[str]]]:
    """The addresses of one forum, meeting, document or task by name, with what they are filled with."""
    addresses = get_resolver("forums.urls")
    for name in url_names(addresses):
        parts = set(addresses.reverse_dict[name][3])
        if parts & {"pk", "document"}:
            yield name, parts


PARTS = dict(of_a_forum())


class Walk:
    """An account for each role, and what fills the addresses, in an internal forum and in a public one.

    The former member left between the meeting whose minutes are approved and the one whose are circulated.
    """

    def __init__(self) -> None:
        self.now = timezone.now()
        self.town = MunicipalityFactory(name="Musterstadt")
        self.office, self.partner = OfficeFactory(areas=[self.town]), OfficeFactory()
        self.people = {role: PersonFactory(user=UserFactory()) for role in ("former", "member", "chair")}
        self.users = {
            **{role: person.user for role, person in self.people.items()},
            "town_hall": MunicipalStaffFactory(municipality=self.town).user,
            "stranger": OfficeMembershipFactory().user,
            "partner": OfficeMembershipFactory(office=self.partner).user,
            "coordinator": OfficeMembershipFactory(office=self.office).user,
        }
        internal, public = self.forum(is_public=False), self.forum(is_public=True)
        self.rows = {
            "internal": self.to_come(internal),
            "public": self.to_come(public),
            "draft": self.held(internal, 2, "draft"),
            "circulated": self.held(internal, 4, "circulated"),
            "approved": self.held(internal, 6, "approved"),
            "released": self.held(public, 6, "released"),
        }

    def client(self, role: str) -> Client:
        return signed_in(self.users[role]) if role in self.users else Client()

    def forum(self, *, is_public: bool) -> Forum:
        forum: Forum = ForumFactory(
            office=self.office,
            about=[self.town],
            partner_offices=[self.partner],
            is_public=is_public,
            publishes_minutes=is_public,
        )
        left = period(LONG_AGO, day_of(self.now - 5 * WEEK))
        MembershipFactory(forum=forum, person=self.people["former"], period=left)
        MembershipFactory(forum=forum, person=self.people["member"])
        MembershipFactory(forum=forum, person=self.people["chair"], role="chair")
        return forum

    def parts(self, meeting: Meeting, **document: Any) -> dict[str, int]:
        """What every meeting has; its file is in the store."""
        forum, item = meeting.forum, AgendaItemFactory(meeting=meeting, result="Alle waren einig.")
        document_row = DocumentFactory(forum=forum, meeting=meeting, **document)
        files.store().save(document_row.name, ContentFile(PDF))
        return {
            "pk": forum.pk,
            "meeting": meeting.pk,
            "item": item.pk,
            "document": document_row.pk,
            "task": ActionItemFactory(forum=forum, item=item).pk,
        }

    def to_come(self, forum: Forum) -> dict[str, int]:
        """A meeting to which the members are invited; its document is for everyone who sees the forum."""
        meeting = MeetingFactory(forum=forum, starts_at=self.now + 4 * WEEK)
        rows = self.parts(meeting, audience="everyone")
        meeting.plan()
        invitations.invite(meeting, self.now)
        return rows | {
            "membership": forum.memberships.get(person=self.people["member"]).pk,
            "template": TemplateItemFactory(forum=forum).pk,
            "topic": TopicFactory(forum=forum, proposed_by=self.people["member"]).pk,
            "attendance": meeting.attendances.get(person=self.people["member"]).pk,
            "task": ActionItemFactory(forum=forum).pk,
        }

    def held(self, forum: Forum, weeks_ago: int, state: str) -> dict[str, int]:
        """A meeting with minutes in that state, and a document for its members."""
        minutes = MinutesFactory(meeting=MeetingFactory(forum=forum, starts_at=self.now - weeks_ago * WEEK))
        rows = self.parts(minutes.meeting)
        by = self.users["coordinator"]
        verbs: list[Callable[[], Any]] = [
            lambda: minutes.circulate(day_of(self.now + WEEK), self.now),
            lambda: minutes.approve(by, self.now),
            lambda: minutes.release(by, self.now),
        ]
        for verb in verbs[: MINUTES.index(state)]:
            verb()
        return rows | {"comment": CommentFactory(minutes=minutes).pk}

    def address(self, name: str, place: str) -> str:
        rows = self.rows[place]
        filled = {part: rows[part] for part in PARTS[name]}
        if name.startswith("action_item") and name != "action_item_add":
            filled["pk"] = rows["task"]
        if name.startswith("template_item"):
            filled["item"] = rows["template"]
        return reverse(name, kwargs=filled)


@pytest.fixture
def walk(db: None, settings: Any, tmp_path: Path) -> Iterator[Walk]:
    settings.FILES_ROOT = tmp_path / "files"
    with translation.override("de"):
        yield Walk()


def test_every_address_of_a_forum_stands_in_the_table_and_no_other() -> None:
    assert set(PAGES) == set(PARTS)


def test_every_address_is_walked_at_both_forums_or_at_minutes_in_each_state() -> None:
    for kind in set(PAGES.values()):
        places = set(TABLE["answers"][kind])
        assert places >= set(FORUMS) or places >= set(MINUTES), kind


@pytest.mark.parametrize("role", ROLES)
def test_role_gets_at_every_forum_what_the_table_says(walk: Walk, role: str) -> None:
    client = walk.client(role)
    wrong = []
    for name, kind in PAGES.items():
        for place, answers in TABLE["answers"][kind].items():
            path = walk.address(name, place)
            for method in METHODS:
                status, right = answer(client, method, path), int(answers[method].split()[ROLES.index(role)])
                if status != right:
                    wrong.append(f"{name} ({kind}, {place}) {method} {path}: {status}, not {right}")
    assert wrong == [], "\n".join(wrong)

"""A meeting that was held, with all that minutes may say."""

import datetime
from dataclasses import dataclass
from typing import Any

from common.periods import BERLIN
from forums.models import AgendaItem, Decision, Forum, Meeting, Membership
from tests.factories import (
    ActionItemFactory,
    AgendaItemFactory,
    AttendanceFactory,
    DecisionFactory,
    DocumentFactory,
    ForumFactory,
    MeetingFactory,
    MembershipFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    OrganisationFactory,
    PersonFactory,
    UserFactory,
)

NOW = datetime.datetime(2026, 3, 4, 12, 0, tzinfo=BERLIN)
UNTIL = datetime.date(2026, 3, 18)
HOSTILE = '#let $x \\ @y <z> [l] ]#panic() // "q" `u` == --'


@dataclass
class Held:
    forum: Forum
    meeting: Meeting
    item: AgendaItem
    internal: AgendaItem
    decision: Decision
    membership: Membership
    colleague: Any  # an account of the office


def held(is_public: bool = False, office: Any = None, **forum: Any) -> Held:
    """The meeting of 2 March 2026: Mira Muster chairs, Ada Beispiel came for her association."""
    office = office or OfficeFactory(name="Beispielstelle", email="stelle@example.org")
    forum_row = ForumFactory(
        office=office, name="Runder Tisch Wohnen", is_public=is_public, publishes_minutes=is_public, **forum
    )
    chair = PersonFactory(given_name="Mira", family_name="Muster", email="mira@example.org")
    taker = PersonFactory(given_name="Theo", family_name="Tinte", email="theo@example.org")
    meeting = MeetingFactory(
        forum=forum_row,
        chaired_by=chair,
        minutes_by=taker,
        began_at=datetime.datetime(2026, 3, 2, 14, 5, tzinfo=BERLIN),
        closed_at=datetime.datetime(2026, 3, 2, 15, 50, tzinfo=BERLIN),
    )
    ada = PersonFactory(given_name="Ada", family_name="Beispiel", email="ada@example.org", user=UserFactory())
    membership = MembershipFactory(forum=forum_row, person=ada)
    association = OrganisationFactory(name="Verein Miteinander")
    AttendanceFactory(meeting=meeting, person=chair, role="chair", presence="present")
    AttendanceFactory(meeting=meeting, person=ada, organisation=association, presence="present")
    absent = PersonFactory(given_name="Bo", family_name="Fern")
    AttendanceFactory(meeting=meeting, person=absent, presence="excused")
    AttendanceFactory(meeting=meeting, person=None, name="Gerda Gast", role="guest", presence="present")
    item = AgendaItemFactory(
        meeting=meeting,
        position=1,
        title="Wohnraum",
        kind="decision",
        presenter="Paula Vortrag",
        result="Es fehlt **Wohnraum**.\n\n- in der Stadt\n- im Dorf",
    )
    internal = AgendaItemFactory(
        meeting=meeting, position=2, title="Haushalt der Stelle", is_internal=True, result="Bleibt unter uns."
    )
    AgendaItemFactory(meeting=meeting, position=3, title="Verschiedenes")
    decision = DecisionFactory(
        item=item, wording="Das Forum bittet um ein Konzept.", votes_for=5, votes_against=0, abstentions=1
    )
    ActionItemFactory(
        forum=forum_row, item=item, what="Konzept entwerfen", person=ada, due_on=datetime.date(2026, 4, 30)
    )
    ActionItemFactory(forum=forum_row, item=item, what="Mittel prüfen", person=chair, is_internal=True)
    for audience, title in (("everyone", "Zahlen"), ("members", "Folien"), ("offices", "Vermerk")):
        DocumentFactory(forum=forum_row, meeting=meeting, title=title, audience=audience)
    DocumentFactory(forum=forum_row, meeting=meeting, item=internal, title="Finanzplan", audience="everyone")
    meeting.hold()
    coming = MeetingFactory(forum=forum_row, starts_at=datetime.datetime(2026, 6, 1, 14, 0, tzinfo=BERLIN))
    coming.plan()
    colleague = OfficeMembershipFactory(office=office, user__name="Kim Kollegin").user
    return Held(forum_row, meeting, item, internal, decision, membership, colleague)

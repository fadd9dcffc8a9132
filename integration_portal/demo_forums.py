"""The demonstration's forums: those that the documents name, and at the invented office all that happens in some."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from accounts import demo as accounts
from accounts.models import User
from common.outbox import Message
from common.periods import BERLIN, ONE_DAY, contains, day_of
from contacts.models import FieldOfAction, Office, OfficeTask, Organisation, Person, TargetGroup
from forums import invitations
from forums.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    Forum,
    ForumField,
    ForumTargetGroup,
    ForumTown,
    Meeting,
    Membership,
    Minutes,
    TemplateItem,
    Topic,
)
from forums.models.minutes import CIRCULATED
from forums.planning import state_of
from integration_portal.demo_facts import Facts, chosen, days, facts
from municipalities.models import District, Municipality
from municipalities.working_days import public_holidays

ONE_WEEK = 7 * ONE_DAY
INVITED_BEFORE = COMMENTS_FOR = 2 * ONE_WEEK
State, Reply, Presence = Meeting.State, Attendance.Reply, Attendance.Presence


def load(on: datetime.date) -> None:
    """Enter them; offices, people and accounts must be there."""
    _enter_organisations()
    people = {str(person): person for person in [*Person.objects.all(), *_enter_people()]}
    _Forums(on, people).enter()


def _enter_organisations() -> None:
    towns = {town.name: town for town in Office.objects.get(is_invented=True).municipalities_ever()}
    Organisation.objects.bulk_create(
        Organisation(
            name=entry["name"],
            kind=entry["kind"],
            municipality=towns[entry["town"]] if "town" in entry else None,
            reach=Organisation.Reach.TOWN if "town" in entry else Organisation.Reach.DISTRICT,
        )
        for entry in facts("organisations")
    )


def _enter_people() -> Iterator[Person]:
    for entry in facts("members"):
        yield Person.objects.create(
            user=User.objects.get(email=entry["account"]) if "account" in entry else None,
            organisation=Organisation.objects.get(name=entry["organisation"]),
            **chosen(entry, "title", "given_name", "family_name", "email", "phone"),
        )


class _Forums:
    """Enters forums with their meetings, counted from one day."""

    def __init__(self, on: datetime.date, people: Mapping[str, Person]) -> None:
        self.on, self.people = on, people
        self.organisations = {organisation.name: organisation for organisation in Organisation.objects.all()}

    def enter(self) -> None:
        of_key = {}
        for entry in facts("forums"):
            forum = self._enter_forum(entry)
            if "key" in entry:
                of_key[entry["key"]] = (forum, entry, public_holidays(state_of(forum)))
        numbers: Counter[str] = Counter()
        held = []
        for entry in facts("forum_meetings"):
            forum, facts_of_forum, closed = of_key[entry["forum"]]
            meeting = self._meeting(entry, forum, facts_of_forum, closed)
            state = entry.get("state", State.HELD)
            if state in (State.HELD, State.INVITED, State.CANCELLED):
                numbers[entry["forum"]] += 1
                meeting.number = numbers[entry["forum"]]
            if state == State.HELD:
                self._enter_held(meeting, entry, facts_of_forum)
                held.append((meeting, entry))
            else:
                self._enter_other(meeting, state, entry)
            if state in (State.HELD, State.CANCELLED):
                self._enter_attendance(meeting, entry)
        self._enter_minutes(held)

    def _day(self, count: int) -> datetime.date:
        return self.on + count * ONE_DAY

    def _day_of(self, entry: Facts, name: str) -> datetime.date | None:
        return self._day(entry[name]) if name in entry else None

    def _moment(self, count: int) -> datetime.datetime:
        """In the morning of that day."""
        return datetime.datetime.combine(self._day(count), datetime.time(9), BERLIN)

    # -- A forum ---------------------------------------------------------------------------------------------------

    def _enter_forum(self, entry: Facts) -> Forum:
        office = Office.objects.get(code=entry["office"])
        forum = Forum.objects.create(
            office=office,
            task=OfficeTask.objects.get(office=office, name=entry["task"]),
            district=District.objects.get(ags=entry["district"]) if "district" in entry else None,
            period=days(entry, self.on),
            **chosen(
                entry, "kind", "name", "purpose", "rhythm", "source", "organiser",
                "is_public", "publishes_minutes", "is_informal", "is_elsewhere",
            ),
        )  # fmt: skip
        towns = Municipality.objects.filter(pk__in=office.municipalities(self.on), name__in=entry.get("towns", []))
        ForumTown.objects.bulk_create(ForumTown(forum=forum, municipality=town) for town in towns)
        of_office = {"office": office}
        ForumField.objects.bulk_create(
            ForumField(forum=forum, field=FieldOfAction.objects.get(name=name, **of_office))
            for name in entry.get("fields", [])
        )
        ForumTargetGroup.objects.bulk_create(
            ForumTargetGroup(forum=forum, target_group=TargetGroup.objects.get(name=name, **of_office))
            for name in entry.get("target_groups", [])
        )
        Membership.objects.bulk_create(
            Membership(
                forum=forum,
                person=self.people[member["person"]] if "person" in member else None,
                organisation=self._organisation(member),
                period=days(member, self.on),
                **chosen(member, "role"),
            )
            for member in entry.get("members", [])
        )
        planned = ("kind", "title", "minutes", "is_closing", "is_internal")
        TemplateItem.objects.bulk_create(
            TemplateItem(forum=forum, position=position, **chosen(item, *planned))
            for position, item in enumerate(entry.get("agenda", []), start=1)
        )
        Topic.objects.bulk_create(
            Topic(
                forum=forum,
                proposed_by=self.people[topic["by"]] if "by" in topic else None,
                created_on=self._day(topic["from"]),
                **chosen(topic, "kind", "title", "text", "minutes", "is_internal"),
            )
            for topic in entry.get("topics", [])
        )
        return forum

    def _organisation(self, entry: Facts) -> Organisation | None:
        return self.organisations[entry["organisation"]] if "organisation" in entry else None

    # -- A meeting -------------------------------------------------------------------------------------------------

    def _meeting(
        self, entry: Facts, forum: Forum, facts_of_forum: Facts, closed: Mapping[datetime.date, str]
    ) -> Meeting:
        begins = datetime.datetime.combine(
            self._weekday(entry["from"], facts_of_forum["weekday"], closed),
            datetime.time.fromisoformat(facts_of_forum["time"]),
            BERLIN,
        )
        return Meeting(
            forum=forum,
            starts_at=begins,
            ends_at=begins + datetime.timedelta(minutes=facts_of_forum["minutes"]),
            chaired_by=self.people.get(entry.get("chair", "")),
            minutes_by=self.people.get(entry.get("taker", "")),
            reply_until=self._day_of(entry, "reply"),
            topics_until=self._day_of(entry, "topics"),
            **chosen(facts_of_forum, "place", "address", "access"),
            **chosen(entry, "title"),
        )

    def _weekday(self, count: int, weekday: int, closed: Mapping[datetime.date, str]) -> datetime.date:
        """That weekday before a past day, or after another one; a week further while it is a public holiday."""
        day, way = self._day(count), -1 if count < 0 else 1
        while day.weekday() != weekday:
            day += way * ONE_DAY
        while day in closed:
            day += way * ONE_WEEK
        return day

    def _enter_held(self, meeting: Meeting, entry: Facts, facts_of_forum: Facts) -> None:
        """Its agenda is what the forum's template says, with the items of the meeting before those at the end."""
        meeting.state, meeting.began_at, meeting.closed_at = State.HELD, meeting.starts_at, meeting.ends_at
        meeting.save()
        usual = facts_of_forum.get("agenda", []) if entry.get("has_template", True) else []
        agenda = sorted([*usual, *entry["items"]], key=lambda item: item.get("is_closing", False) * 2 - (item in usual))
        items = AgendaItem.objects.bulk_create(
            AgendaItem(
                meeting=meeting,
                position=position,
                **chosen(item, "kind", "title", "minutes", "presenter", "is_internal", "is_closing", "result"),
            )
            for position, item in enumerate(agenda, start=1)
        )
        for line, item in zip(agenda, items, strict=True):
            if "decision" in line:
                votes = dict(zip(("votes_for", "votes_against", "abstentions"), line.get("votes", []), strict=False))
                Decision.objects.create(forum=meeting.forum, item=item, wording=line["decision"], **votes)
            for task in line.get("tasks", []):
                self._enter_task(task, item)
            if line.get("is_put_off"):
                item.postpone(meeting.day)

    def _enter_other(self, meeting: Meeting, state: str, entry: Facts) -> None:
        meeting.add()
        for item in entry["items"]:
            meeting.append(**chosen(item, "kind", "title", "text", "minutes", "presenter", "is_internal"))
        if state == State.INVITED:
            self._invite(meeting, entry)
        elif state == State.CANCELLED:
            meeting.cancel(entry["because"])
        elif state == State.PLANNED:
            meeting.plan()

    def _invite(self, meeting: Meeting, entry: Facts) -> None:
        """As the office does; to a meeting that is over, no mail is left to send."""
        invitations.invite(meeting, self._moment(entry["invited"]))
        lines = list(meeting.attendances.select_related("person"))
        for line in lines:
            line.reply, line.substitute, line.remark = _reply(str(line), entry, line.presence)
            if line.reply and line.invited_at:
                line.replied_at = line.invited_at + ONE_DAY
                line.save()
        if meeting.day < self.on:
            Message.objects.filter(occasion=invitations.INVITATION, to__in=[line.pk for line in lines]).delete()

    def _enter_task(self, entry: Facts, item: AgendaItem) -> None:
        ActionItem.objects.create(
            forum=item.meeting.forum,
            item=item,
            person=self.people[entry["who"]] if "who" in entry else None,
            organisation=self._organisation(entry),
            due_on=self._day(entry["due"]),
            state=ActionItem.State.DONE if "done" in entry else entry.get("state", ActionItem.State.OPEN),
            created_on=item.meeting.day,
            closed_on=self._day_of(entry, "done") or self._day_of(entry, "closed"),
            **chosen(entry, "what", "note", "is_internal"),
        )

    def _enter_attendance(self, meeting: Meeting, entry: Facts) -> None:
        """Whoever belonged to the forum that day, with their reply, and of a meeting that was held who came."""
        invited_at = meeting.starts_at - INVITED_BEFORE
        lines = []
        for member in meeting.forum.memberships.exclude(person=None).select_related("person").order_by("pk"):
            if not contains(member.period, meeting.day):
                continue
            line = Attendance(
                meeting=meeting, person=member.person, organisation_id=member.organisation_id, role=member.role
            )
            if meeting.state == State.HELD:
                line.presence = _presence(member.person.name, entry)
            if not meeting.forum.is_elsewhere:
                line.invited_at = invited_at
                line.reply, line.substitute, line.remark = _reply(member.person.name, entry, line.presence)
                line.replied_at = invited_at + 2 * ONE_DAY if line.reply else None
            lines.append(line)
        lines += [
            Attendance(
                meeting=meeting,
                name=guest["name"],
                organisation_name=guest["organisation"],
                role=Membership.Role.GUEST,
                presence=Presence.PRESENT,
            )
            for guest in entry.get("guests", [])
        ]
        Attendance.objects.bulk_create(lines)

    def _enter_minutes(self, held: list[tuple[Meeting, Facts]]) -> None:
        """Sent within a week and approved in the forum's next meeting, by the chair where none has followed."""
        following = {one.pk: other for (one, _), (other, _) in pairwise(held) if one.forum_id == other.forum_id}
        by = User.objects.get(email=accounts.LEAD.email)
        for meeting, entry in held:
            state = entry.get("record", Minutes.State.APPROVED)
            if state not in (Minutes.State.CIRCULATED, Minutes.State.APPROVED):
                continue
            sent_at = self._moment(entry["sent"]) if "sent" in entry else meeting.ends_at + 6 * ONE_DAY
            until = self._day_of(entry, "comments_until") or day_of(sent_at) + COMMENTS_FOR
            Minutes.of(meeting).circulate(until, sent_at)
            minutes = Minutes.of(meeting)
            for comment in entry.get("comments", []):
                self._enter_comment(comment, minutes)
            if state == Minutes.State.CIRCULATED:
                continue
            # Whoever reads the demonstration's mail does not want the post of two years.
            Message.objects.filter(occasion=CIRCULATED, about=minutes.pk).delete()
            next_one = following.get(meeting.pk)
            approved_at = next_one.starts_at if next_one else sent_at + COMMENTS_FOR + ONE_DAY
            minutes.approve(by, approved_at, next_one)
            if meeting.forum.publishes_minutes and entry.get("is_released", True):
                minutes.release(by, approved_at + ONE_DAY)

    def _enter_comment(self, entry: Facts, minutes: Minutes) -> None:
        minutes.comment(
            self.people[entry["by"]],
            entry["text"],
            self._moment(entry["on"]),
            minutes.meeting.items.get(title=entry["item"]),
            is_objection=entry.get("is_objection", False),
        )


def _presence(name: str, entry: Facts) -> str:
    if name in entry.get("absent", []):
        return Presence.ABSENT
    return Presence.EXCUSED if name in entry.get("excused", []) else Presence.PRESENT


def _reply(name: str, entry: Facts, presence: str) -> tuple[str, str, str]:
    """Reply, substitute and remark; where it is known who came they replied so."""
    if presence == Presence.PRESENT or name in entry.get("accepts", []):
        return Reply.ACCEPTED, "", ""
    if presence == Presence.EXCUSED:
        return Reply.DECLINED, "", ""
    for line in entry.get("declines", []):
        if line["person"] == name:
            return Reply.DECLINED, "", line.get("remark", "")
    for line in entry.get("sends", []):
        if line["person"] == name:
            return Reply.SUBSTITUTE, line["substitute"], ""
    return Reply.NONE, "", ""

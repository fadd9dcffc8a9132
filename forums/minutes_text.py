"""What minutes say: a meeting as structured text, who may read how much of it, and how it reads in words.

A snapshot is JSON that needs no other row: names as they are called on the day, days and times of Berlin. It holds
everything; `for_members` leaves out what is for the offices alone, `for_everyone` all that is about people. Numbers of
rows in it serve to find live tasks and to erase people.
"""

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext

from common.fields import composed
from common.periods import BERLIN, day_of
from common.sort_keys import sort_key
from contacts.models import FormerPerson
from forums.models.documents import Document
from forums.models.forums import Membership
from forums.models.meetings import LONGEST_NAME, AgendaItem, Attendance, Meeting, days_in_words
from forums.models.outcomes import ActionItem, Decision

VERSION = 1
Text = dict[str, Any]
GROUPS = ("present", "guests", "excused", "absent")


# -- The snapshot -------------------------------------------------------------------------------------------------


@translation.override(settings.LANGUAGE_CODE)
def snapshot(meeting: Meeting) -> Text:
    """The whole minutes of a meeting as they are now; needs forum and office loaded, queries the rest."""
    items = meeting.items.order_by("position", "pk").select_related("put_off_as")
    tasks = ActionItem.objects.select_related("person", "organisation").order_by("pk")
    found = items.prefetch_related(
        Prefetch("decisions", Decision.objects.order_by("pk")), Prefetch("action_items", tasks)
    )
    attendances = meeting.attendances.select_related("person", "organisation")
    begin, end = meeting.began_at or meeting.starts_at, meeting.closed_at or meeting.ends_at
    return {
        "version": VERSION,
        "forum": meeting.forum.name,
        "office": meeting.forum.office.name,
        "meeting": meeting.name,
        "number": meeting.number,
        "day": day_of(begin).isoformat(),
        "last_day": meeting.last_day.isoformat() if meeting.last_day > meeting.day else None,
        "begin": _time(begin),
        "end": _time(end),
        "place": ", ".join(filter(None, (meeting.place, meeting.address))),
        "chair": _person(meeting.chaired_by),
        "minute_taker": _person(meeting.minutes_by),
        "attendance": _attendance(attendances),
        "items": list(_items(found)),
        "next": _next_meeting(meeting),
        "attachments": [
            {"title": document.title, "file": document.file_name, "audience": document.read_by}
            for document in meeting.documents.select_related("item").order_by("pk")
        ],
        "changed": [],
        "approval": {},
        "notes": [],
    }


@translation.override(settings.LANGUAGE_CODE)
def approved(text: Text, by: Any, on: datetime.date, meeting: Meeting | None) -> Text:
    """The text with the note that the account approved it on that day, or the forum in that meeting."""
    if meeting:
        return text | {"approval": {"on": meeting.day.isoformat(), "by": by.name, "user": by.pk, "in": meeting.name}}
    return text | {"approval": {"on": on.isoformat(), "by": by.name, "user": by.pk, "in": ""}}


def checksum_of(text: Text) -> str:
    """SHA-256 of the whole text as JSON with sorted keys and without spaces, in hexadecimal."""
    canonical = json.dumps(text, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def corrected(text: Text, before: Text | None) -> Text:
    """The text with the items that say something else than in the version before."""
    if before is None:
        return text
    old = {item["item"]: _said(item) for item in before["items"]}
    return text | {"changed": [item["item"] for item in text["items"] if old.get(item["item"]) != _said(item)]}


def _said(item: Text) -> Text:
    """What an item says, whatever became of it, its tasks and numbers."""
    decisions = [(decision["wording"], decision["votes"]) for decision in item["decisions"]]
    return {key: value for key, value in item.items() if key not in ("tasks", "number", "is_put_off")} | {
        "decisions": decisions
    }


def _time(moment: datetime.datetime) -> str:
    return moment.astimezone(BERLIN).strftime("%H:%M")


def _person(person: Any) -> Text | None:
    return {"person": person.pk, "name": str(person)} if person else None


def _attendance(attendances: Iterable[Attendance]) -> dict[str, list[Text]]:
    """Who came, and who did not; those of whom nothing was noted stand in no list."""
    lists: dict[str, list[Text]] = {name: [] for name in GROUPS}
    for one in sorted(
        attendances, key=lambda row: sort_key(f"{row.person.family_name} {row}" if row.person else str(row))
    ):
        group = "guests" if one.is_guest and one.presence == Attendance.Presence.PRESENT else one.presence
        if group:
            lists[group].append(
                {
                    "person": one.person_id,
                    "name": str(one),
                    "organisation": one.of_organisation,
                    "substitute": one.substitute,
                    "role": one.role,
                }
            )
    return lists


def _items(items: Iterable[AgendaItem]) -> Iterator[Text]:
    """Items that only the offices see have no number, so that all readers speak of the same one."""
    number = 0
    for item in items:
        number += not item.is_internal
        yield {
            "item": item.pk,
            "number": None if item.is_internal else number,
            "title": item.title,
            "kind": item.kind,
            "presenter": item.presenter,
            "is_internal": item.is_internal,
            "is_put_off": hasattr(item, "put_off_as"),
            "result": item.result,
            "decisions": [
                {
                    "decision": decision.pk,
                    "number": decision.number,
                    "wording": decision.wording,
                    "votes": [decision.votes_for, decision.votes_against, decision.abstentions]
                    if decision.has_votes
                    else None,
                }
                for decision in item.decisions.all()
            ],
            "tasks": [
                {
                    "task": task.pk,
                    "what": task.what,
                    "person": task.person_id,
                    "who": task.who,
                    "due_on": task.due_on.isoformat() if task.due_on else None,
                    "is_internal": task.is_internal,
                }
                for task in item.action_items.all()
            ],
        }


def _next_meeting(meeting: Meeting) -> Text | None:
    later = Meeting.objects.filter(forum=meeting.forum_id, starts_at__gt=meeting.starts_at)
    coming = later.filter(state__in=["planned", "invited", "held"]).order_by("starts_at", "pk").first()
    if coming is None:
        return None
    return {"day": coming.day.isoformat(), "begin": _time(coming.starts_at), "place": coming.place}


# -- Who reads how much -------------------------------------------------------------------------------------------


def for_members(text: Text) -> Text:
    """Without what is for the offices alone."""
    return text | {
        "items": [
            item | {"tasks": [task for task in item["tasks"] if not task["is_internal"]]}
            for item in text["items"]
            if not item["is_internal"]
        ],
        "attachments": [one for one in text["attachments"] if one["audience"] != Document.Audience.OFFICES],
    }


def for_everyone(text: Text) -> Text:
    """Public items with results and decisions: nothing of who was there, spoke, or has something to do."""
    public = for_members(text)
    return public | {
        "chair": None,
        "minute_taker": None,
        "attendance": {},
        "items": [item | {"presenter": "", "tasks": []} for item in public["items"]],
        "attachments": [one for one in public["attachments"] if one["audience"] == Document.Audience.EVERYONE],
        "approval": {key: value for key, value in text["approval"].items() if key not in ("by", "user")},
    }


def is_same_text(one: Text, other: Text) -> bool:
    """Whether two snapshots say the same of the meeting, whatever was renamed, merged or became of the tasks since.

    One query.
    """
    named = {row["person"] for text in (one, other) for row in _named(text)}
    today = dict(FormerPerson.objects.filter(key__in=named - {None}).values_list("key", "person"))
    return _wording(one, today) == _wording(other, today)


def _named(text: Text) -> Iterator[Text]:
    """Who chaired, took the minutes and came."""
    yield from (text[key] for key in ("chair", "minute_taker") if text[key])
    for rows in text["attendance"].values():
        yield from rows


def _wording(text: Text, today: dict[int, int]) -> list[Any]:
    """What is compared; `today` gives the number that a person has whose entry was merged into another."""

    def who(row: Text) -> Any:
        return today.get(row["person"], row["person"])

    def people(rows: list[Text]) -> list[Any]:
        # Two entries of one human stand in two rows.
        known = {who(row) for row in rows if row["person"]}
        return [sorted(known), sorted(row["name"] for row in rows if not row["person"])]

    return [
        [text[key] for key in ("day", "begin", "end", "place")],
        text.get("last_day"),
        [text[key] and who(text[key]) for key in ("chair", "minute_taker")],
        {group: people(rows) for group, rows in text["attendance"].items()},
        [_said(item) for item in text["items"]],
    ]


def task_ids(text: Text) -> list[int]:
    return [task["task"] for item in text["items"] for task in item["tasks"]]


# -- In words -----------------------------------------------------------------------------------------------------


def in_words(text: Text) -> Text:
    """The minutes as a reader of the language in use sees them, for the page and the PDF alike; results as written."""
    kinds = dict(AgendaItem._meta.get_field("kind").flatchoices)
    items = [
        {
            "id": item["item"],
            "label": gettext("Item %(number)d") % item if item["number"] else gettext("Internal item"),
            "title": item["title"],
            "kind": capfirst(str(kinds.get(item["kind"], ""))),
            "presenter": item["presenter"],
            "is_internal": item["is_internal"],
            "is_put_off": item["is_put_off"],
            "result": item["result"],
            "decisions": [_decision(decision) for decision in item["decisions"]],
            "tasks": [_task(task) for task in item["tasks"]],
        }
        for item in text["items"]
    ]
    return {
        "forum": text["forum"],
        "office": text["office"],
        "meeting": text["meeting"],
        "title": gettext("Minutes: %(meeting)s") % text,
        "day": _days(text),
        "head": _head(text),
        "attendance": [
            {"group": label, "people": [_attending(row) for row in text["attendance"][group]]}
            for group, label in _groups()
            if text["attendance"].get(group)
        ],
        "items": items,
        "tasks": [task for item in items for task in item["tasks"]],
        "changed": [f"{item['label']}: {item['title']}" for item in items if item["id"] in text["changed"]],
        "next": _next_in_words(text["next"]),
        "attachments": [f"{one['title']} ({one['file']})" for one in text["attachments"]],
        "approval": _approval(text["approval"]),
        "notes": text["notes"],
    }


def _day(iso: str | None) -> str:
    return date_format(parse_date(iso), "SHORT_DATE_FORMAT") if iso else ""  # type: ignore[arg-type]


def _days(text: Text) -> str:
    """The day, or the first and the last one; texts from before there was a last day have one."""
    first = parse_date(text["day"])
    last = parse_date(text.get("last_day") or text["day"])
    return days_in_words(first, last)  # type: ignore[arg-type]


def _head(text: Text) -> list[tuple[str, str]]:
    number = f"{text['number'] or ''}"
    rows = [
        (gettext("Forum"), text["forum"]),
        (gettext("Office"), text["office"]),
        (gettext("Meeting"), text["meeting"]),
        (gettext("Number"), "" if text["meeting"].startswith(f"{number}. ") else number),
        (gettext("Date"), _days(text)),
        (gettext("Time"), gettext("%(begin)s to %(end)s") % text),
        (pgettext("of a meeting", "Place"), text["place"]),
        (gettext("Chair"), text["chair"]["name"] if text["chair"] else ""),
        (gettext("Minute taker"), text["minute_taker"]["name"] if text["minute_taker"] else ""),
    ]
    return [(label, value) for label, value in rows if value]


def _groups() -> list[tuple[str, str]]:
    return [
        ("present", gettext("Present")),
        ("guests", gettext("Guests")),
        ("excused", gettext("Excused")),
        ("absent", gettext("Absent")),
    ]


def _attending(row: Text) -> str:
    # An organisation in place of somebody; its name may be longer than a name in the list can be.
    stands_for_itself = row["person"] is None and composed(row["organisation"][:LONGEST_NAME]) == row["name"]
    parts = [row["name"], "" if stands_for_itself else row["organisation"]]
    if row["role"] in (Membership.Role.CHAIR, Membership.Role.MODERATION):
        parts.append(str(Membership.Role(row["role"]).label))
    if row["substitute"]:
        parts.append(gettext("represented by %(name)s") % {"name": row["substitute"]})
    return ", ".join(filter(None, parts))


def _decision(decision: Text) -> Text:
    votes = ""
    if decision["votes"]:
        words = dict(zip(("yes", "no", "abstentions"), decision["votes"], strict=True))
        votes = gettext("Votes: yes %(yes)d, no %(no)d, abstentions %(abstentions)d") % words
    title = gettext("Decision %(number)d") % decision if decision["number"] else gettext("Decision")
    return {"title": title, "wording": decision["wording"], "votes": votes}


def _task(task: Text) -> Text:
    return {
        "id": task["task"],
        "what": task["what"],
        "who": task["who"],
        "until": _day(task["due_on"]),
        "is_internal": task["is_internal"],
    }


def _next_in_words(coming: Text | None) -> str:
    if not coming:
        return ""
    at = gettext("%(day)s, %(time)s") % {"day": _day(coming["day"]), "time": coming["begin"]}
    return ", ".join(filter(None, (at, coming["place"])))


def _approval(approval: Text) -> str:
    if not approval:
        return ""
    words = {"day": _day(approval["on"]), "meeting": approval["in"], "person": approval.get("by", "")}
    if words["meeting"] and words["person"]:
        return gettext("Approved on %(day)s in the meeting “%(meeting)s”, noted by %(person)s.") % words
    if words["meeting"]:
        return gettext("Approved on %(day)s in the meeting “%(meeting)s”.") % words
    if words["person"]:
        return gettext("Approved on %(day)s by %(person)s.") % words
    return gettext("Approved on %(day)s.") % words

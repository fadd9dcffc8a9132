"""What forums hold about people, for the registry.

Who belonged to a forum, came to a meeting or had a task stays as a number and says "Name erased". Where a name stands
in running text, such as minutes, it is replaced there when its human asks to be erased; it does not go by itself,
because minutes are kept as they were read.
"""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.personal_data import HOLDERS, USER
from common import periods
from common.links import Link
from common.personal_data import (
    MENTION,
    POINTER,
    Ending,
    People,
    PersonalData,
    Running,
    days,
    declare,
    keep_while,
    months,
    naming,
    register,
)
from contacts.models import ContactPerson, DataProtection, OfficeMembership
from contacts.personal_data import PERSON, keep_people
from forums import minutes_erasure, minutes_mail, topics
from forums.action_items import TASK_LINK
from forums.calendars import CALENDAR_LINK
from forums.invitations import REPLY_LINK
from forums.models import (
    ActionItem,
    Addendum,
    AgendaItem,
    Announcement,
    Attendance,
    Comment,
    Decision,
    Document,
    Forum,
    Meeting,
    Membership,
    Minutes,
    Topic,
)

LINKS_STAY_DAYS = 30
CIRCLE = _("members and guests of forums")
INSIDE = _("the members, the town halls concerned, the offices of the forum")
OFFICES = _("the offices of the forum")
OF_FORUM = _("The forum's history stays and says “Name erased”.")
TEXT_STAYS = _("The text stays and says “Name erased” in place of the name.")


MINUTES_KEPT = ("frozen", "called_off")  # the triggers that keep what was said, and that nothing was


def join() -> None:
    keep_while(still_held)
    keep_people(needed)
    documents = ("snapshot", "pdf", "public_snapshot", "public_pdf")
    register(
        PersonalData(
            model=Announcement,
            fields={"meeting": POINTER, "content": {}},
            purpose=_("Saying in a mail what changed since the last one."),
            people=_("whoever is named there"),
            rows=_announcements_naming,
            ending=Ending.BLANK,
            because=_("The row counts the versions."),
            stays=lambda office: gettext("until the day after the meeting"),
            due=lambda on: Announcement.objects.exclude(content={}).filter(meeting__ends_at__date__lt=on),
            recipients=OFFICES,
        ),
        _link(
            minutes_mail.COMMENT_LINK,
            _("Reading minutes and commenting on them without an account."),
            CIRCLE,
            _lines_of,
        ),
        _link(
            REPLY_LINK,
            _("Replying to an invitation without an account."),
            CIRCLE,
            _lines_of,
        ),
        _link(topics.LINK, _("Proposing topics without an account."), CIRCLE, _lines_of),
        _link(
            TASK_LINK,
            _("Reporting a task done without an account."),
            CIRCLE,
            lambda people: ActionItem.objects.filter(person__in=people[PERSON]).values("pk"),
        ),
        _link(
            CALENDAR_LINK,
            _("Reading one's meetings in a calendar program."),
            HOLDERS,
            lambda people: people[USER],
        ),
        PersonalData(
            model=Membership,
            fields={"person": POINTER, "organisation": POINTER, "role": POINTER, "period": POINTER},
            purpose=_("Knowing who belongs to a forum, and inviting them."),
            people=CIRCLE,
            rows=lambda people: Membership.objects.filter(person__in=people[PERSON]),
            ending=Ending.KEEP,
            because=OF_FORUM,
            stays=_with_the_person,
            recipients=INSIDE,
        ),
        PersonalData(
            model=Attendance,
            fields={
                "person": POINTER,
                "organisation": POINTER,
                "role": POINTER,
                "is_for_one_meeting": POINTER,
                "invited_at": POINTER,
                "reply": POINTER,
                "replied_at": POINTER,
                "remark": "",
                "presence": POINTER,
            },
            purpose=_("Inviting to a meeting, knowing who comes, and recording who came."),
            people=CIRCLE,
            rows=lambda people: Attendance.objects.filter(person__in=people[PERSON]),
            events_about=lambda people: Q(person__in=people[PERSON]),
            ending=Ending.BLANK,
            because=OF_FORUM,
            stays=_with_the_person,
            recipients=INSIDE,
            passing=("forums.Attendance:frozen",),
        ),
        PersonalData(
            model=Meeting,
            fields={"chaired_by": POINTER, "minutes_by": POINTER},
            purpose=_("Saying who chairs a meeting and who writes its minutes."),
            people=CIRCLE,
            rows=lambda people: Meeting.objects.filter(
                Q(chaired_by__in=people[PERSON]) | Q(minutes_by__in=people[PERSON])
            ),
            ending=Ending.KEEP,
            because=OF_FORUM,
            stays=_with_the_person,
            recipients=INSIDE,
        ),
        PersonalData(
            model=ActionItem,
            fields={"person": POINTER, "due_on": POINTER, "state": POINTER},
            purpose=_("Knowing who does what until when, and reminding them."),
            people=CIRCLE,
            rows=lambda people: ActionItem.objects.filter(person__in=people[PERSON]),
            ending=Ending.KEEP,
            because=OF_FORUM,
            stays=_with_the_person,
            recipients=INSIDE,
        ),
        PersonalData(
            model=Topic,
            fields={"proposed_by": POINTER, "answer": ""},
            purpose=_("Knowing who proposed a topic, and answering them."),
            people=CIRCLE,
            rows=lambda people: Topic.objects.filter(proposed_by__in=people[PERSON]),
            events_about=lambda people: Q(proposed_by__in=people[PERSON]),
            ending=Ending.BLANK,
            because=OF_FORUM,
            stays=_with_the_person,
            recipients=OFFICES,
        ),
        PersonalData(
            model=Comment,
            fields={"person": POINTER, "text": "", "is_objection": POINTER, "written_at": POINTER, "answer": ""},
            purpose=_("Mending minutes before they are approved."),
            people=CIRCLE,
            rows=lambda people: Comment.objects.filter(person__in=people[PERSON]),
            events_about=lambda people: Q(person__in=people[PERSON]),
            ending=Ending.DELETE,
            stays=_with_the_person,
            recipients=INSIDE,
        ),
        _by_account(Document, "uploaded_by", purpose=_("Knowing who uploaded a file.")),
        _by_account(Minutes, "approved_by", "released_by", purpose=_("Knowing who approved and published minutes.")),
        _by_account(Addendum, "written_by", purpose=_("Knowing who wrote an addendum.")),
        _named_in(Attendance, "meeting__forum", "name", "substitute", "remark", passing=("frozen",)),
        _named_in(
            AgendaItem, "meeting__forum", "title", "text", "presenter", "result", passing=("frozen", "called_off")
        ),
        _named_in(Decision, "forum", "wording", passing=("frozen", "called_off")),
        _named_in(Meeting, "forum", "title", "access", "cancelled_because"),
        _named_in(ActionItem, "forum", "what", "note"),
        _named_in(Topic, "forum", "title", "text", "answer"),
        _named_in(Comment, "minutes__meeting__forum", "text", "answer"),
        _named_in(Addendum, "minutes__meeting__forum", "text", passing=("stays",)),
        _named_in(Document, "forum", "title", "file_name"),
        PersonalData(
            model=Minutes,
            kind="named",
            contents=_("names in the text and in the PDF"),
            fields=dict.fromkeys(documents, POINTER),
            not_exported=frozenset(documents),
            purpose=_("Keeping what a meeting said, decided and gave to whom, as it was read and approved."),
            people=CIRCLE,
            rows=_minutes_naming,
            ending=Ending.BLANK,
            because=_("The minutes stay and say “Name erased”, with a note and a new checksum."),
            stays=lambda office: gettext("as long as the forum's files; the name until its bearer asks for erasure"),
            recipients=INSIDE,
            forget=minutes_erasure.erase_names,
        ),
    )
    declare("forums.Forum", "name", "purpose", because=_("The forum's own name and purpose."))
    declare("forums.TemplateItem", because=_("What stands on every agenda of a forum."))
    declare("forums.Meeting", "address", because=_("Where a forum meets."))
    declare("forums.Attendance", "organisation_name", because=_("The organisation's own name."))
    declare("forums.Document", "name", because=_("Random names of files."))
    for label, *fields in (
        ("Topic", "postponed_from", "proposed_for"),
        ("AgendaItem", "meeting", "topic"),
        ("Attendance", "meeting"),
        ("Decision", "item"),
        ("ActionItem", "item"),
        ("Document", "meeting", "item"),
        ("Minutes", "meeting", "approved_in"),
        ("Addendum", "minutes"),
        ("Comment", "minutes", "item"),
        ("SearchEntry", "meeting"),
    ):
        declare(f"forums.{label}", *fields, because=_("Which row of the forum it belongs to."))


def _with_the_person(office: Any) -> Any:
    return months(
        DataProtection.of(office).people_months,
        gettext("after the last membership, meeting and task; then without the name"),
    )


def _by_account(model: Any, *fields: str, purpose: Any) -> PersonalData:
    def rows(people: People) -> QuerySet[Any]:
        mine = Q(pk__in=[])
        for name in fields:
            mine |= Q(**{f"{name}__in": people[USER]})
        return model.objects.filter(mine)

    return PersonalData(
        model=model,
        kind="account",
        fields=dict.fromkeys(fields, POINTER),
        purpose=purpose,
        people=_("staff of offices and whoever runs a forum"),
        rows=rows,
        ending=Ending.KEEP,
        because=_("The row stays, and leads to no account any more."),
        stays=lambda office: gettext("as long as the account"),
        recipients=INSIDE,
    )


def _named_in(model: Any, to_forum: str, *fields: str, passing: tuple[str, ...] = ()) -> PersonalData:
    """The texts in which somebody may be named, within the forums that these people had to do with."""

    def keys(rows: Any, people: People) -> list[Any]:
        if people.mentions() is None:
            return []
        return naming(rows.filter(**{f"{to_forum}__in": forums_of(people)}), people, *fields)

    return PersonalData(
        model=model,
        kind="named",
        fields=dict.fromkeys(fields, MENTION),
        purpose=_("Saying in agenda, minutes and tasks what was talked about and decided."),
        people=_("whoever is named there"),
        rows=lambda people: model.objects.filter(pk__in=keys(model.objects.all(), people)),
        events_about=lambda people: Q(pk__in=keys(model.pgh_event_model.objects.all(), people)),
        ending=Ending.BLANK,
        because=TEXT_STAYS,
        stays=lambda office: gettext("as long as the forum's files; the name until its bearer asks for erasure"),
        recipients=INSIDE,
        passing=tuple(f"{model._meta.label}:{name}" for name in passing),
    )


def forums_of(people: People) -> set[int]:
    """The forums that these people had to do with: as members, guests, with tasks, or at their offices."""
    own = Q(memberships__person__in=people[PERSON]) | Q(action_items__person__in=people[PERSON])
    own |= Q(topics__proposed_by__in=people[PERSON]) | Q(meetings__attendances__person__in=people[PERSON])
    own |= Q(meetings__chaired_by__in=people[PERSON]) | Q(meetings__minutes_by__in=people[PERSON])
    found = set(Forum.objects.filter(own).values_list("pk", flat=True))
    offices = {
        *ContactPerson.objects.filter(person__in=people[PERSON]).values_list("office", flat=True),
        *OfficeMembership.objects.filter(user__in=people[USER]).values_list("office", flat=True),
    }
    led = Q(office__in=offices) | Q(partner_links__office__in=offices)
    found |= set(Forum.objects.filter(led).values_list("pk", flat=True))
    # As a guest, or in place of a member, one has no more than a name there.
    guests = Attendance.objects.filter(pk__in=naming(Attendance.objects.all(), people, "name", "substitute"))
    return found | set(guests.values_list("meeting__forum", flat=True))


def _lines_of(people: People) -> QuerySet[Any, Any]:
    """The ids of their lines of attendance, to which most links of a forum lead."""
    return Attendance.objects.filter(person__in=people[PERSON]).values("pk")


def _link(purpose: str, why: Any, whose: Any, objects_of: Callable[[People], Any]) -> PersonalData:
    return PersonalData(
        model=Link,
        contents=_("number of what it is about, hash of the token, when it was made and ends"),
        kind=purpose,
        fields={"object_id": POINTER},
        not_exported=frozenset({"token_hash"}),
        purpose=why,
        people=whose,
        rows=lambda people: Link.objects.filter(purpose=purpose, object_id__in=objects_of(people)),
        ending=Ending.DELETE,
        stays=lambda office: days(LINKS_STAY_DAYS, gettext("after it ended")),
        due=lambda on: Link.objects.filter(purpose=purpose).ended_before(on, LINKS_STAY_DAYS),
    )


def _announcements_naming(people: People) -> QuerySet[Announcement]:
    pattern = people.mentions()
    if pattern is None:
        return Announcement.objects.none()
    rows = Announcement.objects.filter(meeting__forum__in=forums_of(people)).exclude(content={})
    named = [key for key, content in rows.values_list("pk", "content") if pattern.search(str(content))]
    return Announcement.objects.filter(pk__in=named)


def _minutes_naming(people: People) -> QuerySet[Minutes]:
    pattern = people.mentions()
    if pattern is None:
        return Minutes.objects.none()
    rows = Minutes.objects.filter(meeting__forum__in=forums_of(people)).exclude(snapshot=None)
    texts = rows.values_list("pk", "snapshot", "public_snapshot")
    return Minutes.objects.filter(pk__in=[key for key, *said in texts if pattern.search(str(said))])


# -- What still runs, and who is needed --------------------------------------------------------------------------------


def still_held(people: People, on: datetime.date) -> Iterator[Running]:
    """The memberships that last on that day or begin later, tasks still open, meetings still to come."""
    memberships = Membership.objects.upcoming(on).filter(person__in=people[PERSON]).select_related("forum")
    for membership in memberships:
        yield Running(
            PERSON,
            membership.person_id,
            gettext("Belongs to %(forum)s (%(period)s): end the membership first.")
            % {"forum": membership.forum, "period": periods.in_words(membership.period)},
        )
    for task in ActionItem.objects.open().filter(person__in=people[PERSON]).select_related("forum"):
        yield Running(
            PERSON,
            task.person_id,
            gettext("Open task of %(forum)s: %(task)s. Close it or give it to somebody else first.")
            % {"forum": task.forum, "task": task},
        )
    for name in ("chaired_by", "minutes_by"):
        ahead = Meeting.objects.upcoming(timezone.now()).not_cancelled().filter(**{f"{name}__in": people[PERSON]})
        for meeting in ahead.with_details():
            yield Running(
                PERSON,
                getattr(meeting, f"{name}_id"),
                gettext("Has to do with %(meeting)s of %(forum)s: choose somebody else there first.")
                % {"meeting": meeting, "forum": meeting.forum},
            )


def needed(on: datetime.date) -> Q:
    """The condition, of people, that a forum's office still keeps them for what they had to do with the forum."""

    def kept(day: str, to_office: str) -> Q:
        return DataProtection.objects.kept_since("people_months", day, on, to_office)

    person: Any = OuterRef("pk")
    of_forum = "forum__office"
    lasting = Q(period__endswith=None) | kept("period__endswith", of_forum)
    recent = kept("starts_at__date", of_forum)
    tasks = Q(closed_on=None) | kept("closed_on", of_forum)
    came = kept("meeting__starts_at__date", "meeting__forum__office")
    return (
        Q(Exists(Membership.objects.filter(lasting, person=person)))
        | Q(Exists(Attendance.objects.filter(came, person=person)))
        | Q(Exists(ActionItem.objects.filter(tasks, person=person)))
        | Q(Exists(Meeting.objects.filter(recent, Q(chaired_by=person) | Q(minutes_by=person))))
    )

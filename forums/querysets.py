"""What the lists of forums, meetings and what belongs to them mean.

`visible_to(user)` is what the account may read today. There are three circles: everyone (of public forums), those
inside (members within their dates, the town halls concerned, the offices), and the offices alone (drafts, internal
items). `led_by(user)` is what the staff of the leading or a partner office may edit.
"""

import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from django.apps import apps
from django.contrib.postgres.search import SearchQuery, SearchVectorExact, SearchVectorField
from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext

from common.periods import BERLIN, ONE_DAY, midnight
from contacts.querysets import OverPeriod
from contacts.rules import standing
from forums.belonging import about_district, belonging, forums_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forums.models import (  # noqa: F401 - what the querysets hold
        ActionItem,
        AgendaItem,
        Announcement,
        Attendance,
        Comment,
        Decision,
        Document,
        Forum,
        ForumPartner,
        Meeting,
        Membership,
        Minutes,
        SearchEntry,
        Topic,
    )
    from municipalities.models import Municipality

NONE = Q(pk__in=[])
BESIDE_INTERNAL_ITEMS = Q(item=None) | Q(item__is_internal=False)  # the condition of documents that members may see
INVITED_BEFORE = datetime.timedelta(days=21)  # by then an office wants its members to be invited
LONGEST_MEETING = datetime.timedelta(days=31)
SOON = datetime.timedelta(days=7)  # before its due day a task is called due soon


def _model(name: str) -> Any:
    return apps.get_model("forums", name)


# The conditions below name forums by small sets of ids. Said by joins and ORs across tables they would make PostgreSQL
# walk through all meetings (docs/decisions/0021-looking-back.md).


def among(to_forum: str, *circles: Any) -> Q:
    """The condition that the forum is in one of these circles; `to_forum` leads to its id, as in "forum__"."""
    name = f"{to_forum}in"
    named: set[int] = set()
    condition = NONE
    for circle in circles:
        if isinstance(circle, list | set):
            named |= set(circle)
        else:  # the query that finds them, or what a kept query leaves open
            condition |= Q(**{name: circle})
    return Q(**{name: named}) | condition if named else condition


def public(to_forum: str) -> Q:
    """The condition that the forum is public."""
    return among(to_forum, _model("Forum").objects.filter(is_public=True).values("pk"))


def of_offices(offices: Any, to_forum: str = "pk__") -> Q:
    """The condition that the offices lead the forum or are its partners."""
    return among(to_forum, forums_of(offices))


def while_member(user: Any, to_forum: str, first: str, bounds: Literal["days", "moments"]) -> Q:
    """The condition that the account belonged to the forum on the day of the row; `first` and `bounds` say which."""
    condition = NONE
    for period in belonging(user).periods:
        begins, ends = getattr(period, bounds)
        within = among(to_forum, period.forums)
        if begins:
            within &= Q(**{f"{first}__gte": begins})
        if ends:
            within &= Q(**{f"{first}__lt": ends})
        condition |= within
    return condition


def people_for(user: Any) -> Any:
    """The people whom the staff of an office may enter: those they may see, and those of the forums they lead."""
    people = apps.get_model("contacts", "Person").objects
    known = Q(pk__in=people.visible_to(user).values("pk"))
    return people.unerased().filter(known | Q(pk__in=_model("Membership").objects.led_by(user).values("person")))


class ForumQuerySet(OverPeriod, models.QuerySet["Forum"]):
    def led_by(self, user: Any) -> Self:
        """Those of the offices in which the account works, as leading or as partner office."""
        return self if standing(user).is_superuser else self.filter(among("pk__", belonging(user).led))

    def administered_by(self, user: Any) -> Self:
        """Those of the offices that the account administers."""
        known = standing(user)
        return self if known.is_superuser else self.filter(office__in=known.administers)

    def visible_to(self, user: Any) -> Self:
        return self if standing(user).is_superuser else self.filter(Q(is_public=True) | self._inside(user))

    def open_inside_to(self, user: Any) -> Self:
        """Those whose members, minutes and documents the account may see, for a member within their dates."""
        return self if standing(user).is_superuser else self.filter(self._inside(user))

    def _inside(self, user: Any) -> Q:
        own = belonging(user)
        return among("pk__", own.once, own.concerning, own.led)

    def led_by_office(self, office: Any) -> Self:
        """Those that the office leads or is a partner of."""
        return self.filter(of_offices([office.pk]))

    def with_details(self) -> Self:
        return self.select_related("office", "district")

    def with_next_meeting(self, user: Any, at: datetime.datetime) -> Self:
        """Add `next_meeting_at`: when the next meeting begins that the account may know of."""
        meetings = _model("Meeting").objects.visible_to(user).not_cancelled().upcoming(at)
        return self.annotate(next_meeting_at=Subquery(meetings.filter(forum=OuterRef("pk")).values("starts_at")[:1]))


class OfForum(models.QuerySet[Any]):
    """Rows that belong to a forum and are seen, or not, with it."""

    to_forum = "forum__"

    def led_by(self, user: Any) -> Self:
        return self if standing(user).is_superuser else self.filter(among(self.to_forum, belonging(user).led))

    def administered_by(self, user: Any) -> Self:
        known = standing(user)
        return self if known.is_superuser else self.filter(**{f"{self.to_forum}office__in": known.administers})

    def visible_to(self, user: Any) -> Self:
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        return self.filter(public(self.to_forum) | among(self.to_forum, own.once, own.concerning, own.led))


class ForumPartnerQuerySet(OfForum, models.QuerySet["ForumPartner"]):
    pass


def open_on_ended(towns: "Iterable[Municipality]", on: datetime.date) -> "Iterator[tuple[Municipality, str]]":
    """The forums about these municipalities that are active on that day or later, as sentences. One query."""
    by_id = {town.pk: town for town in towns}
    links = _model("ForumTown").objects.filter(municipality__in=by_id).select_related("forum__office")
    lasting = Q(forum__period__endswith=None) | Q(forum__period__endswith__gt=on)
    for link in links.filter(lasting).order_by("municipality__sort_key", "forum__sort_key", "pk"):
        yield (
            by_id[link.municipality_id],
            gettext("forum %(forum)s, %(office)s") % {"forum": link.forum, "office": link.forum.office},
        )


class MembershipQuerySet(OverPeriod, OfForum, models.QuerySet["Membership"]):
    def visible_to(self, user: Any) -> Self:
        """Who belongs to a forum is known inside; members learn it while they belong to it themselves."""
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        return self.filter(among("forum__", own.now, own.concerning, own.led) | Q(person__in=own.person))

    def with_details(self) -> Self:
        return self.select_related("person__user", "organisation", "forum")

    def in_order(self) -> Self:
        """Who chairs and moderates first, then by name."""
        ranks = [When(role=role, then=rank) for rank, role in enumerate(("chair", "moderation", "member", "guest"))]
        return self.order_by(Case(*ranks), Coalesce("person__sort_key", "organisation__sort_key"), "pk")

    def with_address(self) -> Self:
        """Those who can be written to: a person with a mail address of their own or of their account."""
        return self.filter(person__isnull=False).exclude(Q(person__email="") & Q(person__user=None))


class TopicQuerySet(OfForum, models.QuerySet["Topic"]):
    def open(self) -> Self:
        return self.filter(state="open")

    def with_details(self) -> Self:
        return self.select_related("proposed_by", "proposed_for__forum", "item__meeting__forum")

    def visible_to(self, user: Any) -> Self:
        """The store is the offices' and the chair's; a member sees what they proposed themselves."""
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        as_chair = Q(is_internal=False) & among("forum__", own.run)
        return self.filter(among("forum__", own.led) | as_chair | Q(proposed_by__in=own.person))


def inside_meeting(user: Any, to_meeting: str = "") -> Q:
    """The condition that an account sees a meeting from inside, drafts apart: `to_meeting` leads there.

    Members see the meetings that fall within their membership's dates; town halls concerned and offices all. Drafts are
    the offices' and whoever chairs or moderates.
    """
    own, to_forum = belonging(user), f"{to_meeting}forum__"
    as_member = while_member(user, to_forum, f"{to_meeting}starts_at", "moments")
    inside = (as_member | among(to_forum, own.concerning)) & ~Q(**{f"{to_meeting}state": "draft"})
    draft = among(to_forum, own.run) & Q(**{f"{to_meeting}state": "draft"})
    return among(to_forum, own.led) | inside | draft


def lacking(at: datetime.datetime) -> dict[str, Q]:
    """The conditions that a meeting still needs something, by what it is in addresses: invitation, replies, minutes,
    approval. Whoever runs a forum elsewhere invites and writes the minutes themselves."""
    own = Q(forum__is_elsewhere=False)
    unwritten = Q(record=None) | Q(record__state="draft")
    unanswered = _model("Attendance").objects.filter(meeting=OuterRef("pk"), invited_at__isnull=False, reply="")
    return {
        "einladung": own & Q(state__in=["draft", "planned"], starts_at__range=(at, at + INVITED_BEFORE)),
        "antworten": Q(Exists(unanswered), state="invited", starts_at__gte=at),
        "protokoll": own & unwritten & Q(state__in=["planned", "invited", "held"], ends_at__lt=at),
        "genehmigung": Q(record__state="circulated"),
    }


class MeetingQuerySet(OfForum, models.QuerySet["Meeting"]):
    def visible_to(self, user: Any) -> Self:
        """Everyone sees when public forums meet; drafts are the offices' alone."""
        if standing(user).is_superuser:
            return self
        return self.filter((public("forum__") & ~Q(state="draft")) | inside_meeting(user))

    def open_inside_to(self, user: Any) -> Self:
        """Those whose minutes, documents and attendance the account may see."""
        return self if standing(user).is_superuser else self.filter(inside_meeting(user))

    def with_details(self) -> Self:
        return self.select_related("forum__office")

    def upcoming(self, at: datetime.datetime) -> Self:
        """Those that are not over, the next first; cancelled ones among them."""
        # The first condition follows from the second, and lets the index of beginnings start there.
        return self.filter(starts_at__gt=at - LONGEST_MEETING, ends_at__gte=at).order_by("starts_at", "pk")

    def past(self, at: datetime.datetime) -> Self:
        """Those that are over, the last first."""
        return self.filter(ends_at__lt=at).order_by("-starts_at", "-pk")

    def to_come(self, after: datetime.date) -> Self:
        """Those after that day of which none was held or cancelled, the next first."""
        later = self.filter(starts_at__gte=midnight(after + ONE_DAY))
        return later.filter(state__in=["draft", "planned", "invited"]).order_by("starts_at", "pk")

    def within(self, first: datetime.date, last: datetime.date) -> Self:
        """Those that begin on one of these days."""
        return self.filter(starts_at__gte=midnight(first), starts_at__lt=midnight(last + ONE_DAY))

    def not_cancelled(self) -> Self:
        return self.exclude(state="cancelled")

    def in_calendars(self) -> Self:
        """Those that stand in calendars, the cancelled ones marked as such; drafts do not."""
        return self.exclude(state="draft").order_by("starts_at", "pk")

    def of_own(self, user: Any) -> Self:
        """Those of the account's own forums, offices and town hall; an operator's too are only these."""
        return self.filter(inside_meeting(user))

    def with_link_for(self, user: Any) -> Self:
        """Those with a link to take part that the account may know: one who is invited, or their offices' staff."""
        own = belonging(user)
        lines = _model("Attendance").objects.expected().filter(person__in=own.person, invited_at__isnull=False)
        return self.exclude(link="").filter(among("forum__", own.led) | Q(pk__in=lines.values("meeting")))

    def about_district(self, ags: str) -> Self:
        """Those of forums about the district or a town in it."""
        return self.filter(among("forum__", about_district(ags)))

    def announced(self, at: datetime.datetime) -> Self:
        """Those that members were invited to by the portal, and that have not begun."""
        told = _model("Announcement").objects.filter(meeting=OuterRef("pk"))
        return self.filter(Exists(told), starts_at__gt=at)


class OfMeeting(OfForum):
    """Rows that belong to a meeting and are seen from inside it."""

    to_meeting = "meeting__"
    to_forum = "meeting__forum__"

    def visible_to(self, user: Any) -> Self:
        return self if standing(user).is_superuser else self.filter(inside_meeting(user, self.to_meeting))


class AgendaItemQuerySet(OfMeeting, models.QuerySet["AgendaItem"]):
    def visible_to(self, user: Any) -> Self:
        """Internal items are the offices'; the others are seen inside, and by everyone where the forum is public."""
        if standing(user).is_superuser:
            return self
        by_everyone = public("meeting__forum__") & ~Q(meeting__state="draft")
        condition = Q(is_internal=False) & (by_everyone | inside_meeting(user, "meeting__"))
        return self.filter(condition | among("meeting__forum__", belonging(user).led))

    def copied(self) -> Self:
        """What a copy of the meeting takes along, in order: all but what the meeting put off."""
        return self.filter(put_off_as=None).order_by("position", "pk")


class AttendanceQuerySet(OfMeeting, models.QuerySet["Attendance"]):
    def with_details(self) -> Self:
        return self.select_related("person__user", "organisation")

    def expected(self, on: datetime.date | None = None) -> Self:
        """Those who are to hear of the meeting: members on its day, and guests invited to this one meeting.

        Whoever has left the forum by then hears nothing more. `on`: if the meeting were on that day.
        """
        own = _model("Membership").objects.filter(forum=OuterRef("meeting__forum"), person=OuterRef("person"))
        day = TruncDate("meeting__starts_at", tzinfo=BERLIN)
        is_member = Q(Exists(own.filter(period__contains=on or OuterRef("day"))))
        return self.alias(day=day).filter(is_member | Q(is_for_one_meeting=True), person__isnull=False)

    def with_address(self) -> Self:
        """Those who can be written to."""
        return self.exclude(Q(person__email="") & Q(person__user=None))


class AnnouncementQuerySet(OfMeeting, models.QuerySet["Announcement"]):
    def made(self) -> Self:
        """Those that went out."""
        return self.filter(announced_at__isnull=False)


class DecisionQuerySet(OfMeeting, models.QuerySet["Decision"]):
    to_meeting = "item__meeting__"
    to_forum = "forum__"

    def visible_to(self, user: Any) -> Self:
        """What went out, inside; what was released, for everyone; the rest is the offices' and whoever chairs.

        A correction has not gone out until the minutes do again. Of internal items the offices see them alone.
        """
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        found = _model("SearchEntry").objects.filter(kind="decision", source_id=OuterRef("pk"))
        publishing = _model("Forum").objects.filter(publishes_minutes=True).values("pk")
        released: Any = Q(forum__in=publishing) & Exists(found.filter(audience="everyone"))
        as_chair: Any = Q(item__is_internal=False) & among("forum__", own.run)
        inside: Any = inside_meeting(user, self.to_meeting) & (as_chair | Exists(found.exclude(audience="offices")))
        return self.filter(released | inside | among("forum__", own.led))


def given() -> Q:
    """The condition that a task counts: entered directly, in minutes that went out, or in a forum run by others, of
    which none go out."""
    elsewhere = _model("Forum").objects.filter(is_elsewhere=True).values("pk")
    went_out = Q(item__meeting__record__state__in=["circulated", "approved"])
    return Q(item=None) | among("forum__", elsewhere) | went_out


class ActionItemQuerySet(OfForum, models.QuerySet["ActionItem"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, those of one's forums while one belongs to them, of the towns concerned, of one's offices.

        Tasks of minutes that did not go out are the offices' and whoever chairs or moderates; those of internal items
        are internal.
        """
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        own_tasks = Q(person__in=own.person)
        is_open = Q(is_internal=False) & (Q(item=None) | Q(item__is_internal=False))
        known = given() & (own_tasks | (among("forum__", own.now, own.concerning) & is_open))
        condition = among("forum__", own.led) | known | (among("forum__", own.run) & is_open)
        # What the database asks of each task before it looks for item and minutes.
        return self.filter(among("forum__", own.now, own.concerning, own.led) | own_tasks, condition)

    def of_account(self, user: Any) -> Self:
        """Those that the human with this account is to do."""
        return self.filter(person__in=belonging(user).person)

    def open(self) -> Self:
        return self.filter(closed_on=None)

    def overdue(self, on: datetime.date) -> Self:
        return self.open().filter(due_on__lt=on)

    def due_soon(self, on: datetime.date) -> Self:
        """Those due on that day or within the week that follows."""
        return self.open().filter(due_on__range=(on, on + SOON))

    def given(self) -> Self:
        """Those that count."""
        return self.filter(given())

    def with_address(self) -> Self:
        """Those of a person who can be written to."""
        return self.filter(person__isnull=False).exclude(Q(person__email="") & Q(person__user=None))

    def as_lines(self) -> Self:
        """With what lists show; each further table would be looked at for every task, not only for those of a page."""
        return self.select_related("forum", "person", "organisation")

    def with_details(self) -> Self:
        return self.as_lines().select_related("forum__office", "item__meeting__forum")


class MinutesQuerySet(OfMeeting, models.QuerySet["Minutes"]):
    def visible_to(self, user: Any) -> Self:
        """Drafts are the offices'; what went out is seen inside the meeting."""
        if standing(user).is_superuser:
            return self
        condition = ~Q(state="draft") & inside_meeting(user, "meeting__")
        return self.filter(condition | among("meeting__forum__", belonging(user).led))

    def readable_by(self, user: Any) -> Self:
        """Those of which the account may read something, if only the public version."""
        return self.visible_to(user) | self.released()

    def released(self) -> Self:
        """Those of which everyone may read the public version."""
        return self.filter(released_at__isnull=False, meeting__forum__publishes_minutes=True)

    def as_lines(self) -> Self:
        """Without their texts and documents, which lists do not show."""
        return self.defer("pdf", "public_pdf", "snapshot", "public_snapshot")


class OfMinutes(OfForum):
    """Rows that belong to minutes and are seen with them."""

    to_forum = "minutes__meeting__forum__"

    def visible_to(self, user: Any) -> Self:
        return self.filter(minutes__in=_model("Minutes").objects.visible_to(user).values("pk"))


class CommentQuerySet(OfMinutes, models.QuerySet["Comment"]):
    def visible_to(self, user: Any) -> Self:
        """Members see their own; the offices and whoever chairs or moderates all."""
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        # Who chairs today does so for the earlier meetings that they see.
        meeting = public(self.to_forum) | inside_meeting(user, "minutes__meeting__")
        by_them = Q(person__in=own.person) | among(self.to_forum, own.run)
        return self.filter(among(self.to_forum, own.led) | (meeting & by_them))


class DocumentQuerySet(OfForum, models.QuerySet["Document"]):
    def visible_to(self, user: Any) -> Self:
        """By its audience: everyone of public forums, those inside, the offices; these alone for internal items."""
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        by_everyone = Q(audience="everyone") & public("forum__") & (Q(meeting=None) | ~Q(meeting__state="draft"))
        of_forum = Q(meeting=None) & among("forum__", own.now, own.concerning)
        of_meeting = Q(meeting__isnull=False) & inside_meeting(user, "meeting__")
        inside = ~Q(audience="offices") & (of_forum | of_meeting)
        return self.filter(((by_everyone | inside) & BESIDE_INTERNAL_ITEMS) | among("forum__", own.led))

    def for_members(self) -> Self:
        """Those that everyone who belongs to the forum may read."""
        return self.exclude(audience="offices").filter(BESIDE_INTERNAL_ITEMS)


class AskedWords(SearchQuery):
    """What somebody searches for, its gendered spellings folded as in the entries; the last word may be a beginning."""

    SEARCH_TYPES = {"asked": "forums_query"}

    def __init__(self, text: str) -> None:
        super().__init__(text, search_type="asked")


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    def visible_to(self, user: Any) -> Self:
        """What the querysets of agenda items, minutes, decisions and tasks show the account, by the entry's audience.

        Tasks are seen by those who belong to the forum today, meetings by those who did then; one's own tasks always.
        Whoever chairs finds tasks and decisions, like minutes, once they went out.
        """
        if standing(user).is_superuser:
            return self
        own = belonging(user)
        publishing = _model("Forum").objects.filter(publishes_minutes=True).values("pk")
        by_everyone = Q(audience="everyone") & public("forum__") & (Q(kind="agenda") | Q(forum__in=publishing))
        now = Q(kind="task") & among("forum__", own.now)
        then = ~Q(kind="task") & while_member(user, "forum__", "day", "days")
        inside = ~Q(audience="offices") & (now | then | among("forum__", own.concerning))
        own_tasks = Q(kind="task", source_id__in=_model("ActionItem").objects.of_account(user).given().values("pk"))
        return self.filter(by_everyone | inside | own_tasks | among("forum__", own.led))

    def saying(self, text: str, *, of_few: bool = False) -> Self:
        """Those that hold the words. `of_few`: of so few entries that reading them beats the index of all words."""
        words = Func(F("words"), template="(%(expressions)s || '')", output_field=SearchVectorField())
        return self.filter(SearchVectorExact(words, AskedWords(text)) if of_few else Q(words=AskedWords(text)))

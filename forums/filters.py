"""What the lists of forums, tasks and meetings can be narrowed by. Parameter names are part of the addresses."""

from typing import Any

from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.choices import Choices
from common.periods import midnight, today
from common.sort_keys import holding, sort_key
from contacts.filters import MOST_CHOICES, PortalFilter, TextFilter, select
from contacts.models import FieldOfAction, Office
from forums.models import ActionItem, Forum, ForumField, ForumPartner, ForumTown, Meeting, Membership, Topic
from forums.querysets import lacking
from municipalities.models import District


class ForumFilter(PortalFilter):
    """The forums one may see: by text, place, office, kind, field of action, and whether they are public or ended."""

    q = TextFilter(label=_("Name or purpose"), method="by_words")
    land = select(_("State"), _("All states"), method="in_place")
    kreis = select(_("District"), _("All districts"), method="in_place")
    stelle = select(_("Office"), _("All offices"), method="of_office")
    art = select(_("Kind"), _("All kinds"), field_name="kind", choices=Forum.Kind.choices)
    handlungsfeld = select(_("Field of action"), _("All fields of action"), method="in_field")
    sicht = select(
        _("Who sees it"), _("Public and internal"), method="seen_by",
        choices=[("oeffentlich", _("Public")), ("intern", _("Internal"))],
    )  # fmt: skip
    zeit = select(
        _("Time"), _("Active"), method="at_time",
        choices=[("beendet", _("Ended")), ("alle", _("All times"))],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.request.user.is_authenticated:
            del self.filters["sicht"]  # visitors see public forums alone

    @property
    def visible(self) -> QuerySet[Forum]:
        return Forum.objects.visible_to(self.request.user).order_by()

    def kreis_choices(self) -> Choices:
        """The districts of which, or of whose towns, forums are."""
        towns = ForumTown.objects.filter(forum__in=self.visible.values("pk"))
        of_forums = Q(pk__in=self.visible.values("district")) | Q(pk__in=towns.values("municipality__district"))
        found = District.objects.filter(of_forums, ags__startswith=self.state).order_by("sort_key")
        return list(found.values_list("ags", "full_name")[: None if self.state else MOST_CHOICES])

    def stelle_choices(self) -> Choices:
        """The offices that lead forums or are their partners."""
        partners = ForumPartner.objects.filter(forum__in=self.visible.values("pk")).values("office")
        offices = Office.objects.filter(Q(pk__in=self.visible.values("office")) | Q(pk__in=partners))
        return self.few(offices)

    def handlungsfeld_choices(self) -> Choices:
        """Every office keeps its own list; fields of one name are one choice."""
        links = ForumField.objects.filter(forum__in=self.visible.values("pk"))
        fields = FieldOfAction.objects.filter(pk__in=links.values("field"))
        names = list(fields.order_by("name").values_list("name", flat=True).distinct()[:MOST_CHOICES])
        return [(name, name) for name in sorted(names, key=sort_key)]

    def by_words(self, forums: QuerySet[Forum], name: str, text: str) -> QuerySet[Forum]:
        """Those whose name or purpose holds every word; umlauts in the name may be spelt either way."""
        for word in text.split():
            forums = forums.filter(holding("sort_key", word) | Q(purpose__icontains=word))
        return forums

    def in_place(self, forums: QuerySet[Forum], name: str, key: str) -> QuerySet[Forum]:
        towns = ForumTown.objects.filter(municipality__ags__startswith=key).values("forum")
        return forums.filter(Q(district__ags__startswith=key) | Q(pk__in=towns))

    def of_office(self, forums: QuerySet[Forum], name: str, slug: str) -> QuerySet[Forum]:
        partner_of = ForumPartner.objects.filter(office__slug=slug).values("forum")
        return forums.filter(Q(office__slug=slug) | Q(pk__in=partner_of))

    def in_field(self, forums: QuerySet[Forum], name: str, field_name: str) -> QuerySet[Forum]:
        return forums.filter(pk__in=ForumField.objects.filter(field__name__iexact=field_name).values("forum"))

    def seen_by(self, forums: QuerySet[Forum], name: str, value: str) -> QuerySet[Forum]:
        return forums.filter(is_public=value == "oeffentlich")

    def at_time(self, forums: QuerySet[Forum], name: str, time: str) -> QuerySet[Forum]:
        return forums.past(today()) if time == "beendet" else forums  # type: ignore[attr-defined]


class ActionItemFilter(PortalFilter):
    """The tasks one may see: by text, whose they are, forum, office, state and due day."""

    q = TextFilter(label=_("Task or who does it"), method="by_words")
    wer = select(
        _("Whose"), _("Everybody's"), method="whose",
        choices=[("meine", _("My tasks")), ("niemand", _("Nobody named"))],
    )  # fmt: skip
    stand = select(
        pgettext_lazy("task", "State"), pgettext_lazy("tasks", "Open"), method="in_state",
        choices=[
            ("in_arbeit", _("In progress")), ("erledigt", _("Done")),
            ("entfallen", _("Dropped")), ("alle", _("All states of a task")),
        ],
    )  # fmt: skip
    faellig = select(
        _("Due"), _("At any time"), method="due",
        choices=[("ueberfaellig", _("Overdue")), ("bald", _("Within a week")), ("offen", _("Without a due day"))],
    )  # fmt: skip
    forum = select(_("Forum"), _("All forums"), method="of_forum")
    stelle = select(_("Office"), _("All offices"), method="of_office")

    @property
    def _forums(self) -> QuerySet[Forum]:
        """The forums of which one sees tasks."""
        return Forum.objects.filter(pk__in=ActionItem.objects.visible_to(self.request.user).order_by().values("forum"))

    def forum_choices(self) -> Choices:
        chosen = self.chosen("forum")
        chosen_first = Case(When(pk=int(chosen) if chosen.isdecimal() and len(chosen) < 10 else 0, then=0), default=1)
        found = self._forums.order_by(chosen_first, "sort_key").values_list("pk", "name")[:MOST_CHOICES]
        return sorted(((str(pk), name) for pk, name in found), key=lambda forum: sort_key(forum[1]))

    def stelle_choices(self) -> Choices:
        offices = Office.objects.filter(pk__in=self._forums.order_by().values("office"))
        return self.few(offices)

    def by_words(self, tasks: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Those in which every word stands: in the task, its note, or the name of who does it."""
        for word in text.split():
            of_person = holding("person__sort_key", word)
            tasks = tasks.filter(
                Q(what__icontains=word) | Q(note__icontains=word) | of_person | holding("organisation__sort_key", word)
            )
        return tasks

    def whose(self, tasks: Any, name: str, value: str) -> Any:
        if value == "meine":
            return tasks.of_account(self.request.user)
        return tasks.filter(person=None, organisation=None)

    def in_state(self, tasks: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        states = {"in_arbeit": "in_progress", "erledigt": "done", "entfallen": "dropped"}
        return tasks.filter(state=states[value]) if value in states else tasks

    def due(self, tasks: Any, name: str, value: str) -> Any:
        if value == "ueberfaellig":
            return tasks.overdue(today())
        return tasks.due_soon(today()) if value == "bald" else tasks.filter(due_on=None)

    def of_forum(self, tasks: QuerySet[Any], name: str, key: str) -> QuerySet[Any]:
        return tasks.filter(forum=key)

    def of_office(self, tasks: QuerySet[Any], name: str, slug: str) -> QuerySet[Any]:
        return tasks.filter(forum__office__slug=slug)


class TopicFilter(PortalFilter):
    """A forum's store of topics: by text, and by what became of them."""

    q = TextFilter(label=_("Topic"), method="by_words")
    stand = select(
        pgettext_lazy("topic", "State"), _("open"), method="in_state",
        choices=[("taken", _("on an agenda")), ("declined", _("declined")), ("alle", _("All topics"))],
    )  # fmt: skip

    def by_words(self, topics: QuerySet[Topic], name: str, text: str) -> QuerySet[Topic]:
        for word in text.split():
            topics = topics.filter(Q(title__icontains=word) | Q(text__icontains=word))
        return topics

    def in_state(self, topics: QuerySet[Topic], name: str, state: str) -> QuerySet[Topic]:
        return topics if state == "alle" else topics.filter(state=state)


class MembershipFilter(PortalFilter):
    """Who belongs to a forum: by name, role and time."""

    q = TextFilter(label=_("Name or organisation"), method="by_words")
    rolle = select(_("Role"), _("All roles"), field_name="role", choices=Membership.Role.choices)
    zeit = select(
        _("Time"), _("Today and later"), method="at_time",
        choices=[("ehemalig", _("Former")), ("alle", _("All times"))],
    )  # fmt: skip

    def by_words(self, memberships: QuerySet[Membership], name: str, text: str) -> QuerySet[Membership]:
        for word in text.split():
            names = holding("person__sort_key", word) | holding("organisation__sort_key", word)
            memberships = memberships.filter(names | holding("person__organisation__sort_key", word))
        return memberships

    def at_time(self, memberships: QuerySet[Membership], name: str, time: str) -> QuerySet[Membership]:
        return memberships.past(today()) if time == "ehemalig" else memberships  # type: ignore[attr-defined]


class CalendarFilter(PortalFilter):
    """The meetings one may see: by text, district, forum and time."""

    q = TextFilter(label=_("Forum, title or place"), method="by_words")
    kreis = select(_("District"), _("All districts"), method="in_district")
    forum = select(_("Forum"), _("All forums"), field_name="forum")
    zeit = select(
        _("Time"), _("From today"), method="at_time",
        choices=[("vergangen", _("Past")), ("alle", _("All times"))],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("ansicht") == "monat":
            del self.filters["zeit"]  # the month says it

    @property
    def forums(self) -> QuerySet[Forum]:
        return Forum.objects.visible_to(self.request.user).order_by()

    def kreis_choices(self) -> Choices:
        """The districts that forums are about, or whose towns."""
        towns = ForumTown.objects.filter(forum__in=self.forums.values("pk"))
        about = Q(pk__in=self.forums.values("district")) | Q(pk__in=towns.values("municipality__district"))
        found = District.objects.filter(about).order_by("sort_key").values_list("ags", "full_name")
        few = list(found[: MOST_CHOICES + 1])
        return few if len(few) <= MOST_CHOICES else list(found.filter(ags=self.chosen("kreis")))

    def forum_choices(self) -> Choices:
        """All forums where they are few, otherwise those of the chosen district; the one chosen in any case."""
        forums = self.forums
        if district := self.chosen("kreis"):
            towns = ForumTown.objects.filter(municipality__district__ags=district).values("forum")
            forums = forums.filter(Q(district__ags=district) | Q(pk__in=towns) | Q(pk=self._chosen_forum))
        few = list(forums.order_by("sort_key").values_list("pk", "name")[: MOST_CHOICES + 1])
        if len(few) > MOST_CHOICES:
            few = list(forums.filter(pk=self._chosen_forum).values_list("pk", "name"))
        return [(str(key), name) for key, name in few]

    @property
    def _chosen_forum(self) -> int:
        chosen = self.chosen("forum")
        return int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 18 else 0

    def by_words(self, meetings: QuerySet[Meeting], name: str, text: str) -> QuerySet[Meeting]:
        for word in text.split():
            of_forum = holding("forum__sort_key", word)
            meetings = meetings.filter(of_forum | Q(title__icontains=word) | Q(place__icontains=word))
        return meetings

    def in_district(self, meetings: QuerySet[Meeting], name: str, ags: str) -> QuerySet[Meeting]:
        return meetings.about_district(ags)  # type: ignore[attr-defined]

    def at_time(self, meetings: QuerySet[Meeting], name: str, time: str) -> QuerySet[Meeting]:
        """By the day, as the page without it."""
        return meetings.past(midnight(today())) if time == "vergangen" else meetings  # type: ignore[attr-defined]


class MeetingFilter(PortalFilter):
    """The meetings one may see: by text, what they still need, time, state and office."""

    q = TextFilter(label=_("Meeting, forum or place"), method="by_words")
    arbeit = select(
        _("What is missing"), _("Whatever"), method="in_need_of",
        choices=[
            ("einladung", _("Invitation")), ("antworten", _("Replies")),
            ("protokoll", pgettext_lazy("of a meeting", "Minutes")), ("genehmigung", _("Approval of the minutes")),
        ],
    )  # fmt: skip
    zeit = select(
        _("Time"), _("To come"), method="at_time",
        choices=[("vergangen", _("Past")), ("alle", _("All times"))],
    )  # fmt: skip
    stand = select(
        pgettext_lazy("meeting", "State"), _("All states of a meeting"),
        field_name="state", choices=Meeting.State.choices,
    )  # fmt: skip
    stelle = select(_("Office"), _("All offices"), method="of_office")

    def stelle_choices(self) -> Choices:
        """The offices that lead forums which one sees."""
        forums = Forum.objects.visible_to(self.request.user).order_by()
        offices = Office.objects.filter(pk__in=forums.values("office"))
        return self.few(offices)

    def by_words(self, meetings: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        for word in text.split():
            of_forum = holding("forum__sort_key", word)
            meetings = meetings.filter(Q(title__icontains=word) | Q(place__icontains=word) | of_forum)
        return meetings

    def in_need_of(self, meetings: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return meetings.filter(lacking(timezone.now())[value])

    def at_time(self, meetings: Any, name: str, time: str) -> Any:
        return meetings.filter(ends_at__lt=timezone.now()) if time == "vergangen" else meetings

    def of_office(self, meetings: QuerySet[Any], name: str, slug: str) -> QuerySet[Any]:
        return meetings.filter(forum__office__slug=slug)

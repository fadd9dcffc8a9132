"""What lists of towns, contact persons and offices can be narrowed by. Parameter names are part of the addresses.

Choices come as pairs of key and name, and where there are too many to choose from, only those of the chosen state.
"""

from collections.abc import Callable
from functools import cache, cached_property, partial
from typing import Any

import django_filters
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.choices import Choices, QuickSelect
from common.periods import today
from common.sort_keys import Word, holding, sort_key, words_of
from common.unchanged import Unchanged, snapshot
from contacts.days import asked_day
from contacts.models import Absence, Assignment, ContactPerson, FieldOfAction, Handover, Office, OfficeArea
from contacts.querysets import in_area_of, with_contact
from municipalities.models import District, State

KEPT_CHOICES: Unchanged[Choices] = Unchanged(1_000)

LONGEST_QUERY = 100  # letters; no name is longer
MOST_CHOICES = 40


def words_in_keys(text: str) -> list[Word]:
    """The words of a text as a sort key parts them."""
    return words_of(sort_key(text))


def containing_words(queryset: QuerySet[Any], key: str, text: str | list[Word]) -> QuerySet[Any]:
    """Those whose sort key holds every word of the text. A kept query is given the words themselves."""
    words = words_in_keys(text) if isinstance(text, str) else text
    return queryset.filter(*(holding(key, word) for word in words)) if words else queryset.none()


@cache
def language_choices(shown_in: str | None) -> Choices:
    """The languages people speak, by their names in the page's language, which the key is here to tell apart."""
    languages = ((code, str(label)) for code, label in ContactPerson.Language.choices)
    return sorted(languages, key=lambda language: sort_key(language[1]))


class TextFilter(django_filters.CharFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_QUERY, **kwargs)


class SelectFilter(django_filters.ChoiceFilter):
    """A choice among what the database holds; the filter set's `<name>_choices` says what that is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=QuickSelect, choices=kwargs.pop("choices", ()), **kwargs)


class PortalFilter(django_filters.FilterSet):
    """Filters by text and by choices; choosing a state narrows the choice of districts and offices."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Choosing another state leaves the district and office of the former one in the form.
        if data and data.get("land") and not data.get("kreis", "").startswith(data["land"]):
            data = data.copy()
            data["kreis"] = ""
        super().__init__(data, *args, **kwargs)
        for name, each in self.filters.items():
            if choices := getattr(self, f"{name}_choices", None):
                each.extra["choices"] = cache(partial(self._kept, name, choices))

    @cached_property
    def _seen(self) -> str | None:
        return snapshot()

    def _kept(self, name: str, choices: Callable[[], Choices]) -> Choices:
        """The choices, made once for the same account, day and choices beside as long as the database is unchanged."""
        beside = tuple(self.chosen(other) for other in self.filters if other != "q")
        key = (type(self), name, self.request.user.pk, today(), get_language(), beside)
        return KEPT_CHOICES.get_or_make(self._seen, key, choices)

    @property
    def state(self) -> str:
        """The key of the chosen state, also where only a district of it was chosen."""
        return self.chosen("land") or self.chosen("kreis")[:2]

    def chosen(self, name: str) -> str:
        """What the address says, which need not be one of the choices."""
        return self.data.get(name, "").replace("\x00", "")

    def few(self, offices: QuerySet[Office]) -> Choices:
        """So many of these offices as a list takes, the chosen one among them."""
        chosen_first = Case(When(slug=self.chosen("stelle"), then=0), default=1)
        found = offices.order_by(chosen_first, "sort_key").values_list("slug", "name")[:MOST_CHOICES]
        return sorted(found, key=lambda office: sort_key(office[1]))

    def land_choices(self) -> Choices:
        return list(State.objects.order_by("sort_key").values_list("ags", "name"))

    def kreis_choices(self) -> Choices:
        districts = District.objects.existing(today()).order_by("sort_key")
        return list(districts.filter(ags__startswith=self.state).values_list("ags", "full_name")) if self.state else []

    def stelle_choices(self) -> Choices:
        """All offices where they are few, otherwise those of the chosen state; the one chosen in any case."""
        offices = Office.objects.visible_to(self.request.user).order_by("sort_key")
        if self.state:
            of_state = Q(district__ags__startswith=self.state) | Q(municipality__ags__startswith=self.state)
            areas = OfficeArea.objects.filter(of_state | Q(association__ars__startswith=self.state))
            offices = offices.filter(Q(pk__in=areas.values("office")) | Q(slug=self.chosen("stelle")))
            return list(offices.values_list("slug", "name"))
        chosen_first = Case(When(slug=self.chosen("stelle"), then=0), default=1)
        found = list(offices.order_by(chosen_first, "sort_key").values_list("slug", "name")[: MOST_CHOICES + 1])
        if len(found) > MOST_CHOICES:
            return [(slug, name) for slug, name in found if slug == self.chosen("stelle")]
        return sorted(found, key=lambda office: sort_key(office[1]))


def select(label: Any, empty: Any, **kwargs: Any) -> SelectFilter:
    return SelectFilter(label=label, empty_label=empty, **kwargs)


class TownFilter(PortalFilter):
    """All municipalities: by text, state, district, office, and whether somebody is responsible."""

    q = TextFilter(label=_("Town, locality, postal code or AGS"), method="ranked_by_the_page")
    land = select(_("State"), _("All states"), field_name="ags", lookup_expr="startswith")
    kreis = select(_("District"), _("All districts"), field_name="ags", lookup_expr="startswith")
    stelle = select(_("Office"), _("All offices"), method="of_office")
    kontakt = select(
        _("Contact person"), _("With or without"), method="having_contact",
        choices=[("mit", _("With contact person")), ("ohne", _("Without contact person"))],
    )  # fmt: skip

    def ranked_by_the_page(self, towns: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """The lookup ranks what it finds; the page asks it after narrowing by all else."""
        return towns

    def of_office(self, towns: QuerySet[Any], name: str, slug: str) -> QuerySet[Any]:
        return towns.filter(in_area_of(Office.objects.filter(slug=slug)))

    def having_contact(self, towns: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return with_contact(towns, today(), self.request.user).filter(has_contact=value == "mit")  # type: ignore[misc]


class DirectoryFilter(PortalFilter):
    """What all views of the directory can be narrowed by; each view says what it means for its rows."""

    q = TextFilter(label=_("Name"), method="by_name")
    land = select(_("State"), _("All states"), method="in_place")
    kreis = select(_("District"), _("All districts"), method="in_place")
    stelle = select(_("Office"), _("All offices"), method="of_office")
    handlungsfeld = select(_("Field of action"), _("All fields of action"), method="in_field")
    sprache = select(pgettext_lazy("spoken", "Language"), _("All languages"), method="speaking")

    def kreis_choices(self) -> Choices:
        """The districts in which offices work."""
        districts = District.objects.existing(today()).filter(pk__in=OfficeArea.objects.district_ids())
        found = districts.filter(ags__startswith=self.state).order_by("sort_key").values_list("ags", "full_name")
        if self.state:
            return list(found)
        few = list(found[: MOST_CHOICES + 1])
        return few if len(few) <= MOST_CHOICES else []

    def handlungsfeld_choices(self) -> Choices:
        """Every office keeps its own list; fields of one name are one choice."""
        fields = FieldOfAction.objects.visible_to(self.request.user).filter(is_active=True)
        if office := self.chosen("stelle"):
            fields = fields.filter(office__slug=office)
        names = list(fields.order_by("name").values_list("name", flat=True).distinct()[:MOST_CHOICES])
        if (chosen := self.chosen("handlungsfeld")) and chosen not in names:
            names += fields.filter(name=chosen).values_list("name", flat=True)[:1]
        return [(name, name) for name in sorted(names, key=sort_key)]

    def sprache_choices(self) -> Choices:
        return language_choices(get_language())

    @property
    def assignments(self) -> QuerySet[Assignment]:
        return Assignment.objects.visible_to(self.request.user).current(asked_day(self.request))

    @property
    def posts(self) -> QuerySet[ContactPerson]:
        return ContactPerson.objects.visible_to(self.request.user).current(asked_day(self.request))


class TownsOfDirectoryFilter(DirectoryFilter):
    def by_name(self, towns: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(towns, "sort_key", text)

    def in_place(self, towns: QuerySet[Any], name: str, key: str) -> QuerySet[Any]:
        return towns.filter(ags__startswith=key)

    def of_office(self, towns: QuerySet[Any], name: str, slug: str) -> QuerySet[Any]:
        return towns.filter(in_area_of(Office.objects.filter(slug=slug)))

    def in_field(self, towns: QuerySet[Any], name: str, field_name: str) -> QuerySet[Any]:
        """Towns with somebody for the field: its own contact person, or a general one who works in it."""
        return self._with(
            towns,
            Q(field__name__iexact=field_name)
            | Q(field=None, contact_person__field_links__field__name__iexact=field_name),
        )

    def speaking(self, towns: QuerySet[Any], name: str, language: str) -> QuerySet[Any]:
        return self._with(towns, Q(contact_person__languages__contains=[language]))

    def _with(self, towns: QuerySet[Any], condition: Q) -> QuerySet[Any]:
        return towns.filter(Exists(self.assignments.filter(condition, municipality=OuterRef("pk"))))


class PeopleOfDirectoryFilter(DirectoryFilter):
    def by_name(self, posts: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(posts, "person__sort_key", text)

    def in_place(self, posts: QuerySet[Any], name: str, key: str) -> QuerySet[Any]:
        there = self.assignments.filter(contact_person=OuterRef("pk"), municipality__ags__startswith=key)
        return posts.filter(Exists(there))

    def of_office(self, posts: QuerySet[Any], name: str, slug: str) -> QuerySet[Any]:
        return posts.filter(office__slug=slug)

    def in_field(self, posts: QuerySet[Any], name: str, field_name: str) -> QuerySet[Any]:
        return posts.filter(
            Q(pk__in=ContactPerson.objects.filter(field_links__field__name__iexact=field_name))
            | Exists(self.assignments.filter(contact_person=OuterRef("pk"), field__name__iexact=field_name))
        )

    def speaking(self, posts: QuerySet[Any], name: str, language: str) -> QuerySet[Any]:
        return posts.filter(languages__contains=[language])


class OfficesOfDirectoryFilter(DirectoryFilter):
    def by_name(self, offices: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(offices, "sort_key", text)

    def in_place(self, offices: QuerySet[Any], name: str, key: str) -> QuerySet[Any]:
        there = OfficeArea.objects.filter(
            Q(district__ags__startswith=key)
            | Q(association__ars__startswith=key)
            | Q(municipality__ags__startswith=key)
        )
        return offices.filter(pk__in=there.values("office"))

    def of_office(self, offices: QuerySet[Any], name: str, slug: str) -> QuerySet[Any]:
        return offices.filter(slug=slug)

    def in_field(self, offices: QuerySet[Any], name: str, field_name: str) -> QuerySet[Any]:
        fields = FieldOfAction.objects.visible_to(self.request.user)
        return offices.filter(pk__in=fields.filter(is_active=True, name__iexact=field_name).values("office"))

    def speaking(self, offices: QuerySet[Any], name: str, language: str) -> QuerySet[Any]:
        return offices.filter(pk__in=self.posts.filter(languages__contains=[language]).values("office"))


class OfficeFilter(OfficesOfDirectoryFilter):
    """All offices: by name, place and kind."""

    stelle = handlungsfeld = sprache = None  # type: ignore[assignment]
    art = select(_("Kind"), _("All kinds"), field_name="kind", choices=Office.Kind.choices)


class AbsenceFilter(PortalFilter):
    """The absences of one's offices: by name, office and time."""

    q = TextFilter(label=_("Name"), method="by_name")
    zeit = select(
        _("Time"), _("Today and later"), method="at_time",
        choices=[("heute", _("Today")), ("kuenftig", _("Later")), ("vergangen", _("Past")), ("alle", _("All times"))],
    )  # fmt: skip
    stelle = select(_("Office"), _("All offices"), method="of_office")

    def stelle_choices(self) -> Choices:
        """One's own offices."""
        own = Office.objects.filter(pk__in=Absence.objects.visible_to(self.request.user).order_by().values("office"))
        return self.few(own)

    def by_name(self, absences: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(absences, "contact_person__person__sort_key", text)

    def at_time(self, absences: QuerySet[Any], name: str, time: str) -> QuerySet[Any]:
        narrowed = {"heute": absences.on, "kuenftig": absences.future, "vergangen": absences.past}  # type: ignore[attr-defined]
        return narrowed[time](today()) if time in narrowed else absences

    def of_office(self, absences: QuerySet[Any], name: str, slug: str) -> QuerySet[Any]:
        return absences.filter(office__slug=slug)


class HandoverFilter(PortalFilter):
    """An office's hand-overs: by name of the giver, and by state."""

    q = TextFilter(label=_("Name"), method="by_name")
    stand = select(
        pgettext_lazy("hand-over", "State"),
        _("All states of a hand-over"),
        field_name="state",
        choices=Handover.State.choices,
    )

    def by_name(self, handovers: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(handovers, "leaver__person__sort_key", text)

"""What lists of towns, contact persons and offices can be narrowed by. Parameter names are part of the addresses."""

from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.periods import today
from common.sort_keys import sort_key
from contacts.models import Assignment, ContactPerson, FieldOfAction, Office, OfficeArea
from contacts.querysets import in_area_of, with_contact
from municipalities.models import District, State

LONGEST_QUERY = 100  # letters; no name is longer


def districts_of_chosen_state(request: HttpRequest) -> QuerySet[District]:
    """Four hundred districts are no choice; a state's are."""
    state = request.GET.get("land") or request.GET.get("kreis", "")[:2]
    return District.objects.existing(today()).filter(ags__startswith=state) if state else District.objects.none()


def districts_served(request: HttpRequest) -> QuerySet[District]:
    return District.objects.existing(today()).filter(pk__in=OfficeArea.objects.district_ids())


def offices(request: HttpRequest) -> QuerySet[Office]:
    return Office.objects.visible_to(request.user)


def field_names(request: HttpRequest | None = None) -> list[tuple[str, str]]:
    """Every office keeps its own list; fields of one name are one choice."""
    user = request.user if request else AnonymousUser()
    names = FieldOfAction.objects.visible_to(user).filter(is_active=True).values_list("name", flat=True)
    return [(name, name) for name in sorted(set(names.order_by()), key=sort_key)]


def languages() -> list[tuple[str, str]]:
    return sorted(((code, str(label)) for code, label in ContactPerson.Language.choices), key=lambda c: sort_key(c[1]))


def containing_words(queryset: QuerySet[Any], key: str, text: str) -> QuerySet[Any]:
    """Those whose sort key holds every word of the text."""
    words = sort_key(text).split()
    if not words:
        return queryset.none()
    return queryset.filter(*(Q(**{f"{key}__contains": word}) for word in words))


class TextFilter(django_filters.CharFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_QUERY, **kwargs)


class TownFilter(django_filters.FilterSet):
    """All municipalities: by text, state, district, office, and whether somebody is responsible."""

    q = TextFilter(label=_("Town, locality, postal code or AGS"), method="ranked_by_the_page")
    land = django_filters.ModelChoiceFilter(
        label=_("State"), field_name="district__state", queryset=State.objects.all(), to_field_name="ags",
        empty_label=_("All states"),
    )  # fmt: skip
    kreis = django_filters.ModelChoiceFilter(
        label=_("District"), field_name="district", queryset=districts_of_chosen_state, to_field_name="ags",
        empty_label=_("All districts"),
    )  # fmt: skip
    stelle = django_filters.ModelChoiceFilter(
        label=_("Office"), queryset=offices, to_field_name="slug", method="of_office", empty_label=_("All offices")
    )
    kontakt = django_filters.ChoiceFilter(
        label=_("Contact person"), method="having_contact", empty_label=_("With or without"),
        choices=[("mit", _("With contact person")), ("ohne", _("Without contact person"))],
    )  # fmt: skip

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Choosing another state leaves the district of the former one in the form.
        if data and data.get("land") and not data.get("kreis", "").startswith(data["land"]):
            data = data.copy()
            data["kreis"] = ""
        super().__init__(data, *args, **kwargs)

    def ranked_by_the_page(self, towns: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """The lookup ranks what it finds; the page asks it after narrowing by all else."""
        return towns

    def of_office(self, towns: QuerySet[Any], name: str, office: Office) -> QuerySet[Any]:
        return towns.filter(in_area_of(office))

    def having_contact(self, towns: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return with_contact(towns, today(), self.request.user).filter(has_contact=value == "mit")


class DirectoryFilter(django_filters.FilterSet):
    """What all views of the directory can be narrowed by; each view says what it means for its rows."""

    nach = django_filters.CharFilter(widget=forms.HiddenInput, method="chosen_by_the_page")
    q = TextFilter(label=_("Name"), method="by_name")
    kreis = django_filters.ModelChoiceFilter(
        label=_("District"), queryset=districts_served, to_field_name="ags", method="in_district",
        empty_label=_("All districts"),
    )  # fmt: skip
    stelle = django_filters.ModelChoiceFilter(
        label=_("Office"), queryset=offices, to_field_name="slug", method="of_office", empty_label=_("All offices")
    )
    handlungsfeld = django_filters.ChoiceFilter(
        label=_("Field of action"), method="in_field", choices=field_names, empty_label=_("All fields of action")
    )
    sprache = django_filters.ChoiceFilter(
        label=pgettext_lazy("spoken", "Language"), method="speaking", choices=languages, empty_label=_("All languages")
    )

    def chosen_by_the_page(self, rows: QuerySet[Any], name: str, view: str) -> QuerySet[Any]:
        """The view of the directory is kept in the form; it narrows nothing."""
        return rows

    def by_name(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        raise NotImplementedError

    def in_district(self, rows: QuerySet[Any], name: str, district: District) -> QuerySet[Any]:
        raise NotImplementedError

    def of_office(self, rows: QuerySet[Any], name: str, office: Office) -> QuerySet[Any]:
        raise NotImplementedError

    def in_field(self, rows: QuerySet[Any], name: str, field_name: str) -> QuerySet[Any]:
        raise NotImplementedError

    def speaking(self, rows: QuerySet[Any], name: str, language: str) -> QuerySet[Any]:
        raise NotImplementedError

    @property
    def assignments(self) -> QuerySet[Assignment]:
        return Assignment.objects.visible_to(self.request.user).current(today())

    @property
    def posts(self) -> QuerySet[ContactPerson]:
        return ContactPerson.objects.visible_to(self.request.user).current(today())


class TownsOfDirectoryFilter(DirectoryFilter):
    buchstabe = django_filters.CharFilter(widget=forms.HiddenInput, method="beginning_with", max_length=1)

    def by_name(self, towns: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(towns, "sort_key", text)

    def in_district(self, towns: QuerySet[Any], name: str, district: District) -> QuerySet[Any]:
        return towns.filter(district=district)

    def of_office(self, towns: QuerySet[Any], name: str, office: Office) -> QuerySet[Any]:
        return towns.filter(in_area_of(office))

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

    def beginning_with(self, towns: QuerySet[Any], name: str, letter: str) -> QuerySet[Any]:
        return towns.filter(sort_key__startswith=sort_key(letter) or " ")


class PeopleOfDirectoryFilter(DirectoryFilter):
    def by_name(self, posts: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(posts, "person__sort_key", text)

    def in_district(self, posts: QuerySet[Any], name: str, district: District) -> QuerySet[Any]:
        there = self.assignments.filter(contact_person=OuterRef("pk"), municipality__district=district)
        return posts.filter(Exists(there))

    def of_office(self, posts: QuerySet[Any], name: str, office: Office) -> QuerySet[Any]:
        return posts.filter(office=office)

    def in_field(self, posts: QuerySet[Any], name: str, field_name: str) -> QuerySet[Any]:
        return posts.filter(
            Q(pk__in=ContactPerson.objects.filter(field_links__field__name__iexact=field_name))
            | Exists(self.assignments.filter(contact_person=OuterRef("pk"), field__name__iexact=field_name))
        )

    def speaking(self, posts: QuerySet[Any], name: str, language: str) -> QuerySet[Any]:
        return posts.filter(languages__contains=[language])


class OfficesOfDirectoryFilter(DirectoryFilter):
    def by_name(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        return containing_words(rows, "sort_key", text)

    def in_district(self, rows: QuerySet[Any], name: str, district: District) -> QuerySet[Any]:
        there = OfficeArea.objects.filter(
            Q(district=district) | Q(association__district=district) | Q(municipality__district=district)
        )
        return rows.filter(pk__in=there.values("office"))

    def of_office(self, rows: QuerySet[Any], name: str, office: Office) -> QuerySet[Any]:
        return rows.filter(pk=office.pk)

    def in_field(self, rows: QuerySet[Any], name: str, field_name: str) -> QuerySet[Any]:
        return rows.filter(
            pk__in=FieldOfAction.objects.visible_to(self.request.user)
            .filter(is_active=True, name__iexact=field_name)
            .values("office")
        )

    def speaking(self, rows: QuerySet[Any], name: str, language: str) -> QuerySet[Any]:
        return rows.filter(pk__in=self.posts.filter(languages__contains=[language]).values("office"))


class OfficeFilter(OfficesOfDirectoryFilter):
    """All offices: by name, district and kind."""

    nach = stelle = handlungsfeld = sprache = None
    art = django_filters.ChoiceFilter(
        label=_("Kind"), field_name="kind", choices=Office.Kind.choices, empty_label=_("All kinds")
    )

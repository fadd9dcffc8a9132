"""What the list of forums can be narrowed by. Parameter names are part of the addresses."""

from typing import Any

from django.db.models import Case, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from common.choices import Choices
from common.periods import today
from common.sort_keys import sort_key
from contacts.filters import MOST_CHOICES, PortalFilter, TextFilter, select
from contacts.models import FieldOfAction, Office
from forums.models import Forum, ForumField, ForumPartner, ForumTown
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
        chosen_first = Case(When(slug=self.chosen("stelle"), then=0), default=1)
        found = offices.order_by(chosen_first, "sort_key").values_list("slug", "name")[:MOST_CHOICES]
        return sorted(found, key=lambda office: sort_key(office[1]))

    def handlungsfeld_choices(self) -> Choices:
        """Every office keeps its own list; fields of one name are one choice."""
        links = ForumField.objects.filter(forum__in=self.visible.values("pk"))
        fields = FieldOfAction.objects.filter(pk__in=links.values("field"))
        names = list(fields.order_by("name").values_list("name", flat=True).distinct()[:MOST_CHOICES])
        return [(name, name) for name in sorted(names, key=sort_key)]

    def by_words(self, forums: QuerySet[Forum], name: str, text: str) -> QuerySet[Forum]:
        """Those whose name or purpose holds every word; umlauts in the name may be spelt either way."""
        for word in text.split():
            forums = forums.filter(Q(sort_key__contains=sort_key(word) or "\x7f") | Q(purpose__icontains=word))
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

"""People and the posts they hold, with what they are responsible for."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common import periods
from common.admin import PortalModelAdmin, PortalTabularInline, ScopedFormSet
from common.audit import Change, history
from common.links import Link
from contacts.admin.choices import BEGINS, InArea, OfficeColumn
from contacts.admin.end_on import EndsOn, TellsWhatStaysOpen
from contacts.admin.filters import DayFilter, OfficeFilter
from contacts.admin.merge import MergesPeople
from contacts.admin.periods import first_day, last_day
from contacts.conflicts import AssignmentsTogether
from contacts.forms.absences import AbsenceOfPostForm
from contacts.forms.posts import ContactPersonForm, FieldOfPostForm
from contacts.models import Absence, Assignment, ContactPerson, ContactPersonField, FormerPerson, Person, Remark
from contacts.models.people import CONFIRMATION_LINK
from contacts.rules import standing


class PostInline(PortalTabularInline):
    model = ContactPerson
    fields = ["office", "function", "period", "is_published"]
    autocomplete_fields = ["office"]
    show_change_link = True


@admin.register(Person)
class PersonAdmin(TellsWhatStaysOpen, MergesPeople, PortalModelAdmin):
    is_search_folded = True
    list_display = ["sorted_name", "title", "phone_printed", "email", "current_posts", "changed_at"]
    list_display_links = ["sorted_name"]
    search_fields = ["sort_key"]
    autocomplete_fields = ["user", "organisation"]
    list_select_related = ["user", "organisation"]
    fieldsets = [
        (None, {"fields": ["title", "given_name", "family_name"]}),
        (_("How to reach the person"), {"fields": ["phone", "email"]}),
        (_("Belongs to"), {"fields": ["organisation", "user"]}),
    ]
    inlines = [PostInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        return super().get_queryset(request).prefetch_related("posts__office")

    def further_changes(self, request: HttpRequest, obj: Person) -> list[Change]:
        formers = obj.former_entries.values_list("key", flat=True)
        of_merged = [*history(Person, pgh_obj__in=formers), *history(FormerPerson, person=obj)]
        if request.user.is_superuser:
            return [*of_merged, *history(ContactPerson, person=obj)]
        return [*of_merged, *history(ContactPerson, person=obj, office__in=standing(request.user).administers)]

    @admin.display(description=_("name"), ordering="sort_key")
    def sorted_name(self, person: Person) -> str:
        return person.sorted_name

    @admin.display(description=_("posts today"), empty_value="–")
    def current_posts(self, person: Person) -> str:
        today = periods.today()
        return ", ".join(post.office.code for post in person.posts.all() if periods.contains(post.period, today))


class AssignmentFormSet(AssignmentsTogether, ScopedFormSet):
    pass


class AssignmentInline(InArea, PortalTabularInline):
    model = Assignment
    formset = AssignmentFormSet
    fields = ["municipality", "field", "role", "valid"]
    autocomplete_fields = ["municipality", "field"]
    related = ["contact_person__person", "contact_person__office"]
    formfield_overrides = BEGINS
    show_change_link = True


class AbsenceInline(PortalTabularInline):
    model = Absence
    fk_name = "contact_person"
    form = AbsenceOfPostForm
    fields = ["days", "substitute", "confirmed"]
    autocomplete_fields = ["substitute"]
    related = ["contact_person__person"]
    formfield_overrides = BEGINS


class FieldOfPostInline(PortalTabularInline):
    model = ContactPersonField
    form = FieldOfPostForm
    fields = ["field"]
    autocomplete_fields = ["field"]
    related = ["contact_person"]


class RemarkInline(PortalTabularInline):
    """What the person wrote to the office; deleted when it is done."""

    model = Remark
    fields = readonly_fields = ["text", "written_at"]
    related = ["contact_person"]
    verbose_name_plural = _("messages about one's own entry")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ContactPerson)
class ContactPersonAdmin(EndsOn, TellsWhatStaysOpen, OfficeColumn, PortalModelAdmin):
    form = ContactPersonForm
    is_search_folded = True
    list_display = [
        "person_name",
        "office",
        "function",
        "first_day",
        "last_day",
        "towns_today",
        "confirmed_on",
        "is_published",
    ]
    list_filter = [DayFilter, OfficeFilter, "is_published"]
    list_select_related = ["person", "office"]
    search_fields = ["person__sort_key"]
    autocomplete_fields = ["person", "office"]
    choice_related = ("person", "office")
    ordering = ["person__sort_key", "pk"]
    fieldsets = [
        (None, {"fields": ["person", "office", "period"]}),
        (_("At work"), {"fields": ["function", "room", "languages", "confirmed_on"]}),
        (_("What everyone sees"), {"fields": ["is_published", "is_phone_published", "is_email_published"]}),
    ]
    inlines = [AssignmentInline, AbsenceInline, FieldOfPostInline, RemarkInline]
    actions = [*EndsOn.actions, "confirm_today"]
    first_day, last_day = first_day("period"), last_day("period")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactPerson]:
        current = Q(assignments__valid__contains=periods.today())
        return super().get_queryset(request).annotate(town_count=Count("assignments", filter=current))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A post never changes office or person: another one is another post."""
        return ["person", "office"] if obj else []

    def choice_label(self, obj: ContactPerson) -> str:
        return f"{obj.person.name} ({obj.office.code}, {periods.in_words(obj.period)})"

    def further_changes(self, request: HttpRequest, obj: ContactPerson) -> list[Change]:
        parts = (Assignment, Absence, ContactPersonField)
        links = history(Link, purpose=CONFIRMATION_LINK, object_id=obj.pk, untold=["purpose", "object_id"])
        return [*links, *(change for part in parts for change in history(part, contact_person=obj))]

    @admin.action(description=_("Mark as confirmed today"), permissions=["change"])
    def confirm_today(self, request: HttpRequest, queryset: QuerySet[ContactPerson]) -> None:
        today = periods.today()
        posts = list(queryset.model.objects.filter(pk__in=queryset.order_by().values("pk")).current(today))
        for post in posts:
            post.confirm(today)
        text = ngettext(
            "%(count)d entry is confirmed as of today.", "%(count)d entries are confirmed as of today.", len(posts)
        )
        messages.success(request, text % {"count": len(posts)})

    @admin.display(description=_("contact person"), ordering="person__sort_key")
    def person_name(self, post: ContactPerson) -> str:
        return post.person.sorted_name

    @admin.display(description=_("assignments today"), ordering="town_count")
    def towns_today(self, post: ContactPerson) -> int:
        return post.town_count

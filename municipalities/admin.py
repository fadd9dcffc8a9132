"""The register of places, as the operator keeps it; offices enter their localities."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from common import periods
from common.admin import PortalModelAdmin, PortalTabularInline, ScopedModelForm
from common.audit import Change, history_of
from common.tables import MOST_BYTES
from municipalities import administration, search_names
from municipalities.loading import localities
from municipalities.models import (
    Association,
    DataSource,
    District,
    Locality,
    Municipality,
    PostalCode,
    RegisterLoad,
    State,
    Succession,
)

MOST_REASONS = 20  # shown at once of why a table is refused


class ExistenceFilter(admin.SimpleListFilter):
    title = _("existence")
    parameter_name = "existence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("exists today")), ("ended", _("has ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "today":
            return queryset.filter(period__contains=periods.today())
        if self.value() == "ended":
            return queryset.filter(period__endswith__lte=periods.today())
        return queryset


class PlaceForm(ScopedModelForm):
    """A place may have been there always, and stay: its period needs no day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "period" in self.fields:
            self.fields["period"].required = False

    def clean_period(self) -> DateRange:
        return self.cleaned_data["period"] or periods.period(None)


class PlaceAdmin(PortalModelAdmin):
    """A place with an official key, which is typed once and never changes."""

    form = PlaceForm
    key = "ags"
    is_search_folded = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *([self.key] if obj else [])]


class LoadedAdmin(PortalModelAdmin):
    """What only a load of the register writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(State)
class StateAdmin(PlaceAdmin):
    list_display = ["name", "abbreviation", "ags"]
    search_fields = ["sort_key", "ags"]


@admin.register(District)
class DistrictAdmin(PlaceAdmin):
    list_display = ["full_name", "kind", "state", "ags"]
    list_filter = [ExistenceFilter, "state", "kind"]
    list_select_related = ["state"]
    search_fields = ["sort_key", "ags"]
    autocomplete_fields = ["state"]


@admin.register(Association)
class AssociationAdmin(PlaceAdmin):
    key = "ars"
    list_display = ["name", "kind", "district", "ars"]
    list_filter = [ExistenceFilter, "kind", "district__state"]
    list_select_related = ["district"]
    search_fields = ["sort_key", "ars"]
    autocomplete_fields = ["district"]
    choice_related = ("district",)

    def choice_label(self, obj: Association) -> str:
        return f"{obj.name} ({obj.district})"

    def save_model(self, request: HttpRequest, obj: Association, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        search_names.refresh(obj.municipalities.values_list("pk", flat=True))


class LocalityInline(PortalTabularInline):
    model = Locality
    extra = 0


def end_predecessor(request: HttpRequest, succession: Succession) -> None:
    """Of a territorial change that was saved; says that the predecessor has ended, and what is still open on it."""
    still_open = succession.end_predecessor()
    if still_open is None:
        return
    town = succession.predecessor
    messages.info(request, gettext("%(municipality)s has ended with this change.") % {"municipality": town})
    for what in still_open:
        text = gettext("Still open on %(municipality)s: %(what)s") % {"municipality": town, "what": what}
        messages.warning(request, text)


class SuccessionInline(PortalTabularInline):
    model = Succession
    fk_name = "predecessor"
    extra = 0
    autocomplete_fields = ["successor"]


@admin.register(Municipality)
class MunicipalityAdmin(PlaceAdmin):
    list_display = ["name", "designation", "district", "ags", "population", "period_shown"]
    list_filter = [ExistenceFilter, "district__state", "designation"]
    list_select_related = ["district"]
    search_fields = ["sort_key", "ags"]
    autocomplete_fields = ["district", "association"]
    choice_related = ("district",)
    inlines = [LocalityInline, SuccessionInline]
    fieldsets = [
        (None, {"fields": ["ags", "name", "second_name", "title", "designation", "district", "association", "period"]}),
        (
            _("Facts"),
            {
                "fields": [
                    "website", "population", "area_km2", "town_hall_postal_code", "latitude", "longitude",
                ]
            },
        ),
    ]  # fmt: skip

    @admin.display(description=_("period"))
    def period_shown(self, obj: Municipality) -> str:
        last = periods.last_day(obj.period)
        return gettext("until %(day)s") % {"day": last.strftime("%d.%m.%Y")} if last else ""

    def choice_label(self, obj: Municipality) -> str:
        return f"{obj.name} ({obj.district})"

    def save_model(self, request: HttpRequest, obj: Municipality, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        search_names.refresh([obj.pk])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Succession:
            for succession in [*formset.new_objects, *(row for row, _fields in formset.changed_objects)]:
                end_predecessor(request, succession)

    def further_changes(self, request: HttpRequest, obj: Municipality) -> Iterable[Change]:
        for row in [*obj.localities.all(), *obj.succeeded_by.all()]:
            yield from history_of(row)


@admin.register(Succession)
class SuccessionAdmin(PortalModelAdmin):
    list_display = ["predecessor", "kind", "successor", "took_effect_on"]
    list_filter = ["kind", "predecessor__district__state"]
    list_select_related = ["predecessor", "successor"]
    date_hierarchy = "took_effect_on"
    search_fields = ["predecessor__sort_key", "successor__sort_key", "predecessor__ags", "successor__ags"]
    is_search_folded = True
    autocomplete_fields = ["predecessor", "successor"]

    def save_model(self, request: HttpRequest, obj: Succession, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        end_predecessor(request, obj)


@admin.register(PostalCode)
class PostalCodeAdmin(LoadedAdmin):
    list_display = ["code", "municipality", "place", "kind"]
    list_filter = ["kind", "municipality__district__state"]
    list_select_related = ["municipality"]
    search_fields = ["code", "municipality__sort_key"]
    is_search_folded = True


class LocalitiesForm(forms.Form):
    """A table of localities; its value is those that are new."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or Excel workbook (.xlsx) with the columns “Ortsteil” and “AGS”, one locality a row."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )

    def __init__(self, *args: Any, towns: QuerySet[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns

    def clean_file(self) -> list[Locality]:
        file = self.cleaned_data["file"]
        try:
            return localities.read(file.name, file.read(MOST_BYTES + 1), self.towns)
        except localities.Refused as refused:
            shown = refused.reasons[:MOST_REASONS]
            if more := len(refused.reasons) - len(shown):
                shown.append(ngettext("And %(count)d more row.", "And %(count)d more rows.", more) % {"count": more})
            raise ValidationError(shown) from None


@admin.register(Locality)
class LocalityAdmin(PortalModelAdmin):
    list_display = ["name", "municipality", "district"]
    list_select_related = ["municipality__district"]
    search_fields = ["sort_key", "municipality__sort_key", "municipality__ags"]
    is_search_folded = True
    autocomplete_fields = ["municipality"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("einlesen/", view, name="municipalities_locality_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Takes in a table of localities in the area of the account's offices, all of it or nothing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = LocalitiesForm(request.POST or None, request.FILES or None, towns=administration.towns_of(request.user))
        if request.method == "POST" and form.is_valid():
            added = form.cleaned_data["file"]
            localities.add(added)
            text = ngettext("%(count)d locality added.", "%(count)d localities added.", len(added))
            messages.success(request, text % {"count": len(added)})
            return redirect("admin:municipalities_locality_changelist")
        context = self.admin_site.each_context(request) | {
            "title": gettext("Take localities in from a file"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/municipalities/locality/import.html", context)

    @admin.display(description=_("district"), ordering="municipality__district__sort_key")
    def district(self, obj: Locality) -> str:
        return str(obj.municipality.district)

    def limit_choices(self, db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if db_field.name == "municipality":
            return queryset.filter(pk__in=administration.towns_of(request.user).values("pk"))
        return super().limit_choices(db_field, request, queryset)


@admin.register(DataSource)
class DataSourceAdmin(LoadedAdmin):
    list_display = ["title", "file", "state_on", "licence"]
    search_fields = ["title", "file"]


@admin.register(RegisterLoad)
class RegisterLoadAdmin(LoadedAdmin):
    list_display = ["state_on", "loaded_at"]
    date_hierarchy = "loaded_at"
    search_fields = ["checksum"]

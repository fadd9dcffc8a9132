"""What all of Django's admin does alike here: one's own rows only, choices that obey it, search without umlauts,
periods by their last day, two writers, refusals of the database in words, and the audit as history.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin, StackedInline, TabularInline
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import NestedObjects, quote, unquote
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import DatabaseError, models, router, transaction
from django.db.models import Q, QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.audit import Change, history_of
from common.database_errors import ReportsDatabaseErrors, as_validation_error, check_now
from common.fields import PeriodField
from common.forms import DayField, PeriodFormField, PeriodWidget
from common.sort_keys import folded_spellings
from common.versions import VersionedAdminMixin, VersionedModelForm

CHANGES_PER_PAGE = 100


# -- Fields -------------------------------------------------------------------------------------------------------


class AdminPeriodWidget(PeriodWidget):
    """First and last day, each with the admin's calendar."""

    class Media:
        js = ["admin/js/calendar.js", "admin/js/admin/DateTimeShortcuts.js"]


class ScopedAutocomplete(AutocompleteSelect):
    """A field of suggestions; the row chosen already is known from the form's object and not asked for again."""

    stored: models.Model | None = None

    def optgroups(self, name: str, value: list[str], attr: dict[str, Any] | None = None) -> Any:
        if self.stored is None or value != [str(self.stored.pk)]:
            return super().optgroups(name, value, attr)
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        label = self.choices.field.label_from_instance(self.stored)
        option = self.create_option(name, str(self.stored.pk), label, True, 0)
        return [(None, [*empty, option], 0)]


class ScopedModelForm(VersionedModelForm):
    """What is chosen already may stay, even where one could not choose it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not isinstance(field, forms.ModelChoiceField) or isinstance(field, forms.ModelMultipleChoiceField):
                continue
            model_field = self._meta.model._meta.get_field(name)
            stored_id = getattr(self.instance, model_field.attname)
            if self.instance.pk is None or stored_id is None:
                continue
            allowed = field.queryset.order_by().values("pk")
            field.queryset = field.queryset.model._base_manager.filter(Q(pk__in=allowed) | Q(pk=stored_id))
            widget = field.widget.widget if isinstance(field.widget, RelatedFieldWidgetWrapper) else field.widget
            if isinstance(widget, ScopedAutocomplete) and model_field.is_cached(self.instance):
                widget.stored = getattr(self.instance, name)


# -- Rows and choices ---------------------------------------------------------------------------------------------


class Scoped:
    """For ModelAdmin and inlines: only rows that the account administers, in lists as in choices."""

    form = ScopedModelForm
    formfield_overrides = {
        PeriodField: {"form_class": PeriodFormField, "widget": AdminPeriodWidget},
        models.DateField: {"form_class": DayField, "widget": AdminDateWidget},
        models.URLField: {"assume_scheme": "https"},
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset = super().get_queryset(request)
        return queryset.administered_by(request.user) if hasattr(queryset, "administered_by") else queryset

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """The row's page itself: the admin's way round by content types would tell which rows there are."""
        return obj.get_absolute_url() if obj is not None and hasattr(obj, "get_absolute_url") else None

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        """The rows that may be chosen: those of the other model's own admin."""
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if related is None:
            return super().get_field_queryset(db, db_field, request)
        queryset = related.get_queryset(request).order_by(*related.get_ordering(request))
        return self.limit_choices(db_field, request, queryset)

    def limit_choices(self, db_field: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow what may be chosen for the field, in the form, on POST and among the suggestions."""
        return queryset

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ScopedAutocomplete(db_field, self.admin_site))
            kwargs.setdefault("empty_label", None if not db_field.blank else "")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if isinstance(related, PortalModelAdmin):
            field.label_from_instance = related.choice_label
        return field


class PortalModelAdmin(Scoped, ReportsDatabaseErrors, VersionedAdminMixin, ModelAdmin):
    """The base of all admin pages. `search_fields` are sort keys where `is_search_folded`."""

    is_search_folded = False
    choice_related: tuple[str, ...] = ()
    list_per_page = 50
    show_full_result_count = False
    object_history_template = "admin/history.html"

    class Media:
        js = ["portal/admin-names.js"]

    # Permissions are asked for the row, as everywhere else.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def _may(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}", obj)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponseBase:
        """What is not one's own does not exist."""
        raise Http404

    # Lists.

    def action_checkbox(self, obj: Any) -> SafeString:
        """Django's box, written in one go: a template for each row takes a quarter of a list's time."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            gettext("Select %(object)s") % {"object": obj},
        )

    # Search and choices.

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not self.is_search_folded or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        spellings = folded_spellings(search_term)
        if not spellings:
            return queryset.none(), False
        found, may_have_duplicates = super().get_search_results(request, queryset, spellings[0])
        for spelling in spellings[1:]:
            more, more_duplicates = super().get_search_results(request, queryset, spelling)
            found, may_have_duplicates = found | more, may_have_duplicates or more_duplicates
        return found, may_have_duplicates

    def choice_label(self, obj: Any) -> str:
        """How the row reads among suggestions; `choice_related` names what this needs."""
        return str(obj)

    # Deleting.

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The preview, which does not name what one may not see."""
        to_delete, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if protected:
            collector = NestedObjects(using=router.db_for_write(self.model), origin=objs)
            collector.collect(objs)
            shown = [obj for obj in collector.protected if self._is_shown(request, obj)]
            protected = [f"{capfirst(obj._meta.verbose_name)}: {obj}" for obj in shown]
            if len(shown) < len(collector.protected):
                protected.append(gettext("Entries that belong to others"))
        return to_delete, counts, lacking, protected

    def _is_shown(self, request: HttpRequest, obj: models.Model) -> bool:
        related = self.admin_site._registry.get(type(obj))
        return related is not None and related.get_queryset(request).filter(pk=obj.pk).exists()

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        try:
            with transaction.atomic():
                response = super().delete_view(request, object_id, extra_context)
                check_now()
                return response
        except DatabaseError as error:
            self._tell_refusal(request, error)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        # Django looks every key up, and fails on those that are no numbers.
        if not all(key.isdecimal() for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest
        try:
            with transaction.atomic():
                response = super().response_action(request, queryset)
                check_now()
                return response
        except DatabaseError as error:
            self._tell_refusal(request, error)
            return redirect(request.get_full_path())

    def _tell_refusal(self, request: HttpRequest, error: DatabaseError) -> None:
        refusal = as_validation_error(error)
        if refusal is None:
            raise error
        for message in refusal.messages:
            messages.error(request, gettext("Nothing was changed. %(reason)s") % {"reason": message})

    # History: the audit's. The admin's own log would be a second one, with names that nobody erases.

    def log_addition(self, *args: Any, **kwargs: Any) -> None:
        pass

    def log_change(self, *args: Any, **kwargs: Any) -> None:
        pass

    def log_deletions(self, *args: Any, **kwargs: Any) -> None:
        pass

    def further_changes(self, request: HttpRequest, obj: Any) -> Iterable[Change]:
        """The changes of rows that are edited on this page too."""
        return ()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not hasattr(self.model, "pgh_event_model"):
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        changes = [*history_of(obj), *self.further_changes(request, obj)]
        changes.sort(key=lambda change: change.at, reverse=True)
        context = self.admin_site.each_context(request) | {
            "title": gettext("History: %(name)s") % {"name": obj},
            "page": Paginator(changes, CHANGES_PER_PAGE).get_page(request.GET.get("p")),
            "object": obj,
            "object_id": quote(str(obj.pk)),
            "opts": self.opts,
            "module_name": capfirst(self.opts.verbose_name_plural),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)


class ScopedAutocompleteView(AutocompleteJsonView):
    """Suggestions limited as the field that asks for them."""

    def process_request(self, request: HttpRequest) -> Any:
        term, *found = super().process_request(request)
        return (term.replace("\x00", ""), *found)

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        if related := getattr(self.model_admin, "choice_related", ()):
            queryset = queryset.select_related(*related)
        asking = self.admin_site._registry.get(self.source_field.model)
        return (
            asking.limit_choices(self.source_field, self.request, queryset) if isinstance(asking, Scoped) else queryset
        )

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        result = super().serialize_result(obj, to_field_name)
        if isinstance(self.model_admin, PortalModelAdmin):
            result["text"] = self.model_admin.choice_label(obj)
        return result


# -- Inlines ------------------------------------------------------------------------------------------------------


class ScopedFormSet(forms.BaseInlineFormSet):
    """Rows that may not be deleted any more say so; `request` is set by the inline."""

    request: HttpRequest

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if deletion := form.fields.get(DELETION_FIELD_NAME):
            name = gettext("delete %(entry)s") % {"entry": form.instance} if form.instance.pk else gettext("delete")
            deletion.widget.attrs["aria-label"] = name

    def clean(self) -> None:
        super().clean()
        permission = f"{self.model._meta.app_label}.delete_{self.model._meta.model_name}"
        for form in getattr(self, "deleted_forms", ()):
            if form.instance.pk and not self.request.user.has_perm(permission, form.instance):
                raise ValidationError(
                    _("“%(entry)s” has begun already and stays as history. Please give it a last day instead."),
                    params={"entry": form.instance},
                )


class ScopedInline(Scoped, VersionedAdminMixin):
    """Rows edited on the page of what they belong to; `related` is loaded with them, besides what the choices show."""

    formset = ScopedFormSet
    extra = 0
    related: Sequence[str] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.related, *self._related_of_choices(request))

    def _related_of_choices(self, request: HttpRequest) -> Iterator[str]:
        for name in self.get_autocomplete_fields(request):
            yield name
            target = self.admin_site._registry.get(self.opts.get_field(name).remote_field.model)
            yield from (f"{name}__{path}" for path in getattr(target, "choice_related", ()))

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.request = request
        return formset

    # The object given is what the rows belong to; each row is asked for when it is deleted.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}")


class PortalTabularInline(ScopedInline, TabularInline):
    """A row a line; its fields are named for those who do not see the table's head."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is None:
            return None
        widget = field.widget
        if isinstance(widget, RelatedFieldWidgetWrapper):
            # A line has no room for four more links in each field.
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
            widget = widget.widget
        if not isinstance(widget, forms.MultiWidget):
            widget.attrs["aria-label"] = capfirst(field.label)
        return field


class PortalStackedInline(ScopedInline, StackedInline):
    pass

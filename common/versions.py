"""Two writers: a version that the database raises at every change, checked wherever a row is edited."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pgtrigger
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.words import in_words

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin
else:
    BaseModelAdmin = object

SEEN_VERSION = "seen_version"


def raise_version(*, besides: Sequence[str] = ()) -> pgtrigger.Trigger:
    """The trigger that counts changes, besides those of the fields named.

    Generated columns must be among these: PostgreSQL does not know them yet when the trigger runs.
    """
    return pgtrigger.Trigger(
        name="raise_version",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["version", "changed_at", *besides]),
        func="NEW.version = OLD.version + 1; NEW.changed_at = now(); RETURN NEW;",
    )


class Versioned(models.Model):
    """A row that knows how often and when it was changed, whoever changed it."""

    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)

    class Meta:
        abstract = True
        triggers = [raise_version()]


class SeenVersionField(forms.IntegerField):
    """The version that the form was made from; never a change by itself."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class VersionedModelForm(forms.ModelForm):
    """A form of a versioned row that does not overwrite what somebody else saved after the form was made.

    The form comes back with everything typed, says beside each field that differs what is stored meanwhile, and
    carries the new version: sending it again keeps what it then holds. The row is locked until the end of the
    transaction, so a view that saves such a form handles its POST in one.
    """

    seen_version = SeenVersionField(required=False)
    # What was found stored where somebody else was quicker, by the fields that differ; as their initial values.
    newer: Mapping[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(self.instance, Versioned):
            del self.fields[SEEN_VERSION]
        elif self.instance.pk:
            self.initial[SEEN_VERSION] = self.instance.version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if SEEN_VERSION in self.fields and self.instance.pk and self.has_changed():
            self._compare_with_stored()
        return cleaned

    def _compare_with_stored(self) -> None:
        rows = type(self.instance)._base_manager.select_for_update(no_key=True).order_by()
        stored = rows.filter(pk=self.instance.pk).first()
        if stored is None:
            self.add_error(None, ValidationError(_("Somebody deleted this entry while you edited it."), code="deleted"))
            return
        if stored.version == self.cleaned_data.get(SEEN_VERSION):
            return
        data: Any = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
        data[self.add_prefix(SEEN_VERSION)] = str(stored.version)
        self.data = data
        now, then = self._values_of(stored), self._values_of(self._as_seen())
        different = [
            name
            for name, field in self.fields.items()
            if name in now and not field.disabled and field.has_changed(now[name], self[name].data)
            if name not in then or then[name] != now[name]
        ]
        if not different:
            return
        self.newer = {name: now[name] for name in different}
        self.add_error(
            None,
            ValidationError(
                _(
                    "Somebody changed this entry while you edited it. "
                    "Compare the fields named; saving again keeps yours."
                ),
                code="newer_version",
            ),
        )
        for name in different:
            shown = _shown(self.fields[name], now[name])
            yours = _shown(self.fields[name], self.cleaned_data.get(name, self[name].data))
            self.add_error(
                name,
                gettext("Stored meanwhile: “%(stored)s”. Your entry: “%(yours)s”.") % {"stored": shown, "yours": yours},
            )

    def _as_seen(self) -> Any:
        """The row as it was when the form was made, from the audit; None where that is not known."""
        events = getattr(self.instance, "pgh_event_model", None)
        seen = self.cleaned_data.get(SEEN_VERSION)
        event = events.objects.filter(pgh_obj=self.instance.pk, version=seen).last() if events and seen else None
        if event is None:
            return None
        fields = [field.attname for field in self.instance._meta.concrete_fields if hasattr(event, field.attname)]
        return type(self.instance)(**{name: getattr(event, name) for name in fields})

    def _values_of(self, row: Any) -> dict[str, Any]:
        """What the form's fields would show of the row."""
        if row is None:
            return {}
        unbound = self.form_of(row)
        # A row made from the audit does not know what it was joined to.
        unknown = {field.name for field in row._meta.many_to_many} if row._state.adding else set()
        return {
            name: unbound.get_initial_for_field(field, name)
            for name, field in unbound.fields.items()
            if name != SEEN_VERSION and name not in unknown
        }

    def form_of(self, stored: Any) -> Any:
        """An unbound form of the stored row; for a form that needs more than its instance to be made."""
        return type(self)(instance=stored, prefix=self.prefix)


class VersionedAdminMixin(BaseModelAdmin):
    """For a ModelAdmin or inline: its form knows of newer versions. A form of your own is a VersionedModelForm."""

    form = VersionedModelForm

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        fieldsets = [
            (name, {**options, "fields": [field for field in options["fields"] if field != SEEN_VERSION]})
            for name, options in super().get_fieldsets(request, obj)
        ]
        if obj and fieldsets and issubclass(self.model, Versioned) and self.has_change_permission(request, obj):
            fields: Any = fieldsets[0][1]["fields"]
            fields.append(SEEN_VERSION)
        return fieldsets


def _shown(field: Any, value: Any) -> str:
    """A field's value as a person reads it."""
    if value in field.empty_values:
        return "–"
    if isinstance(value, (list, tuple, models.QuerySet)):
        return ", ".join(_shown(field, single) for single in value)
    if isinstance(value, models.Model):
        return str(value)
    if hasattr(field, "queryset"):
        # What is stored need not be among what may be chosen.
        return str(field.queryset.model._base_manager.filter(pk=value).first() or value)
    if hasattr(field, "choices"):
        return str(dict(field.choices).get(value, value))
    return in_words(value)

"""What the database refuses, as a sentence beside the field.

Constraints that models declare are known by their own messages; what triggers and raw constraints promise is
registered by the apps in `ready()`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:
    ModelAdmin = object

Text = Any  # a translated string, now or later

FOREIGN_KEY, UNIQUE, EXCLUSION = "23503", "23505", "23P01"
AT_ONCE = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available

EXISTS = _("There is already an entry like this one.")


class Refusal(NamedTuple):
    message: Text
    field: str | None = None


_registered: dict[str, Refusal] = {}


def register(refusals: Mapping[str, tuple[Text, str | None]]) -> None:
    """Say what a violated constraint means, by its name: the sentence, and the field it belongs to or None."""
    _registered.update({name: Refusal(*refusal) for name, refusal in refusals.items()})


@cache
def _declared() -> dict[str, Refusal]:
    """The constraints and unique columns of all models, by the name they have in the database."""
    refusals = {}
    for model in apps.get_models(include_auto_created=True):
        for constraint in model._meta.constraints:
            message = constraint.violation_error_message
            if message != constraint.default_violation_error_message:
                refusals[constraint.name] = Refusal(message, _field_of(constraint))
        for field in model._meta.local_concrete_fields:
            if field.unique:
                refusals[f"{model._meta.db_table}_{field.column}_key"] = Refusal(EXISTS, field.name)
    return refusals


def _field_of(constraint: models.BaseConstraint) -> str | None:
    """The period, where periods must not overlap; else the last of the columns that must differ."""
    if isinstance(constraint, ExclusionConstraint):
        overlapping = [expression for expression, operator in constraint.expressions if operator == "&&"]
        return overlapping[0] if overlapping and isinstance(overlapping[0], str) else None
    if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
        return constraint.fields[-1]
    return None


def as_validation_error(error: DatabaseError) -> ValidationError | None:
    """The refusal in words, beside its field where it has one; None for what is a fault of the program."""
    cause = error.__cause__
    code, diagnostics = getattr(cause, "pgcode", None), getattr(cause, "diag", None)
    if code in AT_ONCE:
        return ValidationError(
            _("Somebody else saved at the same moment. Please check and save again."), code="at_once"
        )
    name = getattr(diagnostics, "constraint_name", None)
    refusal = _registered.get(name) or _declared().get(name) if name else None
    if refusal is None and code == FOREIGN_KEY:
        refusal = Refusal(
            _("Something that belongs to this entry was changed or deleted meanwhile. Please check again.")
        )
    if refusal is None and code in (UNIQUE, EXCLUSION):
        refusal = Refusal(EXISTS)
    if refusal is None:
        return None
    return ValidationError({refusal.field: refusal.message} if refusal.field else refusal.message, code=name)


@contextmanager
def checked() -> Iterator[None]:
    """One transaction whose promises are checked at its end; raises a ValidationError where one is broken."""
    try:
        with transaction.atomic():
            yield
            check_now()
    except DatabaseError as error:
        refusal = as_validation_error(error)
        if refusal is None:
            raise
        raise refusal from error


def check_now() -> None:
    """Check what would otherwise be checked when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def add_refusal(form: Any, refusal: ValidationError) -> None:
    """Say a refusal in the form: beside its field where the form has it, else above all fields."""
    by_field = refusal.error_dict.items() if hasattr(refusal, "error_dict") else [(None, refusal.error_list)]
    for field, errors in by_field:
        form.add_error(field if field in form.fields else None, errors)


class ReportsDatabaseErrors(ModelAdmin):
    """For a ModelAdmin: what the database refuses on saving shows the form again, with the sentence, never a 500.

    The page is built a second time after the rollback, so the form's own checks meanwhile see what was in the way.
    """

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        check_now()

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DatabaseError as error:
            request.refusal = as_validation_error(error)
            if request.refusal is None:
                raise
        return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class = super().get_form(request, obj, change, **kwargs)
        refusal: ValidationError | None = getattr(request, "refusal", None)
        return _refusing(form_class, refusal) if refusal else form_class


def _refusing(form_class: Any, refusal: ValidationError) -> Any:
    class RefusedForm(form_class):
        def clean(self) -> Any:
            cleaned = super().clean()
            add_refusal(self, refusal)
            return cleaned

    return RefusedForm

"""Assignments edited together on one page: judged as they will be, not one after the other."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet

from contacts.models import Assignment, ContactPerson


class AssignmentsTogether(BaseInlineFormSet):
    """For a formset of assignments: the boundary between two of them can be moved in one save."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        form.instance.is_checked_with_others = True
        parent = getattr(self, "instance", None)
        if isinstance(parent, ContactPerson) and parent.pk is None:
            form.instance.contact_person = parent
        return form

    def clean(self) -> None:
        super().clean()
        deleted = [form.instance for form in self.initial_forms if self._should_delete_form(form)]  # type: ignore[attr-defined]
        # A form that did not pass is reported already.
        forms = [
            form
            for form in self.forms
            if form.is_valid() and form.instance not in deleted and form.instance.is_filled_in()
            if form in self.initial_forms or form.has_changed()
        ]
        assignments: list[Assignment] = [form.instance for form in forms]
        for form in forms:
            if not form.has_changed():
                continue
            try:
                form.instance.check_conflicts(assignments, deleted)
            except ValidationError as error:
                form.add_error("valid" if "valid" in form.fields else None, error.messages)

"""Write what a plan says, all of it or nothing, in large steps."""

from collections.abc import Iterable
from typing import Any

from common.database_errors import check_now
from common.fields import DerivedCharField
from contacts.imports.plan import Draft, Plan, Progress, Steps
from contacts.models import Assignment, ContactPerson, ContactPersonField, Person

BATCH = 500  # rows


def carry_out(plan: Plan) -> Steps[None]:
    """Write the plan, within the transaction in which it was made with locks.

    Raises DatabaseError for what the plan did not foresee, such as an area taken from the office at the same moment.
    """
    if plan.is_refused:
        raise ValueError("a plan with refused rows is not carried out")
    kinds: tuple[tuple[type[Any], list[Draft]], ...] = (
        (Person, plan.people),
        (ContactPerson, plan.posts),
        # Whoever writes the same towns at the same time takes turns in the same order.
        (Assignment, sorted(plan.assignments, key=lambda draft: draft.row.municipality_id)),
    )
    total, done = sum(len(drafts) for _model, drafts in kinds) or 1, 0
    for model, drafts in kinds:
        changed = [draft for draft in drafts if not draft.is_new]
        for part in _parts(changed):
            _update(model, part)
            done += len(part)
            yield Progress(done, total)
        for part in _parts([draft for draft in drafts if draft.is_new]):
            model._default_manager.bulk_create([draft.row for draft in part])
            done += len(part)
            yield Progress(done, total)
    for draft, wanted, stored in plan.fields_of_posts:
        links = ContactPersonField.objects
        links.filter(contact_person=draft.row, field__in=stored - wanted).delete()
        links.bulk_create(ContactPersonField(contact_person=draft.row, field=one) for one in wanted - stored)
    check_now()
    yield Progress(total, total)


def _parts(drafts: list[Draft]) -> Iterable[list[Draft]]:
    return (drafts[start : start + BATCH] for start in range(0, len(drafts), BATCH))


def _update(model: type[Any], drafts: list[Draft]) -> None:
    """One statement, which leaves alone what did not change, so that the audit shows only what did."""
    names = {name for draft in drafts for name in draft.changed_fields}
    derived = [field for field in model._meta.concrete_fields if isinstance(field, DerivedCharField)]
    for draft in drafts:
        for field in derived:
            field.pre_save(draft.row, add=False)
    model._default_manager.bulk_update(
        [draft.row for draft in drafts], [*names, *(field.name for field in derived)], batch_size=BATCH
    )

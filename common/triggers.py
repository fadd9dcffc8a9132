"""Database triggers that several apps use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.db import models


class Unchanging(pgtrigger.Trigger):
    """Keeps fields, or whole rows, as they are."""


def unchanging(*fields: str, constraint: str) -> pgtrigger.Trigger:
    """Refuse any change of the fields, as a check violation under the constraint's name."""
    return refused(pgtrigger.AnyChange(*fields), operation=pgtrigger.Update, constraint=constraint, kind=Unchanging)


@contextmanager
def pointed_elsewhere(model: type[models.Model]) -> Iterator[None]:
    """Within the block what never changes may follow what it points to when two rows become one."""
    keeping = [trigger for trigger in getattr(model._meta, "triggers", ()) if isinstance(trigger, Unchanging)]
    if not keeping:  # ignoring none by name would ignore all
        yield
        return
    with pgtrigger.ignore(*(f"{model._meta.label}:{trigger.name}" for trigger in keeping)):
        yield


def refused(
    condition: str | pgtrigger.Condition,
    *,
    operation: Any,
    constraint: str,
    kind: type[pgtrigger.Trigger] = pgtrigger.Trigger,
) -> pgtrigger.Trigger:
    """Refuse what meets the condition, as a check violation under the constraint's name."""
    return kind(
        name=constraint.split("_", 2)[-1],
        when=pgtrigger.Before,
        operation=operation,
        condition=pgtrigger.Condition(condition) if isinstance(condition, str) else condition,
        func=f"RAISE check_violation USING MESSAGE = 'this never changes', CONSTRAINT = '{constraint}';",
    )


def refusing(
    name: str,
    when: pgtrigger.When,
    operation: Any,
    condition: str,
    constraint: str,
    *,
    kind: type[pgtrigger.Trigger] = pgtrigger.Trigger,
) -> pgtrigger.Trigger:
    """A trigger that refuses what its condition describes, as a check violation under the constraint's name."""
    return kind(
        name=name,
        when=when,
        operation=operation,
        func=f"IF {condition} THEN RAISE check_violation USING MESSAGE = '{constraint}', "
        f"CONSTRAINT = '{constraint}'; END IF; RETURN COALESCE(NEW, OLD);",
    )

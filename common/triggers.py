"""Database triggers that several apps use."""

from typing import Any

import pgtrigger


def unchanging(*fields: str, constraint: str) -> pgtrigger.Trigger:
    """Refuse any change of the fields, as a check violation under the constraint's name."""
    return refused(pgtrigger.AnyChange(*fields), operation=pgtrigger.Update, constraint=constraint)


def refused(condition: str | pgtrigger.Condition, *, operation: Any, constraint: str) -> pgtrigger.Trigger:
    """Refuse what meets the condition, as a check violation under the constraint's name."""
    return pgtrigger.Trigger(
        name=constraint.split("_", 2)[-1],
        when=pgtrigger.Before,
        operation=operation,
        condition=pgtrigger.Condition(condition) if isinstance(condition, str) else condition,
        func=f"RAISE check_violation USING MESSAGE = 'this never changes', CONSTRAINT = '{constraint}';",
    )

"""Database triggers that several apps use."""

import pgtrigger


def unchanging(*fields: str, constraint: str) -> pgtrigger.Trigger:
    """Refuse any change of the fields, as a check violation under the constraint's name."""
    changed = pgtrigger.AnyChange(*fields)
    return pgtrigger.Trigger(
        name=constraint.split("_", 2)[-1],
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=changed,
        func=f"RAISE check_violation USING MESSAGE = 'this never changes', CONSTRAINT = '{constraint}';",
    )

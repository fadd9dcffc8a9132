"""What the operator and the offices still owe the law."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.db import connection

from contacts.models import LegalText, Office


@register(Tags.database)
def legal_texts_are_filled_in(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Name every mandatory text that is missing or empty."""
    if not databases or not {Office._meta.db_table, LegalText._meta.db_table} <= set(
        connection.introspection.table_names()
    ):
        return []  # before the first migration
    written = set(LegalText.objects.exclude(body="").values_list("office_id", "kind"))
    owners: list[Office | None] = [None, *Office.objects.only("pk", "name")]
    return [
        checks.Warning(
            f"Not filled in yet: {', '.join(missing)} of {owner or 'the operator'}.",
            hint="Fill it in at /verwaltung/ under legal texts.",
            id="contacts.W001",
        )
        for owner in owners
        if (missing := [str(kind) for kind in LegalText.Kind.values if (owner and owner.pk, kind) not in written])
    ]

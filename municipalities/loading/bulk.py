"""Many rows at once into a table without audit: PostgreSQL's COPY, several times quicker than INSERT."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Add the rows; the other columns must have defaults in the database or take NULL. No cell may be None."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(rows)
    if buffer.tell():
        buffer.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)", buffer)

"""Tidies up the store: an upload whose transaction was undone leaves a file that no document knows."""

import datetime

from common import files
from common.periods import midnight
from forums.models import Document


def remove_orphans(on: datetime.date) -> str:
    """Remove the files that were written before that day and belong to no document."""
    known = set(Document.objects.values_list("name", flat=True))
    gone = list(files.orphans(known, before=midnight(on)))
    for name in gone:
        files.store().delete(name)
    return f"{len(gone)} files without a document removed"

"""What all agendas share, those of meetings and the forums' templates: kinds of items, and their order."""

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import F, Max, Min, Q
from django.utils.translation import gettext_lazy as _

LONGEST_ITEM = 600  # minutes


class ItemKind(models.TextChoices):
    """What a forum does with an agenda item."""

    INFORMATION = "information", _("information")
    DISCUSSION = "discussion", _("discussion")
    DECISION = "decision", _("decision")


def reorder(rows: Any, ids: Sequence[int]) -> None:
    """Let the rows with these ids follow one another so; the others keep their places between them."""
    with transaction.atomic():
        stored = list(rows.select_for_update(no_key=True).order_by("position", "pk"))
        named = {row.pk: row for row in stored if row.pk in set(ids)}
        following = iter([named[pk] for pk in ids if pk in named])
        ordered = [next(following) if row.pk in named else row for row in stored]
        for position, row in enumerate(ordered, start=1):
            if row.position != position:
                row.position = position
                row.save(update_fields=["position"])


def make_place(rows: Any, *, at_the_end: bool) -> int:
    """The position for one more of these items: before those that stay at the end, which make room."""
    found = rows.aggregate(last=Max("position"), closing=Min("position", filter=Q(is_closing=True)))
    if at_the_end or found["closing"] is None:
        return (found["last"] or 0) + 1
    rows.filter(position__gte=found["closing"]).update(position=F("position") + 1)
    return found["closing"]

"""The figures of two periods side by side: keyed so that merged towns and people who left change nothing in it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from contacts.models import FormerPost
from municipalities.models import Succession
from services.figures import NONE, NOTHING, POST, TOWN, Figures, Row, Values


@dataclass(frozen=True)
class Pair:
    """What one town, offering … has in the period and had in the one before, under its latest name."""

    key: str
    name: str
    now: Values
    before: Values


def compared(now: Figures, before: Figures, dimension: str) -> list[Pair]:
    """Rows of both, in the order of the later ones; those that only the earlier has follow under the name of then.

    A town that was merged into another one, or given another key, by the end of the later period is added to what it
    is now; one that was divided stays by itself, since nobody knows which part its numbers belong to. One query for
    each step of succession that towns have gone.
    """
    later, earlier = now.rows.get(dimension, ()), before.rows.get(dimension, ())
    keys = {row.key for row in (*later, *earlier)}
    became: dict[str, Row] = {}
    if dimension == TOWN:
        became = _successors(keys, now)
    elif dimension == POST:
        became = _joined(keys)
    names: dict[str, str] = {}
    values: list[dict[str, Values]] = [defaultdict(Values), defaultdict(Values)]
    for place, rows in enumerate((later, earlier)):
        for row in rows:
            successor = became.get(row.key, row)
            names.setdefault(successor.key, successor.name)
            values[place][successor.key] += row.values
    for row in later:
        if row.key in names:
            names[row.key] = row.name
    pairs = [Pair(key, name, values[0].get(key, NONE), values[1].get(key, NONE)) for key, name in names.items()]
    return sorted(pairs, key=lambda pair: pair.key == NOTHING)


def _successors(keys: Collection[str], now: Figures) -> dict[str, Row]:
    """What towns have become by the end of the period, followed through several changes, by AGS."""
    steps: dict[str, list[Row]] = defaultdict(list)
    asked, seen = {key for key in keys if key}, set(keys)
    while asked:
        changes = Succession.objects.filter(predecessor__ags__in=asked, took_effect_on__lte=now.span.last).order_by(
            "pk"
        )
        named = changes.order_by("pk").values_list("predecessor__ags", "successor__ags", "successor__name")
        for old, ags, name in named:
            steps[old].append(Row(ags, name, NONE))
        asked = {row.key for old in asked for row in steps[old]} - seen
        seen |= asked
    followed = ((key, _last(key, steps)) for key in keys)
    return {key: row for key, row in followed if row}


def _joined(keys: Collection[str]) -> dict[str, Row]:
    """The posts that posts became when two entries of one human were merged, by id."""
    former = FormerPost.objects.filter(key__in=[key for key in keys if key]).select_related("post__person")
    return {str(each.key): Row(str(each.post_id), each.post.person.name, NONE) for each in former}


def _last(key: str, steps: Mapping[str, list[Row]]) -> Row | None:
    """The end of the way, as long as it does not fork or run in a circle."""
    passed, row = {key}, None
    while len(steps.get(key, ())) == 1 and steps[key][0].key not in passed:
        [row] = steps[key]
        key = row.key
        passed.add(key)
    return row

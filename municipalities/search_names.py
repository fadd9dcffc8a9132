"""The names under which the lookup finds municipalities, kept as rows of `SearchName`."""

from collections.abc import Iterable, Iterator

from municipalities import lookup
from municipalities.models import Municipality, PostalCode, SearchName

Entry = tuple[int, str, str]


def refresh(municipalities: Iterable[int] | None = None) -> tuple[list[str], list[str]]:
    """Bring the search names of these municipalities (all if None) up to date; which were added and removed.

    Localities are not among them: a trigger keeps theirs.
    """
    towns, kept = Municipality.objects.all(), SearchName.objects.filter(locality=None)
    if municipalities is not None:
        ids = list(municipalities)
        towns, kept = towns.filter(id__in=ids), kept.filter(municipality__in=ids)
    wanted = set(_entries(towns))
    existing = {row[1:]: row[0] for row in kept.values_list("pk", "municipality_id", "kind", "folded")}
    removed = [entry for entry in existing if entry not in wanted]
    added = sorted(wanted.difference(existing))
    SearchName.objects.filter(pk__in=[existing[entry] for entry in removed]).delete()
    SearchName.objects.bulk_create(
        (SearchName(municipality_id=town, kind=kind, folded=folded) for town, kind, folded in added), batch_size=2000
    )
    return [folded for _, _, folded in added], [folded for _, _, folded in removed]


def _entries(towns: Iterable[Municipality]) -> Iterator[Entry]:
    kinds = SearchName.Kind
    known: dict[int, set[str]] = {}
    for town in towns.select_related("association"):  # type: ignore[attr-defined]
        names = [(kinds.NAME, town.name), (kinds.NAME, lookup.short_name(town.name)), (kinds.SECOND_NAME, town.second_name)]
        if town.association:
            names.append((kinds.ASSOCIATION, town.association.name))
        for kind, name in names:
            for key in lookup.keys(name):
                if kind == kinds.ASSOCIATION or key not in known.setdefault(town.pk, set()):
                    known.setdefault(town.pk, set()).add(key)
                    yield town.pk, kind, key
    for town_id, place in PostalCode.objects.filter(municipality__in=known).values_list("municipality_id", "place"):
        for key in lookup.keys(place):
            if key not in known[town_id]:
                yield town_id, kinds.PLACE, key

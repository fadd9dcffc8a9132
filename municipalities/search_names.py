"""The names under which the lookup finds municipalities, kept as rows of `SearchName`."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from municipalities import lookup
from municipalities.loading import bulk
from municipalities.models import Municipality, PostalCode, SearchName

Entry = tuple[int, str, str, str]


def refresh(municipalities: Iterable[int] | None = None) -> tuple[list[str], list[str]]:
    """Bring the search names of these municipalities (all if None) up to date; which were added and removed.

    Localities are not among them: a trigger keeps theirs.
    """
    towns, kept = Municipality.objects.all(), SearchName.objects.filter(locality=None)
    if municipalities is not None:
        ids = list(municipalities)
        towns, kept = towns.filter(id__in=ids), kept.filter(municipality__in=ids)
    wanted = set(_entries(towns))
    existing = {row[1:]: row[0] for row in kept.values_list("pk", "municipality_id", "kind", "folded", "shown")}
    removed = [entry for entry in existing if entry not in wanted]
    added = sorted(wanted.difference(existing))
    SearchName.objects.filter(pk__in=[existing[entry] for entry in removed]).delete()
    bulk.insert(SearchName, ["municipality_id", "kind", "folded", "shown"], added)
    return [entry[2] for entry in added], [entry[2] for entry in removed]


def _entries(towns: QuerySet[Municipality]) -> Iterator[Entry]:
    kinds = SearchName.Kind
    known: dict[int, set[str]] = {}
    for town in towns.select_related("association"):
        known[town.pk] = set()
        own = [
            (kinds.NAME, town.name, ""),
            (kinds.NAME, lookup.short_name(town.name), ""),
            (kinds.SECOND_NAME, town.second_name, town.second_name),
        ]
        for kind, name, shown in own:
            for key in lookup.keys(name):
                if key not in known[town.pk]:
                    known[town.pk].add(key)
                    yield town.pk, kind, key, shown
        if town.association:
            name = lookup.association_name(town.association.name)
            for key in lookup.keys(name):
                yield town.pk, kinds.ASSOCIATION, key, name
    places = PostalCode.objects.filter(municipality__in=towns.order_by().values("pk"))
    for town_id, place in places.values_list("municipality_id", "place").distinct():
        for key in lookup.keys(place):
            if key not in known[town_id]:
                yield town_id, kinds.PLACE, key, place

"""Which town of an office's area a written name means, surely; otherwise what may be meant."""

import datetime
import difflib
from collections import defaultdict
from collections.abc import Collection
from functools import cached_property

from django.utils.translation import gettext

from common.sort_keys import sort_key
from contacts.models import Office
from municipalities.lookup import keys, short_name
from municipalities.models import Municipality

MOST_SUGGESTED = 50  # names; comparing one with all names of a large area takes a tenth of a second


class UnsureTown(ValueError):
    """The name is unknown or may mean several; the text says so and suggests."""


class TownNames:
    """The names in the area of an office, as they are on a day. Each name asked for is looked up once.

    Whoever asks for many tells them before by `know`; a query each is needed for what lies outside otherwise.
    """

    def __init__(self, office: Office, on: datetime.date) -> None:
        self.office, self.on = office, on
        self._found: dict[str, Municipality | str] = {}
        self._named_so: dict[str, Municipality | None] = {}  # outside the area, by what is written
        self._of_ags: dict[str, Municipality | None] = {}
        self._suggested = 0

    @cached_property
    def area(self) -> list[Municipality]:
        return list(self.office.municipalities(self.on).select_related("district"))

    @cached_property
    def _by_key(self) -> dict[str, list[Municipality]]:
        by_key: dict[str, list[Municipality]] = defaultdict(list)
        for town in self.area:
            for key in {key for name in names_of(town) for key in keys(name)}:
                by_key[key].append(town)
        return by_key

    @cached_property
    def _by_ags(self) -> dict[str, Municipality]:
        return {town.ags: town for town in self.area}

    @cached_property
    def _ever(self) -> set[int]:
        return set(self.office.municipalities_ever().values_list("pk", flat=True))

    @cached_property
    def _keys_by_word(self) -> dict[str, list[str]]:
        by_word: dict[str, list[str]] = defaultdict(list)
        for key in self._by_key:
            for word in dict.fromkeys(key.split()):
                by_word[word].append(key)
        return by_word

    def know(self, names: Collection[str], ags: Collection[str]) -> None:
        """Look up, in two queries, those of the names and official keys that are not of the area."""
        places = Municipality.objects.select_related("district")
        if ags := [one for one in ags if one not in self._by_ags]:
            by_ags = {town.ags: town for town in places.filter(ags__in=ags)}
            self._of_ags |= {one: by_ags.get(one) for one in ags}
        spelled = {name: keys(name) for name in names}
        spelled = {name: found for name, found in spelled.items() if not any(key in self._by_key for key in found)}
        if spelled:
            by_key: dict[str, Municipality] = {}
            for town in places.filter(sort_key__in={key for found in spelled.values() for key in found}):
                by_key.setdefault(town.sort_key, town)
            for name, found in spelled.items():
                self._named_so[name] = next((by_key[key] for key in found if key in by_key), None)

    def find(self, written: str) -> Municipality:
        """The one town of that name; raises UnsureTown."""
        if written not in self._found:
            self._found[written] = self._find(written)
        found = self._found[written]
        if isinstance(found, str):
            raise UnsureTown(found)
        return found

    def of_ags(self, ags: str) -> Municipality:
        """The town with that official key; raises UnsureTown."""
        if town := self._by_ags.get(ags):
            return town
        if ags not in self._of_ags:
            self.know((), {ags})
        known = self._of_ags[ags]
        if known is None:
            raise UnsureTown(gettext("There is no municipality with the AGS %(ags)s.") % {"ags": ags})
        if known.pk in self._ever:
            raise UnsureTown(gettext("%(town)s (%(ags)s) no longer exists.") % {"town": known, "ags": ags})
        raise UnsureTown(_outside(known))

    def _find(self, written: str) -> Municipality | str:
        towns = next((self._by_key[key] for key in keys(written) if key in self._by_key), [])
        if len(towns) == 1:
            return towns[0]
        return _ambiguous(written, towns) if towns else self._unknown(written)

    def _unknown(self, written: str) -> str:
        words = {"town": written}
        folded = sort_key(written)
        similar = []
        if self._suggested < MOST_SUGGESTED:
            similar = difflib.get_close_matches(folded, self._by_key, n=3, cutoff=0.6)
            self._suggested += 1
        parts = [key for word in dict.fromkeys(folded.split()) for key in self._keys_by_word.get(word, ())[:20]]
        names = dict.fromkeys(town.name for key in [*similar, *parts] for town in self._by_key[key])
        if names:
            return gettext("“%(town)s” is no municipality of the office's area. Do you mean %(names)s?") % (
                words | {"names": gettext(" or ").join(list(names)[:3])}
            )
        if written not in self._named_so:
            self.know({written}, ())
        if elsewhere := self._named_so[written]:
            return _outside(elsewhere)
        if not self.area:
            return gettext("“%(town)s” is unknown: the office has no area yet.") % words
        return gettext("“%(town)s” is no municipality of the office's area.") % words


def names_of(town: Municipality) -> tuple[str, ...]:
    """What the town is called, besides other spellings."""
    return town.name, town.second_name, short_name(town.name)


def is_named(town: Municipality, written: str) -> bool:
    """Whether the name can mean the town."""
    spellings = set(keys(written))
    return any(spellings.intersection(keys(name)) for name in names_of(town) if name)


def _ambiguous(written: str, towns: list[Municipality]) -> str:
    names = ", ".join(f"{town.name} ({town.designation}, {town.district})" for town in towns)
    return gettext("“%(town)s” may mean several municipalities: %(names)s.") % {"town": written, "names": names}


def _outside(town: Municipality) -> str:
    return gettext("%(town)s (%(district)s) lies outside the office's area.") % {
        "town": town,
        "district": town.district,
    }

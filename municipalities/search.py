"""The lookup: from what was typed to municipalities, in two queries whatever was typed."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet

from municipalities import lookup
from municipalities.lookup import Match

if TYPE_CHECKING:
    from municipalities.models import Municipality

MOST_HITS = 400
MOST_SIMILAR = 60

_KINDS = {"name": 0, "second_name": 1, "locality": 2, "place": 2, "association": 3, "code": 0, "": 0}

_TOWN = "name, designation, title, ags, district_id, association_id, population, sort_key, period"


@dataclass
class Hit:
    """One name of one municipality that may be meant."""

    municipality: int
    kind: str
    folded: str
    shown: str
    step: int
    name: str
    designation: str
    title: str
    ags: str
    population: int | None
    sort_key: str
    is_preferred: bool
    has_ended: bool
    has_code: bool
    district_name: str
    association_name: str
    match: Match = Match.SIMILAR
    quality: int = 0

    def order(self) -> tuple[Any, ...]:
        return (
            self.match,
            self.quality,
            _KINDS[self.kind] if self.match == Match.EXACT else 0,
            not self.is_preferred,
            self.has_ended,
            -(self.population or 0),
            self.sort_key,
            self.ags,
        )

    @property
    def context(self) -> frozenset[str]:
        """The words that may stand beside the name."""
        texts = [self.district_name, self.association_name, self.name, self.designation, self.title]
        return lookup.context_words(*texts, *lookup.state_names(self.ags[:2]))

    @property
    def is_in_one_word(self) -> bool:
        """Whether it fits with spaces left out that the name has."""
        spellings = [*lookup.spellings(self.name), *lookup.spellings(lookup.short_name(self.name))]
        return self.kind == "name" and " " not in self.folded and self.folded not in spellings


def search(
    towns: "QuerySet[Municipality]",
    text: str,
    *,
    preferred: Iterable[int] | QuerySet[Any] = (),
    on: datetime.date | None = None,
    limit: int = 50,
) -> "list[Municipality]":
    """Those of the towns that fit what was typed, the best first; see `MunicipalityQuerySet.search`."""
    typed = lookup.parse(text)
    if not typed:
        return []
    best: dict[int, Hit] = {}
    for hit in _hits(towns, typed, preferred, on):
        if _judge(hit, typed) and (hit.municipality not in best or hit.order() < best[hit.municipality].order()):
            best[hit.municipality] = hit
    ranked = _without_needless(sorted(best.values(), key=Hit.order), typed)[:limit]
    found = towns.model._default_manager.select_related("district__state", "association").in_bulk(
        [hit.municipality for hit in ranked]
    )
    return [_annotated(found[hit.municipality], hit) for hit in ranked]


def _annotated(town: Any, hit: Hit) -> "Municipality":
    town.matched = hit.match
    town.matched_association = hit.kind == "association"
    town.is_preferred = hit.is_preferred
    town.matched_name = hit.shown
    return town


def _without_needless(ranked: list[Hit], typed: lookup.Typed) -> list[Hit]:
    """Without ended places where one that exists matches as well, and without those that a qualifier rules out."""
    if ranked and ranked[0].match < Match.SIMILAR:
        ranked = [hit for hit in ranked if hit.match < Match.SIMILAR]
    standing = min((hit.match for hit in ranked if not hit.has_ended), default=None)
    if standing is not None:
        ranked = [hit for hit in ranked if not hit.has_ended or hit.match < standing]
    if typed.qualifiers or typed.state or typed.postal_code:
        meant = [hit for hit in ranked if _is_meant(hit, typed)]
        if not meant:
            for hit in ranked:
                hit.match = max(hit.match, Match.PART)
        return meant or ranked
    return ranked


def _is_meant(hit: Hit, typed: lookup.Typed) -> bool:
    return (
        (not typed.state or hit.ags.startswith(typed.state))
        and lookup.explained(typed.qualifiers, hit.context)
        and (not typed.postal_code or hit.has_code or hit.step == Step.CODE)
    )


class Step:
    NAME, PREFIX, PART, SPLIT, CODE, NEAR = range(6)


def _judge(hit: Hit, typed: lookup.Typed) -> bool:
    """Set how well the hit fits; False if it does not."""
    if hit.step in (Step.NAME, Step.CODE):
        hit.match = Match.PART if hit.step == Step.CODE and typed.name else Match.EXACT
        if not lookup.context_words(hit.designation, hit.title).issuperset(typed.designations):
            hit.quality = 1
    elif hit.step == Step.PREFIX:
        hit.match, hit.quality = Match.PREFIX, int(hit.is_in_one_word)
        if hit.kind == "association":
            hit.match, hit.quality = Match.PART, 3
    elif hit.step == Step.PART:
        quality = lookup.parts_fit(typed.name.split(), hit.folded.split())
        if quality is None:
            return False
        hit.match, hit.quality = Match.PART, quality + 3 * (hit.kind == "association")
    elif hit.step == Step.SPLIT:
        rest = next((rest for name, rest in typed.splits if name == hit.folded), None)
        if rest is None or not lookup.explained(rest.split(), hit.context):
            return False
        hit.match = Match.EXACT
    else:
        errors = min(
            (found for name in typed.names if (found := lookup.errors(name, hit.folded)) is not None), default=None
        )
        if errors is None:
            return False
        hit.match, hit.quality = Match.SIMILAR, errors
    return True


def _hits(
    towns: "QuerySet[Municipality]",
    typed: lookup.Typed,
    preferred: Iterable[int] | QuerySet[Any],
    on: datetime.date | None,
) -> list[Hit]:
    sql, parameters = _statement(towns, typed, preferred, on)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Hit(*row) for row in cursor.fetchall()]


def _statement(
    towns: "QuerySet[Municipality]",
    typed: lookup.Typed,
    preferred: Iterable[int] | QuerySet[Any],
    on: datetime.date | None,
) -> tuple[str, list[Any]]:
    """One statement for all ways to match; similar names are sought only where no other way finds anything."""
    ways, values = _ways(typed)
    near, near_values = _near(typed)
    is_preferred, preferred_values = _within("m.district_id", preferred)
    has_ended, ended_values = (
        ("NOT m.period @> %s::date", [on]) if on else ("upper(m.period) IS NOT NULL AND false", [])
    )
    has_code, code_values = "false", []
    if typed.postal_code:
        has_code = "EXISTS (SELECT 1 FROM municipalities_postalcode p WHERE p.municipality_id = m.id AND p.code = %s)"
        code_values = [typed.postal_code]
    condition: str = ""
    condition_values: list[Any] = []
    if towns.query.where:
        condition, condition_values = _within("m.id", towns.order_by().values("pk"))
        condition = f"WHERE {condition}"
    names, joins = "'', ''", ""
    if typed.qualifiers or typed.splits:
        names = "d.full_name, coalesce(a.name, '')"
        joins = """
            JOIN municipalities_district d ON d.id = m.district_id
            LEFT JOIN municipalities_association a ON a.id = m.association_id
        """
    # OFFSET 0 keeps the planner, which expects more hits than there are, from reading all municipalities.
    statement = f"""
        WITH sure AS MATERIALIZED ({" UNION ALL ".join(ways)}),
        hit AS (SELECT * FROM sure UNION ALL ({near}))
        SELECT hit.*, m.name, m.designation, m.title, m.ags, m.population, m.sort_key,
            {is_preferred} AS is_preferred, {has_ended} AS has_ended, {has_code} AS has_code, {names}
        FROM hit
        JOIN LATERAL (
            SELECT {_TOWN}, id FROM municipalities_municipality WHERE id = hit.municipality_id OFFSET 0
        ) m ON true {joins} {condition}
        ORDER BY hit.step, is_preferred DESC, m.population DESC NULLS LAST
        LIMIT {MOST_HITS}
    """
    return statement, [*values, *near_values, *preferred_values, *ended_values, *code_values, *condition_values]


def _ways(typed: lookup.Typed) -> tuple[list[str], list[Any]]:
    """The sure ways to match, each a SELECT of municipality, kind of name, name folded and as written, and step."""
    ways: list[str] = []
    values: list[Any] = []

    def add(step: int, condition: str, *parameters: Any) -> None:
        ways.append(
            f"SELECT municipality_id, kind, folded, shown, {step} AS step"
            f" FROM municipalities_searchname WHERE {condition}"
        )
        values.extend(parameters)

    if typed.ags:
        ways.append(
            f"SELECT id AS municipality_id, 'code' AS kind, ags AS folded, '' AS shown,"
            f" {Step.CODE} AS step FROM municipalities_municipality WHERE ags = %s"
        )
        values.append(typed.ags)
    if typed.postal_code:
        # A range finds the beginning of a code by the ordinary index.
        ways.append(
            f"SELECT DISTINCT municipality_id, 'code' AS kind, '' AS folded, '' AS shown,"
            f" {Step.CODE} AS step FROM municipalities_postalcode WHERE code >= %s AND code <= %s"
        )
        values += [typed.postal_code, typed.postal_code.ljust(5, "9")]
    if typed.names:
        spellings = list(dict.fromkeys(name for each in typed.names for name in (each, each.replace(" ", ""))))
        add(Step.NAME, "folded = ANY(%s)", spellings)
        if beginnings := [f"{name}%" for name in spellings if len(name) > 1]:
            add(Step.PREFIX, " OR ".join(["folded LIKE %s"] * len(beginnings)), *beginnings)
    if words := [word for word in typed.name.split() if len(word) > 2]:
        conditions = ["folded LIKE %s" if len(word) > 3 else "(folded LIKE %s OR folded LIKE %s)" for word in words]
        patterns = [[f"%{word}%"] if len(word) > 3 else [f"{word}%", f"% {word}%"] for word in words]
        add(Step.PART, " AND ".join(conditions), *(pattern for each in patterns for pattern in each))
    if typed.splits:
        add(Step.SPLIT, "folded = ANY(%s)", list({name for name, _rest in typed.splits}))
    return ways, values


def _near(typed: lookup.Typed) -> tuple[str, list[Any]]:
    """Names with a typing error, sought where none fits."""
    select = f"SELECT municipality_id, kind, folded, shown, {Step.NEAR} AS step FROM municipalities_searchname"
    if not lookup.tolerated(len(typed.name)):
        return f"{select} WHERE false", []
    none_fits = f"NOT EXISTS (SELECT 1 FROM sure WHERE step NOT IN ({Step.SPLIT}, {Step.PART}))"
    similar = f"{select} WHERE folded %% %s AND {none_fits} ORDER BY similarity(folded, %s) DESC LIMIT {MOST_SIMILAR}"
    values: list[Any] = [typed.name, typed.name]
    if len(typed.name) > lookup.SHORT_WORD:
        return similar, values
    # Behind a subquery, for the planner would weigh the hundreds of spellings one by one.
    edited = f"{select} WHERE folded = ANY(ARRAY(SELECT unnest(%s::text[]))) AND {none_fits}"
    return f"({similar}) UNION ALL ({edited})", [*values, lookup.one_edit_away(typed.name)]


def _within(column: str, rows: Iterable[int] | QuerySet[Any]) -> tuple[str, list[Any]]:
    if isinstance(rows, QuerySet):
        statement, values = rows.query.sql_with_params()
        return f"{column} IN ({statement})", list(values)
    return f"{column} = ANY(%s::bigint[])", [list(rows)]

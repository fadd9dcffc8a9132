"""What the page of a town tells of the place, by one query kept as text (docs/decisions/0008-kept-queries.md)."""

import datetime
from dataclasses import dataclass
from typing import Self

from common.joined_rows import JoinedRows, attach
from municipalities.models import Association, District, DistrictMap, Municipality, Outline, State, Succession

TOWNS = JoinedRows(
    """
    SELECT {town}, {district}, {state}, {map}, {outline}, {association},
        {succession}, {predecessor}, {successor},
        ARRAY(
            SELECT DISTINCT code FROM municipalities_postalcode
            WHERE municipality_id = town.id AND kind = 'area' ORDER BY code
        ),
        ARRAY(SELECT name FROM municipalities_locality WHERE municipality_id = town.id ORDER BY sort_key),
        (SELECT state_on FROM municipalities_datasource WHERE file = 'municipalities.csv')
    FROM municipalities_municipality town
        JOIN municipalities_district district ON district.id = town.district_id
        JOIN municipalities_state state ON state.id = district.state_id
        LEFT JOIN municipalities_districtmap map ON map.district_id = district.id
        LEFT JOIN municipalities_outline outline ON outline.municipality_id = town.id
        LEFT JOIN municipalities_association association ON association.id = town.association_id
        LEFT JOIN municipalities_succession succession
            ON town.id IN (succession.predecessor_id, succession.successor_id)
        LEFT JOIN municipalities_municipality predecessor ON predecessor.id = succession.predecessor_id
        LEFT JOIN municipalities_municipality successor ON successor.id = succession.successor_id
    WHERE town.ags = %(ags)s
    ORDER BY succession.took_effect_on
    """,
    town=Municipality,
    district=District,
    state=State,
    map=DistrictMap,
    outline=Outline,
    association=Association,
    succession=Succession,
    predecessor=Municipality,
    successor=Municipality,
)


@dataclass(frozen=True)
class Place:
    """A town with its district, state, association and outlines loaded, and what changed its area."""

    town: Municipality
    postal_codes: list[str]
    localities: list[str]
    data_as_of: datetime.date | None  # the day of the register's data; None before it is loaded
    successions: list[Succession]  # what became of the town
    predecessors: list[Succession]  # what became part of it

    @classmethod
    def of(cls, ags: str) -> Self | None:
        """The place with that key; None where there is none."""
        rows = TOWNS.ask(ags=ags)
        if not rows:
            return None
        changes = []
        for *_, change, predecessor, successor, _, _, _ in rows:
            if change:
                attach(change, predecessor=predecessor, successor=successor)
                changes.append(change)
        town, district, state, district_map, outline, association, *_, postal_codes, localities, data_as_of = rows[0]
        attach(district, state=state, map=district_map)
        attach(town, district=district, association=association, outline=outline)
        return cls(
            town,
            postal_codes,
            localities,
            data_as_of,
            [change for change in changes if change.predecessor_id == town.pk],
            [change for change in changes if change.successor_id == town.pk],
        )

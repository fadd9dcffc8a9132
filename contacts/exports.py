"""Contact lists as tables: which columns they have."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from common.lists import Column
from contacts.responsibility import Contact, Responsibility, StandIn
from municipalities.models import Municipality


def listed(towns: QuerySet[Municipality]) -> QuerySet[Municipality]:
    """What a list shows of towns; the districts' and states' names alone, not two more objects for each town."""
    shown = towns.only("ags", "name", "designation", "population", "district_id", "association_id", "sort_key")
    return shown.annotate(district_name=F("district__full_name"), state_name=F("district__state__name"))


@dataclass(frozen=True)
class Line:
    """A town with one of the responsibilities for it; without, where no office serves it."""

    town: Municipality
    responsibility: Responsibility | None

    @property
    def contact(self) -> Contact | None:
        return self.responsibility.primary if self.responsibility else None

    @property
    def stand_in(self) -> StandIn | None:
        return self.responsibility.stand_in if self.responsibility else None


def stand(towns: Iterable[list[Responsibility]]) -> datetime.date | None:
    """The last change or confirmation of anything that is shown of these responsibilities."""
    days = (day for found in towns for r in found for day in (r.as_of, r.primary.as_of))
    return max((day for day in days if day), default=None)


def lines(towns: Iterable[tuple[Municipality, list[Responsibility]]]) -> Iterator[Line]:
    """One line for each town and responsibility; a town without any keeps its line."""
    for town, found in towns:
        responsibilities: list[Responsibility | None] = [*found]
        for responsibility in responsibilities or [None]:
            yield Line(town, responsibility)


def _of_contact(attribute: str, contact: Contact | None) -> object:
    return getattr(contact, attribute) if contact else ""


def contact_columns(contact_of: str) -> tuple[Column, ...]:
    """How to reach somebody; `contact_of` names the row's attribute that holds the contact."""

    def cell(attribute: str, row: object) -> Any:
        return _of_contact(attribute, getattr(row, contact_of))

    return (
        Column(_("Function"), lambda row: cell("function", row)),
        Column(_("Phone"), lambda row: cell("phone", row) or ""),
        Column(_("Mail"), lambda row: cell("email", row)),
        Column(_("Languages"), lambda row: ", ".join(cell("language_names", row) or [])),
        Column(_("As of"), lambda row: cell("as_of", row)),
    )


def _person(line: Line) -> str:
    return line.responsibility.primary.name if line.responsibility and line.responsibility.is_assigned else ""


town_columns = (
    Column(_("AGS"), lambda line: line.town.ags),
    Column(_("Municipality"), lambda line: line.town.name),
    Column(_("Designation"), lambda line: line.town.designation),
    Column(_("District"), lambda line: line.town.district_name),
    Column(_("State"), lambda line: line.town.state_name),
    Column(_("Inhabitants"), lambda line: line.town.population),
    Column(_("Office"), lambda line: line.responsibility.office.name if line.responsibility else ""),
    Column(_("Field of action"), lambda line: (line.responsibility and line.responsibility.field) or ""),
    Column(_("Contact person"), _person),
    *contact_columns("contact"),
    Column(_("Represented by"), lambda line: line.stand_in.contact.name if line.stand_in else ""),
    Column(_("Represented until"), lambda line: line.stand_in.until if line.stand_in else ""),
    Column(
        _("Deputies"),
        lambda line: ", ".join(d.name for d in line.responsibility.deputies) if line.responsibility else "",
    ),
)

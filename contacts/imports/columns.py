"""What the columns of an office's contact sheet are called, and what their cells say.

The sheet's vocabulary is German whatever language the portal is read in. Cells come and go as text.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from common.forms import YEARS
from common.sort_keys import sort_key
from common.tables import Table, TableRefused, TableRow
from contacts.contact_list import Name, name_of
from contacts.models import Assignment, ContactPerson

HEADINGS_WITHIN = 10  # rows, from the top
REASON, LINE = "Grund", "Zeile"


class Column(StrEnum):
    """What a column says, by its own heading in exported sheets."""

    KEY = "Schlüssel"
    TITLE = "Titel"
    GIVEN = "Vorname"
    FAMILY = "Nachname"
    NAME = "Name"
    FUNCTION = "Funktion"
    PHONE = "Telefon"
    EMAIL = "E-Mail"
    ROOM = "Raum"
    LANGUAGES = "Sprachen"
    FIELDS = "Handlungsfelder der Person"
    TOWN = "Kommune"
    AGS = "AGS"
    ROLE = "Zuständig als"
    FIELD = "Handlungsfeld"
    FROM = "Gültig ab"
    UNTIL = "Gültig bis"
    POST_FROM = "Funktion ab"
    POST_UNTIL = "Funktion bis"
    IS_PUBLISHED = "Öffentlich"
    IS_PHONE_PUBLISHED = "Telefon öffentlich"
    IS_EMAIL_PUBLISHED = "E-Mail öffentlich"
    CONFIRMED = "Bestätigt am"


SYNONYMS: Final[dict[Column, str]] = {
    Column.TITLE: "akad. Titel, akademischer Titel, Grad, akademischer Grad, Namenstitel",
    Column.GIVEN: "Vornamen, Rufname",
    Column.FAMILY: "Familienname, Zuname",
    Column.NAME: "Ansprechperson, Ansprechpersonen, Ansprechpartner, Ansprechpartnerin, Ansprechpartner*in, "
    "Ansprechpartner/-in, Ansprechpartner_in, Kontaktperson, Person, Kontakt, Vor- und Nachname, "
    "Name der Ansprechperson, Zuständige Person, Mitarbeiter, Mitarbeiterin, Mitarbeiter*in, Mitarbeiter/in",
    Column.FUNCTION: "Tätigkeit, Position, Stellenbezeichnung, Dienststellung, Aufgabe",
    Column.PHONE: "Tel, Tel., Telefonnummer, Tel.-Nr., Telefon-Nr., Rufnummer, Fon, Telefon dienstlich, "
    "Telefon (dienstlich)",
    Column.EMAIL: "Email, Mail, E-Mail-Adresse, Mailadresse, Mail-Adresse, Emailadresse, E-Mail (dienstlich)",
    Column.ROOM: "Zimmer, Büro, Zi., Raum-Nr., Zimmernummer, Raumnummer",
    Column.LANGUAGES: "Sprache, Sprachkenntnisse, gesprochene Sprachen, Fremdsprachen",
    Column.FIELDS: "Handlungsfelder",
    Column.TOWN: "Ort, Gemeinde, Stadt, Stadt/Gemeinde, Städte und Gemeinden, zuständig für, Kommunen, "
    "Zuständigkeit, Zuständigkeitsbereich, Gemeindename",
    Column.AGS: "Amtlicher Gemeindeschlüssel, Gemeindeschlüssel, Amtlicher Gemeindeschlüssel (AGS), "
    "Gemeindekennziffer, GKZ, AGS8",
    Column.ROLE: "Rolle, Art, Art der Zuständigkeit, haupt/stellv., hauptzuständig/stellvertretend",
    Column.FIELD: "Themenfeld, Arbeitsfeld, Handlungsfeld der Zuständigkeit",
    Column.FROM: "gültig von, ab, von, seit, zuständig ab, zuständig seit, Beginn, gültig seit, Anfang",
    Column.UNTIL: "bis, zuständig bis, Ende, gültig bis einschließlich",
    Column.POST_FROM: "tätig ab, tätig seit, beschäftigt ab, beschäftigt seit, bei der Stelle seit, bei der Stelle ab",
    Column.POST_UNTIL: "tätig bis, beschäftigt bis, bei der Stelle bis",
    Column.IS_PUBLISHED: "veröffentlicht, sichtbar, anzeigen",
    Column.IS_PHONE_PUBLISHED: "Telefon veröffentlicht, Telefon anzeigen",
    Column.IS_EMAIL_PUBLISHED: "E-Mail veröffentlicht, E-Mail anzeigen",
    Column.CONFIRMED: "bestätigt, zuletzt bestätigt, geprüft am",
}

# What the columns are called on pages, where a change of theirs is shown.
LABELS: Final[dict[Column, str | Promise]] = {
    Column.TITLE: _("Title"),
    Column.GIVEN: _("Given name"),
    Column.FAMILY: _("Family name"),
    Column.FUNCTION: _("Function"),
    Column.PHONE: _("Phone"),
    Column.EMAIL: _("Mail address"),
    Column.ROOM: _("Room"),
    Column.LANGUAGES: _("Languages spoken"),
    Column.FIELDS: _("Fields of action of the person"),
    Column.TOWN: _("Municipality"),
    Column.ROLE: _("Responsible as"),
    Column.FIELD: _("Field of action"),
    Column.FROM: _("Valid from"),
    Column.UNTIL: _("Valid until"),
    Column.POST_FROM: _("Function from"),
    Column.POST_UNTIL: _("Function until"),
    Column.IS_PUBLISHED: _("Shown to everyone"),
    Column.IS_PHONE_PUBLISHED: _("Phone shown to everyone"),
    Column.IS_EMAIL_PUBLISHED: _("Mail address shown to everyone"),
    Column.CONFIRMED: _("Confirmed on"),
}


def _folded(heading: str) -> str:
    return sort_key(re.sub(r"(?<=[aou])e", "", heading.casefold())).replace(" ", "")


@cache
def _by_heading() -> dict[str, Column]:
    known = {_folded(column): column for column in Column}
    return known | {_folded(word): column for column, words in SYNONYMS.items() for word in words.split(", ")}


# -- Headings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A table whose columns are known; `places` says where each stands, `unknown` are headings nobody knows."""

    kind: str
    header: TableRow
    places: dict[Column, int]
    unknown: tuple[str, ...]
    rows: tuple[TableRow, ...]

    def cell(self, row: TableRow, column: Column) -> str | None:
        """The cell's text; None where the sheet has no such column."""
        place = self.places.get(column)
        if place is None:
            return None
        return row.cells[place] if place < len(row.cells) else ""


def recognised(table: Table) -> Sheet:
    """The table with its columns; raises TableRefused where no headings are found or one column is there twice."""
    best: tuple[int, dict[Column, list[int]]] | None = None
    for position, row in enumerate(table.rows[:HEADINGS_WITHIN]):
        found: dict[Column, list[int]] = {}
        for place, heading in enumerate(row.cells):
            if column := _by_heading().get(_folded(heading)):
                found.setdefault(column, []).append(place)
        if len(found) >= 2 and (best is None or len(found) > len(best[1])):
            best = position, found
    if best is None or not {Column.NAME, Column.FAMILY, Column.KEY} & set(best[1]):
        raise TableRefused(
            gettext(
                "No row with headings was found in the first %(count)d rows. The names of the columns must stand in "
                "one row, each in a cell of its own and not merged; at least “Name”, or “Vorname” and “Nachname”."
            )
            % {"count": HEADINGS_WITHIN}
        )
    position, found = best
    header = table.rows[position]
    for doubled in found.values():
        if len(doubled) > 1:
            names = ", ".join(f"“{header.cells[place]}”" for place in doubled)
            raise TableRefused(
                gettext("Several columns say the same: %(names)s. Please leave one of them.") % {"names": names}
            )
    places = {column: places[0] for column, places in found.items()}
    if Column.NAME in places and Column.GIVEN in places and Column.FAMILY not in places:
        places[Column.FAMILY] = places.pop(Column.NAME)  # "Name" beside "Vorname" is the family name
    rows = tuple(table.rows[position + 1 :])
    if not rows:
        raise TableRefused(gettext("There is no row below the headings."))
    return Sheet(table.kind, header, places, tuple(_unknown(header, places, rows)), rows)


def _unknown(header: TableRow, places: dict[Column, int], rows: Iterable[TableRow]) -> Iterable[str]:
    known = set(places.values())
    widest = max(len(row.cells) for row in (header, *rows))
    for place in range(widest):
        heading = header.cells[place] if place < len(header.cells) else ""
        if place in known or heading in (REASON, LINE):
            continue
        if heading:
            yield heading
        elif any(place < len(row.cells) and row.cells[place] for row in rows):
            yield gettext("column %(number)d without a heading") % {"number": place + 1}


# -- Cells --------------------------------------------------------------------------------------------------------


class Unreadable(ValueError):
    """The cell does not say what its column is for; the text says so."""


def names(title: str | None, given: str | None, family: str | None, whole: str | None) -> Name:
    """The parts of the name; title and given name "" where no cell says them. Raises Unreadable."""
    if whole and not family:
        try:
            found = name_of(whole)
        except ValueError as error:
            raise Unreadable(str(error)) from None
        found = Name(title or found.title, given or found.given, found.family)
    else:
        found = Name(title or "", given or "", family or "")
    if not found.given or not found.family:
        raise Unreadable(gettext("Given name and family name are needed."))
    return found


def check_name(text: str) -> None:
    """Raises Unreadable where letters were read in the wrong encoding."""
    if stray := {sign for sign in text if not _may_stand_in_name(sign)}:
        raise Unreadable(
            gettext("“%(name)s” holds signs that no name has (%(signs)s); perhaps the file's encoding is wrong.")
            % {"name": text, "signs": " ".join(sorted(stray))}
        )


def _may_stand_in_name(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM" or sign in " -–'’ʼ.,()/&" or unicodedata.category(sign) == "Pd"


DAYS = (
    (r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", (3, 2, 1)),
    (r"(\d{1,2})\.(\d{1,2})\.(\d{2})", (3, 2, 1)),
    (r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?", (1, 2, 3)),
)


def day(text: str) -> datetime.date:
    """24.11.2026, 24.11.26 or 2026-11-24. Raises Unreadable."""
    for pattern, order in DAYS:
        if found := re.fullmatch(pattern, text):
            year, month, day_of_month = (int(found[place]) for place in order)
            try:
                read = datetime.date(year + 2000 if year < 100 else year, month, day_of_month)
            except ValueError:
                break
            if read.year in YEARS:
                return read
    raise Unreadable(gettext("“%(text)s” is no day. Please write days as 24.11.2026.") % {"text": text})


YES, NO = ("ja", "j", "x", "yes", "wahr", "true", "1"), ("nein", "n", "no", "falsch", "false", "0", "-", "–")


def yes_or_no(text: str) -> bool:
    word = text.casefold()
    if word in YES or word in NO:
        return word in YES
    raise Unreadable(gettext("“%(text)s” is neither “ja” nor “nein”.") % {"text": text})


def said(value: bool) -> str:
    return "ja" if value else "nein"


ROLES: Final[dict[str, str]] = {Assignment.Role.PRIMARY: "hauptzuständig", Assignment.Role.DEPUTY: "stellvertretend"}
_ROLES_READ = {
    Assignment.Role.PRIMARY: (
        "hauptzuständig",
        "haupt",
        "hauptzuständigkeit",
        "hauptansprechperson",
        "primär",
        "erste",
    ),
    Assignment.Role.DEPUTY: ("stellvertretend", "stellvertretung", "stellv.", "stv.", "vertretung", "vertretend"),
}


def role(text: str) -> str:
    word = _folded(text)
    for value, words in _ROLES_READ.items():
        if word in map(_folded, words):
            return value
    raise Unreadable(gettext("“%(text)s” is neither “hauptzuständig” nor “stellvertretend”.") % {"text": text})


@cache
def language_names() -> dict[str, str]:
    """By code, in German."""
    with override("de"):
        return {value: str(label) for value, label in ContactPerson.Language.choices}


@cache
def _language_by_word() -> dict[str, str]:
    with override("en"):
        english = {sort_key(str(label)): value for value, label in ContactPerson.Language.choices}
    german = {sort_key(label): value for value, label in language_names().items()}
    short = {sort_key(re.sub(r" \(.*", "", label)): value for value, label in language_names().items()}
    return {**{value: value for value in language_names()}, **english, **short, **german}


def languages(text: str) -> list[str]:
    """The codes; German goes without saying. Raises Unreadable."""
    found = []
    for word in filter(None, map(str.strip, re.split(r"[,;/|]| und ", text))):
        code = _language_by_word().get(sort_key(word))
        if code:
            found.append(code)
        elif sort_key(word) not in ("deutsch", "german", "de"):
            raise Unreadable(
                gettext("“%(text)s” is no language the portal knows: %(known)s.")
                % {"text": word, "known": ", ".join(sorted(language_names().values(), key=sort_key))}
            )
    return list(dict.fromkeys(found))


def ags(text: str) -> str:
    """The official key with eight digits, also where a spreadsheet took the leading zero away. Raises Unreadable."""
    if re.fullmatch(r"\d{8}", digits := padded_ags(text)):
        return digits
    raise Unreadable(gettext("“%(text)s” is no AGS, which has eight digits.") % {"text": text})


def padded_ags(text: str) -> str:
    digits = re.sub(r"\s", "", text)
    return digits.zfill(8) if len(digits) == 7 else digits


def check_phone(text: str) -> None:
    """Raises Unreadable where a spreadsheet made a number of it, which has lost its zero."""
    if re.fullmatch(r"[1-9]\d{6,}", text):
        raise Unreadable(
            gettext("The phone number %(text)s has lost its leading zero. Please format the column as text.")
            % {"text": text}
        )


KEY_LETTERS = {"Z": Assignment, "F": ContactPerson}


def key_of(row: Assignment | ContactPerson) -> str:
    """How an exported sheet names a row of the database: Z17 a responsibility, F4 a post."""
    [letter] = [letter for letter, model in KEY_LETTERS.items() if isinstance(row, model)]
    return f"{letter}{row.pk}"


def key(text: str) -> tuple[Any, int]:
    """The model and the number. Raises Unreadable."""
    found = re.fullmatch(r"([ZFzf])(\d{1,18})", text)
    if not found:
        raise Unreadable(gettext("“%(text)s” is no key of an exported sheet.") % {"text": text})
    return KEY_LETTERS[found[1].upper()], int(found[2])


BETWEEN_NAMES = "|;,•¦"


def between(names: Iterable[str]) -> str:
    """The sign to put between such names: one that stands in none of them, so that `among` reads them again."""
    taken = set("".join(names))
    return next((sign for sign in BETWEEN_NAMES if sign not in taken), BETWEEN_NAMES[0])


def among(text: str, known: Iterable[str]) -> list[str] | None:
    """The names in a list, where all are known; names may hold the separators too."""
    by_folded = {sort_key(name): name for name in known}
    if text in by_folded.values():
        return [text]
    # The whole comes last: folded, it may be like a name with another sign in it.
    for separator in (*(sign for sign in BETWEEN_NAMES if sign in text), "\n"):
        parts = [sort_key(part) for part in text.split(separator) if part.strip()]
        if parts and all(part in by_folded for part in parts):
            return list(dict.fromkeys(by_folded[part] for part in parts))
    return None

"""Phone numbers: what was typed is kept; beside it E.164 to dial and the printed form of DIN 5008."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, format_number

COUNTRY = "DE"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as pages show it."""

    printed: str
    e164: str

    def __str__(self) -> str:
        return self.printed

    @property
    def href(self) -> str:
        """The address of a link that dials, or "" where the number cannot be dialled."""
        return f"tel:{self.e164}" if self.e164 else ""


def e164(typed: str) -> str:
    """The number as `tel:` links need it (`+495261123`), or "" where it cannot be dialled."""
    number = _parsed(typed)
    return format_number(number, PhoneNumberFormat.E164) if number else ""


def printed(typed: str) -> str:
    """The number by DIN 5008: `05261 123-45`, the extension where it was typed; abroad `+31 20 1234567`.

    What is no complete number is shown as it was typed.
    """
    number = _parsed(typed)
    if not number:
        return typed.strip()
    if number.country_code != phonenumbers.country_code_for_region(COUNTRY):
        return format_number(number, PhoneNumberFormat.INTERNATIONAL)
    area_code, _, subscriber = format_number(number, PhoneNumberFormat.NATIONAL).partition(" ")
    subscriber = re.sub(r"\D", "", subscriber)
    if not subscriber:
        return area_code
    extension = re.search(r"[-–](\d+)$", _dialled(typed))
    digits = len(extension[1]) if extension else 0
    if 0 < digits < len(subscriber):
        subscriber = f"{subscriber[:-digits]}-{subscriber[-digits:]}"
    return f"{area_code} {subscriber}"


def _dialled(typed: str) -> str:
    """The number without a remark behind it, such as "(Zentrale)"."""
    beginning = re.match(r"[\d\s()+/.–-]*", typed)
    return beginning[0].strip(" \t").rstrip("( ") if beginning else ""


def _parsed(typed: str) -> phonenumbers.PhoneNumber | None:
    dialled = _dialled(typed)
    if not re.match(r"\(?(0|\+)", dialled):
        return None  # without an area code nobody abroad, and no mobile phone, reaches it
    try:
        number = phonenumbers.parse(dialled, COUNTRY)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None

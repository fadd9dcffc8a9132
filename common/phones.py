"""Phone numbers: what was typed is kept; beside it E.164 to dial and the printed form of DIN 5008."""

import phonenumbers

COUNTRY = "DE"


def e164(typed: str) -> str:
    """The number as `tel:` links need it (`+495261123`), or "" where it cannot be dialled."""
    try:
        number = phonenumbers.parse(typed, COUNTRY)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

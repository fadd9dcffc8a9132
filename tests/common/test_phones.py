"""Phone numbers as DIN 5008 writes them and as phones dial them."""

import pytest

from common.phones import Phone, e164, printed


@pytest.mark.parametrize(
    ("typed", "shown", "dialled"),
    [
        ("(0521) 51 8123", "0521 518123", "+49521518123"),
        ("05261 123-45", "05261 123-45", "+49526112345"),
        ("+49 5261 123-45", "05261 123-45", "+49526112345"),
        ("0049 (0) 5261/123–45", "05261 123-45", "+49526112345"),
        ("05261/62-0", "05261 62-0", "+495261620"),
        ("0521-518123", "0521 518123", "+49521518123"),
        ("030 9018 20-12", "030 901820-12", "+493090182012"),
        ("0171 2345678", "0171 2345678", "+491712345678"),
        ("0521 51-0 (Zentrale)", "0521 51-0", "+49521510"),
        ("+31 20 1234567", "+31 20 123 4567", "+31201234567"),
        ("0043 1 58858-0", "+43 1 588580", "+431588580"),
        ("115", "115", ""),
        ("51 8123", "51 8123", ""),
        (" nach Vereinbarung ", "nach Vereinbarung", ""),
        ("", "", ""),
    ],
)
def test_number_is_printed_and_dialled(typed, shown, dialled):
    assert (printed(typed), e164(typed)) == (shown, dialled)


def test_link_dials_only_what_can_be_dialled():
    assert Phone("05261 123-45", "+49526112345").href == "tel:+49526112345"
    assert Phone("115", "").href == ""

"""vCards as the standards ask for them, read back by a parser that is not ours."""

import datetime

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from common.content_lines import LONGEST_LINE
from common.vcards import Card, Version, written

PRINTABLE = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=200)


def card(version: Version = Version.FOUR) -> Card:
    return Card(version).text("FN", "Mira Beispiel").structure("N", "Beispiel", "Mira", "", "", "")


def read(content: bytes) -> list[vobject.base.Component]:
    return list(vobject.readComponents(content.decode()))


@given(PRINTABLE.filter(str.strip))
def test_text_is_read_back_as_it_was(text: str) -> None:
    [found] = read(written([card().text("NOTE", text)]))
    assert found.note.value == text


@pytest.mark.parametrize("text", ["a, b; c", "C:\\Temp\\n", "eins\nzwei", 'er sagte: "ja"', "Łódź 👋"])
@pytest.mark.parametrize("version", Version)
def test_signs_with_a_meaning_are_text(text: str, version: Version) -> None:
    [found] = read(written([card(version).text("NOTE", text).structure("ADR", "", "", text, "Ort", "", "", "")]))
    assert (found.note.value, found.adr.value.street) == (text, text)


@given(st.text(max_size=300))
def test_no_text_breaks_out_of_its_line(text: str) -> None:
    content = written([card().text("NOTE", text).uri("URL", text)]).decode()
    lines = content.removesuffix("\r\n").split("\r\n")
    names = [line.split(":")[0] for line in lines if not line.startswith(" ")]
    assert names in (
        ["BEGIN", "VERSION", "FN", "N", *found, "END"] for found in ([], ["NOTE"], ["URL"], ["NOTE", "URL"])
    )
    assert "\r" not in "".join(lines)
    assert "\n" not in "".join(lines)


@given(PRINTABLE)
def test_lines_are_folded_between_whole_signs(text: str) -> None:
    content = written([card().text("NOTE", f"{text} {'ü👋' * 40}")])
    assert all(len(line) <= LONGEST_LINE for line in content.split(b"\r\n"))
    assert all(line.decode() is not None for line in content.split(b"\r\n"))


def test_addresses_are_not_escaped() -> None:
    assert b"URL:https://example.org/a;b,c" in written([card().uri("URL", "https://example.org/a;b,c")])


def test_empty_properties_are_left_out() -> None:
    content = written([card().text("TITLE", "").structure("ADR", "", "", "", "", "", "", "").uri("URL", "")])
    assert content.decode().split("\r\n") == [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "FN:Mira Beispiel",
        "N:Beispiel;Mira;;;",
        "END:VCARD",
        "",
    ]


def test_moments_are_in_universal_time() -> None:
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    content = written([card().moment("REV", datetime.datetime(2026, 11, 24, 0, 30, tzinfo=berlin))])
    assert b"REV:20261123T233000Z\r\n" in content

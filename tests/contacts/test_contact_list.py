"""Contact lists are read as offices write them, whatever strays around the names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.tables import TableRefused, decoded
from contacts.contact_list import Name, lines_of, name_of, read

FIVE_LINES = """\
Ansprechpersonen:

Anne Grit Muster (Adorf, Bedorf, Cedorf)
Anne-Kathrin Beispiel (Leopoldsdorf, Lügendorf, Schieder-Schwalendorf)
Jessica Probe  (Augustdorf, Horn-Bad Dorf, Oerdorf)
"""

names = st.from_regex(r"[A-ZÄÖÜ][a-zäöüßéłš]{1,9}(-[A-ZÄÖÜ][a-zäöüß]{1,9})?", fullmatch=True)
towns = st.one_of(
    names,
    st.builds("{} {}".format, st.sampled_from(["Bad", "Sankt", "Neu"]), names),
    st.builds("{} ({})".format, names, st.sampled_from(["Westf.", "Saale", "Lippe"])),
)
strays = st.sampled_from(["", " ", "  ", "\t", "\u00a0", " ,", ";", " . "])


def test_people_and_towns_of_the_document_are_read() -> None:
    found = read(lines_of(FIVE_LINES))

    assert not found.problems
    assert [(entry.line, str(entry.name), entry.towns) for entry in found.entries] == [
        (3, "Anne Grit Muster", ("Adorf", "Bedorf", "Cedorf")),
        (4, "Anne-Kathrin Beispiel", ("Leopoldsdorf", "Lügendorf", "Schieder-Schwalendorf")),
        (5, "Jessica Probe", ("Augustdorf", "Horn-Bad Dorf", "Oerdorf")),
    ]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Jessica Probe", Name("", "Jessica", "Probe")),
        ("Anne Grit Muster", Name("", "Anne Grit", "Muster")),
        ("Dr. Ada Beispiel-Muster", Name("Dr.", "Ada", "Beispiel-Muster")),
        ("Prof. Dr. med. Ada Muster", Name("Prof. Dr. med.", "Ada", "Muster")),
        ("Dr.-Ing. Ada Muster", Name("Dr.-Ing.", "Ada", "Muster")),
        ("Frau Ada von der Probe", Name("", "Ada", "von der Probe")),
        ("• Muster, Ada", Name("", "Ada", "Muster")),
        ("Muster Probe, Dr. Ada", Name("Dr.", "Ada", "Muster Probe")),
        ("3. Ada  Muster :", Name("", "Ada", "Muster")),
    ],
)
def test_names_fall_into_title_given_and_family_name(written: str, name: Name) -> None:
    assert name_of(written) == name


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Ada Muster", "No towns in brackets"),
        ("Ada Muster ()", "No towns in the brackets"),
        ("Ada Muster ( , ; )", "No towns in the brackets"),
        ("Ada Muster (Adorf, Bedorf", "not closed"),
        ("Ada Muster (Adorf) ab 1. März", "Text after the closing bracket"),
        ("Muster (Adorf)", "Given name and family name"),
        ("(Adorf)", "Given name and family name"),
    ],
)
def test_line_that_cannot_be_read_is_named_with_its_number(line: str, says: str) -> None:
    from django.utils.translation import override

    with override("en"):
        found = read(["", line])

    assert [problem.line for problem in found.problems] == [2]
    assert says in found.problems[0].message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_files_of_any_editor_are_read_alike(encoding: str, newline: str) -> None:
    content = FIVE_LINES.replace("\n", newline).encode(encoding)

    assert read(lines_of(decoded(content)[0])) == read(lines_of(FIVE_LINES))


@given(
    people=st.lists(st.tuples(names, names, st.lists(towns, min_size=1, max_size=6, unique=True)), max_size=6),
    data=st.data(),
)
def test_whatever_strays_around_names_is_not_read(
    people: list[tuple[str, str, list[str]]], data: st.DataObject
) -> None:
    lines = []
    for given_name, family_name, their_towns in people:
        stray = [data.draw(strays) for _ in range(4)]
        inside = ",".join(f"{data.draw(strays)}{town}{data.draw(strays)}" for town in their_towns)
        lines.append(f"{stray[0]}{given_name}  {family_name}{stray[1]} ({inside}){stray[2]}")
        lines.append(stray[3])

    found = read(lines)

    assert not found.problems
    assert [(e.name.given, e.name.family, list(e.towns)) for e in found.entries] == [
        (given_name, family_name, their_towns) for given_name, family_name, their_towns in people
    ]
    assert [entry.line for entry in found.entries] == list(range(1, 2 * len(people), 2))


@given(st.binary(max_size=300))
def test_no_file_makes_the_reader_fail(content: bytes) -> None:
    try:
        lines = lines_of(decoded(content)[0])
    except TableRefused:
        return

    found = read(lines)

    told = [one.line for one in (*found.entries, *found.problems)]
    assert len(set(told)) == len(told)
    assert all(1 <= line <= len(lines) for line in told)


@given(st.lists(st.text(max_size=80), max_size=5))
def test_what_was_read_is_read_alike_again(lines: list[str]) -> None:
    entries = [entry for entry in read(lines).entries if not entry.name.title]
    written = [f"{entry.name.family}, {entry.name.given} ({', '.join(entry.towns)})" for entry in entries]

    again = read(written)

    assert not [entry for entry in again.entries if not entry.towns]
    assert len(again.entries) + len(again.problems) == len(written)

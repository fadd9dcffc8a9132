"""A contact list is taken in whole or not at all, and what stands in the way is said by line."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from common.audit import history_of
from common.periods import period, today
from contacts.contact_list import ContactListRefused, import_contact_list
from contacts.models import Assignment, ContactPerson, Office, Person
from tests.contacts.admin_pages import day
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    DistrictFactory,
    MunicipalityFactory,
    OfficeFactory,
    PersonFactory,
)

FIRST = day("01.01.2026")
LIST = """\
Ansprechpersonen:

Anne Grit Muster (Adorf, Lügedorf)
Jessica Probe  (Horn-Bad Dorf, Halle (Saale) )
"""


@pytest.fixture
def office(db: None) -> Office:
    district = DistrictFactory(name="Musterkreis")
    for name in ("Adorf", "Lügedorf", "Horn-Bad Dorf", "Halle (Saale)"):
        MunicipalityFactory(name=name, district=district)
    return OfficeFactory(areas=[district], slug="muster")


def refusal(text: str, office: Office) -> str:
    before = (Person.objects.count(), ContactPerson.objects.count(), Assignment.objects.count())
    with pytest.raises(ContactListRefused) as refused:
        import_contact_list(text.splitlines(), office, FIRST, "test")
    assert (Person.objects.count(), ContactPerson.objects.count(), Assignment.objects.count()) == before
    return "\n".join(map(str, refused.value.problems))


def test_people_become_responsible_for_their_towns(office: Office) -> None:
    report = import_contact_list(LIST.splitlines(), office, FIRST, "test")

    assert {(str(a.municipality), str(a.contact_person), a.role, a.valid) for a in Assignment.objects.all()} == {
        ("Adorf", "Anne Grit Muster", "primary", period(FIRST)),
        ("Lügedorf", "Anne Grit Muster", "primary", period(FIRST)),
        ("Horn-Bad Dorf", "Jessica Probe", "primary", period(FIRST)),
        ("Halle (Saale)", "Jessica Probe", "primary", period(FIRST)),
    }
    assert len(report.created) == 8
    assert len(report.gaps) == 2


def test_second_run_changes_nothing(office: Office) -> None:
    import_contact_list(LIST.splitlines(), office, FIRST, "test")
    versions = list(Assignment.objects.values_list("pk", "version"))

    report = import_contact_list(LIST.splitlines(), office, FIRST, "test")

    assert (report.created, report.unchanged) == ([], 4)
    assert list(Assignment.objects.values_list("pk", "version")) == versions


def test_trial_says_what_would_be_and_leaves_nothing(office: Office) -> None:
    report = import_contact_list(LIST.splitlines(), office, FIRST, "test", dry_run=True)

    assert len(report.created) == 8
    assert not Person.objects.exists()


@pytest.mark.parametrize("written", ["Luegedorf", "lugedorf", "LÜGEDORF", "Horn Bad Dorf", "Halle"])
def test_towns_are_found_however_they_are_spelled(office: Office, written: str) -> None:
    import_contact_list([f"Ada Muster ({written})"], office, FIRST, "test")

    assert Assignment.objects.count() == 1


def test_unknown_town_is_refused_with_suggestions_and_line(office: Office) -> None:
    told = refusal("Ada Muster (Adorf)\n\nBen Muster (Lugdorf, Adof)", office)

    assert "3" in told
    assert "Lügedorf" in told
    assert "Adorf" in told


def test_town_outside_the_area_is_refused_and_named_with_its_district(office: Office) -> None:
    town = MunicipalityFactory(name="Anderswo")

    assert str(town.district) in refusal("Ada Muster (Anderswo)", office)


def test_ambiguous_town_is_refused_with_both(office: Office) -> None:
    district = office.areas.get().district
    MunicipalityFactory(name="Adorf", designation="Flecken", district=district)

    assert "Flecken" in refusal("Ada Muster (Adorf)", office)


def test_same_town_twice_is_refused(office: Office) -> None:
    assert "1" in refusal("Ada Muster (Adorf)\nBen Muster (adorf)", office)


def test_town_of_somebody_else_is_refused_with_name_and_period(office: Office) -> None:
    other = ContactPersonFactory(office=office, person__family_name="Vorgang")
    town = office.municipalities(FIRST).get(name="Adorf")
    AssignmentFactory(contact_person=other, municipality=town, valid=period(day("01.07.2025")))

    told = refusal("Ada Muster (Adorf)", office)

    assert "Vorgang" in told
    assert "01.07.2025" in told


def test_two_of_the_same_name_are_not_guessed_between(office: Office) -> None:
    for _ in range(2):
        ContactPersonFactory(office=office, person=PersonFactory(given_name="Ada", family_name="Muster"))

    assert "Ada Muster" in refusal("Ada Muster (Adorf)", office)


def test_namesake_elsewhere_is_another_person(office: Office) -> None:
    ContactPersonFactory(person=PersonFactory(given_name="Ada", family_name="Muster"))

    import_contact_list(["Ada Muster (Adorf)"], office, FIRST, "test")

    assert Person.objects.filter(family_name="Muster").count() == 2


def test_command_reads_windows_files_and_is_named_in_the_audit(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "liste.txt"
    file.write_bytes(LIST.replace("\n", "\r\n").encode("cp1252"))
    output = StringIO()

    call_command("import_contact_list", file, "--office", "muster", stdout=output)

    assignment = Assignment.objects.get(municipality__name="Lügedorf")
    assert assignment.valid == period(today())
    assert "import_contact_list" in history_of(assignment)[0].actor
    assert "Lügedorf" in output.getvalue()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--office", "gibtesnicht"], "muster"),
        (["--office", "muster", "--from", "31.02.2026"], "31.02.2026"),
        (["--office", "muster"], "3"),
    ],
)
def test_command_says_what_is_wrong_in_words(office: Office, tmp_path: Path, arguments: list[str], says: str) -> None:
    file = tmp_path / "liste.txt"
    file.write_text(LIST.replace("Adorf", "Xanadu"))

    with pytest.raises(CommandError, match=says):
        call_command("import_contact_list", file, *arguments)


def test_command_names_a_file_that_is_not_there(office: Office, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"fehlt\.txt"):
        call_command("import_contact_list", tmp_path / "fehlt.txt", "--office", "muster")

"""The commands about one human: export, and erasing after a look."""

import json
import stat
import zipfile
from io import StringIO
from pathlib import Path

import pghistory
import pytest
from django.core.management import CommandError, call_command

from common.periods import period
from contacts.models import Person
from tests.factories import (
    LONG_AGO,
    AbsenceFactory,
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    OfficeFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

MAIL = "ada.export@example.org"


def run(command: str, *args: str, **options: object) -> str:
    output = StringIO()
    call_command(command, *args, stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def ada() -> Person:
    user = UserFactory(email=MAIL, name="Ada Auskunft", password="geheim-und-lang")
    person = PersonFactory(given_name="Ada", family_name="Auskunft", email=MAIL, user=user)
    town = MunicipalityFactory(name="Adorf")
    post = ContactPersonFactory(person=person, office=OfficeFactory(areas=[town]), room="Haus 7", languages=["tr"])
    AssignmentFactory(contact_person=post, municipality=town)
    AbsenceFactory(contact_person=post, days=period(LONG_AGO, LONG_AGO))
    OfficeMembershipFactory(user=user, office=post.office)
    Person.objects.filter(pk=person.pk).update(phone="05555 4711")
    with pghistory.context(user=user.pk):
        MunicipalityFactory(name="Von Ada eingetragen")
    return person


def test_export_holds_person_account_post_responsibility_absence_role_and_history(ada: Person, tmp_path: Path) -> None:
    run("export_personal_data", MAIL, to=tmp_path / "ada")
    told = json.loads((tmp_path / "ada" / "auskunft.json").read_text())
    rows = {section["model"]: section["rows"][0] for section in told["data"]}
    assert set(rows) == {
        "contacts.Person",
        "contacts.ContactPerson",
        "contacts.Assignment",
        "contacts.Absence",
        "contacts.OfficeMembership",
        "accounts.User",
    }
    assert rows["contacts.Person"]["family_name"] == "Auskunft"
    assert rows["contacts.Absence"]["days"] == {"first": "2020-01-01", "last": "2020-01-01"}
    [person] = [section for section in told["data"] if section["model"] == "contacts.Person"]
    assert [change["kind"] for change in person["history"]] == ["update", "insert"]
    assert any(change["subject"] == "Kommune" for change in told["changes_made"])


def test_export_reads_as_german_text(ada: Person, tmp_path: Path) -> None:
    run("export_personal_data", MAIL, to=tmp_path / "ada")
    page = (tmp_path / "ada" / "auskunft.html").read_text()
    for words in ("Nachname", "Auskunft", "Haus 7", "Türkisch", "Adorf", "05555 4711", "hauptzuständig"):
        assert words in page, words


def test_export_tells_no_secret_and_nobody_else(ada: Person, tmp_path: Path) -> None:
    PersonFactory(family_name="Andersherum", email="andere@example.org")
    run("export_personal_data", MAIL, to=tmp_path / "ada")
    everything = "".join(path.read_text() for path in (tmp_path / "ada").iterdir())
    assert "Andersherum" not in everything
    assert "md5$" not in everything
    assert "password" not in everything


def test_export_is_for_the_operator_alone_to_read(ada: Person, tmp_path: Path) -> None:
    run("export_personal_data", MAIL, to=tmp_path / "ada.zip")
    assert stat.S_IMODE((tmp_path / "ada.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "ada.zip") as archive:
        assert archive.namelist() == ["auskunft.html", "auskunft.json"]


def test_export_names_nobody_on_the_screen_or_in_logs(ada: Person, tmp_path: Path, caplog) -> None:
    told = run("export_personal_data", MAIL, to=tmp_path / "x") + caplog.text
    assert not any(word in told for word in (str(ada), MAIL))


def test_export_overwrites_nothing(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "ada.zip").write_text("wichtig")
    with pytest.raises(CommandError, match=r"ada\.zip"):
        run("export_personal_data", MAIL, to=tmp_path / "ada.zip")
    assert (tmp_path / "ada.zip").read_text() == "wichtig"


def test_address_shared_by_two_is_not_guessed(ada: Person, tmp_path: Path) -> None:
    other = PersonFactory(email=MAIL)
    with pytest.raises(CommandError, match=rf"--person {ada.pk}, --person {other.pk}"):
        run("export_personal_data", MAIL, to=tmp_path / "x")
    run("export_personal_data", person=other.pk, to=tmp_path / "x")
    assert "Auskunft" not in json.loads((tmp_path / "x" / "auskunft.json").read_text())["data"][0]["rows"][0].values()


def test_unknown_address_and_number_are_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Niemand"):
        run("export_personal_data", "unbekannt@example.org", to=tmp_path / "x")
    with pytest.raises(CommandError, match="--person 4711"):
        run("erase_person", person=4711)
    with pytest.raises(CommandError, match="--help"):
        run("erase_person")


def test_dry_run_says_what_is_blanked_deleted_and_kept_and_why_and_changes_nothing(ada: Person) -> None:
    told = run("erase_person", MAIL, dry_run=True)
    assert "Nicht gelöscht" in told
    assert "Beenden Sie sie zuerst" in told
    assert "Personen: 1 Eintrag, 2 im Verlauf: geleert (Die Geschichte der Kommune bleibt" in told
    assert "Zuständigkeiten: 1 Eintrag, 1 im Verlauf: behalten (Die Geschichte" in told
    assert "Abwesenheiten: 1 Eintrag, 1 im Verlauf: gelöscht" in told
    ada.refresh_from_db()
    assert ada.family_name == "Auskunft"


def test_running_post_is_a_reason_with_the_next_step(ada: Person) -> None:
    with pytest.raises(CommandError) as refusal:
        run("erase_person", MAIL)
    assert str(refusal.value).count("Beenden Sie sie zuerst") == 2
    assert Person.objects.get(pk=ada.pk).family_name == "Auskunft"

"""Offices enter or import their localities, each its own, and the lookup finds them."""

import datetime
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse, reverse_lazy
from openpyxl import Workbook

from accounts.models import User
from common import xlsx
from common.periods import period
from common.tables import MOST_BYTES
from municipalities.models import Locality, Municipality
from tests.factories import MunicipalityFactory, OfficeFactory, OfficeMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    return MunicipalityFactory(ags="97001001", name="Adorf", district__ags="97001")


def imported(path: Path, **options: object) -> str:
    output = io.StringIO()
    call_command("import_localities", path, stdout=output, **options)
    return output.getvalue()


def file_with(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ortsteile.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("locality,ags\nMüllerhof,97001001\n", "utf-8"),
        ("Ortsteil;AGS\r\nMüllerhof;97001001\r\n\r\n", "utf-8-sig"),
        ("Ortsteil;AGS\r\nMüllerhof;97001001\r\n", "cp1252"),
        ("AGS\tEinwohner\tOrtsteil\n97001001\t17\tMüllerhof\n", "utf-8"),
    ],
)
def test_a_table_as_offices_have_it_is_read(town: Municipality, tmp_path: Path, text: str, encoding: str) -> None:
    imported(file_with(tmp_path, text, encoding))
    assert town.localities.get().name == "Müllerhof"
    assert [found.ags for found in Municipality.objects.search("muellerhof")] == ["97001001"]


def test_a_second_import_adds_nothing(town: Municipality, tmp_path: Path) -> None:
    path = file_with(tmp_path, "locality,ags\nMüllerhof,97001001\n")
    imported(path)
    assert "0 Ortsteile" in imported(path)
    assert town.localities.count() == 1


def test_dry_run_names_what_would_come_and_adds_nothing(town: Municipality, tmp_path: Path) -> None:
    assert "Müllerhof" in imported(file_with(tmp_path, "locality,ags\nMüllerhof,97001001\n"), dry_run=True)
    assert not Locality.objects.exists()


@pytest.mark.parametrize(
    ("rows", "where", "why"),
    [
        ("Bachhof,970010", "Zeile 3", "Schlüssel mit 8 Ziffern"),
        ("Bachhof,97001009", "Zeile 3", "unbekannt"),
        (",97001001", "Zeile 3", "leer"),
        ("Bachhof", "Zeile 3", "leer"),
        ("?!,97001001", "Zeile 3", "kein Name"),
        ("Bachhof,97001001\nbachhof,97001001", "Zeile 4", "doppelt"),
        ("Bachhof,97001002", "Zeile 3", "besteht nicht mehr"),
    ],
)
def test_one_bad_row_stops_all(town: Municipality, tmp_path: Path, rows: str, where: str, why: str) -> None:
    MunicipalityFactory(
        ags="97001002", district=town.district, period=period(None, datetime.date(2020, 1, 1)), name="Altdorf"
    )
    path = file_with(tmp_path, f"locality,ags\nMüllerhof,97001001\n{rows}\n")
    with pytest.raises(CommandError) as refusal:
        imported(path)
    assert all(part in str(refusal.value) for part in ("ortsteile.csv", where, why))
    assert not Locality.objects.exists()


def test_every_bad_row_is_named_at_once(town: Municipality, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"(?s)Zeile 2: .*Zeile 4: "):
        imported(file_with(tmp_path, "locality,ags\n,97001001\nMüllerhof,97001001\nBachhof,1\n"))


@pytest.fixture
def administrator(town: Municipality) -> User:
    user: User = UserFactory()
    office = OfficeFactory(areas=[town.district])
    OfficeMembershipFactory(user=user, office=office, role="administrator")
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.SignInBackend")
    return client


def test_an_administrator_enters_a_locality_of_the_own_area_and_it_is_found(
    administrator: User, town: Municipality
) -> None:
    address = reverse("admin:municipalities_locality_add")
    answer = browser(administrator).post(address, {"name": "Bachhof", "municipality": town.pk})
    assert answer.status_code == 302
    assert [found.matched_name for found in Municipality.objects.search("bachhof")] == ["Bachhof"]


def test_a_locality_of_another_area_is_refused(administrator: User) -> None:
    elsewhere = MunicipalityFactory()
    address = reverse("admin:municipalities_locality_add")
    answer = browser(administrator).post(address, {"name": "Bachhof", "municipality": elsewhere.pk})
    assert answer.status_code == 200
    assert not Locality.objects.exists()


def test_a_locality_of_another_area_is_not_shown(administrator: User) -> None:
    elsewhere = Locality.objects.create(name="Fernhof", municipality=MunicipalityFactory())
    client = browser(administrator)
    assert "Fernhof" not in client.get(reverse("admin:municipalities_locality_changelist")).content.decode()
    assert client.get(reverse("admin:municipalities_locality_change", args=[elsewhere.pk])).status_code == 404


def test_the_same_locality_twice_is_refused_in_words(administrator: User, town: Municipality) -> None:
    Locality.objects.create(name="Bachhof", municipality=town)
    address = reverse("admin:municipalities_locality_add")
    answer = browser(administrator).post(address, {"name": "bach-hof", "municipality": town.pk})
    assert answer.status_code == 302
    answer = browser(administrator).post(address, {"name": "BACHHOF", "municipality": town.pk})
    assert "Ortsteil dieses Namens" in answer.content.decode()


# -- Uploading ------------------------------------------------------------------------------------------------------

UPLOAD = reverse_lazy("admin:municipalities_locality_import")


def uploaded(user: User, rows: str | bytes, name: str = "ortsteile.csv") -> str:
    """The page that follows."""
    content = rows if isinstance(rows, bytes) else f"Ortsteil;AGS\n{rows}".encode()
    return browser(user).post(UPLOAD, {"file": SimpleUploadedFile(name, content)}, follow=True).text


def test_an_administrator_takes_in_a_table_and_its_localities_are_found(
    administrator: User, town: Municipality
) -> None:
    Locality.objects.create(name="Bachhof", municipality=town)
    assert "1 Ortsteil hinzugefügt." in uploaded(administrator, "Müllerhof;97001001\nBachhof;97001001\n")
    assert [found.matched_name for found in Municipality.objects.search("muellerhof")] == ["Müllerhof"]
    assert town.localities.count() == 2


def test_a_workbook_is_taken_in_too(administrator: User, town: Municipality) -> None:
    book = xlsx.written(["AGS", "Ortsteil"], [["97001001", "Müllerhof"]])
    assert "1 Ortsteil hinzugefügt." in uploaded(administrator, book, "ortsteile.xlsx")


def workbook(*rows: list[object]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def test_cell_that_holds_an_error_is_no_locality(administrator: User, town: Municipality) -> None:
    book = workbook(["Ortsteil", "AGS"], ["Müllerhof", "97001001"], ["#NAME?", "97001001"])
    page = uploaded(administrator, book, "ortsteile.xlsx")
    assert "ortsteile.xlsx, Zeile 3: Zelle A3 enthält den Fehler #NAME?." in page
    assert not Locality.objects.exists()


@pytest.mark.parametrize("ags", [9700101, "9700101"])
def test_key_that_lost_its_zero_in_a_spreadsheet_is_understood(ags: object) -> None:
    town = MunicipalityFactory(ags="09700101")
    user: User = UserFactory()
    OfficeMembershipFactory(user=user, office=OfficeFactory(areas=[town.district]), role="administrator")
    book = workbook(["Ortsteil", "AGS"], ["Müllerhof", ags])
    assert "1 Ortsteil hinzugefügt." in uploaded(user, book, "ortsteile.xlsx")
    assert town.localities.get().name == "Müllerhof"


def test_error_in_another_column_does_not_matter(administrator: User, town: Municipality) -> None:
    book = workbook(["Ortsteil", "AGS", "Anteil"], ["Müllerhof", "97001001", "#DIV/0!"])
    assert "1 Ortsteil hinzugefügt." in uploaded(administrator, book, "ortsteile.xlsx")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("Fernhof;98001001", "ortsteile.csv, Zeile 3: Die Kommune 98001001 liegt nicht in Ihrem Gebiet."),
        ("Bachhof;97001009", "ortsteile.csv, Zeile 3: Die Kommune 97001009 ist unbekannt."),
        (";97001001", "ortsteile.csv, Zeile 3: „Ortsteil“ ist leer."),
        ("Bachhof", "ortsteile.csv, Zeile 3: „AGS“ ist leer."),
        ("x\n" * 30, "Und 10 weitere Zeilen."),
    ],
)
def test_one_bad_row_of_an_upload_stops_all(administrator: User, town: Municipality, rows: str, reason: str) -> None:
    MunicipalityFactory(ags="98001001", district__ags="98001")
    page = uploaded(administrator, f"Müllerhof;97001001\n{rows}")
    assert "Es wurde nichts geändert." in page
    assert reason in page
    assert not Locality.objects.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "ist leer"),
        (b'""\n', "ist leer"),
        (b"Ort;AGS\n", "Die Spalte „Ortsteil“ fehlt"),
        (b"%PDF-1.7", "weder CSV noch"),
        (b"Ortsteil;AGS\n" + b"x" * MOST_BYTES, "größer als 5 MB"),
    ],
)
def test_what_is_no_such_table_is_refused_in_words(administrator: User, content: bytes, reason: str) -> None:
    assert reason in uploaded(administrator, content)


def test_an_upload_costs_the_same_queries_whatever_its_rows(
    administrator: User, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    rows = "".join(f"Hof {'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]};97001001\n" for n in range(100))
    with django_assert_max_num_queries(30):
        assert "100 Ortsteile hinzugefügt." in uploaded(administrator, rows)


def test_the_list_leads_to_the_upload(administrator: User) -> None:
    assert f'href="{UPLOAD}"' in browser(administrator).get(reverse("admin:municipalities_locality_changelist")).text


def test_uploading_is_for_administrators(town: Municipality) -> None:
    lead = UserFactory()
    office = OfficeFactory(areas=[town.district])
    OfficeMembershipFactory(user=lead, office=office, role="lead")
    assert browser(lead).get(UPLOAD).status_code in (302, 403, 404)
    uploaded(lead, "Müllerhof;97001001\n")
    assert not Locality.objects.exists()

"""Takes 5,000 responsibilities in through the admin's pages. By itself: `python -m benchmarks.importing`.

One office serves the whole of a state; the sheet gives each town a primary, deputies and one for a field. Everyone
in it is invented.
"""

import datetime
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS, PEOPLE, LONGEST = 5_000, 250, 30  # seconds, preview and confirmation together
STATE = "09"  # Bayern, the one with the most municipalities
HEADER = ["Titel", "Vorname", "Nachname", "Funktion", "Telefon", "E-Mail", "Sprachen", "Kommune", "AGS"]
HEADER += ["Zuständig als", "Handlungsfeld", "Gültig ab", "Gültig bis"]

Say = Callable[[str], None]


def measure_import(say: Say) -> None:
    from django.test import Client

    from accounts.models import User
    from common import csv, xlsx
    from common.periods import today
    from contacts.imports import export
    from contacts.models import FieldOfAction, Office, OfficeArea
    from municipalities.models import District, Municipality

    office = Office.objects.create(
        code="ZZZZZ", slug="einlesen", kind=Office.Kind.OTHER, name="Beispielstelle Einlesen"
    )
    OfficeArea.objects.bulk_create(
        OfficeArea(office=office, district=district) for district in District.objects.filter(state__ags=STATE)
    )
    FieldOfAction.objects.create(office=office, name="Sprache")
    operator = User.objects.create_user(email="einlesen@example.org", name="Betrieb", is_superuser=True)
    client = Client()
    client.force_login(operator, backend="accounts.backends.SignInBackend")
    towns = list(Municipality.objects.filter(district__state__ags=STATE).order_by("ags"))
    say("## Import")
    say("")
    say(f"One office of {len(towns)} towns, {ROWS:,} responsibilities of {PEOPLE} people, through the admin's pages.")
    say("")
    say("| file | upload and preview, s | confirmation, s | together, s | CPU of the web process, s | |")
    say("|---|---|---|---|---|---|")
    sheets: list[tuple[str, Callable[[], bytes]]] = [
        (
            "all new, CSV in Windows-1252",
            lambda: csv.written(HEADER, _rows(towns)).decode("utf-8-sig").encode("cp1252"),
        ),
        ("given out and in again, XLSX", lambda: xlsx.written(export.HEADER, export.rows(office, today()))),
        ("all changed, XLSX", lambda: xlsx.written(HEADER, _rows(towns, function="Leitung", last="31.12.2027"))),
    ]
    for name, made in sheets:
        content, before = made(), time.process_time()
        preview, confirmation, counts = _taken_in(client, office, content)
        cpu = time.process_time() - before
        both = preview + confirmation
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        met = "met" if both < LONGEST else "**missed**"
        say(
            f"| {name} | {preview:.1f} | {confirmation:.1f} | {both:.1f} (aim: {LONGEST}, {met}) | {cpu:.1f} | {told} |"
        )
    say("")


def _rows(towns: list[Any], function: str = "Beratung", last: str = "") -> list[list[str]]:
    """Each town with a primary, then deputies, then one for a field, until there are enough."""
    rows = []
    for number in range(ROWS):
        turn, place = divmod(number, len(towns))
        town = towns[place]
        person = (place + turn * 7) % PEOPLE
        family = f"Muster-{chr(65 + person // 26)}{chr(97 + person % 26)}"
        rows.append(
            [
                "Dr." if person % 9 == 0 else "",
                "Jörg",
                family,
                function,
                f"05555 {person:04}",
                f"{person}@example.org",
                "Arabisch, Türkisch",
                "",
                town.ags,
                "stellvertretend" if turn == 1 else "hauptzuständig",
                "Sprache" if turn == 2 else "",
                "01.01.2026",
                last,
            ]
        )
    return rows


def _taken_in(client: Any, office: Any, content: bytes) -> tuple[float, float, dict[str, int]]:
    """Seconds until the preview is stored and until it is carried out, and how many rows of each kind it had."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.urls import reverse

    from contacts.models import ContactImport

    data = {"office": office.pk, "file": SimpleUploadedFile("liste", content), "holds_from": "01.01.2026"}
    started = time.perf_counter()
    answer = client.post(reverse("admin:contacts_contactimport_add"), data, follow=True)
    answer.getvalue()
    preview = time.perf_counter() - started
    upload = ContactImport.objects.get(office=office, carried_out_at=None)
    counts = {kind: getattr(upload, f"rows_{kind}") for kind in ("new", "changed", "unchanged", "refused")}
    if not upload.can_be_carried_out:
        upload.delete()
        return preview, 0, counts
    started = time.perf_counter()
    client.post(upload.get_absolute_url(), {"step": "carry_out", "seen": upload.fingerprint}).getvalue()
    confirmation = time.perf_counter() - started
    upload.refresh_from_db()
    if upload.carried_out_at is None:
        raise RuntimeError("the import was not carried out")
    return preview, confirmation, counts


def main() -> None:
    from benchmarks.__main__ import DATABASE, RESULTS
    from benchmarks.building import empty_database, load_places, prepare

    database = f"{DATABASE}_import"
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "EMBEDDED_DATABASE_NAME": database,
        "PUBLIC_URL": "http://testserver",
        "DEBUG": "0",
        "DEMO": "0",
    }
    os.environ.pop("DATABASE_URL", None)
    from common import embedded_database

    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    with embedded_database.running():
        import django

        empty_database(database)
        django.setup()
        prepare()
        list(load_places())
        now = datetime.datetime.now(datetime.UTC)
        say(f"# Import, measured by itself, {now:%Y-%m-%d %H:%M} UTC")
        say("")
        say(
            f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f} before the start, "
            f"Python {platform.python_version()}, Django {django.get_version()}."
        )
        say("")
        measure_import(say)
    Path(RESULTS / f"{now:%Y-%m-%d}-import.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

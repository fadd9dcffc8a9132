"""Makes the database that is measured: migrated, with all of Germany and the large data set."""

import datetime
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO

import psycopg2
from django.core.management import call_command
from django.db import connection
from psycopg2 import sql

from common import embedded_database
from common.catalogues import compile_catalogues
from integration_portal.static_files import collect_static_files


def empty_database(name: str) -> None:
    server = {"host": str(embedded_database.socket_folder()), "user": embedded_database.SUPERUSER}
    with closing(psycopg2.connect(**server, dbname="postgres")) as of_server:
        of_server.autocommit = True
        with of_server.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    embedded_database.ensure_database(name)


def prepare() -> None:
    compile_catalogues()
    collect_static_files()
    call_command("migrate", verbosity=0)


def load_places() -> Iterator[str]:
    """Load all of Germany, and once more; says how long each took."""
    for which in ("first time", "again, nothing to change"):
        started = time.perf_counter()
        call_command("load_municipalities", stdout=StringIO())
        yield f"`load_municipalities`, {which}: {time.perf_counter() - started:.1f} s"


def first_office(on: datetime.date) -> None:
    from benchmarks import dataset

    dataset.build_first_office(on)
    dataset.analyse()


def other_offices(on: datetime.date) -> None:
    from benchmarks import dataset

    dataset.build_other_offices(on)
    dataset.analyse()


@contextmanager
def absences_aside() -> Iterator[None]:
    """Within the block nobody is absent; audit and triggers are set aside with them."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("CREATE TABLE absences_aside AS SELECT * FROM contacts_absence")
        cursor.execute("TRUNCATE contacts_absence; ANALYZE contacts_absence")
        try:
            yield
        finally:
            cursor.execute("INSERT INTO contacts_absence SELECT * FROM absences_aside; ANALYZE contacts_absence")
            cursor.execute("DROP TABLE absences_aside")
            cursor.execute("RESET session_replication_role")


def size() -> str:
    from contacts.models import Absence, Assignment, Office, Person
    from municipalities.models import Municipality

    counts = [(model.objects.count(), word) for model, word in (
        (Municipality, "municipalities"), (Office, "offices"), (Person, "persons"),
        (Assignment, "assignments"), (Absence, "absences"),
    )]  # fmt: skip
    return ", ".join(f"{count:,} {word}" for count, word in counts)

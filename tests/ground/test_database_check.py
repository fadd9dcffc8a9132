"""A database that cannot carry the portal is refused before anything is made in it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import quote

import psycopg2
import pytest

from common import embedded_database
from tests.ground.conftest import ROOT


@pytest.fixture
def execute() -> Iterator[Callable[[str], None]]:
    """Runs statements as superuser of the embedded server."""
    with (
        embedded_database.running(),
        closing(
            psycopg2.connect(
                host=str(embedded_database.socket_folder()),
                port=embedded_database.PORT,
                user=embedded_database.SUPERUSER,
                dbname="postgres",
            )
        ) as connection,
    ):
        connection.autocommit = True

        def run(statement: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

        yield run


@pytest.fixture
def database(execute: Callable[[str], None], worker_id: str) -> Iterator[str]:
    name = f"{os.environ.get('TEST_DATABASE_NAME', 'test_portal')}_check_{worker_id}"
    execute(f'DROP DATABASE IF EXISTS "{name}"')
    execute(f'DROP ROLE IF EXISTS "{name}"')
    execute(f'CREATE ROLE "{name}" LOGIN')
    yield name
    execute(f'DROP DATABASE "{name}"')
    execute(f'DROP ROLE "{name}"')


def run(database: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    """The command, asking the database as the role named like it."""
    folder = quote(str(embedded_database.socket_folder()), safe="")
    outcome = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"postgres://{database}@{folder}:{embedded_database.PORT}/{database}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in outcome.stderr
    return outcome


def check(database: str) -> str:
    """What `migrate` says first."""
    return run(database, [sys.executable, "manage.py", "check", "--database", "default"]).stderr


@pytest.mark.parametrize(
    "oldest",
    [
        "django.db.backends.postgresql.features.DatabaseFeatures.minimum_database_version = (99,)",
        "common.checks.OLDEST_POSTGRESQL = 99",
    ],
)
def test_server_that_is_too_old_gets_one_line(database: str, execute: Callable[[str], None], oldest: str) -> None:
    """As if the embedded server were; seen as well with real servers of the versions 13 and 14."""
    execute(f'CREATE DATABASE "{database}" OWNER "{database}"')
    program = f"import common.checks, django.db.backends.postgresql.features, manage; {oldest}; manage.main()"

    outcome = run(database, [sys.executable, "-c", program, "prepare"])

    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "or newer is needed" in outcome.stderr


def test_unfit_database_gets_one_line_that_says_what_to_do(execute: Callable[[str], None], database: str) -> None:
    execute(f'CREATE DATABASE "{database}"')

    outcome = run(database, [sys.executable, "manage.py", "prepare"])

    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "CREATE EXTENSION pg_trgm;" in outcome.stderr


def test_empty_database_of_ones_own_is_enough(execute: Callable[[str], None], database: str) -> None:
    execute(f'CREATE DATABASE "{database}" OWNER "{database}"')
    assert check(database) == ""


def test_user_without_the_right_to_make_extensions_is_told_what_to_do(
    execute: Callable[[str], None], database: str
) -> None:
    execute(f'CREATE DATABASE "{database}"')
    answer = check(database)
    assert "btree_gist" in answer
    assert "CREATE EXTENSION pg_trgm;" in answer


def test_database_that_tells_umlauts_apart_is_refused(execute: Callable[[str], None], database: str) -> None:
    execute(f"CREATE DATABASE \"{database}\" OWNER \"{database}\" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    assert "Ö and ö are one letter" in check(database)

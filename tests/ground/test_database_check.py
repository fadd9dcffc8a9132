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


def check(database: str) -> str:
    """What `migrate` says first, asked by the role named like the database."""
    folder = quote(str(embedded_database.socket_folder()), safe="")
    outcome = subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"postgres://{database}@{folder}:{embedded_database.PORT}/{database}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in outcome.stderr
    return outcome.stderr


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

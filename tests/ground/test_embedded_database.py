"""The embedded PostgreSQL: kept by whoever uses it, stopped with the last one, harmless to the rest of the machine."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common import embedded_database
from tests.ground.conftest import ROOT

PROGRAM = """
import sys, psycopg2
from common import embedded_database as server
try:
    with server.running():
        connection = psycopg2.connect(
            host=str(server.socket_folder()), port=server.PORT, user=server.SUPERUSER, dbname="portal"
        )
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in sys.argv[1:]:
            cursor.execute(statement)
        print(cursor.fetchall() if cursor.description else "done", flush=True)
        sys.stdin.read()
except server.DatabaseUnavailable as error:
    sys.exit(str(error))
"""


class Clone:
    """A copy of the portal's embedded database module, with a server of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "common", folder / "common", ignore=shutil.ignore_patterns("__pycache__"))

    def start(self, *statements: str, **environment: str) -> subprocess.Popen[str]:
        """A process that uses the server until its standard input is closed."""
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *statements],
            cwd=self.folder,
            env={**os.environ, **environment, "EMBEDDED_DATABASE_NAME": "portal"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, *statements: str, **environment: str) -> str:
        out, error = self.start(*statements, **environment).communicate()
        return (out or error).strip()

    def is_running(self) -> bool:
        pid_file = self.folder / "var/postgres/data/postmaster.pid"
        try:
            os.kill(int(pid_file.read_text().splitlines()[0]), 0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    def stops_within(self, seconds: float) -> bool:
        """The last user stops it, or its keeper, who may be a moment quicker to see that nobody is left."""
        end = time.monotonic() + seconds
        while self.is_running() and time.monotonic() < end:
            time.sleep(0.05)
        return not self.is_running()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.fixture
def clone(open_folder: Path) -> Clone:
    return Clone(open_folder)


def test_data_survive_a_restart(clone: Clone) -> None:
    clone.ask("CREATE TABLE kept (x int)", "INSERT INTO kept VALUES (7)")
    assert clone.stops_within(30)
    assert clone.ask("SELECT x FROM kept") == "[(7,)]"


def test_data_survive_a_killed_portal_and_its_server_is_stopped(clone: Clone) -> None:
    user = clone.start("CREATE TABLE kept (x int)", "INSERT INTO kept VALUES (7)")
    first_line(user)
    user.kill()
    user.communicate()
    assert clone.stops_within(30)
    assert clone.ask("SELECT x FROM kept") == "[(7,)]"


def test_data_survive_a_killed_server(clone: Clone) -> None:
    user = clone.start("CREATE TABLE kept (x int)", "INSERT INTO kept VALUES (7)")
    first_line(user)
    os.kill(int((clone.folder / "var/postgres/data/postmaster.pid").read_text().splitlines()[0]), 9)
    user.communicate()
    assert clone.ask("SELECT x FROM kept") == "[(7,)]"


def test_server_is_shared_and_stops_with_the_last_user(clone: Clone) -> None:
    first = clone.start("CREATE TABLE shared (x int)")
    first_line(first)
    assert clone.ask("SELECT count(*) FROM shared") == "[(0,)]"
    assert clone.is_running()
    first.communicate()
    assert clone.stops_within(30)


def test_many_may_start_at_once(clone: Clone) -> None:
    users = [clone.start("SELECT 1") for _ in range(5)]
    assert [user.communicate()[0].strip() for user in users] == ["[(1,)]"] * 5
    assert clone.stops_within(30)


def test_two_clones_do_not_meet(open_folder: Path) -> None:
    (open_folder / "one").mkdir()
    (open_folder / "two").mkdir()
    one, two = Clone(open_folder / "one"), Clone(open_folder / "two")
    user = one.start("CREATE TABLE mine (x int)")
    first_line(user)
    assert two.ask("SELECT to_regclass('mine')") == "[(None,)]"
    assert one.is_running()
    user.communicate()


def test_letters_are_compared_rightly_whatever_the_environment_says(clone: Clone) -> None:
    assert clone.ask("SELECT lower('Ö') = 'ö'", LC_ALL="C", LANG="C", PGPORT="1", PGHOST="nowhere") == "[(True,)]"


def test_folder_with_unusual_name_works(open_folder: Path) -> None:
    folder = open_folder / "it's here, now"
    folder.mkdir()
    assert Clone(folder).ask("SELECT 1") == "[(1,)]"


def test_folder_with_long_name_works(open_folder: Path) -> None:
    folder = open_folder / ("long" * 25)
    folder.mkdir()
    assert Clone(folder).ask("SELECT 1") == "[(1,)]"


def test_no_other_user_can_connect(clone: Clone) -> None:
    user = clone.start("SELECT 1")
    first_line(user)
    for private in ("data", "socket"):
        assert (clone.folder / "var/postgres" / private).stat().st_mode & 0o077 == 0
    user.communicate()


def test_closed_parent_is_refused_and_left_closed(open_folder: Path) -> None:
    closed = open_folder / "closed"
    folder = closed / "portal"
    folder.mkdir(parents=True)
    closed.chmod(0o700)
    answer = Clone(folder).ask("SELECT 1")
    if os.geteuid() == 0:
        assert f"may not enter {closed}." in answer
        assert "DATABASE_URL" in answer
    else:  # PostgreSQL runs as the same user
        assert answer == "[(1,)]"
    assert closed.stat().st_mode & 0o777 == 0o700


def test_strict_umask_does_not_lock_the_server_out(clone: Clone) -> None:
    (clone.folder / "var").mkdir(mode=0o700)
    assert clone.ask("SELECT 1") == "[(1,)]"


def test_link_in_place_of_a_private_folder_is_refused(clone: Clone, tmp_path: Path) -> None:
    (clone.folder / "var/postgres").mkdir(parents=True)
    (clone.folder / "var/postgres/data").symlink_to(tmp_path)
    assert "remove it" in clone.ask("SELECT 1")


def test_unlucky_path_keeps_its_sockets_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_database, "HOME", Path("/srv") / ("x" * 120))
    assert len(str(embedded_database.socket_folder())) < embedded_database.LONGEST_SOCKET_PATH

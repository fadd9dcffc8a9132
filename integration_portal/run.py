"""Start the portal with everything it needs, and stop all of it together: `python -m integration_portal.run`.

The production application server on production settings; with `--developer` Django's development server.
"""

import argparse
import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

from accounts import demo
from common import embedded_database
from common.processes import end_with_parent
from integration_portal.loopback import is_loopback

ROOT = Path(__file__).resolve().parent.parent
# What manage.py in another shell must know as well.
REMEMBERED = ("PUBLIC_URL", "DEMO", "DEMO_PUBLIC", "EMAIL_URL", "DEFAULT_FROM_EMAIL")
LONGEST_STOP = 15  # seconds
LOOK_EVERY = 1.0  # seconds
WORKER = [sys.executable, "manage.py", "work"]
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stop(BaseException):
    """Somebody asked the portal to stop."""


class CannotStart(Exception):
    """The text says why the portal cannot start and what to do."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--developer", action="store_true")
    is_developer = arguments.parse_args().developer
    os.chdir(ROOT)
    if os.environ.get("MAKELEVEL"):
        end_with_parent(signal.SIGTERM)
    for asked_to_stop in STOP_SIGNALS:
        if (asked_to_stop, signal.getsignal(asked_to_stop)) != (signal.SIGHUP, signal.SIG_IGN):  # nohup
            signal.signal(asked_to_stop, _stop)
    try:
        os.environ.update(environment(os.environ, is_developer=is_developer))
        refuse_taken_port(os.environ["HOST"], int(os.environ["PORT"]))
        remember(os.environ)
        with embedded_database.running_unless_configured():
            prepare()
            serve(is_developer=is_developer)
    except (CannotStart, embedded_database.DatabaseUnavailable) as error:
        sys.exit(f"run: {error}")
    except Stop:
        print("\nStopped.", flush=True)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for asked_to_stop in STOP_SIGNALS:
        signal.signal(asked_to_stop, signal.SIG_IGN)
    raise Stop


def environment(given: Mapping[str, str], *, is_developer: bool) -> dict[str, str]:
    """The variables the portal is started with, from those that were given."""
    host, port = given.get("HOST") or "127.0.0.1", given.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {port}.")
    literal = f"[{host}]" if ":" in host else host
    public_url = given.get("PUBLIC_URL") or f"http://{_reachable_name(literal)}:{port}"
    variables = {
        "HOST": host,
        "PORT": port,
        "DEMO": given.get("DEMO") or "1",
        "PUBLIC_URL": public_url,
        "DEBUG": "1" if is_developer else "0",
    }
    is_open = not (is_loopback(host) and is_loopback(urlsplit(public_url).hostname or ""))
    if is_open and is_developer:
        raise CannotStart("The development server listens on this machine only (HOST=127.0.0.1).")
    if is_open and variables["DEMO"] == "1" and given.get("DEMO_PUBLIC") != "1":
        raise CannotStart(
            "The demonstration accounts have known passwords, so with them the portal listens on this machine only. "
            "DEMO=0 starts without them; DEMO_PUBLIC=1 opens the demonstration to others."
        )
    if host in EVERYWHERE and not given.get("PUBLIC_URL"):
        variables["ALLOWED_HOSTS"] = given.get("ALLOWED_HOSTS") or "*"  # whatever name this machine is reached by
    return variables


def _reachable_name(host: str) -> str:
    return socket.gethostname() if host.strip("[]") in EVERYWHERE else host


def refuse_taken_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
    except socket.gaierror:
        raise CannotStart(f"HOST={host} is not an address of this machine.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} on {host} is taken by another program. "
                f"Stop it, or choose another: make run PORT={port + 1}"
            ) from None
        raise CannotStart(f"Port {port} on {host} cannot be opened: {error.strerror}.") from None


def remember(variables: Mapping[str, str]) -> None:
    """Let manage.py commands in another shell see the portal as it is served."""
    file = ROOT / "var" / "portal.env"
    file.parent.mkdir(exist_ok=True)
    file.touch(mode=0o600)
    file.chmod(0o600)  # the mail server's password may be in it
    lines = [f"{name}={variables[name]}" for name in REMEMBERED if variables.get(name)]
    file.write_text("# Written by make run; not read where PUBLIC_URL is set.\n" + "\n".join(lines) + "\n")


def prepare() -> None:
    """Files, tables and data brought up to date, by a process of its own that gives its memory back."""
    outcome = _supervise([sys.executable, "manage.py", "prepare"])
    if outcome:
        sys.exit(outcome)


def serve(*, is_developer: bool) -> None:
    host = os.environ["HOST"]
    address = f"{f'[{host}]' if ':' in host else host}:{os.environ['PORT']}"
    if is_developer:
        outcome = _supervise([sys.executable, "manage.py", "runserver", address], announce=address, in_foreground=True)
    else:
        settings = "integration_portal/gunicorn_conf.py"
        server = [sys.executable, "-m", "gunicorn", "-c", settings, "-b", address, "integration_portal.wsgi"]
        outcome = _supervise(server, announce=address)
    raise CannotStart(f"The server ended by itself ({outcome}); what it said stands above.")


def _supervise(command: list[str], *, announce: str = "", in_foreground: bool = False) -> int:
    """Run the command until it ends, or until somebody asks us to stop; it never outlives us.

    What is announced is a server: beside it a worker delivers mail and does the duties, started anew when it ends.
    """
    process = _start(command, in_foreground=in_foreground)
    running = [process]
    try:
        if not announce:
            return process.wait()
        _wait_until_ready(announce, process)
        if process.poll() is None:
            _announce()
        while process.poll() is None:
            if running[-1] is process:
                running.append(_start(WORKER, ends_by=signal.SIGTERM))
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY)
            if running[-1].poll() is not None and process.poll() is None:
                print(f"The worker ended by itself ({running.pop().returncode}) and is started again.", flush=True)
                time.sleep(LOOK_EVERY)
        return process.returncode
    finally:
        _stop_all(running)


def _stop_all(running: list[subprocess.Popen[bytes]]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(
    command: list[str], *, in_foreground: bool = False, ends_by: signal.Signals = signal.SIGQUIT
) -> subprocess.Popen[bytes]:
    prepare_child = partial(_end_with_supervisor, os.getpid(), in_foreground=in_foreground, ends_by=ends_by)
    # Python's hooks around a fork swallow what a signal raises in them, so a signal waits until they are done.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        return subprocess.Popen(command, preexec_fn=prepare_child)  # noqa: PLW1509 - we have no threads
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _announce() -> None:
    print(f"\nThe portal is ready: {os.environ['PUBLIC_URL']}/   (Ctrl-C stops it)")
    if os.environ["DEMO"] == "1":
        print(f"\nSign-ins of the demonstration, all with the password {demo.PASSWORD}")
        for sign_in in demo.SIGN_INS:
            print(f"  {sign_in.email:<30} {sign_in.name}")
        if not os.environ.get("EMAIL_URL"):
            print(f"\nWhat the portal writes to people is kept on this machine: {os.environ['PUBLIC_URL']}/post/")
    print(flush=True)


def _end_with_supervisor(supervisor: int, *, in_foreground: bool, ends_by: signal.Signals) -> None:
    for asked_to_stop in STOP_SIGNALS:  # our own answer would only note a signal, and the new program forget it
        if signal.getsignal(asked_to_stop) != signal.SIG_IGN:
            signal.signal(asked_to_stop, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    if in_foreground:  # a debugger can read from the terminal
        end_with_parent(signal.SIGTERM, parent=supervisor)
    else:
        os.setpgid(0, 0)  # Ctrl-C reaches us alone, who stop the others in order
        # SIGQUIT ends the server at once: nobody would wait for running requests.
        end_with_parent(ends_by, parent=supervisor)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    wildcards = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - connected to, not bound
    host, _, port = address.rpartition(":")
    request = urllib.request.Request(
        f"http://{wildcards.get(host, host)}:{port}/healthz", headers={"Host": "localhost"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None:
        try:
            with opener.open(request, timeout=5):
                return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.05)


if __name__ == "__main__":
    main()

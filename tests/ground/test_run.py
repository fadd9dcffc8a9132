"""`make run` starts everything and stops everything, whatever way it ends."""

import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest
from dotenv import dotenv_values

from accounts import demo
from integration_portal import run
from integration_portal.loopback import is_loopback
from tests.ground.conftest import ROOT

LONGEST_START = 600  # seconds; the first start loads the municipalities, on a machine that may be busy
NOT_COPIED = (".git", ".venv", "var", "node_modules", "tests", "benchmarks", "__pycache__", ".*_cache", ".hypothesis")


class Portal:
    """A copy of the portal that is started as `make run` starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        self.port = free_port()

    def environment(self, **variables: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, "HOST": "127.0.0.1", "PORT": str(self.port), "DEMO": "0", **variables}

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "integration_portal.run", *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @contextlib.contextmanager
    def running(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        process = self.start(*arguments, **variables)
        try:
            self.wait_until_ready(process)
            yield process
        finally:
            process.terminate()
            self.said = process.communicate(timeout=60)[0]

    def wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            if process.poll() is not None:
                pytest.fail(f"The portal ended while starting: {process.communicate()[0]}")
            if self.status("/healthz") == 200:
                return
            time.sleep(0.05)
        pytest.fail("The portal did not get ready.")

    def status(self, path: str) -> int | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def page(self, path: str, **headers: str) -> tuple[str, Mapping[str, str]]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read().decode(errors="replace"), response.headers

    def manage(self, *arguments: str) -> str:
        """A command in another shell, where nothing of the running portal's environment is set."""
        environment = {
            name: value for name, value in self.environment().items() if name not in ("HOST", "PORT", "DEMO")
        }
        command = [sys.executable, "manage.py", *arguments]
        outcome = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout.strip()

    def processes(self) -> list[psutil.Process]:
        """All that works in this copy: supervisor, application server, worker, database, keeper."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if str(self.folder) in " ".join(process.cmdline()) or process.cwd().startswith(str(self.folder)):
                    found.append(process)
        return found

    def application_server(self) -> psutil.Process:
        servers = [process for process in self.processes() if "gunicorn" in process.cmdline()]
        return min(servers, key=lambda process: process.pid)

    def wait_for_worker(self, *, other_than: int = 0) -> psutil.Process:
        """The process that delivers mail and does the duties, once it has begun."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for process in self.processes():
                with contextlib.suppress(psutil.Error):
                    if process.cmdline()[-2:] == ["manage.py", "work"] and process.pid != other_than:
                        return process
            time.sleep(0.1)
        pytest.fail("There is no worker.")

    def ends_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < end:
            time.sleep(0.1)
        return not left


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    folder = Path(tempfile.mkdtemp(prefix="portal-run-"))
    folder.chmod(0o755)
    portal = Portal(folder / "clone")
    with portal.running():  # the first start, which all tests share
        assert portal.status("/readyz") == 200
        portal.manage(
            "shell", "-v0", "-c", "from accounts.models import User; User.objects.create_user('kept@example.org')"
        )
    yield portal
    assert portal.ends_within(30)
    shutil.rmtree(folder)


COUNT = "from accounts.models import User; print(User.objects.filter(email='kept@example.org').count())"


def test_data_survive_and_second_start_is_quick(portal: Portal) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with portal.running():
        assert portal.manage("shell", "-v0", "-c", COUNT) == "1"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, since other tests run beside; the command in another shell is in it too.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 15


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_everything_ends_with_the_portal(portal: Portal, how: signal.Signals) -> None:
    with portal.running() as process:
        process.send_signal(how)
        assert portal.ends_within(30)
    assert portal.status("/healthz") is None


def ended_by(program: str) -> int:
    """The return code of a process that did this with the names of `integration_portal.run`."""
    beginning = "import os, signal; from integration_portal import run; from integration_portal.run import *; "
    return subprocess.run([sys.executable, "-c", beginning + program], cwd=ROOT, check=False, timeout=60).returncode


def test_child_of_a_parent_that_has_ended_already_ends_too() -> None:
    assert ended_by(f"end_with_parent(signal.SIGTERM, parent={os.getpid()}); os._exit(0)") == 0
    assert ended_by("end_with_parent(signal.SIGTERM, parent=1); os._exit(0)") == -signal.SIGTERM


def test_child_is_not_deaf_to_a_signal_before_its_program_has_begun() -> None:
    child = "run._end_with_supervisor(os.getppid(), in_foreground=False, ends_by=signal.SIGTERM)"
    noted = "[signal.signal(number, run._stop) for number in STOP_SIGNALS]"
    assert ended_by(f"{noted}; {child}; os.kill(os.getpid(), signal.SIGTERM)") == -signal.SIGTERM


def test_child_of_a_portal_that_outlives_its_terminal_does_so_too() -> None:
    child = "run._end_with_supervisor(os.getppid(), in_foreground=False, ends_by=signal.SIGTERM)"
    assert ended_by(f"signal.signal(signal.SIGHUP, signal.SIG_IGN); {child}; os.kill(os.getpid(), signal.SIGHUP)") == 0


def test_worker_runs_beside_and_is_started_anew(portal: Portal) -> None:
    with portal.running():
        worker = portal.wait_for_worker()
        end = time.monotonic() + 60
        while portal.status("/readyz?strict") != 200 and time.monotonic() < end:
            time.sleep(0.2)
        assert portal.status("/readyz?strict") == 200
        worker.kill()
        portal.wait_for_worker(other_than=worker.pid)
        assert portal.status("/healthz") == 200
    assert portal.ends_within(30)


def test_everything_ends_with_a_killed_application_server(portal: Portal) -> None:
    with portal.running() as process:
        portal.application_server().kill()
        assert "ended by itself" in process.communicate(timeout=60)[0]
        assert process.returncode == 1
    assert portal.ends_within(30)


def test_worker_takes_less_than_100_megabytes(portal: Portal) -> None:
    with portal.running():
        for _ in range(20):
            assert portal.status("/kommunen/?q=Lage") == 200
        for worker in portal.application_server().children():
            assert worker.memory_info().rss < 100_000_000


def test_demonstration_says_where_it_is_and_who_may_sign_in(portal: Portal) -> None:
    key = (portal.folder / "var/secret_key").read_text()
    portal.manage("shell", "-v0", "-c", "from accounts.models import User; User.objects.all().delete()")
    with portal.running(DEMO="1"):
        start, _ = portal.page("/")
        sign_in, _ = portal.page("/konto/anmelden/")
        [stylesheet] = set(re.findall(r"/static/portal/portal\.[0-9a-f]{12}\.css", start))
        _, headers = portal.page(stylesheet, **{"Accept-Encoding": "gzip"})
    assert "Kreis Lippe" in start
    assert headers["Content-Encoding"] == "gzip"
    assert "immutable" in headers["Cache-Control"]
    assert f"http://127.0.0.1:{portal.port}/" in portal.said
    for account in demo.SIGN_INS:
        assert account.email in portal.said
        assert account.email in sign_in
    assert (portal.folder / "var/secret_key").read_text() == key


def test_developers_get_the_toolbar_and_errors_in_full(portal: Portal) -> None:
    with portal.running("--developer", DEMO="1"):
        start, _ = portal.page("/")
        with pytest.raises(urllib.error.HTTPError) as missing:
            portal.page("/gibt-es-nicht/")
    assert 'id="djDebug"' in start
    assert "DEBUG = True" in missing.value.read().decode()
    assert portal.ends_within(30)


def test_taken_port_gets_one_line(portal: Portal) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        output, _ = portal.start(PORT=str(port)).communicate(timeout=60)
    assert output.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 is taken" in output


@pytest.mark.parametrize(
    "address", ["postgres://nobody:secret@127.0.0.1:1/portal", "nonsense", "sqlite:///portal.db", "postgres://"]
)
def test_wrong_database_gets_one_line(portal: Portal, address: str) -> None:
    process = portal.start(DATABASE_URL=address)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output.count("\n") == 1, output
    assert "DATABASE_URL" in output
    assert "secret" not in output


def test_demonstration_stays_on_this_machine() -> None:
    with pytest.raises(run.CannotStart, match="DEMO_PUBLIC=1"):
        run.environment({"HOST": "0.0.0.0"}, is_developer=False)


def test_demonstration_behind_a_public_address_is_refused_too() -> None:
    with pytest.raises(run.CannotStart, match="DEMO_PUBLIC=1"):
        run.environment({"PUBLIC_URL": "https://portal.example.org"}, is_developer=False)


def test_demonstration_can_be_opened_on_purpose() -> None:
    variables = run.environment({"HOST": "192.0.2.7", "DEMO_PUBLIC": "1"}, is_developer=False)
    assert variables["PUBLIC_URL"] == "http://192.0.2.7:8000"


def test_open_demonstration_answers_by_any_name() -> None:
    variables = run.environment({"HOST": "0.0.0.0", "DEMO_PUBLIC": "1"}, is_developer=False)
    assert variables["PUBLIC_URL"] == f"http://{socket.gethostname()}:8000"
    assert variables["ALLOWED_HOSTS"] == "*"


def test_portal_without_demonstration_may_listen_everywhere() -> None:
    given = {"HOST": "0.0.0.0", "DEMO": "0", "PUBLIC_URL": "https://portal.example.org"}
    assert run.environment(given, is_developer=False)["DEMO"] == "0"


def test_development_server_stays_on_this_machine() -> None:
    with pytest.raises(run.CannotStart, match="this machine only"):
        run.environment({"HOST": "0.0.0.0", "DEMO_PUBLIC": "1"}, is_developer=True)


def test_commands_in_another_shell_know_the_mail_server_and_nobody_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    address = "submission://portal:ge%40heim@mail.example.org"
    run.remember({"PUBLIC_URL": "http://127.0.0.1:8000", "EMAIL_URL": address})
    file = tmp_path / "var" / "portal.env"
    assert dotenv_values(file)["EMAIL_URL"] == address
    assert file.stat().st_mode & 0o077 == 0


def test_defaults() -> None:
    variables = run.environment({}, is_developer=False)
    assert variables == {
        "HOST": "127.0.0.1",
        "PORT": "8000",
        "DEMO": "1",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "DEBUG": "0",
    }


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000.5"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(run.CannotStart, match="PORT"):
        run.environment({"PORT": port}, is_developer=False)


def test_unknown_host_is_refused() -> None:
    with pytest.raises(run.CannotStart, match="not an address of this machine"):
        run.refuse_taken_port("host.invalid", 8000)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True), ("[::1]", True), ("0.0.0.0", False),
     ("192.0.2.1", False), ("portal.example.org", False), ("localhost.example.org", False)],
)  # fmt: skip
def test_only_this_machines_addresses_are_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected

"""The production server, started as `make run` starts it, and what it uses."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from benchmarks.client import HOST
from common.processes import end_with_parent

WORKERS = 2


class Server:
    def __init__(self, port: int, process: psutil.Process) -> None:
        self.port, self.process = port, process

    @property
    def workers(self) -> list[psutil.Process]:
        return self.process.children()

    def cpu_seconds(self) -> float:
        """What the workers have used since they started."""
        return sum(times.user + times.system for times in (worker.cpu_times() for worker in self.workers))

    def memory(self) -> list[int]:
        """Resident megabytes of each worker."""
        return [round(worker.memory_info().rss / 1e6) for worker in self.workers]


@contextmanager
def serving(port: int) -> Iterator[Server]:
    """With the settings of `make run`, but for one: a worker that is replaced takes its CPU count with it."""
    command = [
        sys.executable, "-m", "gunicorn", "-c", "integration_portal/gunicorn_conf.py",
        "-b", f"{HOST}:{port}", "--max-requests", "0", "--max-requests-jitter", "0", "integration_portal.wsgi",
    ]  # fmt: skip
    environment = {**os.environ, "WORKERS": str(WORKERS)}
    process = subprocess.Popen(  # no thread of ours runs yet
        command,
        env=environment,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509
    )
    try:
        _wait_until_ready(port, process)
        yield Server(port, psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            connection = http.client.HTTPConnection(HOST, port, timeout=1)
            connection.request("GET", "/bare/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer within 30 seconds")

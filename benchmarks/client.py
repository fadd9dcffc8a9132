"""Asks a server on this machine for pages and measures the answers."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

HOST = "127.0.0.1"
TIMEOUT = 30


@dataclass
class Answers:
    """What came back: seconds each request took, bytes of the last answer, and every unexpected status."""

    seconds: list[float] = field(default_factory=list)
    duration: float = 0.0
    size: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.seconds) * 1000

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return statistics.quantiles(self.seconds, n=20)[-1] * 1000

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.duration


def ask(port: int, path: str, *, status: int = 200, cookie: str = "", requests: int, clients: int = 1) -> Answers:
    """Send so many requests, shared among so many clients that ask one after the other."""
    answers = Answers()
    headers = {"Accept-Encoding": "gzip", "Accept": "text/html"} | ({"Cookie": cookie} if cookie else {})

    def run(count: int) -> None:
        with closing(http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)) as connection:
            for _ in range(count):
                started = time.perf_counter()
                try:
                    connection.request("GET", path, headers=headers)
                    answer = connection.getresponse()
                    body = answer.read()
                except (OSError, http.client.HTTPException) as error:
                    connection.close()
                    answers.failures.append(repr(error))
                    continue
                answers.seconds.append(time.perf_counter() - started)
                answers.size = len(body)
                if answer.status != status:
                    answers.failures.append(f"{path}: {answer.status} instead of {status}")

    threads = [threading.Thread(target=run, args=[requests // clients]) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.duration = time.perf_counter() - started
    return answers


@contextmanager
def sampled(probe: Callable[[], int], pause: float = 0.05) -> Iterator[list[int]]:
    """Ask the probe again and again while the block runs; the list holds what it said."""
    values: list[int] = []
    over = threading.Event()

    def run() -> None:
        while not over.wait(pause):
            values.append(probe())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield values
    finally:
        over.set()
        thread.join()

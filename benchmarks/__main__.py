"""Builds a large data set in a database of its own, serves it, and prints what each page costs: `make bench`."""

import argparse
import datetime
import os
import platform
import socket
import sys
import time
from contextlib import closing
from pathlib import Path

DATABASE = "portal_benchmark"
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="measure on the data set of the last run; write no result")
    parser.add_argument("--only", default="", help="measure only pages whose name contains this; write no result")
    options = parser.parse_args()
    port = _free_port()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "EMBEDDED_DATABASE_NAME": DATABASE,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DEBUG": "0",
        "DEMO": "0",
    }
    os.environ.pop("DATABASE_URL", None)

    from common import embedded_database

    with embedded_database.running():
        lines = _run(port, keep=options.keep, only=options.only)
    if not (options.keep or options.only):
        result = RESULTS / f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}.md"
        RESULTS.mkdir(exist_ok=True)
        result.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"\nWritten to {result}")


def _run(port: int, *, keep: bool, only: str) -> list[str]:
    import django

    from benchmarks import building

    if not keep:
        building.empty_database(DATABASE)
    django.setup()

    from benchmarks import forums, forums_data, measuring, services
    from benchmarks.mail import measure_mail
    from benchmarks.pages import Page
    from benchmarks.server import WORKERS, serving
    from common.periods import today

    lines: list[str] = []

    def say(line: str = "") -> None:
        print(line, flush=True)
        lines.append(line)

    say(f"# Benchmark of {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC")
    say()
    say(
        f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f} before the start, "
        f"Python {platform.python_version()}, Django {django.get_version()}, {WORKERS} workers."
    )
    say()
    queries_with_one: dict[Page, int] = {}
    requests_with_one: dict[str, int] = {}
    if not keep:
        building.prepare()
        say("## Data")
        say()
        for line in building.load_places():
            say(f"- {line}")
        building.first_office(today())
        queries_with_one = measuring.count_queries()
        started = time.perf_counter()
        building.other_offices(today())
        say(f"- data set of {building.size()}: built in {time.perf_counter() - started:.1f} s")
        started = time.perf_counter()
        forums_data.build(today())
        say(f"- forums: built in {time.perf_counter() - started:.0f} s")
        requests_with_one = services.build(say)
        say()
    queries = measuring.count_queries()
    with serving(port) as server:
        measuring.measure_pages(server, queries_with_one, queries, only, say)
        if not only:
            measuring.measure_absences(server, say)
            measuring.measure_overload(server, say)
            forums.measure_forums(server, say)
            services.measure_services(server, requests_with_one, say)
    if not only:
        forums.measure_writes(say)
        services.measure_writes(say)
        measuring.measure_lookup(say)
        measure_mail(say)
    return lines


def _free_port() -> int:
    with closing(socket.socket()) as any_free:
        any_free.bind(("127.0.0.1", 0))
        return any_free.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())

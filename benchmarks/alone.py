"""One part of the portal measured alone, on a large data set in a database of its own."""

import argparse
import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

WRITES = 60

Say = Callable[[str], None]


def run(
    part: str,
    about: str | None,
    build: Callable[[Say], Any],
    measure: Callable[[Any, Any, Say, str], None],
    measure_writes: Callable[[Say], None],
) -> None:
    """`python -m benchmarks.<part>`: build what the part needs, ask its pages of a server, then write.

    `build` gives what `measure` gets beside the server; None where the data of the last run are kept.
    """
    from benchmarks.__main__ import DATABASE, RESULTS, _free_port

    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{part}", description=about)
    parser.add_argument("--keep", action="store_true", help="measure on the data set of the last run; write no result")
    parser.add_argument("--only", default="", help="measure only pages whose name contains this; write no result")
    parser.add_argument("--quick", action="store_true", help="ask for each page 20 times in one round")
    options = parser.parse_args()
    port = _free_port()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "EMBEDDED_DATABASE_NAME": f"{DATABASE}_{part}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DEBUG": "0",
        "DEMO": "0",
    }
    os.environ.pop("DATABASE_URL", None)
    lines: list[str] = []

    def say(line: str = "") -> None:
        print(line, flush=True)
        lines.append(line)

    from common import embedded_database

    with embedded_database.running():
        import django

        from benchmarks import building

        if not options.keep:
            building.empty_database(os.environ["EMBEDDED_DATABASE_NAME"])
        django.setup()
        from benchmarks import measuring
        from benchmarks.server import WORKERS, serving
        from common.periods import today

        if options.quick:
            measuring.ROUNDS, measuring.ONE_BY_ONE, measuring.AT_ONCE, measuring.WARM_UP = 1, 20, 20, 4
        now = datetime.datetime.now(datetime.UTC)
        building.prepare()
        say(f"# Benchmark of {now:%Y-%m-%d %H:%M} UTC, {part} alone")
        say()
        say(
            f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f} before the start, "
            f"Python {platform.python_version()}, Django {django.get_version()}, {WORKERS} workers."
        )
        say()
        built = None
        if not options.keep:
            next(building.load_places())
            building.first_office(today())
            building.other_offices(today())
            built = build(say)
            say()
        with serving(port) as server:
            measure(server, built, say, options.only)
        if not options.only:
            measure_writes(say)
    if not (options.keep or options.only):
        (RESULTS / f"{now:%Y-%m-%d}-{part}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure_verbs(verbs: Iterable[tuple[str, Callable[[int], Any]]], how: str, say: Say) -> None:
    """Call each verb with the numbers from 0 on, and say how long it took."""
    say("### Writes")
    say("")
    say(how)
    say("")
    say("| what | median ms | p95 ms |")
    say("|---|---|---|")
    for name, verb in verbs:
        took = []
        for number in range(WRITES):
            started = time.perf_counter()
            verb(number)
            took.append((time.perf_counter() - started) * 1000)
        say(f"| {name} | {statistics.median(took):.1f} | {statistics.quantiles(took, n=20)[-1]:.1f} |")
    say("")

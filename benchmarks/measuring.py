"""Counts queries, times answers, and compares each page with the bare one, in turns."""

import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.building import absences_aside
from benchmarks.client import Answers, ask, sampled
from benchmarks.pages import BARE, Page, lookups, pages
from benchmarks.server import Server
from municipalities.models import Municipality

ROUNDS = 3
ABSENCE_ROUNDS = 5  # two answers that hardly differ, told apart from noise
MOST_BY_ABSENCES = 1.1  # times the CPU
WARM_UP, ONE_BY_ONE, AT_ONCE, CLIENTS = 10, 40, 80, 4
OVERLOAD_REQUESTS, OVERLOAD_CLIENTS = 2_560, 64
ANEW = "made=anew"  # a cookie that means nothing: pages for visitors are kept for requests without one only

Say = Callable[[str], None]


class Way(NamedTuple):
    """How a page is asked for, and by how many queries it is answered then."""

    name: str
    cookie: str
    queries: int
    shown: str


def count_queries(asked: Iterable[Page] | None = None) -> dict[Page, int]:
    counts = {}
    for page in pages() if asked is None else asked:
        client = Client(SERVER_NAME="127.0.0.1")
        client.cookies.load(cookie(page.role) or ANEW)
        client.get(page.path)  # the first request may fill caches of the process
        with CaptureQueriesContext(connection) as queries:
            client.get(page.path)
        counts[page] = len(queries)
    return counts


def cookie(role: str) -> str:
    """A session of the first office's account with that role; none for visitors."""
    if not role:
        return ""
    user = User.objects.get(email__startswith=f"{role}@stelle-1.")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def measure_pages(server: Server, with_one: dict[Page, int], with_all: dict[Page, int], only: str, say: Say) -> None:
    say("## Pages")
    say("")
    say(
        f"Median and 95th percentile of {ROUNDS * ONE_BY_ONE} requests one by one; requests per second with {CLIENTS} "
        "clients on the same machine; CPU is what the workers used per request. "
        f"The ratio is CPU to that of the bare page, measured in turns: median, and in brackets all {ROUNDS} rounds. "
        "Pages for visitors are measured twice: made anew for each request, as the first visitor after any change gets "
        "them, and kept, as those get them who follow while nothing in the database has changed. "
        "The bare page is always made anew."
    )
    say("")
    say("| page | queries (one office) | median ms | p95 ms | requests/s | CPU ms | bare CPU ms | ratio | aim | kB |")
    say("|---|---|---|---|---|---|---|---|---|---|")
    medians: dict[str, float] = {}
    for page in pages():
        if only.casefold() not in page.name.casefold():
            continue
        shown = f"{with_all[page]}" + (f" ({with_one[page]})" if with_one else "")
        ways = [Way(page.name, cookie(page.role) or ANEW, with_all[page], shown)]
        if not page.role:
            ways.append(Way(f"{page.name}, kept", "", 1, "1"))
        for way in ways:
            medians[way.name] = measure_page(server, page, way, say)
    say("")
    for kind in ("", ", kept"):
        names = (f"Lookup: exact name{kind}", f"Town{kind}")
        if all(name in medians for name in names):
            total = sum(medians[name] for name in names)
            say(
                f"- From an exact name to the contact (lookup, redirect, town page){kind}: {total:.1f} ms "
                "(aim: under 10)."
            )
    if with_one:
        differing = [page.name for page in with_all if with_all[page] != with_one[page]]
        say(f"- Pages with another number of queries for 400 offices than for one: {', '.join(differing) or 'none'}.")
    say(f"- Memory of the workers: {', '.join(f'{megabytes} MB' for megabytes in server.memory())} (aim: under 100).")
    say("")


def measure_page(server: Server, page: Page, way: Way, say: Say) -> float:
    """Say what the page takes; gives back its median in milliseconds."""
    rounds = []
    for _ in range(ROUNDS):
        bare = _round(server, Page("Bare", BARE), ANEW)
        rounds.append((bare, _round(server, page, way.cookie)))
    costs = [cost for _, (_, _, cost) in rounds]
    ratios = [cost / bare_cost for (_, _, bare_cost), (_, _, cost) in rounds]
    singles = Answers([second for _, (single, _, _) in rounds for second in single.seconds])
    ratio = statistics.median(ratios)
    say(
        f"| {way.name} | {way.shown} | {singles.median:.1f} | {singles.p95:.1f} "
        f"| {statistics.median(many.per_second for _, (_, many, _) in rounds):.0f} "
        f"| {statistics.median(costs):.2f} | {statistics.median(bare[2] for bare, _ in rounds):.2f} "
        f"| {ratio:.2f} ({', '.join(f'{one:.2f}' for one in ratios)}) "
        f"| {_aims(page, ratio, way.queries, singles.median)} | {rounds[0][1][0].size / 1000:.1f} |"
    )
    return singles.median


def _round(server: Server, page: Page, cookies: str) -> tuple[Answers, Answers, float]:
    """One by one, at once, and the workers' CPU milliseconds per request."""
    to_page = {"port": server.port, "path": page.path, "status": page.status, "cookie": cookies}
    ask(**to_page, requests=WARM_UP)
    before = server.cpu_seconds()
    single = ask(**to_page, requests=ONE_BY_ONE)
    many = ask(**to_page, requests=AT_ONCE, clients=CLIENTS)
    cost = (server.cpu_seconds() - before) * 1000 / (ONE_BY_ONE + AT_ONCE)
    for failure in {*single.failures, *many.failures}:
        raise RuntimeError(failure)
    return single, many, cost


def _aims(page: Page, ratio: float, queries: int, median: float) -> str:
    aims = [(f"{page.most_ms} ms", median <= page.most_ms)]
    if page.most_cpu:
        aims.append((f"{page.most_cpu}×", ratio <= page.most_cpu))
    if page.most_queries:
        aims.append((f"{page.most_queries} queries", queries <= page.most_queries))
    return ", ".join(f"{aim} {'met' if met else '**missed**'}" for aim, met in aims)


def measure_absences(server: Server, say: Say) -> None:
    """What the absences cost the pages that show who stands in, with and without them in turns."""
    say("## Absences")
    say("")
    for page in pages():
        if page.name not in ("Town", "Directory by town"):
            continue
        ratios = []
        for _ in range(ABSENCE_ROUNDS):
            with_absences = _round(server, page, ANEW)[2]
            with absences_aside():
                ratios.append(with_absences / _round(server, page, ANEW)[2])
        ratio = statistics.median(ratios)
        say(
            f"- {page.name}: {ratio:.2f} times the CPU that it takes without any absence "
            f"({', '.join(f'{one:.2f}' for one in ratios)}; aim: {MOST_BY_ABSENCES}, "
            f"{'met' if ratio <= MOST_BY_ABSENCES else '**missed**'})."
        )
    say("")


def measure_overload(server: Server, say: Say) -> None:
    [town] = [page for page in pages() if page.name == "Town"]
    connection.close()  # ours would be counted
    with sampled(_connections) as counts:
        answers = ask(server.port, town.path, cookie=ANEW, requests=OVERLOAD_REQUESTS, clients=OVERLOAD_CLIENTS)
    say("## Overload")
    say("")
    say(
        f"- {OVERLOAD_CLIENTS} clients at once on the town page, made anew for each: "
        f"{answers.per_second:.0f} requests/s, median {answers.median:.0f} ms, p95 {answers.p95:.0f} ms, "
        f"{len(answers.failures)} failures of {OVERLOAD_REQUESTS}."
    )
    say(f"- Database connections of the server meanwhile: at most {max(counts)}.")
    say(f"- Memory of the workers afterwards: {', '.join(f'{megabytes} MB' for megabytes in server.memory())}.")
    say("")


def _connections() -> int:
    """How many the server holds; ours is not counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def measure_lookup(say: Say) -> None:
    """The lookup's time in the database, as this process sees it, over the queries kept beside its tests."""
    spent: list[float] = []

    def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent[-1] += time.perf_counter() - started

    texts = lookups()
    with connection.execute_wrapper(timed):
        for text in texts:
            spent.append(0.0)
            list(Municipality.objects.search(text))
    say("## Lookup")
    say("")
    say(
        f"- {len(spent)} lookups of all kinds: {statistics.median(spent) * 1000:.1f} ms median in the database, "
        f"{statistics.quantiles(spent, n=20)[-1] * 1000:.1f} ms p95 (aim: median under 5)."
    )

"""Erases 100,000 people whose time is over while the server answers: `python -m benchmarks.purge`."""

import datetime
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.client import HOST, Answers, ask, sampled

PEOPLE, WITH_ASSIGNMENT, WITH_ACCOUNT = 100_000, 4, 10  # every fourth was responsible, every tenth had an account
ADDED_AT_ONCE = 5_000
PAGES = {
    "Town": "/kommunen/05766024/",
    "Directory by person": "/ansprechpersonen/?nach=person",
    "Search": "/suche/?q=Muster",
}
BEFORE = 60  # requests of each page
LONGEST = 1_000  # milliseconds that one batch may hold its locks

Say = Callable[[str], None]


def build(on: datetime.date) -> None:
    """People who left the first office five years ago, and nobody touched since."""
    from accounts.models import User
    from common.periods import ONE_DAY, period
    from contacts.models import Assignment, ContactPerson, Office, Person
    from municipalities.models import Municipality

    chance = random.Random(20261124)
    office = Office.objects.order_by("pk")[0]
    towns = list(Municipality.objects.filter(district__ags="05766"))
    over = period(on - 3_000 * ONE_DAY, on - 1_900 * ONE_DAY)
    then = datetime.datetime.combine(on - 1_900 * ONE_DAY, datetime.time(), tzinfo=datetime.UTC)
    for start in range(0, PEOPLE, ADDED_AT_ONCE):
        numbers = range(start, start + ADDED_AT_ONCE)
        users = User.objects.bulk_create(
            User(email=f"ehemals-{number}@example.org", name=f"Ehemals {number}", password="!")
            for number in numbers[::WITH_ACCOUNT]
        )
        people = Person.objects.bulk_create(
            Person(
                given_name="Ehemals",
                family_name=f"Beispiel-{number}",
                email=f"ehemals-{number}@example.org",
                phone="030 23125-000",
                changed_at=then,
                user=users[(number - start) // WITH_ACCOUNT] if number % WITH_ACCOUNT == 0 else None,
            )
            for number in numbers
        )
        posts = ContactPerson.objects.bulk_create(
            ContactPerson(person=person, office=office, function="Koordination", period=over) for person in people
        )
        Assignment.objects.bulk_create(
            Assignment(
                contact_person=post,
                office=office,
                municipality=chance.choice(towns),
                role=Assignment.Role.DEPUTY,
                valid=over,
            )
            for post in posts[::WITH_ASSIGNMENT]
        )
        User.objects.filter(pk__in=[user.pk for user in users]).update(created_at=then)


def measure_purge(port: int, say: Say) -> None:
    from django.db import connection

    from contacts.models import Assignment, Person

    before = {name: Answers() for name in PAGES}
    for number in range(BEFORE):
        _ask_each(port, before, number)
    known, kept = Person.objects.count(), Assignment.objects.count()
    meanwhile = {name: Answers() for name in PAGES}
    connection.close()
    started = time.perf_counter()
    command = [sys.executable, "manage.py", "purge_personal_data"]
    with sampled(_longest_transaction) as ages:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as purge:
            number = BEFORE
            while purge.poll() is None:
                _ask_each(port, meanwhile, number)
                number += 1
            problems = purge.stderr.read() if purge.stderr and purge.returncode else ""
        seconds = time.perf_counter() - started
    assert not problems, problems
    gone = known - Person.objects.unerased().count()
    failures = [failure for answers in meanwhile.values() for failure in answers.failures]
    asked = sum(len(answers.seconds) for answers in meanwhile.values())
    longest = max(ages, default=0)
    say("## Purge")
    say("")
    say(
        f"- {gone:,} people erased by `purge_personal_data` in {seconds:.0f} s ({gone / seconds:.0f} a second), "
        f"{PEOPLE // WITH_ASSIGNMENT:,} of them with past responsibilities, {PEOPLE // WITH_ACCOUNT:,} with an "
        f"account; all {Assignment.objects.count():,} of {kept:,} responsibilities stay."
    )
    say(
        f"- Longest transaction of the purge, sampled {len(ages)} times: {longest} ms "
        f"(aim: under {LONGEST}, {'met' if longest < LONGEST else '**missed**'})."
    )
    say(
        f"- {asked} pages asked for meanwhile, one after the other: {len(failures)} failures "
        f"({'met' if not failures else '**missed**'})."
    )
    say("")
    say("| page | before: median ms | p95 ms | meanwhile: median ms | p95 ms | slowest ms |")
    say("|---|---|---|---|---|---|")
    for name, answers in meanwhile.items():
        say(
            f"| {name} | {before[name].median:.1f} | {before[name].p95:.1f} | {answers.median:.1f} "
            f"| {answers.p95:.1f} | {max(answers.seconds) * 1000:.0f} |"
        )


def _ask_each(port: int, answers: dict[str, Answers], number: int) -> None:
    """Ask for each page once, at an address that is new each time: no worker keeps it ready."""
    for name, path in PAGES.items():
        more = ask(port, f"{path}{'&' if '?' in path else '?'}nr={number}", requests=1)
        answers[name].seconds += more.seconds
        answers[name].failures += more.failures


def _longest_transaction() -> int:
    """Milliseconds since the oldest transaction that changes something began."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(extract(epoch FROM now() - xact_start) * 1000), 0)::int FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_xid IS NOT NULL"
        )
        return cursor.fetchone()[0]


@contextmanager
def _database(name: str) -> Iterator[None]:
    import django

    from benchmarks import building
    from common import embedded_database

    with embedded_database.running():
        building.empty_database(name)
        django.setup()
        building.prepare()
        yield


def main() -> None:
    from benchmarks.__main__ import DATABASE, RESULTS, _free_port

    port = _free_port()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "EMBEDDED_DATABASE_NAME": f"{DATABASE}_purge",
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "DEBUG": "0",
        "DEMO": "0",
    }
    os.environ.pop("DATABASE_URL", None)
    lines: list[str] = []
    with _database(os.environ["EMBEDDED_DATABASE_NAME"]):
        from benchmarks import building, dataset
        from benchmarks.server import WORKERS, serving
        from common.periods import today

        now = datetime.datetime.now(datetime.UTC)
        next(building.load_places())
        building.first_office(today())
        building.other_offices(today())
        started = time.perf_counter()
        build(today())
        dataset.analyse()
        building_took = time.perf_counter() - started
        import django

        lines.append(f"# Benchmark of {now:%Y-%m-%d %H:%M} UTC, purge alone\n")
        lines.append(
            f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f} before the start, "
            f"Python {platform.python_version()}, Django {django.get_version()}, {WORKERS} workers. "
            f"Data set of {building.size()}; {PEOPLE:,} of these people left five years ago (entered in "
            f"{building_took:.0f} s).\n"
        )
        with serving(port):
            measure_purge(port, lines.append)
    print("\n".join(lines))
    (RESULTS / f"{now:%Y-%m-%d}-purge.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

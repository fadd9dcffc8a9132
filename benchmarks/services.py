"""Measures requests, their figures and submission on a large data set. By itself: `python -m benchmarks.services`."""

import http.client
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from benchmarks import alone
from benchmarks.alone import WRITES, Say

LONGEST_SUBMISSION = 100  # milliseconds


def pages() -> Iterator[Any]:
    """Each page that is there, asked for by those who use it: the first office's, of Dörentrup and its town hall."""
    from django.db import connection
    from django.urls import NoReverseMatch, reverse

    from benchmarks import services_data
    from benchmarks.pages import LONGEST_MEDIAN, Page
    from common.periods import today
    from contacts.models import Office

    office = Office.objects.order_by("pk")[0]
    row = services_data.long_one()
    offering = office.offerings.order_by("pk")[0]
    connection.close()
    year = today().year - 1
    coordinator, town_hall = ("coordinator",), ("town_hall",)
    of_request, of_offering, of_town = {"reference": row.reference}, {"pk": offering.pk}, {"ags": "05766024"}
    of_office = f"stelle={office.slug}&"
    wanted: list[tuple[str, str, dict[str, Any], str, tuple[str, ...]]] = [
        # name, URL name, arguments, query, roles
        ("Catalogue", "offerings", {}, "", ("", *coordinator)),
        ("Offering", "offering", of_offering, "", ("", *coordinator)),
        *(
            (f"Inbox: {view}", "requests", {}, f"?ansicht={view}", coordinator)
            for view in ("meine", "offen", "nicht-zugewiesen", "ueberfaellig", "wartet", "alle")
        ),
        ("Inbox: all, last page", "requests", {}, "?ansicht=alle&seite=50", coordinator),
        ("Inbox: by a word", "requests", {}, "?ansicht=alle&q=sprachkurs", coordinator),
        ("Inbox: by two words", "requests", {}, "?ansicht=offen&q=wohnraum+doerentrup", coordinator),
        ("Request, 25 entries", "request", of_request, "", coordinator + town_hall),
        ("Own requests", "own_requests", {}, "", town_hall),
        ("Form of a request", "ask", of_offering, "", ("", *town_hall)),
        ("Deliveries", "deliveries", {}, "", coordinator),
        ("Figures of a year", "figures", {}, f"?{of_office}jahr={year}", coordinator),
        ("Figures of a quarter", "figures", {}, f"?{of_office}jahr={year}&quartal=2", coordinator),
        ("Reports", "reports", {}, "", coordinator),
        ("Town", "municipality", of_town, "", ("", *coordinator, *town_hall)),
        ("Start", "start", {}, "", ("", *coordinator, *town_hall, "lead")),
        ("Site search: a number", "site_search", {}, f"?q={row.reference}", coordinator + town_hall),
        ("Site search: frequent word", "site_search", {}, "?q=integration", ("", *coordinator, *town_hall)),
        ("Site search: rare word", "site_search", {}, "?q=netzwerkmesse", coordinator + town_hall),
        ("Site search: nothing", "site_search", {}, "?q=xqzvw", coordinator),
    ]
    for name, url, kwargs, query, roles in wanted:
        for role in roles:
            try:
                path = reverse(url, kwargs=kwargs) + query
            except NoReverseMatch:
                break
            yield Page(f"{name}, {role or 'visitor'}", path, role=role, most_ms=LONGEST_MEDIAN)


def build(say: Say) -> dict[str, int]:
    """Build the requests of all offices; gives how many queries each page took when there were those of one alone."""
    from benchmarks import dataset, measuring, services_data
    from common.periods import today

    services_data.build(today(), offices=1)
    with_one = {page.name: count for page, count in measuring.count_queries(pages()).items()}
    started = time.perf_counter()
    services_data.build(today(), offices=dataset.OFFICES)
    say(f"- requests: built in {time.perf_counter() - started:.0f} s")
    return with_one


def measure_services(server: Any, with_one: dict[str, int], say: Say, only: str = "") -> None:
    from benchmarks import measuring
    from benchmarks.services_data import size

    measured = [page for page in pages() if only.casefold() in page.name.casefold()]
    queries = measuring.count_queries(measured)
    say("## Services")
    say("")
    say(
        f"{size()}. Built with triggers set aside: no history, no versions, no promises checked by triggers. Pages are "
        f"made anew for each request; median of {measuring.ROUNDS * measuring.ONE_BY_ONE} one by one, in turns with "
        "the bare page; CPU is what the workers used per request."
    )
    say("")
    say("| page | queries (one office) | median ms | p95 ms | requests/s | CPU ms | bare CPU ms | ratio | aim | kB |")
    say("|---|---|---|---|---|---|---|---|---|---|")
    for page in measured:
        shown = f"{queries[page]}" + (f" ({with_one[page.name]})" if page.name in with_one else "")
        way = measuring.Way(page.name, measuring.cookie(page.role) or measuring.ANEW, queries[page], shown)
        measuring.measure_page(server, page, way, say)
    say("")
    if with_one:
        differing = [page.name for page in measured if queries[page] != with_one.get(page.name)]
        say(
            "- Pages with another number of queries where 400 offices have requests than where one has: "
            f"{', '.join(differing) or 'none'}."
        )
    if not only:
        measure_export(server, say)
        measure_submissions(server, say)


class _HiddenInputs(HTMLParser):
    """The hidden fields of a page's form, the last of each name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "input" and known.get("type") == "hidden":
            self.found[known["name"] or ""] = known.get("value") or ""


def measure_submissions(server: Any, say: Say) -> None:
    """The town hall's form, sent to the production server; once more where it showed similar requests first."""
    from django.urls import reverse

    from benchmarks import measuring, services_data
    from benchmarks.client import HOST
    from contacts.models import Office
    from services.models import Question, ServiceRequest

    office = Office.objects.order_by("pk")[0]
    offering = office.offerings.order_by("pk")[0]
    question = Question.objects.filter(offering=offering)[0]
    path, cookie = reverse("ask", args=[offering.pk]), measuring.cookie("town_hall")
    typed = {
        "municipality": services_data.long_one().municipality_id,
        "asks_for": "town_hall",
        "requester_name": "Rika Rathaus",
        "requester_email": "rathaus@example.org",
        "concern": "Wir möchten wissen, wie lange es dauert. " * 20,
        f"question_{question.pk}": "4",
    }
    took = []
    before = ServiceRequest.objects.count()
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=30)) as connection:

        def ask(method: str, data: dict[str, Any]) -> tuple[http.client.HTTPResponse, str]:
            headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, path, urlencode(data), headers)
            answer = connection.getresponse()
            return answer, answer.read().decode()

        for number in range(WRITES):
            cookies = cookie
            answer, page = ask("GET", {})
            given = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie", [])]
            cookies = "; ".join([cookie, *given])
            for _ in range(2):
                form = _HiddenInputs()
                form.feed(page)
                started = time.perf_counter()
                answer, page = ask("POST", form.found | typed | {"subject": f"Messung {number}"})
                seconds = time.perf_counter() - started
                if answer.status != 200:
                    break
            if answer.status != 302:
                raise RuntimeError(f"{path}: {answer.status}")
            took.append(seconds * 1000)
    if ServiceRequest.objects.count() != before + WRITES:
        raise RuntimeError("not every form became a request")
    median = statistics.median(took)
    say("### Submission")
    say("")
    say(
        f"- The form of a town hall's clerk sent to the production server, all triggers on: {median:.1f} ms median, "
        f"{statistics.quantiles(took, n=20)[-1]:.1f} ms p95 of {WRITES} (aim: under {LONGEST_SUBMISSION}, "
        f"{'met' if median < LONGEST_SUBMISSION else '**missed**'}); the answer leads to the request's page."
    )
    say("")


def measure_export(server: Any, say: Say) -> None:
    """What the first office received in one year, as its coordinator downloads it."""
    from django.urls import reverse

    from benchmarks import measuring
    from benchmarks.client import ask
    from common.periods import today

    year = today().year - 1
    path = reverse("requests") + f"?ansicht=alle&zeit={year}&format=csv"
    answers = ask(server.port, path, cookie=measuring.cookie("coordinator"), requests=8)
    for failure in set(answers.failures):
        raise RuntimeError(failure)
    size = f"{answers.size / 1000:.0f} kB packed"
    say(f"- CSV of all that one office received in {year}: {answers.median:.0f} ms median, {size}.")
    say("")


def measure_writes(say: Say) -> None:
    """What verbs take with all triggers on, each in a transaction of its own."""
    from django.utils import timezone

    from accounts.models import User
    from benchmarks import services_data
    from municipalities.models import Municipality
    from services.models import ServiceOffering, ServiceRequest

    clerk = User.objects.get(email="town_hall@stelle-1.example.org")
    coordinator = User.objects.get(email="coordinator@stelle-1.example.org")
    town = Municipality.objects.get(ags="05766024")
    offering = ServiceOffering.objects.filter(office=services_data.long_one().office_id).order_by("pk")[0]
    rows: list[ServiceRequest] = []

    def fresh(row: ServiceRequest) -> ServiceRequest:
        """As a view reads it."""
        return ServiceRequest.objects.get(pk=row.pk)

    def submit(_number: int) -> None:
        now = timezone.now()
        draft = ServiceRequest(
            offering=offering,
            municipality=town,
            subject="Messung",
            concern="Wir möchten wissen, wie lange es dauert. " * 20,
            account=clerk,
            requester_name=clerk.get_full_name(),
            requester_email=clerk.email,
        ).begin(now)
        draft.submit(now)
        rows.append(draft)

    verbs: list[tuple[str, Callable[[int], Any]]] = [
        ("begun and submitted: number, assignment, day, mail", submit),
        ("accepted", lambda number: fresh(rows[number]).accept(timezone.now(), by=coordinator)),
        ("asked back", lambda number: fresh(rows[number]).ask_back("Wann genau?", timezone.now(), by=coordinator)),
        ("replied", lambda number: fresh(rows[number]).reply("Im März.", timezone.now(), by=clerk)),
        ("answered", lambda number: fresh(rows[number]).answer("Gerne.", timezone.now(), by=coordinator)),
        ("completed", lambda number: fresh(rows[number]).complete(timezone.now(), by=coordinator)),
    ]
    how = "With history, versions and promises, as the portal writes; each committed by itself."
    alone.measure_verbs(verbs, how, say)


def build_all(say: Say) -> dict[str, int]:
    """Put forums and requests beside the contacts; the queries of each page with the requests of one office."""
    from benchmarks import building, forums_data
    from common.periods import today

    forums_data.build(today())
    with_one = build(say)
    say(f"Data set of {building.size()}, and forums.")
    return with_one


if __name__ == "__main__":
    alone.run(
        "services",
        __doc__,
        build_all,
        lambda server, with_one, say, only: measure_services(server, with_one or {}, say, only),
        measure_writes,
    )

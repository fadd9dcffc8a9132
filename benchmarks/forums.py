"""Measures the forums, their search, feeds and writes on a large data set. By itself: `python -m benchmarks.forums`."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import alone
from benchmarks.alone import WRITES, Say

LONGEST_FEED = 50  # milliseconds


def pages() -> Iterator[Any]:
    """Each page that is there, asked for by those who use it: the first office's first forum met 200 times."""
    from django.db import connection
    from django.urls import NoReverseMatch, reverse

    from benchmarks.pages import Page
    from contacts.models import Office
    from forums.models import Forum, Meeting

    office = Office.objects.order_by("pk")[0]
    forum, second, third = Forum.objects.filter(office=office).order_by("pk")[:3]
    of_forum = Meeting.objects.filter(forum=forum).order_by("starts_at")
    held = Meeting.objects.filter(state="held").exclude(record=None).order_by("-starts_at")  # others come of the writes
    kwargs: dict[str, dict[str, Any]] = {
        "forum": {"pk": forum.pk},
        "meeting": {"pk": forum.pk, "meeting": held.filter(forum=forum)[0].pk},
        "running": {"pk": second.pk, "meeting": held.filter(forum=second)[0].pk},
        "next": {"pk": forum.pk, "meeting": of_forum.filter(state="invited").last().pk},
        "third": {"pk": third.pk},
        "third meeting": {"pk": third.pk, "meeting": held.filter(forum=third)[0].pk},
        "district": {"ags": "05766"},
        "": {},
    }
    connection.close()
    wanted = [  # name, URL name, arguments, query, roles
        ("Forums", "forum_list", "", "", ("", "member", "town_hall", "coordinator")),
        ("Forums by text", "forum_list", "", "?q=wohnraum", ("", "coordinator")),
        ("Forum", "forum", "forum", "", ("", "member", "coordinator")),
        ("Internal forum", "forum", "third", "", ("town_hall", "coordinator")),
        ("Meeting", "meeting", "meeting", "", ("", "member", "coordinator")),
        ("Internal meeting", "meeting", "third meeting", "", ("town_hall", "coordinator")),
        ("Agenda", "agenda", "next", "", ("coordinator",)),
        ("Log", "meeting_log", "running", "", ("coordinator",)),
        ("Replies", "meeting_replies", "next", "", ("coordinator",)),
        ("Minutes", "minutes", "meeting", "", ("", "member", "coordinator")),
        ("Members", "forum_members", "forum", "", ("coordinator",)),
        ("Topics", "topic_list", "forum", "", ("coordinator",)),
        ("Register of decisions", "decision_register", "forum", "", ("", "member", "coordinator")),
        ("Register by words", "decision_register", "forum", "?q=migrantinnen", ("member",)),
        ("Attendance over time", "attendance_over_time", "forum", "", ("coordinator",)),
        ("Meetings per town", "meetings_per_town", "", "", ("coordinator",)),
        ("Search: frequent word", "forum_search", "", "?q=integration", ("", "member", "town_hall", "coordinator")),
        ("Search: rare word", "forum_search", "", "?q=netzwerkmesse", ("", "member", "town_hall", "coordinator")),
        ("Search: gendered", "forum_search", "", "?q=Migrant*innen+wohnr", ("", "member", "coordinator")),
        ("Search: nothing", "forum_search", "", "?q=xqzvw", ("", "coordinator")),
        ("Site search", "site_search", "", "?q=integration", ("", "member", "coordinator")),
        ("Tasks", "action_item_list", "", "", ("member", "coordinator")),
        ("Calendar, month", "calendar", "", "", ("", "member", "coordinator")),
        ("Start", "start", "", "", ("", "member", "town_hall", "coordinator")),
        ("Town", "municipality", "town", "", ("", "town_hall", "coordinator")),
        ("District", "district", "district", "", ("", "coordinator")),
    ]
    feeds = [
        ("Feed of a forum, 200 meetings", "forum_feed", "forum"),
        ("Feed of a district", "district_feed", "district"),
    ]
    kwargs["town"] = {"ags": "05766024"}
    for name, url, place, query, roles in wanted:
        for role in roles:
            try:
                yield Page(f"{name}, {role or 'visitor'}", reverse(url, kwargs=kwargs[place]) + query, role=role)
            except NoReverseMatch:
                break
    for name, url, place in feeds:
        try:
            yield Page(name, reverse(url, kwargs=kwargs[place]), most_ms=LONGEST_FEED)
        except NoReverseMatch:
            continue


def measure_forums(server: Any, say: Say, only: str = "") -> None:
    from benchmarks import measuring
    from benchmarks.forums_data import size

    measured = [page for page in pages() if only.casefold() in page.name.casefold()]
    queries = measuring.count_queries(measured)
    say("## Forums")
    say("")
    say(
        f"{size()}. Built with triggers set aside: no history, no versions; the search's entries by the statement of "
        f"its migration. Pages are made anew for each request; median of {measuring.ROUNDS * measuring.ONE_BY_ONE} "
        "one by one, in turns with the bare page; CPU is what the workers used per request."
    )
    say("")
    say("| page | queries | median ms | p95 ms | requests/s | CPU ms | bare CPU ms | ratio | aim | kB |")
    say("|---|---|---|---|---|---|---|---|---|---|")
    for page in measured:
        way = measuring.Way(page.name, measuring.cookie(page.role) or measuring.ANEW, queries[page], str(queries[page]))
        measuring.measure_page(server, page, way, say)
    say("")


def measure_writes(say: Say) -> None:
    """What is written while people talk, with all triggers on, each in a transaction of its own."""
    from common.periods import today
    from forums.models import ActionItem, AgendaItem, Attendance, Decision, Meeting

    draft = Meeting.objects.filter(state="draft").select_related("forum").order_by("pk")
    meetings = list(draft[: WRITES * 10 : 10])
    items = [AgendaItem.objects.filter(meeting=meeting)[0] for meeting in meetings]
    attendances = [Attendance.objects.filter(meeting=meeting)[0] for meeting in meetings]
    text = "Die Runde spricht über *Wohnraum* für Migrant*innen und vereinbart das Nächste. " * 8

    def item(number: int) -> None:
        items[number].result = text
        items[number].save(update_fields=["result"])

    def presence(number: int) -> None:
        attendances[number].presence = Attendance.Presence.PRESENT
        attendances[number].save(update_fields=["presence"])

    def decision(number: int) -> None:
        Decision.objects.create(forum=meetings[number].forum, item=items[number], wording=text[:300])

    def task(number: int) -> None:
        forum = meetings[number].forum
        ActionItem.objects.create(forum=forum, item=items[number], what="Wohnraum zählen", created_on=today())

    verbs: list[tuple[str, Callable[[int], Any]]] = [
        ("minutes of an item saved, 600 letters", item),
        ("attendance noted", presence),
        ("decision entered", decision),
        ("task entered", task),
        ("draft planned: ten items become public", lambda number: meetings[number].plan()),
        ("meeting held", lambda number: meetings[number].hold()),
    ]
    how = "With history, versions, promises and the search's entries, as the portal writes; each committed by itself."
    alone.measure_verbs(verbs, how, say)


def build(say: Say) -> None:
    """Put the forums beside the contacts."""
    from benchmarks import building, forums_data
    from common.periods import today

    started = time.perf_counter()
    forums_data.build(today())
    say(f"Data set of {building.size()}; the forums were built in {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    alone.run(
        "forums",
        __doc__,
        build,
        lambda server, _built, say, only: measure_forums(server, say, only),
        measure_writes,
    )

"""Measures contacts, absences, lookup and mail on the large data set. By itself: `python -m benchmarks.contacts`."""

from typing import Any

from benchmarks import alone
from benchmarks.alone import Say


def build(say: Say) -> None:
    """All that is measured here stands in the data set with which every part begins."""
    from benchmarks import building

    say(f"Data set of {building.size()}.")


def measure(server: Any, built: None, say: Say, only: str) -> None:
    from benchmarks import measuring

    measuring.measure_pages(server, {}, measuring.count_queries(), only, say)
    if not only:
        measuring.measure_absences(server, say)
        measuring.measure_overload(server, say)


def measure_writes(say: Say) -> None:
    from benchmarks import measuring
    from benchmarks.mail import measure_mail

    measuring.measure_lookup(say)
    measure_mail(say)


if __name__ == "__main__":
    alone.run("contacts", __doc__, build, measure, measure_writes)

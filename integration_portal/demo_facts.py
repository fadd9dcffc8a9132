"""The facts of the demonstration as they stand in `data/demo/`, and the days they count from the day of loading."""

import datetime
import tomllib
from typing import Any

from django.conf import settings

from common.periods import ONE_DAY, period

FOLDER = settings.BASE_DIR / "data" / "demo"

Facts = dict[str, Any]


def facts(name: str) -> list[Facts]:
    """The entries of one file of `data/demo/`; each file holds one list."""
    [entries] = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")).values()
    return entries


def days(entry: Facts, on: datetime.date) -> Any:
    """The period from `from` to `until`; without either it has no limit there."""
    first, last = (on + entry[name] * ONE_DAY if name in entry else None for name in ("from", "until"))
    return period(first, last)


def chosen(entry: Facts, *names: str) -> Facts:
    """Those of the entry's values that it has."""
    return {name: entry[name] for name in names if name in entry}

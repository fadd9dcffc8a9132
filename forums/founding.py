"""What makes somebody set up a forum: a higher app fills in the new forum's form, and hears when it is saved.

Joined in the app's `apps.py`. The parameter of the new forum's address names what it is because of, for example
`?anfrage=LIP-2026-0042`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contacts.models import Office
from forums.models import Forum


@dataclass(frozen=True)
class Cause:
    """`office` is to lead the forum; `said` tells in a sentence what it is because of."""

    office: Office
    said: str
    initial: dict[str, Any]
    founded: Callable[[Forum], None]


# Of what the parameter says, for that account; raises Http404 where the account may not.
Finder = Callable[[str, Any], Cause]

_finders: dict[str, Finder] = {}


def join(parameter: str, finder: Finder) -> None:
    _finders[parameter] = finder


def cause_of(parameters: Any, user: Any) -> Cause | None:
    """What the address says that the forum is because of; None where it says nothing."""
    for name, finder in _finders.items():
        if asked := parameters.get(name):
            return finder(asked, user)
    return None

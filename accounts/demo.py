"""The sign-ins of a demonstration; they are listed on the sign-in page, and work with DEMO=1 only."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Known to everybody who reads this: accounts with it are marked `is_demo` and cannot sign in outside demonstrations.
PASSWORD = "zum-ausprobieren"  # noqa: S105


class SignIn(NamedTuple):
    email: str
    name: str  # of the account
    role: str | Promise


PORTAL_ADMINISTRATION = SignIn("portal@example.org", "Portalbetrieb", _("runs the whole portal"))
ADMINISTRATION = SignIn("administration@example.org", "Administration", _("administrator of an office"))
LEAD = SignIn("leitung@example.org", "Leitung", _("office lead"))
COORDINATION = SignIn("koordination@example.org", "Koordination", _("coordinator"))
TOWN_HALL = SignIn("rathaus@example.org", "Rathaus", _("municipal staff"))

SIGN_INS = (COORDINATION, LEAD, ADMINISTRATION, TOWN_HALL, PORTAL_ADMINISTRATION)

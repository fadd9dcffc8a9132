"""What happens by itself, on its day."""

import datetime

from django.utils.translation import ngettext

from contacts.handover_plan import carry_out_due


def carry_out_handovers(on: datetime.date) -> str:
    """Pass on the open work of every hand-over whose day has come; says how many."""
    count = sum(1 for _handover in carry_out_due(on))
    return ngettext("%(count)d hand-over carried out.", "%(count)d hand-overs carried out.", count) % {"count": count}

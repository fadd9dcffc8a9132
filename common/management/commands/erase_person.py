"""Erase one human from the portal."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext, gettext_lazy, ngettext

from common import erasure
from common.commands import AboutPeople
from common.periods import today
from common.personal_data import Ending


class Command(AboutPeople):
    help = str(
        gettext_lazy(
            "Erase one human: name and addresses, account, sessions, absences, also from history, outbox and files. "
            "Past responsibilities stay without a name."
        )
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help=gettext("only say what would happen"))

    def handle(self, *args: Any, **options: Any) -> None:
        people = self.people(options)
        refused = gettext("Not erased, because something still runs:")
        if options["dry_run"]:
            if reasons := erasure.still_needed(people, today()):
                self.stdout.write("\n".join([refused, *reasons]))
            self._tell(erasure.plan(people), gettext("This would happen:"))
            return
        try:
            steps = erasure.erase(people, today())
        except erasure.StillNeeded as needed:
            raise CommandError("\n".join([refused, *needed.sentences])) from None
        self._tell(steps, gettext("Done:"))

    def _tell(self, steps: list[erasure.Step], heading: str) -> None:
        endings = {
            Ending.BLANK: gettext("blanked"),
            Ending.DELETE: gettext("deleted"),
            Ending.KEEP: gettext("kept"),
        }
        self.stdout.write(heading)
        for step in steps:
            rows = ngettext("%(n)d row", "%(n)d rows", step.rows) % {"n": step.rows}
            events = ngettext("%(n)d in the history", "%(n)d in the history", step.events) % {"n": step.events}
            because = f" ({step.because})" if step.because else ""
            self.stdout.write(f"- {step.what}: {rows}, {events}: {endings[step.ending]}{because}")

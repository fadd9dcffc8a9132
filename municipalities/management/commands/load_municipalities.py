"""Loads the register of all places from the files in `data/`."""

import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from common.audit import acting_as
from municipalities.loading import files, register

STEPS = 9
SHOWN_NAMES = 20


class Command(BaseCommand):
    help = "Load states, districts, associations, municipalities, postal codes and boundaries, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, default=settings.BASE_DIR / "data", help="folder of the files")
        parser.add_argument("--as-of", type=datetime.date.fromisoformat, help="the day on which what is missing ended")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--if-changed", action="store_true", help="do nothing if these files are loaded already")

    def handle(
        self, *, data: Path, as_of: datetime.date | None, dry_run: bool, if_changed: bool, **options: Any
    ) -> None:
        if if_changed and register.is_loaded(data):
            self.stdout.write(_("The register of municipalities is up to date."))
            return
        try:
            with tqdm(total=STEPS, disable=None, bar_format="{l_bar}{bar}| {elapsed}") as bar:

                def progress(step: str) -> None:
                    bar.set_description(step)
                    bar.update()

                with acting_as("load_municipalities"):
                    outcome = register.load(data, as_of=as_of, dry_run=dry_run, progress=progress)
        except files.BadData as error:
            raise CommandError(_("Nothing was changed. %(error)s") % {"error": error}) from error
        self._report(outcome, dry_run)

    def _report(self, outcome: register.Outcome, dry_run: bool) -> None:
        if not outcome:
            self.stdout.write(_("Nothing to change."))
            return
        self.stdout.write(_("This would change:") if dry_run else _("Changed:"))
        for table in outcome.changes:
            for what, names in (
                (_("new"), table.new),
                (_("changed"), table.changed),
                (_("ended"), table.ended),
                (_("removed"), table.removed),
            ):
                if names:
                    self.stdout.write(f"  {table.table}: {len(names)} {what}: {self._listed(names)}")
        for municipality, sentence in outcome.open_on_ended:
            self.stdout.write(
                _("  Still open on %(municipality)s (%(ags)s): %(what)s")
                % {"municipality": municipality, "ags": municipality.ags, "what": sentence}
            )

    def _listed(self, names: list[str]) -> str:
        shown = ", ".join(names[:SHOWN_NAMES])
        return f"{shown}, …" if len(names) > SHOWN_NAMES else shown

from argparse import ArgumentParser
from collections.abc import Generator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy
from tqdm import tqdm

from common import periods, tables
from common.commands import AuditedCommand
from common.tables import TableRefused
from contacts.imports import carrying_out, columns, planning
from contacts.imports.plan import CHANGED, NEW, REFUSED, UNCHANGED, Plan, Progress, Wish
from contacts.models import Office, Person


class Command(AuditedCommand):
    help = str(
        gettext_lazy(
            "Take in the persons, posts and responsibilities of an office from CSV or XLSX, one responsibility a row. "
            "Changes everything or nothing. The same as in the administration, with progress."
        )
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help=gettext("the sheet, as CSV or XLSX"))
        parser.add_argument("--office", required=True, help=gettext("short name of the office, such as lippe"))
        parser.add_argument(
            "--clear-empty", action="store_true", help=gettext("empty cells delete what was there; otherwise it stays")
        )
        parser.add_argument("--dry-run", action="store_true", help=gettext("only say what would change"))

    def handle(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(slug=options["office"]).first()
        if office is None:
            known = ", ".join(Office.objects.values_list("slug", flat=True)) or "–"
            raise CommandError(
                gettext("There is no office “%(slug)s”. Known are: %(known)s")
                % {"slug": options["office"], "known": known}
            )
        try:
            sheet = columns.recognised(tables.read(options["file"].read_bytes()))
        except OSError as error:
            raise CommandError(gettext("The file cannot be read: %(error)s") % {"error": error}) from None
        except TableRefused as refused:
            raise CommandError(str(refused)) from None
        today = periods.today()
        wish = Wish(today, today, options["clear_empty"])
        with transaction.atomic():
            # Nobody's account: the command speaks for the office alone.
            people: Any = Person.objects.with_keeper(today)
            own = people.filter(keeper_office=office)
            plan = self._shown(gettext("Checking"), planning.plan(sheet, office, wish, own, locks=True))
            self._tell(plan)
            if not options["dry_run"]:
                self._shown(gettext("Writing"), carrying_out.carry_out(plan))

    def _shown(self, label: str, steps: Generator[Progress, None, Any]) -> Any:
        """Go through the steps with a bar; returns what they return."""
        with tqdm(desc=label, unit="", disable=None) as bar:
            while True:
                try:
                    bar.total, bar.n = (step := next(steps)).total, step.done
                except StopIteration as end:
                    return end.value
                bar.refresh()

    def _tell(self, plan: Plan) -> None:
        for heading in plan.sheet.unknown:
            self.stdout.write(gettext("Not read: %(heading)s") % {"heading": heading})
        refused = [outcome for outcome in plan.outcomes if outcome.kind == REFUSED]
        if refused:
            lines = [
                gettext("Row %(row)d: %(reason)s") % {"row": outcome.number, "reason": reason}
                for outcome in refused
                for reason in outcome.reasons
            ]
            raise CommandError("\n".join([gettext("Nothing was changed. Please check these rows:"), *lines]))
        kinds = [outcome.kind for outcome in plan.outcomes]
        self.stdout.write(
            gettext("%(new)d new, %(changed)d changed, %(unchanged)d unchanged")
            % {kind: kinds.count(kind) for kind in (NEW, CHANGED, UNCHANGED)}
        )

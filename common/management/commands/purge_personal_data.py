"""Let go of personal data that were kept long enough."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext, gettext_lazy, ngettext

from common import erasure
from common.commands import AuditedCommand
from common.periods import today


class Command(AuditedCommand):
    help = str(gettext_lazy("Erase personal data whose retention period is over. The worker does so every night."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=gettext("only say what is due"))

    def handle(self, *args: Any, **options: Any) -> None:
        failed: list[str] = []
        try:
            kinds = erasure.due(today()) if options["dry_run"] else erasure.purge(today(), self._progress(options))
        except erasure.Unfinished as unfinished:
            kinds, failed = unfinished.done, unfinished.failed
        if not (kinds or failed):
            self.stdout.write(gettext("Nothing is due."))
        for kind in kinds:
            rows = ngettext("%(n)d row", "%(n)d rows", kind.count) % {"n": kind.count}
            left = gettext("; %(n)d more still hold something") % {"n": kind.left} if kind.left else ""
            self.stdout.write(f"- {kind.what}: {rows}{left}")
        if failed:
            raise CommandError(gettext("Failed, see the log: %(kinds)s") % {"kinds": ", ".join(failed)})

    def _progress(self, options: dict[str, Any]) -> Any:
        return (lambda what, count: self.stderr.write(f"{what}: {count}")) if options["verbosity"] > 1 else None

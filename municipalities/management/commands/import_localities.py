"""Imports the localities (Ortsteile) that an office has in a table."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.audit import acting_as
from municipalities.loading import localities
from municipalities.loading.files import BadData


class Command(BaseCommand):
    help = "Import localities from a CSV file with the columns locality and ags, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would be added, and add nothing")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            with acting_as("import_localities"):
                added = localities.load(file, dry_run=dry_run)
        except BadData as error:
            raise CommandError(_("Nothing was changed. %(error)s") % {"error": error}) from error
        if dry_run:
            text = ngettext("%(count)d locality would be added.", "%(count)d localities would be added.", len(added))
        else:
            text = ngettext("%(count)d locality added.", "%(count)d localities added.", len(added))
        self.stdout.write(text % {"count": len(added)})
        for locality in added:
            self.stdout.write(f"  {locality.name} ({locality.municipality}, {locality.municipality.ags})")

"""Imports the localities (Ortsteile) that an office has in a table."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.audit import acting_as
from municipalities.loading import localities
from municipalities.models import Municipality


class Command(BaseCommand):
    help = "Import localities from a CSV or XLSX file with the columns locality and ags, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would be added, and add nothing")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            added = localities.read(file.name, file.read_bytes(), Municipality.objects.all())
        except OSError:
            raise CommandError(_("The file is missing or cannot be read.")) from None
        except localities.Refused as error:
            raise CommandError(_("Nothing was changed. %(error)s") % {"error": error}) from error
        if not dry_run:
            with acting_as("import_localities"):
                localities.add(added)
        if dry_run:
            text = ngettext("%(count)d locality would be added.", "%(count)d localities would be added.", len(added))
        else:
            text = ngettext("%(count)d locality added.", "%(count)d localities added.", len(added))
        self.stdout.write(text % {"count": len(added)})
        for locality in added:
            self.stdout.write(f"  {locality.name} ({locality.municipality}, {locality.municipality.ags})")

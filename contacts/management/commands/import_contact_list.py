"""Take in an office's contact list."""

import datetime
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext, gettext_lazy, ngettext

from common import periods
from common.forms import DayField
from common.tables import TableRefused, decoded
from contacts.contact_list import ContactListRefused, ImportReport, import_contact_list, lines_of
from contacts.models import Office


class Command(BaseCommand):
    help = str(
        gettext_lazy(
            "Take in a contact list: one person a line with the towns in brackets. Changes everything or nothing; "
            "what is there already stays as it is."
        )
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help=gettext("the list, as plain text"))
        parser.add_argument("--office", required=True, help=gettext("short name of the office, such as lippe"))
        parser.add_argument(
            "--from",
            dest="first",
            default="",
            metavar="DATE",
            help=gettext("first day, such as 24.11.2026; default: today"),
        )
        parser.add_argument("--dry-run", action="store_true", help=gettext("only say what would change"))

    def handle(self, *args: Any, **options: Any) -> None:
        office = self._office(options["office"])
        first = self._first_day(options["first"])
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(gettext("The file cannot be read: %(error)s") % {"error": error}) from None
        try:
            text, _encoding = decoded(content)
            report = import_contact_list(
                lines_of(text), office, first, "import_contact_list", dry_run=options["dry_run"]
            )
        except TableRefused as refused:
            raise CommandError(str(refused)) from None
        except ContactListRefused as refused:
            heading = gettext("Nothing was changed. Please check these lines:")
            raise CommandError("\n".join([heading, *map(str, refused.problems)])) from None
        self._tell(report, options["dry_run"])

    def _office(self, slug: str) -> Office:
        try:
            return Office.objects.get(slug=slug)
        except Office.DoesNotExist:
            known = ", ".join(Office.objects.values_list("slug", flat=True)) or "–"
            raise CommandError(
                gettext("There is no office “%(slug)s”. Known are: %(known)s") % {"slug": slug, "known": known}
            ) from None

    def _first_day(self, typed: str) -> datetime.date:
        try:
            return DayField(required=False).clean(typed) or periods.today()
        except ValidationError as error:
            raise CommandError(f"--from {typed}: {' '.join(error.messages)}") from None

    def _tell(self, report: ImportReport, is_dry_run: bool) -> None:
        for line in report.created:
            self.stdout.write(line)
        if is_dry_run:
            self.stdout.write(gettext("This is what would be created; nothing was changed."))
        count = report.unchanged
        if count:
            self.stdout.write(
                ngettext(
                    "%(count)d responsibility was there already.",
                    "%(count)d responsibilities were there already.",
                    count,
                )
                % {"count": count}
            )
        if report.gaps:
            self.stdout.write(gettext("Still missing:"))
            for gap in report.gaps:
                self.stdout.write(f"  {gap}")

"""Hand out what the portal holds about one human."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_lazy

from common import disclosure
from common.commands import AboutPeople


class Command(AboutPeople):
    help = str(gettext_lazy("Write everything the portal holds about one human, as a page to read and as JSON."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--to",
            type=Path,
            required=True,
            metavar="PATH",
            help=gettext("a new folder, or a new file that ends in .zip"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        people = self.people(options)
        with translation.override(settings.LANGUAGE_CODE):
            found = disclosure.disclose(people, timezone.now())
            try:
                disclosure.write(found, options["to"])
            except OSError as error:
                text = gettext("%(path)s cannot be written: %(error)s")
                raise CommandError(text % {"path": options["to"], "error": error.strerror}) from None
        rows = sum(len(section.rows) for section in found.sections)
        # Whose data they are stands in the file alone.
        text = gettext(
            "%(path)s: %(rows)s rows, %(files)s files. Hand it over personally or encrypted, then delete it."
        )
        self.stdout.write(text % {"path": options["to"], "rows": rows, "files": len(found.files)})

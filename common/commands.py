"""What management commands have in common."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from common import personal_data
from common.audit import acting_as
from common.personal_data import People


class AuditedCommand(BaseCommand):
    """A command whose changes are on record under its own name."""

    def execute(self, *args: Any, **options: Any) -> Any:
        with acting_as(type(self).__module__.rpartition(".")[2]):
            return super().execute(*args, **options)


class AboutPeople(AuditedCommand):
    """A command about one human, named by a mail address or by the number of a row."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "mail", nargs="?", metavar="MAIL", help=gettext("mail address; “-” reads it from standard input")
        )
        for root in personal_data.roots():
            name = apps.get_model(root.label)._meta.verbose_name
            parser.add_argument(
                f"--{root.option}", type=int, metavar="NR", help=gettext("number of the %(kind)s") % {"kind": name}
            )

    def people(self, options: dict[str, Any]) -> People:
        """Whom the arguments mean; a CommandError names nobody."""
        for root in personal_data.roots():
            if (key := options[root.option]) is not None:
                if not apps.get_model(root.label)._base_manager.filter(pk=key).exists():
                    raise CommandError(
                        gettext("There is no such row: --%(option)s %(key)s.") % {"option": root.option, "key": key}
                    )
                return personal_data.people(root.label, [key])
        mail = sys.stdin.readline().strip() if options["mail"] == "-" else options["mail"]
        if not mail:
            raise CommandError(gettext("Name a mail address or the number of a row, see --help."))
        found = personal_data.known_by(mail)
        if not found:
            raise CommandError(gettext("Nobody is known by this mail address."))
        if len(found) > 1:
            choices = ", ".join(f"--{root.option} {key}" for root, key in found)
            raise CommandError(
                gettext("Several are known by this mail address. Choose one of: %(choices)s") % {"choices": choices}
            )
        [(root, key)] = found
        return personal_data.people(root.label, [key])

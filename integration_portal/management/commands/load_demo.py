from typing import Any

from django.core.management import CommandError
from django.utils.translation import gettext as _

from common.commands import AuditedCommand
from common.periods import today
from integration_portal import demo


class Command(AuditedCommand):
    help = "Loads the demonstration data: real offices as documents describe them, and an invented one."

    def handle(self, *args: Any, **options: Any) -> None:
        if demo.is_loaded():
            self.stdout.write(_("The demonstration data are there already; nothing was changed."))
            return
        if real := demo.real_rows():
            raise CommandError(
                _(
                    "This database holds real data ({examples}). Demonstration data are loaded only where there are "
                    "none; nothing was changed. DEMO=0 starts the portal without them."
                ).format(examples="; ".join(f"{row._meta.verbose_name}: {row}" for row in real))
            )
        if not demo.are_places_loaded():
            raise CommandError(_("The municipalities are missing. Load them first: manage.py load_municipalities"))
        demo.load(today())
        self.stdout.write(_("The demonstration data have been loaded."))

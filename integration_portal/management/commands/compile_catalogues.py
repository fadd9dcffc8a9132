from typing import Any

from django.core.management.base import BaseCommand

from common.catalogues import compile_catalogues


class Command(BaseCommand):
    help = "Makes changed translations (.po) ready for use (.mo), without gettext's programs."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for catalogue in compile_catalogues():
            self.stdout.write(f"{catalogue.parent.parent.name}: {catalogue.name}")

"""What management commands have in common."""

from typing import Any

from django.core.management.base import BaseCommand

from common.audit import acting_as


class AuditedCommand(BaseCommand):
    """A command whose changes are on record under its own name."""

    def execute(self, *args: Any, **options: Any) -> Any:
        with acting_as(type(self).__module__.rpartition(".")[2]):
            return super().execute(*args, **options)

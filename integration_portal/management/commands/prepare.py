from io import StringIO
from typing import Any

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from common.catalogues import compile_catalogues
from integration_portal import demo
from integration_portal.static_files import collect_static_files
from municipalities.loading import register


class Command(BaseCommand):
    help = (
        "Brings everything up to date that the portal needs to serve: translations, static files, tables, the "
        "municipalities, and with DEMO=1 the demonstration data. Does nothing where nothing has changed."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        compile_catalogues()
        if not settings.DEBUG:
            collect_static_files()
        refuse_unfit_database()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the tables …")
            call_command("migrate", interactive=False, verbosity=0)
        if not register.is_loaded(settings.BASE_DIR / "data"):
            self.stdout.write("Loading the municipalities of Germany …")
            call_command("load_municipalities", stdout=StringIO())
        if settings.DEMO and not demo.is_loaded():
            self.stdout.write("Loading the demonstration data …")
            call_command("load_demo", stdout=StringIO())
        if not settings.DEMO:
            for problem in run_checks(tags=[Tags.database], databases=["default"]):
                if not problem.is_silenced():
                    self.stdout.write(self.style.WARNING(f"{problem.msg} {problem.hint or ''}".strip()))


def refuse_unfit_database() -> None:
    """Say in one line why the portal cannot keep its data there, before anything is made."""
    for problem in run_checks(tags=[Tags.database], databases=["default"]):
        if problem.is_serious() and not problem.is_silenced():
            raise CommandError(" ".join(filter(None, [problem.msg, problem.hint])))

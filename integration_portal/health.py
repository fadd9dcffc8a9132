"""Whether the portal lives, and whether it can serve, for monitoring and load balancers."""

from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.models import User


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the portal can serve, else 503 with the reasons."""
    try:
        problems = list(_problems())
    except DatabaseError:
        problems = ["The database does not answer."]
    response = JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _problems() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('Ö') = 'ö'")
        if not cursor.fetchone()[0]:
            yield "The database does not know that Ö and ö are one letter: create it with the locale C.UTF-8."
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield "Migrations are not applied: run manage.py migrate."
        return
    if not settings.DEMO and User.objects.filter(is_demo=True).exists():
        yield "There are demonstration accounts in this database, although DEMO is off."

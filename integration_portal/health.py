"""Whether the portal lives, and whether it can serve, for monitoring and load balancers."""

import datetime
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from accounts.models import User
from common.duties import WORKER, Duty
from common.outbox import Message

SILENT_AFTER = datetime.timedelta(minutes=2)
WAITS_TOO_LONG = datetime.timedelta(minutes=15)
TOLD_FOR = datetime.timedelta(days=7)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the portal can serve, else 503 with the reasons.

    What waits in the background is a warning: pages are served without it, and a load balancer must not take them away
    for it. Monitoring asks for `/readyz?strict`, which is 503 for warnings too.
    """
    warnings: list[str] = []
    try:
        problems = list(_problems())
        if not problems:
            warnings = list(_warnings(timezone.now()))
    except DatabaseError:
        problems = ["The database does not answer."]
    is_bad = problems or (warnings and "strict" in request.GET)
    response = JsonResponse(
        {"ready": not problems, "problems": problems, "warnings": warnings}, status=503 if is_bad else 200
    )
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


def _warnings(now: datetime.datetime) -> Iterator[str]:
    """What the worker does not get done, without naming anybody."""
    worker = Duty.objects.filter(pk=WORKER).first()
    if worker is None or worker.tried_at is None or worker.tried_at < now - SILENT_AFTER:
        yield "No worker has been seen lately: mail and duties wait. Start manage.py work."
    elif worker.failures:
        yield worker.outcome
    waiting = Message.objects.filter(state=Message.State.WAITING, posted_at__lt=now - WAITS_TOO_LONG).count()
    if waiting:
        yield f"Messages waiting for more than {WAITS_TOO_LONG.seconds // 60} minutes: {waiting}."
    given_up = Message.objects.filter(state=Message.State.GIVEN_UP, posted_at__gt=now - TOLD_FOR).count()
    if given_up:
        yield f"Messages given up in the last {TOLD_FOR.days} days: {given_up}."
    for duty in Duty.objects.filter(failures__gt=0).exclude(pk=WORKER):
        yield f"The duty {duty.name} failed {duty.failures} times, last with {duty.outcome}."

"""A worker process as `manage.py work` makes it, on the database named, that knows the tests' occasion."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.core.management import call_command

from tests.mail_server import MailServer


@contextmanager
def worker(server: MailServer, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own on the tests' database, which delivers to that server; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.common.worker", settings.DATABASES["default"]["NAME"]],
        cwd=settings.BASE_DIR,
        env={**os.environ, "EMAIL_URL": server.url, **environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main(database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from tests.common.outbox_world import occasion

    with occasion():
        call_command("work")


if __name__ == "__main__":
    main(sys.argv[1])

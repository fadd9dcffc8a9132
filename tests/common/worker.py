"""A worker process as `manage.py work` makes it, on the database named, that knows the tests' occasion."""

import sys

import django
from django.conf import settings
from django.core.management import call_command


def main(database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from tests.common.outbox_world import occasion

    with occasion():
        call_command("work")


if __name__ == "__main__":
    main(sys.argv[1])

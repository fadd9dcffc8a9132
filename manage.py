#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys

from common import embedded_database


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
    from django.core.management import execute_from_command_line

    try:
        with embedded_database.running_unless_configured():
            execute_from_command_line(sys.argv)
    except embedded_database.DatabaseUnavailable as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()

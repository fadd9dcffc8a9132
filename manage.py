#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys

from dotenv import load_dotenv

from common import embedded_database
from common.processes import end_with_parent


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import NotSupportedError, OperationalError

    if not os.environ.get("PUBLIC_URL"):
        # Where the address is given, so is everything else; otherwise commands see the portal as `make run` serves it.
        load_dotenv(embedded_database.VAR / "portal.env")
    if os.environ.get("RUN_MAIN") == "true":  # the development server's child, which would outlive a killed parent
        end_with_parent()
    try:
        with embedded_database.running_unless_configured():
            execute_from_command_line(sys.argv)
    except (embedded_database.DatabaseUnavailable, ImproperlyConfigured) as error:
        sys.exit(f"manage.py: {error}")
    except OperationalError as error:
        if not embedded_database.is_configured_elsewhere() or "--traceback" in sys.argv:
            raise
        sys.exit(f"manage.py: The database named by DATABASE_URL does not answer: {str(error).splitlines()[0]}")
    except NotSupportedError as error:  # so old that Django refuses it before common/checks.py can
        if not str(error).startswith("PostgreSQL") or "--traceback" in sys.argv:
            raise
        sys.exit("manage.py: PostgreSQL 15 or newer is needed; the server named by DATABASE_URL is older.")


if __name__ == "__main__":
    main()

"""What the database must be able to do, said before a migration fails half-way; and where mail would go nowhere."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import connections

OLDEST_POSTGRESQL = 15
EXTENSIONS = ("btree_gist", "pg_trgm")


@register(Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    return [message for alias in databases or [] for message in _problems(alias)]


def _problems(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int / 10000, lower('Ö') = 'ö',"
            " has_database_privilege(current_database(), 'CREATE'),"
            " ARRAY(SELECT name FROM unnest(%s) AS name WHERE name NOT IN (SELECT extname FROM pg_extension))",
            [list(EXTENSIONS)],
        )
        version, knows_umlauts, may_create, missing = cursor.fetchone()
    problems: list[CheckMessage] = []
    if version < OLDEST_POSTGRESQL:
        problems.append(
            Error(f"PostgreSQL {OLDEST_POSTGRESQL} or newer is needed; this is {version}.", id="common.E001")
        )
    if not knows_umlauts:
        problems.append(
            Error(
                "The database does not know that Ö and ö are one letter.",
                hint="Create it with TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'.",
                id="common.E002",
            )
        )
    if missing and not may_create:
        problems.append(
            Error(
                f"The database lacks {', '.join(missing)}, and its user may not create extensions.",
                hint="As superuser: " + " ".join(f"CREATE EXTENSION {name};" for name in missing),
                id="common.E003",
            )
        )
    return problems


@register(deploy=True)
def check_mail(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.DEMO or not settings.EMAIL_FILE_PATH:
        return []
    return [
        CheckWarning(
            "No mail is sent: invitations and links for forgotten passwords reach nobody.",
            hint="Set EMAIL_URL; see docs/operations.md.",
            id="common.W001",
        )
    ]

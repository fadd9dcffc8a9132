"""What every answer carries, and whom the portal believes."""

import logging
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from gunicorn.config import Config

from accounts.models import User
from integration_portal.gunicorn_conf import CleanLogger
from integration_portal.logs import CleanFormatter, clean
from integration_portal.middleware import TrustedProxies

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("erika.beispiel@example.org", "ein langes Passwort", name="Erika Beispiel")


def test_process_answers_without_a_database_query(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok\n"


def test_portal_is_ready_when_tables_are_there(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert (response.json()["ready"], response.json()["problems"]) == (True, [])


def test_demonstration_accounts_outside_a_demonstration_are_reported(client: Client) -> None:
    User.objects.create_user("demo@example.org", "bekannt", is_demo=True)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "demonstration accounts" in response.json()["problems"][0]


def test_demonstration_accounts_are_fine_in_a_demonstration(client: Client, settings: Any) -> None:
    settings.DEMO = True
    User.objects.create_user("demo@example.org", "bekannt", is_demo=True)
    assert client.get("/readyz").status_code == 200


def test_missing_migration_is_reported(client: Client) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "Migrations are not applied" in response.json()["problems"][0]


def test_a_database_that_does_not_answer_is_reported(client: Client) -> None:
    from django.db import OperationalError, connection

    def silence(*query: Any) -> None:
        raise OperationalError("could not connect to server")

    with connection.execute_wrapper(silence):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == ["The database does not answer."]


def test_a_database_that_does_not_know_umlauts_is_reported(client: Client) -> None:
    """As one does whose locale is C: its `lower` knows ASCII only."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql
                AS $$ SELECT pg_catalog.lower($1 COLLATE "C") $$;
            SET LOCAL search_path = public, pg_catalog
        """)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "Ö and ö" in response.json()["problems"][0]


def test_public_page_is_kept_but_asked_for_anew(client: Client) -> None:
    response = client.get("/healthz")
    assert response["Cache-Control"] == "no-cache"
    again = client.get("/healthz", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_public_page_does_not_vary_by_the_browsers_language(client: Client) -> None:
    response = client.get("/healthz", headers={"Accept-Language": "en"})
    assert "Accept-Language" not in response.get("Vary", "")
    assert response["Content-Language"] == "de"


def test_page_of_a_signed_in_person_is_kept_nowhere(client: Client, user: User) -> None:
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    response = client.get("/healthz")
    assert set(response["Cache-Control"].split(", ")) == {"private", "no-store"}
    assert "ETag" not in response


def test_pages_may_load_nothing_from_elsewhere(client: Client) -> None:
    policy = client.get("/healthz")["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe-inline" not in policy
    assert "http" not in policy


def test_forwarded_scheme_of_a_stranger_is_not_believed(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(reverse("security_txt"), headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR="203.0.113.9")
    assert response.status_code == 301


def test_forwarded_scheme_of_a_trusted_proxy_is_believed(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    settings.SECURITY_CONTACT = "mailto:sicherheit@example.org"
    response = client.get(reverse("security_txt"), headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR="10.0.0.7")
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("sender", "forwarded", "seen"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "192.0.2.66, 198.51.100.1", "198.51.100.1"),  # the first was written by the visitor
        ("10.0.0.7", "198.51.100.1, 10.0.0.8", "198.51.100.1"),
        ("10.0.0.7", "nonsense", "10.0.0.7"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_visitors_address_is_the_last_one_not_of_a_trusted_proxy(
    rf: Any, settings: Any, sender: str, forwarded: str, seen: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=sender)
    TrustedProxies(lambda request: None)(request)  # type: ignore[arg-type, return-value]
    assert request.META["REMOTE_ADDR"] == seen
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_nonsense_among_trusted_proxies_is_refused(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["the proxy"]
    with pytest.raises(ImproperlyConfigured):
        TrustedProxies(lambda request: None)  # type: ignore[arg-type, return-value]


def test_security_contact_is_published(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = "mailto:sicherheit@example.org"
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"].startswith("text/plain")
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == "mailto:sicherheit@example.org"
    assert fields["Canonical"] == "http://testserver/.well-known/security.txt"
    assert fields["Expires"].endswith("T23:59:59Z")


def test_without_a_security_contact_there_is_no_file(client: Client) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize(
    ("address", "logged"),
    [
        ("/konto/zugang/Zm9vYmFy-123/", "/konto/zugang/…/"),
        ("/en/konto/zugang/Zm9vYmFy-123/", "/en/konto/zugang/…/"),
        ("/konto/passwort/key/1-abc/", "/konto/passwort/key/…/"),
        ("/bestaetigung/Zm9vYmFy-123/", "/bestaetigung/…/"),
        ("/protokolle/Zm9vYmFy-123/protokoll.pdf", "/protokolle/…/protokoll.pdf"),
        ("/en/bestaetigung/Zm9vYmFy-123/aendern/", "/en/bestaetigung/…/aendern/"),
        ("/rueckmeldung/Zm9vYmFy-123/", "/rueckmeldung/…/"),
        ("/kalender/Zm9vYmFy-123.ics", "/kalender/…"),
        ("/en/kalender/Zm9vYmFy-123.ics", "/en/kalender/…"),
        ("/foren/7/kalender.ics", "/foren/7/kalender.ics"),
        ("/kalender/", "/kalender/"),
        ("/kommunen/05766020/", "/kommunen/05766020/"),
    ],
)
def test_logs_keep_no_token(address: str, logged: str) -> None:
    assert clean(f"Internal Server Error: {address}") == f"Internal Server Error: {logged}"


def test_an_error_is_logged_without_token_and_without_what_the_database_quotes() -> None:
    formatter = CleanFormatter("%(message)s")
    quoted = "Key (email)=(jemand@example.org) already exists."
    try:
        raise ValueError(f"duplicate key\nDETAIL:  {quoted}\n")
    except ValueError as error:
        fault = (type(error), error, error.__traceback__)
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s", ("/konto/zugang/geheim/",), fault)
    written = formatter.format(record)
    assert "duplicate key" in written
    assert "jemand@example.org" not in written
    assert "geheim" not in written
    assert settings.LOGGING["formatters"]["plain"]["()"] == "integration_portal.logs.CleanFormatter"


def test_the_server_logs_nothing_about_who_asked(capfd: pytest.CaptureFixture[str]) -> None:
    logger = CleanLogger(Config())
    logger.warning("Invalid request from ip=%s: %s", "203.0.113.9", "/konto/zugang/geheim/")
    written = capfd.readouterr().err
    assert "Invalid request" in written
    assert "203.0.113.9" not in written
    assert "geheim" not in written


def test_access_log_keeps_neither_query_string_nor_address() -> None:
    from integration_portal import gunicorn_conf

    for atom in ("%(q)s", "%(r)s", "%(h)s", "%(f)s", "{x-forwarded-for}i"):
        assert atom not in gunicorn_conf.access_log_format

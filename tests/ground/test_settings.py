"""Settings come from the environment, and an unsafe one is refused."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from integration_portal import run

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "integration_portal/settings.py"


def settings_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    for name in ("PUBLIC_URL", "DEBUG", "DEMO", "DEMO_PUBLIC", "TRUSTED_PROXIES", "EMAIL_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


def test_address_must_be_named_outside_development(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL is not set"):
        settings_with(monkeypatch)


@pytest.mark.parametrize("address", ["portal.example.org", "ftp://portal.example.org", "https://", "https://host:port"])
def test_what_is_no_web_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must look like"):
        settings_with(monkeypatch, PUBLIC_URL=address)


def test_http_is_refused_beyond_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="https"):
        settings_with(monkeypatch, PUBLIC_URL="http://portal.example.org")


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_http_is_accepted_for_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert not settings_with(monkeypatch, PUBLIC_URL=address)["SESSION_COOKIE_SECURE"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_whatever_name_of_this_machine_it_is_started_on_the_settings_accept(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    started_with = run.environment({"HOST": host}, is_developer=False)
    assert settings_with(monkeypatch, PUBLIC_URL=started_with["PUBLIC_URL"])["IS_LOOPBACK"]


COOKIES = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "MESSAGE_COOKIE_NAME"]


@pytest.mark.parametrize("name", COOKIES)
def test_two_portals_on_one_machine_have_cookies_of_their_own(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    first = settings_with(monkeypatch, PUBLIC_URL="http://127.0.0.1:8000")[name]
    second = settings_with(monkeypatch, PUBLIC_URL="http://127.0.0.1:8001")[name]
    assert first.removesuffix("8000") == second.removesuffix("8001")
    assert first != second


def test_https_switches_on_redirect_hsts_and_secure_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(monkeypatch, PUBLIC_URL="https://portal.example.org/")
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]


def test_defaults_are_the_safe_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(monkeypatch, PUBLIC_URL="https://portal.example.org")
    assert not settings["DEBUG"]
    assert not settings["DEMO"]
    assert settings["TRUSTED_PROXIES"] == []
    assert "debug_toolbar" not in settings["INSTALLED_APPS"]


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


MESSAGE = """
from django.contrib.messages import INFO
from django.contrib.messages.storage import default_storage
from django.http import HttpResponse
from django.test import RequestFactory

request, response = RequestFactory().get("/"), HttpResponse()
request.session = {}
storage = default_storage(request)
storage.add(INFO, "Gespeichert.")
storage.update(response)
print(*response.cookies)
"""


def test_messages_wait_in_a_cookie_of_their_own_as_well() -> None:
    outcome = manage("shell", "--no-imports", "-c", MESSAGE, PUBLIC_URL="http://127.0.0.1:8001")
    assert outcome.stdout.split() == ["messages_8001"], outcome.stderr


DEPLOYED = {"PUBLIC_URL": "https://portal.example.org", "DEBUG": "0", "DEMO": "0"}


def test_check_for_deployment_is_clean_under_https() -> None:
    outcome = manage("check", "--deploy", "--fail-level", "INFO", **DEPLOYED, EMAIL_URL="smtp://localhost")
    assert outcome.returncode == 0, outcome.stderr


def test_check_for_deployment_tells_that_mail_would_go_nowhere() -> None:
    outcome = manage("check", "--deploy", "--fail-level", "INFO", **DEPLOYED, EMAIL_URL="")
    assert "Set EMAIL_URL" in outcome.stderr


@pytest.mark.parametrize(
    "address",
    [
        "postgres://nobody:secret@127.0.0.1:1/portal",  # nothing listens there
        "postgres://nobody:secret@host.invalid/portal",
    ],
)
def test_unreachable_database_gets_one_line(address: str) -> None:
    outcome = manage("migrate", DATABASE_URL=address)
    assert outcome.returncode == 1
    assert len(outcome.stderr.strip().splitlines()) == 1, outcome.stderr
    assert "DATABASE_URL" in outcome.stderr
    assert "secret" not in outcome.stderr


@pytest.mark.parametrize(
    "address", ["nonsense", "mysql://localhost/portal", "sqlite:///portal.db", "postgres://localhost:port/portal"]
)
def test_address_of_another_kind_of_database_gets_one_line(address: str) -> None:
    outcome = manage("migrate", DATABASE_URL=address)
    assert outcome.returncode == 1
    assert len(outcome.stderr.strip().splitlines()) == 1, outcome.stderr
    assert "postgres://" in outcome.stderr


def test_mail_is_kept_as_files_where_no_server_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(monkeypatch, PUBLIC_URL="https://portal.example.org")
    assert settings["EMAIL_BACKEND"] == "common.mail_folder.MailFolder"
    assert settings["DEFAULT_FROM_EMAIL"] == "Integrationsportal <portal@portal.example.org>"


def test_mail_server_is_set_by_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "submission://portal:ge%40heim@mail.example.org"
    settings = settings_with(monkeypatch, PUBLIC_URL="https://portal.example.org", EMAIL_URL=url)
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"]) == (
        "mail.example.org",
        587,
        True,
    )
    assert settings["EMAIL_HOST_PASSWORD"] == "ge@heim"
    assert settings["EMAIL_TIMEOUT"] == 20


@pytest.mark.parametrize("url", ["mail.example.org", "https://mail.example.org", "console://"])
def test_what_is_no_mail_server_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must look like"):
        settings_with(monkeypatch, PUBLIC_URL="https://portal.example.org", EMAIL_URL=url)

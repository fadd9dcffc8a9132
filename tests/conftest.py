"""The tests run with production settings on a real PostgreSQL; without DATABASE_URL on the embedded one."""

import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common import embedded_database
from common.catalogues import compile_catalogues

os.environ["DJANGO_SETTINGS_MODULE"] = "integration_portal.settings"
os.environ["DEBUG"] = "0"
os.environ["DEMO"] = "0"
os.environ["PUBLIC_URL"] = "http://testserver"

# How long an example takes says how busy the machine is.
settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")

NOTHING_LEFT_OUT = os.environ.get("REQUIRE_ALL") == "1"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    server = ExitStack()
    config.add_cleanup(server.close)
    try:
        server.enter_context(embedded_database.running_unless_configured())
    except embedded_database.DatabaseUnavailable as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    compile_catalogues()
    _prepare_settings()


def _prepare_settings() -> None:
    """What tests need otherwise: no collected files, and password hashes that cost nothing."""
    from django.conf import settings

    settings.STATIC_ROOT = settings.VAR / "nothing"
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, and name, what this machine cannot do."""
    if (shutil.which("chromium") or shutil.which("google-chrome")) and shutil.which("chromedriver"):
        return
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason="chromium and chromedriver are not installed"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):  # type: ignore[no-untyped-def]
    """Where nothing may be left out, a skipped test has failed."""
    outcome = yield
    report = outcome.get_result()
    if NOTHING_LEFT_OUT and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and REQUIRE_ALL forbids it: {report.longrepr}"


@pytest.fixture(autouse=True)
def german() -> None:
    """Every test begins in German; a page visited under /en/ leaves its language behind."""
    from django.conf import settings
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def kept_queries_compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each kept query is held against its queryset; gives the names of those asked."""
    from tests.kept_queries import compare

    return compare(monkeypatch)

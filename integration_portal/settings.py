"""All settings, read from environment variables; every default is the safe one.

The variables are listed in docs/operations.md.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_email_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError

from common import embedded_database
from integration_portal.loopback import is_loopback

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"

env = Env()

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)


# -- Address ---------------------------------------------------------------------------------------------------

PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
if not PUBLIC_URL:
    raise ImproperlyConfigured("PUBLIC_URL is not set: the address at which people reach the portal, with https://")
_public = urlsplit(PUBLIC_URL)
try:
    # Cookies know no ports: a second portal on the same machine would overwrite those of the first.
    _at_port = f"_{_public.port}" if _public.port else ""
except ValueError as error:
    raise ImproperlyConfigured(f"PUBLIC_URL must look like https://portal.example.org: {error}") from error
if _public.scheme not in ("http", "https") or not _public.hostname:
    raise ImproperlyConfigured("PUBLIC_URL must look like https://portal.example.org")
# The name that Django's test client uses is reached by nobody.
IS_LOOPBACK = is_loopback(_public.hostname) or _public.hostname == "testserver"
if _public.scheme == "http" and not (IS_LOOPBACK or (DEMO and env.bool("DEMO_PUBLIC", False))):
    raise ImproperlyConfigured("PUBLIC_URL must begin with https://; http is accepted for this machine only")

# Monitoring on this machine asks by the machine's own names.
ALLOWED_HOSTS = [_public.hostname, *env.list("ALLOWED_HOSTS", []), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

_https = _public.scheme == "https"
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"sessionid{_at_port}", f"csrftoken{_at_port}"
MESSAGE_STORAGE, MESSAGE_COOKIE_NAME = "integration_portal.messages.Messages", f"messages{_at_port}"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the log of a large meeting without scripts is one form
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", [])
SECURITY_CONTACT = env.str("SECURITY_CONTACT", "")


def _secret_key() -> str:
    """A key generated once under var/, so that trying the portal out needs no preparation."""
    file = VAR / "secret_key"
    if not file.exists():
        VAR.mkdir(exist_ok=True)
        # Whole or not at all: another process that starts at the same moment reads the key that came first.
        with tempfile.NamedTemporaryFile("w", dir=VAR) as made:
            made.write(secrets.token_urlsafe(64))
            made.flush()
            with suppress(FileExistsError):
                os.link(made.name, file)
    return file.read_text()


SECRET_KEY = env.str("SECRET_KEY", "") or _secret_key()


# -- Parts ------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "integration_portal.apps.IntegrationPortalConfig",
    "services",
    "forums",
    "contacts",
    "municipalities",
    "accounts",
    "common",
    "integration_portal.apps.PortalAdminConfig",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "csp",
    "django_filters",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "rules.apps.AutodiscoverRulesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "integration_portal.middleware.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "integration_portal.kept_pages.KeptPages",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "integration_portal.middleware.CacheHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "integration_portal.middleware.AddressLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.audit.AuditMiddleware",
]
if DEBUG:
    INSTALLED_APPS += ["debug_toolbar"]
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.middleware.gzip.GZipMiddleware") + 1,
        "debug_toolbar.middleware.DebugToolbarMiddleware",
    )
    INTERNAL_IPS = ["127.0.0.1"]

ROOT_URLCONF = "integration_portal.urls"
WSGI_APPLICATION = "integration_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "integration_portal.context_processors.portal",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "common.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "common.form_renderer.QuickRenderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["kern"]
CRISPY_TEMPLATE_PACK = "kern"
CRISPY_FAIL_SILENTLY = False


# -- Database -----------------------------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    if embedded_database.is_configured_elsewhere():
        try:
            database = env.dj_db_url("DATABASE_URL")
        except (EnvError, ValueError):
            database = {}
        if database.get("ENGINE") != "django.db.backends.postgresql" or not database.get("NAME"):
            raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host:5432/name")
        return database
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env.str("EMBEDDED_DATABASE_NAME", "portal"),
        "USER": embedded_database.SUPERUSER,
        "HOST": str(embedded_database.socket_folder()),
        "PORT": str(embedded_database.PORT),
    }


DATABASES = {"default": _database()}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_DATABASE_NAME", "test_portal")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PGHISTORY_APPEND_ONLY = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True  # the audit tells who imported what
PGHISTORY_MIDDLEWARE_METHODS = ("POST",)


# -- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # mail addresses are unique without regard to case, by a constraint
AUTHENTICATION_BACKENDS = ["accounts.backends.SignInBackend", "rules.permissions.ObjectPermissionBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email",)},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "start"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False  # the library counts in the cache; accounts/limits.py counts in the database


# -- Language and time -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = ["integration_portal.formats"]


# -- Mail -----------------------------------------------------------------------------------------------------------


def _mail() -> dict[str, Any]:
    """Django's settings for the mail server; without one every message is kept as a file."""
    if not (url := env.str("EMAIL_URL", "")):
        return {"EMAIL_BACKEND": "common.mail_folder.MailFolder", "EMAIL_FILE_PATH": str(VAR / "mail")}
    mail = dj_email_url.parse(url)
    if mail.get("EMAIL_BACKEND") != "django.core.mail.backends.smtp.EmailBackend" or not mail["EMAIL_HOST"]:
        raise ImproperlyConfigured("EMAIL_URL must look like submission://user:password@mail.example.org:587")
    return mail


globals().update(_mail())
EMAIL_FILE_PATH: str = globals()["EMAIL_FILE_PATH"]  # empty where mail is sent
EMAIL_USE_LOCALTIME = True
EMAIL_TIMEOUT = 20  # seconds for each step; see common.outbox.LEASE
DEFAULT_FROM_EMAIL = SERVER_EMAIL = (
    env.str("DEFAULT_FROM_EMAIL", "") or f"Integrationsportal <portal@{_public.hostname}>"
)
# Where replies to mail about requests go, with the request's own mark after a plus sign; unset, to the office.
REQUEST_REPLY_ADDRESS = env.str("REQUEST_REPLY_ADDRESS", "")


# -- Files ----------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("kern", BASE_DIR / "node_modules/@kern-ux/native/dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILES_ROOT = env.path("FILES_ROOT", VAR / "files")  # what people upload; never below the web root
LARGEST_FILE = env.int("LARGEST_FILE_MB", 20) * 1024 * 1024
# What whoever asks, with or without account, may attach to one request in all.
LARGEST_REQUEST = env.int("LARGEST_REQUEST_MB", 50) * 1024 * 1024
FILES_OF_REQUEST = 30
WHITENOISE_KEEP_ONLY_HASHED_FILES = True


# -- Safety ---------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/__debug__/"] if DEBUG else [],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "integration_portal.logs.CleanFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO", "handlers": []},
        # Addresses of refused requests may hold one-time tokens.
        "django.request": {"level": "ERROR"},
        # Django answers HEAD like GET and leaves it to the server to drop the body, which is nothing to warn of.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}

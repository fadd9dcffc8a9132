"""The portal's own settings, and one page more: the bare page that everything is compared with."""

from integration_portal.settings import *  # noqa: F403
from integration_portal.settings import BASE_DIR, TEMPLATES

ROOT_URLCONF = "benchmarks.urls"
TEMPLATES = [{**TEMPLATES[0], "DIRS": [*TEMPLATES[0]["DIRS"], BASE_DIR / "benchmarks" / "templates"]}]

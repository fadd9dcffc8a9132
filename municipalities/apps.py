from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from common import database_errors


class MunicipalitiesConfig(AppConfig):
    name = "municipalities"
    verbose_name = _("Municipalities")

    def ready(self) -> None:
        database_errors.register(
            {
                "municipalities_municipality_ags_kept": (
                    _("The key never changes. If a municipality gets another one, end this one and add the new one."),
                    "ags",
                )
            }
        )

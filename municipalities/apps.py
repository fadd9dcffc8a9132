from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from common import database_errors, personal_data


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
        for model in self.get_models():
            personal_data.declare(model._meta.label, because=_("Names and data of places, from the official register."))

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = _("Mail and background work")

    def ready(self) -> None:
        from common import (
            checks,  # noqa: F401 - registers them
            duties,
            outbox,
        )

        duties.register("common.forget_addresses", outbox.forget_addresses, label=_("Forget addresses of old mail"))

import datetime

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = _("Mail and background work")

    def ready(self) -> None:
        from common import (
            checks,  # noqa: F401 - registers them
            duties,
            erasure,
            files,
            held_by_common,
        )

        held_by_common.join()
        duties.register("common.files", files.remove_orphans, label=_("Remove files that belong to nothing"))
        duties.register(
            "common.purge", erasure.run_duty, label=_("Erase personal data kept long enough"), at=datetime.time(2, 30)
        )

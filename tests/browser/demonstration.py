"""The demonstration's offices on the real register, cut to their districts so that it loads in a second."""

import csv
import shutil
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

DISTRICTS = {"03252", "03255", "03455", "05711", "05766"}
DATA = Path(settings.BASE_DIR) / "data"


def load(folder: Path) -> None:
    """Load register and demonstration by their commands, and ask for a mail; `folder` is for the files cut to size."""
    cut(folder)
    call_command("load_municipalities", data=folder, stdout=StringIO())
    call_command("load_demo", stdout=StringIO())
    _write_mail()


def _write_mail() -> None:
    """An invitation, and that a worker lives, for the administration's lists."""
    from django.utils import timezone  # this module is imported before the apps are there

    from accounts.demo import COORDINATION
    from accounts.mail import INVITATION
    from accounts.models import User
    from common import outbox
    from common.duties import note_worker

    invited = User.objects.get(email=COORDINATION.email)
    outbox.post(INVITATION, about=invited.pk, to=invited.pk)
    note_worker("", timezone.now())


def cut(folder: Path) -> None:
    (folder / "boundaries/all").mkdir(parents=True)
    for name in ("sources", "states"):
        shutil.copy(DATA / f"{name}.csv", folder)
    for name, column in [
        ("districts", "ags"),
        ("associations", "district_ags"),
        ("municipalities", "district_ags"),
        ("postal_codes", "municipality_ags"),
        ("successions", "predecessor_district_ags"),
    ]:
        with (DATA / f"{name}.csv").open(encoding="utf-8") as source:
            rows = csv.DictReader(source)
            columns = rows.fieldnames or []
            kept = [row for row in rows if row[column][:5] in DISTRICTS]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
    shutil.copy(DATA / "boundaries/unincorporated.geojson", folder / "boundaries")
    for district in DISTRICTS:
        for file in (f"boundaries/{district}.geojson", f"boundaries/all/{district}.geojson"):
            if (DATA / file).exists():
                shutil.copy(DATA / file, folder / file)

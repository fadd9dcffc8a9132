"""The districts of the demonstration's offices with their towns, as the register has them."""

import csv

from django.conf import settings

from municipalities.models import District, Municipality, State

DISTRICTS = {"03252", "03255", "03455", "05711", "05766"}


def load_places() -> None:
    for row in _rows("districts"):
        if row["ags"] in DISTRICTS:
            state, _ = State.objects.get_or_create(ags=row["state_ags"], name=row["state_name"])
            District.objects.create(
                ags=row["ags"], name=row["name"], kind=row["kind"], full_name=row["full_name"], state=state
            )
    districts = {district.ags: district for district in District.objects.all()}
    Municipality.objects.bulk_create(
        Municipality(
            ags=row["ags"],
            name=row["name"],
            designation=row["designation"],
            district=districts[row["district_ags"]],
        )
        for row in _rows("municipalities")
        if row["district_ags"] in DISTRICTS
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (settings.BASE_DIR / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

"""What became of a town, and what of it never changes."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from common import database_errors
from municipalities.models import Succession
from tests.factories import MunicipalityFactory

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 1)


def test_a_town_cannot_follow_itself() -> None:
    town = MunicipalityFactory()
    succession = Succession(predecessor=town, successor=town, took_effect_on=TODAY, kind=Succession.Kind.MERGED)
    with pytest.raises(ValidationError, match="selbst"):
        succession.full_clean()
    with pytest.raises(IntegrityError):
        succession.save()


def test_the_official_key_never_changes_and_the_refusal_stands_beside_it() -> None:
    town = MunicipalityFactory()
    town.ags = "99999999"
    with pytest.raises(ValidationError) as refusal, database_errors.checked():
        town.save()
    assert "ändert sich nie" in refusal.value.message_dict["ags"][0]

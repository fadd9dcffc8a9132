"""Loading the demonstration: once, quickly, and never into real data."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from contacts.models import Assignment
from tests.factories import OfficeFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(places: None) -> None:
    call_command("load_demo")


def test_loading_again_changes_nothing(demo: None) -> None:
    before = _everything()

    call_command("load_demo", stdout=StringIO())

    assert _everything() == before


def test_what_somebody_tried_out_stays_when_loaded_again(demo: None) -> None:
    assignment = Assignment.objects.filter(office__code="LIP").latest("pk")
    assignment.delete()

    call_command("load_demo", stdout=StringIO())

    assert not Assignment.objects.filter(pk=assignment.pk).exists()


@pytest.mark.parametrize("make", [OfficeFactory, PersonFactory, UserFactory])
def test_a_database_with_real_data_is_refused(places: None, make: type) -> None:
    real = make()
    before = _everything()

    with pytest.raises(CommandError, match="echte Daten") as refusal:
        call_command("load_demo")

    assert str(real) in str(refusal.value)
    assert _everything() == before


def test_without_municipalities_it_says_what_to_load_first() -> None:
    with pytest.raises(CommandError, match="load_municipalities"):
        call_command("load_demo")


def _everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows of the portal's own tables, with their versions."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values_list())
        for app in ("accounts", "contacts", "forums", "municipalities", "services")
        for model in apps.get_app_config(app).get_models()
    }

"""Short words that several pages share say in each place what is meant there; each in German."""

import pytest
from django.utils import timezone

from services.models import RequestDetail
from tests.factories import UserFactory
from tests.services.office import Setting, signed_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_button_that_begins_the_work_is_a_verb(setting: Setting) -> None:
    request = setting.request()
    form = signed_in(setting.coordinator).get(f"{request.get_absolute_url()}beginnen/").context["form"]
    assert str(form.submit) == "Beginnen"


def test_whoever_asks_speaks_of_themselves_and_the_office_of_somebody_else(setting: Setting) -> None:
    asked = words(signed_in(setting.clerk).get(f"/leistungen/{setting.offering.pk}/anfragen/"))
    entered = words(signed_in(setting.coordinator).get(f"/anfragen/neu/?leistung={setting.offering.pk}"))
    assert ("mich selbst" in asked, "sich selbst" in asked) == (True, False)
    assert ("mich selbst" in entered, "sich selbst" in entered) == (False, True)


def test_lists_call_what_is_over_closed_and_numbers_by_their_name(setting: Setting) -> None:
    requester, coordinator = signed_in(setting.requester), signed_in(setting.coordinator)
    setting.request()
    assert '<option value="abgeschlossen">Geschlossen</option>' in words(requester.get("/meine-anfragen/"))
    assert 'ansicht=abgeschlossen">Geschlossen' in words(coordinator.get("/anfragen/"))
    assert "Vorgangsnummer" in requester.get("/meine-anfragen/?format=csv").content.decode()
    assert "Eingangsweg" in coordinator.get("/anfragen/?format=csv").content.decode()


def test_department_has_one_name_wherever_it_is_asked_or_shown(setting: Setting) -> None:
    request, coordinator = setting.request(), signed_in(setting.coordinator)
    for client, address in (
        (signed_in(setting.clerk), f"/leistungen/{setting.offering.pk}/anfragen/"),
        (coordinator, f"/anfragen/neu/?leistung={setting.offering.pk}"),
        (coordinator, f"{request.get_absolute_url()}anfragende/"),
        (coordinator, "/anfragen/?format=csv"),
    ):
        text = client.get(address).content.decode()
        assert "Dienststelle oder Organisation" in text, address
        assert "Amt oder Organisation" not in text, address


def test_administration_reads_when_it_was_closed_whom_it_is_from_and_what_was_answered(setting: Setting) -> None:
    request = setting.request(asks_for="oneself")
    RequestDetail.objects.create(request=request, wording="Gibt es einen Beamer?", reply="Ja")
    request.assign(setting.post_of(setting.requester), timezone.now(), by=setting.coordinator)
    shown = words(
        signed_in(UserFactory(is_superuser=True)).get(f"/verwaltung/services/servicerequest/{request.pk}/change/")
    )
    for label in (
        "Geschlossen:",
        "Von:",
        "Antwort:",
        "Eingangsweg:",
        "Grund der Zuweisung:",
        "Zuweisung<",
        "sich selbst",
    ):
        assert label in shown, label
    for label in ("Tatsächliches Ende:", "Ab:", "Rückmeldung:", "Zuständigkeit<"):
        assert label not in shown, label


def test_table_of_an_offering_names_each_cell_for_a_small_screen(setting: Setting) -> None:
    shown = words(signed_in(setting.coordinator).get(setting.offering.get_absolute_url()))
    for label in ("Kommunen", "Telefon", "E-Mail"):
        assert f'<td data-label="{label}">' in shown

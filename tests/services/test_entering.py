"""Entering a request that came by phone: one request of one form, and what a form sent again says."""

import pytest

from services.models import ServiceRequest
from tests.factories import OfficeMembershipFactory, ServiceRequestFactory
from tests.services.office import Setting, send, signed_in
from tests.services.requester import errors, hidden

TYPED = {"channel": "phone", "subject": "Vortrag erbeten", "asks_for": "oneself", "requester_name": "Otto  Anruf"}


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


def test_form_sent_again_leads_to_its_request_and_what_was_changed_is_not_taken_over(setting: Setting) -> None:
    client, address = signed_in(setting.coordinator), f"/anfragen/neu/?leistung={setting.offering.pk}"
    typed = hidden(client, address) | TYPED
    first = client.post(address, typed)
    assert client.post(address, typed).headers["Location"] == first.headers["Location"]
    again = client.post(address, typed | {"subject": "Etwas anderes"})
    text = again.content.decode()
    assert "Ihre Änderungen wurden nicht übernommen" in text
    assert f'href="{first.headers["Location"]}"' in text
    assert "Etwas anderes" in text
    assert ServiceRequest.objects.get().subject == "Vortrag erbeten"


def test_key_of_somebody_elses_draft_or_entry_is_not_theirs_to_send(setting: Setting) -> None:
    draft = ServiceRequestFactory(offering=setting.offering, account=setting.requester, subject="Entwurf")
    colleague = OfficeMembershipFactory(office=setting.office).user
    address = f"/anfragen/neu/?leistung={setting.offering.pk}"
    send(signed_in(setting.coordinator), address, **TYPED | {"key": str(draft.key)})
    draft.refresh_from_db()
    assert (draft.state, draft.subject) == ("draft", "Entwurf")
    entry = ServiceRequest.objects.get(entered_by=setting.coordinator)
    send(signed_in(colleague), address, **TYPED | {"key": str(entry.key)})
    assert ServiceRequest.objects.filter(entered_by=colleague).exclude(pk=entry.pk).count() == 1


def test_town_hall_that_calls_is_the_one_of_a_town(setting: Setting) -> None:
    address = f"/anfragen/neu/?leistung={setting.offering.pk}"
    refused = send(signed_in(setting.coordinator), address, **TYPED | {"asks_for": "town_hall"})
    assert list(errors(refused)) == ["municipality"]

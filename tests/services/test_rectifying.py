"""Putting right who asks: the office alone does it, no entry keeps what was wrong, and a stranger's links end."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from common import outbox
from common.links import Link
from services import links
from services.models import RequestEntry, ServiceRequest
from tests.services.office import Setting, send, signed_in, words
from tests.services.requester import link

WRONG, RIGHT = "fremd@example.org", "rosa@example.org"


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


@pytest.fixture
def asked(setting: Setting) -> ServiceRequest:
    row = setting.request(account=None, requester_email=WRONG, requester_name="Rosa Rathaus")
    outbox.deliver_due()
    mail.outbox.clear()
    return row


@pytest.fixture
def client(setting: Setting) -> Client:
    return signed_in(setting.coordinator)


def form_of(request: ServiceRequest) -> str:
    return f"{request.get_absolute_url()}anfragende/"


def given(**fields: Any) -> dict[str, Any]:
    told = {"requester_name": "Rosa Rathaus", "requester_email": WRONG, "requester_body": "", "requester_phone": ""}
    return told | fields


def test_strangers_links_end_and_the_right_address_gets_its_own(client: Client, asked: ServiceRequest) -> None:
    asked.complete(timezone.now(), by=None)
    outbox.deliver_due()
    mail.outbox.clear()
    old = [link(purpose, asked) for purpose in (links.FOLLOW_LINK, links.FEEDBACK_LINK)]
    assert [Client().get(address).status_code for address in old] == [200, 200]
    send(client, form_of(asked), **given(requester_email=RIGHT))
    assert [Client().get(address).status_code for address in old] == [404, 404]
    assert not Link.objects.filter(object_id=asked.pk).open(timezone.now()).exists()
    outbox.deliver_due()
    [message] = mail.outbox
    assert message.to == [RIGHT]
    asked.refresh_from_db()
    new = link(links.FOLLOW_LINK, asked)
    assert new in message.body
    assert Client().get(new).status_code == 200


def test_entry_says_what_was_put_right_to_the_office_alone_and_without_addresses(
    client: Client, asked: ServiceRequest, setting: Setting
) -> None:
    send(client, form_of(asked), **given(requester_email=RIGHT, requester_name="Rosa Rathmann"))
    entry = asked.entries.get(kind=RequestEntry.Kind.NOTE)
    assert (entry.is_internal, entry.by) == (True, setting.coordinator)
    assert entry.text == "Angaben zur anfragenden Person berichtigt: Name, E-Mail-Adresse"
    asked.refresh_from_db()
    assert (asked.requester_name, asked.requester_email) == ("Rosa Rathmann", RIGHT)


def test_links_stay_where_the_mail_address_does(client: Client, asked: ServiceRequest) -> None:
    address = link(links.FOLLOW_LINK, asked)
    send(client, form_of(asked), **given(requester_phone="05231 1000"))
    assert Client().get(address).status_code == 200
    outbox.deliver_due()
    assert not mail.outbox


def test_wrong_address_goes_where_no_right_one_is_known(client: Client, asked: ServiceRequest) -> None:
    address = link(links.FOLLOW_LINK, asked)
    send(client, form_of(asked), **given(requester_email=""))
    asked.refresh_from_db()
    assert asked.requester_email == ""
    assert Client().get(address).status_code == 404
    outbox.deliver_due()
    assert not mail.outbox


def test_saving_without_a_change_says_nothing(client: Client, asked: ServiceRequest) -> None:
    send(client, form_of(asked), **given())
    assert not asked.entries.filter(kind=RequestEntry.Kind.NOTE).exists()


def test_second_writer_reads_what_is_stored_meanwhile(client: Client, asked: ServiceRequest, setting: Setting) -> None:
    form = client.get(form_of(asked)).context["form"]
    seen = {field.html_name: field.value() for field in form.hidden_fields()}
    send(signed_in(setting.coordinator), form_of(asked), **given(requester_email=RIGHT))
    response = client.post(form_of(asked), seen | given(requester_email="anders@example.org"))
    assert RIGHT in response.content.decode()
    asked.refresh_from_db()
    assert asked.requester_email == RIGHT


def test_page_of_the_request_leads_the_office_there_and_nobody_else(
    client: Client, asked: ServiceRequest, setting: Setting
) -> None:
    assert form_of(asked) in words(client.get(asked.get_absolute_url()))
    assert form_of(asked) not in words(signed_in(setting.clerk).get(asked.get_absolute_url()))
    assert signed_in(setting.clerk).get(form_of(asked)).status_code == 403
    assert signed_in(setting.neighbour).get(form_of(asked)).status_code == 404


def test_step_is_no_longer_offered_once_who_asked_is_forgotten(client: Client, asked: ServiceRequest) -> None:
    asked.complete(timezone.now(), by=None)
    forgotten = {"requester_name": "", "requester_email": "", "forgotten_at": timezone.now()}
    ServiceRequest.objects.filter(pk=asked.pk).update(**forgotten)
    page = words(client.get(asked.get_absolute_url()))
    assert form_of(asked) not in page
    assert f"{asked.get_absolute_url()}wieder-oeffnen/" not in page
    response = send(client, form_of(asked), **given())
    assert "gelöscht" in words(response)

"""Whom the office does not show to everyone is the office to whoever asks: on pages, in files and in mail."""

import re
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.test import Client
from django.utils import timezone

from common import outbox
from common.periods import ONE_DAY, period, today
from contacts.models import ContactPerson
from services import links, wording
from services.models import ServiceRequest
from tests.factories import AbsenceFactory, ContactPersonFactory, OfficeMembershipFactory
from tests.services.requester import Setting, link, send, signed_in

pytestmark = pytest.mark.django_db


class Hidden(Setting):
    """The town's contact person is shown to the office's own staff alone, and answers under their own name."""

    def __init__(self) -> None:
        super().__init__()
        self.coordinator = OfficeMembershipFactory(office=self.office, user__name="Hannah Heimlich").user
        self.name = self.coordinator.name
        person = self.post.person
        person.given_name, person.family_name, person.user = "Hannah", "Heimlich", self.coordinator
        person.save()
        ContactPerson.objects.filter(pk=self.post.pk).update(is_published=False)


@pytest.fixture
def setting() -> Hidden:
    return Hidden()


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def answered(setting: Setting, **fields: Any) -> ServiceRequest:
    request = setting.request(**fields)
    request.answer("Gern im Mai.", timezone.now(), by=setting.coordinator)  # type: ignore[attr-defined]
    return request


def test_visitor_by_link_reads_the_office_in_place_of_the_name(setting: Hidden) -> None:
    request = answered(setting, account=None)
    shown = text_of(Client().get(link(links.FOLLOW_LINK, request)))
    assert "Gern im Mai." in shown
    assert "Stelle Muster hat Ihnen geantwortet." in shown
    assert "Zugewiesen, weil Stelle Muster für Adorf zuständig ist." in shown
    assert "Heimlich" not in shown


def test_town_hall_reads_the_office_on_its_page_and_in_its_file(setting: Hidden) -> None:
    request = answered(setting)
    client = signed_in(setting.clerk)
    for address in (request.get_absolute_url(), "/meine-anfragen/", "/meine-anfragen/?format=csv"):
        shown = text_of(client.get(address))
        assert "Stelle Muster hat Ihnen geantwortet." in shown
        assert "Heimlich" not in shown


def test_who_sends_a_request_is_told_the_office(setting: Hidden) -> None:
    client = signed_in(setting.clerk)
    page = send(client, setting.address, **setting.typed())
    assert "Heimlich" not in text_of(client.get(page.headers["Location"]))
    confirmed = setting.request(account=None, created_at=timezone.now())
    shown = text_of(Client().get(link(links.CONFIRM_LINK, confirmed)))
    assert "Ihre Anfrage ist bestätigt" in shown
    assert "Heimlich" not in shown


def test_mail_to_whoever_asked_is_signed_by_the_office(setting: Hidden) -> None:
    answered(setting, account=None, requester_email="gast@example.org")
    answered(setting, requester_email="gast@example.org")
    while outbox.deliver_due():
        pass
    told = [mail for mail in sent_mail.outbox if mail.to == ["gast@example.org"]]
    assert len(told) == 4
    assert not [mail.body for mail in told if "Heimlich" in str(mail.message()) + mail.body]
    for mail in told:
        if "Gern im Mai." in mail.body:
            assert "Gern im Mai.\n\nStelle Muster\n" in mail.body


def test_office_reads_the_name(setting: Hidden) -> None:
    request = answered(setting)
    shown = text_of(signed_in(setting.coordinator).get(request.get_absolute_url()))
    assert shown.count("Hannah Heimlich") > 2
    assert "Zugewiesen, weil Hannah Heimlich" in shown


def test_nobody_reads_that_somebody_hidden_is_away(setting: Hidden) -> None:
    substitute = ContactPersonFactory(office=setting.office)
    AbsenceFactory(contact_person=setting.post, substitute=substitute, days=period(today(), today() + ONE_DAY))
    request = setting.request(created_at=timezone.now())
    assert request.assigned_instead_of == setting.post
    assert "Heimlich" in wording.assigned_in_words(request, setting.coordinator)
    assert "Heimlich" not in wording.assigned_in_words(request, setting.clerk)
    assert str(substitute.person) in wording.assigned_in_words(request, setting.clerk)


def test_visitor_reads_who_stands_in_and_not_for_whom_that_is_hidden(setting: Hidden) -> None:
    substitute = ContactPersonFactory(office=setting.office)
    AbsenceFactory(contact_person=setting.post, substitute=substitute, days=period(today(), today() + ONE_DAY))
    request = setting.request(account=None, requester_email="gast@example.org", created_at=timezone.now())
    while outbox.deliver_due():
        pass
    pages = [link(purpose, request) for purpose in (links.CONFIRM_LINK, links.FOLLOW_LINK)]
    shown = [text_of(Client().get(address)) for address in (*pages, f"/kommunen/{setting.town.ags}/")]
    assert f"Zugewiesen, weil {substitute.person} die zuständige Person vertritt." in shown[1]
    assert not [text for text in shown if "Heimlich" in text]
    assert not [mail for mail in sent_mail.outbox if mail.to == ["gast@example.org"] and "Heimlich" in mail.body]


def test_who_is_shown_to_everyone_signs_by_name(setting: Hidden) -> None:
    ContactPerson.objects.update(is_published=True)
    request = answered(setting, account=None)
    shown = text_of(Client().get(link(links.FOLLOW_LINK, request)))
    assert "Hannah Heimlich hat Ihnen geantwortet." in shown
    assert "Stelle Muster</span></p>" not in shown

"""What other parts of the portal do with requests: the start page, the search, hand-overs, mergers and reminders."""

import datetime
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.utils import timezone

from common import outbox
from common.periods import ONE_DAY, today
from contacts.merging import Merge
from municipalities import dependants
from services import reminders
from services.hand_over import open_requests, pass_on_requests
from services.models import OfferingContact, ServiceRequest
from services.routing import Because
from tests.factories import ContactPersonFactory, OfficeMembershipFactory, PersonFactory
from tests.services.office import Setting, signed_in, words

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


@pytest.fixture
def setting() -> Setting:
    return Setting()


# -- Start page, search, pages ------------------------------------------------------------------------------------


def test_every_number_of_the_start_page_leads_to_the_rows_it_counts(setting: Setting) -> None:
    setting.request(at=LONG_AGO)
    setting.request(municipality=None).reply("Und?", timezone.now())
    client = signed_in(setting.coordinator)
    [block] = [one for one in client.get("/").context["blocks"] if one.template == "start/request_work.html"]
    assert len(block.context["figures"]) == 5
    for figure in block.context["figures"]:
        assert len(client.get(figure.url).context["rows"]) == figure.count, figure.text


def test_header_leads_everybody_who_is_signed_in_to_the_requests(setting: Setting) -> None:
    for user, address in ((setting.coordinator, "/anfragen/"), (setting.clerk, "/meine-anfragen/")):
        assert f'<a href="{address}">Anfragen</a>' in words(signed_in(user).get("/kommunen/"))
    from django.test import Client

    assert "anfragen/" not in words(Client().get("/kommunen/"))


@pytest.mark.parametrize("text", ["number", "Sondervortrag", "Bauamt"])
def test_search_finds_requests_for_those_who_see_them(setting: Setting, text: str) -> None:
    request = setting.request(subject="Sondervortrag", requester_body="Bauamt")
    asked = request.reference if text == "number" else text
    for user in (setting.coordinator, setting.requester, setting.clerk):
        assert request.get_absolute_url() in words(signed_in(user).get("/suche/", {"q": asked}))
    for user in (setting.neighbour, setting.other_clerk):
        assert request.get_absolute_url() not in words(signed_in(user).get("/suche/", {"q": asked}))


def test_town_and_person_show_open_requests_to_those_who_see_them(setting: Setting) -> None:
    request = setting.request()
    town, person = f"/kommunen/{setting.town.ags}/", setting.post.get_absolute_url()
    assert request.get_absolute_url() in words(signed_in(setting.coordinator).get(town))
    assert request.get_absolute_url() in words(signed_in(setting.clerk).get(town))
    assert request.get_absolute_url() in words(signed_in(setting.coordinator).get(person))
    for address in (town, person):
        assert request.get_absolute_url() not in words(signed_in(setting.other_clerk).get(address))


# -- Hand-over, mergers -------------------------------------------------------------------------------------------


def test_open_requests_move_along_at_a_hand_over_and_those_of_a_town_with_it(setting: Setting) -> None:
    request = setting.request()
    setting.request().complete(timezone.now(), by=None)
    [thing] = open_requests(setting.post)
    assert (thing.pk, thing.town_id) == (request.pk, setting.town.pk)
    successor = ContactPersonFactory(office=setting.office)
    pass_on_requests([thing.pk], successor)
    request.refresh_from_db()
    assert (request.assigned_to, request.assigned_because) == (successor, Because.HANDED_OVER)
    assert str(successor.person) in str(request.entries.last())


def test_two_entries_of_one_human_become_one_with_their_requests_and_offerings(setting: Setting) -> None:
    double = ContactPersonFactory(office=setting.office, person=PersonFactory())
    for post in (setting.post, double):
        OfferingContact.objects.create(offering=setting.offering, post=post)
    request = setting.request(municipality=None)
    request.assign(double, timezone.now(), by=None)
    merge = Merge(setting.post.person, double.person)
    assert merge.obstacles() == []
    merge.carry_out({})
    request.refresh_from_db()
    assert request.assigned_to == setting.post
    assert OfferingContact.objects.count() == 1
    assert request.entries.filter(kind="assignment").get().post == setting.post


def test_open_requests_of_a_town_that_ends_are_named(setting: Setting) -> None:
    setting.request()
    setting.request().complete(timezone.now(), by=None)
    said = [text for _town, text in dependants.of([setting.town], today()) if "Anfrage" in text]
    assert said == [f"1 offene Anfrage, {setting.office.name}"]


# -- The reminder -------------------------------------------------------------------------------------------------


def delivered() -> list[Any]:
    sent_mail.outbox.clear()
    while outbox.deliver_due():
        pass
    return [mail for mail in sent_mail.outbox if "überfällig" in mail.subject]


def test_overdue_request_is_reminded_once_for_each_due_day(setting: Setting) -> None:
    setting.post.person.email = "zustaendig@example.org"
    setting.post.person.save()
    request = setting.request(at=LONG_AGO)
    for _morning in range(2):
        reminders.remind(today())
    [mail] = delivered()
    assert mail.to == ["zustaendig@example.org"]
    assert request.reference in mail.subject
    assert "09.03.2026" in mail.body
    ServiceRequest.objects.filter(pk=request.pk).update(due_on=today() - ONE_DAY)
    reminders.remind(today())
    assert len(delivered()) == 1


def test_overdue_request_that_nobody_has_is_told_to_the_office_and_its_lead(setting: Setting) -> None:
    setting.office.email = "stelle@example.org"
    setting.office.save()
    lead = OfficeMembershipFactory(office=setting.office, role="lead").user
    setting.request(at=LONG_AGO, municipality=None)
    reminders.remind(today())
    assert {mail.to[0] for mail in delivered()} == {"stelle@example.org", lead.email}


def test_nobody_is_reminded_of_what_was_answered_or_waits(setting: Setting) -> None:
    setting.request(at=LONG_AGO).answer("Gern.", timezone.now(), by=None)
    setting.request(at=LONG_AGO).ask_back("Wann?", timezone.now(), by=None)
    setting.request()
    assert reminders.remind(today()) == "0 reminded"

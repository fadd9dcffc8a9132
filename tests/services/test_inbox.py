"""The inbox: what lies there, for whom, by which view and filter, as a page and as a file."""

import datetime
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from services.models import SavedFilter, ServiceRequest
from services.views.inbox import Inbox
from tests.factories import (
    ContactPersonFactory,
    DeliveryFactory,
    MunicipalityFactory,
    OfficeMembershipFactory,
    ServiceOfferingFactory,
)
from tests.services.office import Setting, send, signed_in, words

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


@pytest.fixture
def setting() -> Setting:
    return Setting()


def shown(user: Any, query: str = "") -> set[str]:
    response = signed_in(user).get(f"/anfragen/{query}")
    assert response.status_code == 200
    return {row.subject for row in response.context["rows"]}


@pytest.fixture
def one_of_each(setting: Setting) -> Setting:
    who = {"at": timezone.now(), "by": setting.coordinator}
    setting.request(subject="neu")
    setting.request(subject="alt", at=LONG_AGO)
    setting.request(subject="niemandes", municipality=None)
    setting.request(subject="gefragt").ask_back("Wann?", **who)
    setting.request(subject="geschrieben").reply("Und?", timezone.now())
    setting.request(subject="fertig").complete(**who)
    setting.request(subject="abgelehnt").decline("Zu weit.", **who)
    done = setting.request(subject="erfasst")
    done.complete(**who)
    DeliveryFactory(office=setting.office, request=done)
    DeliveryFactory(office=setting.office)
    correction = ServiceOfferingFactory(office=setting.office, kind="correction")
    setting.request(subject="berichtigt", offering=correction).complete(**who)
    return setting


@pytest.mark.parametrize(
    ("view", "subjects"),
    [
        ("", {"neu", "alt", "niemandes", "gefragt", "geschrieben"}),
        ("meine", {"neu", "alt", "gefragt", "geschrieben"}),
        ("offen", {"neu", "alt", "niemandes", "gefragt", "geschrieben"}),
        ("nicht-zugewiesen", {"niemandes"}),
        ("ueberfaellig", {"alt"}),
        ("faellig", {"neu", "niemandes", "geschrieben"}),
        ("wartet", {"gefragt"}),
        ("nachrichten", {"geschrieben"}),
        ("ohne-durchfuehrung", {"fertig"}),
        ("abgeschlossen", {"fertig", "erfasst", "berichtigt", "abgelehnt"}),
        ("alle", {"neu", "alt", "niemandes", "gefragt", "geschrieben", "fertig", "erfasst", "berichtigt", "abgelehnt"}),
    ],
)
def test_view_shows_what_it_is_called(one_of_each: Setting, view: str, subjects: set[str]) -> None:
    assert shown(one_of_each.coordinator, f"?ansicht={view}") == subjects


@pytest.mark.usefixtures("kept_queries_compared")
def test_number_of_each_view_is_that_of_its_rows(one_of_each: Setting) -> None:
    client = signed_in(one_of_each.coordinator)
    for view in client.get("/anfragen/").context["views"]:
        assert len(client.get(view.address).context["rows"]) == view.count, view.label


@pytest.mark.usefixtures("kept_queries_compared")
def test_office_sees_its_own(setting: Setting) -> None:
    setting.request(subject="Hiesige")
    assert shown(setting.coordinator) == {"Hiesige"}
    assert shown(setting.neighbour) == set()


def test_whoever_only_asks_is_led_to_the_own_list(setting: Setting) -> None:
    setting.request(subject="Gesendet")
    for user, subjects in (
        (setting.requester, {"Gesendet"}),
        (setting.clerk, {"Gesendet"}),
        (setting.other_clerk, set()),
    ):
        response = signed_in(user).get("/anfragen/?q=gesendet&stand=submitted", follow=True)
        assert response.redirect_chain == [("/meine-anfragen/?q=gesendet", 302)]
        assert {row.subject for row in response.context["rows"]} == subjects


def test_drafts_are_in_no_inbox(setting: Setting) -> None:
    setting.request(subject="Gesendet")
    ServiceRequest(offering=setting.offering, subject="Entwurf", account=setting.coordinator).begin(timezone.now())
    assert shown(setting.coordinator, "?ansicht=alle") == {"Gesendet"}


FILTERS: list[Callable[[Setting, ServiceRequest], str]] = [
    lambda setting, row: f"q={row.reference.lower()}",
    lambda setting, row: "q=gesuchter+bauamt",
    lambda setting, row: f"stelle={setting.office.slug}&q=gesucht",
    lambda setting, row: "stand=accepted",
    lambda setting, row: f"leistung={row.offering_id}",
    lambda setting, row: "art=visit",
    lambda setting, row: f"kommune={row.municipality.ags}",  # type: ignore[union-attr]
    lambda setting, row: f"person={row.assigned_to_id}",
    lambda setting, row: "zeit=2025",
    lambda setting, row: "zeit=2025-q4",
]


@pytest.mark.parametrize("query", FILTERS)
def test_filter_finds_the_one_and_not_the_other(
    setting: Setting, query: Callable[[Setting, ServiceRequest], str]
) -> None:
    setting.request(subject="anderer Betreff")
    offering = ServiceOfferingFactory(office=setting.office, kind="visit")
    town = MunicipalityFactory(name="Bedorf", district=setting.town.district)
    wanted = setting.request(
        at=datetime.datetime(2025, 11, 3, 9, tzinfo=datetime.UTC),
        subject="gesuchter Betreff",
        requester_body="Bauamt",
        offering=offering,
        municipality=town,
    )
    who = {"at": timezone.now(), "by": setting.coordinator}
    wanted.assign(ContactPersonFactory(office=setting.office), **who)
    wanted.accept(**who)
    assert shown(setting.coordinator, f"?{query(setting, wanted)}") == {"gesuchter Betreff"}


def test_search_and_state_find_closed_requests_too_unless_a_view_is_chosen(one_of_each: Setting) -> None:
    for query, subject in (("?q=fertig", "fertig"), ("?stand=declined", "abgelehnt")):
        assert shown(one_of_each.coordinator, query) == {subject}
        assert shown(one_of_each.coordinator, f"{query}&ansicht=offen") == set()


def test_filter_that_is_not_understood_shows_nothing_beside_a_message(setting: Setting) -> None:
    setting.request()
    assert shown(setting.coordinator, "?zeit=gestern") == set()


def test_what_is_due_first_comes_first_and_the_order_can_be_chosen(setting: Setting) -> None:
    setting.request(subject="später")
    setting.request(subject="früher", at=LONG_AGO)
    client = signed_in(setting.coordinator)
    subjects = [row.subject for row in client.get("/anfragen/").context["rows"]]
    assert subjects == ["früher", "später"]
    turned = client.get("/anfragen/?sortierung=-faellig").context["rows"]
    assert [row.subject for row in turned] == ["später", "früher"]


@pytest.mark.parametrize(
    ("page", "subjects"),
    [("1", "AB"), ("2", "CD"), ("3", "E"), ("4", "E"), ("0", "E"), ("9" * 30, "E"), ("unsinn", "AB")],
)
def test_page_holds_its_rows_in_order_and_knows_of_all(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, page: str, subjects: str
) -> None:
    monkeypatch.setattr(Inbox, "page_size", 2)
    for subject in "CABED":
        setting.request(subject=subject, municipality=MunicipalityFactory(name=f"{subject}dorf"))
    context = signed_in(setting.coordinator).get(f"/anfragen/?sortierung=kommune&seite={page}").context
    assert [row.subject for row in context["rows"]] == list(subjects)
    assert (context["page"].paginator.count, context["page"].paginator.num_pages) == (5, 3)


def test_row_says_in_words_that_it_is_overdue_or_has_nobody(setting: Setting) -> None:
    setting.request(at=LONG_AGO, municipality=None)
    table = words(signed_in(setting.coordinator).get("/anfragen/")).split("<tbody>")[1]
    assert "überfällig" in table
    assert "nicht zugewiesen" in table


def test_list_as_a_file_holds_the_rows_shown_and_no_note(setting: Setting) -> None:
    row = setting.request(subject="=gefährlich")
    row.note("Nur unter uns.", timezone.now(), by=setting.coordinator)
    client = signed_in(setting.coordinator)
    csv = client.get("/anfragen/?format=csv").content.decode("utf-8-sig")
    assert row.reference in csv
    assert "'=gefährlich" in csv
    assert "Nur unter uns." not in csv
    assert client.get("/anfragen/?format=xlsx").status_code == 200
    assert row.reference not in client.get("/anfragen/?format=csv&ansicht=wartet").content.decode()


# -- Filters that one keeps ---------------------------------------------------------------------------------------


def test_filter_is_kept_under_a_name_and_found_again(setting: Setting) -> None:
    client = signed_in(setting.coordinator)
    address = "/anfragen/filter/neu/?ansicht=wartet&art=talk&seite=2&boese=1"
    response = send(client, address, name="Wartende Vorträge")
    assert parse_qs(urlsplit(response["Location"]).query) == {"ansicht": ["wartet"], "art": ["talk"]}
    saved = SavedFilter.objects.get()
    assert (saved.user, "boese" in saved.query, "seite" in saved.query) == (setting.coordinator, False, False)
    assert "Wartende Vorträge" in words(client.get("/anfragen/"))
    again = send(client, address, name="Wartende Vorträge")
    assert "Sie haben schon einen Filter dieses Namens." in words(again)


def test_kept_filter_is_ones_own(setting: Setting) -> None:
    saved = SavedFilter.objects.create(user=setting.coordinator, name="Meine", query="ansicht=meine")
    colleague = signed_in(OfficeMembershipFactory(office=setting.office).user)
    assert "Meine</a>" not in words(colleague.get("/anfragen/")).split("saved-filters")[-1].split("result-bar")[0]
    assert colleague.post(f"/anfragen/filter/{saved.pk}/entfernen/").status_code == 404
    assert signed_in(setting.coordinator).post(f"/anfragen/filter/{saved.pk}/entfernen/").status_code == 302
    assert not SavedFilter.objects.exists()


# -- Queries ------------------------------------------------------------------------------------------------------


def test_queries_do_not_grow_with_the_rows(setting: Setting) -> None:
    def queries(address: str) -> int:
        client = signed_in(setting.coordinator)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    setting.request()
    few = [queries(address) for address in ("/anfragen/", "/anfragen/?format=csv")]
    for number in range(49):
        setting.request(municipality=MunicipalityFactory(), subject=f"Anfrage {number}")
    assert [queries(address) for address in ("/anfragen/", "/anfragen/?format=csv")] == few
    assert few[0] <= 14

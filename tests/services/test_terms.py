"""Leads settle how their office deals with requests: texts to answer with, answer target, and how long they stay."""

import pytest
from django.test import Client

from contacts.models import Office
from services.models import AnswerTemplate, RequestTerms
from tests.factories import OfficeFactory, OfficeMembershipFactory, ServiceOfferingFactory
from tests.services.office import send, signed_in, words

pytestmark = pytest.mark.django_db

TEMPLATES = "/stellen/muster/antwortvorlagen/"
TERMS = "/stellen/muster/umgang-mit-anfragen/"


@pytest.fixture
def office() -> Office:
    return OfficeFactory.create(slug="muster")


@pytest.fixture
def lead(office: Office) -> Client:
    return signed_in(OfficeMembershipFactory.create(office=office, role="lead").user)


def template(office: Office, **fields: object) -> AnswerTemplate:
    return AnswerTemplate.objects.create(**{"office": office, "title": "Zusage", "text": "Gern.", **fields})


def test_lead_adds_changes_and_deletes_a_template(lead: Client, office: Office) -> None:
    offering = ServiceOfferingFactory.create(office=office, title="Fachvortrag")
    assert send(lead, f"{TEMPLATES}neu/", title="Zusage", text="Gern, [name].")["Location"] == TEMPLATES
    stored = AnswerTemplate.objects.get()
    assert (stored.office, stored.offering, stored.text) == (office, None, "Gern, [name].")
    address = f"{TEMPLATES}{stored.pk}/"
    send(lead, address, title="Zusage zum Vortrag", text="Sehr gern.", offering=offering.pk)
    stored.refresh_from_db()
    assert (stored.title, stored.text, stored.offering) == ("Zusage zum Vortrag", "Sehr gern.", offering)
    listed = words(lead.get(TEMPLATES))
    assert f'<a href="{address}">Zusage zum Vortrag</a>' in listed
    assert "Fachvortrag" in listed
    assert f"{address}loeschen/" in words(lead.get(address))
    assert lead.post(f"{address}loeschen/", {"version": "1"}).status_code == 200  # it is the second version by now
    assert lead.post(f"{address}loeschen/", {"version": str(stored.version)})["Location"] == TEMPLATES
    assert not AnswerTemplate.objects.exists()


def test_template_says_which_places_are_filled(lead: Client) -> None:
    assert "[name], [ort], [leistung] und [vorgangsnummer]" in words(lead.get(f"{TEMPLATES}neu/"))


def test_second_template_of_the_same_title_is_refused_and_nothing_typed_is_lost(lead: Client, office: Office) -> None:
    template(office)
    shown = words(send(lead, f"{TEMPLATES}neu/", title="Zusage", text="Ein anderer Text."))
    assert "Die Stelle hat bereits eine Vorlage mit diesem Titel." in shown
    assert "Ein anderer Text." in shown


def test_template_for_another_offices_service_is_refused(lead: Client) -> None:
    foreign = ServiceOfferingFactory.create()
    response = send(lead, f"{TEMPLATES}neu/", title="Zusage", text="Gern.", offering=foreign.pk)
    assert "offering" in response.context["form"].errors


def test_second_writer_of_a_template_overwrites_nothing(lead: Client, office: Office) -> None:
    stored = template(office)
    address = f"{TEMPLATES}{stored.pk}/"
    seen = lead.get(address).context["form"]["seen_version"].value()
    AnswerTemplate.objects.update(text="Sehr gern.")
    shown = words(lead.post(address, {"seen_version": seen, "title": "Zusage", "text": "Mit Freude."}))
    stored.refresh_from_db()
    assert stored.text == "Sehr gern."
    assert "Mit Freude." in shown


def test_lead_settles_within_how_many_days_the_office_answers_and_how_long_requests_stay(
    lead: Client, office: Office
) -> None:
    assert lead.get(TERMS).context["form"]["answer_days"].value() == 5
    assert send(lead, TERMS, answer_days="3", request_months="12")["Location"] == office.get_absolute_url()
    terms = RequestTerms.objects.get()
    assert (terms.office, terms.answer_days, terms.request_months) == (office, 3, 12)
    send(lead, TERMS, answer_days="10", request_months="12")
    offering = ServiceOfferingFactory.create(office=office)
    assert offering.days_to_answer() == 10
    assert "binnen 10 Arbeitstagen" in words(lead.get(offering.get_absolute_url()))


@pytest.mark.parametrize(("field", "days"), [("answer_days", "0"), ("answer_days", "61"), ("request_months", "121")])
def test_terms_out_of_all_bounds_are_refused(lead: Client, field: str, days: str) -> None:
    typed = {"answer_days": "5", "request_months": "24"} | {field: days}
    assert field in send(lead, TERMS, **typed).context["form"].errors
    assert not RequestTerms.objects.exists()


def test_pages_are_found_from_the_office_and_its_services_by_those_who_may(lead: Client, office: Office) -> None:
    offering = ServiceOfferingFactory.create(office=office)
    coordinator = signed_in(OfficeMembershipFactory.create(office=office).user)
    for address in (office.get_absolute_url(), offering.get_absolute_url()):
        for page in (TEMPLATES, TERMS):
            assert f'href="{page}"' in words(lead.get(address))
            assert page not in words(coordinator.get(address))
            assert page not in words(Client().get(address))


def test_coordinators_and_other_offices_settle_nothing(office: Office) -> None:
    stored = template(office)
    others = [
        OfficeMembershipFactory.create(office=office).user,
        OfficeMembershipFactory.create(role="lead").user,
    ]
    pages = [TEMPLATES, TERMS, f"{TEMPLATES}neu/", f"{TEMPLATES}{stored.pk}/", f"{TEMPLATES}{stored.pk}/loeschen/"]
    for client in map(signed_in, others):
        assert {client.get(page).status_code for page in pages} == {403}
        assert {client.post(page).status_code for page in pages} == {403}


def test_template_of_another_office_is_not_found_below_ones_own(lead: Client) -> None:
    foreign = template(OfficeFactory.create())
    for page in (f"{TEMPLATES}{foreign.pk}/", f"{TEMPLATES}{foreign.pk}/loeschen/"):
        assert lead.get(page).status_code == lead.post(page).status_code == 404

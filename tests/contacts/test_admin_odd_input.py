"""Input that no browser sends ends in no error page of the server."""

import pytest
from django.test import Client

from tests.factories import OfficeMembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(OfficeMembershipFactory(role="administrator").user, backend="accounts.backends.SignInBackend")
    return client


def test_nul_in_a_suggestion_finds_nothing_worse(administrator: Client) -> None:
    query = {"app_label": "contacts", "model_name": "officemembership", "field_name": "user", "term": "a\x00b"}
    assert administrator.get("/verwaltung/autocomplete/", query).status_code == 200


def test_an_action_on_a_key_that_is_no_number_is_refused(administrator: Client) -> None:
    sent = {"action": "end_on", "_selected_action": "abc"}
    assert administrator.post("/verwaltung/contacts/assignment/", sent).status_code == 400


def test_nul_in_the_office_whose_contacts_are_given_out_names_none(administrator: Client) -> None:
    query = {"format": "csv", "stelle": "a\x00"}
    assert administrator.get("/verwaltung/contacts/contactimport/ausgeben/", query).status_code == 404

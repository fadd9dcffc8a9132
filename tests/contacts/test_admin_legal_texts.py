"""The operator's legal texts are the operator's alone."""

import pytest
from django.test import Client

from contacts.models import LegalText
from tests.factories import OfficeMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

WITHOUT_OFFICE = {"office": "", "kind": LegalText.Kind.IMPRINT, "body": "Text", "reviewed_on": ""}


@pytest.mark.parametrize("is_operator", [True, False])
def test_only_the_operator_writes_a_text_without_office(client: Client, is_operator: bool) -> None:
    user = UserFactory(is_superuser=True) if is_operator else OfficeMembershipFactory(role="administrator").user
    client.force_login(user, backend="accounts.backends.SignInBackend")
    client.post("/verwaltung/contacts/legaltext/add/", WITHOUT_OFFICE)
    assert LegalText.objects.exists() == is_operator

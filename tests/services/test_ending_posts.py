"""Where a post ends in the admin, it says how many open requests stay with it, and leads to their hand-over."""

import pytest
from django.test import Client
from django.utils import timezone

from common.periods import ONE_DAY, today
from contacts.models import ContactPerson
from services.models import ServiceRequest
from tests.contacts.admin_pages import address, filled_in
from tests.contacts.test_admin_end_on import send
from tests.factories import ContactPersonFactory, OfficeMembershipFactory
from tests.services.office import Setting, signed_in, words

LAST = (today() + 30 * ONE_DAY).strftime("%d.%m.%Y")


@pytest.fixture
def setting(db: None) -> Setting:
    return Setting()


@pytest.fixture
def client(setting: Setting) -> Client:
    return signed_in(OfficeMembershipFactory(office=setting.office, role="administrator").user)


@pytest.fixture
def requests(setting: Setting) -> list[ServiceRequest]:
    """Two open ones and a closed one."""
    rows = [setting.request() for _number in range(3)]
    rows[-1].complete(timezone.now(), by=None)
    return rows


def hand_over(post: ContactPerson) -> str:
    return f'<a href="/ansprechpersonen/{post.pk}/ausscheiden/">Übernahme planen</a>'


def test_preview_of_ending_names_the_open_requests_of_each_post(
    setting: Setting, client: Client, requests: list[ServiceRequest]
) -> None:
    free = ContactPersonFactory(office=setting.office)
    page = send(client, [setting.post, free], "preview", name="contactperson", last_day=LAST)
    assert words(page).count("Noch offen: ") == 1
    assert "Noch offen: 2 offene Anfragen. Das bleibt dort, bis es jemand übernimmt." in words(page)
    assert hand_over(setting.post) in words(page)
    assert client.get(f"/ansprechpersonen/{setting.post.pk}/ausscheiden/").status_code == 200


def test_end_entered_by_hand_names_the_open_requests(
    setting: Setting, client: Client, requests: list[ServiceRequest]
) -> None:
    form = address("contactperson_change", setting.post.pk)
    page = client.post(form, filled_in(client.get(form)) | {"function": "Beratung"}, follow=True)
    assert "Noch offen" not in words(page)
    ended = {"period_1": LAST, "assignments-0-valid_1": LAST}
    page = client.post(form, filled_in(client.get(form)) | ended, follow=True)
    assert f"Noch offen bei {setting.post.person}: 2 offene Anfragen." in words(page)
    assert hand_over(setting.post) in words(page)


def test_end_entered_on_the_persons_page_names_the_open_requests(
    setting: Setting, client: Client, requests: list[ServiceRequest]
) -> None:
    form = address("person_change", setting.post.person.pk)
    page = client.post(form, filled_in(client.get(form)) | {"posts-0-period_1": LAST}, follow=True)
    assert f"Noch offen bei {setting.post.person}: 2 offene Anfragen." in words(page)


def test_ending_a_post_with_which_nothing_is_open_says_nothing(setting: Setting, client: Client) -> None:
    page = send(client, [setting.post], "preview", name="contactperson", last_day=LAST)
    assert "Noch offen" not in words(page)

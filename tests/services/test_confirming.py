"""Without account: nothing reaches the office before the button behind the mail's link is pressed; and corrections."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone

from common import outbox
from common.links import Link
from services import links
from services.models import ServiceOffering, ServiceRequest
from tests.factories import ContactPersonFactory, OfficeFactory, OfficeMembershipFactory, ServiceOfferingFactory
from tests.services.requester import MAIL, Setting, a_file, errors, hidden, link, send, signed_in


@pytest.fixture
def setting(db: None, settings: Any, tmp_path: Any) -> Setting:
    settings.FILES_ROOT = tmp_path / "files"
    return Setting()


@pytest.fixture
def unconfirmed(setting: Setting) -> ServiceRequest:
    send(Client(), setting.address, **setting.typed())
    return ServiceRequest.objects.get()


# -- Confirming ---------------------------------------------------------------------------------------------------


def test_mail_to_confirm_carries_nothing_that_was_typed(setting: Setting) -> None:
    """Whoever types somebody else's address sends them no words of theirs."""
    marker = "Jetzt-gewinnen.example"
    words = ("subject", "concern", "audience", "wished_dates", "requester_name", "requester_body", "cause", "place")
    send(Client(), setting.address, **setting.typed(**dict.fromkeys(words, marker)))
    while outbox.deliver_due():
        pass
    [confirm] = mail.outbox
    assert confirm.to == [MAIL]
    assert confirm.subject == "Bitte bestätigen Sie Ihre Anfrage: Fachvortrag"
    assert marker not in confirm.message().as_string()
    assert marker not in confirm.body + str(confirm.alternatives)


def test_opening_the_link_changes_nothing(setting: Setting, unconfirmed: ServiceRequest) -> None:
    address = link(links.CONFIRM_LINK, unconfirmed)
    for _number in range(3):
        assert Client().get(address).status_code == 200
        Client().head(address)
    unconfirmed.refresh_from_db()
    assert (unconfirmed.state, unconfirmed.number) == ("unconfirmed", None)
    coordinator = OfficeMembershipFactory(office=setting.office).user
    assert not ServiceRequest.objects.visible_to(coordinator).exists()


def test_button_hands_it_in_once_and_shows_number_and_where_to_follow_it(
    setting: Setting, unconfirmed: ServiceRequest
) -> None:
    address = link(links.CONFIRM_LINK, unconfirmed)
    for _number in range(2):
        assert Client(enforce_csrf_checks=True).post(address).headers["Location"] == address
    unconfirmed.refresh_from_db()
    assert (unconfirmed.state, unconfirmed.assigned_to) == ("submitted", setting.post)
    assert unconfirmed.entries.count() == 1
    page = Client().get(address).content.decode()
    assert unconfirmed.reference in page
    assert str(setting.post.person) in page
    assert link(links.FOLLOW_LINK, unconfirmed) in page


def test_page_shows_all_that_was_written_and_a_way_to_write_it_anew(setting: Setting) -> None:
    send(Client(), setting.address, **setting.typed(cause="Neuer Beirat", funding="500 Euro", files=[a_file()]))
    text = Client().get(link(links.CONFIRM_LINK, ServiceRequest.objects.get())).content.decode()
    for written in ("Sozialausschuss", "ein Dienstag im März", "Neuer Beirat", "500 Euro", "Konzept.pdf", MAIL):
        assert written in text
    assert f'href="{setting.address}"' in text


def test_correction_mended_before_it_is_confirmed_says_it_once(setting: Setting) -> None:
    client, address = Client(), "/korrektur/muster/"
    typed = hidden(client, address) | {"concern": "Falsch.", "right": "05231 1000", "requester_email": MAIL}
    for right in ("05231 1000", "05231 1000", "05231 2000"):
        assert client.post(address, typed | {"right": right}).headers["Location"] == "/anfrage/unterwegs/"
    assert list(ServiceRequest.objects.get().details.values_list("reply", flat=True)) == ["05231 2000"]


def test_who_pressed_is_on_record_as_holder_of_the_link(setting: Setting, unconfirmed: ServiceRequest) -> None:
    Client().post(link(links.CONFIRM_LINK, unconfirmed))
    event: Any = ServiceRequest.pgh_event_model.objects.filter(pgh_obj=unconfirmed).latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["link_holder"] == ["services.ServiceRequest", unconfirmed.pk]


def test_link_is_over_after_a_week(unconfirmed: ServiceRequest) -> None:
    address = link(links.CONFIRM_LINK, unconfirmed)
    Link.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert Client().get(address).status_code == 404
    assert Client().post(address).status_code == 404
    unconfirmed.refresh_from_db()
    assert unconfirmed.state == "unconfirmed"


@pytest.mark.parametrize("page", ["bestaetigen", "verfolgen", "rueckmeldung"])
def test_pages_by_link_are_kept_nowhere(setting: Setting, page: str) -> None:
    request = setting.request(account=None, created_at=timezone.now())
    purpose = {
        "bestaetigen": links.CONFIRM_LINK,
        "verfolgen": links.FOLLOW_LINK,
        "rueckmeldung": links.FEEDBACK_LINK,
    }[page]
    if page == "rueckmeldung":
        request.complete(timezone.now(), by=None)
    for address in (link(purpose, request), f"/anfrage/{page}/erfunden/"):
        response = Client().get(address)
        assert response.status_code == (404 if "erfunden" in address else 200)
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert '<meta name="robots" content="noindex">' in response.content.decode()


@pytest.mark.parametrize("word", ["bestaetigen", "verfolgen", "rueckmeldung"])
def test_log_keeps_no_token(word: str) -> None:
    from integration_portal.logs import clean

    assert "geheim" not in clean(f"GET /anfrage/{word}/geheim123/ HTTP/1.1")


# -- Something is wrong on this page --------------------------------------------------------------------------------


def test_pages_lead_to_where_one_says_what_is_wrong(setting: Setting) -> None:
    about = f"/korrektur/muster/?zu={setting.post.pk}"
    assert about in Client().get(f"/ansprechpersonen/{setting.post.pk}/").content.decode()
    assert about in Client().get(f"/kommunen/{setting.town.ags}/").content.decode()
    assert "/korrektur/muster/" in Client().get("/stellen/muster/").content.decode()


def test_correction_from_a_towns_page_knows_the_town_and_every_office_is_named_there(setting: Setting) -> None:
    page = f"/kommunen/{setting.town.ags}/"
    link = f"/korrektur/muster/?zu={setting.post.pk}&amp;kommune={setting.town.ags}"
    assert f'{link}" rel="nofollow">Auf dieser Seite stimmt etwas nicht</a>' in Client().get(page).content.decode()
    second = OfficeFactory(name="Zweite Stelle", slug="zweite", areas=[setting.town])
    shown = Client().get(page).content.decode()
    assert f'{link}" rel="nofollow">Auf dieser Seite stimmt etwas nicht: {setting.office.name}</a>' in shown
    from_second = f"/korrektur/zweite/?kommune={setting.town.ags}"
    assert f'{from_second}" rel="nofollow">Auf dieser Seite stimmt etwas nicht: {second.name}</a>' in shown
    form = Client().get(link.replace("&amp;", "&")).context["form"]
    assert form["municipality"].value() == setting.town.pk
    assert form.cancel_url == page
    for ags in ("09999999", "x", "%00"):
        assert Client().get(f"/korrektur/muster/?kommune={ags}").context["form"]["municipality"].value() is None


def test_correction_goes_to_the_office_once_it_is_confirmed(setting: Setting) -> None:
    address = f"/korrektur/muster/?zu={setting.post.pk}"
    typed = {"concern": "Die Telefonnummer ist falsch.", "right": "05231 1000", "requester_email": MAIL}
    assert send(Client(), address, **typed).headers["Location"] == "/anfrage/unterwegs/"
    request = ServiceRequest.objects.get()
    assert (request.state, request.about_post, request.offering.kind) == ("unconfirmed", setting.post, "correction")
    assert request.subject == f"Korrektur: {setting.post.person}"
    assert list(request.details.values_list("wording", "reply")) == [("Was richtig wäre", "05231 1000")]
    Client().post(link(links.CONFIRM_LINK, request))
    request.refresh_from_db()
    assert (request.state, request.assigned_because) == ("submitted", "inbox")


def test_correction_of_an_account_is_sent_at_once_and_needs_its_address(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    refused = send(client, "/korrektur/muster/", concern="Falsch.", requester_email="")
    assert errors(refused) == {"requester_email": ["required"]}
    send(client, "/korrektur/muster/", concern="Falsch.", requester_email=MAIL)
    request = ServiceRequest.objects.get()
    assert (request.state, request.account, request.asks_for) == ("submitted", setting.clerk, "oneself")


def test_showing_the_form_keeps_nothing_and_two_corrections_share_an_offering(setting: Setting) -> None:
    Client().get("/korrektur/muster/")
    assert not ServiceOffering.objects.filter(kind="correction").exists()
    first, second = (ServiceOffering.for_corrections(setting.office) for _number in range(2))
    assert first.stored() == second.stored()


def test_correction_is_offered_though_another_offering_has_its_title(setting: Setting) -> None:
    title = ServiceOffering.for_corrections(setting.office).title
    ServiceOfferingFactory.create(office=setting.office, title=title)
    stored = ServiceOffering.for_corrections(setting.office).stored()
    assert (stored.title, stored.kind) == (f"{title} (2)", "correction")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_title_taken", [False, True])
def test_two_first_corrections_at_once_share_an_offering(is_title_taken: bool) -> None:
    office = OfficeFactory.create()
    if is_title_taken:
        ServiceOfferingFactory.create(office=office, title=ServiceOffering.for_corrections(office).title)
    both = Barrier(2, timeout=20)

    def correct(_number: int) -> int:
        try:
            offering = ServiceOffering.for_corrections(office)
            both.wait()
            return offering.stored().pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(correct, range(2))
    assert first == second == ServiceOffering.objects.get(kind="correction").pk


def test_post_of_another_office_is_not_what_it_is_about(setting: Setting) -> None:
    for key in (ContactPersonFactory().pk, "0x1", "99999999999999999999"):
        assert Client().get(f"/korrektur/muster/?zu={key}").context["about"] is None
    assert Client().get("/korrektur/gibt-es-nicht/").status_code == 404

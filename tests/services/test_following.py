"""Following a request: one's list, messages and files, withdrawing, feedback; by account and by link alike."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from common.links import Link
from common.outbox import Message, text_of
from common.periods import today
from common.verbs import NotPossible
from contacts.models import Office
from services import asking, links, requester_parts, wording
from services.mail import told
from services.models import Feedback, RequestFile, ServiceOffering, ServiceRequest
from services.models.requests import TOLD
from services.models.states import FEEDBACK_WITHIN
from tests.factories import OfficeMembershipFactory, ServiceRequestFactory, UserFactory
from tests.services.requester import Setting, a_file, errors, hidden, hidden_in, link, send, signed_in

MARKER = "nur-fuer-die-stelle"


@pytest.fixture
def setting(db: None, settings: Any, tmp_path: Any) -> Setting:
    settings.FILES_ROOT = tmp_path / "files"
    return Setting()


class Way:
    """A request as who asked reaches it: signed in, or by the link of a mail."""

    def __init__(self, setting: Setting, is_by_link: bool) -> None:
        self.asked = setting.request(account=None if is_by_link else setting.clerk)
        self.client = Client(enforce_csrf_checks=False) if is_by_link else signed_in(setting.clerk)
        self.page = link(links.FOLLOW_LINK, self.asked) if is_by_link else self.asked.get_absolute_url()
        self.steps = self.page if is_by_link else f"/meine-anfragen/{self.asked.reference}/"
        self.is_by_link = is_by_link

    def text(self) -> str:
        return self.client.get(self.page).content.decode()


@pytest.fixture(params=["account", "link"])
def way(setting: Setting, request: pytest.FixtureRequest) -> Way:
    return Way(setting, request.param == "link")


def test_page_says_where_it_stands_what_comes_next_and_what_was_said(way: Way) -> None:
    way.asked.answer("Gern, im März.", timezone.now(), by=None)
    text = way.text()
    assert way.asked.reference in text
    assert "Gern, im März." in text
    way.asked.refresh_from_db()
    assert wording.next_step(way.asked, AnonymousUser(), today()) in text
    assert wording.assigned_in_words(way.asked, AnonymousUser()) in text


def test_internal_notes_and_files_never_reach_who_asked(way: Way) -> None:
    note = way.asked.note(MARKER, timezone.now(), by=None)
    kept = RequestFile.objects.create(
        request=way.asked, entry=note, name="ab/x", file_name=f"{MARKER}.pdf", content_type="application/pdf", size=1
    )
    assert MARKER not in way.text()
    address = f"{way.page}dateien/{kept.pk}/" if way.is_by_link else kept.get_absolute_url()
    assert way.client.get(address).status_code == 404
    if not way.is_by_link:
        assert MARKER not in way.client.get("/meine-anfragen/?format=csv").content.decode()


def test_message_with_files_reaches_the_office(way: Way) -> None:
    assert f"{way.steps}schreiben/" in way.text()
    response = send(way.client, f"{way.steps}schreiben/", text="Noch etwas.", files=[a_file(), a_file("Plan.pdf")])
    assert response.headers["Location"] == way.page
    entry = way.asked.entries.get(kind="reply")
    assert (entry.text, entry.side, entry.is_internal) == ("Noch etwas.", "requester", False)
    assert [file.file_name for file in entry.files.all()] == ["Konzept.pdf", "Plan.pdf"]
    assert "Plan.pdf" in way.text()
    way.asked.refresh_from_db()
    assert way.asked.unread_since


def test_files_of_the_request_are_handed_out_to_who_asked(way: Way) -> None:
    send(way.client, f"{way.steps}schreiben/", text="", files=[a_file()])
    file = RequestFile.objects.get()
    address = f"{way.page}dateien/{file.pk}/" if way.is_by_link else file.get_absolute_url()
    response = way.client.get(address)
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert "no-store" in response.headers["Cache-Control"]


def test_empty_message_is_not_sent(way: Way) -> None:
    assert errors(send(way.client, f"{way.steps}schreiben/", text=" ")) == {"text": ["empty"]}


def test_reply_to_a_question_lets_the_clock_run_on(way: Way) -> None:
    way.asked.ask_back("Wie viele?", timezone.now(), by=None)
    assert "Wie viele?" in way.text()
    send(way.client, f"{way.steps}schreiben/", text="Zwanzig.")
    way.asked.refresh_from_db()
    assert (way.asked.state, way.asked.days_left) == ("in_progress", None)


def test_withdrawing_asks_first(way: Way) -> None:
    page = way.client.get(f"{way.steps}zurueckziehen/")
    way.asked.refresh_from_db()
    assert way.asked.state == "submitted"
    way.client.post(f"{way.steps}zurueckziehen/", {"version": page.context["row"].version})
    way.asked.refresh_from_db()
    assert way.asked.state == "withdrawn"
    assert "zurueckziehen/" not in way.text()
    assert way.client.post(f"{way.steps}schreiben/", {"text": "Doch."}).status_code == 200


def test_feedback_is_given_once_and_may_be_corrected(way: Way) -> None:
    steps = f"{way.steps}rueckmeldung/"
    assert steps not in way.text()
    way.asked.complete(timezone.now(), by=None)
    assert steps in way.text()
    assert set(errors(send(way.client, steps))) == {"helped", "went_well"}
    assert errors(send(way.client, steps, helped="6", went_well="4")) == {"helped": ["invalid_choice"]}
    send(way.client, steps, helped="5", went_well="4", remark="Mehr Zeit für Fragen.")
    assert way.client.get(steps).context["form"]["remark"].value() == "Mehr Zeit für Fragen."
    send(way.client, steps, helped="3", went_well="4", remark="")
    feedback = Feedback.objects.get()
    assert (feedback.helped, feedback.went_well, feedback.remark) == (3, 4, "")
    assert MARKER not in way.text()


def test_link_of_the_mail_that_asks_how_it_was_leads_on_to_the_request(setting: Setting) -> None:
    request = setting.request(account=None)
    address = link(links.FEEDBACK_LINK, request)
    assert Client().get(address).status_code == 404  # before it is completed
    request.complete(timezone.now(), by=None)
    address, page = link(links.FEEDBACK_LINK, request), link(links.FOLLOW_LINK, request)
    assert f'href="{page}"' in Client().get(address).content.decode()  # to cancel
    client = Client()
    response = send(client, address, helped="5", went_well="4")
    assert response.headers["Location"] == page
    assert "Vielen Dank für Ihre Rückmeldung" in client.get(page).content.decode()


def test_feedback_is_offered_within_its_time_alone(way: Way) -> None:
    way.asked.complete(timezone.now(), by=None)
    assert way.client.get(f"{way.steps}rueckmeldung/").context["form"]
    ServiceRequest.objects.update(closed_at=timezone.now() - FEEDBACK_WITHIN)
    assert "rueckmeldung/" not in way.text()
    refused(way)


def test_no_feedback_is_taken_of_what_is_open_again(way: Way) -> None:
    way.asked.complete(timezone.now(), by=None)
    way.asked.reopen(timezone.now(), by=None)
    refused(way)


def refused(way: Way) -> None:
    """Opened, it says why in place of the form; sent from a page that stood open, what was typed comes back."""
    address = f"{way.steps}rueckmeldung/"
    text = way.client.get(address).content.decode()
    assert "Derzeit ist keine Rückmeldung möglich" in text
    assert f'href="{way.page}"' in text
    response = way.client.post(address, {"helped": "5", "went_well": "5", "remark": "Mehr Zeit für Fragen."})
    assert response.context["form"].non_field_errors()
    assert "Mehr Zeit für Fragen." in response.content.decode()
    way.asked.refresh_from_db()
    with pytest.raises(NotPossible):
        Feedback.give(way.asked, timezone.now(), helped=5, went_well=5, remark="")
    assert not Feedback.objects.exists()


def test_pages_by_link_write_nothing_as_long_as_they_only_show(setting: Setting) -> None:
    request = setting.request(account=None, created_at=timezone.now())
    request.complete(timezone.now(), by=None)
    pages = [link(purpose, request) for purpose in (links.CONFIRM_LINK, links.FOLLOW_LINK, links.FEEDBACK_LINK)]
    stored = list(Link.objects.order_by("pk").values())
    for page in pages:
        assert Client().get(page).status_code == 200
    assert list(Link.objects.order_by("pk").values()) == stored


@pytest.mark.parametrize("end", ["decline", "pass_on", "withdraw", "complete"])
def test_closed_request_leads_to_a_new_one(way: Way, end: str) -> None:
    said = ("Keine Zeit.",) if end == "decline" else ("Stelle Nord",) if end == "pass_on" else ()
    getattr(way.asked, end)(*said, timezone.now(), by=None)
    assert setting_address(way.asked) in way.text()
    ServiceOffering.objects.update(period=(datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)))
    text = way.text()
    assert setting_address(way.asked) not in text
    assert "Neue Anfrage stellen" in text


def setting_address(request: ServiceRequest) -> str:
    return f"/leistungen/{request.offering_id}/anfragen/"


def test_page_by_link_says_how_to_reach_the_office(setting: Setting) -> None:
    Office.objects.update(phone="05231 1000", email="stelle@example.org")
    text = Client().get(link(links.FOLLOW_LINK, setting.request(account=None))).content.decode()
    assert "mailto:stelle@example.org" in text


@pytest.mark.parametrize(
    ("end", "fits"),
    [("answer", "verfolgen, antworten oder sie zurückziehen"), ("decline", "der Weg zu einer neuen Anfrage")],
)
def test_mail_says_what_can_be_done_with_the_request_as_it_stands(setting: Setting, end: str, fits: str) -> None:
    request = setting.request(account=None)
    getattr(request, end)("Leider nein.", timezone.now(), by=None)
    message = Message.objects.filter(occasion=TOLD).latest("pk")
    mail = told(message)
    assert mail is not None
    text = text_of(TOLD, mail)
    assert fits in text
    assert "steht unten" not in text


def test_message_sent_twice_is_said_once(way: Way) -> None:
    address = f"{way.steps}schreiben/"
    typed = hidden(way.client, address)
    for text, number in (("Noch etwas.", 1), ("Noch etwas.", 1), ("Und noch etwas.", 2)):
        response = way.client.post(address, typed | {"text": text, "files": [a_file()]})
        assert response.headers["Location"] == way.page
        assert way.asked.entries.filter(kind="reply").count() == number
    send(way.client, address, text="Noch etwas.")  # a form of its own
    assert way.asked.entries.filter(kind="reply").count() == 3


@pytest.mark.django_db(transaction=True)
def test_message_sent_in_parallel_is_said_once(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    request = Setting().request(account=None)
    address = f"{link(links.FOLLOW_LINK, request)}schreiben/"
    typed = hidden(Client(), address)

    def post(_number: int) -> int:
        try:
            return Client().post(address, typed | {"text": "Noch etwas.", "files": [a_file()]}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post, range(4))) == {302}
    assert request.entries.filter(kind="reply").count() == 1
    call_command("flush", interactive=False, verbosity=0)


def test_messages_by_link_are_bounded_in_files_and_number(setting: Setting, settings: Any) -> None:
    settings.FILES_OF_REQUEST = 1
    address = f"{link(links.FOLLOW_LINK, setting.request(account=None))}schreiben/"
    refused = send(Client(), address, text="Dazu:", files=[a_file(), a_file("Plan.pdf")])
    assert errors(refused) == {"files": ["room"]}
    for number in range(asking.LIMITS.own.free):
        assert send(Client(), address, text=str(number)).status_code == 302
    refused = send(Client(), address, text="zu viel", files=[a_file()])
    assert errors(refused) == {"__all__": ["too_many_attempts"], "files": ["again"]}


def test_file_of_a_refused_message_is_asked_for_again(way: Way) -> None:
    refused = send(way.client, f"{way.steps}schreiben/", text="x" * 9000, files=[a_file()])
    assert errors(refused) == {"text": ["max_length"], "files": ["again"]}


def test_nonsense_in_the_place_of_a_number_is_not_found(setting: Setting) -> None:
    for reference in ("%00", "x", "BSP-2026-1"):
        assert signed_in(setting.clerk).get(f"/meine-anfragen/{reference}/schreiben/").status_code == 404


def test_second_of_two_colleagues_reads_what_the_first_said_of_it(setting: Setting) -> None:
    request = setting.request()
    request.complete(timezone.now(), by=None)
    address = f"/meine-anfragen/{request.reference}/rueckmeldung/"
    first, second = signed_in(setting.clerk), signed_in(setting.colleague)
    seen = hidden(second, address)
    send(first, address, helped="5", went_well="5", remark="Sehr gut.")
    typed = {"helped": "5", "went_well": "2", "remark": "Zu kurz."}
    response = second.post(address, seen | typed)
    assert "Sehr gut." in response.content.decode()
    assert Feedback.objects.get().remark == "Sehr gut."
    second.post(address, hidden_in(response) | typed)
    assert Feedback.objects.get().remark == "Zu kurz."


def test_correction_sent_again_says_once_what_would_be_right(setting: Setting) -> None:
    request = ServiceRequestFactory.create(offering=setting.offering)
    for right in ("05231 1000", "05231 2000"):
        request.tell([(None, "Was richtig wäre", right)])
    assert list(request.details.values_list("reply", flat=True)) == ["05231 2000"]


def test_feedback_before_completion_is_refused(setting: Setting) -> None:
    request = setting.request()
    address = f"/meine-anfragen/{request.reference}/rueckmeldung/"
    response = signed_in(setting.clerk).post(address, {"helped": "5", "went_well": "5"})
    assert response.status_code == 200
    assert not Feedback.objects.exists()


def test_colleague_of_the_town_hall_follows_it_too_and_nobody_else_acts(setting: Setting) -> None:
    request = setting.request()
    address = f"/meine-anfragen/{request.reference}/schreiben/"
    assert signed_in(setting.colleague).get(address).status_code == 200
    assert signed_in(setting.stranger).get(address).status_code == 404
    assert signed_in(OfficeMembershipFactory(office=setting.office).user).get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_new_mail_address_ends_the_old_link(setting: Setting) -> None:
    request = setting.request(account=None)
    address = link(links.FOLLOW_LINK, request)
    ServiceRequest.objects.update(requester_email="neu@example.org")
    assert Client().get(address).status_code == 404


# -- My requests --------------------------------------------------------------------------------------------------


def test_own_requests_and_those_of_the_town_hall_drafts_first(setting: Setting) -> None:
    own, of_colleague = setting.request(subject="Eins"), setting.request(account=setting.colleague, subject="Zwei")
    draft = ServiceRequestFactory(offering=setting.offering, account=setting.clerk, subject="Entwurf")
    ServiceRequestFactory(offering=setting.offering, account=setting.colleague, municipality=setting.town)
    setting.request(account=setting.colleague, asks_for="oneself")
    setting.request(account=UserFactory(), municipality=setting.second_town)
    client = signed_in(setting.clerk)
    rows = list(client.get("/meine-anfragen/").context["rows"])
    assert rows[0] == draft
    assert set(rows) == {draft, own, of_colleague}
    assert list(client.get("/meine-anfragen/?wer=ich").context["rows"]) == [draft, own]
    assert list(client.get("/meine-anfragen/?wer=rathaus").context["rows"]) == [of_colleague]
    assert list(client.get("/meine-anfragen/?q=zwei").context["rows"]) == [of_colleague]
    csv = client.get("/meine-anfragen/?format=csv").content.decode()
    assert own.reference in csv
    assert wording.next_step(own, setting.clerk, today()) in csv


def test_numbers_of_the_start_page_lead_to_the_rows_they_count(setting: Setting) -> None:
    setting.request()
    setting.request(account=setting.colleague).ask_back("Wann?", timezone.now(), by=None)
    setting.request().withdraw(timezone.now())
    ServiceRequestFactory(offering=setting.offering, account=setting.clerk)
    client = signed_in(setting.clerk)
    figures = requester_parts.own_figures(setting.clerk)
    assert [figure.count for figure in figures] == [2, 1, 1]
    for figure in figures:
        assert len(client.get(figure.url).context["rows"]) == figure.count
        assert figure.url.replace("&", "&amp;") in client.get("/").content.decode()


def test_towns_page_shows_open_requests_to_those_allowed_alone(setting: Setting) -> None:
    request = setting.request()
    address = f"/kommunen/{setting.town.ags}/"
    for user in (setting.clerk, OfficeMembershipFactory(office=setting.office).user):
        assert request.reference in signed_in(user).get(address).content.decode()
    for client in (Client(), signed_in(setting.stranger)):
        assert request.reference not in client.get(address).content.decode()


def test_list_costs_the_same_queries_with_many_rows(setting: Setting, django_assert_num_queries: Any) -> None:
    client = signed_in(setting.clerk)
    setting.request()
    client.get("/meine-anfragen/")
    with django_assert_num_queries(7):
        client.get("/meine-anfragen/")
    for _number in range(10):
        setting.request()
    with django_assert_num_queries(7):
        client.get("/meine-anfragen/")

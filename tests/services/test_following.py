"""Following a request: one's list, messages and files, withdrawing, feedback; by account and by link alike."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from common.periods import today
from services import links, requester_parts
from services.models import Feedback, RequestFile, ServiceRequest
from tests.factories import OfficeMembershipFactory, ServiceRequestFactory, UserFactory
from tests.services.requester import Setting, a_file, errors, link, send, signed_in

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
    assert way.asked.next_step(AnonymousUser(), today()) in text
    assert way.asked.assigned_in_words(AnonymousUser()) in text


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
    if way.is_by_link:
        steps = link(links.FEEDBACK_LINK, way.asked)
        assert way.client.get(steps).status_code == 404  # before it is completed
    way.asked.complete(timezone.now(), by=None)
    steps = link(links.FEEDBACK_LINK, way.asked) if way.is_by_link else steps
    assert steps in way.text()
    assert set(errors(send(way.client, steps))) == {"helped", "went_well"}
    assert errors(send(way.client, steps, helped="6", went_well="4")) == {"helped": ["invalid_choice"]}
    send(way.client, steps, helped="5", went_well="4", remark="Mehr Zeit für Fragen.")
    assert way.client.get(steps).context["form"]["remark"].value() == "Mehr Zeit für Fragen."
    send(way.client, steps, helped="3", went_well="4", remark="")
    feedback = Feedback.objects.get()
    assert (feedback.helped, feedback.went_well, feedback.remark) == (3, 4, "")
    assert MARKER not in way.text()


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
    assert own.next_step(setting.clerk, today()) in csv


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
    with django_assert_num_queries(5):
        client.get("/meine-anfragen/")
    for _number in range(10):
        setting.request()
    with django_assert_num_queries(5):
        client.get("/meine-anfragen/")

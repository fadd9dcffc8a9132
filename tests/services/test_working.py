"""The office works a request: each step by its form, what is not possible said there, and two who work at once."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from common import outbox
from common.outbox import Message
from common.periods import BERLIN
from services.models import AnswerTemplate, RequestEntry, RequestFile, ServiceOffering, ServiceRequest
from services.routing import Because
from tests.factories import ContactPersonFactory, MunicipalityFactory, OfficeFactory, ServiceOfferingFactory
from tests.services.office import Setting, send, signed_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
def request_(setting: Setting) -> ServiceRequest:
    return setting.request()


def step(setting: Setting, request: ServiceRequest, page: str, **typed: Any) -> Any:
    return send(signed_in(setting.coordinator), f"{request.get_absolute_url()}{page}/", **typed)


def pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("vermerk.pdf", b"%PDF-1.7 leer")


@pytest.mark.parametrize(
    ("page", "typed", "state"),
    [
        ("annehmen", {"text": "Ich kümmere mich."}, "accepted"),
        ("beginnen", {}, "in_progress"),
        ("antworten", {"text": "Gern."}, "submitted"),
        ("nachfragen", {"text": "Wann?"}, "waiting"),
        ("terminieren", {"day": "05.05.2027", "time": "14.30", "text": "Bis dann."}, "scheduled"),
        ("abschliessen", {"text": "Danke."}, "completed"),
        ("ablehnen", {"text": "Zu weit."}, "declined"),
        ("weiterleiten", {"body": "Jobcenter", "text": "Dort weiter."}, "passed_on"),
    ],
)
def test_step_does_what_it_says_and_tells_the_requester(
    setting: Setting, request_: ServiceRequest, page: str, typed: dict[str, str], state: str
) -> None:
    response = step(setting, request_, page, **typed)
    assert (response.status_code, response["Location"]) == (302, request_.get_absolute_url())
    request_.refresh_from_db()
    entry = request_.entries.last()
    assert entry is not None
    assert (request_.state, entry.text, entry.by) == (state, typed.get("text", ""), setting.coordinator)
    assert Message.objects.filter(occasion="services.told", about=entry.pk).exists()


def test_date_agreed_stays_in_the_timeline_when_another_one_follows(setting: Setting, request_: ServiceRequest) -> None:
    step(setting, request_, "terminieren", day="05.05.2027", time="14:30", place="Rathaus")
    step(setting, request_, "terminieren", day="06.05.2027", time="9")
    request_.refresh_from_db()
    assert request_.scheduled_for is not None
    assert f"{request_.scheduled_for.astimezone(BERLIN):%d.%m.%Y %H:%M}" == "06.05.2027 09:00"
    said = [entry.in_words() for entry in request_.entries.all()]
    assert said[-2:] == ["Termin vereinbart: 05.05.2027 14:30", "Termin vereinbart: 06.05.2027 09:00"]


def test_closed_request_is_opened_again(setting: Setting, request_: ServiceRequest) -> None:
    request_.complete(timezone.now(), by=None)
    step(setting, request_, "wieder-oeffnen", text="Es fehlt noch etwas.")
    request_.refresh_from_db()
    assert (request_.state, request_.closed_at) == ("in_progress", None)


def test_note_and_internal_file_tell_nobody(setting: Setting, request_: ServiceRequest) -> None:
    before = Message.objects.count()
    step(setting, request_, "notiz", text="Im Kalender nachsehen.")
    step(setting, request_, "dateien", file=pdf(), is_internal="on")
    note, file = request_.entries.all()[1:]
    assert note.is_internal
    assert file.is_internal
    assert RequestFile.objects.get().entry == file
    assert Message.objects.count() == before


def test_file_goes_with_an_answer_or_by_itself(setting: Setting, request_: ServiceRequest) -> None:
    step(setting, request_, "antworten", text="Anbei.", file=pdf())
    step(setting, request_, "dateien", file=pdf())
    assert [file.entry.kind for file in RequestFile.objects.all() if file.entry] == ["answer", "file"]
    assert Message.objects.filter(occasion="services.told").count() == 3


STEPS: list[tuple[str, dict[str, str]]] = [
    ("annehmen", {}),
    ("beginnen", {}),
    ("antworten", {"text": "Gern."}),
    ("nachfragen", {"text": "Wann?"}),
    ("terminieren", {"day": "05.05.2027", "time": "14.30"}),
    ("abschliessen", {}),
    ("ablehnen", {"text": "Zu weit."}),
    ("weiterleiten", {"body": "Jobcenter"}),
]
WITH_A_MESSAGE = ("annehmen", "terminieren", "abschliessen")


@pytest.mark.parametrize(("page", "typed"), STEPS)
def test_step_says_truly_whether_the_requester_is_told(setting: Setting, page: str, typed: dict[str, str]) -> None:
    for mail, said in (
        ("rosa@example.org", "Die anfragende Person erfährt es per E-Mail."),
        ("", "Die anfragende Person erfährt es nicht per E-Mail: Es ist keine E-Mail-Adresse hinterlegt."),
    ):
        request = setting.request(channel="phone", account=None, requester_email=mail)
        client = signed_in(setting.coordinator)
        form = words(client.get(f"{request.get_absolute_url()}{page}/"))
        warns = "Von der anfragenden Person ist keine E-Mail-Adresse hinterlegt" in form
        assert (warns, "kommt per E-Mail" in form) == (not mail, bool(mail) and page in WITH_A_MESSAGE)
        assert said in words(client.get(send(client, f"{request.get_absolute_url()}{page}/", **typed)["Location"]))


def test_timeline_says_where_the_requester_was_not_told(setting: Setting) -> None:
    request = setting.request(channel="phone", account=None, requester_email="")
    request.answer("Gern.", timezone.now(), by=setting.coordinator)
    while outbox.deliver_due():
        pass
    received, answered = signed_in(setting.coordinator).get(request.get_absolute_url()).context["entries"]
    unsaid = "Die anfragende Person wurde nicht benachrichtigt: keine E-Mail-Adresse hinterlegt."
    assert [mail.text for mail in answered.mails] == [unsaid]
    assert unsaid in [mail.text for mail in received.mails]


def test_requester_of_a_correction_is_not_told_of_a_feedback_form(setting: Setting) -> None:
    correction = ServiceOfferingFactory(office=setting.office, kind=ServiceOffering.Kind.CORRECTION, title="Fehler")
    for offering, is_rated in ((setting.offering, True), (correction, False)):
        request = setting.request(offering=offering)
        page = signed_in(setting.coordinator).get(f"{request.get_absolute_url()}abschliessen/")
        assert ("mit der Bitte um eine Rückmeldung" in words(page)) is is_rated
        request.complete(timezone.now(), by=None)
        assert Message.objects.filter(occasion="services.feedback", about=request.pk).exists() is is_rated


def test_agreed_place_can_be_emptied(setting: Setting, request_: ServiceRequest) -> None:
    for place in ("Rathaus", ""):
        step(setting, request_, "terminieren", day="05.05.2027", time="14:30", place=place)
        request_.refresh_from_db()
        assert request_.place == place


# -- Who has it ---------------------------------------------------------------------------------------------------


def test_request_is_assigned_within_the_office_or_put_into_the_inbox(
    setting: Setting, request_: ServiceRequest
) -> None:
    colleague = ContactPersonFactory(office=setting.office)
    stranger = ContactPersonFactory(office=OfficeFactory())
    assert "post" in step(setting, request_, "zuweisen", post=stranger.pk).context["form"].errors
    step(setting, request_, "zuweisen", post=colleague.pk)
    request_.refresh_from_db()
    assert (request_.assigned_to, request_.assigned_because) == (colleague, Because.BY_HAND)
    assert Message.objects.filter(occasion="services.assigned", to=colleague.pk).exists()
    step(setting, request_, "zuweisen", post="")
    request_.refresh_from_db()
    assert request_.assigned_to is None


def test_who_accepts_what_lies_in_the_inbox_takes_it(setting: Setting) -> None:
    request = setting.request(municipality=None)
    form = signed_in(setting.coordinator).get(f"{request.get_absolute_url()}annehmen/").context["form"]
    assert form["takes"].value() is True
    step(setting, request, "annehmen", takes="on")
    request.refresh_from_db()
    assert (request.assigned_to, request.state) == (setting.post, "accepted")


# -- Templates ----------------------------------------------------------------------------------------------------


def template(setting: Setting, text: str, **fields: Any) -> AnswerTemplate:
    return AnswerTemplate.objects.create(**{"office": setting.office, "title": "Zusage", "text": text, **fields})


def test_template_is_filled_by_the_request_below_what_was_typed(setting: Setting, request_: ServiceRequest) -> None:
    chosen = template(setting, "Guten Tag [name], zu „[Leistung]“ in [town] ([Vorgangsnummer]): gern.")
    response = step(setting, request_, "antworten", text="Vorab: danke.", vorlage=chosen.pk)
    filled = f"Guten Tag Rosa Rathaus, zu „Fachvortrag“ in Adorf ({request_.reference}): gern."
    assert response.context["form"]["text"].value() == f"Vorab: danke.\n\n{filled}"
    assert "Zusage</span></button>" in words(response)
    assert request_.entries.count() == 1
    assert "error-summary" not in words(response)


def test_template_that_is_not_the_offices_changes_nothing(setting: Setting, request_: ServiceRequest) -> None:
    foreign = template(setting, "Fremder Text", office=OfficeFactory())
    for key in (foreign.pk, "x", "9" * 30):
        response = step(setting, request_, "antworten", text="Vorab", vorlage=key)
        assert response.context["form"]["text"].value() == "Vorab"
    assert "Zusage" not in words(response)


def test_form_with_a_template_still_notices_what_happened_before(setting: Setting, request_: ServiceRequest) -> None:
    chosen, client = template(setting, "Gern."), signed_in(setting.coordinator)
    address = f"{request_.get_absolute_url()}antworten/"
    seen = {field.html_name: field.value() for field in client.get(address).context["form"].hidden_fields()}
    request_.note("Ich rufe gerade an.", timezone.now(), by=setting.coordinator)
    form = client.post(address, seen | {"vorlage": chosen.pk}).context["form"]
    sent = {field.html_name: field.value() for field in form}
    assert "Ich rufe gerade an." in words(client.post(address, {**sent, "file": ""}))
    assert request_.entries.filter(kind="answer").count() == 0


def test_file_that_a_template_takes_away_is_asked_for_again(setting: Setting, request_: ServiceRequest) -> None:
    response = step(setting, request_, "antworten", text="", file=pdf(), vorlage=template(setting, "Anbei.").pk)
    assert "Bitte wählen Sie die Datei noch einmal aus." in words(response)


@pytest.mark.parametrize("page", ["antworten", "nachfragen", "ablehnen"])
def test_place_for_which_the_request_says_nothing_is_filled_before_it_is_sent(setting: Setting, page: str) -> None:
    request = setting.request(municipality=None)
    chosen = template(setting, "Wir kommen gern nach [Ort].")
    text = step(setting, request, page, text="", vorlage=chosen.pk).context["form"]["text"].value()
    assert text == "Wir kommen gern nach [Ort]."
    assert "Bitte schreiben Sie anstelle von „[Ort]“, was gemeint ist." in words(
        step(setting, request, page, text=text)
    )
    assert step(setting, request, page, text="Wir kommen gern nach Adorf.").status_code == 302


# -- What one answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["antworten", "nachfragen", "terminieren", "ablehnen", "notiz"])
def test_form_shows_what_was_asked_and_the_last_message(setting: Setting, page: str) -> None:
    request = setting.request(concern="Ein Vortrag über Sprachkurse.", wished_dates="Dienstags")
    request.answer("Wann passt es?", timezone.now(), by=setting.coordinator)
    request.reply("Am liebsten im März.", timezone.now())
    request.note("Nur unter uns.", timezone.now(), by=setting.coordinator)
    shown = words(signed_in(setting.coordinator).get(f"{request.get_absolute_url()}{page}/"))
    for text in ("Ein Vortrag über Sprachkurse.", "Dienstags", "Am liebsten im März."):
        assert text in shown
    for text in ("Wann passt es?", "Nur unter uns."):
        assert text not in shown


def test_date_that_is_over_is_not_agreed_on(setting: Setting, request_: ServiceRequest) -> None:
    response = step(setting, request_, "terminieren", day="05.05.2020", time="14:30", text="Bis dann.")
    assert "Dieser Termin ist vorbei." in words(response)
    assert "Bis dann." in words(response)
    request_.refresh_from_db()
    assert request_.state == "submitted"


# -- What is not possible -----------------------------------------------------------------------------------------


def test_step_that_the_state_does_not_allow_is_refused_in_the_form(setting: Setting, request_: ServiceRequest) -> None:
    request_.withdraw(timezone.now())
    response = step(setting, request_, "annehmen", text="Doch noch.")
    assert response.status_code == 200
    assert "kann nicht" in words(response)
    assert "Doch noch." in words(response)


def test_declining_needs_a_reason_and_passing_on_a_body(setting: Setting, request_: ServiceRequest) -> None:
    assert "text" in step(setting, request_, "ablehnen", text=" ").context["form"].errors
    assert "body" in step(setting, request_, "weiterleiten", body=" ").context["form"].errors


def test_others_may_neither_see_nor_send_the_forms(setting: Setting, request_: ServiceRequest) -> None:
    address = f"{request_.get_absolute_url()}antworten/"
    for user, status in ((setting.requester, 403), (setting.clerk, 403), (setting.neighbour, 404)):
        client = signed_in(user)
        assert client.get(address).status_code == client.post(address, {"text": "Hallo"}).status_code == status
    assert request_.entries.count() == 1


# -- Two writers --------------------------------------------------------------------------------------------------


def test_second_writer_reads_what_happened_meanwhile_and_loses_nothing(
    setting: Setting, request_: ServiceRequest
) -> None:
    client = signed_in(setting.coordinator)
    address = f"{request_.get_absolute_url()}antworten/"
    form = client.get(address).context["form"]
    seen = {field.html_name: field.value() for field in form.hidden_fields()}
    request_.note("Ich rufe gerade an.", timezone.now(), by=setting.coordinator)
    response = client.post(address, seen | {"text": "Gern."})
    shown = words(response)
    assert "Inzwischen ist etwas geschehen." in shown
    assert "Ich rufe gerade an." in shown
    assert response.context["form"]["text"].value() == "Gern."
    assert request_.entries.filter(kind="answer").count() == 0
    again = {field.html_name: field.value() for field in response.context["form"].hidden_fields()}
    assert client.post(address, again | {"text": "Gern."}).status_code == 302
    assert request_.entries.filter(kind="answer").count() == 1


def test_answer_sent_twice_is_one(setting: Setting, request_: ServiceRequest) -> None:
    client = signed_in(setting.coordinator)
    address = f"{request_.get_absolute_url()}antworten/"
    form = client.get(address).context["form"]
    sent = {field.html_name: field.value() for field in form.hidden_fields()} | {"text": "Gern."}
    assert [client.post(address, sent).status_code for _time in range(2)] == [302, 200]
    assert request_.entries.filter(kind="answer").count() == 1


# -- Entered by the office ----------------------------------------------------------------------------------------


def address_to_enter(offering: ServiceOffering) -> str:
    return f"/anfragen/neu/?leistung={offering.pk}"


def entered(setting: Setting, **more: Any) -> Any:
    typed = {
        "channel": "phone",
        "municipality": setting.town.pk,
        "subject": "Vortrag am Telefon erbeten",
        "asks_for": "town_hall",
        "requester_name": "Otto Anruf",
    }
    return send(signed_in(setting.coordinator), address_to_enter(setting.offering), **typed | more)


def test_request_by_phone_is_entered_submitted_and_assigned_at_once(setting: Setting) -> None:
    response = entered(setting, head_count="12", answer_by="05.05.2027")
    request = ServiceRequest.objects.get()
    assert response["Location"] == request.get_absolute_url()
    assert (request.state, request.channel, request.entered_by) == ("submitted", "phone", setting.coordinator)
    assert (request.assigned_to, request.head_count, request.account) == (setting.post, 12, None)
    shown = words(signed_in(setting.coordinator).get(request.get_absolute_url()))
    assert f"eingegeben von {setting.coordinator.name}" in shown


def test_form_of_a_call_sent_twice_makes_one_request(setting: Setting) -> None:
    key = str(uuid.uuid4())
    first, second = entered(setting, key=key), entered(setting, key=key)
    assert first["Location"] == second["Location"]
    assert RequestEntry.objects.count() == ServiceRequest.objects.count() == 1


def test_what_was_replied_to_the_offerings_questions_is_entered_too_and_may_be_missing(setting: Setting) -> None:
    asked = setting.offering.questions.create(wording="Wie viele Räume?", kind="number", is_required=True)
    entered(setting, **{f"question_{asked.pk}": "3"})
    entered(setting, subject="Noch einer")
    first, second = ServiceRequest.objects.order_by("pk")
    assert list(first.details.values_list("wording", "reply")) == [("Wie viele Räume?", "3")]
    assert list(second.details.values_list("wording", "reply")) == [("Wie viele Räume?", "")]


def test_what_a_call_is_about_is_chosen_first_among_the_own_offices_offerings(setting: Setting) -> None:
    foreign = ServiceOfferingFactory()
    shown = words(signed_in(setting.coordinator).get("/anfragen/neu/"))
    assert address_to_enter(setting.offering).partition("/neu/")[2] in shown
    assert foreign.title not in shown


def test_only_offerings_and_towns_of_the_own_office_can_be_entered(setting: Setting) -> None:
    coordinator = signed_in(setting.coordinator)
    for offering in ("", "x", ServiceOfferingFactory().pk):
        assert coordinator.post(f"/anfragen/neu/?leistung={offering}").status_code == 404
    assert "municipality" in entered(setting, municipality=MunicipalityFactory().pk).context["form"].errors
    for user in (setting.requester, setting.clerk):
        assert signed_in(user).get(address_to_enter(setting.offering)).status_code == 403

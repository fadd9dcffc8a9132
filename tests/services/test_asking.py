"""Asking for an offering: what the form knows, drafts, one request of one form, and what machines cannot do."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts import limits
from common import files
from common.outbox import Message
from common.periods import BERLIN
from services import asking, links, wording
from services.forms.catalogue import MOST_QUESTIONS
from services.mail import to_confirm
from services.models import Question, RequestFile, ServiceOffering, ServiceRequest
from services.models.requests import CONFIRM
from tests.factories import MunicipalStaffFactory, ServiceOfferingFactory, ServiceRequestFactory, UserFactory
from tests.services.requester import MAIL, PDF, Setting, a_file, errors, hidden, hidden_in, link, send, signed_in


@pytest.fixture
def setting(db: None, settings: Any, tmp_path: Any) -> Setting:
    settings.FILES_ROOT = tmp_path / "files"
    return Setting()


# -- What the form knows ------------------------------------------------------------------------------------------


def test_form_of_a_clerk_knows_town_name_and_address(setting: Setting) -> None:
    form = signed_in(setting.clerk).get(setting.address).context["form"]
    known = {name: form[name].value() for name in ("requester_name", "requester_email", "asks_for")}
    assert known == {"requester_name": "Rosa Rathaus", "requester_email": setting.clerk.email, "asks_for": "town_hall"}
    assert form["municipality"].value() == setting.town.pk


def test_form_knows_phone_and_department_of_the_last_request(setting: Setting) -> None:
    setting.request(requester_phone="05231 12345", requester_body="Fachbereich Soziales")
    form = signed_in(setting.clerk).get(setting.address).context["form"]
    assert form["requester_phone"].value() == "05231 12345"
    assert form["requester_body"].value() == "Fachbereich Soziales"


def test_form_of_a_visitor_begins_empty_and_offers_the_towns_of_the_office(setting: Setting) -> None:
    form = Client().get(setting.address).context["form"]
    assert not form["asks_for"].value()
    assert not form["requester_email"].value()
    assert list(form.fields["municipality"].queryset) == [setting.town, setting.second_town]


def test_town_of_the_address_is_chosen_for_a_visitor(setting: Setting) -> None:
    form = Client().get(f"{setting.address}?kommune={setting.second_town.ags}").context["form"]
    assert form["municipality"].value() == setting.second_town.pk


def test_town_is_carried_from_its_page_to_the_form_and_nonsense_is_no_town(setting: Setting) -> None:
    asked = f"?kommune={setting.second_town.ags}"
    for page in (f"/kommunen/{setting.second_town.ags}/", f"/leistungen/{asked}"):
        assert f'/leistungen/{setting.offering.pk}/{asked}"' in Client().get(page).content.decode()
    assert f'{setting.address}{asked}"' in Client().get(f"/leistungen/{setting.offering.pk}/{asked}").content.decode()
    for nonsense in ("%00", "²", "x"):
        assert not Client().get(f"{setting.address}?kommune={nonsense}").context["form"]["municipality"].value()


def test_fields_about_oneself_say_so_to_the_browser(setting: Setting) -> None:
    html = Client().get(setting.address).content.decode()
    for purpose in ("name", "email", "tel", "organization"):
        assert f'autocomplete="{purpose}"' in html


def test_offering_that_ended_or_belongs_to_corrections_is_not_asked_for(setting: Setting) -> None:
    over = ServiceOfferingFactory(period=(datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)))
    assert Client().get(f"/leistungen/{over.pk}/anfragen/").status_code == 404
    correction = ServiceOffering.for_corrections(setting.office).stored()
    response = Client().get(f"/leistungen/{correction.pk}/anfragen/")
    assert response.headers["Location"] == "/korrektur/muster/"


# -- With an account ----------------------------------------------------------------------------------------------


def test_request_of_an_account_is_handed_in_at_once(setting: Setting) -> None:
    response = send(signed_in(setting.clerk), setting.address, **setting.typed())
    request = ServiceRequest.objects.get()
    assert response.headers["Location"] == request.get_absolute_url()
    assert (request.state, request.account, request.assigned_to) == ("submitted", setting.clerk, setting.post)
    assert (request.audience, request.head_count) == ("Sozialausschuss", 20)
    page = signed_in(setting.clerk).get(setting.address)
    assert request.reference in page.content.decode()  # among the similar ones


def test_who_sent_it_is_told_the_number_and_why_it_lies_where_it_lies(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, **setting.typed()).headers["Location"]
    text = client.get(address).content.decode()
    request = ServiceRequest.objects.get()
    assert request.reference in text
    assert wording.assigned_in_words(request, setting.clerk) in text


def test_offerings_own_questions_are_asked_and_their_replies_kept(setting: Setting) -> None:
    kinds = Question.Kind
    rows = [
        Question.objects.create(offering=setting.offering, wording=kind, kind=kind, position=number, choices=choices)
        for number, (kind, choices) in enumerate(
            [(kinds.LINE, ""), (kinds.TEXT, ""), (kinds.NUMBER, ""), (kinds.YES_NO, ""), (kinds.CHOICE, "rot\nblau")]
        )
    ]
    replies = dict(zip((f"question_{row.pk}" for row in rows), ("a", "b", "7", "Ja", "blau"), strict=True))
    wrong = send(
        signed_in(setting.clerk), setting.address, **setting.typed(**replies | {f"question_{rows[4].pk}": "x"})
    )
    assert errors(wrong) == {f"question_{rows[4].pk}": ["invalid_choice"]}
    send(signed_in(setting.clerk), setting.address, **setting.typed(**replies))
    kept = ServiceRequest.objects.get().details.values_list("question", "wording", "reply")
    assert list(kept) == [(row.pk, row.wording, reply) for row, reply in zip(rows, replies.values(), strict=True)]


def test_question_that_must_be_answered_holds_the_request_back(setting: Setting) -> None:
    question = Question.objects.create(offering=setting.offering, wording="Wo?", is_required=True)
    response = send(signed_in(setting.clerk), setting.address, **setting.typed())
    assert errors(response) == {f"question_{question.pk}": ["required"]}


def test_town_hall_names_its_town(setting: Setting) -> None:
    response = send(signed_in(setting.clerk), setting.address, **setting.typed(municipality=""))
    assert list(errors(response)) == ["municipality"]
    town = send(
        signed_in(setting.clerk),
        setting.address,
        **setting.typed(municipality=setting.stranger.town_halls.get().municipality_id),
    )
    assert errors(town) == {"municipality": ["invalid_choice"]}
    assert (
        send(
            signed_in(setting.clerk), setting.address, **setting.typed(municipality="", asks_for="oneself")
        ).status_code
        == 302
    )


def test_several_files_come_along_and_only_kinds_that_are_kept(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    refused = send(client, setting.address, **setting.typed(files=[a_file(), a_file("a.html", b"<html>")]))
    assert errors(refused) == {"files": ["kind"]}
    send(client, setting.address, **setting.typed(files=[a_file(), a_file("Anfahrt.pdf")]))
    request = ServiceRequest.objects.get()
    assert [file.file_name for file in request.files.all()] == ["Konzept.pdf", "Anfahrt.pdf"]


# -- Drafts -------------------------------------------------------------------------------------------------------


def test_draft_may_lack_everything_and_is_seen_by_nobody_else(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", subject="Vortr").headers["Location"]
    draft = ServiceRequest.objects.get()
    assert (draft.state, draft.subject, address) == ("draft", "Vortr", f"/anfragen/entwurf/{draft.pk}/")
    assert client.get(address).context["form"]["subject"].value() == "Vortr"
    for other in (setting.colleague, setting.stranger, UserFactory(is_superuser=True)):
        assert signed_in(other).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_draft_is_sent_from_its_page_once_everything_is_there(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", subject="Vortr").headers["Location"]
    assert "concern" in errors(send(client, address, subject="Vortrag"))
    sent = send(client, address, **setting.typed())
    request = ServiceRequest.objects.get()
    assert (request.state, request.subject) == ("submitted", "Vortrag über Beratungsstellen")
    assert sent.headers["Location"] == request.get_absolute_url()
    assert client.get(address).headers["Location"] == request.get_absolute_url()


def test_draft_is_found_again_on_the_offerings_form(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", subject="Vortr").headers["Location"]
    assert f'href="{address}"' in client.get(setting.address).content.decode()


def test_draft_is_deleted_with_its_files(setting: Setting, django_capture_on_commit_callbacks: Any) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", files=[a_file()]).headers["Location"]
    [name] = RequestFile.objects.values_list("name", flat=True)
    assert signed_in(setting.colleague).get(f"{address}loeschen/").status_code == 404
    version = client.get(f"{address}loeschen/").context["row"].version
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{address}loeschen/", {"version": version})
    assert not ServiceRequest.objects.exists()
    assert not files.store().exists(name)


def test_what_is_typed_is_saved_by_the_script_again_and_again(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    typed = hidden(client, setting.address) | {"save": "1"}
    first = client.post(setting.address, typed | {"subject": "V"}, headers={"accept": "application/json"}).json()
    second = client.post(
        first["url"],
        typed | {"subject": "Vo", "seen_version": first["version"]},
        headers={"accept": "application/json"},
    ).json()
    assert second["url"] == first["url"]
    # The answer to a first saving may get lost: the form then still has its first address.
    client.post(setting.address, typed | {"subject": "Vor"}, headers={"accept": "application/json"})
    assert ServiceRequest.objects.get().subject == "Vor"


def save(client: Client, address: str, **typed: str) -> Any:
    """As the script does while somebody types."""
    return client.post(address, typed | {"save": "1"}, headers={"accept": "application/json"})


def test_reply_to_a_question_deleted_meanwhile_stays_and_is_shown(setting: Setting) -> None:
    gone, stays = (Question.objects.create(offering=setting.offering, wording=word) for word in ("Wo?", "Wer?"))
    client, replies = signed_in(setting.clerk), {f"question_{gone.pk}": "Im Ratssaal", f"question_{stays.pk}": "Alle"}
    open_form = hidden(client, setting.address) | replies
    first = save(client, setting.address, **open_form).json()
    key = gone.pk
    gone.delete()

    # The form that is still open saves on, also what was written since.
    second = save(client, first["url"], **open_form | {"seen_version": first["version"]}).json()
    changed = {f"question_{key}": "Im Rathaus", "seen_version": second["version"]}
    save(client, first["url"], **open_form | changed)

    page = client.get(first["url"]).content.decode()
    assert "Nicht mehr gestellte Fragen" in page
    kept = [
        ("Wer?", "Alle"),
        ("Wo?", "Im Ratssaal"),
        (f"Antwort auf eine Frage, die nicht mehr gestellt wird (Nr. {key})", "Im Rathaus"),
    ]
    assert all(reply in page for _question, reply in kept)
    send(client, first["url"], **setting.typed(**{f"question_{stays.pk}": "Alle"}))
    request = ServiceRequest.objects.get()
    assert request.state == "submitted"
    assert sorted(request.details.values_list("wording", "reply")) == sorted(kept)


def test_replies_to_two_questions_deleted_meanwhile_stay_beside_each_other(setting: Setting) -> None:
    one, two = (Question.objects.create(offering=setting.offering, wording=word).pk for word in ("Wo?", "Wer?"))
    client = signed_in(setting.clerk)
    replies = {f"question_{one}": "Im Ratssaal", f"question_{two}": "Alle"}
    open_form = hidden(client, setting.address) | replies
    Question.objects.all().delete()

    first = save(client, setting.address, **open_form).json()
    changed = open_form | {f"question_{one}": "Im Rathaus"}
    second = save(client, first["url"], **changed | {"seen_version": first["version"]}).json()
    client.post(first["url"], changed | setting.typed() | {"seen_version": second["version"]})

    request = ServiceRequest.objects.get()
    assert request.state == "submitted"
    gone = "Antwort auf eine Frage, die nicht mehr gestellt wird (Nr. {})"
    kept = {(gone.format(one), "Im Rathaus"), (gone.format(two), "Alle")}
    assert set(request.details.values_list("wording", "reply")) == kept


def test_reply_to_a_deleted_question_may_be_changed_to_what_another_says_and_be_taken_back(setting: Setting) -> None:
    one, two = (Question.objects.create(offering=setting.offering, wording=word).pk for word in ("Wo?", "Wer?"))
    client = signed_in(setting.clerk)
    replies = {f"question_{one}": "Offen", f"question_{two}": "Alle"}
    open_form = hidden(client, setting.address) | replies
    Question.objects.all().delete()
    saved = save(client, setting.address, **open_form).json()
    for reply, kept in (("Alle", ["Alle", "Alle"]), ("", ["Alle"])):
        changed = open_form | {f"question_{one}": reply, "seen_version": saved["version"]}
        saved = save(client, saved["url"], **changed).json()
        assert list(ServiceRequest.objects.get().details.values_list("reply", flat=True)) == kept


def test_only_few_fields_that_could_be_of_deleted_questions_are_kept(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    nonsense = ["question_x", "question_", "question_-1", f"question_{'9' * 30}", "question_٣"]
    address = send(client, setting.address, save="1", **dict.fromkeys(nonsense, "x")).headers["Location"]
    draft = ServiceRequest.objects.get()
    assert not draft.details.exists()
    for first in (10001, 20001):  # nor more by sending again and again
        names = [f"question_{number}" for number in range(first, first + MOST_QUESTIONS + 5)]
        send(client, address, save="1", **dict.fromkeys(names, f"Antwort {first}"))
        assert draft.details.count() == MOST_QUESTIONS


def test_reply_to_a_question_deleted_meanwhile_comes_back_with_errors_and_is_sent(setting: Setting) -> None:
    question = Question.objects.create(offering=setting.offering, wording="Wo?")
    client = signed_in(setting.clerk)
    typed = hidden(client, setting.address) | setting.typed(**{f"question_{question.pk}": "Im Ratssaal"})
    question.delete()
    refused = client.post(setting.address, typed | {"subject": ""})
    assert "Im Ratssaal" in refused.content.decode()
    client.post(setting.address, typed)
    client.post(setting.address, typed)  # once more by a double click
    request = ServiceRequest.objects.get()
    assert [detail.reply for detail in request.details.all()] == ["Im Ratssaal"]


def test_saving_names_the_field_that_is_wrong(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    wrong = save(client, setting.address, **hidden(client, setting.address), head_count="viele")
    assert wrong.status_code == 422
    assert "Wie viele Personen?: Bitte eine ganze Zahl eingeben." in wrong.json()["message"]


def test_saving_says_that_another_window_was_quicker_or_that_it_is_sent(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", subject="Vortrag").headers["Location"]
    seen = hidden(client, address)
    send(client, address, save="1", subject="Ein Vortrag")
    late = save(client, address, **seen, subject="Zwei Vorträge")
    assert late.status_code == 409
    assert "in einem anderen Fenster" in late.json()["message"]
    send(client, address, **setting.typed())
    sent = save(client, address, **seen, subject="Drei Vorträge")
    assert sent.status_code == 409
    assert "bereits gesendet" in sent.json()["message"]


def test_saving_after_the_session_ended_sends_nothing(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    typed = hidden(client, setting.address) | setting.typed() | {"save": "1"}
    draft = send(client, setting.address, **typed).headers["Location"]
    before = ServiceRequest.objects.count()
    for address in (setting.address, draft):
        for script in (Client().post, Client().get):
            assert script(address, typed, headers={"accept": "application/json"}).status_code == 401
        response = Client().post(address, typed)  # by the button
        text = response.content.decode()
        assert "nicht mehr angemeldet" in text
        assert "Der Ausschuss möchte einen Überblick." in text
    assert ServiceRequest.objects.count() == before
    assert not ServiceRequest.objects.filter(state="unconfirmed").exists()


def test_script_gets_a_new_token_after_signing_in_again(setting: Setting) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(setting.clerk, backend="accounts.backends.SignInBackend")
    token = client.get(setting.address, headers={"accept": "application/json"}).json()["token"]
    typed = hidden(client, setting.address) | {"csrfmiddlewaretoken": token, "subject": "Vortrag"}
    assert save(client, setting.address, **typed).status_code == 200


def test_two_windows_do_not_overwrite_each_other(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", subject="Vortrag").headers["Location"]
    seen = hidden(client, address)
    send(client, address, save="1", subject="Ein Vortrag")
    response = client.post(address, seen | {"save": "1", "subject": "Zwei Vorträge"})
    assert "newer_version" in errors(response)["__all__"]
    assert ServiceRequest.objects.get().subject == "Ein Vortrag"


def test_files_of_a_form_with_errors_are_kept(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    response = send(client, setting.address, **setting.typed(subject="", files=[a_file()]))
    assert errors(response) == {"subject": ["required"]}
    assert "Konzept.pdf" in response.content.decode()
    again = hidden_in(response)
    client.post(setting.address, again | setting.typed())
    request = ServiceRequest.objects.get()
    assert (request.state, request.files.count()) == ("submitted", 1)


def test_file_of_a_draft_is_taken_out_by_its_box(setting: Setting, django_capture_on_commit_callbacks: Any) -> None:
    client = signed_in(setting.clerk)
    sent = {"save": "1", "files": [a_file(), a_file("Plan.pdf")]}
    address = send(client, setting.address, **sent).headers["Location"]
    first, second = RequestFile.objects.all()
    other = RequestFile.objects.create(
        request=setting.request(), name="ab/x", file_name="x.pdf", content_type="application/pdf", size=1
    )
    with django_capture_on_commit_callbacks(execute=True):
        send(client, address, save="1", remove=[first.pk, other.pk, 999_999_999_999_999_999_999])
    assert set(RequestFile.objects.all()) == {second, other}
    assert not files.store().exists(first.name)
    assert "Plan.pdf" in client.get(address).content.decode()


def test_visitor_takes_out_a_file_that_was_kept_with_errors(setting: Setting) -> None:
    response = send(Client(), setting.address, **setting.typed(subject="", files=[a_file()]))
    kept = RequestFile.objects.get()
    Client().post(setting.address, hidden_in(response) | setting.typed(remove=[kept.pk]))
    assert ServiceRequest.objects.get().state == "unconfirmed"
    assert not RequestFile.objects.exists()


def test_draft_of_an_offering_that_ended_can_be_read_and_not_sent(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", subject="Vortrag").headers["Location"]
    ServiceOffering.objects.update(period=(datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)))
    page = client.get(address)
    assert page.context["form"]["subject"].value() == "Vortrag"
    assert "wird nicht mehr angeboten" in page.content.decode()
    assert errors(send(client, address, **setting.typed())) == {"__all__": ["ended"]}
    assert ServiceRequest.objects.get().state == "draft"


def test_request_takes_so_many_files_and_bytes_in_all(setting: Setting, settings: Any) -> None:
    settings.FILES_OF_REQUEST = 2
    client = signed_in(setting.clerk)
    address = send(client, setting.address, save="1", files=[a_file(), a_file("Plan.pdf")]).headers["Location"]
    refused = send(client, address, **setting.typed(files=[a_file("Noch eine.pdf")]))
    assert errors(refused) == {"files": ["room"]}
    settings.FILES_OF_REQUEST, settings.LARGEST_REQUEST = 30, 3 * len(PDF) - 1
    refused = send(client, address, **setting.typed(subject="", files=[a_file("Noch eine.pdf")]))
    assert errors(refused) == {"subject": ["required"], "files": ["room"]}
    assert RequestFile.objects.count() == 2


# -- Similar requests ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("kept_queries_compared")
def test_clerk_sees_similar_open_requests_of_her_town_hall(setting: Setting) -> None:
    talk = setting.request(account=setting.colleague, subject="Vortrag im Ausschuss")
    other_offering = ServiceOfferingFactory(office=setting.office)
    alike = setting.request(offering=other_offering, subject="Vortrag über Beratungsstellen vor Ort")
    setting.request(municipality=setting.second_town)
    setting.request(offering=other_offering, subject="Förderantrag")
    setting.request(account=setting.colleague).withdraw(timezone.now())
    client = signed_in(setting.clerk)
    shown = client.get(setting.address).context["form"].similar
    assert shown == [talk]
    # What is alike by its subject is shown before it is sent, once.
    response = send(client, setting.address, **setting.typed())
    assert errors(response) == {"__all__": ["similar"]}
    assert {request.pk for request in response.context["form"].similar} == {talk.pk, alike.pk}
    assert alike.get_absolute_url() in response.content.decode()
    again = hidden_in(response)
    assert client.post(setting.address, again | setting.typed()).status_code == 302


def test_requests_of_others_are_not_shown_as_similar(setting: Setting) -> None:
    setting.request(account=UserFactory(), asks_for="oneself", subject="Vortrag über Beratungsstellen")
    assert not signed_in(setting.clerk).get(setting.address).context["form"].similar
    setting.request()
    assert not signed_in(setting.stranger).get(setting.address).context["form"].similar
    assert not Client().get(setting.address).context["form"].similar


# -- Without an account -------------------------------------------------------------------------------------------


def test_request_without_account_waits_for_its_confirmation(setting: Setting) -> None:
    response = send(Client(), setting.address, **setting.typed())
    request = ServiceRequest.objects.get()
    assert response.headers["Location"] == "/anfrage/unterwegs/"
    assert (request.state, request.account, request.reference) == ("unconfirmed", None, "")
    assert Message.objects.get().occasion == CONFIRM
    assert Client().get("/anfrage/unterwegs/").status_code == 200


def test_machine_that_fills_in_every_field_sends_nothing(setting: Setting) -> None:
    response = send(Client(), setting.address, **setting.typed(trap="https://example.org"))
    assert errors(response) == {"trap": ["machine"]}
    assert not ServiceRequest.objects.exists()


def test_account_meets_no_trap(setting: Setting) -> None:
    assert "trap" not in signed_in(setting.clerk).get(setting.address).context["form"].fields


def test_drafts_of_strangers_are_no_visitors_own(setting: Setting) -> None:
    ServiceRequestFactory.create(offering=setting.offering, account=None)
    assert not ServiceRequest.objects.drafts_of(AnonymousUser()).exists()


@pytest.mark.parametrize("limit", ["own", "account", "address"])
def test_requests_without_account_are_counted(setting: Setting, limit: str) -> None:
    free = getattr(asking.LIMITS, limit).free
    for number in range(free + 1):
        email = MAIL if limit != "address" else f"gast{number}@example.org"
        address = "192.0.2.7" if limit != "account" else f"192.0.2.{number + 1}"
        client = Client(REMOTE_ADDR=address)
        response = send(client, setting.address, **setting.typed(requester_email=email))
        assert (response.status_code == 302) == (number < free), number
    assert errors(response) == {"__all__": ["too_many_attempts"]}
    assert ServiceRequest.objects.count() == free


def test_requests_of_a_whole_town_hall_do_not_add_up_over_the_day(setting: Setting) -> None:
    limit = asking.LIMITS.address
    begun = timezone.now()
    for number in range(2 * limit.free):
        at = begun + number * limit.within / limit.free
        limits.begin(f"gast{number}@example.org", "192.0.2.7", at, "request", limits=asking.LIMITS)
    for number in range(limit.free - 1):
        limits.begin(f"noch{number}@example.org", "192.0.2.7", at, "request", limits=asking.LIMITS)


def test_whatever_a_visitor_leaves_behind_is_counted(setting: Setting) -> None:
    client = Client()
    response = client.get(setting.address)
    for number in range(asking.LIMITS.own.free):
        typed = setting.typed(subject="", files=[a_file(f"{number}.pdf")])
        response = client.post(setting.address, hidden_in(response) | typed)
    typed = setting.typed(subject="", files=[a_file("zu viel.pdf")])
    response = client.post(setting.address, hidden_in(response) | typed)
    assert errors(response) == {"subject": ["required"], "files": ["again"]}
    response = client.post(setting.address, hidden_in(response) | setting.typed(files=[a_file("zu viel.pdf")]))
    assert errors(response) == {"__all__": ["too_many_attempts"], "files": ["again"]}
    assert RequestFile.objects.count() == asking.LIMITS.own.free


def test_accounts_are_not_counted(setting: Setting) -> None:
    client = signed_in(UserFactory())
    for _number in range(asking.LIMITS.own.free + 2):
        assert send(client, setting.address, **setting.typed(asks_for="oneself")).status_code == 302


def test_what_nobody_confirmed_is_removed_after_a_week(
    setting: Setting, django_capture_on_commit_callbacks: Any
) -> None:
    send(Client(), setting.address, **setting.typed(files=[a_file()]))
    request = ServiceRequest.objects.get()
    [name] = request.files.values_list("name", flat=True)
    begun = request.created_at.astimezone(BERLIN).date()
    draft = ServiceRequestFactory(account=setting.clerk)
    received = setting.request(account=None)
    asking.remove_unconfirmed(begun + datetime.timedelta(days=7))
    assert ServiceRequest.objects.count() == 3
    with django_capture_on_commit_callbacks(execute=True):
        assert asking.remove_unconfirmed(begun + datetime.timedelta(days=8)).startswith("1 ")
    assert set(ServiceRequest.objects.all()) == {draft, received}
    assert not files.store().exists(name)


# -- One request of one form --------------------------------------------------------------------------------------


def test_form_sent_again_after_the_back_button_makes_no_second_request(setting: Setting) -> None:
    for client in (signed_in(setting.clerk), Client()):
        before = ServiceRequest.objects.count()
        typed = hidden(client, setting.address) | setting.typed()
        first = client.post(setting.address, typed | {"files": [a_file()]})
        again = client.post(setting.address, typed | {"files": [a_file()]})
        assert again.headers["Location"] == first.headers["Location"]
        assert ServiceRequest.objects.count() == before + 1
    assert Message.objects.filter(occasion=CONFIRM).count() == 1


def test_what_was_changed_after_sending_is_not_taken_over_and_the_form_says_so(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    typed = hidden(client, setting.address) | setting.typed()
    client.post(setting.address, typed)
    request = ServiceRequest.objects.get()
    for changed in ({"subject": "Etwas anderes"}, {"files": [a_file()]}):
        again = client.post(setting.address, typed | changed)
        assert again.status_code == 200
        text = again.content.decode()
        assert "Ihre Änderungen wurden nicht übernommen" in text
        assert f"/meine-anfragen/{request.reference}/schreiben/" in text
    assert ServiceRequest.objects.get().subject == "Vortrag über Beratungsstellen"
    assert not RequestFile.objects.exists()


def test_confirmed_request_of_a_visitor_is_not_changed_by_its_form(setting: Setting) -> None:
    client = Client()
    typed = hidden(client, setting.address) | setting.typed()
    client.post(setting.address, typed)
    request = ServiceRequest.objects.get()
    request.submit(timezone.now())
    again = client.post(setting.address, typed | {"subject": "Etwas anderes"})
    assert "Ihre Änderungen wurden nicht übernommen" in again.content.decode()
    assert client.post(setting.address, typed).headers["Location"] == "/anfrage/unterwegs/"
    request.refresh_from_db()
    assert request.subject == "Vortrag über Beratungsstellen"


def test_visitor_mends_what_was_typed_before_it_is_confirmed(setting: Setting) -> None:
    client = Client()
    typed = hidden(client, setting.address) | setting.typed(requester_email="giesla@example.org")
    client.post(setting.address, typed)
    wrong = link(links.CONFIRM_LINK, ServiceRequest.objects.get())
    assert client.get(wrong).status_code == 200
    client.post(setting.address, typed | {"requester_email": MAIL, "subject": "Ein Vortrag"})
    request = ServiceRequest.objects.get()
    assert (request.state, request.requester_email, request.subject) == ("unconfirmed", MAIL, "Ein Vortrag")
    assert client.get(wrong).status_code == 404
    first, second = Message.objects.filter(occasion=CONFIRM).order_by("pk")
    assert to_confirm(first) is None
    mail = to_confirm(second)
    assert mail is not None
    assert mail.address == MAIL
    client.post(setting.address, typed | {"requester_email": MAIL, "subject": "Noch ein Vortrag"})
    assert Message.objects.filter(occasion=CONFIRM).count() == 2  # the link shows what is stored


def test_key_of_somebody_else_leads_nowhere(setting: Setting) -> None:
    client = signed_in(setting.clerk)
    typed = hidden(client, setting.address) | setting.typed()
    client.post(setting.address, typed)
    response = Client().post(setting.address, typed)
    assert response.headers["Location"] == "/anfrage/unterwegs/"
    assert ServiceRequest.objects.filter(account=None).count() == 1
    assert send(Client(), setting.address, **setting.typed(key="kein Schlüssel")).status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["visitor", "account", "account with a draft"])
def test_parallel_sending_of_one_form_makes_one_request(settings: Any, tmp_path: Any, who: str) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    setting, is_visitor = Setting(), who == "visitor"
    clients = [Client() if is_visitor else signed_in(setting.clerk) for _number in range(6)]
    address = setting.address
    if who == "account with a draft":
        address = send(clients[0], address, save="1", subject="Vortr").headers["Location"]
    typed = hidden(clients[0], address) | setting.typed()

    def post(client: Client) -> str:
        try:
            return client.post(address, typed | {"files": [a_file()]}).headers["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        places = set(pool.map(post, clients))
    request = ServiceRequest.objects.get()
    assert len(places) == 1
    assert (request.files.count(), request.entries.count()) == (1, 0 if is_visitor else 1)
    assert Message.objects.count() == (1 if is_visitor else 2)
    call_command("flush", interactive=False, verbosity=0)


# -- Queries ------------------------------------------------------------------------------------------------------


def test_form_costs_the_same_queries_however_much_there_is(
    setting: Setting, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(setting.clerk)
    for _number in range(5):
        setting.request()
        ServiceRequestFactory(offering=setting.offering, account=setting.clerk)
        MunicipalStaffFactory(municipality=setting.town)
    with django_assert_max_num_queries(16):
        client.get(setting.address)

"""The page of a request: the same for the office, the requester and the town hall, what is internal for the office."""

import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common import outbox
from common.outbox import Message
from common.periods import today
from services import reminders, wording
from services.models import RequestDetail, RequestFile, RequestTerms, ServiceOffering, ServiceRequest
from tests.factories import DeliveryFactory, OfficeMembershipFactory, ServiceRequestFactory
from tests.services.office import Setting, signed_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting() -> Setting:
    return Setting()


def upload(name: str = "programm.pdf") -> SimpleUploadedFile:
    file = SimpleUploadedFile(name, b"%PDF-1.7 leer")
    file.kind = "pdf"  # type: ignore[attr-defined]
    return file


def page(user: object, request: ServiceRequest) -> str:
    response = signed_in(user).get(request.get_absolute_url())
    assert response.status_code == 200
    return words(response)


def test_page_has_the_requests_number_as_its_address(setting: Setting) -> None:
    request = setting.request()
    assert request.get_absolute_url() == f"/anfragen/{request.reference}/"


def test_office_requester_and_town_hall_see_it_and_nobody_else(setting: Setting) -> None:
    request = setting.request()
    for user in (setting.coordinator, setting.requester, setting.clerk):
        assert request.subject in page(user, request)
    for user in (setting.neighbour, setting.other_clerk):
        assert signed_in(user).get(request.get_absolute_url()).status_code == 404


def test_what_somebody_asks_for_themselves_is_not_shown_to_the_town_hall(setting: Setting) -> None:
    request = setting.request(asks_for="oneself")
    assert signed_in(setting.clerk).get(request.get_absolute_url()).status_code == 404


def test_visitors_sign_in_alike_for_existing_and_missing_requests(setting: Setting) -> None:
    for address in (setting.request().get_absolute_url(), "/anfragen/BSP-1999-0001/"):
        response = Client().get(address)
        assert (response.status_code, response["Location"]) == (302, f"/konto/anmelden/?next={address}")


def test_page_says_where_it_stands_who_has_it_and_why(setting: Setting) -> None:
    request = setting.request(at=datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC))
    shown = page(setting.requester, request)
    because = wording.assigned_in_words(request, setting.requester)
    for text in (request.reference, "eingegangen", str(setting.post.person), because):
        assert text in shown


def test_first_reason_stays_in_the_timeline_when_the_request_is_given_on(setting: Setting) -> None:
    request = setting.request()
    first = wording.assigned_in_words(request, None)
    assert "weil" in first
    request.assign(None, timezone.now(), by=setting.coordinator)
    for user in (setting.coordinator, setting.requester):
        shown = page(user, request)
        assert first in shown
        assert "Von Hand in den Eingang der Stelle gelegt." in shown


def test_requester_reads_by_when_an_answer_is_due_where_the_office_said_so(setting: Setting) -> None:
    request = setting.request(at=datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC))
    assert "09.03.2026" in page(setting.coordinator, request)
    assert "09.03.2026" not in page(setting.requester, request)
    assert "überfällig" not in page(setting.requester, request)
    RequestTerms.objects.create(office=setting.office)
    shown = page(setting.requester, request)
    assert "Eine Antwort war bis zum 09.03.2026 vorgesehen; sie steht noch aus." in shown
    assert "überfällig" in shown


def test_date_stays_on_the_page_and_completing_the_next_step_when_something_is_asked(setting: Setting) -> None:
    request = setting.request()
    who: Any = {"at": timezone.now(), "by": setting.coordinator}
    request.schedule(datetime.datetime(2027, 5, 4, 12, tzinfo=datetime.UTC), **who, place="Rathaus")
    request.ask_back("Gibt es einen Beamer?", **who)
    assert "Termin: <strong>04.05.2027 14:00</strong>, Rathaus" in page(setting.requester, request)
    request.reply("Ja.", timezone.now())
    request.answer("Danke.", **who)
    assert "Termin: <strong>04.05.2027 14:00</strong>, Rathaus" in page(setting.requester, request)
    first = signed_in(setting.coordinator).get(request.get_absolute_url()).context["steps"][0]
    assert (first.name, first.is_primary) == ("request_complete", True)


def test_page_shows_everything_asked(setting: Setting) -> None:
    fields = {
        "concern": "Ein Überblick.", "cause": "Ratsbeschluss", "audience": "Ausschuss", "head_count": 25,
        "wished_dates": "Dienstags", "place": "Rathaus", "existing": "Ein Leitbild", "funding": "300 Euro",
        "answer_by": datetime.date(2026, 4, 1), "requester_body": "Sozialamt", "requester_phone": "05261 123",
    }  # fmt: skip
    request = setting.request(**fields)
    RequestDetail.objects.create(request=request, wording="Gibt es einen Beamer?", reply="Ja, im Saal")
    shown = page(setting.clerk, request)
    for text in [*fields.values(), "Gibt es einen Beamer?", "Ja, im Saal"]:
        said = "01.04.2026" if isinstance(text, datetime.date) else str(text)
        assert said in shown, said


def test_timeline_is_in_order_by_day_with_who_and_when(setting: Setting) -> None:
    monday = datetime.datetime(2026, 3, 2, 9, 15, tzinfo=datetime.UTC)
    request = setting.request(at=monday)
    request.answer("Gern.", monday + datetime.timedelta(days=1), by=setting.coordinator)
    shown = page(setting.requester, request)
    places = [shown.index(text) for text in ("02.03.2026</h3>", "10:15", "03.03.2026</h3>", "Gern.")]
    assert places == sorted(places)
    assert setting.coordinator.name in shown


def test_internal_entries_are_marked_in_words_and_for_the_office_alone(setting: Setting) -> None:
    request = setting.request()
    request.note("Nur unter uns.", timezone.now(), by=setting.coordinator)
    shown = page(setting.coordinator, request)
    assert "Nur unter uns." in shown
    assert "intern</span>" in shown
    for user in (setting.requester, setting.clerk):
        assert "Nur unter uns." not in page(user, request)


def test_own_request_of_an_offices_member_to_another_office_shows_nothing_internal(setting: Setting) -> None:
    request = setting.request(account=setting.neighbour)
    request.note("Nur unter uns.", timezone.now(), by=setting.coordinator)
    shown = page(setting.neighbour, request)
    assert "Nur unter uns." not in shown
    assert "/notiz/" not in shown


def test_office_sees_what_became_of_the_mails(setting: Setting) -> None:
    request = setting.request()
    told = Message.objects.get(occasion="services.told")
    assert "wartet auf den Versand" in page(setting.coordinator, request)
    Message.objects.filter(pk=told.pk).update(state="refused", address="rosa@example.org")
    assert "E-Mail an rosa@example.org wurde vom Server der Adresse abgelehnt." in page(setting.coordinator, request)
    assert "wurde vom Server" not in page(setting.requester, request)


def test_office_sees_what_was_mailed_about_the_request_as_a_whole(setting: Setting) -> None:
    request = ServiceRequestFactory(offering=setting.offering, municipality=None, account=setting.requester)
    lead = OfficeMembershipFactory(office=setting.office, role="lead").user
    request.ask_to_confirm()
    request.submit(datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC))
    reminders.remind(today())
    while outbox.deliver_due():
        pass
    request.complete(timezone.now(), by=setting.coordinator)
    Message.objects.filter(occasion="services.confirm").update(state="sent", sent_at=timezone.now(), address="a@b.org")
    shown = page(setting.coordinator, request)
    for said in (
        "Bitte um Bestätigung. E-Mail an a@b.org versandt am",
        f"Erinnerung an die überfällige Antwort. E-Mail an {lead.email} versandt am",
        "Bitte um Rückmeldung. E-Mail an die anfragende",
    ):
        assert said in shown
        assert said not in page(setting.requester, request)
    assert shown.index("Bitte um Bestätigung") < shown.index("Erinnerung an die") < shown.index("Bitte um Rückmeldung")


def test_correction_leads_the_administration_to_the_entry_and_others_to_the_administration(setting: Setting) -> None:
    request = setting.request(about_post=setting.post)
    edit = reverse("admin:contacts_contactperson_change", args=[setting.post.pk])
    assert "Der Betrieb des Portals" in page(setting.coordinator, request)
    administrator = OfficeMembershipFactory(office=setting.office, role="administrator").user
    assert edit in page(administrator, request)
    for user in (setting.coordinator, setting.requester):
        shown = page(user, request)
        assert edit not in shown
        assert setting.post.get_absolute_url() in shown
    named = f'<a href="mailto:{administrator.email}">{administrator.name}</a>'
    assert named in page(setting.coordinator, request)
    assert named not in page(setting.requester, request)


def test_correction_of_the_office_leads_to_its_entry(setting: Setting) -> None:
    request = setting.request()
    become(request, kind="correction")
    administrator = OfficeMembershipFactory(office=setting.office, role="administrator").user
    assert reverse("admin:contacts_office_change", args=[setting.office.pk]) in page(administrator, request)
    assert administrator.email in page(setting.coordinator, request)


def test_whom_it_is_asked_for_is_said_of_somebody_else(setting: Setting) -> None:
    assert "fragt an für sich selbst" in page(setting.coordinator, setting.request(asks_for="oneself"))


def test_put_into_the_inbox_by_hand_is_not_called_assigned(setting: Setting) -> None:
    request = setting.request()
    request.assign(None, timezone.now(), by=setting.coordinator)
    shown = page(setting.coordinator, request)
    assert "Von Hand in den Eingang der Stelle gelegt." in shown
    assert "Von Hand zugewiesen." not in shown


@pytest.mark.parametrize(
    ("hours", "said"), [("1.00", "1 Stunde<"), ("2.25", "2,25 Stunden<"), ("10.00", "10 Stunden<")]
)
def test_hours_are_said_as_they_were_noted(setting: Setting, hours: str, said: str) -> None:
    request = setting.request()
    DeliveryFactory(office=setting.office, request=request, hours=hours, participants=None)
    assert said in page(setting.coordinator, request)


def recorded(request: ServiceRequest) -> None:
    DeliveryFactory(office=request.office, request=request)


def become(request: ServiceRequest, **of_offering: str) -> None:
    ServiceOffering.objects.filter(pk=request.offering_id).update(**of_offering)


@pytest.mark.parametrize(
    ("lead_to", "primary"),
    [
        (lambda request, who: None, "annehmen"),
        (lambda request, who: request.accept(**who), "antworten"),
        (lambda request, who: request.ask_back("Wann?", **who), "notiz"),
        (lambda request, who: request.answer("Gern.", **who) and request.start(**who), "terminieren"),
        (lambda request, who: request.schedule(timezone.now(), **who), "abschliessen"),
        (lambda request, who: request.complete(**who), "durchfuehrung"),
        (lambda request, who: request.decline("Nein.", **who), None),
        (lambda request, who: request.complete(**who) or recorded(request), None),
        (lambda request, who: request.complete(**who) or become(request, kind="correction"), None),
    ],
)
def test_one_next_step_stands_out(setting: Setting, lead_to: object, primary: str | None) -> None:
    request = setting.request()
    lead_to(request, {"at": timezone.now(), "by": setting.coordinator})  # type: ignore[operator]
    shown = page(setting.coordinator, request)
    expected = [f"{request.get_absolute_url()}{primary}/"] if primary else []
    steps = shown.split('<nav class="actions')[1].split("</nav>")[0].split("<a ")[1:]
    assert [step.split('href="')[1].split('"')[0] for step in steps if "kern-btn--primary" in step] == expected


def test_only_the_office_is_offered_its_steps(setting: Setting) -> None:
    request = setting.request()
    for user in (setting.requester, setting.clerk):
        assert "/annehmen/" not in page(user, request)


# -- Files --------------------------------------------------------------------------------------------------------


def test_file_is_handed_out_to_those_who_see_the_request(setting: Setting) -> None:
    request = setting.request()
    file = RequestFile.keep(request, upload())
    for user, status in (
        (setting.coordinator, 200),
        (setting.requester, 200),
        (setting.clerk, 200),
        (setting.neighbour, 404),
        (setting.other_clerk, 404),
    ):
        response = signed_in(user).get(file.get_absolute_url())
        assert response.status_code == status
    assert "programm.pdf" in page(setting.clerk, request)
    assert Client().get(file.get_absolute_url()).status_code == 302


def test_internal_file_is_the_offices_alone(setting: Setting) -> None:
    request = setting.request()
    request.attach([upload("vermerk.pdf")], timezone.now(), by=setting.coordinator, is_internal=True)
    file = RequestFile.objects.get()
    assert signed_in(setting.coordinator).get(file.get_absolute_url())["Content-Disposition"].startswith("attachment")
    for user in (setting.requester, setting.clerk):
        assert signed_in(user).get(file.get_absolute_url()).status_code == 404
        assert "vermerk.pdf" not in page(user, request)


# -- Queries ------------------------------------------------------------------------------------------------------


def test_queries_do_not_grow_with_the_timeline(setting: Setting) -> None:
    request = setting.request()

    def grow() -> None:
        who = {"at": timezone.now(), "by": setting.coordinator}
        request.note("Notiz", **who)
        request.assign(None, **who)
        request.assign(setting.post, **who)
        RequestFile.keep(request, upload(), request.answer("Gern.", **who))

    def queries() -> int:
        client = signed_in(setting.coordinator)
        client.get(request.get_absolute_url())
        with CaptureQueriesContext(connection) as captured:
            assert client.get(request.get_absolute_url()).status_code == 200
        return len(captured)

    grow()
    few = queries()
    for _number in range(12):
        grow()
    assert queries() == few
    assert few <= 16

"""What is written about whoever asks for a service goes in time, or when asked for; the figures stay."""

import datetime
from io import BytesIO

import pytest
from django.db import connection

from common import erasure, personal_data
from common.periods import BERLIN
from services.models import Feedback, RequestDetail, RequestEntry, RequestFile, RequestTerms, ServiceRequest
from tests.factories import ServiceOfferingFactory, ServiceRequestFactory, UserFactory

pytestmark = pytest.mark.django_db

MARKER = "Zyxmarke"
RECEIVED = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=BERLIN)
CLOSED = datetime.datetime(2026, 4, 2, 10, 0, tzinfo=BERLIN)


def dump() -> str:
    """Everything in the tables of services and of their history."""
    content = BytesIO()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_name LIKE 'services_%%'"
        )
        for (table,) in cursor.fetchall():
            cursor.cursor.copy_expert(f"COPY {table} TO STDOUT", content)
    return content.getvalue().decode()


def whole_request(**fields: object) -> ServiceRequest:
    """Closed, with the marker in everything that somebody may write."""
    told = {"requester_name": f"Rosa {MARKER}", "requester_email": "zyxmarke@example.org"}
    told |= {"requester_phone": f"05261 {MARKER}", "requester_body": f"Verein {MARKER}"}
    texts = ("subject", "concern", "cause", "audience", "wished_dates", "place", "existing", "funding")
    told |= {name: f"{name} von Rosa {MARKER}" for name in texts}
    request = ServiceRequestFactory.create(**{**told, "head_count": 30, **fields})
    RequestDetail.objects.create(request=request, wording="Wer kommt?", reply=f"Rosa {MARKER}")
    RequestFile.objects.create(
        request=request, name="zz/unbekannt", file_name=f"{MARKER}.pdf", content_type="application/pdf", size=1
    )
    request.submit(RECEIVED)
    request.answer(f"Guten Tag, Rosa {MARKER}", RECEIVED, by=None)
    request.note(f"Rosa {MARKER} anrufen", RECEIVED, by=None)
    request.reply(f"Danke, Rosa {MARKER}", RECEIVED)
    request.complete(CLOSED, by=None)
    Feedback.objects.create(request=request, helped=5, went_well=4, remark=f"Rosa {MARKER}", given_at=CLOSED)
    return request


def forgotten(request: ServiceRequest) -> None:
    assert MARKER.lower() not in dump().lower()
    request.refresh_from_db()
    assert (request.reference[-4:], request.state, request.head_count) == ("0001", "completed", 30)
    assert request.municipality is not None
    assert request.feedback.helped == 5
    assert request.entries.count() == 5
    assert not request.files.exists()


def test_nothing_of_whoever_asked_is_left_once_erased() -> None:
    request = whole_request()
    assert dump().count(MARKER) > 20
    [(root, key)] = personal_data.known_by("Zyxmarke@example.org")
    erasure.erase(personal_data.people(root.label, [key]), CLOSED.date())
    forgotten(request)


def test_account_is_erased_with_its_requests() -> None:
    account = UserFactory.create(email="rosa@example.org", name=f"Rosa {MARKER}")
    request = whole_request(account=account)
    ServiceRequestFactory.create(account=account, requester_name=f"Rosa {MARKER}", offering=request.offering)
    erasure.erase(personal_data.people("accounts.User", [account.pk]), CLOSED.date())
    assert not ServiceRequest.objects.filter(state="draft").exists()
    forgotten(request)


def test_open_request_keeps_whoever_asked() -> None:
    request = ServiceRequestFactory.create(requester_email="offen@example.org")
    request.submit(RECEIVED)
    [(root, key)] = personal_data.known_by("offen@example.org")
    with pytest.raises(erasure.StillNeeded, match=request.reference):
        erasure.erase(personal_data.people(root.label, [key]), CLOSED.date())


@pytest.mark.parametrize(("of_office", "of_offering", "months"), [(None, None, 24), (6, None, 6), (6, 12, 12)])
def test_data_stays_for_the_months_of_the_offering_or_else_of_the_office(
    of_office: int | None, of_offering: int | None, months: int
) -> None:
    offering = ServiceOfferingFactory.create(request_months=of_offering)
    if of_office:
        RequestTerms.objects.create(office=offering.office, request_months=of_office)
    request = whole_request(offering=offering)
    year, month = divmod(4 - 1 + months, 12)
    last = datetime.date(2026 + year, month + 1, 2)
    assert not ServiceRequest.objects.to_forget(last)
    assert list(ServiceRequest.objects.to_forget(last + datetime.timedelta(days=1))) == [request]


def test_purge_forgets_whoever_asked_and_keeps_the_figures() -> None:
    request = whole_request()
    open_one = ServiceRequestFactory.create(offering=request.offering, requester_name="Bo Bleibt")
    open_one.submit(RECEIVED)
    erasure.purge(datetime.date(2028, 4, 3))
    forgotten(request)
    open_one.refresh_from_db()
    assert open_one.requester_name == "Bo Bleibt"
    assert RequestEntry.objects.filter(request=open_one).exists()
